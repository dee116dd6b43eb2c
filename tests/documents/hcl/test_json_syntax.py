"""Terraform's JSON syntax: the same policies as in HCL, each part where the JSON has it."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preflight.documents.hcl.policies import policies_of
from preflight.documents.policies.found_policy import FoundPolicies, FoundPolicy
from preflight.errors import InputError

VERSION = "2012-10-17"


def read(value: Any, **form: Any) -> FoundPolicies:
    return policies_of(value if isinstance(value, str) else json.dumps(value, **form), "main.tf.json")


def one(value: Any, **form: Any) -> FoundPolicy:
    (policy,) = read(value, **form).found
    return policy


STATEMENT = {"actions": ["s3:GetObject", "${local.action}"], "resources": ["arn:aws:s3:::${var.bucket}/*"]}


@pytest.mark.parametrize("many", [False, True])
def test_a_data_document(*, many: bool) -> None:
    condition = {"test": "StringEquals", "variable": "aws:username", "values": ["&{aws:userid}"]}
    statement: Any = {**STATEMENT, "condition": [condition] if many else condition}
    body: Any = {"//": "a comment", "statement": [statement] if many else statement}
    found = one({
        "//": {"metadata": {}},
        "terraform": {"required_providers": {}},
        "locals": {"action": "s3:PutObject"},
        "variable": {"bucket": {"default": "b"}},
        "data": {"aws_iam_policy_document": {"d": [body] if many else body}},
    })  # fmt: skip
    assert found.value == {
        "Version": VERSION,
        "Statement": [{
            "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::b/*",
            "Condition": {"StringEquals": {"aws:username": "${aws:userid}"}},
        }],
    }  # fmt: skip


def test_places_are_those_of_the_json() -> None:
    document = {"data": {"aws_iam_policy_document": {"d": {"statement": {"actions": ["a:B", "s3:GetObjekt"]}}}}}
    text = json.dumps(document, indent=2)
    found = one(text)
    line = next(number for number, each in enumerate(text.split("\n"), 1) if "GetObjekt" in each)
    assert found.place("/Statement/0/Action/1") == (line, text.split("\n")[line - 1].index('"s3') + 1)


@pytest.mark.parametrize("ascii_", [False, True])
def test_a_policy_in_a_string_is_read_where_it_is_written(*, ascii_: bool) -> None:
    policy = json.dumps({"Id": "é", "Statement": [{"Effect": "Allow", "Action": "s3:GetObjekt", "Resource": "*"}]},
                        ensure_ascii=False)  # fmt: skip
    text = json.dumps({"resource": {"aws_iam_policy": {"p": {"policy": policy}}}}, ensure_ascii=ascii_)
    found = one(text)
    assert found.type == "identity"
    assert found.place("/Statement/0/Action") == (1, text.index('\\"s3:GetObjekt') + 1)


@pytest.mark.parametrize(
    "policy",
    [
        '${jsonencode({"Version" = "2012-10-17", "Statement" = [{"Effect" = "Allow", "Action" = "s3:GetObject"}]})}',
        "${data.aws_iam_policy_document.d.json}",
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "${var.action}"}]}',
    ],
)
def test_ways_to_write_a_policy(policy: str) -> None:
    found = one({
        "variable": {"action": {"default": "s3:GetObject"}},
        "data": {"aws_iam_policy_document": {"d": {"statement": {"actions": ["s3:GetObject"]}}}},
        "resource": {"aws_s3_bucket_policy": {"p": {"policy": policy}}},
    } if "data." in policy else {
        "variable": {"action": {"default": "s3:GetObject"}},
        "resource": {"aws_s3_bucket_policy": {"p": {"policy": policy}}},
    })  # fmt: skip
    assert found.value["Statement"][0]["Action"] == "s3:GetObject"
    assert found.type == "resource"


def test_nested_and_dynamic_blocks() -> None:
    trust = json.dumps({"Version": VERSION, "Statement": []})
    found = read({
        "resource": {"aws_iam_role": {"r": [{
            "assume_role_policy": trust,
            "inline_policy": [{"name": "n", "policy": trust}],
            "tags": {"a b": "policy"},
        }]}},
        "data": {"aws_iam_policy_document": {"d": {"dynamic": {"statement": {
            "for_each": ["s3:GetObject", "s3:PutObject"],
            "content": {"actions": ["${statement.value}"]},
        }}}}},
    }).found  # fmt: skip
    assert sorted((each.type, each.name) for each in found) == [
        ("identity", "aws_iam_role.r"),
        ("identity", "data.aws_iam_policy_document.d"),
        ("trust", "the trust policy of aws_iam_role.r"),
    ]
    (document,) = [each for each in found if each.name.startswith("data")]
    assert [each["Action"] for each in document.value["Statement"]] == ["s3:GetObject", "s3:PutObject"]


@pytest.mark.parametrize("policy", [{"Version": VERSION}, [], "text", "{}"])
def test_the_place_decides(policy: Any) -> None:
    assert len(read({"resource": {"aws_iam_policy": {"p": {"policy": policy}}}}).found) == 1


@pytest.mark.parametrize(
    "text",
    ['{"resource": {"aws_iam_policy": {"p": {"policy": "${(}"}}}}', "[1]  ", '{"resource": {"policy":'],
)
def test_what_cannot_be_read_is_said(text: str) -> None:
    with pytest.raises(InputError, match=r"main\.tf\.json"):
        read(text + " " * 8 + ("policy" if text.startswith("[") else ""))


ANY = st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=12) | st.sampled_from(
    ["${", "${a", "%{ if", '${"}', "$${x}", "${jsonencode({})}", "\\", '"']),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.text(max_size=4) | st.sampled_from(["policy", "statement", "dynamic", "content", "actions", "for_each"]),
        inner, max_size=3), max_leaves=12)  # fmt: skip


@settings(max_examples=60)
@given(ANY)
def test_nothing_breaks_it(value: Any) -> None:
    with suppress(InputError):
        read(
            {"resource": {"aws_iam_policy": {"p": value}}, "data": {"aws_iam_policy_document": value}, "locals": value}
        )


def test_large_files_are_bounded() -> None:
    start = time.thread_time()
    text = '\\"${' * 20_000
    with suppress(InputError):
        read(f'{{"resource": {{"aws_iam_policy": {{"p": {{"policy": "{text}"}}}}}}}}')
    assert time.thread_time() - start < 20
