"""IAM300 to IAM305: what says again what is said already, or is denied anyway.

Entries, values and statements are compared by what their patterns cover. A pattern with a policy variable counts as
covered only by the same text: what stands in its place is not known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache

from preflight.iam.pattern import covers
from preflight.iam.wildcard import matcher, tokens
from preflight.lint.finding import Edit, Finding
from preflight.lint.subject import Subject
from preflight.lint.view import ConditionEntry, Entry, StatementView

_WILD = frozenset("*?")
_COMPARED = 200
"""Among more patterns with wildcards than this, or more statements, none is compared with each other."""
_GREATEST = frozenset({"numericlessthan", "numericlessthanequals"})
_LEAST = frozenset({"numericgreaterthan", "numericgreaterthanequals"})
_LIKE = frozenset({"stringlike", "arnlike", "arnequals"})


def actions(subject: Subject) -> Iterator[Finding]:
    """Find actions that another entry of the same list covers."""
    for view in subject.statements:
        for entries, element in ((view.actions, "Action"), (view.not_actions, "NotAction")):
            if len(entries) > 1:
                yield from _covered_in(entries, element, view, folded=True)


def resources(subject: Subject) -> Iterator[Finding]:
    """Find resources that another entry of the same list covers."""
    for view in subject.statements:
        for entries, element in ((view.resources, "Resource"), (view.not_resources, "NotResource")):
            if len(entries) > 1:
                yield from _covered_in(entries, element, view, folded=False)


def condition_numbers(subject: Subject) -> Iterator[Finding]:
    """Find several numbers for one key of which one alone decides."""
    for condition in _of_several(subject):
        name = condition.base.lower()
        if name not in _GREATEST | _LEAST:
            continue
        try:
            numbers = {float(each.text): each.text for each in condition.values}
        except ValueError:
            continue
        if len(condition.values) < 2:
            continue
        decides, word = (numbers[max(numbers)], "greatest") if name in _GREATEST else (numbers[min(numbers)], "least")
        yield Finding(
            condition.pointer,
            f"of the {len(condition.values)} numbers for {condition.key}, the {word} alone decides: {decides}",
            f'write "{decides}"',
            edits=(Edit("replace", condition.pointer, decides),),
        )


def condition_values(subject: Subject) -> Iterator[Finding]:
    """Find condition values that another value of the same key covers."""
    for condition in _of_several(subject):
        name = condition.base.lower()
        seen: dict[str, str] = {}
        wild = [each for each in condition.values if name in _LIKE and _WILD & set(each.text)]
        for entry in condition.values:
            by = seen.get(entry.text) or _covering(entry.text, wild, entry)
            seen.setdefault(entry.text, entry.text)
            if by is not None:
                yield Finding(
                    entry.pointer,
                    f'the value "{entry.text}" of {condition.key} says nothing that "{by}" does not say'
                    if by != entry.text
                    else f'the value "{entry.text}" of {condition.key} is given twice',
                    "remove it",
                    edits=(Edit("remove", entry.pointer),),
                )


def statements(subject: Subject) -> Iterator[Finding]:
    """Find statements that another one covers: the same effect on at least the same, under no more conditions."""
    views = subject.statements
    if not 1 < len(views) <= _COMPARED:
        return
    gone: set[int] = set()
    by_effect: dict[tuple[object, ...], list[StatementView]] = defaultdict(list)
    for view in views:
        if view.actions and (view.resources or "Principal" in view.raw):
            by_effect[view.raw.get("Effect"), str(view.raw.get("Principal", view.raw.get("NotPrincipal")))].append(view)
    for group in by_effect.values():
        for view in reversed(group) if len(group) > 1 else ():
            other = next(
                (each for each in group if each is not view and each.index not in gone and _within(view, each)), None
            )
            if other is not None:
                gone.add(view.index)
                yield Finding(
                    view.pointer,
                    f"{view.cited} says nothing that {other.cited} does not say",
                    "remove it",
                    edits=(Edit("remove", view.pointer),),
                )


def denied(subject: Subject) -> Iterator[Finding]:
    """Find statements that allow what another statement of the policy denies whatever the conditions."""
    denying = [view for view in subject.statements if view.denies and not view.raw.get("Condition") and view.actions]
    if not denying or len(subject.statements) > _COMPARED:
        return
    for view in subject.statements:
        if not view.allows or not view.actions:
            continue
        other = next((each for each in denying if _same_whom(view, each) and _about_no_more(view, each)), None)
        if other is not None:
            yield Finding(
                view.pointer,
                f"{view.cited} grants nothing: {other.cited} denies all that it allows",
                f"remove it, or narrow {other.cited}",
            )


def _covered_in(entries: Sequence[Entry], element: str, view: StatementView, *, folded: bool) -> Iterator[Finding]:
    texts = [entry.text.lower() if folded else entry.text for entry in entries]
    wild = [Entry(entry.pointer, text) for entry, text in zip(entries, texts, strict=True) if _WILD & set(text)]
    distinct = set(texts)
    if len(distinct) == len(texts) and not wild:
        return
    wild = wild if len(wild) <= _COMPARED else []
    seen: dict[str, str] = {}
    for entry, text in zip(entries, texts, strict=True):
        if text in seen:
            by: str | None = seen[text]
        else:
            by = _covering(text, wild, entry)
            seen[text] = entry.text
        if by is not None:
            same = by.lower() == entry.text.lower() if folded else by == entry.text
            yield Finding(
                entry.pointer,
                f"{entry.text} stands twice in {element} of {view.cited}"
                if same
                else f"{entry.text} in {element} of {view.cited} is covered by {by}",
                "remove it",
                edits=(Edit("remove", entry.pointer),),
            )


def _covering(text: str, wild: Sequence[Entry], entry: Entry) -> str | None:
    """Return a pattern that covers a text, other than the entry that it is from; of two that cover each other the
    first stays.
    """
    for number, each in enumerate(wild):
        if each.pointer == entry.pointer or each.text == text or "${" in text or "${" in each.text:
            continue
        if _covers(each.text, text):
            at = next((index for index, one in enumerate(wild) if one.pointer == entry.pointer), None)
            if at is None or number < at or not _covers(text, each.text):
                return each.text
    return None


@lru_cache(maxsize=16_384)
def _covers(pattern: str, text: str) -> bool:
    if not _WILD & set(text):
        return matcher(tokens(pattern))(text)
    head = pattern[: min(index for index, letter in enumerate(pattern) if letter in _WILD)]
    return text.startswith(head) and covers(pattern, text)


def _of_several(subject: Subject) -> Iterator[ConditionEntry]:
    if "Condition" in subject.elements:
        for view in subject.statements:
            yield from (each for each in view.conditions if isinstance(each.raw, list) and len(each.values) > 1)


def _within(view: StatementView, other: StatementView) -> bool:
    if other.raw.get("Condition") and not _conditions(other) <= _conditions(view):
        return False
    return _about_no_more(view, other)


def _conditions(view: StatementView) -> frozenset[tuple[str, str, frozenset[str]]]:
    return frozenset(
        (each.operator.lower(), each.key.lower(), frozenset(value.text for value in each.values))
        for each in view.conditions
    )


def _about_no_more(view: StatementView, other: StatementView) -> bool:
    """Whether a statement is about nothing that the other is not about too."""
    if not other.actions or bool(view.resources) != bool(other.resources):
        return False
    if "NotResource" in view.raw or "NotResource" in other.raw:
        return False
    return all(_in(each.text.lower(), other.actions, folded=True) for each in view.actions) and all(
        _in(each.text, other.resources, folded=False) for each in view.resources
    )


def _in(text: str, entries: Sequence[Entry], *, folded: bool) -> bool:
    for entry in entries:
        each = entry.text.lower() if folded else entry.text
        if each == text:
            return True
        if _WILD & set(each) and "${" not in each and (each == "*" or ("${" not in text and _covers(each, text))):
            return True
    return False


def _same_whom(view: StatementView, other: StatementView) -> bool:
    """Whether a denial is about everyone whom a statement allows something."""
    if "NotPrincipal" in view.raw or "NotPrincipal" in other.raw:
        return False
    mine, theirs = view.raw.get("Principal"), other.raw.get("Principal")
    return mine == theirs or theirs in ("*", {"AWS": "*"})
