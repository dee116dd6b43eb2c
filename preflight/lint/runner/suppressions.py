"""Findings that someone has accepted, with a reason: entries of the settings, and comments in YAML.

`# preflight: ignore[IAM203] why` at the end of a line is about what is found on that line; on a line of its own it is
about everything in what follows it. `ignore[IAM203] until 2027-03-31: why` counts until that day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

from preflight.documents.config import Suppression
from preflight.documents.text.globs import matches
from preflight.engine.result import Kind, Location, Result
from preflight.engine.rule import load_rule
from preflight.lint.policy.finding import Edit
from preflight.lint.runner.one_policy import PolicyFinding

UNUSED, UNFIT = "IAM098", "IAM099"

_COMMENT = re.compile(r"(?:^|(?<=\s))#[ \t]*preflight:[ \t]*ignore\b(.*)$", re.MULTILINE)
_BODY = re.compile(r"\[([^\]]*)\](?:\s+until\s+([^\s:]+))?\s*:?\s*(.*)")
_RULE = re.compile(r"[A-Z]{3}[0-9]{3}")


class Comment(NamedTuple):
    """A comment that suppresses. It is about the lines from `first` to `last`; `unfit` says why it does not count."""

    line: int
    column: int
    rules: tuple[str, ...]
    first: int
    last: int
    unfit: str = ""


def comments_in(text: str, today: date) -> list[Comment]:
    """Return the suppressing comments of a YAML text."""
    if "preflight:" not in text:
        return []
    lines = text.split("\n")
    found = []
    for match in _COMMENT.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        before = lines[line - 1][: match.start() - (text.rfind("\n", 0, match.start()) + 1)]
        first, last = (line, line) if before.strip() else _block(lines, line)
        body = _BODY.match(match[1].strip())
        rules = tuple(part.strip().upper() for part in body[1].split(",") if part.strip()) if body else ()
        found.append(Comment(line, len(before) + 1, rules, first, last, _unfit(body, rules, today)))
    return found


def _unfit(body: re.Match[str] | None, rules: Sequence[str], today: date) -> str:
    if body is None or not rules:
        return "it names no rule: write ignore[IAM203] and a reason"
    if wrong := [rule for rule in rules if not _RULE.fullmatch(rule)]:
        return f"{wrong[0]!r} isn't a rule ID"
    if not body[3].strip():
        return "it has no reason: write one after the bracket"
    if body[2] is None:
        return ""
    try:
        until = date.fromisoformat(body[2])
    except ValueError:
        return f"invalid date {body[2]}: write one such as 2027-03-31"
    return f"it expired on {until}" if until < today else ""


def _block(lines: Sequence[str], comment: int) -> tuple[int, int]:
    """Return the first and last line of what follows a comment on a line of its own: up to the next line that is not
    further in. `comment` and the lines returned count from 1.
    """
    start = comment
    while start < len(lines) and (not lines[start].strip() or lines[start].lstrip().startswith("#")):
        start += 1
    if start == len(lines):
        return comment, comment
    indent = _indent(lines[start])
    is_item = lines[start].lstrip().startswith("-")
    end = start + 1
    while end < len(lines):
        line = lines[end]
        same_list = _indent(line) == indent and line.lstrip().startswith("-") and not is_item
        if line.strip() and _indent(line) <= indent and not same_list:
            break
        end += 1
    return start + 1, end


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


class Suppressions:
    """The suppressions that can be about one file, and which of them were about something found in it."""

    def __init__(self, entries: Sequence[Suppression], named: str, comments: Sequence[Comment], today: date) -> None:
        self.entries = {
            number: each for number, each in enumerate(entries) if matches(each.file, named) and _counts(each, today)
        }
        self.comments = comments
        self.used: set[int] = set()
        self._used_comments: set[tuple[int, str]] = set()

    def cover(self, found: PolicyFinding, result: Result) -> bool:
        """Say whether a finding is suppressed."""
        hit = False
        for number, entry in self.entries.items():
            if entry.rule == result.rule and _about(entry, found):
                self.used.add(number)
                hit = True
        line = result.location.line if result.location is not None else None
        for index, comment in enumerate(self.comments):
            inside = line is not None and comment.first <= line <= comment.last
            if inside and not comment.unfit and result.rule in comment.rules:
                self._used_comments.add((index, result.rule))
                hit = True
        return hit

    def pinned(self, found: PolicyFinding) -> str:
        """Say why a finding is not to be mended: a suppression by a JSON pointer would then be about another place."""
        for entry in self.entries.values():
            for edit in found.finding.edits if entry.pointer else ():
                if any(_moves(edit, start, entry.pointer.rstrip("/")) for start in ("", found.policy.pointer)):
                    cited = f"the suppression of {entry.rule} at {entry.pointer}"
                    return f"{cited} would apply to another place; suppress by the Sid of the statement instead"
        return ""

    def results(self, path: str, running: Iterable[str]) -> Iterator[Result]:
        """Yield what is to be said of the file's comments: that one does not count, or suppresses nothing.

        `running` are the ids of the rules that run on the file.
        """
        running = set(running)
        for index, comment in enumerate(self.comments):
            place = Location(path, "", comment.line, comment.column)
            if comment.unfit:
                if UNFIT in running:
                    yield _result(UNFIT, f"this suppression has no effect: {comment.unfit}", place)
            elif UNUSED in running:
                for rule in comment.rules:
                    if rule in running and (index, rule) not in self._used_comments:
                        yield _result(UNUSED, f"there is no {rule} finding here for this comment to suppress", place)


def about_entries(
    entries: Sequence[Suppression],
    path: str,
    *,
    looked_at: set[int],
    used: set[int],
    gone: set[int],
    running: set[str],
    today: date,
) -> Iterator[Result]:
    """Yield what is to be said of the entries of the settings at `path`.

    `looked_at` are the numbers of those that were about a file of this run, `used` of those that suppressed something,
    `gone` of those whose file is not there any more.
    """
    for number, entry in enumerate(entries):
        place = Location(path, "", entry.line, 1 if entry.line else None)
        cited = f"the suppression of {entry.rule} in {entry.file}"
        if number in gone:
            if UNUSED in running:
                yield _result(UNUSED, f"{cited} names a file that doesn't exist", place)
        elif number not in looked_at or entry.rule not in running:
            continue
        elif not _counts(entry, today):
            if UNFIT in running:
                yield _result(UNFIT, f"{cited} expired on {entry.expires}", place)
        elif number not in used and UNUSED in running:
            yield _result(UNUSED, f"{cited} matches no finding", place)


def _counts(entry: Suppression, today: date) -> bool:
    return entry.expires is None or entry.expires >= today


def _about(entry: Suppression, found: PolicyFinding) -> bool:
    pointer = found.finding.pointer
    if entry.statement and sid_at(found.policy.value, pointer) != entry.statement:
        return False
    whole = found.policy.whole(pointer)
    return not entry.pointer or any(f"{each}/".startswith(f"{entry.pointer.rstrip('/')}/") for each in (pointer, whole))


def _moves(edit: Edit, start: str, pointer: str) -> bool:
    """Say whether what a pointer is about has another one when an edit is made in a policy that is at `start`."""
    place = start + edit.pointer
    if edit.kind == "rename":
        return f"{pointer}/".startswith(f"{place}/")
    if edit.kind == "replace":
        return pointer.startswith(f"{place}/")
    above, _, key = place.rpartition("/")
    if edit.kind == "add" or not key.isdigit() or not pointer.startswith(f"{above}/"):
        return False
    number = pointer[len(above) + 1 :].partition("/")[0]
    return number.isdigit() and int(number) > int(key)


def sid_at(policy: Any, pointer: str) -> str:
    """Return the Sid of the statement that a pointer within a policy leads into; empty where there is none."""
    parts = pointer.split("/")
    statement = policy.get("Statement") if isinstance(policy, dict) and parts[1:2] == ["Statement"] else None
    if isinstance(statement, list):
        number = int(parts[2]) if len(parts) > 2 and parts[2].isdigit() else len(statement)
        statement = statement[number] if number < len(statement) else None
    sid = statement.get("Sid") if isinstance(statement, dict) else None
    return sid if isinstance(sid, str) else ""


def _result(id_: str, message: str, place: Location) -> Result:
    rule = load_rule(id_)
    return rule.result(Kind.FAIL, message, location=place, remedy=rule.remedy)
