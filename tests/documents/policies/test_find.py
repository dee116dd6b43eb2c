"""Which policies are found in what is given, of which type, and where each thing in them stands."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml

from preflight.documents.policies.files import files_in
from preflight.documents.policies.find import read_policies
from preflight.documents.policies.found_policy import FoundPolicy
from preflight.documents.policies.policy_type import type_of
from preflight.documents.text.schema import at
from preflight.errors import InputError

ODD = 'A é😀 "q" \\ \t/ %41 \u2028 end'
BARE: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": ODD, "Effect": "Allow", "Action": ["s3:Get*", "s3:Put*"], "Resource": "*"},
        {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    ],
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
POINTERS = ("", "/Version", "/Statement", "/Statement/0/Sid", "/Statement/0/Action/1", "/Statement/1/Condition",
            "/Statement/1/Condition/Bool/aws:SecureTransport")  # fmt: skip


def only(text: str, path: str = "policy.json") -> FoundPolicy:
    (found,) = read_policies(text, path)
    return found


def indented(text: str, by: int = 4) -> str:
    return "".join(f"{' ' * by}{line}\n" for line in text.splitlines())


def strings() -> list[Any]:
    inner = json.dumps(BARE, indent=2)
    raw = json.dumps(BARE, indent=2, ensure_ascii=False).replace("\u2028", "\\u2028")
    single = inner.replace("'", "''")
    forms = {
        "json": (json.dumps({"a": 1, "Policy": inner}, indent=1), "p.json"),
        "json-unescaped": (json.dumps({"Policy": raw}, ensure_ascii=False, indent=1), "p.json"),
        "json-crlf": (json.dumps({"Policy": inner}, indent=1).replace("\n", "\r\n"), "p.json"),
        "percent-encoded": (json.dumps({"PolicyDocument": quote(raw)}), "p.json"),
        "literal": (f"a: 1\nPolicy: |\n{indented(raw)}", "p.yaml"),
        "literal-tagged": (f"Policy: !!str &a |-  # why\n{indented(raw, 7)}", "p.yaml"),
        "folded": (f"Policy: >+\n{indented(inner)}\n\nb: 2\n", "p.yaml"),
        "single": (f"Policy:\n  '{single}'\n", "p.yaml"),
        "double": (f"Policy: {json.dumps(inner)}\n", "p.yaml"),
        "double-folded": (yaml.safe_dump({"Policy": inner}, width=30), "p.yaml"),
        "double-unicode": (yaml.safe_dump({"Policy": raw}, width=50, allow_unicode=True), "p.yaml"),
        "crlf": (f"a: 1\nPolicy: |\n{indented(inner)}".replace("\n", "\r\n"), "p.yaml"),
    }
    return [pytest.param(*form, id=name) for name, form in forms.items()]


@pytest.mark.parametrize(("text", "path"), strings())
def test_a_policy_in_a_string_is_placed_in_the_file(text: str, path: str) -> None:
    found = only(text, path)
    assert found.value == BARE and found.problems == ()
    lines = text.split("\n")
    for pointer in POINTERS:
        place = found.place(pointer)
        assert place is not None
        here = lines[place[0] - 1][place[1] - 1 :].replace("\\", "").replace("%22", '"').replace("%7B", "{")
        value = at(BARE, pointer)
        begins = {dict: "{", list: "["}.get(type(value), f'"{str(value)[:1]}')
        assert here.replace("%5B", "[").startswith(begins), (pointer, place, here)
    name = found.place("/Statement/1/Condition/Bool/aws:SecureTransport", name=True)
    assert name is not None and "aws:SecureTransport" in lines[name[0] - 1][name[1] - 1 :].replace("%3A", ":")
    assert found.place("/Statement/1/Nothing/here") == found.place("/Statement/1")


@pytest.mark.parametrize(
    ("policy", "path", "type_"),
    [
        (BARE, "", "identity"),
        (BARE, "org/scps/deny.json", "scp"),
        (BARE, "team.permissions-boundary.json", "boundary"),
        (BARE, "description.json", "identity"),
        (TRUST, "", "trust"),
        (TRUST, "rcps/x.json", "trust"),
        ({"Statement": {"Effect": "Allow", "Principal": "*", "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"]}},
         "", "trust"),
        ({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*"}},
         "", "resource"),
        ({"Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole",
                        "Resource": "arn:aws:iam::111122223333:role/r"}}, "", "trust"),
        ({"Statement": {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole",
                        "Resource": ["*"]}}, "", "trust"),
        ({"Statement": {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole",
                        "Resource": "arn:aws:iam::444455556666:role/r"}}, "", "resource"),
        ({"Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole", "Resource": "*"}},
         "sts-vpce.json", "vpc-endpoint"),
        ({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}}, "", "resource"),
        ({"Statement": [1, {"Effect": "Deny", "NotPrincipal": {}, "Action": [None, "s3:*"]}]}, "", "resource"),
        (5, "", "identity"),
    ],
)  # fmt: skip
def test_the_type_of_a_bare_policy(policy: Any, path: str, type_: str) -> None:
    assert type_of(policy, path) == type_


@pytest.mark.parametrize(
    ("document", "found"),
    [
        (BARE, [("identity", "", "")]),
        ({"PolicyVersion": {"Document": BARE}}, [("identity", "/PolicyVersion/Document", "")]),
        ({"Role": {"AssumeRolePolicyDocument": TRUST}}, [("trust", "/Role/AssumeRolePolicyDocument", "")]),
        ({"Policy": {"PolicySummary": {"Type": "SERVICE_CONTROL_POLICY"}, "Content": json.dumps(BARE)}},
         [("scp", "/Policy/Content", "")]),
        ({"policyText": json.dumps(TRUST)}, [("resource", "/policyText", "")]),
        ({"RoleDetailList": [{"RoleName": "r", "AssumeRolePolicyDocument": TRUST,
                              "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": BARE}]},
                             {"RoleName": "same", "AssumeRolePolicyDocument": quote(json.dumps(TRUST))}],
          "Policies": [{"Arn": "arn:aws:iam::aws:policy/Theirs", "PolicyVersionList": [{"Document": {"Statement": 1}}]},
                       {"Arn": "arn:aws:iam::111122223333:policy/b", "PolicyName": "b", "DefaultVersionId": "v2",
                        "PolicyVersionList": [{"VersionId": "v1", "Document": {"Statement": 1}},
                                              {"VersionId": "v2", "Document": {**BARE, "Id": "b"}}]}],
          "UserDetailList": [{"UserName": "u", "PermissionsBoundary":
                              {"PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/b"}}]},
         [("trust", "/RoleDetailList/0/AssumeRolePolicyDocument", "the trust policy of r"),
          ("identity", "/RoleDetailList/0/RolePolicyList/0/PolicyDocument", "r/p"),
          ("boundary", "/Policies/1/PolicyVersionList/1/Document", "b")]),
        ({"version": 1, "account": "111122223333",
          "regions": {"us-east-1": {"buckets": [{"Name": "b", "Policy": json.dumps(BARE)}, {"Name": "c"}]}},
          "organization": {"service_control_policies": {"111122223333": [
              [{"name": "FullAWSAccess", "policy": BARE}], [{"name": "mine", "policy": BARE}]]}}},
         [("resource", "/regions/us-east-1/buckets/0/Policy", "b"),
          ("scp", "/organization/service_control_policies/111122223333/1/0/policy", "mine")]),
        ({"Resources": {"R": {"Type": "AWS::IAM::ManagedPolicy", "Propertis": {"PolicyDocument": BARE}}}},
         [("identity", "/Resources/R/Propertis/PolicyDocument", "R")]),
        ({"name": "package", "Version": "1.0"}, []),
        ({"Policy": "restricted", "Role": "admin"}, []),
        ({"Version": "2012-10-17", "Statment": []}, [("identity", "", "")]),
        ([BARE], []),
        ("text", []),
    ],
)  # fmt: skip
def test_the_policies_in_a_document(document: Any, found: list[tuple[str, str, str]]) -> None:
    policies = read_policies(json.dumps(document), "x.json")
    assert [(each.type, each.pointer, each.name) for each in policies] == found


def test_the_service_of_a_resource_policy() -> None:
    bucket = {
        "Statement": {"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::b/*"}
    }
    assert only(json.dumps(bucket)).owner == {"service": "s3"}
    bucket["Statement"]["Action"] = "*"  # type: ignore[index]
    assert only(json.dumps(bucket)).owner == {}


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ('{"Statement": [{"Effect": "Allow",}]}', (1, 34), "comma"),
        ('{\n// a comment\n"Statement": [{"Effect": "Allow"}]}', (2, 1), "comment"),
        ('{"Statement": [{"Effect": "Allow"', None, "unexpected end"),
        ('{"Statement": [{"Effect": "\\ud800"}]}', (1, 28), "surrogate pair"),
        ('{"Statement": [{"Effect": "a\x00"}]}', (1, 29), "control character"),
        ("Statement:\n- Effect: Allow\n\tAction: x\n", (3, 1), "invalid YAML"),
        ('{"Policy": "{\\n\\"Statement\\": [{\\"Effect\\": 1,}]}"}', (1, 46), "comma"),
    ],
)
def test_what_cannot_be_read_is_placed(text: str, place: tuple[int, int] | None, says: str) -> None:
    found = only(text, "policy.json" if text[0] == "{" else "policy.yaml")
    (problem,) = found.problems
    assert not found.readable and problem.kind == "syntax"
    assert says in problem.message and problem.remedy.endswith(".")
    where = (problem.line, problem.column)
    # Python tells of a trailing comma at the comma from 3.13 on, before that behind it.
    assert place is None or where in (place, (place[0], place[1] + 1)) or where[0] == place[0] == 1, where


def test_what_does_not_look_like_a_policy_is_none() -> None:
    with pytest.raises(InputError):
        read_policies('{"compilerOptions": {,}}', "tsconfig.json")


@pytest.mark.parametrize(
    ("text", "path", "places"),
    [
        ('{"Statement": [{"Effect": "Allow",\n "Effect": "Deny"}]}', "p.json", [(2, 2, "/Statement/0/Effect")]),
        ('{"Statement": [],\n"Statement": [{"a": 1, "a": 2}]}', "p.json", [(2, 1, "/Statement")]),
        ("Statement:\n- Effect: Allow\n  Effect: Deny\n", "p.yaml", [(3, 3, "/Statement/0/Effect")]),
        ('{"x": 1, "x": 2, "Policy": {"Statement": [{"Effect": 1, "Effect": 2}]}}', "p.json",
         [(1, 57, "/Statement/0/Effect")]),
        ('{"Policy": "{\\"Statement\\": [{\\"Sid\\": 1, \\"Sid\\": 2}]}"}', "p.json", [(1, 43, "/Statement/0/Sid")]),
    ],
)  # fmt: skip
def test_members_that_stand_twice(text: str, path: str, places: list[tuple[int, int, str]]) -> None:
    found = only(text, path)
    assert found.readable
    assert [(each.line, each.column, each.pointer) for each in found.problems if each.kind == "repeated"] == places
    assert "Deny" not in json.dumps(found.value)


def test_a_directory_is_walked(tmp_path: Path) -> None:
    for name in ("b.json", "a.yaml", "deep/er/c.yml", ".git/d.json", "node_modules/e.json", "f.txt", "g.json.gz",
                 "H.YML", "i.TF", "J.JSON.GZ"):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(b"{}") if name.lower().endswith("gz") else b"{}")
    (tmp_path / "deep" / "round").symlink_to(tmp_path)
    (tmp_path / "self.json").symlink_to("self.json")
    (tmp_path / "gone.json").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe.json")
    found, errors = files_in([str(tmp_path), str(tmp_path / "f.txt"), str(tmp_path / "b.json")])
    names = {os.path.relpath(each.path, tmp_path): each.named for each in found}
    assert names == {"b.json": True, "a.yaml": False, "g.json.gz": False, "deep/er/c.yml": False, "f.txt": True,
                     "H.YML": False, "J.JSON.GZ": False}  # fmt: skip
    assert sorted(Path(each.path).name for each in errors) == ["gone.json", "self.json"]


def test_a_link_to_a_directory_elsewhere_is_not_followed(tmp_path: Path) -> None:
    work, away = tmp_path / "work", tmp_path / "away"
    for folder in (work / "inside", away):
        folder.mkdir(parents=True)
        (folder / "a.json").write_text("{}")
    (work / "root.json").symlink_to("/")
    (work / "link").symlink_to(away)
    (work / "near").symlink_to("inside")
    found, errors = files_in([str(work)])
    assert [os.path.relpath(each.path, work) for each in found] == ["inside/a.json"]
    assert sorted(Path(each.path).name for each in errors) == ["link", "root.json"]
    assert files_in([str(work)], lambda path: path.endswith(("link", "root.json")))[1] == []
    assert [Path(each.path).name for each in files_in([str(work), str(away)])[1]] == ["root.json"]
    (tmp_path / ".git").mkdir()
    assert [Path(each.path).name for each in files_in([str(work)])[1]] == ["root.json"]


def test_what_is_passed_by(tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text("{}")
    found, _ = files_in([str(tmp_path)], lambda path: path.endswith("a.json"))
    assert [Path(each.path).name for each in found] == ["b.json"]
