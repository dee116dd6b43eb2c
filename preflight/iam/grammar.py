"""Reads a policy document by AWS's grammar.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import marshal
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple, NoReturn

from preflight.iam.caches import STATEMENTS
from preflight.iam.conditions import Condition, condition
from preflight.iam.elements import ELEMENTS, PRINCIPAL_KINDS, TOP_ELEMENTS, VERSIONS
from preflight.iam.errors import PolicyError
from preflight.iam.operators import OPERATORS
from preflight.iam.resource_patterns import is_incomplete
from preflight.iam.statement import Patterns, Principals, Statement, action_patterns, resource_patterns
from preflight.json_pointer import escape


class Named(Enum):
    """Whether statements of a policy name principals: they must, they must not, or it is not known what it is for."""

    MUST = "must"
    NEVER = "never"
    EITHER = "either"


def read_document(
    document: Mapping[str, Any],
    named: Named = Named.EITHER,
    *,
    completes: bool | None = None,
    of_session: bool = False,
) -> tuple[str, tuple[Statement, ...]]:
    """Return a document's version and compiled statements; raises `PolicyError`.

    `completes` says whether AWS completes incomplete ARNs in it (None: where statements name no principals),
    `of_session` whether it is a session policy, in which AWS refuses them.
    """
    if not isinstance(document, Mapping):
        _refuse("", f"a policy is an object, not {_kind(document)}", "give an object with Version and Statement")
    _known(document, TOP_ELEMENTS, "")
    version = document.get("Version", "2008-10-17")
    if version not in VERSIONS:
        _refuse("/Version", f"{version!r} is not a version of the policy language", 'write "2012-10-17"')
    _text(document, "Id", "")
    if "Statement" not in document:
        _refuse("", "the policy has no Statement", "add a Statement")
    body = document["Statement"]
    place = _Place(version, named, completes, of_session)
    if isinstance(body, Mapping):
        return version, (_statement(body, 0, "/Statement", place),)
    if not isinstance(body, list):
        _refuse("/Statement", f"Statement is {_kind(body)}", "make it an object or a list of objects")
    return version, tuple(_remembered(each, index, place) for index, each in enumerate(body))


class _Place(NamedTuple):
    """What the policy that a statement stands in says of it."""

    version: str
    named: Named
    completes: bool | None
    of_session: bool


def _remembered(body: Any, index: int, place: _Place) -> Statement:
    """Compile a statement of a list, once for all policies that have it in the same place."""
    try:
        key = (marshal.dumps(body, 2), index, place)
    except ValueError:
        return _statement(body, index, f"/Statement/{index}", place)
    found: Statement | None = STATEMENTS.get(key)
    return found or STATEMENTS.keep(key, _statement(body, index, f"/Statement/{index}", place))


def _statement(body: Any, index: int, at: str, place: _Place) -> Statement:
    version = place.version
    if not isinstance(body, Mapping):
        _refuse(at, f"a statement is an object, not {_kind(body)}", "give an object with Effect, Action and Resource")
    _known(body, ELEMENTS, at)
    _text(body, "Sid", at)
    effect = body.get("Effect")
    if effect not in ("Allow", "Deny"):
        problem = "the statement has no Effect" if effect is None else f"Effect is {effect!r}"
        _refuse(f"{at}/Effect" if "Effect" in body else at, problem, 'write "Allow" or "Deny"')
    actions = _patterns(body, "Action", at, version)
    if actions is None:
        _refuse(
            at,
            "the statement has neither Action nor NotAction",
            'add an Action element, such as "Action": "s3:GetObject"',
        )
    principals = _principals(body, at)
    _named(principals, at, place.named)
    completes = principals is None if place.completes is None else place.completes
    resources = _patterns(body, "Resource", at, version, completed=completes)
    if place.of_session and resources is not None:
        _whole(resources, body, at)
    if resources is None and principals is None:
        _refuse(at, "the statement has neither Resource nor NotResource", "add a Resource element")
    conditions = _conditions(body.get("Condition", {}), f"{at}/Condition", version)
    plain = not conditions and (resources is None or resources.regular)
    return Statement(index, body.get("Sid") or "", effect, actions, resources, principals, conditions, plain)


def _named(principals: Principals | None, at: str, named: Named) -> None:
    """Refuse a statement that AWS would not store in a policy of this type.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    if named is Named.MUST and principals is None:
        _refuse(at, "the statement has no Principal, which a policy of this type needs", "add a Principal element")
    if named is Named.NEVER and principals is not None:
        element = "NotPrincipal" if principals.negated else "Principal"
        problem = f"{element} cannot be used here: the policy applies to the principal that it is attached to"
        _refuse(f"{at}/{element}", problem, f"remove {element}")


def _whole(patterns: Patterns, body: Mapping[str, Any], at: str) -> None:
    """Refuse incomplete ARNs.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
    """
    name = "NotResource" if patterns.negated else "Resource"
    for position, each in enumerate(patterns.templates):
        if is_incomplete(each):
            place = f"{at}/{name}/{position}" if isinstance(body[name], list) else f"{at}/{name}"
            _refuse(place, f'"{each.text}" is not a complete ARN', "write all six parts; a session policy needs them")


