"""IAM300 to IAM305: what says again what is said already, or is denied anyway.

Entries and values are compared by what their patterns cover; of statements it is proved for every request. A pattern
with a policy variable counts as covered only by the same text: what stands in its place is not known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from preflight.documents.text.schema import at
from preflight.lint.analysis.pattern_coverage import WILD, PatternList, covers_text
from preflight.lint.analysis.proved_redundancy import begun_elsewhere, covered_by, reaches
from preflight.lint.policy.finding import Edit, Finding, names
from preflight.lint.policy.statements import ConditionEntry, Entry, StatementView, strings
from preflight.lint.policy.subject import Subject

_COMPARED = 200
"""Among more patterns with wildcards than this, or more statements, none is compared with each other."""
_GREATEST = frozenset({"numericlessthan", "numericlessthanequals"})
_LEAST = frozenset({"numericgreaterthan", "numericgreaterthanequals"})
_LIKE = frozenset({"stringlike", "stringnotlike"})


def actions(subject: Subject) -> Iterator[Finding]:
    """Find actions that another entry of the same list covers."""
    for view in subject.statements:
        if len(view.lower_actions) > 1 and _covered(view.lower_actions):
            yield from _covered_in(view.actions, view.lower_actions, "Action", view)
        if "NotAction" in view.raw:
            entries = view.not_actions
            yield from _covered_in(entries, tuple([each.text.lower() for each in entries]), "NotAction", view)


def resources(subject: Subject) -> Iterator[Finding]:
    """Find resources that another entry of the same list covers."""
    for view in subject.statements:
        if len(view.resource_texts) > 1 and _covered(view.resource_texts):
            yield from _covered_in(view.resources, view.resource_texts, "Resource", view)
        if "NotResource" in view.raw:
            entries = view.not_resources
            yield from _covered_in(entries, tuple([each.text for each in entries]), "NotResource", view)


def condition_numbers(subject: Subject) -> Iterator[Finding]:
    """Find several numbers for one key of which one alone decides."""
    for condition in _of_several(subject):
        name = condition.lower_base
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
            f"of the {len(condition.values)} numbers for {condition.key}, only the {word} has an effect: {decides}",
            f'write "{decides}"',
            edits=(Edit("replace", condition.pointer, decides),),
        )


def condition_values(subject: Subject) -> Iterator[Finding]:
    """Find condition values that another value of the same key covers."""
    for condition in _of_several(subject):
        name = condition.lower_base
        texts = strings(condition.raw)
        if len(set(texts)) == len(condition.raw) and (name not in _LIKE or WILD.isdisjoint("".join(texts))):
            continue
        seen: dict[str, str] = {}
        wild = [each for each in condition.values if name in _LIKE and WILD & set(each.text)]
        for entry in condition.values:
            by = seen.get(entry.text) or _covering(entry.text, wild)
            seen.setdefault(entry.text, entry.text)
            if by is not None:
                yield Finding(
                    entry.pointer,
                    f'the value "{entry.text}" of {condition.key} is already covered by "{by}"'
                    if by != entry.text
                    else f'the value "{entry.text}" of {condition.key} is given twice',
                    "remove it",
                    edits=(Edit("remove", entry.pointer),),
                )


def statements(subject: Subject) -> Iterator[Finding]:
    """Find statements that others cover: the policy is shown to decide the same without them."""
    if not 1 < len(subject.statements) <= _COMPARED:
        return
    if not _may_repeat(subject.statements) or not (begun := begun_elsewhere(subject)):
        return
    tried = {view.index for view in begun}
    gone: set[int] = set()
    reach = subject.once(reaches)
    groups: dict[tuple[object, ...], list[StatementView]] = defaultdict(list)
    for view in subject.statements:
        raw = view.raw
        groups[raw.get("Effect"), str(raw.get("Principal")), str(raw.get("NotPrincipal"))].append(view)
    for group in groups.values():
        for view in reversed(group) if len(group) > 1 else ():
            if view.index not in tried:
                continue
            others = [each for each in group if each is not view and each.index not in gone]
            beside = [reach[each.index] for each in others if _always_beside(subject, each, view)]
            if by := covered_by(subject, view, beside):
                gone.add(view.index)
                yield Finding(
                    view.pointer,
                    f"{view.cited} is already covered by {names([each.cited for each in by])}",
                    "remove it",
                    edits=(Edit("remove", view.pointer),),
                )


def _always_beside(subject: Subject, view: StatementView, other: StatementView) -> bool:
    """Whether a statement is there wherever another one is: in a template, both may be under conditions."""
    shape = subject.found.shape
    if shape is None:
        return True
    under = _branch(subject, shape.moved.get(view.pointer, ""))
    return under is None or under == _branch(subject, shape.moved.get(other.pointer, ""))


def _branch(subject: Subject, place: str) -> tuple[str, str] | None:
    """Return the condition and the branch of the Fn::If that a part of a template stands in; None for none."""
    before, found, branch = place.rpartition("/Fn::If/")
    if not found:
        return None
    try:
        return str(at(subject.found.document.value, f"{before}/Fn::If/0")), branch
    except (KeyError, IndexError, TypeError, ValueError):
        return before, branch


def _may_repeat(statements: Sequence[StatementView]) -> bool:
    """Whether any action stands twice, or could by a pattern: in most policies none does."""
    if any("*" in view.action_lines or "?" in view.action_lines for view in statements):
        return True
    texts = list(chain.from_iterable([view.lower_actions for view in statements]))
    return len(set(texts)) < len(texts)


def denied(subject: Subject) -> Iterator[Finding]:
    """Find statements that are shown to allow nothing that the policy's other statements don't deny."""
    if len(subject.statements) > _COMPARED or not any(each.denies for each in subject.statements):
        return
    for view in subject.statements:
        if not view.allows:
            continue
        denying = [
            each
            for each in subject.once(reaches).values()
            if each.view.denies and _same_whom(view, each.view) and _always_beside(subject, each.view, view)
        ]
        if by := covered_by(subject, view, denying):
            cited = names([each.cited for each in by])
            verb = "denies" if len(by) == 1 else "deny"
            yield Finding(
                view.pointer,
                f"{view.cited} grants nothing: {cited} {verb} everything that it allows",
                f"remove it, or narrow {cited}",
            )


class _Covered(NamedTuple):
    """An entry of a list that says nothing new: its place, whether it stands there twice, and else what covers it."""

    place: int
    twice: bool
    by: str


def _covered_in(
    entries: Sequence[Entry], texts: tuple[str, ...], element: str, view: StatementView
) -> Iterator[Finding]:
    """Yield what is covered in a list; `texts` are those of the entries as they compare."""
    for each in _covered(texts):
        entry = entries[each.place]
        by = next((other.text for other, text in zip(entries, texts, strict=True) if text == each.by), each.by)
        yield Finding(
            entry.pointer,
            f"`{entry.text}` is listed twice in {element} of {view.cited}"
            if each.twice
            else f"`{entry.text}` in {element} of {view.cited} is covered by `{by}`",
            "remove it",
            edits=(Edit("remove", entry.pointer),),
        )


@lru_cache(maxsize=16_384)
def _covered(texts: tuple[str, ...]) -> tuple[_Covered, ...]:
    joined = "".join(texts)
    if len(texts) < 2 or ("*" not in joined and "?" not in joined and len(set(texts)) == len(texts)):
        return ()
    patterns = PatternList(texts)
    if len(patterns.exact) == len(texts) and not patterns.heads and not patterns.others:
        return ()
    if len(patterns.others) > _COMPARED:
        patterns.others = []
    found = []
    seen: set[str] = set()
    for index, text in enumerate(texts):
        twice, by = text in seen, None
        seen.add(text)
        if not twice:
            by = patterns.covering(text)
            # Of two patterns that mean the same the first stays.
            if by is None or (by not in seen and covers_text(text, by)):
                continue
        found.append(_Covered(index, twice, by or ""))
    return tuple(found)


def _covering(text: str, wild: Sequence[Entry]) -> str | None:
    """Return a pattern that covers a text and is another; of two that cover each other the first stays."""
    for number, each in enumerate(wild):
        if each.text == text or "${" in text or "${" in each.text or not covers_text(each.text, text):
            continue
        at = next((index for index, one in enumerate(wild) if one.text == text), None)
        if at is None or number < at or not covers_text(text, each.text):
            return each.text
    return None


def _of_several(subject: Subject) -> Iterator[ConditionEntry]:
    if "Condition" in subject.elements:
        for view in subject.statements:
            yield from (each for each in view.conditions if isinstance(each.raw, list) and len(each.raw) > 1)


def _same_whom(view: StatementView, other: StatementView) -> bool:
    """Whether a denial is about everyone whom a statement allows something."""
    if "NotPrincipal" in view.raw or "NotPrincipal" in other.raw:
        return False
    mine, theirs = view.raw.get("Principal"), other.raw.get("Principal")
    return mine == theirs or theirs in ("*", {"AWS": "*"})
