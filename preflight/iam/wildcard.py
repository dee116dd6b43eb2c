"""Wildcard patterns: `*` is any run of characters (colons and slashes too), `?` exactly one.

Matching takes the literal pieces between stars from left to right, each at the first place where it fits, and never
goes back: with stars between them, an earlier place can only leave more room for what follows. A piece without `?` is
found by `str.find`; a piece with `?` by one pass of shifted bit masks. Work is linear in the text for any pattern,
which matters because policies arrive in pull requests.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html#reference_policies_elements_resource_wildcards
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from enum import Enum
from functools import lru_cache

Matcher = Callable[[str], bool]


class Wild(Enum):
    """The two wildcards, apart from the characters `*` and `?` that a policy variable may bring in as text."""

    STAR = "*"
    ONE = "?"


Tokens = tuple["str | Wild", ...]

_SPLIT = re.compile(r"([*?])")
_WILD: dict[str, Wild] = {wild.value: wild for wild in Wild}


@lru_cache(maxsize=4096)
def tokens(text: str) -> Tokens:
    """Take a pattern's text apart into literal runs and wildcards, in normal form (see `normal`)."""
    if "*" not in text and "?" not in text:
        return (text,) if text else ()
    found = (_WILD.get(piece, piece) for piece in _SPLIT.split(text) if piece)
    return normal(found)


def normal(found: Iterable[str | Wild]) -> Tokens:
    """Join neighbouring literals, put `?` before `*` in a run of wildcards and keep one `*` of many."""
    result: list[str | Wild] = []
    star = False
    for token in found:
        if token is Wild.STAR:
            star = True
        elif token is Wild.ONE:
            result.append(token)
        elif token:
            if star:
                result.append(Wild.STAR)
                star = False
            if result and isinstance(result[-1], str):
                result[-1] += str(token)
            else:
                result.append(token)
    if star:
        result.append(Wild.STAR)
    return tuple(result)


def text_of(pattern: Tokens) -> str:
    """Write tokens back as text."""
    return "".join(token.value if isinstance(token, Wild) else token for token in pattern)


def is_everything(pattern: Tokens) -> bool:
    """Whether the pattern is `*`."""
    return pattern == (Wild.STAR,)


@lru_cache(maxsize=4096)
def matcher(pattern: Tokens) -> Matcher:
    """Compile a pattern into a function from text to whether it matches, whole and case-sensitively."""
    if not pattern:
        return "".__eq__
    if is_everything(pattern):
        return _always
    pieces: list[list[str | Wild]] = [[]]
    for token in pattern:
        if token is Wild.STAR:
            pieces.append([])
        else:
            pieces[-1].append(token)
    first, *rest = (tuple(piece) for piece in pieces)
    if not rest:
        return first[0].__eq__ if len(first) == 1 and isinstance(first[0], str) else _exact(first)
    *middle, last = rest
    if all(isinstance(token, str) for token in pattern if token is not Wild.STAR):
        return _plain(_only(first), [_only(piece) for piece in middle], _only(last))
    return _general(first, middle, last)


def _always(_: str) -> bool:
    return True


def _only(piece: Tokens) -> str:
    return str(piece[0]) if piece else ""


def _plain(prefix: str, middle: list[str], suffix: str) -> Matcher:
    if not middle and not suffix:
        return lambda text: text.startswith(prefix)
    shortest = len(prefix) + sum(map(len, middle)) + len(suffix)

    def match(text: str) -> bool:
        if len(text) < shortest or not text.startswith(prefix) or not text.endswith(suffix):
            return False
        at, end = len(prefix), len(text) - len(suffix)
        for piece in middle:
            found = text.find(piece, at, end)
            if found < 0:
                return False
            at = found + len(piece)
        return True

    return match


def _length(piece: Tokens) -> int:
    return sum(1 if isinstance(token, Wild) else len(token) for token in piece)


def _fits(piece: Tokens, text: str, at: int) -> bool:
    """Whether a piece without stars fits at one place; the text is known to be long enough."""
    for token in piece:
        if isinstance(token, Wild):
            at += 1
        elif text.startswith(token, at):
            at += len(token)
        else:
            return False
    return True


def _exact(piece: Tokens) -> Matcher:
    length = _length(piece)
    return lambda text: len(text) == length and _fits(piece, text, 0)


def _finder(piece: Tokens) -> Callable[[str, int, int], int]:
    """Return a function that gives the end of the first place in text[at:end] where a piece fits, or -1."""
    if len(piece) == 1 and isinstance(piece[0], str):
        word = piece[0]

        def find_word(text: str, at: int, end: int) -> int:
            found = text.find(word, at, end)
            return found + len(word) if found >= 0 else -1

        return find_word
    length = _length(piece)
    anywhere = 0
    masks: dict[str, int] = {}
    bit = 1
    for token in piece:
        for character in "?" if isinstance(token, Wild) else token:
            if isinstance(token, Wild):
                anywhere |= bit
            else:
                masks[character] = masks.get(character, 0) | bit
            bit <<= 1
    masks = {character: mask | anywhere for character, mask in masks.items()}
    whole = 1 << (length - 1)

    def find_masked(text: str, at: int, end: int) -> int:
        state = 0
        for position in range(at, end):
            state = ((state << 1) | 1) & masks.get(text[position], anywhere)
            if state & whole:
                return position + 1
        return -1

    return find_masked


