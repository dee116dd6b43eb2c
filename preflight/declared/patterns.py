"""Whether a text has the form that an API model's pattern asks for, in bounded time whatever the pattern and the text.

Python's `re` tries one way after the other and may take for ever; here all ways are followed at once, character by
character: what may still follow is a set of remainders of the pattern. AWS's services hold the whole text to the
pattern, as Java's `matches` does: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpoint.html
gives `[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}` for a name in which an underscore is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TypeAlias

from preflight.declared.pattern_syntax import (
    Choice,
    Edge,
    Look,
    One,
    PatternNode,
    Repeat,
    Sequence,
    UnreadPatternError,
    parsed,
)

# What must still follow, the first part first.
Rest: TypeAlias = tuple[PatternNode, ...]
_MOST_WORK = 60_000


def matches(pattern: str, text: str) -> bool | None:
    """Say whether the whole of a text has the form of a pattern; None where that cannot be judged.

    That is for a pattern that is not read (`preflight.declared.pattern_syntax`) and for one that would cost too much.
    """
    return _judged(pattern, text, whole=True)


def begins(pattern: str, text: str) -> bool | None:
    """Say whether a text can go on to have the form of a pattern; None where that cannot be judged."""
    return _judged(pattern, text, whole=False)


def is_read(pattern: str) -> bool:
    """Say whether texts are held to this pattern at all."""
    return _node(pattern) is not None


def _judged(pattern: str, text: str, *, whole: bool) -> bool | None:
    node = _node(pattern)
    if node is None:
        return None
    run = _Run(text)
    try:
        return run.fits((node,), 0, whole=whole)
    except _TooMuchWorkError:
        return None


@cache
def _node(pattern: str) -> PatternNode | None:
    try:
        return parsed(pattern)
    except UnreadPatternError:
        return None


class _TooMuchWorkError(Exception):
    """The pattern has too many remainders to follow on this text."""


@dataclass(slots=True)
class _Run:
    """One text that is held to a pattern. `work` counts the remainders that were followed."""

    text: str
    work: int = 0
    looked: dict[tuple[int, int], bool] = field(default_factory=dict)

    def fits(self, rest: Rest, start: int, *, whole: bool) -> bool:
        """Say whether the text from a place on is what a remainder asks for: wholly, or as far as the text goes."""
        open_: Iterable[Rest] = (rest,)
        for at in range(start, len(self.text)):
            open_ = {after for each in open_ for after in self._after(each, at)}
            if not open_:
                return False
        return not whole or any(self._may_end(each, len(self.text)) for each in open_)

    def precedes(self, node: PatternNode, start: int) -> bool:
        """Say whether some beginning of the text from a place on is what a part asks for."""
        open_: Iterable[Rest] = ((node,),)
        for at in range(start, len(self.text) + 1):
            open_ = set(open_)
            if any(self._may_end(each, at) for each in open_):
                return True
            if at == len(self.text):
                return False
            open_ = {after for each in open_ for after in self._after(each, at)}
        return False

    def _after(self, rest: Rest, at: int) -> Iterator[Rest]:
        """Give what must follow the character at a place, by each way in which it begins a remainder."""
        for index, node in enumerate(rest):
            self.work += 1
            if self.work > _MOST_WORK:
                raise _TooMuchWorkError
            tail = rest[index + 1 :]
            for part in self._parts_after(node, at):
                yield (*part, *tail)
            if not self._empty(node, at):
                return

    def _parts_after(self, node: PatternNode, at: int) -> Iterator[Rest]:
        if isinstance(node, One):
            if node.test(self.text[at]):
                yield ()
        elif isinstance(node, Sequence):
            yield from self._after(node.parts, at)
        elif isinstance(node, Choice):
            for each in node.among:
                yield from self._after((each,), at)
        elif isinstance(node, Repeat) and node.most != 0:
            again = _again(node)
            for part in self._after((node.part,), at):
                yield part if again is None else (*part, again)

    def _may_end(self, rest: Rest, at: int) -> bool:
        return all(self._empty(node, at) for node in rest)

    def _empty(self, node: PatternNode, at: int) -> bool:
        """Say whether a part asks for no character at this place."""
        if isinstance(node, Sequence):
            return self._may_end(node.parts, at)
        if isinstance(node, Choice):
            return any(self._empty(each, at) for each in node.among)
        if isinstance(node, Repeat):
            return node.least == 0 or self._empty(node.part, at)
        if isinstance(node, Edge):
            return at == (len(self.text) if node.end else 0)
        if isinstance(node, Look):
            return self._looks(node, at) != node.negative
        return False

    def _looks(self, node: Look, at: int) -> bool:
        if node.behind:
            return at > 0 and isinstance(node.part, One) and node.part.test(self.text[at - 1])
        key = (id(node), at)
        if key not in self.looked:
            self.looked[key] = self.precedes(node.part, at)
        return self.looked[key]


@cache
def _again(node: Repeat) -> Repeat | None:
    """Return what may follow one turn of a repeat."""
    if node.most is None and node.least == 0:
        return node
    most = None if node.most is None else node.most - 1
    return None if most == 0 else Repeat(node.part, max(node.least - 1, 0), most)
