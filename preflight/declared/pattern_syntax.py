r"""The patterns of AWS's API models, parsed: regular expressions as Java writes them.

What botocore's models use of them is read: classes with `\d`, `\p{L}` and their like, groups, alternatives, counted
repeats, `^` and `$`, looking ahead, and looking behind at one character. What needs more (a group referred to again,
`\b`, flags other than `(?s)`, classes cut with `&&`) is `UnreadPatternError`: such a pattern judges nothing.
Grammar: https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/regex/Pattern.html
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

CharacterTest: TypeAlias = Callable[[str], bool]


class UnreadPatternError(Exception):
    """The pattern uses what this module does not read."""


@dataclass(frozen=True, slots=True, eq=False)
class One:
    """One character that passes a test."""

    test: CharacterTest


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """Parts that follow each other."""

    parts: tuple[PatternNode, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """Alternatives."""

    among: tuple[PatternNode, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part that occurs `least` to `most` times (None: any number)."""

    part: PatternNode
    least: int
    most: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """The beginning (`^`) or the end (`$`) of the text."""

    end: bool


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What must (or, `negative`, must not) follow here, or be the character just before (`behind`)."""

    part: PatternNode
    negative: bool
    behind: bool


PatternNode: TypeAlias = One | Sequence | Choice | Repeat | Edge | Look

_SPACE = " \t\n\x0b\f\r"
_LINE_ENDS = "\n\r\x85\u2028\u2029"
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "a": "\a", "e": "\x1b", "v": "\x0b"}
_POSIX: dict[str, CharacterTest] = {
    "ASCII": str.isascii,
    "Alnum": lambda c: c.isascii() and c.isalnum(),
    "Alpha": lambda c: c.isascii() and c.isalpha(),
    "Digit": lambda c: c.isascii() and c.isdigit(),
    "Upper": lambda c: c.isascii() and c.isupper(),
    "Lower": lambda c: c.isascii() and c.islower(),
    "Punct": lambda c: "!" <= c <= "~" and not c.isalnum(),
    "Graph": lambda c: "!" <= c <= "~",
    "Print": lambda c: " " <= c <= "~",
    "Blank": lambda c: c in " \t",
    "Space": lambda c: c in _SPACE,
    "Cntrl": lambda c: c < " " or c == "\x7f",
    "XDigit": lambda c: c in "0123456789abcdefABCDEF",
    "IsAlphabetic": str.isalpha,
    "IsWhitespace": str.isspace,
    "all": bool,
}
_CATEGORIES = frozenset("LMNPSZC")


def parsed(pattern: str) -> PatternNode:
    """Return a pattern as its parts. Raises `UnreadPatternError` for one that is not read here."""
    reader = _Reader(pattern)
    try:
        node = reader.choice()
    except (IndexError, ValueError, RecursionError) as error:
        raise UnreadPatternError(pattern) from error
    if reader.at != len(pattern):
        raise UnreadPatternError(pattern)
    return node


class _Reader:
    def __init__(self, pattern: str) -> None:
        self.text = pattern
        self.at = 0
        self.dot_takes_all = False

    def choice(self) -> PatternNode:
        among = [self.sequence()]
        while self._next("|"):
            among.append(self.sequence())
        return among[0] if len(among) == 1 else Choice(tuple(among))

    def sequence(self) -> PatternNode:
        parts: list[PatternNode] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            part = self._atom()
            parts.append(self._repeated(part))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _next(self, text: str) -> bool:
        if self.text.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    def _taken(self) -> str:
        self.at += 1
        return self.text[self.at - 1]

    def _atom(self) -> PatternNode:
        letter = self._taken()
        if letter == "(":
            return self._group()
        if letter == "[":
            return One(self._class())
        if letter == ".":
            return One(bool if self.dot_takes_all else (lambda c: c not in _LINE_ENDS))
        if letter in "^$":
            return Edge(letter == "$")
        if letter == "\\":
            if self.text[self.at] in "AzZ":
                return Edge(self._taken() != "A")
            return One(self._escape())
        return One(_same(letter))

    def _group(self) -> PatternNode:
        if self._next("?s)"):
            self.dot_takes_all = True
            return Sequence(())
        looks = {"?=": (False, False), "?!": (True, False), "?<=": (False, True), "?<!": (True, True)}
        found = next((looks[each] for each in looks if self._next(each)), None)
        if found is None and not self._next("?:") and self._next("?"):
            raise UnreadPatternError(self.text)
        inner = self.choice()
        if not self._next(")"):
            raise UnreadPatternError(self.text)
        if found is None:
            return inner
        negative, behind = found
        if behind and not isinstance(inner, One):
            raise UnreadPatternError(self.text)
        return Look(inner, negative, behind)

    def _repeated(self, part: PatternNode) -> PatternNode:
        while self.at < len(self.text) and self.text[self.at] in "*+?{":
            least, most = self._count(self._taken())
            # Taking as little as may be finds the same texts; never giving back does not.
            if not self._next("?") and self._next("+") and not isinstance(part, One):
                raise UnreadPatternError(self.text)
            part = Repeat(part, least, most)
        return part

    def _count(self, sign: str) -> tuple[int, int | None]:
        if sign != "{":
            return {"*": (0, None), "+": (1, None), "?": (0, 1)}[sign]
        end = self.text.index("}", self.at)
        least, comma, most = self.text[self.at : end].partition(",")
        self.at = end + 1
        return int(least), int(most) if most else None if comma else int(least)

    def _class(self) -> CharacterTest:
        negative = self._next("^")
        tests: list[CharacterTest] = []
        singles: set[str] = set()
        first = True
        while first or self.text[self.at] != "]":
            if self._next("&&") or self._next("[:"):
                raise UnreadPatternError(self.text)
            if self._next("["):
                tests.append(self._class())
            else:
                self._member(singles, tests)
            first = False
        self.at += 1
        listed = frozenset(singles)
        return lambda c: (c in listed or any(test(c) for test in tests)) != negative

    def _member(self, singles: set[str], tests: list[CharacterTest]) -> None:
        low = self._class_letter(tests)
        if low is None:
            return
        if self.text[self.at] == "-" and self.text[self.at + 1] not in "]":
            self.at += 1
            high = self._class_letter(tests)
            if high is None:
                singles.update((low, "-"))
            elif high < low:
                raise UnreadPatternError(self.text)
            else:
                tests.append(_between(low, high))
            return
        singles.add(low)

    def _class_letter(self, tests: list[CharacterTest]) -> str | None:
        """Return the character that stands next in a class; None for a class of its own, which is put to the tests."""
        letter = self._taken()
        if letter != "\\":
            return letter
        if self.text[self.at] in "dDwWsSpP":
            tests.append(self._escape())
            return None
        return self._escaped_letter()

    def _escape(self) -> CharacterTest:
        kind = self.text[self.at]
        if kind in "pP":
            self.at += 1
            return _opposite(self._property(), negative=kind == "P")
        classes: dict[str, CharacterTest] = {
            "d": lambda c: "0" <= c <= "9",
            "w": lambda c: c == "_" or (c.isascii() and c.isalnum()),
            "s": lambda c: c in _SPACE,
        }
        if kind.lower() in classes:
            self.at += 1
            return _opposite(classes[kind.lower()], negative=kind.isupper())
        return _same(self._escaped_letter())

    def _escaped_letter(self) -> str:
        kind = self._taken()
        digits = {"x": 2, "u": 4}.get(kind)
        if digits is not None:
            if self._next("{"):
                end = self.text.index("}", self.at)
                code, self.at = self.text[self.at : end], end + 1
            else:
                code, self.at = self.text[self.at : self.at + digits], self.at + digits
            return self._paired(int(code, 16))
        if kind == "0":
            start = self.at
            while self.at - start < 3 and self.text[self.at : self.at + 1] in tuple("01234567"):
                self.at += 1
            return chr(int(self.text[start : self.at], 8))
        if kind.isascii() and kind.isalnum():
            if kind not in _CONTROLS:
                raise UnreadPatternError(self.text)
            return _CONTROLS[kind]
        return kind

    def _paired(self, code: int) -> str:
        """Return a character; one beyond 16 bits is written as two halves."""
        if 0xD800 <= code < 0xDC00 and self._next("\\u"):
            low, self.at = int(self.text[self.at : self.at + 4], 16), self.at + 4
            return chr(0x10000 + ((code - 0xD800) << 10) + low - 0xDC00)
        return chr(code)

    def _property(self) -> CharacterTest:
        if self._next("{"):
            end = self.text.index("}", self.at)
            name, self.at = self.text[self.at : end], end + 1
        else:
            name = self._taken()
        if name in _POSIX:
            return _POSIX[name]
        name = name.removeprefix("Is")
        if name[:1] not in _CATEGORIES or len(name) > 2 or (len(name) == 2 and not name[1].islower()):
            raise UnreadPatternError(self.text)
        return lambda c: unicodedata.category(c).startswith(name)


def _same(letter: str) -> CharacterTest:
    return lambda c: c == letter


def _between(low: str, high: str) -> CharacterTest:
    return lambda c: low <= c <= high


def _opposite(test: CharacterTest, *, negative: bool) -> CharacterTest:
    return (lambda c: not test(c)) if negative else test
