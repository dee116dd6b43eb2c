"""Modules of the same tree: read with the values that their caller gives."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from preflight.api import lint
from preflight.documents.hcl.policies import policies_of
from preflight.documents.policies.found_policy import FoundPolicies

MODULE = """
variable "actions" { default = ["s3:GetObject"] }
variable "policy" { default = "" }
resource "aws_iam_policy" "p" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = var.actions, Resource = "*" },
      { Effect = "Allow", Action = "iam:PassRole", Resource = "*" },
    ]
  })
}
resource "aws_iam_role_policy" "q" {
  policy = var.policy
}
data "aws_iam_policy_document" "d" {
  statement {
    actions   = var.actions
    resources = ["*"]
  }
}
output "json" { value = data.aws_iam_policy_document.d.json }
"""


def tree(tmp_path: Path, main: str, module: str = MODULE, folder: str = "m") -> Path:
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / "main.tf").write_text(module)
    (tmp_path / "main.tf").write_text(main)
    return tmp_path / "main.tf"


def read(main: Path) -> FoundPolicies:
    return policies_of(main.read_text(), str(main), None, str(main.parent))


def test_values_are_passed_through(tmp_path: Path) -> None:
    main = tree(tmp_path, 'module "a" {\n  source  = "./m"\n  actions = ["s3:GetObjekt"]\n  policy = "{}"\n}\n')
    found = {each.name: each for each in read(main).found}
    assert set(found) == {
        "module.a.aws_iam_policy.p",
        "module.a.aws_iam_role_policy.q",
        "module.a.data.aws_iam_policy_document.d",
    }
    policy = found["module.a.aws_iam_policy.p"]
    assert policy.value["Statement"][0]["Action"] == ["s3:GetObjekt"]
    assert policy.place("/Statement/0/Action/0") == (3, 14)
    assert policy.place("/Statement/1/Action") == (1, 1)
    assert found["module.a.aws_iam_role_policy.q"].value == {}


def test_what_a_module_has_by_itself_is_told_there(tmp_path: Path) -> None:
    tree(tmp_path, 'module "a" {\n  source = "./m"\n  actions = ["s3:GetObjekt"]\n}\n')
    told = {(each.location.path, each.location.line, each.rule)
            for each in lint(str(tmp_path)).report.results if each.location is not None}  # fmt: skip
    assert (str(tmp_path / "m/main.tf"), 9, "IAM210") in told
    assert {rule for path, _, rule in told if path == str(tmp_path / "main.tf")} >= {"IAM101"}
    assert "IAM210" not in {rule for path, _, rule in told if path == str(tmp_path / "main.tf")}
    assert (str(tmp_path / "main.tf"), 3, "IAM101") in told


def test_calls_of_each_and_outputs(tmp_path: Path) -> None:
    main = tree(
        tmp_path,
        """
module "a" {
  for_each = { x = ["s3:GetObject"], y = ["s3:PutObjekt"] }
  source   = "./m"
  actions  = each.value
}
module "b" {
  source = "./m"
}
resource "aws_iam_policy" "out" {
  policy = module.b.json
}
""",
    )
    found = read(main).found
    assert [each.name for each in found] == [
        "aws_iam_policy.out",
        "module.a.data.aws_iam_policy_document.d",
        "module.a.aws_iam_policy.p",
    ]
    assert found[0].value["Statement"][0]["Action"] == "s3:GetObject"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ('"terraform-aws-modules/iam/aws"', "its source terraform-aws-modules/iam/aws is not in this directory"),
        ('"../elsewhere"', "its source ../elsewhere is not in the directory that was named"),
        ('"./nothing"', "its source ./nothing is not in the directory that was named"),
        ("var.source", "its source is not known"),
    ],
)
def test_a_module_that_cannot_be_followed_is_named(tmp_path: Path, source: str, reason: str) -> None:
    main = tree(tmp_path, f'module "x" {{\n  source = {source}\n}}\n')
    assert read(main).passed_over == (f"line 1: the policies of module.x are not read: {reason}",)


def test_modules_that_call_themselves_end(tmp_path: Path) -> None:
    calls = "".join(f'module "m{at}" {{\n  source = "./"\n  actions = module.m{at}.json\n}}\n' for at in range(20))
    main = tmp_path / "main.tf"
    main.write_text(f'{MODULE}{calls}output "o" {{ value = module.m1.o }}\n')
    start = time.thread_time()
    assert read(main).passed_over
    assert time.thread_time() - start < 20


def test_instances_of_resources_and_documents(tmp_path: Path) -> None:
    main = tmp_path / "main.tf"
    main.write_text("""
data "aws_iam_policy_document" "d" {
  for_each = { a = "s3:GetObject", b = "s3:PutObject" }
  statement {
    actions   = [each.value]
    resources = ["arn:aws:s3:::${each.key}"]
  }
}
resource "aws_iam_role_policy_attachment" "a" {
  for_each   = toset(["arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/AdministratorAccess"])
  policy_arn = each.value
}
resource "aws_iam_user_policy" "u" {
  for_each = { x = { action = "sqs:SendMessage" } }
  policy   = jsonencode({ Version = "2012-10-17", Statement = { Effect = "Allow", Action = each.value.action } })
}
""")
    found = read(main).found
    statements = [each.value["Statement"] for each in found if each.readable]
    assert [(each[0]["Action"], each[0]["Resource"]) for each in statements[:2]] == [
        ("s3:GetObject", "arn:aws:s3:::a"), ("s3:PutObject", "arn:aws:s3:::b")]  # fmt: skip
    assert statements[2]["Action"] == "sqs:SendMessage"
    (attached,) = [each for each in found if not each.readable]
    assert (attached.problems[0].kind, attached.problems[0].line) == ("administrator", 10)
