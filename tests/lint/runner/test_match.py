"""Rules that are declared with `match`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from preflight.documents.text.document import Document
from preflight.documents.text.schema import validate
from preflight.engine.rule_headers import head
from preflight.errors import InputError, PreflightError
from preflight.lint.policy.subject import Subject
from preflight.lint.runner.match import matcher
from preflight.lint.runner.one_policy import Linter
from tests.lint.linting import found_policy

EXAMPLE = Path(__file__).parents[3] / "examples" / "rules" / "ORG001.yaml"
BUCKET = "arn:aws:s3:::b/*"


def statement(**more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": BUCKET, **more}


def found(tmp_path: Path, match: Any, *statements: dict[str, Any]) -> list[tuple[str, str]]:
    path = tmp_path / "ORG009.yaml"
    path.write_text(yaml.safe_dump({"id": "ORG009", "match": match}))
    value = {"Version": "2012-10-17", "Statement": list(statements)}
    return [(each.pointer, each.message) for each in matcher(path)(Subject(found_policy(value, "resource")))]


@pytest.mark.parametrize(
    ("match", "given", "where"),
    [
        ({"actions": "s3:GetObject"}, statement(), "/Action"),
        ({"actions": ["s3:Get*"]}, statement(Action=["s3:PutObject", "s3:*Object"]), "/Action/1"),
        ({"actions": ["s3:GetObject"]}, statement(Action="S3:getobject"), "/Action"),
        ({"actions": ["s3:GetObject"]}, {"Effect": "Allow", "NotAction": "ec2:*", "Resource": "*"}, "/NotAction"),
        ({"actions": ["s3:GetObject"]}, {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}, None),
        ({"actions": ["s3:GetObject"]}, statement(Effect="Deny"), None),
        ({"actions": ["s3:GetObject"], "effect": "Deny"}, statement(Effect="Deny"), "/Action"),
        ({"resources": ["arn:aws:s3:::b/private/*"]}, statement(), "/Resource"),
        ({"resources": ["arn:aws:s3:::c/*"]}, statement(), None),
        ({"every-resource": ["arn:aws:s3:::b/*"]}, statement(Resource="arn:aws:s3:::*"), "/Resource"),
        ({"every-resource": ["arn:aws:s3:::*"]}, statement(), None),
        ({"principals": "everyone"}, statement(Principal={"AWS": ["*"]}), "/Principal/AWS/0"),
        ({"principals": "everyone"}, statement(Principal={"AWS": "111122223333"}), None),
        ({"principals": ["sns.*.com"]}, statement(Principal={"Service": "sns.amazonaws.com"}), "/Principal/Service"),
        ({"actions": ["s3:*"], "conditions": ["aws:Source*"]}, statement(), None),
        ({"actions": ["s3:*"], "conditions": ["aws:source*"]},
         statement(Condition={"StringEquals": {"aws:SourceVpce": "vpce-1"}}), "/Action"),
        ({"actions": ["s3:*"], "without-conditions": ["aws:SourceVpce"]},
         statement(Condition={"StringEquals": {"AWS:SourceVPCE": "vpce-1"}}), None),
    ],
)  # fmt: skip
def test_what_a_statement_grants(tmp_path: Path, match: Any, given: dict[str, Any], where: str | None) -> None:
    assert [pointer for pointer, _ in found(tmp_path, match, given)] == (
        [] if where is None else ["/Statement/0" + where]
    )


def test_what_a_deny_takes_back_is_not_granted(tmp_path: Path) -> None:
    match = {"actions": ["s3:GetObject"]}
    assert not found(tmp_path, match, statement(), statement(Effect="Deny", Action="s3:Get*", Resource="*"))
    assert found(tmp_path, match, statement(), statement(Effect="Deny", Resource="arn:aws:s3:::b/private/*"))
    condition = {"Bool": {"aws:SecureTransport": "false"}}
    assert found(tmp_path, match, statement(), statement(Effect="Deny", Resource="*", Condition=condition))


def test_what_the_policy_allows_elsewhere_counts(tmp_path: Path) -> None:
    match = {"actions": ["s3:GetObject"], "policy-allows": ["kms:Decrypt"]}
    key = statement(Action="kms:*", Resource="*")
    assert not found(tmp_path, match, statement())
    assert len(found(tmp_path, match, statement(), key)) == 1
    assert not found(tmp_path, match, statement(), key, statement(Effect="Deny", Action="kms:Decrypt", Resource="*"))


def test_the_message_names_what_was_met(tmp_path: Path) -> None:
    match = {"actions": ["s3:*"], "message": "{statement}: {action} on {resource} for {principal} {other}"}
    given = statement(Sid="Read", Principal="*")
    assert (
        found(tmp_path, match, given)[0][1]
        == f"Read: s3:GetObject on {BUCKET} for principals with this policy {{other}}"
    )


def test_one_line_of_json_is_read_like_yaml(tmp_path: Path) -> None:
    path = tmp_path / "ORG008.yaml"
    path.write_text('id: ORG008\nmatch: {"actions": ["s3:GetObject"]}\nexamples:\n  fail: []\n')
    value = {"Statement": statement()}
    assert [each.pointer for each in matcher(path)(Subject(found_policy(value)))] == ["/Statement/Action"]


@pytest.mark.parametrize(
    ("match", "says"),
    [
        ("s3:*", "/match: it isn't an object"),
        ({}, "matches every statement"),
        ({"action": ["s3:*"]}, "unknown key 'action'"),
        ({"actions": [1]}, "/match/actions"),
        ({"actions": ["s3:*"], "effect": "Grant"}, "write Allow or Deny"),
        ({"actions": ["s3:*"], "message": 1}, "/match/message"),
    ],
)
def test_a_match_that_is_none(tmp_path: Path, match: Any, says: str) -> None:
    with pytest.raises(PreflightError, match=says):
        found(tmp_path, match, statement())
    rule = {**yaml.safe_load(EXAMPLE.read_text()), "match": match}
    with pytest.raises(InputError):
        validate(Document("ORG009.yaml", rule, ""), "rule")


def test_the_worked_example_does_what_its_examples_say() -> None:
    declared = yaml.safe_load(EXAMPLE.read_text())
    validate(Document(str(EXAMPLE), declared, ""), "rule")
    linter = Linter([head(EXAMPLE)])
    for case in declared["examples"]["fail"]:
        assert [each.finding.pointer for each in linter.findings(found_policy(case["policy"]))] == case["at"]
    for case in declared["examples"]["pass"]:
        assert linter.findings(found_policy(case["policy"])) == []


def test_the_page_shows_the_example_and_its_python_works() -> None:
    page = (EXAMPLE.parents[2] / "docs" / "custom-rules.md").read_text()
    shown = page.partition("```yaml file=examples/rules/ORG001.yaml\n")[2].partition("```")[0]
    assert shown == EXAMPLE.read_text()
    names: dict[str, Any] = {}
    exec(page.partition("```python\n")[2].partition("```")[0], names)
    subject = Subject(found_policy({"Statement": [statement(), statement(Sid="Named")]}))
    assert [each.pointer for each in names["sids_named"](subject)] == ["/Statement/0"]
    members = yaml.safe_load(Path("schemas/rule.schema.json").read_text())["$defs"]["match"]["properties"]
    assert all(f"| `{name}` |" in page for name in members)
