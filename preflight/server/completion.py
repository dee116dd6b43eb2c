"""What may be written at the cursor: actions, condition keys, operators, forms of ARNs, effects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lsprotocol import types

from preflight.catalog.actions import action, actions
from preflight.catalog.arns import action_forms, arn_forms
from preflight.catalog.condition_keys import condition_keys, global_condition_keys
from preflight.catalog.services import service_exists, service_name, services
from preflight.server.cursor import Cursor

_OPERATORS = (
    "StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike",
    "StringNotLike", "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals",
    "NumericGreaterThan", "NumericGreaterThanEquals", "DateEquals", "DateNotEquals", "DateLessThan",
    "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals", "Bool", "BinaryEquals", "IpAddress",
    "NotIpAddress", "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "Null",
)  # fmt: skip
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html"""
_ALIKE = types.CompletionItemKind


def completions(cursor: Cursor, line: int, written: Iterable[str]) -> list[types.CompletionItem]:
    """Return what may be written at the cursor on a line; `written` are the actions of the statement, nearest first."""
    place = types.Range(types.Position(line, cursor.start), types.Position(line, cursor.end))
    return [_item(label, detail, kind, place) for label, detail, kind in _offered(cursor, list(written))]


def _offered(cursor: Cursor, written: list[str]) -> Iterator[tuple[str, str, types.CompletionItemKind]]:
    service, colon, _ = cursor.before.partition(":")
    if cursor.inside == "action":
        if colon:
            for name in actions(service.lower()) if service_exists(service.lower()) else ():
                found = action(service.lower(), name)
                levels = ", ".join(sorted(found.access_levels)) if found is not None else ""
                yield f"{service}:{name}", levels, _ALIKE.Function
        else:
            yield from ((f"{each}:", service_name(each) or "", _ALIKE.Module) for each in services())
    elif cursor.inside in ("key", "condition") and (cursor.inside == "key" or colon):
        yield from _keys(written)
    elif cursor.inside in ("condition", "operator"):
        yield from ((each, "condition operator", _ALIKE.Operator) for each in _OPERATORS)
        for quantifier in ("ForAllValues", "ForAnyValue"):
            yield from (
                (f"{quantifier}:{each}", "for keys with several values", _ALIKE.Operator) for each in _OPERATORS[:6]
            )
    elif cursor.inside == "resource":
        yield from _arns(written)
    elif cursor.inside == "effect":
        yield from ((each, "", _ALIKE.EnumMember) for each in ("Allow", "Deny"))


def _keys(written: list[str]) -> Iterator[tuple[str, str, types.CompletionItemKind]]:
    found = {}
    for each in written:
        service, _, name = each.partition(":")
        known = action(service.lower(), name)
        of_service = condition_keys(service.lower()) if service_exists(service.lower()) else ()
        for key in of_service:
            if known is None or key.name in known.all_condition_keys:
                found[key.name] = key
    found |= {key.name: key for key in global_condition_keys()}
    yield from (
        (key.name, f"{key.type}{', several values' if key.several else ''}", _ALIKE.Field) for key in found.values()
    )


def _arns(written: list[str]) -> Iterator[tuple[str, str, types.CompletionItemKind]]:
    """Yield the forms of the ARNs that the statement's actions bear on: those of the nearest action first."""
    seen = set()
    for each in written:
        service, _, name = each.lower().partition(":")
        if not service_exists(service):
            continue
        for form in action_forms(service, name) or arn_forms(service):
            if form.written not in seen:
                seen.add(form.written)
                yield form.written.replace("${Partition}", "aws"), form.type, _ALIKE.Value


def _item(label: str, detail: str, kind: types.CompletionItemKind, place: types.Range) -> types.CompletionItem:
    # Editors filter by what is written before the cursor up to a colon, unless they are told which text it replaces.
    return types.CompletionItem(
        label, kind=kind, detail=detail or None, filter_text=label, text_edit=types.TextEdit(place, label)
    )
