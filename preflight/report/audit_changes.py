"""What changed between two snapshots of an account, as plain data, text and CSV."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from preflight.audit.access.decider import Reach
from preflight.audit.questions.change import (
    ADDED,
    AGAIN,
    ASSUMED_BY,
    BE,
    BECOME,
    CONFIG,
    GONE,
    LIFTED,
    NEW,
    PERHAPS,
    QUOTA,
    STATUS,
    UNKNOWN,
    Change,
)
from preflight.report.audit_rows import table
from preflight.report.terminal import clean

_SHOWN = 6
_WORDS = {Reach.ALL: "every", Reach.SOME: "some", Reach.OPEN: "perhaps", Reach.NONE: "none"}


def changes_as_csv(changes: Iterable[Change]) -> str:
    """Return what changed as CSV with a head line."""
    found = changes_as_data(changes)
    head = ("principal", "what", "resource", "before", "now", "change")
    return table(head, ([each[name] for name in head] for each in found))


def changes_as_data(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """Return what changed as plain data."""
    return [
        {
            "principal": each.principal,
            "what": each.what,
            "resource": each.resource,
            "before": str(each.before),
            "now": str(each.now),
            "change": _kind(each),
        }
        for each in changes
    ]


def _kind(change: Change) -> str:
    if change.what == UNKNOWN:
        return "unknown"
    return "gained" if change.gained else "lost" if change.lost else "changed"


def changes_as_text(changes: Sequence[Change]) -> Iterator[str]:
    """Give a summary of what changed, then who is new and gone, then by principal, what was gained before what was
    lost; then endpoints and quotas.
    """
    if not changes:
        yield (
            "Nothing changed: of what both snapshots have, no access was gained or lost, and endpoints and quotas are "
            "as they were."
        )
        return
    if all(each.what == UNKNOWN for each in changes):
        yield "Can't determine whether something changed: what both snapshots have is as it was."
        yield from _not_compared(changes)
        return
    yield _summary(changes)
    whole = [each for each in changes if each.what in (NEW, GONE)]
    for each in whole:
        sign = "+" if each.gained else "-"
        yield clean(f"{sign} {each.principal} {each.what}" + (f": {each.resource}" if each.resource else ""))
    by_principal: dict[str, list[Change]] = {}
    for each in changes:
        if each.of_access and each.what not in (NEW, GONE):
            by_principal.setdefault(each.principal, []).append(each)
    for principal, own in by_principal.items():
        yield clean(principal)
        yield from (clean(line) for line in _gained_and_lost(own))
    for each in changes:
        if each.what == STATUS:
            reason = f": {each.resource}" if each.resource else ""
            yield clean(f"~ {each.principal}: {each.before} -> {each.now}{reason}")
        elif each.what == CONFIG:
            yield clean(f"~ {each.principal}: configuration {each.before} -> {each.now}")
        elif each.what == QUOTA:
            yield clean(f"~ quota {each.principal} in {each.resource}: {each.before} -> {each.now}")
        elif each.what == AGAIN:
            yield clean(f"~ {each.principal} {each.what}: {each.before} -> {each.now}")
    yield from _not_compared(changes)


def _not_compared(changes: Iterable[Change]) -> Iterator[str]:
    for each in changes:
        if each.what == UNKNOWN:
            yield clean(f"UNKNOWN: {each.principal}: {each.resource}")


def _summary(changes: Sequence[Change]) -> str:
    def count(one: str, several: str, found: Iterable[object]) -> str:
        number = len(set(found))
        return f"{number:,} {one if number == 1 else several}"

    gained = [each for each in changes if each.gained and each.what != NEW]
    lost = [each for each in changes if each.lost and each.what != GONE]
    words = [
        count("principal gained access", "principals gained access", (each.principal for each in gained)),
        count("lost access", "lost access", (each.principal for each in lost)),
        count("is new", "are new", (each.principal for each in changes if each.what == NEW)),
        count("is gone", "are gone", (each.principal for each in changes if each.what == GONE)),
        count(
            "can become an administrator and could not", "can become administrators and could not",
            (each.principal for each in gained if each.what == BECOME),
        ),
        count(
            "trust policy lets in more", "trust policies let in more",
            (each.principal for each in gained if each.what.startswith(ASSUMED_BY)),
        ),
        count(
            "endpoint is in another state", "endpoints are in another state",
            (each.principal for each in changes if each.what == STATUS),
        ),
        count(
            "endpoint has another configuration", "endpoints have another configuration",
            (each.principal for each in changes if each.what == CONFIG),
        ),
        count("can't be compared", "can't be compared", (each.principal for each in changes if each.what == UNKNOWN)),
        count("quota differs", "quotas differ", ((e.principal, e.resource) for e in changes if e.what == QUOTA)),
    ]  # fmt: skip
    return ", ".join(each for number, each in enumerate(words) if number < 2 or not each.startswith("0 "))


def _gained_and_lost(own: Sequence[Change]) -> Iterator[str]:
    """Give the changes of a principal; many actions of one service that changed alike are one line."""
    alike: dict[tuple[bool, str, str, str], list[Change]] = {}
    is_one = {each.gained for each in own if each.what == BE}
    # Who is an administrator need not be said to be able to become one.
    told = [each for each in own if each.what != BECOME or each.gained not in is_one]
    for each in sorted(told, key=lambda one: not one.gained):
        alike.setdefault((each.gained, each.what.partition(":")[0], each.before, each.now), []).append(each)
    for (gained, service, before, now), group in alike.items():
        sign, words = "+" if gained else "-", f"{_WORDS[Reach(before)]} -> {_WORDS[Reach(now)]}"
        if len(group) > _SHOWN:
            names = [each.what.partition(":")[2] for each in group]
            yield f"  {sign} {len(group)} actions of {service} ({', '.join(names[:_SHOWN])}, ...): {words}"
            continue
        for each in group:
            if each.what in (PERHAPS, LIFTED, ADDED):
                yield f"  {sign} {each.what}: {each.resource}"
            else:
                yield f"  {sign} {each.what} on {each.resource}: {words}"
