"""Every rule as a whole: its file's form, its own examples through the real check, and that it is written down."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from preflight.account.snapshots.snapshot import Snapshot
from preflight.data_files import folder
from preflight.documents.plans.requests import plan_of
from preflight.documents.policies.found_policy import PolicyDocumentType
from preflight.documents.text.document import Document
from preflight.engine.result import Kind
from preflight.engine.rule import load_examples, load_rule, rule_ids
from preflight.readiness.check import check
from tests.lint.linting import results as lint_results

ROOT = Path(__file__).parent.parent
FILES = {path.stem: path for path in folder("rules").glob("*/[A-Z][A-Z][A-Z][0-9][0-9][0-9].yaml")}
# What a rule's example may give beside what it is an example of: a case may be judged in parts.
BESIDE = {
    "fail": {"fail", "pass", "open", "notApplicable"},
    "open": {"open", "pass", "notApplicable"},
    "pass": {"pass"},
}


def examples() -> Iterator[Any]:
    for rule in rule_ids("readiness"):
        for kind, cases in load_examples(rule).items():
            for index, case in enumerate(cases):
                yield pytest.param(rule, kind, case, id=f"{rule}-{kind}-{index}")


def document(name: str, value: Any) -> Document:
    return Document(name, value, json.dumps(value, indent=2))


# How the text before a statement says which policy it is for. The last that fits counts.
WRITTEN_INTO: tuple[tuple[str, PolicyDocumentType], ...] = (
    ("allow it", "identity"),
    ("policy", "identity"),
    ("resource-based policy", "resource"),
    ("permissions boundary", "boundary"),
    ("service control policy", "scp"),
    ("session policy", "session"),
    ("trust policy", "trust"),
    ("the role is assumed", "trust"),
)


def refused(remedy: str) -> list[str]:
    """Give what AWS would refuse of the statements and policies that a remedy shows, each in the policy it is for."""
    found: list[str] = []
    at = 0
    while (start := remedy.find('{\n  "', at)) >= 0:
        shown, length = json.JSONDecoder().raw_decode(remedy[start:])
        before = remedy[at:start].lower()
        type_ = next(type_ for words, type_ in reversed(WRITTEN_INTO) if words in before)
        policy = shown if "Statement" in shown else {"Version": "2012-10-17", "Statement": [shown]}
        repository = ":repository/" in before
        found += [
            each.message
            for each in lint_results(policy, type_, select="IAM0", service="ecr" if repository else "")
            if each.level == "error"
        ]
        at = start + length
    return found


@pytest.mark.parametrize(("rule", "kind", "case"), list(examples()))
def test_an_example_is_what_it_says(rule: str, kind: str, case: dict[str, Any]) -> None:
    plan = plan_of([document("plan.json", case["plan"])])
    facts = Snapshot.load(document("snapshot.json", case["snapshot"]))
    results = check(plan, facts, select=[rule]).results
    assert {each.rule for each in results} == {rule}
    kinds = {each.kind.value for each in results}
    assert kind in kinds, [each.message for each in results]
    assert kinds <= BESIDE[kind], [(each.kind, each.message) for each in results]
    for each in results:
        assert not re.search(r"\bNone\b|\{\}|<[a-z.]+ object", each.message), each.message
        if each.kind in (Kind.FAIL, Kind.OPEN):
            assert each.remedy, f"nothing says what to do: {each.message}"
            assert refused(each.remedy) == [], each.remedy
        assert each.location is not None and each.location.line is not None


@pytest.mark.parametrize("rule", sorted(FILES))
def test_a_rule_is_of_the_form(rule: str) -> None:
    schema = json.loads((folder("schemas") / "rule.schema.json").read_text(encoding="utf-8"))
    declared = yaml.safe_load(FILES[rule].read_text(encoding="utf-8"))
    assert [error.message for error in Draft202012Validator(schema).iter_errors(declared)] == []
    assert declared["id"] == rule
    assert not declared["summary"].endswith(".")
    # What runs need is read without the examples, so they come last.
    assert list(declared)[-1] in ("examples", "reported-by")
    whole = {name: value for name, value in declared.items() if name != "examples"}
    loaded = load_rule(rule)
    assert loaded.summary == whole["summary"] and loaded.references == tuple(whole["references"])
    assert load_examples(rule) == declared.get("examples", {})
    if loaded.check is not None:
        assert callable(loaded.function())


def test_names_are_unique_and_ids_are_never_used_twice() -> None:
    names = [load_rule(rule).name for rule in rule_ids()]
    assert len(names) == len(set(names)) == len(FILES)
