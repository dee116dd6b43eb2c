"""Terraform's functions that policies are put together with. Each gives None where its result is not known.

Source: https://developer.hashicorp.com/terraform/language/functions
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from preflight.documents.hcl.parse import Place
from preflight.documents.hcl.templates import Piece, joined, template_text
from preflight.documents.hcl.values import Encoded, HclList, HclValue, Mapped, ObjectMember, Scalar, UnknownValue

HclFunction: TypeAlias = Callable[[Sequence[HclValue], Place], HclValue | None]
_VERB = re.compile(r"%(?:%|[svdq])")
_MOST_ITEMS, _DEEPEST = 10_000, 20
_MORE = UnknownValue("…", Place("", 0, 0))  # what else a list may hold


def _jsonencode(values: Sequence[HclValue], at: Place) -> HclValue | None:
    return Encoded(values[0], at) if len(values) == 1 else None


def _jsondecode(values: Sequence[HclValue], _at: Place) -> HclValue | None:
    return values[0].value if len(values) == 1 and isinstance(values[0], Encoded) else None


def _concat(values: Sequence[HclValue], at: Place) -> HclValue | None:
    items = [item for each in values if isinstance(each, HclList) for item in each.items]
    complete = all(isinstance(each, HclList) and each.complete for each in values)
    return HclList(tuple(items), at, complete) if len(items) <= _MOST_ITEMS else None


def _merge(values: Sequence[HclValue], at: Place) -> HclValue | None:
    members: dict[str, ObjectMember] = {}
    complete = True
    for each in values:
        if isinstance(each, Mapped):
            members.update(each.members)
            complete = complete and each.complete
        elif not (isinstance(each, Scalar) and each.value is None):
            # What is not known may replace what comes before it.
            members = {
                name: ObjectMember(one.name_at, UnknownValue(name, one.value.at)) for name, one in members.items()
            }
            complete = False
    return Mapped(members, at, complete)


def _flatten(values: Sequence[HclValue], at: Place) -> HclValue | None:
    if len(values) != 1 or not isinstance(values[0], HclList):
        return None
    items: list[HclValue] = []
    for each in _flat(values[0], 0):
        items.append(each)
        if len(items) > _MOST_ITEMS:
            return None
    # What is not known may be a list of many.
    return HclList(tuple(each for each in items if each is not _MORE), at, not any(map(_is_more, items)))


def _flat(value: HclList, depth: int) -> Iterator[HclValue]:
    for each in value.items:
        if isinstance(each, HclList):
            yield from _flat(each, depth + 1) if depth < _DEEPEST else iter([_MORE])
        else:
            yield each
    if not value.complete:
        yield _MORE


def _is_more(value: HclValue) -> bool:
    return isinstance(value, UnknownValue)


def _same(values: Sequence[HclValue], _at: Place) -> HclValue | None:
    return values[0] if len(values) == 1 else None


def _compact(values: Sequence[HclValue], _at: Place) -> HclValue | None:
    if len(values) != 1 or not isinstance(values[0], HclList):
        return None
    there = [each for each in values[0].items if not (isinstance(each, Scalar) and each.value in (None, ""))]
    return HclList(tuple(there), values[0].at, values[0].complete)


def _distinct(values: Sequence[HclValue], _at: Place) -> HclValue | None:
    if len(values) != 1 or not isinstance(values[0], HclList):
        return None
    seen: dict[object, HclValue] = {}
    for each in values[0].items:
        seen.setdefault((type(each.value), each.value) if isinstance(each, Scalar) else id(each), each)
    return HclList(tuple(seen.values()), values[0].at, values[0].complete)


def _keys(values: Sequence[HclValue], at: Place) -> HclValue | None:
    if len(values) != 1 or not isinstance(values[0], Mapped):
        return None
    names = tuple(Scalar(name, member.name_at) for name, member in sorted(values[0].members.items()))
    return HclList(names, at, values[0].complete)


def _values(values: Sequence[HclValue], at: Place) -> HclValue | None:
    if len(values) != 1 or not isinstance(values[0], Mapped):
        return None
    return HclList(tuple(each.value for _, each in sorted(values[0].members.items())), at, values[0].complete)


def _lookup(values: Sequence[HclValue], _at: Place) -> HclValue | None:
    if len(values) < 2 or not isinstance(values[0], Mapped) or not isinstance(values[1], Scalar):
        return None
    member = values[0].members.get(str(values[1].value)) if values[1].known else None
    return member.value if member is not None else None


def _format(values: Sequence[HclValue], at: Place) -> HclValue | None:
    form = values[0] if values else None
    if not isinstance(form, Scalar) or not isinstance(form.value, str) or not form.known:
        return None
    if "%" in _VERB.sub("", form.value):
        return None
    pieces: list[Piece] = []
    given = list(values[1:])
    end = 0
    for found in _VERB.finditer(form.value):
        pieces += _literal(form.value[end : found.start()], at)
        end = found.end()
        if found[0] == "%%":
            pieces += _literal("%", at)
            continue
        if not given or template_text(given[0]) is None or found[0] == "%q":
            return None
        pieces.append(_piece(given.pop(0)))
    return joined([*pieces, *_literal(form.value[end:], at)], at)


def _join(values: Sequence[HclValue], at: Place) -> HclValue | None:
    if len(values) != 2 or not isinstance(values[0], Scalar) or not isinstance(values[1], HclList):
        return None
    between, items = str(values[0].value), values[1].items
    if any(template_text(each) is None for each in items) or not values[1].complete:
        return None
    pieces: list[Piece] = []
    for index, each in enumerate(items):
        pieces += _literal(between, at) if index else []
        pieces.append(_piece(each))
    return joined(pieces, at)


def _literal(text: str, at: Place) -> list[Piece]:
    return [Piece(Scalar(text, at), text, at)] if text else []


def _piece(value: HclValue) -> Piece:
    made = template_text(value)
    return Piece(value, (made.written or str(made.value)) if made is not None else "", value.at)


def _on_text(change: Callable[[str], str]) -> HclFunction:
    def function(values: Sequence[HclValue], _at: Place) -> HclValue | None:
        one = values[0] if len(values) == 1 else None
        if isinstance(one, Scalar) and isinstance(one.value, str) and one.known:
            return Scalar(change(one.value), one.at)
        return None

    return function


def _replace(values: Sequence[HclValue], at: Place) -> HclValue | None:
    texts = [each.value for each in values if isinstance(each, Scalar) and each.known and isinstance(each.value, str)]
    if len(texts) != 3 or len(values) != 3 or texts[1].startswith("/") or not texts[1]:
        return None
    if texts[0].count(texts[1]) * len(texts[2]) > 1 << 20:
        return None
    return Scalar(texts[0].replace(texts[1], texts[2]), at)


FUNCTIONS: Mapping[str, HclFunction] = {
    "jsonencode": _jsonencode,
    "jsondecode": _jsondecode,
    "concat": _concat,
    "merge": _merge,
    "flatten": _flatten,
    "format": _format,
    "join": _join,
    "compact": _compact,
    "distinct": _distinct,
    "toset": _distinct,
    "setunion": lambda values, at: _distinct([made], at) if (made := _concat(values, at)) is not None else None,
    "tolist": _same,
    "sort": _same,
    "tomap": _same,
    "nonsensitive": _same,
    "sensitive": _same,
    "tostring": _same,
    "keys": _keys,
    "values": _values,
    "lookup": _lookup,
    "lower": _on_text(str.lower),
    "upper": _on_text(str.upper),
    "trimspace": _on_text(str.strip),
    "chomp": _on_text(lambda text: text.rstrip("\r\n")),
    "replace": _replace,
}
