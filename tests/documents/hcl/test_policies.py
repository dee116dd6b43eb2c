"""Policies in Terraform's own files: found where they stand, and known as far as they can be."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preflight.documents.hcl.policies import policies_of
from preflight.documents.policies.found_policy import FoundPolicy
from preflight.errors import InputError

VERSION = "2012-10-17"


def found(text: str, path: str = "main.tf", top: str = "") -> list[FoundPolicy]:
    return policies_of(text, path, None, top).found


def one(text: str, path: str = "main.tf", top: str = "") -> FoundPolicy:
    (policy,) = found(text, path, top)
    return policy


def document(body: str) -> str:
    return f'data "aws_iam_policy_document" "d" {{\n{body}\n}}\n'


def test_a_data_document() -> None:
    policy = one(
        document("""
  policy_id = "P"
  statement {
    sid           = "A"
    not_actions   = ["iam:*", "sts:*"]
    not_resources = ["arn:aws:s3:::b"]
    principals {
      type        = "AWS"
      identifiers = ["111122223333"]
    }
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
    condition {
      test     = "StringLike"
      variable = "aws:username"
      values   = ["&{aws:username}", "x"]
    }
    condition {
      test     = "StringLike"
      variable = "aws:username"
      values   = ["y"]
    }
  }
  statement {
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = []
  }""")
    )
    assert policy.value == {
        "Id": "P",
        "Version": VERSION,
        "Statement": [
            {
                "Sid": "A",
                "Effect": "Allow",
                "NotAction": ["iam:*", "sts:*"],
                "NotResource": "arn:aws:s3:::b",
                "Principal": {"AWS": "111122223333", "Service": "ec2.amazonaws.com"},
                "Condition": {"StringLike": {"aws:username": ["${aws:username}", "x", "y"]}},
            },
            {"Effect": "Deny", "Action": "s3:*"},
        ],
    }
    assert policy.place("/Statement/0/NotAction/1") == (6, 31)
    assert policy.name == "data.aws_iam_policy_document.d"


@pytest.mark.parametrize(
    ("attribute", "type_"),
    [
        ('resource "aws_iam_role" "r" {\n  assume_role_policy = ', "trust"),
        ('resource "aws_iam_policy" "p" {\n  policy = ', "identity"),
        ('resource "aws_s3_bucket_policy" "b" {\n  policy = ', "resource"),
        ('resource "aws_vpc_endpoint" "e" {\n  policy = ', "vpc-endpoint"),
        ('resource "aws_organizations_policy" "o" {\n  content = ', "scp"),
        ('resource "aws_organizations_policy" "o" {\n  type = "RESOURCE_CONTROL_POLICY"\n  content = ', "rcp"),
    ],
)
def test_what_takes_a_document_says_what_it_is_for(attribute: str, type_: str) -> None:
    data = document('  statement {\n    actions = ["s3:GetObject"]\n  }')
    assert one(f"{data}{attribute}data.aws_iam_policy_document.d.json\n}}\n").type == type_


@pytest.mark.parametrize(
    "expression",
    [
        'jsonencode({ Version = "2012-10-17", Statement = [local.s] })',
        'jsonencode({ Version = "2012-10-17", Statement = concat([local.s], []) })',
        'jsonencode(merge({ Version = "2012-10-17" }, { Statement = flatten([[local.s]]) }))',
        'jsonencode({ Version = "2012-10-17", Statement = [for a in ["s3:GetObject"] : '
        '{ Effect = "Allow", Action = a, Resource = "*" }] })',
        'jsonencode({ Version = "2012-10-17", '
        'Statement = [{ Effect = "Allow", Action = var.action, Resource = "*" }] })',
        '<<-EOT\n  {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "${var.action}",\n'
        '  "Resource": "*"}]}\n  EOT',
        'format("{\\"Version\\": \\"2012-10-17\\", \\"Statement\\": [%s]}", jsonencode(local.s))',
        "local.p",
        'file("${path.module}/p.json")',
        'templatefile("p.tpl", { action = "s3:GetObject" })',
    ],
)
def test_every_way_to_write_a_policy(expression: str, tmp_path: Path) -> None:
    whole = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "%s", "Resource": "*"}]}'
    (tmp_path / "p.json").write_text(whole % "s3:GetObject")
    (tmp_path / "p.tpl").write_text(whole % "${action}")
    (tmp_path / "others.tf").write_text("""
locals {
  s = { Effect = "Allow", Action = "s3:GetObject", Resource = "*" } # of another file
  p = jsonencode({ Version = "2012-10-17", Statement = [local.s] })
}
variable "action" {
  default = "s3:GetObject"
}
""")
    text = f'resource "aws_iam_policy" "p" {{\n  policy = {expression}\n}}\n'
    policy = one(text, str(tmp_path / "main.tf"))
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    assert policy.value == {"Version": VERSION, "Statement": [statement]}
    assert policy.shape is not None
    assert not policy.shape.unknown
    line, _ = policy.place("/Statement/0/Action") or (0, 0)
    assert line in (2, 3)


def test_a_file_outside_the_tree_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text('{"Version": "2012-10-17", "Statement": []}')
    inner = tmp_path / "module"
    inner.mkdir()
    (inner / "link.json").symlink_to(tmp_path / "secret.json")
    for name in ("../secret.json", "link.json", str(tmp_path / "secret.json")):
        text = f'resource "aws_iam_policy" "p" {{\n  policy = file("{name}")\n}}\n'
        read = policies_of(text, str(inner / "main.tf"))
        assert read.found == []
        assert "line 2: policy of aws_iam_policy.p is not known before a plan" in read.passed_over[0]
        assert len(policies_of(text, str(inner / "main.tf"), top=str(tmp_path)).found) == 1


def test_both_branches_of_nested_conditionals() -> None:
    text = """
