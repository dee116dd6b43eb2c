"""Resources that grant access without a policy document: members of their own make a statement of a resource's policy.

`rules/lint-data/grants.json` says which types do, in CloudFormation's templates and in Terraform, and what each member
is in the statement; members are named there as Terraform names them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple, NotRequired, TypedDict

from preflight.data_files import declared_json
from preflight.documents.policies.found_policy import FoundPolicy
from preflight.documents.policies.template_values import UNREAD_KEY, Shape, unknown_label, unknown_text
from preflight.documents.text.document import Document
from preflight.json_pointer import escape

_SERVICE_ENDS = (".amazonaws.com", ".amazonaws.com.cn", ".amazon.com")
_STATEMENT = "/Statement"
_AS_THEY_ARE: Mapping[str, str] = MappingProxyType({})


class GrantElement(TypedDict):
    """An element of the statement: the member that has it, and what it is where there is none. `arn` comes before a
    value that is a name alone; `version` is the member with what comes behind it.
    """

    member: NotRequired[str]
    default: NotRequired[str]
    arn: NotRequired[str]
    version: NotRequired[str]


DeclaredGrant = TypedDict(
    "DeclaredGrant",
    {
        "types": list[str],
        "service": str,
        "in": NotRequired[str],
        "when": NotRequired[Mapping[str, str]],
        "principal": GrantElement,
        "action": GrantElement,
        "resource": GrantElement,
        "conditions": NotRequired[Mapping[str, tuple[str, str]]],
        "condition": NotRequired[Mapping[str, str]],
    },
)


class GrantMembers(NamedTuple):
    """The members of a resource by the names of the declared data, with stand-ins for what of them is not known;
    `unknown` are the names of those, `undecided` of those among them that may be anything, and `written` is how the
    document has a name, where it has another.
    """

    values: Mapping[str, Any]
    unknown: frozenset[str] = frozenset()
    undecided: frozenset[str] = frozenset()
    written: Mapping[str, str] = _AS_THEY_ARE


class UndecidedMember(NamedTuple):
    """The member on which it depends whether a resource grants anything, and that is not known."""

    member: str


def grant_of(kind: str) -> DeclaredGrant | None:
    """Return how a type of resource grants access; None for one that does not, or does by a policy document."""
    return _by_type().get(kind)


def grant_types() -> Iterator[str]:
    """Yield the types of resources that grant access without a policy document."""
    yield from _by_type()


def granted(
    kind: str, address: str, members: GrantMembers, document: Document, at: str
) -> FoundPolicy | UndecidedMember | None:
    """Return what a resource of a type grants, as a policy; `at` is where its members stand in the document. None where
    it grants nothing. Raises `KeyError` for a type that never does.
    """
    grant = _by_type()[kind]
    if (when := grant.get("when")) is not None:
        if when["member"] in members.undecided:
            return UndecidedMember(when["member"])
        if members.values.get(when["member"]) != when["is"]:
            return None
    named = grant["principal"].get("member", "")
    principal = members.values.get(named, grant["principal"].get("default"))
    if named in members.undecided:
        return UndecidedMember(named)
    if not isinstance(principal, (str, list)) or not principal:
        return None
    made = _Statement(grant, members, at)
    policy = {"Version": "2012-10-17", "Statement": made.statement(principal)}
    owner = {"address": address, "type": kind, "service": grant["service"]}
    return FoundPolicy(document, policy, "resource", at, address, owner, shape=made.shape())


class _Statement:
    def __init__(self, grant: DeclaredGrant, members: GrantMembers, at: str) -> None:
        self._grant, self._members, self._at = grant, members, at
        self._moved = {"": at, f"{_STATEMENT}/Condition": at}
        # The ARN is made here: what it has beside the name is not the document's.
        self._unknown = {f"{_STATEMENT}/Resource"}

    def shape(self) -> Shape:
        """Return where the parts of the statement stand, and what of them is not known, once it is made."""
        return Shape(frozenset(self._unknown), self._moved)

    def statement(self, principal: str | list[Any]) -> dict[str, Any]:
        """Return the statement that is for some principals."""
        made: dict[str, Any] = {
            "Effect": "Allow",
            "Principal": _principals(principal),
            "Action": self._action(),
            "Resource": self._resource(),
        }
        self._mark("Principal", self._grant["principal"].get("member", self._grant.get("when", {}).get("member")))
        if f"{_STATEMENT}/Principal" in self._unknown:
            self._unknown.add(f"{_STATEMENT}/Principal/AWS")
        if conditions := self._conditions():
            made["Condition"] = conditions
        return made

    def _action(self) -> Any:
        part = self._grant["action"]
        self._mark("Action", part.get("member"))
        value = self._members.values.get(part.get("member", ""))
        return value if value is not None else part.get("default", "")

    def _resource(self) -> str:
        part = self._grant["resource"]
        self._mark("Resource", part.get("member"))
        value = self._members.values.get(part.get("member", ""))
        name = "*" if part.get("member") in self._members.unknown else str(value or part.get("default", ""))
        whole = name if name.startswith("arn:") else f"{part.get('arn', '')}{name}"
        version = self._members.values.get(part.get("version", ""))
        return whole if version is None else f"{whole}:{version}"

    def _conditions(self) -> Mapping[str, Mapping[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for name, (operator, key) in self._grant.get("conditions", {}).items():
            # As for AWS's API and its callers, false and an empty text are as good as none.
            if value := self._members.values.get(name):
                found.setdefault(operator, {})[key] = "true" if value is True else value
                self._mark(f"Condition/{operator}/{key}", name)
        if (declared := self._grant.get("condition")) is not None:
            for block in _blocks(self._members.values.get(declared["member"])):
                said = (block.get(declared[each]) for each in ("operator", "key", "value"))
                operator, key, value = self._condition(*said)
                if declared["member"] in self._members.unknown:
                    self._unknown.add(f"{_STATEMENT}/Condition/{operator}/{escape(key)}")
                found.setdefault(operator, {})[key] = value
        return found

    def _condition(self, operator: Any, key: Any, value: Any) -> tuple[str, str, Any]:
        """Return a condition; in place of one of which operator or key is not known, one that nobody meets."""
        if all(isinstance(each, str) and unknown_label(each) is None for each in (operator, key)):
            return operator, key, value
        self._unknown |= {f"{_STATEMENT}/Condition", f"{_STATEMENT}/Condition/StringEquals"}
        return "StringEquals", UNREAD_KEY, unknown_text("condition").text

    def _mark(self, element: str, member: str | None) -> None:
        """Say where an element stands in the document, and that it is not known where its member is not."""
        if member is None:
            return
        where = f"{_STATEMENT}/{element}"
        self._moved[where] = f"{self._at}/{self._members.written.get(member, member)}"
        if member in self._members.unknown:
            self._unknown.add(where)


def _blocks(given: Any) -> Iterator[Mapping[str, Any]]:
    for each in given if isinstance(given, list) else [given]:
        if isinstance(each, dict):
            yield each
        elif each is not None:
            yield {}


def _principals(given: str | list[Any]) -> Any:
    """Return principals as a statement has them: a service by its name, all others as AWS's."""
    texts = [given] if isinstance(given, str) else [str(each) for each in given]
    if "*" in texts:
        return "*"
    found: dict[str, list[str]] = {}
    for each in texts:
        found.setdefault("Service" if each.endswith(_SERVICE_ENDS) else "AWS", []).append(each)
    return {kind: many[0] if len(many) == 1 else many for kind, many in found.items()}


@cache
def _by_type() -> Mapping[str, DeclaredGrant]:
    grants: list[DeclaredGrant] = declared_json("lint-data/grants")["grants"]
    return {type_: each for each in grants for type_ in each["types"]}
