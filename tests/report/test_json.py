"""The JSON report is the document of its schema, whatever the results."""

from __future__ import annotations

import json
from typing import Any

from jsonschema import Draft202012Validator

from preflight import __version__
from preflight.data_files import folder
from preflight.engine.result import Report, Verdict
from preflight.report.json import document, render
from tests.report.reports import BLOCKED, NASTY, OPEN, READY

SCHEMA = json.loads((folder("schemas") / "report.schema.json").read_text(encoding="utf-8"))


def errors(value: Any) -> list[str]:
    return [error.message for error in Draft202012Validator(SCHEMA).iter_errors(value)]


def test_every_report_is_of_the_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    for report in (READY, BLOCKED, OPEN, NASTY, Report(Verdict.CLEAN, ())):
        assert errors(json.loads(render(report))) == []


def test_the_document() -> None:
    found = document(BLOCKED)
    assert found["version"] == 1
    assert found["tool"] == {"name": "preflight", "version": __version__}
    assert found["verdict"] == "blocked"
    assert found["plan"]["principal"] == "arn:aws:iam::111122223333:role/deployer"
    assert found["counts"] == {"pass": 1, "fail": 4, "open": 0, "notApplicable": 0}
    assert [result["rule"] for result in found["results"]] == ["PRE110", "PRE110", "PRE302", "PRE101", "PRE201"]
    first = found["results"][0]
    assert first["location"] == {"path": "plan.json", "pointer": "/requests/0", "line": 3, "column": 5}
    assert first["evidence"] == [{"policy": "deploy", "statement": "Endpoints"}]
    assert set(first) == {
        "rule", "name", "kind", "level", "message", "subject", "location", "evidence", "remedy", "aliases",
    }  # fmt: skip


def test_what_is_not_known_is_left_out() -> None:
    result = document(OPEN)["results"][0]
    assert result["location"] == {"path": "-", "pointer": ""}
    assert "location" not in document(OPEN)["results"][1]
    assert "principal" not in document(OPEN)["plan"]


def test_nothing_in_it_is_obeyed_by_a_terminal() -> None:
    text = render(NASTY)
    assert text.isascii() and "\x1b" not in text
    assert json.loads(text)["results"][0]["message"] == NASTY.results[0].message


def test_the_schema_refuses_what_is_not_a_report() -> None:
    whole = json.loads(render(BLOCKED))
    assert errors({**whole, "version": 2})
    assert errors({**whole, "extra": 1})
    assert errors({**whole, "results": [{**whole["results"][0], "kind": "passed"}]})
    assert errors({**whole, "counts": {"pass": 1}})
