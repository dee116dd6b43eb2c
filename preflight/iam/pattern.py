"""Questions about wildcard patterns: does one match, contain or meet another, which combinations of them can occur.

Containment and intersection are decided exactly, by running the patterns as automata. A state is a bit mask of places
in a pattern; once a later `*` is reached, the places before it say nothing new and are dropped: masks stay small.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from functools import lru_cache

from preflight.iam.wildcard import Tokens, Wild, matcher, tokens

_OTHER = "\U0010fffd"
"""A character that no policy holds: it stands for every character that a pattern does not name."""


class Extent(StrEnum):
    """For which of a set of names something holds."""

    ALL = "all"
    SOME = "some"
    NONE = "none"


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern matches the whole text, case-sensitively (resources, `StringLike`)."""
    return matcher(tokens(pattern))(text)


def matches_action(pattern: str, action: str) -> bool:
    """Whether an action pattern matches an action; actions compare without case."""
    return matcher(tokens(pattern.lower()))(action.lower())


def covers(pattern: str, other: str) -> bool:
    """Whether every text that `other` matches is matched by `pattern` (case-sensitively)."""
    mine, theirs = tokens(pattern), tokens(other)
    fits = matcher(mine)
    if len(theirs) == 1 and theirs[0] is not Wild.STAR and theirs[0] is not Wild.ONE:
        return fits(other)
    # Most patterns fail at the least that the other stands for, or at letters that they don't name.
    return (
        fits(other.replace("*", "").replace("?", _OTHER))
        and fits(other.replace("*", _OTHER).replace("?", _OTHER))
        and covers_tokens(mine, theirs)
    )


def overlaps(pattern: str, other: str) -> bool:
    """Whether some text is matched by both patterns (case-sensitively)."""
    return overlaps_tokens(tokens(pattern), tokens(other))


def extent(pattern: str, names: str, *, barred: str = "") -> Extent:
    """Say whether a pattern matches all, some or none of the names that the pattern `names` stands for.

    `barred` are characters that the wildcards of `names` do not stand for: names of AWS resources hold no `:` and `/`.
    """
    if barred:
        found = combinations([tokens(pattern)], tokens(names), barred=barred)
        if found is not None:
            return Extent.SOME if len(found) > 1 else Extent.ALL if (True,) in found else Extent.NONE
    if covers(pattern, names):
        return Extent.ALL
    return Extent.SOME if overlaps(pattern, names) else Extent.NONE


def covers_tokens(pattern: Tokens, other: Tokens) -> bool:
    """Decide containment. Where `other` has a wildcard, a letter that `pattern` does not name is hardest to match."""
    run = _Automaton(pattern)
    states = {run.start}
    for symbol in _symbols(other):
        if symbol is Wild.STAR:
            waiting = list(states)
            while waiting:
                after = run.step(waiting.pop(), _OTHER)
                if after not in states:
                    states.add(after)
                    waiting.append(after)
        else:
            character = symbol if isinstance(symbol, str) else _OTHER
            states = {run.step(state, character) for state in states}
        if 0 in states:
            return False
        states = _hardest(states)
    return all(run.accepts(state) for state in states)


def _hardest(states: set[int]) -> set[int]:
    """Drop states that another one is part of: whatever text the part still accepts, the whole accepts too."""
    if len(states) == 1:
        return states
    kept: list[int] = []
    for state in sorted(states, key=int.bit_count):
        if not any(each & state == each for each in kept):
            kept.append(state)
    return set(kept)


def overlaps_tokens(pattern: Tokens, other: Tokens) -> bool:
    """Decide intersection by the classic table over both patterns' remainders."""
    if pattern and other and _part(pattern, other):
        return False
    one, two = list(_symbols(pattern)), list(_symbols(other))
    star_tail = [False] * len(two) + [True]
    for at in range(len(two) - 1, -1, -1):
        star_tail[at] = two[at] is Wild.STAR and star_tail[at + 1]
    below = star_tail
    for symbol in reversed(one):
        row = [False] * len(two) + [symbol is Wild.STAR and below[-1]]
        for at in range(len(two) - 1, -1, -1):
            facing = two[at]
            if symbol is Wild.STAR or facing is Wild.STAR:
                row[at] = below[at] or row[at + 1]
            elif symbol is Wild.ONE or facing is Wild.ONE or symbol == facing:
                row[at] = below[at + 1]
        below = row
    return below[0]


def _part(pattern: Tokens, other: Tokens) -> bool:
    """Whether two patterns differ in what they begin or end with: most that have no text in common do."""
    first, second = pattern[0], other[0]
    if (
        isinstance(first, str)
        and isinstance(second, str)
        and not (first.startswith(second) or second.startswith(first))
    ):
        return True
    first, second = pattern[-1], other[-1]
    return isinstance(first, str) and isinstance(second, str) and not (first.endswith(second) or second.endswith(first))


