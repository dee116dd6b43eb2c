"""IAM300 to IAM305: what says again what is said already, or is denied anyway.

Entries, values and statements are compared by what their patterns cover. A pattern with a policy variable counts as
covered only by the same text: what stands in its place is not known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache

from preflight.iam.pattern import covers
from preflight.iam.wildcard import Matcher, matcher, tokens
from preflight.lint.finding import Edit, Finding
from preflight.lint.subject import Subject
from preflight.lint.view import ConditionEntry, Entry, StatementView

_WILD = frozenset("*?")
_ANY = "\U0010fffd"
"""A character that no policy holds."""
_COMPARED = 200
"""Among more patterns with wildcards than this, or more statements, none is compared with each other."""
_GREATEST = frozenset({"numericlessthan", "numericlessthanequals"})
_LEAST = frozenset({"numericgreaterthan", "numericgreaterthanequals"})
_LIKE = frozenset({"stringlike", "stringnotlike"})


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
            by = seen.get(entry.text) or _covering(entry.text, wild)
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
    if not 1 < len(subject.statements) <= _COMPARED:
        return
    gone: set[int] = set()
    groups: dict[tuple[object, ...], list[_About]] = defaultdict(list)
    for about in subject.once(_abouts):
        raw = about.view.raw
        groups[raw.get("Effect"), str(raw.get("Principal")), str(raw.get("NotPrincipal"))].append(about)
    for group in groups.values():
        for about in reversed(group) if len(group) > 1 else ():
            other = next(
                (
                    each
                    for each in group
                    if each is not about
                    and each.within_services(about)
                    and each.view.index not in gone
                    and ("Condition" in about.view.raw or "Condition" not in each.view.raw)
                    and about.conditions >= each.conditions
                    and each.covers(about)
                ),
                None,
            )
            if other is not None:
                gone.add(about.view.index)
                yield Finding(
                    about.view.pointer,
                    f"{about.view.cited} says nothing that {other.view.cited} does not say",
                    "remove it",
                    edits=(Edit("remove", about.view.pointer),),
                )


def denied(subject: Subject) -> Iterator[Finding]:
    """Find statements that allow what another statement of the policy denies whatever the conditions."""
    if len(subject.statements) > _COMPARED or not any(each.denies for each in subject.statements):
        return
    abouts = subject.once(_abouts)
    denying = [each for each in abouts if each.view.denies and not each.view.raw.get("Condition")]
    for about in abouts if denying else ():
        if not about.view.allows:
            continue
        other = next((each for each in denying if _same_whom(about.view, each.view) and each.covers(about)), None)
        if other is not None:
            yield Finding(
                about.view.pointer,
                f"{about.view.cited} grants nothing: {other.view.cited} denies all that it allows",
                f"remove it, or narrow {other.view.cited}",
            )


class _Patterns:
    """A list of patterns, to ask quickly which texts they cover. Most have one wildcard, a star at the end."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.exact = frozenset(texts)
        wild = [each for each in texts if ("*" in each or "?" in each) and "${" not in each]
        self.heads = frozenset(each[:-1] for each in wild if each[-1] == "*" and not _WILD & set(each[:-1]))
        self.others = [(*_ends(each), each) for each in wild if each[-1] != "*" or _WILD & set(each[:-1])]

    def covering(self, text: str) -> str | None:
        """Return a pattern other than the text itself that covers it."""
        if self.heads and (head := self._head(text)) is not None:
            return f"{head}*"
        if "${" not in text or "*" in self.exact:
            for start, end, each in self.others:
                if text.startswith(start) and text.endswith(end) and each != text and _covers(each, text):
                    return each
        return None

    def _head(self, text: str) -> str | None:
        if "" in self.heads:
            return "" if text != "*" else None
        if "${" in text:
            return None
        # A head that is the whole text but for its star is of the text itself.
        end = len(text) - (text[-1] == "*")
        return next((text[:at] for at in range(1, end) if text[:at] in self.heads), None) or (
            text[:end] if end == len(text) and text in self.heads else None
        )

    def has(self, text: str) -> bool:
        """Whether a text is one of the patterns, or covered by one."""
        return text in self.exact or self.covering(text) is not None


