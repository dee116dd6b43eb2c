"""Texts of which only the shape is known: what a template leaves to the deploy (a parameter, a name AWS will give).

The part that is not known stands in the text between two characters of Unicode's private use area, with a label that
says what it hangs on. So it goes through formatting, lower-casing and splitting as any text does, and an ARN that is
made of such a name is itself known by shape. Two parts with the same label are the same text, whatever it will be.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_OPEN, _CLOSE, _UNIQUE = "\ue000", "\ue001", "\ue002"
# A label is written in characters of another private use area, so that it keeps its case and holds no colon or slash.
_LABELS = 0xF0000
_PART = re.compile(f"{_OPEN}{_UNIQUE}?([^{_CLOSE}]*){_CLOSE}")
_MARKS = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")
_ESCAPED = re.compile(r"\\u(?:[eE][0-9a-fA-F]|[fF][0-8])[0-9a-fA-F]{2}|\\u[dD][bB][89a-fA-F]")
_PARAMETER = re.compile(r"\bparameter ((?:AWS::)?[\w.-]+(?::[\w-]+)?)")
_MADE_UP = re.compile(r"(?:^|/)name of (\S+)$")


def unresolved(label: str, *, unique: bool = False) -> str:
    """Return a text of which nothing is known but what it hangs on: `parameter EndpointName`, a Terraform address.

    `unique` says that the deploy makes it up, so that nothing that exists can have it.
    """
    written = "".join(chr(_LABELS + ord(each)) if ord(each) < _LABELS >> 4 else "?" for each in shown(label))
    return f"{_OPEN}{_UNIQUE if unique else ''}{written}{_CLOSE}"


def is_unresolved(value: object) -> bool:
    """Say whether a value is a text that is, wholly or in part, not known."""
    return isinstance(value, str) and _OPEN in value


def is_wholly_unresolved(value: object) -> bool:
    """Say whether nothing is known of a text: in the place of a number, a list or an object, it stands for one."""
    return isinstance(value, str) and _OPEN in value and not _PART.sub("", value)


def is_unique(text: str) -> bool:
    """Say whether a text has a part that the deploy makes up."""
    return _OPEN + _UNIQUE in text


def only_unique(text: str) -> bool:
    """Say whether every unknown part of a text is one that the deploy makes up."""
    return text.count(_OPEN) == text.count(_OPEN + _UNIQUE)


def hangs_on(text: str) -> tuple[str, ...]:
    """Return the labels of the unknown parts of a text, each once, in order."""
    return tuple(dict.fromkeys(map(_label, _PART.findall(text))))


def shown(text: str) -> str:
    """Return a text as messages show it: `endpoint/${parameter Name}`."""
    if text.isascii():
        return text
    return _MARKS.sub("", _PART.sub(lambda part: f"${{{_label(part[1])}}}", text))


def as_pattern(text: str) -> str:
    """Return the pattern that a text is known to match: `?*` for each part that is not known."""
    return _PART.sub("?*", text)


def known_parts(text: str) -> list[str]:
    """Return the parts of a text that are known, those before and after each unknown one; empty where there is none."""
    return [each for at, each in enumerate(_PART.split(text)) if at % 2 == 0]


def settle(labels: Iterable[str]) -> str:
    """Return what would settle what hangs on labels, as an imperative without a full stop."""
    named = dict.fromkeys(name for label in labels for name in _PARAMETER.findall(label))
    if named:
        return "give " + " ".join(f"--parameters {name}=VALUE" for name in named)
    if made := dict.fromkeys(match[1] for label in labels if (match := _MADE_UP.search(label))):
        return f"give {' and '.join(made)} a name of its own"
    return "write it out, or check again when it is known"


def unresolved_in(value: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
    """Yield the JSON pointer and the text of each value in plain data that is not wholly known, keys included."""
    if isinstance(value, str):
        if _OPEN in value:
            yield pointer, value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            if _OPEN in name:
                yield pointer, name
            yield from unresolved_in(each, f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, (list, tuple)):
        for index, each in enumerate(value):
            yield from unresolved_in(each, f"{pointer}/{index}")


def marked(text: str) -> bool:
    """Say whether a document's text has characters of the private use areas, plainly or escaped as JSON and YAML do."""
    return _MARKS.search(text) is not None or ("\\" in text and _ESCAPED.search(text) is not None)


def _label(written: str) -> str:
    return "".join(chr(ord(each) - _LABELS) if ord(each) >= _LABELS else each for each in written)