def combinations(
    patterns: Sequence[Tokens], within: Tokens, *, barred: str = "", most: int = 20_000
) -> dict[tuple[bool, ...], str] | None:
    """Find which of the patterns can match together, for texts that `within` matches.

    `barred` are characters that the wildcards of `within` do not stand for.
    Returns each combination that occurs (one truth per pattern, in order) with a shortest text that shows it; None if
    more than `most` states would have to be looked at.
    """
    every = [_automaton(within, barred), *map(_automaton, patterns)]
    letters = {letter for run in every for letter in run.letters}
    other = next(letter for letter in (*"xyzqwvkjXYZ0123456789", _OTHER) if letter not in letters)
    # What all texts begin with is read first, and most patterns begin otherwise: they match none.
    head = within[0] if within and isinstance(within[0], str) else ""
    begun = [run.read(head) for run in every]
    alive = [number for number, state in enumerate(begun) if state]
    runs = [every[number] for number in alive]
    start = tuple(begun[number] for number in alive)
    seen = {start}
    waiting = [(start, head)]
    found: dict[tuple[bool, ...], str] = {}
    for states, text in waiting:
        if runs[0].accepts(states[0]):
            matched = {number for number, run, state in zip(alive, runs, states, strict=True) if run.accepts(state)}
            found.setdefault(tuple(number in matched for number in range(1, len(every))), text)
        for letter in _telling(runs, states, other) if runs[0].open(states[0]) else runs[0].next_letters(states[0]):
            first = runs[0].step(states[0], letter)
            if not first:
                continue
            after = (
                first,
                *[state and run.step(state, letter) for run, state in zip(runs[1:], states[1:], strict=True)],
            )
            if after not in seen:
                if len(seen) >= most:
                    return None
                seen.add(after)
                waiting.append((after, text + letter))
    return found


def _telling(runs: Sequence[_Automaton], states: Sequence[int], other: str) -> Iterable[str]:
    """Return the letters that may tell the patterns apart here: those that one of them waits for, and any other."""
    found = {other: None}
    for run, state in zip(runs, states, strict=True):
        if state:
            found.update(dict.fromkeys(run.next_letters(state)))
    return found


def _symbols(pattern: Tokens) -> Iterator[str | Wild]:
    for token in pattern:
        if isinstance(token, Wild):
            yield token
        else:
            yield from token


@lru_cache(maxsize=4096)
def _automaton(pattern: Tokens, barred: str = "") -> _Automaton:
    return _Automaton(pattern, barred)


class _Automaton:
    """A pattern as a machine over bit masks of the places it may be at."""

    def __init__(self, pattern: Tokens, barred: str = "") -> None:
        self._barred = barred
        # What every text begins with.
        self._head = pattern[0] if pattern and isinstance(pattern[0], str) else ""
        self.letters: dict[str, int] = {}
        self._ones = self._stars = 0
        bit = 1
        for symbol in _symbols(pattern):
            if symbol is Wild.STAR:
                self._stars |= bit
            elif symbol is Wild.ONE:
                self._ones |= bit
            else:
                self.letters[str(symbol)] = self.letters.get(str(symbol), 0) | bit
            bit <<= 1
        self._end = bit
        self.start = self._settle(1)

    def _settle(self, state: int) -> int:
        state |= (state & self._stars) << 1
        stars = 0 if self._barred else state & self._stars
        return state >> (stars.bit_length() - 1) << (stars.bit_length() - 1) if stars else state

    def step(self, state: int, letter: str) -> int:
        """Read one letter; 0 is the dead end."""
        if letter in self._barred:
            return self._settle((state & self.letters.get(letter, 0)) << 1)
        moved = (state & (self.letters.get(letter, 0) | self._ones)) << 1
        return self._settle(moved | (state & self._stars))

    def read(self, text: str) -> int:
        """Read a text from the start; 0 is the dead end."""
        head = self._head[: len(text)]
        if not text.startswith(head):
            return 0
        state = self._settle(1 << len(head))
        for letter in text[len(head) :]:
            state = self.step(state, letter)
            if not state:
                break
        return state

    def accepts(self, state: int) -> bool:
        """Whether the text may end here."""
        return bool(state & self._end)

    def open(self, state: int) -> bool:
        """Whether any letter may come next."""
        return bool(state & (self._ones | self._stars))

    def next_letters(self, state: int) -> Iterable[str]:
        """Return the letters that may come next where not any letter may."""
        return [letter for letter, places in self.letters.items() if places & state]
