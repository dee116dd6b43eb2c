"""Cases for `preflight simulate`: one authorization question each, with its policies and what is expected of it.

A case that cannot be read is a value too, not an exception, so that the cases after it are still decided.
"""

from __future__ import annotations

import json
import marshal
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any, TypeAlias

from preflight.documents.text.document import Document
from preflight.errors import InputError
from preflight.iam.decision import Outcome
from preflight.iam.errors import PolicyError
from preflight.iam.policy import Policy, parse_policy
from preflight.iam.request import Context, Policies, PolicyType, Request, Value
from preflight.simulate.json_lines import WrittenMembers

_NEEDED = ("principal", "action", "resource")
_REMARKS = ("id", "description", "source")
_LISTS = ("identity_policies", "permissions_boundaries", "session_policies", "vpc_endpoint_policies")
_LEVELS = ("service_control_policies", "resource_control_policies")
POLICY_MEMBERS = frozenset((*_LISTS, *_LEVELS, "resource_policy"))
_OTHERS = ("resource_account", "context", "complete_context", "expect")
_MEMBERS = frozenset((*_NEEDED, *_REMARKS, *_OTHERS, *POLICY_MEMBERS))
_OUTCOMES = {str(outcome): outcome for outcome in Outcome}
_POLICIES_KEPT = 512
_TYPES = {
    "identity_policies": PolicyType.IDENTITY,
    "permissions_boundaries": PolicyType.BOUNDARY,
    "session_policies": PolicyType.SESSION,
    "vpc_endpoint_policies": PolicyType.VPC_ENDPOINT,
    "service_control_policies": PolicyType.SCP,
    "resource_control_policies": PolicyType.RCP,
}


@dataclass(frozen=True, slots=True)
class Case:
    """One question. `given` names the policy members that the case states; `place` is where it stands in `path`."""

    id: str
    request: Request
    policies: Policies
    given: frozenset[str]
    expect: Outcome | None
    path: str
    place: str


@dataclass(frozen=True, slots=True)
class BadCase:
    """A case that cannot be read, and why. `id` is its own if it has a readable one, else its number."""

    id: str
    error: InputError


AnyCase: TypeAlias = Case | BadCase


class _BadPolicyError(Exception):
    """A policy that AWS would refuse; `pointer` is where it stands in the case."""

    def __init__(self, pointer: str, error: PolicyError) -> None:
        super().__init__(pointer)
        self.pointer, self.error = pointer + error.pointer, error


class _WrongShapeError(ValueError):
    """The case is not of the schema's shape; what exactly is for the schema to say."""


_known_policies: dict[bytes | WrittenMembers, tuple[Policies, frozenset[str]]] = {}


def read_document(document: Document, *, first: int = 1) -> Iterator[AnyCase]:
    """Yield the cases of one document: a case, a list of cases, or `cases` with `defaults`.

    `first` is the number of its first case; a case without an id goes by its number.
    """
    value = document.value
    if isinstance(value, dict) and "cases" in value:
        yield from _read_table(document, first)
    elif isinstance(value, list):
        for place, member in enumerate(value):
            yield read_case(member, first + place, document.path, _citing(document, f"/{place}"))
    else:
        yield read_case(value, first, document.path, document.place)


def _read_table(document: Document, first: int) -> Iterator[AnyCase]:
    table = document.value
    defaults = table.get("defaults", {})
    if table.keys() - {"cases", "defaults"} or not isinstance(defaults, dict) or not isinstance(table["cases"], list):
        yield BadCase(str(first), _schema_error(table, document.path, document.place))
        return
    for place, member in enumerate(table["cases"]):
        if isinstance(member, dict):
            cite = _citing(document, f"/cases/{place}", inherited=defaults.keys() - member.keys())
            yield read_case({**defaults, **member}, first + place, document.path, cite)
        else:
            yield read_case(member, first + place, document.path, _citing(document, f"/cases/{place}"))


def _citing(document: Document, pointer: str, inherited: Set[str] = frozenset()) -> Callable[[str], str]:
    """Return a function from a pointer within a case to its place; members that are `inherited` are in the defaults."""

    def cite(inner: str) -> str:
        return document.place(("/defaults" if inner[1:].split("/")[0] in inherited else pointer) + inner)

    return cite


