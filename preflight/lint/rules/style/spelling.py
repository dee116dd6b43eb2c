"""IAM310 to IAM312: what means the same however it is written. The last two are matters of taste, and optional."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from preflight.lint.policy.finding import Edit, Finding
from preflight.lint.policy.subject import Subject

_LISTS = ("Action", "NotAction", "Resource", "NotResource")


def actions(subject: Subject) -> Iterator[Finding]:
    """Find actions that are not in the upper and lower case of AWS."""
    for view in subject.statements:
        for entry in (*view.actions, *view.not_actions):
            meant = _as_aws_spells(entry.text)
            if meant != entry.text:
                yield Finding(
                    entry.pointer,
                    f"AWS writes {entry.text} as {meant}",
                    f'write "{meant}"',
                    edits=(Edit("replace", entry.pointer, meant),),
                )


def sorted_actions(subject: Subject) -> Iterator[Finding]:
    """Find lists of actions that are not sorted."""
    for view in subject.statements:
        for element in _LISTS[:2]:
            written = view.raw.get(element)
            if not isinstance(written, list) or not all(isinstance(each, str) for each in written):
                continue
            ordered = sorted(written, key=lambda each: (each.lower(), each))
            if ordered != written:
                place = f"{view.pointer}/{element}"
                edits = tuple(
                    Edit("replace", f"{place}/{index}", new)
                    for index, (old, new) in enumerate(zip(written, ordered, strict=True))
                    if old != new
                )
                yield Finding(place, f"{element} of {view.cited} is not sorted", edits=edits)


def lists_of_one(subject: Subject) -> Iterator[Finding]:
    """Find lists of one entry."""
    for view in subject.statements:
        for element in _LISTS:
            written = view.raw.get(element)
            if isinstance(written, list) and len(written) == 1 and isinstance(written[0], str):
                place = f"{view.pointer}/{element}"
                yield Finding(
                    place,
                    f"{element} of {view.cited} is a list with one entry",
                    f'write "{written[0]}"',
                    edits=(Edit("replace", place, written[0]),),
                )


@lru_cache(maxsize=65_536)
def _as_aws_spells(text: str) -> str:
    """Return an action as AWS spells it; as it is where it has wildcards or AWS does not know it."""
    service, colon, name = text.partition(":")
    if not colon or "*" in text or "?" in text:
        return text
    from preflight.catalog import action

    found = action(service.lower(), name)
    return text if found is None else f"{service.lower()}:{found.name}"
