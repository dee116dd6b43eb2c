"""Baselines: findings are known again where lines and places in lists have moved, and only those."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from preflight.errors import InputError
from preflight.lint.runner.baseline import Baseline, BaselineEntry, baseline_text, read_baseline
from preflight.lint.runner.lint import LintRun, lint_paths
from preflight.lint.runner.selection import lint_rules

POLICY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "A", "Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::b/*"},
        {"Effect": "Allow", "Action": "s3:*", "NotResource": ["arn:aws:s3:::c/*", "arn:aws:s3:::d/*"]},
    ],
}
ANOTHER = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::z/*"}


def run(folder: Path, policy: Any, baseline: Baseline, indent: int | None = None) -> LintRun:
    (folder / "policy.json").write_text(json.dumps(policy, indent=indent))
    return lint_paths(
        [str(folder / "policy.json")], lint_rules(["IAM203"]), baseline=baseline, baseline_folder=str(folder)
    )


def known(folder: Path) -> Baseline:
    (folder / "known.json").write_text(baseline_text(run(folder, POLICY, Baseline(())).entries))
    return read_baseline(str(folder / "known.json"))


def changed(**how: Any) -> dict[str, Any]:
    policy = copy.deepcopy(POLICY)
    if "insert" in how:
        policy["Statement"].insert(0, how["insert"])
    if "reverse" in how:
        policy["Statement"].reverse()
    if "spared" in how:
        policy["Statement"][0]["NotResource"] = how["spared"]
    if "twice" in how:
        policy["Statement"].append(policy["Statement"][1])
    return policy


@pytest.mark.parametrize(
    ("how", "new", "gone"),
    [
        ({}, 0, 0),
        ({"insert": ANOTHER}, 0, 0),
        ({"reverse": True}, 0, 0),
        ({"spared": "arn:aws:s3:::e/*"}, 1, 1),
        ({"twice": True}, 1, 0),
    ],
)
def test_what_is_new(tmp_path: Path, how: dict[str, Any], new: int, gone: int) -> None:
    done = run(tmp_path, changed(**how), known(tmp_path), indent=7)
    assert (len(done.report.results), done.stale) == (new, gone)
    assert done.report.verdict == ("findings" if new else "clean")


def test_what_was_not_looked_for_is_not_missed(tmp_path: Path) -> None:
    entry = BaselineEntry("policy.json", "IAM200", "0" * 24)
    assert run(tmp_path, POLICY, Baseline([entry])).stale == 0
    assert run(tmp_path, POLICY, Baseline([BaselineEntry("gone.json", "IAM200", "0" * 24)])).stale == 1
    (tmp_path / "other.json").write_text("{}")
    assert run(tmp_path, POLICY, Baseline([BaselineEntry("other.json", "IAM203", "0" * 24)])).stale == 0


def test_a_baseline_is_the_same_wherever_it_is_used_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    baseline = known(tmp_path)
    monkeypatch.chdir(tmp_path)
    done = lint_paths(["policy.json"], lint_rules(["IAM203"]), baseline=baseline, baseline_folder=str(tmp_path))
    assert done.report.results == () and done.known == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[]", "it isn't a baseline"),
        ('{"version": 2, "findings": []}', "it isn't a baseline of this version; write it again with --write-baseline"),
        ('{"version": 1, "findings": [{"file": 1}]}', "/findings/0 (line 1, column 29): this isn't a baseline finding"),
        ("{", "unexpected end"),
    ],
)
def test_what_is_no_baseline(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "b.json"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_baseline(str(path))
    assert says in str(caught.value)