def _general(first: Tokens, middle: list[Tokens], last: Tokens) -> Matcher:
    head, tail = _length(first), _length(last)
    shortest = head + sum(map(_length, middle)) + tail
    finders = [_finder(piece) for piece in middle]

    def match(text: str) -> bool:
        end = len(text) - tail
        if len(text) < shortest or not _fits(first, text, 0) or not _fits(last, text, end):
            return False
        at = head
        for find in finders:
            at = find(text, at, end)
            if at < 0:
                return False
        return True

    return match


@lru_cache(maxsize=4096)
def resource_matcher(pattern: Tokens) -> Matcher:
    """Compile a pattern of a Resource element: a wildcard matches within its segment, the text between two colons.

    A `*` that is the last character of its segment may go on beyond the colon.
    """
    loose = matcher(pattern)
    last = len(pattern) - 1
    inner = any(
        token is Wild.ONE or (token is Wild.STAR and at < last and not str(pattern[at + 1]).startswith(":"))
        for at, token in enumerate(pattern)
    )
    if not inner:
        return loose
    colons = sum(token.count(":") for token in pattern if isinstance(token, str))
    strict: list[Matcher] = []

    def match(text: str) -> bool:
        if not loose(text):
            return False
        if text.count(":") == colons:
            # Every colon of the text is one of the pattern's: no wildcard took any.
            return True
        if not strict:
            strict.append(_within_segments(pattern))
        return strict[0](text)

    return match


def _within_segments(pattern: Tokens) -> Matcher:
    """Run a pattern as a machine over bit masks of its places, with wildcards that do not take colons."""
    letters: dict[str, int] = {}
    ones = stars = beyond = 0
    bit = 1
    for at, token in enumerate(pattern):
        for symbol in (token,) if isinstance(token, Wild) else token:
            if symbol is Wild.ONE:
                ones |= bit
            elif symbol is Wild.STAR:
                stars |= bit
                if at == len(pattern) - 1 or str(pattern[at + 1]).startswith(":"):
                    beyond |= bit
            else:
                letters[str(symbol)] = letters.get(str(symbol), 0) | bit
            bit <<= 1
    end = bit

    def match(text: str) -> bool:
        state = 1 | (stars & 1) << 1
        for letter in text:
            if letter == ":":
                moved = (state & letters.get(letter, 0)) << 1 | (state & beyond)
            else:
                moved = (state & (letters.get(letter, 0) | ones)) << 1 | (state & stars)
            state = moved | (moved & stars) << 1
            if not state:
                return False
        return bool(state & end)

    return match


def any_of(patterns: Iterable[Tokens], compiled: Callable[[Tokens], Matcher] = matcher) -> Matcher:
    """Compile several patterns, each with `compiled`, into one function that says whether any matches."""
    exact: set[str] = set()
    prefixes: list[str] = []
    others: list[tuple[str, Matcher]] = []
    for pattern in patterns:
        if is_everything(pattern):
            return _always
        if not pattern or (len(pattern) == 1 and isinstance(pattern[0], str)):
            exact.add(str(pattern[0]) if pattern else "")
        elif len(pattern) == 2 and isinstance(pattern[0], str) and pattern[1] is Wild.STAR:
            prefixes.append(pattern[0])
        else:
            # The longest literal settles most misses in one C-level search.
            literal = max((token for token in pattern if isinstance(token, str)), key=_rareness, default="")
            others.append((literal, compiled(pattern)))
    if not prefixes and not others:
        if len(exact) == 1:
            return exact.pop().__eq__
        return frozenset(exact).__contains__
    starts = tuple(prefixes)
    if not exact and not others:
        return lambda text: text.startswith(starts)

    def match(text: str) -> bool:
        if text in exact or (starts and text.startswith(starts)):
            return True
        for literal, matches in others:  # noqa: SIM110 - a generator costs more than the search
            if literal in text and matches(text):
                return True
        return False

    return match


def _rareness(literal: str) -> tuple[bool, int]:
    return not literal.startswith("arn:"), len(literal)


@lru_cache(maxsize=4096)
def arn_matcher(pattern: Tokens) -> Matcher:
    """Compile a pattern for `ArnLike`: each of the six parts on its own. What lacks a part matches nothing."""
    parts = arn_parts(pattern)
    if parts is None:
        return lambda _: False
    tests = tuple(map(matcher, parts))

    def match(arn: str) -> bool:
        found = arn.split(":", 5)
        return len(found) == 6 and all(test(part) for test, part in zip(tests, found, strict=True))

    return match


def arn_parts(pattern: Tokens) -> tuple[Tokens, ...] | None:
    """Split an ARN pattern at its first five colons; None where it has fewer."""
    parts: list[list[str | Wild]] = [[]]
    for token in pattern:
        if isinstance(token, Wild):
            parts[-1].append(token)
            continue
        head, *more = token.split(":", 6 - len(parts))
        parts[-1].append(head)
        parts.extend([part] for part in more)
    return tuple(map(normal, parts)) if len(parts) == 6 else None
