"""Which of many patterns match a word together: all the patterns run as one automaton over a bit mask.

Each place of each pattern is a bit. A word is read letter by letter; words that lead to the same mask are alike, and
only those letters are tried that some pattern waits for, and one that none names. So the search ends, and what it has
not found there is not; where it would take too many steps it says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from preflight.iam.proof.patterns.symbols import Symbols, is_variable

MOST_STATES = 6_000
_FRESH = (*"xyzqwvkjXYZQWVKJ0123456789", "\U0010fffd")


class Combinations(NamedTuple):
    """The combinations that occur, each with a shortest word; `whole` says that there are no others."""

    words: dict[int, str]
    whole: bool


class Automaton:
    """Groups of patterns, read together. A group matches where one of its patterns does."""

    def __init__(self, groups: Sequence[Sequence[Symbols]]) -> None:
        self.start = 0
        self.ends: list[int] = []
        self.spans: list[int] = []
        self._is: dict[str, int] = {}
        self._ones = self._runs = 0
        self._barred_ones: dict[str, int] = {}
        self._barred_runs: dict[str, int] = {}
        self._below: dict[int, int] = {}
        bit = 1
        for group in groups:
            end, first = 0, bit
            for pattern in group:
                start = bit
                self.start |= bit
                for kind, letters in pattern:
                    if kind == "is":
                        for letter in sorted(letters):
                            self._is[letter] = self._is.get(letter, 0) | bit
                    else:
                        barred = self._barred_ones if kind == "one" else self._barred_runs
                        for letter in letters:
                            barred[letter] = barred.get(letter, 0) | bit
                        if kind == "one":
                            self._ones |= bit
                        else:
                            self._runs |= bit
                            if not letters:
                                self._below[bit] = bit - start
                    bit <<= 1
                end |= bit
                bit <<= 1
            self.ends.append(end)
            self.spans.append(bit - first)
        self._open = sum(self._below)
        self.start = self._closed(self.start)
        self.special = {*self._is, *self._barred_ones, *self._barred_runs}
        self.fresh = next(letter for letter in _FRESH if letter not in self.special)

    def step(self, state: int, letter: str) -> int:
        """Read one letter; 0 is the dead end. Of wildcards only whole runs stand for a variable."""
        moved = (state & self._is.get(letter, 0)) << 1
        if is_variable(letter):
            stay = state & self._open
        else:
            moved |= (state & self._ones & ~self._barred_ones.get(letter, 0)) << 1
            stay = state & self._runs & ~self._barred_runs.get(letter, 0)
        return self._closed(moved | stay)

    def _closed(self, state: int) -> int:
        """Let runs be empty, and forget the places before a run that takes every letter: they say nothing new."""
        while True:
            more = state | (state & self._runs) << 1
            if more == state:
                break
            state = more
        runs = state & self._open
        while runs:
            top = 1 << (runs.bit_length() - 1)
            runs ^= top
            below = self._below[top]
            state &= ~below
            runs &= ~below
        return state

    def waiting_for(self, letter: str) -> int:
        """Return the places at which a letter is named."""
        return self._is.get(letter, 0)

    def letters(self, state: int) -> Iterable[str]:
        """Return the letters that may tell words apart from here on."""
        found = [letter for letter, places in self._is.items() if places & state]
        wild = state & (self._ones | self._runs)
        if wild:
            for barred in (self._barred_ones, self._barred_runs):
                found.extend(letter for letter, places in barred.items() if places & wild)
            found.append(self.fresh)
        return dict.fromkeys(found)


def words(groups: Sequence[Sequence[Symbols]], wanted: Sequence[bool | None], most: int = MOST_STATES) -> Combinations:
    """Find which groups can match together. Those whose `wanted` is True or False must, or must not, match; the others
    are told by a bit mask, whose bit is the group's place.

    Variables stand only where a pattern of the first group has them.
    """
    run = Automaton(groups)
    must = [run.spans[place] for place, wish in enumerate(wanted) if wish is True]
    base = run.spans[0]
    asked = [(1 << place, run.ends[place]) for place, wish in enumerate(wanted) if wish is None]
    checks = [(run.ends[place], wish) for place, wish in enumerate(wanted) if wish is not None]
    found: dict[int, str] = {}
    seen = {run.start}
    waiting = [(run.start, "")]
    for state, text in waiting:
        if all(bool(state & end) == wish for end, wish in checks):
            found.setdefault(sum(bit for bit, end in asked if state & end), text)
            if not asked:
                return Combinations(found, whole=True)
        for letter in run.letters(state):
            if is_variable(letter) and not state & base & run.waiting_for(letter):
                continue
            after = run.step(state, letter)
            if after in seen or any(not after & span for span in must):
                continue
            if len(seen) >= most:
                return Combinations(found, whole=False)
            seen.add(after)
            waiting.append((after, text + letter))
    return Combinations(found, whole=True)