class _About:
    """What a statement with Action and Resource (or principals) is about."""

    def __init__(self, view: StatementView) -> None:
        self.view = view
        self.texts = tuple(each.text.lower() for each in view.actions)
        self.services = frozenset(text.partition(":")[0] for text in self.texts)
        self.everything = any(_WILD & set(each) for each in self.services)

    @cached_property
    def actions(self) -> _Patterns:
        return _Patterns(self.texts)

    @cached_property
    def resources(self) -> _Patterns:
        return _Patterns([each.text for each in self.view.resources])

    @cached_property
    def conditions(self) -> frozenset[tuple[str, str, frozenset[str]]]:
        return frozenset(
            (each.operator.lower(), each.key.lower(), frozenset(value.text for value in each.values))
            for each in self.view.conditions
        )

    def within_services(self, other: _About) -> bool:
        """Whether the statement is about every service that the other is about, as far as their names tell."""
        return self.everything or other.services <= self.services

    def covers(self, other: _About) -> bool:
        """Whether the statement is about all that the other is about."""
        if not self.within_services(other) or bool(self.view.resources) != bool(other.view.resources):
            return False
        return all(map(self.resources.has, (each.text for each in other.view.resources))) and all(
            map(self.actions.has, other.texts)
        )


def _abouts(subject: Subject) -> list[_About]:
    return [
        _About(view)
        for view in subject.statements
        if view.actions and "NotResource" not in view.raw and (view.resources or "Principal" in view.raw)
    ]


def _covered_in(entries: Sequence[Entry], element: str, view: StatementView, *, folded: bool) -> Iterator[Finding]:
    texts = [entry.text.lower() if folded else entry.text for entry in entries]
    patterns = _Patterns(texts)
    if len(patterns.exact) == len(texts) and not patterns.heads and not patterns.others:
        return
    if len(patterns.others) > _COMPARED:
        patterns.others = []
    seen: set[str] = set()
    for entry, text in zip(entries, texts, strict=True):
        twice, by = text in seen, None
        seen.add(text)
        if not twice:
            by = patterns.covering(text)
            # Of two patterns that mean the same the first stays.
            if by is None or (by not in seen and _covers(text, by)):
                continue
        by = next((each.text for each in entries if each.text.lower() == by), by) if folded else by
        yield Finding(
            entry.pointer,
            f"{entry.text} stands twice in {element} of {view.cited}"
            if twice
            else f"{entry.text} in {element} of {view.cited} is covered by {by}",
            "remove it",
            edits=(Edit("remove", entry.pointer),),
        )


def _covering(text: str, wild: Sequence[Entry]) -> str | None:
    """Return a pattern that covers a text and is another; of two that cover each other the first stays."""
    for number, each in enumerate(wild):
        if each.text == text or "${" in text or "${" in each.text or not _covers(each.text, text):
            continue
        at = next((index for index, one in enumerate(wild) if one.text == text), None)
        if at is None or number < at or not _covers(text, each.text):
            return each.text
    return None


def _ends(pattern: str) -> tuple[str, str]:
    """Return what a pattern begins and ends with before and after its wildcards."""
    at = [index for index, letter in enumerate(pattern) if letter in _WILD]
    return pattern[: at[0]], pattern[at[-1] + 1 :]


@lru_cache(maxsize=16_384)
def _covers(pattern: str, text: str) -> bool:
    if not _WILD & set(pattern):
        return pattern == text
    if not _WILD & set(text):
        return _matcher(pattern)(text)
    # What stands for anything has to be matched whatever it is: first two that most patterns do not match.
    fits = _matcher(pattern)
    return (
        fits(text.replace("*", "").replace("?", _ANY))
        and fits(text.replace("*", _ANY).replace("?", _ANY))
        and covers(pattern, text)
    )


@lru_cache(maxsize=4096)
def _matcher(pattern: str) -> Matcher:
    return matcher(tokens(pattern))


def _of_several(subject: Subject) -> Iterator[ConditionEntry]:
    if "Condition" in subject.elements:
        for view in subject.statements:
            yield from (each for each in view.conditions if isinstance(each.raw, list) and len(each.values) > 1)


def _same_whom(view: StatementView, other: StatementView) -> bool:
    """Whether a denial is about everyone whom a statement allows something."""
    if "NotPrincipal" in view.raw or "NotPrincipal" in other.raw:
        return False
    mine, theirs = view.raw.get("Principal"), other.raw.get("Principal")
    return mine == theirs or theirs in ("*", {"AWS": "*"})
