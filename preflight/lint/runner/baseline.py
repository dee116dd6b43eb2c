"""Findings that were there when the linter came: they are told apart from new ones, wherever lines have moved since."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from preflight.documents.text.load import load
from preflight.documents.text.schema import at
from preflight.errors import InputError
from preflight.lint.runner.one_policy import PolicyFinding
from preflight.lint.runner.suppressions import sid_at
from preflight.relative_paths import slashed_path

VERSION = 1


class BaselineEntry(NamedTuple):
    """A finding as a baseline has it. `file` is relative to the baseline's folder, with slashes."""

    file: str
    rule: str
    fingerprint: str
    message: str = ""


def fingerprint(found: PolicyFinding) -> str:
    """Return what makes a finding the same one in the next run: the rule, the policy, the statement by its Sid, the
    element, and what stands there. Neither line numbers nor places in lists count, so both may move.
    """
    from hashlib import sha256

    finding, policy = found.finding, found.policy
    parts = finding.pointer.split("/")
    generic = "/".join("*" if part.isdigit() else part for part in parts)
    outer = policy.owner.get("address") or "/".join(
        "*" if part.isdigit() else part for part in policy.pointer.split("/")
    )
    what = [found.head.id, outer, policy.name, sid_at(policy.value, finding.pointer), generic]
    if finding.pointer and policy.readable:
        what.append(_value(policy.value, finding.pointer))
    what += finding.about
    return sha256("\0".join(what).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _value(policy: Any, pointer: str) -> str:
    try:
        return json.dumps(at(policy, pointer), sort_keys=True)
    except (KeyError, IndexError, ValueError, TypeError):
        return ""


class Baseline:
    """The findings of a baseline file, each to be taken off once for each time that it is in it."""

    def __init__(self, entries: Iterable[BaselineEntry]) -> None:
        self._left = Counter((each.file, each.rule, each.fingerprint) for each in entries)

    def has(self, entry: BaselineEntry) -> bool:
        """Say whether a finding is in the baseline, and take it off."""
        key = entry.file, entry.rule, entry.fingerprint
        if self._left[key] <= 0:
            return False
        self._left[key] -= 1
        return True

    def stale(self, files: set[str], rules: set[str], folder: str) -> int:
        """Return how many findings are not there any more, of those that this run has looked for; and those of files
        that are gone.
        """
        return sum(
            count
            for (file, rule, _), count in self._left.items()
            if (file in files and rule in rules) or not os.path.exists(os.path.join(folder, file))  # noqa: PTH110, PTH118
        )


def read_baseline(path: str) -> Baseline:
    """Read a baseline file. Raises `InputError`, naming the mend."""
    document = load(path)
    value = document.value
    if not isinstance(value, dict) or value.get("version") != VERSION or not isinstance(value.get("findings"), list):
        raise InputError(path, "it isn't a baseline of this version", mend="write it again with --write-baseline")
    entries = []
    for number, each in enumerate(value["findings"]):
        if not isinstance(each, Mapping) or not all(
            isinstance(each.get(name), str) for name in ("file", "rule", "fingerprint")
        ):
            raise InputError(
                path,
                "this isn't a baseline finding",
                place=document.place(f"/findings/{number}"),
                mend="write the baseline again with --write-baseline",
            )
        entries.append(BaselineEntry(each["file"], each["rule"], each["fingerprint"]))
    return Baseline(entries)


def baseline_text(entries: Iterable[BaselineEntry]) -> str:
    """Return the content of a baseline file: sorted, one member a line, so that its changes can be reviewed."""
    rows = sorted(entries, key=lambda each: (each.file, each.rule, each.fingerprint, each.message))
    findings = [
        {"file": each.file, "rule": each.rule, "fingerprint": each.fingerprint, "message": each.message}
        for each in rows
    ]
    return json.dumps({"version": VERSION, "findings": findings}, indent=1) + "\n"


def named_from(folder: str, path: str) -> str:
    """Return how a baseline in a folder names a file."""
    return path if path == "-" else slashed_path(path, folder)
