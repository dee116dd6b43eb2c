"""The policy variables that a policy uses, and where."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from preflight.lint.policy.statements import Entry
from preflight.lint.policy.subject import Subject

# A context key, or a character that is meant as itself; anything else is no variable but text of some template.
_VARIABLE = re.compile(r"\$\{(?:[A-Za-z0-9.-]+:[^{}]*|[*?$])\}")


class WrittenVariable(NamedTuple):
    """One `${`: where it stands, what is between the braces (None where they do not close), and the whole text."""

    entry: Entry
    inside: str | None
    written: str


def variables(subject: Subject) -> tuple[WrittenVariable, ...]:
    """Return every `${` of the resources and conditions."""
    return subject.once(_variables)


def possible(subject: Subject) -> bool:
    """Whether there can be a variable anywhere; a policy in a larger document is not searched as text."""
    found = subject.found
    text = found.text if found.text is not None else "" if found.pointer else found.document.text
    return not text or "${" in text or "\\u" in text


def _variables(subject: Subject) -> tuple[WrittenVariable, ...]:
    if not subject.once(possible):
        return ()
    found: list[WrittenVariable] = []
    for view in subject.statements:
        if "${" in view.resource_lines or "NotResource" in view.raw:
            for entry in (*view.resources, *view.not_resources):
                if "${" in entry.text:
                    found.extend(_in(entry))
        for condition in view.conditions:
            for entry in condition.values if condition.mentions("${") else ():
                if "${" in entry.text:
                    found.extend(_in(entry))
    return tuple(found)


def _in(entry: Entry) -> Iterator[WrittenVariable]:
    text, at = entry.text, entry.text.find("${")
    end = 0
    while at >= 0:
        # An end that is not there is looked for once, however many begin.
        end, following = text.find("}", at) if end >= 0 else -1, text.find("${", at + 2)
        if end < 0 or 0 <= following < end:
            yield WrittenVariable(entry, None, text[at : following if following > 0 else len(text)])
            at = following
        else:
            yield WrittenVariable(entry, text[at + 2 : end], text[at : end + 1])
            at = text.find("${", end + 1)