resource "aws_iam_policy" "p" {
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = { Effect = "Allow", Resource = "*", Action = var.a ? "s3:A" : var.b ? "s3:B" : "s3:C" }
  })
}
"""
    assert [each.value["Statement"]["Action"] for each in found(text)] == ["s3:A", "s3:B", "s3:C"]


def test_what_is_not_known_keeps_its_shape() -> None:
    policy = one(
        document("""
  statement {
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.b.arn}/*", var.more]
    condition {
      test     = var.test
      variable = "aws:SourceVpce"
      values   = ["vpce-1"]
    }
  }""")
    )
    assert policy.shape is not None
    assert {"/Statement/0/Resource/0", "/Statement/0/Resource/1"} <= policy.shape.unknown
    # A condition that cannot be read still restricts.
    assert policy.value["Statement"][0]["Condition"]["StringEquals"]


def test_a_document_that_may_have_other_statements() -> None:
    read = policies_of(
        document("""
  source_policy_documents = [var.other]
  dynamic "statement" {
    for_each = var.buckets
    content {
      actions   = ["s3:GetObjekt"]
      resources = [statement.value]
    }
  }"""),
        "main.tf",
    )
    (policy,) = read.found
    assert policy.value["Statement"][0]["Action"] == "s3:GetObjekt"
    assert policy.shape is not None
    assert not policy.shape.complete
    assert read.passed_over == ("line 1: not all statements of data.aws_iam_policy_document.d are known before a plan",)


def test_documents_are_merged_as_the_provider_does() -> None:
    text = """
data "aws_iam_policy_document" "a" {
  statement {
    sid     = "One"
    actions = ["s3:GetObject"]
  }
}
data "aws_iam_policy_document" "b" {
  source_policy_documents   = [data.aws_iam_policy_document.a.json]
  override_policy_documents = [jsonencode({ Statement = [{ Sid = "One", Effect = "Deny", Action = "s3:*" }] })]
  statement {
    sid     = "Two"
    actions = ["sqs:SendMessage"]
  }
}
"""
    merged = next(each for each in found(text) if each.name.endswith(".b"))
    assert [(each["Sid"], each["Effect"]) for each in merged.value["Statement"]] == [("One", "Deny"), ("Two", "Allow")]


@pytest.mark.parametrize(
    "text",
    [
        'data "aws_iam_policy_document" "d" {\n  source_policy_documents = [data.aws_iam_policy_document.d.json]\n}',
        'locals {\n  policy = local.policy\n}\nresource "aws_iam_policy" "p" {\n  policy = local.policy\n}',
        "resource aws_iam_policy p {\n  policy = " + "[" * 2000 + "]" * 2000 + "\n}",
        "locals {\n  policy = " + "+".join(["a"] * 5000) + "\n}",
        "locals {\n  a0 = [1]\n"
        + "".join(f"  a{n + 1} = concat(local.a{n}, local.a{n})\n" for n in range(60))
        + '}\nresource "aws_iam_policy" "p" {\n  policy = jsonencode(local.a60)\n}',
        'locals {\n  a0 = "Statement"\n'
        + "".join(f'  a{n + 1} = "${{local.a{n}}}${{local.a{n}}}"\n' for n in range(60))
        + '}\nresource "aws_iam_policy" "p" {\n  policy = local.a60\n}',
        "locals {\n  a0 = [1]\n"
        + "".join(f"  a{n + 1} = [local.a{n}, local.a{n}]\n" for n in range(60))
        + '}\nresource "aws_iam_policy" "p" {\n  policy = jsonencode({Statement = local.a60})\n}',
    ],
)
def test_hostile_files_take_no_time(text: str) -> None:
    assert len(found(text)) <= 1


def test_numbers_in_scientific_notation() -> None:
    text = 'locals {\n  n = 1e5\n  policy = "x/1e5"\n}\n'
    assert found(text) == []


def test_what_is_no_hcl_is_named_with_its_line() -> None:
    with pytest.raises(InputError) as raised:
        found('resource "aws_iam_policy" "p" {\n  policy = {\n')
    assert "main.tf" in str(raised.value)


_WORDS = st.sampled_from(
    ['data "aws_iam_policy_document" "d" ', "statement ", "{\n", "}\n", "actions = ", '["s3:*"]\n', "jsonencode(", ")",
     'resource "aws_iam_policy" "p" ', "policy = ", "${", "%{ if x }", "%{ endif }", '"', "<<EOT\n", "EOT\n", "local.a",
     "? ", ": ", "[for x in y : x]", "{ Statement = ", "dynamic ", "for_each = ", "null", "1e5 ", "\n", "=", ",", "é"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=80), st.lists(_WORDS, max_size=25).map("".join)))
def test_no_text_is_a_defect(text: str) -> None:
    with suppress(InputError):
        policies_of(f"# policy\n{text}", "-")