def _patterns(
    body: Mapping[str, Any], element: str, at: str, version: str, *, completed: bool = True
) -> Patterns | None:
    name = _one_of(body, element, at)
    if name is None:
        return None
    texts = _texts(body[name], f"{at}/{name}", name)
    if element == "Resource":
        return resource_patterns(texts, version, negated=name != element, completed=completed)
    for position, text in enumerate(texts):
        service, colon, rest = text.partition(":")
        if not colon and text.strip("*"):
            place = f"{at}/{name}/{position}" if isinstance(body[name], list) else f"{at}/{name}"
            _refuse(place, f'"{text}" names no service', f'write "service:{text}"')
        # *:* is another way to write *, in use and taken by AWS's tools.
        if colon and ("*" in service or "?" in service) and text != "*:*":
            place = f"{at}/{name}/{position}" if isinstance(body[name], list) else f"{at}/{name}"
            _refuse(place, f'"{text}" has a wildcard in the service', f'name one service, such as "s3:{rest}"')
    return action_patterns(texts, negated=name != element)


def _one_of(body: Mapping[str, Any], element: str, at: str) -> str | None:
    names = [name for name in (element, f"Not{element}") if name in body]
    if len(names) > 1:
        _refuse(f"{at}/Not{element}", f"{element} and Not{element} exclude each other", "keep one of the two")
    return names[0] if names else None


def _principals(body: Mapping[str, Any], at: str) -> Principals | None:
    name = _one_of(body, "Principal", at)
    if name is None:
        return None
    found, place = body[name], f"{at}/{name}"
    negated = name == "NotPrincipal"
    if isinstance(found, str):
        if found != "*":
            _refuse(place, f'"{found}" is not a principal', f'write "*" or {{"AWS": "{found}"}}')
        return Principals((("AWS", "*"),), negated)
    if not isinstance(found, Mapping):
        _refuse(place, f"{name} is {_kind(found)}", 'write "*" or an object such as {"AWS": "arn:..."}')
    _known(found, PRINCIPAL_KINDS, place)
    entries = [(kind, text) for kind, value in found.items() for text in _texts(value, f"{place}/{kind}", kind)]
    return Principals(tuple(entries), negated)


def _conditions(block: Any, at: str, version: str) -> tuple[Condition, ...]:
    if not isinstance(block, Mapping):
        _refuse(at, f"Condition is {_kind(block)}", 'write an object such as {"StringEquals": {"key": "value"}}')
    found = []
    for operator, keys in block.items():
        place = f"{at}/{escape(operator)}"
        if not isinstance(keys, Mapping):
            _refuse(place, f"{operator} is {_kind(keys)}", 'write an object such as {"key": "value"}')
        for key, value in keys.items():
            values = _values(value, f"{place}/{escape(key)}", key)
            compiled = condition(operator, str(key), values, version)
            if compiled is None:
                names = [each.name for each in OPERATORS.values()]
                _refuse(place, f'"{operator}" is not a condition operator', _meant(str(operator), names))
            found.append(compiled)
    return tuple(found)


def _values(value: Any, at: str, name: str) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    for position, each in enumerate(listed):
        if not isinstance(each, str | bool | int | float):
            place = f"{at}/{position}" if isinstance(value, list) else at
            _refuse(place, f"a value of {name} is {_kind(each)}", "give strings, numbers or true and false")
    return tuple(("true" if each else "false") if isinstance(each, bool) else str(each) for each in listed)


def _texts(value: Any, at: str, name: str) -> Sequence[str]:
    listed = value if isinstance(value, list) else [value]
    for position, each in enumerate(listed):
        if not isinstance(each, str):
            place = f"{at}/{position}" if isinstance(value, list) else at
            _refuse(place, f"{name} is {_kind(each)}", "give a string or a list of strings")
    return listed


def _text(body: Mapping[str, Any], name: str, at: str) -> None:
    if name in body and not isinstance(body[name], str):
        _refuse(f"{at}/{name}", f"{name} is {_kind(body[name])}", "give a string")


def _known(body: Mapping[str, Any], names: Sequence[str], at: str) -> None:
    for name in body:
        if name not in names:
            _refuse(f"{at}/{escape(name)}", f'"{name}" is not an element of the policy language', _meant(name, names))


def _meant(name: str, names: Sequence[str]) -> str:
    from difflib import get_close_matches

    exact = [each for each in names if each.lower() == str(name).lower()]
    close = exact or get_close_matches(str(name), names, 1)
    return f"did you mean {close[0]}?" if close else f"use one of {', '.join(names)}"


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    kinds = {str: "a string", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return kinds.get(type(value), f"a {type(value).__name__}")


def _refuse(pointer: str, problem: str, mend: str) -> NoReturn:
    raise PolicyError(pointer, problem, mend)
