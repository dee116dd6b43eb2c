"""The table of cases, each with the AWS page that it follows, held against both evaluators."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from preflight.documents.text.load import load
from preflight.iam.decide import decide
from preflight.simulate.cases import Case, read_document
from tests.iam import oracle

TABLES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))


@cache
def table(path: Path) -> dict[str, Any]:
    """Return one file of the table as plain data."""
    value: dict[str, Any] = load(str(path)).value
    return value


def plain_cases() -> list[Any]:
    """Return every case with its defaults, as a parameter named after its file and id."""
    return [
        pytest.param({**table(path)["defaults"], **case}, id=f"{path.stem}:{case['id']}")
        for path in TABLES
        for case in table(path)["cases"]
    ]


@pytest.mark.parametrize("case", plain_cases())
def test_the_oracle_agrees_with_aws(case: dict[str, Any]) -> None:
    assert oracle.decide(case) == case["expect"]


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_the_engine_agrees_with_aws(path: Path) -> None:
    wrong = []
    for case in read_document(load(str(path))):
        assert isinstance(case, Case), case
        outcome = decide(case.request, case.policies).outcome
        if outcome != case.expect:
            wrong.append(f"{case.id}: AWS says {case.expect}, the engine says {outcome}")
    assert not wrong


def test_every_case_names_an_aws_page_and_expects_something() -> None:
    for path in TABLES:
        for case in table(path)["cases"]:
            assert case["source"].startswith("https://docs.aws.amazon.com/"), case["id"]
            assert case["expect"] in ("allowed", "explicitDeny", "implicitDeny", "open"), case["id"]


def test_there_are_many_and_no_two_are_the_same() -> None:
    seen: dict[str, str] = {}
    for path in TABLES:
        names = [case["id"] for case in table(path)["cases"]]
        assert len(set(names)) == len(names)
        for case in table(path)["cases"]:
            full = {**table(path)["defaults"], **case}
            body = repr(sorted((key, value) for key, value in full.items() if key not in ("id", "source", "expect")))
            assert seen.setdefault(body, case["id"]) == case["id"]
    assert len(seen) >= 400
