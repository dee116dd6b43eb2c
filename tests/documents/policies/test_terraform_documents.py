"""Data documents that Terraform reads during the apply, which a plan has the arguments of."""

from __future__ import annotations

import json
from typing import Any

from preflight.documents.policies.find import read_all
from preflight.documents.policies.found_policy import FoundPolicies


def read(
    after: Any, unknown: Any, *, prefix: str = "", kind: str = "aws_iam_policy", path: str = "policy"
) -> FoundPolicies:
    consumer = {"mode": "managed", "type": kind, "name": "p",
                "expressions": {path: {"references": ["data.aws_iam_policy_document.d[0].json"]}}}  # fmt: skip
    module: Any = {"resources": [consumer]}
    plan = {
        "format_version": "1.2",
        "planned_values": {"root_module": {"resources": [
            {"address": f"{kind}.q", "mode": "managed", "type": kind, "values": {"name": "q"}}]}},
        "resource_changes": [
            {"address": f"{prefix}data.aws_iam_policy_document.d[0]", "mode": "data", "type": "aws_iam_policy_document",
             "name": "d", "change": {"actions": ["read"], "after": after, "after_unknown": {"json": True, **unknown}}},
            {"address": f"{prefix}{kind}.p", "mode": "managed", "type": kind, "name": "p",
             "change": {"actions": ["create"], "after": {"name": "p"}, "after_unknown": {path: True}}},
        ],
        "configuration": {"root_module": {"module_calls": {"m": {"module": module}}} if prefix else module},
    }  # fmt: skip
    return read_all(json.dumps(plan), "plan.json")


STATEMENT = {"actions": ["s3:GetObjekt"], "resources": None, "effect": None, "sid": "A",
             "condition": [{"test": "StringEquals", "variable": "aws:SourceVpc", "values": None}],
             "principals": [], "not_actions": None}  # fmt: skip
UNKNOWN = {"actions": [False], "resources": True, "condition": [{"values": True}]}


def test_a_document_with_unknown_parts() -> None:
    (found,), passed_over, _ = read({"statement": [STATEMENT], "version": None}, {"statement": [UNKNOWN]})
    (statement,) = found.value["Statement"]
    assert (statement["Sid"], statement["Effect"], statement["Action"]) == ("A", "Allow", "s3:GetObjekt")
    assert set(found.shape.unknown if found.shape else ()) == {
        "", "/Statement/0/Resource", "/Statement/0/Condition/StringEquals/aws:SourceVpc"}  # fmt: skip
    assert found.type == "identity"
    assert found.whole("/Statement/0/Action") == "/resource_changes/0/change/after/statement/0/actions"
    assert found.place("/Statement/0/Action") is not None
    assert passed_over == ()


def test_the_attribute_that_takes_it_says_what_it_is_for() -> None:
    trust = {"statement": [{"actions": ["sts:AssumeRole"], "principals": [
        {"type": "Service", "identifiers": ["ec2.amazonaws.com"]}, {"type": "AWS", "identifiers": None}]}]}  # fmt: skip
    unknown = {"statement": [{"principals": [{}, {"identifiers": [True]}]}]}
    (found,), *_ = read(trust, unknown, prefix="module.m.", kind="aws_iam_role", path="assume_role_policy")
    assert found.type == "trust"
    principal = found.value["Statement"][0]["Principal"]
    assert principal["Service"] == "ec2.amazonaws.com"
    assert set(principal) == {"Service", "AWS"}


def test_documents_that_are_merged() -> None:
    given = json.dumps({"Statement": [{"Sid": "A", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}]})
    (found,), *_ = read({"statement": [STATEMENT], "override_policy_documents": [given]}, {"statement": [UNKNOWN]})
    assert [each["Effect"] for each in found.value["Statement"]] == ["Deny"]
    (found,), passed_over, _ = read({"statement": [STATEMENT]}, {"source_policy_documents": [True]})
    assert found.shape is not None
    assert not found.shape.complete
    assert "not all statements of data.aws_iam_policy_document.d[0]" in passed_over[0]


def test_what_is_not_known_at_all() -> None:
    found, passed_over, _ = read({}, {"statement": True})
    assert found == []
    assert len(passed_over) == 1
    condition = {**STATEMENT, "condition": None}
    (policy,), *_ = read({"statement": [condition]}, {"statement": [{"condition": True}]})
    assert "Condition" in policy.value["Statement"][0]
