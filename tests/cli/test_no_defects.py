"""Inputs that once ended as defects (exit code 70), at every reader: nesting, encodings, functions in functions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import Command

EXAMPLES = Path(__file__).parents[2] / "examples"
POLICIES, SNAPSHOT = str(EXAMPLES / "policies"), str(EXAMPLES / "snapshot.json")
OFFLINE = ("--snapshot", SNAPSHOT, "--principal", "arn:aws:iam::111122223333:role/deployer", "--region", "us-east-1")
DEEP = "[" * 3000
POLICY = 'resource "aws_iam_policy" "x" {\n policy = jsonencode({Version = "2012-10-17", Statement = []})\n}\n'
# What is deep, and what reads it.
READERS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "a policy": ("a.json", DEEP, ("lint", "a.json")),
    "a policy in YAML": ("a.yaml", DEEP, ("lint", "a.yaml")),
    "maps in YAML": ("a.yaml", "{a: " * 3000, ("lint", "a.yaml")),
    "a statement": ("a.json", f'{{"Statement": {DEEP}{"]" * 3000}}}', ("lint", "a.json")),
    "a request": ("a.json", DEEP, ("check", "a.json", *OFFLINE)),
    "a plan in YAML": ("a.yaml", f"requests: {DEEP}", ("policy", "a.yaml", *OFFLINE)),
    "a Terraform plan": ("a.json", f'{{"format_version": "1", "planned_values": {DEEP}', ("check", "a.json", *OFFLINE)),
    "a snapshot": ("a.json", DEEP, ("audit", "--snapshot", "a.json")),
    "cases": ("a.json", DEEP, ("simulate", "a.json")),
    "a policy to prove": ("a.json", DEEP, ("prove", "not-public", "a.json")),
    "own rules": ("rules/a.yaml", DEEP, ("lint", "--rules", "rules", POLICIES)),
    "a baseline": ("a.json", f'{{"version": 1, "findings": {DEEP}', ("lint", "--baseline", "a.json", POLICIES)),
    "settings": ("preflight.toml", f"x = {DEEP}", ("lint", POLICIES)),
    "a settings file of Python's": ("pyproject.toml", f"[tool.preflight]\nx = {DEEP}", ("lint", POLICIES)),
    "Terraform's files": ("a.tf", f"{POLICY}locals {{\n x = {DEEP}\n}}\n", ("lint", "a.tf")),
    "blocks of Terraform": ("a.tf", POLICY + "a {" * 3000, ("lint", "a.tf")),
    "templates of Terraform": ("a.tf", f'{POLICY}locals {{\n x = {"${" * 3000}', ("lint", "a.tf")),
}  # fmt: skip


@pytest.mark.parametrize("name", READERS)
def test_nesting_is_an_error_of_the_file(preflight: Command, folder: Path, name: str) -> None:
    file, text, command = READERS[name]
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).write_text(text)
    ran = preflight(*command)
    assert ran.code == 2 and file in ran.err, ran
    # JSON that is not closed is read to its end from Python 3.12 on.
    assert any(said in ran.err for said in ("nested deeper", "nested too", "not valid HCL", "unexpected end")), ran


def test_nesting_that_terraform_takes_is_read(preflight: Command, folder: Path) -> None:
    many = 3000
    for inner in (
        "a {" * many + "}" * many,
        f"locals {{\n x = {DEEP}{']' * many}\n}}",
        f"locals {{\n x = {'!' * many}a\n}}",
    ):
        (folder / "a.tf").write_text(f"{POLICY}{inner}\n")
        ran = preflight("lint", "--select", "IAM008", "a.tf")
        assert ran.code == 1 and "a.tf:2:" in ran.out, ran


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_own_rules_in_another_encoding_are_read(preflight: Command, folder: Path, encoding: str) -> None:
    rule = next((EXAMPLES / "rules").glob("*.yaml"))
    (folder / "rules").mkdir()
    (folder / "rules" / rule.name).write_bytes(rule.read_text(encoding="utf-8").encode(encoding))
    command = ("lint", POLICIES, "--select", rule.stem, "--format", "json", "--rules")
    ran = preflight(*command, "rules")
    assert ran == preflight(*command, str(EXAMPLES / "rules")) and ran.code in (0, 1), ran


def test_own_rules_that_are_half_utf_16(preflight: Command, folder: Path) -> None:
    (folder / "rules").mkdir()
    (folder / "rules" / "a.yaml").write_bytes("id: X\n".encode("utf-16")[:-1] + b"\x00\xd8")
    ran = preflight("lint", "--rules", "rules", POLICIES)
    assert ran.code == 2 and "rules/a.yaml" in ran.line and "UTF-16" in ran.line


REFS: dict[str, Any] = {
    "a function": {"Ref": {"Fn::Sub": "x"}},
    "a list": {"Ref": ["x"]},
    "a function in a function": {"Ref": {"Fn::Sub": ["${a}", {"a": {"Ref": {"Ref": "x"}}}]}},
    "an attribute of a function": {"Fn::GetAtt": [{"Fn::Sub": "x"}, {"Ref": {}}]},
}


@pytest.mark.parametrize("name", REFS)
def test_functions_that_are_given_functions(preflight: Command, folder: Path, name: str) -> None:
    ref = REFS[name]
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": ref}]}
    policy = {"PolicyName": "x", "PolicyDocument": document, "Roles": [ref]}
    endpoint = {"EndpointName": ref, "EndpointConfigName": ref, "Tags": ref}
    template = {
        "Resources": {
            "P": {"Type": "AWS::IAM::Policy", "Properties": policy, "Condition": ref},
            "E": {"Type": "AWS::SageMaker::Endpoint", "Properties": endpoint, "DependsOn": ref},
            "Q": {"Type": "AWS::IAM::Role", "Properties": ref},
        },
        "Outputs": {"O": {"Value": ref}},
    }
    (folder / "t.json").write_text(json.dumps(template))
    for command in (("lint", "t.json"), ("check", "t.json", *OFFLINE), ("policy", "t.json", *OFFLINE)):
        ran = preflight(*command)
        assert ran.code in (0, 1, 2, 3) and "internal error" not in ran.err + ran.out, ran
