"""Mending: only what is shown to grant the same, in a text that is otherwise left as it is; a second time nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from preflight.engine.rule import load_examples, load_rule, rule_ids
from preflight.lint.runner.one_policy import Linter
from preflight.lint.runner.selection import lint_rules
from tests.lint.fixing import mended
from tests.lint.linting import one_rule

FIXED = [
    pytest.param(rule, case, id=f"{rule}-{index}")
    for rule in rule_ids("lint")
    if load_rule(rule).reported_by is None
    for index, case in enumerate(load_examples(rule).get("fail", []))
    if "fixed" in case
]


def every_rule() -> Linter:
    return Linter(lint_rules(["IAM", "IAM310"]))


@pytest.mark.parametrize(("rule", "case"), FIXED)
def test_an_example_is_mended_to_what_it_says(rule: str, case: dict[str, Any]) -> None:
    text = json.dumps(case["policy"], indent=2)
    done = mended(text, one_rule(rule), type_=case.get("type", "identity"))
    assert json.loads(done.text) == case["fixed"] and done.left == ()
    assert mended(done.text, one_rule(rule), type_=case.get("type", "identity")).rules == ()


JSON = """{ "Version" : "2012-10-17",
\t"Statement": [ {"Effect":"Allow",  "Action": [
      "s3:getobject",
      "s3:GetObject", "s3:List*" ,
      "s3:ListBucket" ], "Resource": ["arn:aws:s3:::b/*"] } ],
  "Id": "\\u00e9" }
"""
JSON_FIXED = """{ "Version" : "2012-10-17",
\t"Statement": [ {"Effect":"Allow",  "Action": [
      "s3:GetObject", "s3:List*" ], "Resource": ["arn:aws:s3:::b/*"] } ],
  "Id": "\\u00e9" }
"""
YAML = """\
# who may read
Version: 2012-10-17   # the only one
Statement:
  - Sid: read-it
    Effect: Allow
    Action:
      - s3:getobject   # as it was
      - "s3:Get*"
      # the lists
      - s3:ListBucket
      - s3:listbucket  # again
    Resource: [ 'arn:aws:s3:::b/*', 'arn:aws:s3:::b/*', 'arn:aws:s3:::b' ]

  # said already
  - Effect: Allow
    Action: s3:GetObject
    Resource: 'arn:aws:s3:::b/x'
"""
YAML_FIXED = """\
# who may read
Version: 2012-10-17   # the only one
Statement:
  - Sid: readIt
    Effect: Allow
    Action:
      - "s3:Get*"
      # the lists
      - s3:ListBucket
    Resource: [ 'arn:aws:s3:::b/*', 'arn:aws:s3:::b' ]

  # said already
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("path", "text", "fixed"), [("policy.json", JSON, JSON_FIXED), ("policy.yaml", YAML, YAML_FIXED)]
)
def test_what_is_around_stays_as_it_is(path: str, text: str, fixed: str, newline: str) -> None:
    done = mended(text.replace("\n", newline), every_rule(), path)
    assert done.text == fixed.replace("\n", newline)
    assert mended(done.text, every_rule(), path).text == done.text


NEAR = {"IpAddress": {"aws:SourceIp": "203.0.113.7/24"}}
ONE = {"Effect": "Allow", "Action": ["s3:getobject"], "Resource": "*"}


@pytest.mark.parametrize(
    ("path", "text", "rule", "reason"),
    [
        ("p.json", json.dumps({"Version": "2012-10-18", "Statement": ONE}), "IAM003", "AWS refuses"),
        ("p.json", json.dumps({"PolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": ONE})}), "IAM310",
         "is inside a string"),
        ("p.yaml", "Version: '2012-10-17'\nStatement:\n- Effect: Allow\n  Action: &a [s3:getobject]\n  Resource: '*'\n"
         "- Effect: Deny\n  Action: *a\n  Resource: arn:aws:s3:::b/*\n", "IAM310", ""),
    ],
)  # fmt: skip
def test_what_cannot_be_mended_is_left(path: str, text: str, rule: str, reason: str) -> None:
    done = mended(text, one_rule(rule), path)
    assert done.text == text and done.rules == ()
    assert done.left and all(reason in each.reason for each in done.left)
    assert done.left[0].line.startswith(f"{path}:") and f": {rule} is not fixed: " in done.left[0].line


def test_what_is_not_shown_to_be_the_same_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": {**ONE, "Condition": NEAR}})
    assert "203.0.113.0/24" in mended(text, one_rule("IAM162"), "p.json").text

    monkeypatch.setattr("preflight.lint.runner.fix._same", lambda old, new, type_: old == new)
    done = mended(text, one_rule("IAM162"), "p.json")

    assert done.text == text
    assert [each.reason for each in done.left] == ["it couldn't be shown that the policy would grant the same"]


def test_managed_policies_are_mended_once_and_nothing_is_left() -> None:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    linter = Linter(lint_rules(["IAM0", "IAM3"]))
    rules: set[str] = set()
    for each in list(json.loads(aws_managed_policies_data).values())[::5]:
        text = json.dumps(each["Document"], indent=4)
        done = mended(text, linter, type_="identity")
        rules.update(done.rules)
        assert done.left == () and bool(done.rules) == (done.text != text)
        assert done.text == text or mended(done.text, linter, type_="identity").text == done.text
    assert rules >= {"IAM300", "IAM301", "IAM302"}
