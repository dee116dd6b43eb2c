"""The functions whose value follows from their arguments alone, some of which may be known by shape only.

Each takes its resolved argument and raises `TypeError` or `ValueError` with what is wrong, to follow its name.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from preflight.documents.text.schema import word_for
from preflight.unresolved import DeployText

TemplateFunction: TypeAlias = Callable[[Any], Any]
_NAME_OR_ID = re.compile(r"(?:^|/)(?:name|id) of ")


class _Nothing:
    def __repr__(self) -> str:
        return "AWS::NoValue"


NOTHING: Any = _Nothing()
"""What `AWS::NoValue` comes to: the member or item is left out."""


class Partial(list[Any]):
    """A list of which the first items are known, and not how many follow. `label` is what the rest depends on."""

    def __init__(self, items: list[Any], label: str) -> None:
        """Take the items that are known."""
        super().__init__(items)
        self.label = label


def whole(value: Any) -> Any:
    """Return a value as it may stand in a property: a list that is known in part is not known."""
    return DeployText.unknown(value.label) if isinstance(value, Partial) else value


def plain_text(value: Any) -> str:
    """Return a value as part of a text. Raises `TypeError` for lists and objects."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise TypeError(f"would put {'nothing' if value is NOTHING else word_for(value)} into a string")


def _join(argument: Any) -> Any:
    separator, items = _two(argument, "a separator and a list")
    if isinstance(items, Partial) or DeployText.partial(items):
        return DeployText.unknown(f"the joined {_label(items)}")
    if not isinstance(separator, str) or not isinstance(items, list):
        raise TypeError("takes a separator and a list")
    return separator.join(map(plain_text, items))


def _split(argument: Any) -> Any:
    separator, text = _two(argument, "a separator and a string")
    if not isinstance(separator, str) or not separator or not isinstance(text, str):
        raise TypeError("takes a separator and a string")
    if not DeployText.partial(text):
        return text.split(separator)
    parts = text.split(separator)
    known: list[Any] = []
    for part in parts:
        # An unknown part may hold the separator, and then the places of all that follows are not known.
        if DeployText.partial(part) and not _cannot_hold(part, separator):
            return Partial(known, f"a part of {DeployText(text).shown}, split by {separator!r}")
        known.append(part)
    return known


def _cannot_hold(part: str, separator: str) -> bool:
    """Say whether what AWS makes up in a text has no separator: names and ids have no colon and no slash.

    Any other attribute may be an ARN.
    """
    text = DeployText(part)
    return text.is_only_made_up and separator in (":", "/") and all(map(_NAME_OR_ID.search, text.labels))


def _select(argument: Any) -> Any:
    index, items = _two(argument, "an index and a list")
    if DeployText.partial(index) or DeployText.partial(items):
        return DeployText.unknown(
            f"item {DeployText(index).shown} of {_label(items) if DeployText.partial(items) else 'a list'}"
        )
    if not isinstance(items, list) or not str(index).isdigit():
        raise TypeError("takes an index and a list")
    at = int(index)
    if at < len(items):
        return items[at]
    if isinstance(items, Partial):
        return DeployText.unknown(f"item {at} of {items.label}")
    raise ValueError(f"selects item {at} of a list that has {len(items)}")


def _base64(argument: Any) -> Any:
    text = plain_text(argument)
    return (
        DeployText.unknown(f"base64 of {DeployText(text).shown}")
        if DeployText.partial(text)
        else base64.b64encode(text.encode()).decode()
    )


def _length(argument: Any) -> Any:
    if isinstance(argument, Partial) or DeployText.partial(argument):
        return DeployText.unknown(f"the length of {_label(argument)}")
    if not isinstance(argument, list):
        raise TypeError("takes a list")
    return len(argument)


def _to_json(argument: Any) -> Any:
    return json.dumps(argument, separators=(",", ":"), ensure_ascii=False)


def _cidr(argument: Any) -> Any:
    import ipaddress

    if not isinstance(argument, list) or not 2 <= len(argument) <= 3:
        raise TypeError("takes an IP block, a count and optionally a number of CIDR bits")
    labels = [label for _, text in DeployText.all_in(argument) for label in text.labels]
    if labels:
        return DeployText.unknown(f"the blocks within {', '.join(labels)}")
    network = ipaddress.ip_network(str(argument[0]))
    bits = int(argument[2]) if len(argument) == 3 else 8
    blocks = network.subnets(new_prefix=network.max_prefixlen - bits)
    return [str(block) for block, _ in zip(blocks, range(int(argument[1])), strict=False)]


FUNCTIONS: Mapping[str, TemplateFunction] = {
    "Fn::Join": _join,
    "Fn::Split": _split,
    "Fn::Select": _select,
    "Fn::Base64": _base64,
    "Fn::Length": _length,
    "Fn::ToJsonString": _to_json,
    "Fn::Cidr": _cidr,
}


def _two(argument: Any, what: str) -> tuple[Any, Any]:
    if not isinstance(argument, list) or len(argument) != 2 or isinstance(argument, Partial):
        raise TypeError(f"takes {what}")
    return argument[0], argument[1]


def _label(value: Any) -> str:
    return value.label if isinstance(value, Partial) else ", ".join(DeployText(value).labels)
