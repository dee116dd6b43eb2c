"""Every audit rule's own examples, through the real audit."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from preflight.audit.access.hosting_actions import hosting_actions
from preflight.audit.check import audit
from preflight.audit.settings import audit_settings
from preflight.catalog import action, resource_type
from preflight.data_files import folder
from preflight.documents.text.document import Document
from preflight.engine.result import Kind
from preflight.engine.rule import load_examples, rule_ids

SETTINGS = json.loads((folder("schemas") / "config.schema.json").read_bytes())
# What an example may give beside what it is an example of: an account is judged in parts.
BESIDE = {
    "fail": {"fail", "pass", "open", "notApplicable"},
    "open": {"open", "pass", "notApplicable"},
    "pass": {"pass", "notApplicable"},
}


def examples() -> Iterator[Any]:
    for rule in rule_ids("audit"):
        for kind, cases in load_examples(rule).items():
            for index, case in enumerate(cases):
                yield pytest.param(rule, kind, case, id=f"{rule}-{kind}-{index}")


@pytest.mark.parametrize(("rule", "kind", "case"), list(examples()))
def test_an_example_is_what_it_says(rule: str, kind: str, case: dict[str, Any]) -> None:
    settings = case.get("settings", {})
    assert [error.message for error in Draft202012Validator(SETTINGS).iter_errors({"audit": settings})] == []
    document = Document("snapshot.json", case["snapshot"], json.dumps(case["snapshot"], indent=2))
    results = audit(document, settings=audit_settings(settings), select=[rule]).report.results
    assert {each.rule for each in results} <= {rule}
    kinds = {each.kind.value for each in results}
    assert kind in kinds or (kind == "pass" and not kinds), [each.message for each in results]
    assert kinds <= BESIDE[kind], [(each.kind, each.message) for each in results]
    for each in results:
        assert not re.search(r"\bNone\b|\{\}|<[a-z.]+ object", each.message), each.message
        if each.kind in (Kind.FAIL, Kind.OPEN):
            assert each.remedy, f"nothing says what to do: {each.message}"


def test_the_hosting_actions_are_those_of_aws_with_their_resources() -> None:
    actions = hosting_actions()
    assert len(actions) == len({each.action for each in actions}) == 30
    for each in actions:
        service, _, name = each.action.partition(":")
        found = action(service, name)
        assert found is not None and found.id == each.action
        types = {resource.name for resource in found.resources}
        assert each.type in types or (each.type == "*" and not types), each
        if each.type != "*":
            declared = resource_type(service, each.type)
            assert declared is not None and f":{each.type}/" in declared.arn
