"""Findings that are accepted: by entries of the settings and by comments; what does not count, or is about nothing."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from preflight.documents.config import find_config
from preflight.engine.result import Result
from preflight.lint.runner.lint import lint_paths
from preflight.lint.runner.selection import lint_rules
from preflight.lint.runner.suppressions import comments_in

TODAY = date(2026, 11, 23)
POLICY = {
    "Version": "2012-10-18",
    "Statement": [
        {"Sid": "Mine", "Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::b/*"},
        {"Sid": "Other", "Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::b/*"},
    ],
}
YAML = """\
Version: 2012-10-18{version}
Statement:
{above}
  - Sid: Mine
    Effect: Allow
    Action: s3:*
    NotResource: arn:aws:s3:::b/*
  - Sid: Other
    Effect: Allow
    Action: s3:*
    NotResource: arn:aws:s3:::b/*{at}
"""
RULES = ("IAM003", "IAM203", "IAM09")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def linted(path: str, select: tuple[str, ...] = RULES) -> list[Result]:
    return list(lint_paths([path], lint_rules(select), config=find_config(), today=TODAY).report.results)


def said(results: list[Result]) -> list[tuple[str, int | None]]:
    return [(each.rule, each.location.line if each.location else None) for each in results]


ENTRY = '[[suppress]]\nfile = "{}"\nrule = "{}"\nreason = "r"\n{}\n'


@pytest.mark.parametrize(
    ("entry", "left"),
    [
        (("policy.json", "IAM203", ""), ["IAM003"]),
        (("policy.json", "IAM203", 'statement = "Mine"'), ["IAM003", "IAM203"]),
        (("*.json", "IAM203", 'pointer = "/Statement/1"'), ["IAM003", "IAM203"]),
        (("policy.json", "IAM003", 'pointer = "/Version"'), ["IAM203", "IAM203"]),
        (("policy.json", "IAM203", "expires = 2026-11-23"), ["IAM003"]),
        (("policy.json", "IAM203", "expires = 2026-11-22"), ["IAM003", "IAM203", "IAM203", "IAM099"]),
        (("policy.json", "IAM203", 'statement = "Gone"'), ["IAM003", "IAM203", "IAM203", "IAM098"]),
        (("policy.json", "IAM003", 'pointer = "/Ver"'), ["IAM003", "IAM203", "IAM203", "IAM098"]),
        (("policy.json", "IAM200", ""), ["IAM003", "IAM203", "IAM203"]),  # a rule that does not run is not missed
        (("another.json", "IAM203", ""), ["IAM003", "IAM203", "IAM203"]),  # nor a file that is not linted
        (("deep/gone.json", "IAM203", ""), ["IAM003", "IAM203", "IAM203", "IAM098"]),
    ],
)
def test_entries_of_the_settings(folder: Path, entry: tuple[str, str, str], left: list[str]) -> None:
    (folder / "policy.json").write_text(json.dumps(POLICY, indent=1))
    (folder / "preflight.toml").write_text("\n\n" + ENTRY.format(*entry))
    results = linted("policy.json")
    assert [each.rule for each in results] == left
    for each in results:
        if each.rule.startswith("IAM09"):
            assert each.location is not None and each.location.path == "preflight.toml" and each.location.line == 3
            assert each.level == "warning" and each.remedy


COMMENT = "# preflight: ignore[{}]{}"


@pytest.mark.parametrize(
    ("where", "comment", "left"),
    [
        ({"version": COMMENT.format("IAM003", " why")}, "", [("IAM203", 7), ("IAM203", 11)]),
        ({"at": COMMENT.format("IAM203", " why")}, "", [("IAM003", 1), ("IAM203", 7)]),
        ({"above": COMMENT.format("IAM203", " why")}, "", [("IAM003", 1), ("IAM203", 11)]),
        ({"at": COMMENT.format("iam203 , IAM205", " why")}, "", [("IAM003", 1), ("IAM203", 7)]),
        ({"at": COMMENT.format("IAM203", " until 2026-12-31: why")}, "", [("IAM003", 1), ("IAM203", 7)]),
        ({"at": COMMENT.format("IAM203", " until 2026-11-22 why")}, "2026-11-22",
         [("IAM003", 1), ("IAM203", 7), ("IAM203", 11), ("IAM099", 11)]),
        ({"at": COMMENT.format("IAM203", "")}, "no reason",
         [("IAM003", 1), ("IAM203", 7), ("IAM203", 11), ("IAM099", 11)]),
        ({"at": COMMENT.format("IAM2", " why")}, "'IAM2' isn't a rule ID",
         [("IAM003", 1), ("IAM203", 7), ("IAM203", 11), ("IAM099", 11)]),
        ({"at": "# preflight: ignore this"}, "names no rule",
         [("IAM003", 1), ("IAM203", 7), ("IAM203", 11), ("IAM099", 11)]),
        ({"at": COMMENT.format("IAM003", " why")}, "no IAM003 finding",
         [("IAM003", 1), ("IAM203", 7), ("IAM203", 11), ("IAM098", 11)]),
        ({"at": COMMENT.format("IAM205", " why")}, "", [("IAM003", 1), ("IAM203", 7), ("IAM203", 11)]),
        ({"at": "#preflight:ignore[IAM203] why"}, "", [("IAM003", 1), ("IAM203", 7)]),
    ],
)  # fmt: skip
def test_comments_in_yaml(folder: Path, where: dict[str, str], comment: str, left: list[tuple[str, int]]) -> None:
    filled = {"version": "", "at": "", "above": "  # nothing"}
    filled |= {name: f"  {text}" for name, text in where.items()}
    (folder / "policy.yaml").write_text(YAML.format(**filled))
    results = linted("policy.yaml")
    assert sorted(said(results), key=str) == sorted(left, key=str)
    assert not comment or any(comment in each.message for each in results)


def test_what_a_comment_above_is_about() -> None:
    text = """\
a:
  # preflight: ignore[IAM200] the list, whose items are no further in

  # more words
  b:
  - x

  - y
  c: 1
# preflight: ignore[IAM201] all of it
d:
  e: 1
# preflight: ignore[IAM203] at the end
"""
    assert [(each.first, each.last) for each in comments_in(text, TODAY)] == [(5, 8), (11, 12), (13, 13)]


def test_suppressions_of_rules_that_do_not_run_are_not_told_of(folder: Path) -> None:
    (folder / "policy.yaml").write_text(YAML.format(version="  # preflight: ignore[IAM003] why", at="", above=""))
    assert linted("policy.yaml", ("IAM200",)) == []
    assert [each.rule for each in linted("policy.yaml", ("IAM203", "IAM098"))] == ["IAM203", "IAM203"]
