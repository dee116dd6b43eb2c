"""AWS's managed policies: every error among their results is one, and the page that lists them is current."""

from __future__ import annotations

import json

import pytest

from preflight.lint.runner.one_policy import PolicyFinding
from tools import precision


@pytest.fixture(scope="module")
def found() -> list[PolicyFinding]:
    return precision.lint_all()


def test_the_page_is_what_the_tool_writes(found: list[PolicyFinding]) -> None:
    assert precision.page(found) == precision.PAGE.read_text(encoding="utf-8"), "run make docs"


def test_every_reason_is_of_an_error_that_remains(found: list[PolicyFinding]) -> None:
    hits = {f"{rule} {value}" for rule, value in precision.errors(found)}
    assert hits == set(json.loads(precision.REASONS.read_text(encoding="utf-8")))


@pytest.mark.parametrize(("matter", "theirs", "rules"), [(each, *both) for each, both in precision.PARLIAMENT.items()])
def test_far_fewer_results_than_parliament(
    found: list[PolicyFinding], matter: str, theirs: int, rules: tuple[str, ...]
) -> None:
    assert precision.as_parliament_counts(found, rules) < theirs / 2, matter
