"""Which patterns can match together, shown by names that are made up: far cheaper than going through all names.

Two patterns without a name in common never match together, and one that another covers never matches without it. What
these leave may occur; where a name shows each of it, that is exactly what occurs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import takewhile

from preflight.iam.pattern import covers_tokens, overlaps_tokens
from preflight.iam.wildcard import Tokens, Wild, matcher

_MOST_PATTERNS = 48
_FEW = 8
_MOST = 1024
_LETTERS = "xyzqwvkjXYZ0123456789"


@lru_cache(maxsize=16384)
def overlap(one: Tokens, other: Tokens) -> bool:
    """Whether a name is matched by both patterns."""
    # A name that one of them writes is soon tried, and shows it for most that have one in common.
    written = ((one, _filled(other, "x", "x", "x")), (other, _filled(one, "x", "x", "x")))
    return any(matcher(each)(text) for each, text in written) or overlaps_tokens(one, other)


@lru_cache(maxsize=16384)
def _covers(one: Tokens, other: Tokens) -> bool:
    return covers_tokens(one, other)


def shown(patterns: tuple[Tokens, ...], within: Tokens, barred: str) -> Mapping[tuple[bool, ...], str] | None:
    """Return each combination of patterns that names of `within` occur in, with a name; None where the first names that
    come to mind do not show all that may occur: then all names have to be gone through. That of fewest patterns is
    first. `barred` are characters that the wildcards of `within` do not stand for.
    """
    if len(patterns) > _MOST_PATTERNS:
        return None
    always = [_covers(each, within) for each in patterns]
    some = [number for number, each in enumerate(always) if not each]
    # Of names without slashes all are soon gone through, unless the patterns are few and have no name in common.
    if barred and (len(patterns) > _FEW or any(overlap(patterns[a], patterns[b]) for a in some for b in some if b < a)):
        return None
    other = next((each for each in _LETTERS if not any(each in str(part) for one in patterns for part in one)), "")
    fits, tests = matcher(within), [matcher(each) for each in patterns]
    # The wildcards of a pattern stay within a part of an ARN.
    held = {*barred, ":"}
    left = _count_of(within, held)
    head = within[0] if within and isinstance(within[0], str) else ""
    found: dict[tuple[bool, ...], str] = {}
    for count, chosen in enumerate(_possible(patterns, some)):
        if count >= _MOST:
            return None
        wanted = tuple(each or number in chosen for number, each in enumerate(always))
        for text in _names([patterns[number] for number in chosen], within, other, head):
            # What the open parts of the names may not hold is in none of what a pattern's own are filled with.
            if fits(text) and _count(text, held) == left and tuple(test(text) for test in tests) == wanted:
                found[wanted] = text
                break
        else:
            return None
    return found


def _possible(patterns: Sequence[Tokens], some: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Give each set of patterns that may match together, the smallest first; without those that match every name."""
    with_it = {one: [each for each in some if each != one and overlap(patterns[one], patterns[each])] for one in some}
    above = {one: {each for each in with_it[one] if _covers(patterns[each], patterns[one])} for one in some}
    sets: list[tuple[int, ...]] = [()]
    for chosen in sets:
        if all(above[one] <= {*chosen} for one in chosen):
            yield chosen
        last = chosen[-1] if chosen else -1
        sets += [(*chosen, one) for one in some if one > last and all(one in with_it[each] for each in chosen)]


def _names(chosen: Sequence[Tokens], within: Tokens, other: str, head: str) -> Iterator[str]:
    """Give names that all of some patterns may match: each filled with what the others have beyond its head."""
    for pattern in (*chosen, within):
        rest = "".join(_beyond(_filled(each, other, "", ""), head) for each in chosen if each is not pattern)
        for star in ("", other):
            yield _filled(pattern, other, rest or star, star)


def _beyond(text: str, head: str) -> str:
    """Return a text without the letters that it begins with as `head` does."""
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(text, head, strict=False))
    return text[sum(1 for _ in alike) :]


def _filled(pattern: Tokens, one: str, first: str, star: str) -> str:
    """Return a pattern with its stars filled, the first of them otherwise than the rest."""
    texts, fill = [], first
    for part in pattern:
        if isinstance(part, str):
            texts.append(part)
        elif part is Wild.ONE:
            texts.append(one)
        else:
            texts.append(fill)
            fill = star
    return "".join(texts)


def _count(text: str, letters: Iterable[str]) -> int:
    return sum(map(text.count, letters))


def _count_of(pattern: Tokens, letters: Iterable[str]) -> int:
    return sum(_count(part, letters) for part in pattern if isinstance(part, str))
