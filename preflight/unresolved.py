"""Texts of which only the shape is known: what a template leaves to the deploy (a parameter, a name AWS will give).

The part that is not known lies in the text between two characters of Unicode's private use area, with a label that
says what it depends on. So it goes through formatting, lower-casing and splitting as any text does, and an ARN that is
made of such a name is itself known by shape. Two parts with the same label are the same text, whatever it will be.
What of a text is known is asked of `DeployText`, and of nothing else: how an unknown part is written is its own affair.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Self

from preflight.json_pointer import escape

_OPEN, _CLOSE, _UNIQUE = "\ue000", "\ue001", "\ue002"
# A label is written in characters of another private use area, so that it keeps its case and holds no colon or slash.
_LABELS = 0xF0000
_PART = re.compile(f"{_OPEN}{_UNIQUE}?([^{_CLOSE}]*){_CLOSE}")
_MARKS = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")
_ESCAPED = re.compile(r"\\u(?:[eE][0-9a-fA-F]|[fF][0-8])[0-9a-fA-F]{2}|\\u[dD][bB][89a-fA-F]")
_PARAMETER = re.compile(r"\bparameter ((?:AWS::)?[\w.-]+(?::[\w-]+)?)")
_UPLOADED = " is uploaded to"
_MADE_UP = re.compile(r"(?:^|/)name of (\S+)$")


class DeployText(str):
    """A text as far as it is known before deployment; any text can be asked, for one that is known holds no such part.

    Formatting and splitting give plain texts that hold the unknown parts still: wrap one to ask it.
    """

    __slots__ = ()

    @classmethod
    def unknown(cls, label: str, *, unique: bool = False) -> str:
        """Return a plain text of which nothing is known but its label: `parameter EndpointName`, a Terraform address.

        `unique` says that the deploy makes it up, so that nothing that exists can have it.
        """
        written = (chr(_LABELS + ord(each)) if ord(each) < _LABELS >> 4 else "?" for each in cls(label).shown)
        return f"{_OPEN}{_UNIQUE if unique else ''}{''.join(written)}{_CLOSE}"

    @classmethod
    def partial(cls, value: object) -> Self | None:
        """Return a value that is a text of which a part is not known; None for every other value."""
        return cls(value) if isinstance(value, str) and _OPEN in value else None

    @classmethod
    def all_in(cls, value: Any, pointer: str = "") -> Iterator[tuple[str, Self]]:
        """Yield the JSON pointer and the text of each value in plain data that is not wholly known, keys included."""
        if isinstance(value, str):
            if _OPEN in value:
                yield pointer, cls(value)
        elif isinstance(value, Mapping):
            for name, each in value.items():
                if _OPEN in name:
                    yield pointer, cls(name)
                yield from cls.all_in(each, f"{pointer}/{escape(name)}")
        elif isinstance(value, (list, tuple)):
            for index, each in enumerate(value):
                yield from cls.all_in(each, f"{pointer}/{index}")

    @property
    def is_wholly_unknown(self) -> bool:
        """Whether nothing is known of it: in the place of a number, a list or an object, it stands for one."""
        return _OPEN in self and not _PART.sub("", self)

    @property
    def begins_unknown(self) -> bool:
        """Whether its first part is not known."""
        return self.startswith(_OPEN)

    @property
    def has_made_up_part(self) -> bool:
        """Whether it has a part that the deploy makes up."""
        return _OPEN + _UNIQUE in self

    @property
    def is_only_made_up(self) -> bool:
        """Whether every unknown part is one that the deploy makes up."""
        return self.count(_OPEN) == self.count(_OPEN + _UNIQUE)

    @property
    def labels(self) -> tuple[str, ...]:
        """What its unknown parts depend on, each once, in order."""
        return () if self.isascii() else tuple(dict.fromkeys(map(_label, _PART.findall(self))))

    @property
    def shown(self) -> str:
        """The text as messages show it: `endpoint/${parameter Name}`."""
        if self.isascii():
            return str(self)
        return _MARKS.sub("", _PART.sub(lambda part: f"${{{_label(part[1])}}}", self))

    @property
    def pattern(self) -> str:
        """The pattern that it is known to match: `?*` for each part that is not known."""
        return _PART.sub("?*", self)

    @property
    def known_parts(self) -> list[str]:
        """The parts that are known, those before and after each unknown one; empty where there is none between two."""
        return _PART.split(self)[::2]


def parameters_in(labels: Iterable[str]) -> list[str]:
    """Return the names of the parameters that labels say are not given, in order."""
    return list(dict.fromkeys(name for label in labels for name in _PARAMETER.findall(label)))


def resolution(labels: Iterable[str]) -> str:
    """Return what would make known what depends on labels, as an imperative without a full stop."""
    labels = list(labels)
    named = parameters_in(labels)
    if named == ["AWS::StackName"]:
        return "give --stack-name NAME"
    if named:
        return "give " + " ".join(f"--parameters {name}=VALUE" for name in named)
    if made := dict.fromkeys(match[1] for label in labels if (match := _MADE_UP.search(label))):
        return f"give {' and '.join(made)} a name"
    if uploads(labels):
        return "package the template first (aws cloudformation package, sam package), and check what that writes"
    return "write it out, or check again when it is known"


def uploads(labels: Iterable[str]) -> bool:
    """Say whether some labels are of a place in S3 to which the tool that deploys uploads a local path."""
    return any(_UPLOADED in label for label in labels)


def marked(text: str) -> bool:
    """Say whether a document's text has characters of the private use areas, plainly or escaped as JSON and YAML do."""
    return _MARKS.search(text) is not None or ("\\" in text and _ESCAPED.search(text) is not None)


@lru_cache(maxsize=4096)
def _label(written: str) -> str:
    return "".join(chr(ord(each) - _LABELS) if ord(each) >= _LABELS else each for each in written)