def read_case(
    value: Any, number: int, path: str, cite: Callable[[str], str], written: WrittenMembers | None = None
) -> AnyCase:
    """Make a `Case` of plain data. `cite` turns a JSON pointer within the case into its place in `path`; `written` is
    how its policies are written, where that is known.
    """
    case_id = str(number)
    if isinstance(value, dict) and isinstance(value.get("id"), str):
        case_id = value["id"]
    try:
        policies, given = _policies(value, written)
        expect = value.get("expect")
        principal, action, resource = value["principal"], value["action"], value["resource"]
        owner = value.get("resource_account")
        complete = value.get("complete_context", True)
        context = value.get("context")
        if (
            not value.keys() <= _MEMBERS
            or not (principal and action and resource)
            or not (type(principal) is type(action) is type(resource) is str)
            or not (owner is None or (isinstance(owner, str) and len(owner) == 12 and owner.isdecimal()))
            or (complete is not True and complete is not False)
            or not (context is None or isinstance(context, dict))
            or any(not isinstance(value.get(member, ""), str) for member in _REMARKS)
        ):
            raise _WrongShapeError
        request = Request(
            principal,
            action,
            resource,
            owner,
            Context({key: _value(one) for key, one in context.items()} if context else {}, complete),
        )
        return Case(case_id, request, policies, given, None if expect is None else _OUTCOMES[expect], path, cite(""))
    except _BadPolicyError as bad:
        place = cite(bad.pointer)
        return BadCase(case_id, InputError(path, bad.error.problem, place=place, mend=bad.error.mend))
    except (_WrongShapeError, KeyError, TypeError, AttributeError, ValueError):
        return BadCase(case_id, _schema_error(value, path, cite))


def _schema_error(value: Any, path: str, cite: Callable[[str], str]) -> InputError:
    """Return what the schema has against plain data."""
    from preflight.documents.text.schema import validate

    try:
        validate(Document(path, value), "simulation")  # without text, so that its place is the bare pointer
    except InputError as error:
        return InputError(path, error.problem, place=cite(error.place), mend=error.mend)
    return InputError(
        path, "it is not a case", place=cite(""), mend="see schemas/simulation.schema.json for the format"
    )


def _value(given: Any) -> Value:
    """Return a context value as text; JSON's true and 5 are the texts "true" and "5"."""
    kind = type(given)
    if kind is str:
        return given  # type: ignore[no-any-return]
    if kind is list:
        return tuple(map(_text, given))
    return _text(given)


def _text(given: Any) -> str:
    if isinstance(given, str):
        return given
    if isinstance(given, (bool, int, float)):
        return json.dumps(given)
    raise _WrongShapeError


def _policies(value: Mapping[str, Any], written: WrittenMembers | None) -> tuple[Policies, frozenset[str]]:
    """Return a case's policies. Cases with equal policies share them, and with them the engine's work."""
    content = _content(value) if written is None else written
    known = _known_policies.get(content)
    if known is None:
        stated = {member: value[member] for member in POLICY_MEMBERS if member in value}
        known = _compile(stated), frozenset(stated)
        if len(_known_policies) >= _POLICIES_KEPT:
            _known_policies.clear()
        _known_policies[content] = known
    return known


def _content(value: Mapping[str, Any]) -> bytes:
    try:
        return marshal.dumps([(member, value[member]) for member in POLICY_MEMBERS if member in value], 2)
    except ValueError:
        raise _WrongShapeError from None


def _compile(stated: Mapping[str, Any]) -> Policies:
    lists = {member: _parse_list(stated.get(member), f"/{member}", _TYPES[member]) for member in _LISTS}
    levels = {
        member: None
        if stated.get(member) is None
        else tuple(
            _parse_list(level, f"/{member}/{number}", _TYPES[member]) for number, level in enumerate(stated[member])
        )
        for member in _LEVELS
    }
    if len(lists["permissions_boundaries"]) > 1:
        # https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html
        problem = "a principal has only one permissions boundary"
        raise _BadPolicyError("/permissions_boundaries/1", PolicyError("", problem, "keep the one that applies"))
    resource = stated.get("resource_policy")
    return Policies(
        identity=lists["identity_policies"],
        boundaries=lists["permissions_boundaries"],
        # A session to which no policy was passed has none; AWS knows no empty list of them.
        session=lists["session_policies"] or None,
        service_control=levels["service_control_policies"],
        resource_control=levels["resource_control_policies"],
        resource=None if resource is None else _parse_resource_policy(resource),
        vpc_endpoint=lists["vpc_endpoint_policies"],
    )


def _parse_list(policies: Any, pointer: str, of: PolicyType) -> tuple[Policy, ...]:
    if policies is None:
        return ()
    if not isinstance(policies, list):
        raise _WrongShapeError
    return tuple(_parse_named(policy, f"{pointer}/{number}", of) for number, policy in enumerate(policies))


def _parse_named(named: Any, pointer: str, of: PolicyType) -> Policy:
    if named.keys() != {"name", "policy"} or not isinstance(named["name"], str):
        raise _WrongShapeError
    return _parse(named["policy"], named["name"], f"{pointer}/policy", of)


def _parse_resource_policy(resource: Any) -> Policy:
    if "policy" in resource:
        return _parse_named(resource, "/resource_policy", PolicyType.RESOURCE)
    return _parse(resource, "resource-policy", "/resource_policy", PolicyType.RESOURCE)


def _parse(document: Any, name: str, pointer: str, of: PolicyType) -> Policy:
    try:
        return parse_policy(document, name, of)
    except PolicyError as error:
        raise _BadPolicyError(pointer, error) from None
