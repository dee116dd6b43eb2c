"""Policies that `data.aws_iam_policy_document` makes during the apply: a plan has their arguments, but not their JSON.

Sources: https://developer.hashicorp.com/terraform/internals/json-format (`after_unknown`, expressions) and
https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from preflight.documents.policies.found_policy import FoundPolicy, PassedOver
from preflight.documents.policies.policy_type import service_of, type_of
from preflight.documents.policies.template_values import UNREAD_KEY, Shape, unknown_text
from preflight.documents.policies.terraform_places import places_of, told
from preflight.documents.text.document import Document
from preflight.documents.text.load import load_text
from preflight.errors import InputError
from preflight.json_pointer import escape

DOCUMENT = "aws_iam_policy_document"
_LISTS = {"actions": "Action", "not_actions": "NotAction", "resources": "Resource", "not_resources": "NotResource"}
_PRINCIPALS = {"principals": "Principal", "not_principals": "NotPrincipal"}
_SOURCES = ("source_json", "source_policy_documents")
_OVERRIDES = ("override_json", "override_policy_documents")
_INDEX = re.compile(r"\[[^]]*\]")
_MOST_MODULES = 10_000


@dataclass(frozen=True, slots=True)
class _Consumer:
    """An attribute of a resource that takes a document."""

    kind: str
    address: str
    path: str


def documents_of(
    document: Document, changes: Sequence[Any]
) -> Iterator[tuple[FoundPolicy | PassedOver, frozenset[str]]]:
    """Yield the policies of the data sources that are read during the apply, each with the addresses of the resources
    that take it, without indices; and what of them is not known.
    """
    consumers: dict[str, list[_Consumer]] | None = None
    for index, change in enumerate(changes):
        if not isinstance(change, dict) or change.get("type") != DOCUMENT or change.get("mode") != "data":
            continue
        about = change.get("change")
        after = about.get("after") if isinstance(about, dict) else None
        if not isinstance(about, dict) or not isinstance(after, dict) or isinstance(after.get("json"), str):
            continue
        if consumers is None:
            consumers = _consumers(document.value.get("configuration"))
        address = str(change.get("address"))
        found = consumers.get(_INDEX.sub("", address), [])
        unknown = about.get("after_unknown")
        making = _Making(f"/resource_changes/{index}/change/after", after, unknown if isinstance(unknown, dict) else {})
        bare = making.found(document, address)
        taken = frozenset(each.address for each in found)
        if not making.complete:
            yield PassedOver(f"not all statements of {address} are known before the apply"), taken
        if bare.value["Statement"]:
            yield from ((each, taken) for each in _typed(bare, found, address))


def _typed(bare: FoundPolicy, consumers: Sequence[_Consumer], address: str) -> Iterator[FoundPolicy]:
    typed: dict[str, FoundPolicy] = {}
    for each in consumers:
        said = told(bare, {"type": each.kind, "address": each.address}, {}, each.path)
        typed.setdefault(said.type, replace(said, name=address))
    if not typed:
        service = service_of(bare.value) if bare.type == "resource" else ""
        owner = {"address": address, **({"service": service} if service else {})}
        typed[bare.type] = replace(bare, name=address, owner=owner)
    yield from typed.values()


@dataclass(slots=True)
class _Statement:
    """A statement, where it stands in the document, and by pointers in it: where its parts do, and what of it is not
    known.
    """

    value: dict[str, Any]
    at: str
    moved: dict[str, str] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)

    def stand_in(self, part: str) -> str:
        """Return the text that stands for a part that is not known: what another statement has need not be the same."""
        return unknown_text(f"{self.at.rpartition('/after/')[2]}{part}".replace("/", ".")).text


class _Making:
    """Makes the policy of one data source. `at` is where its arguments stand in the document."""

    def __init__(self, at: str, after: Mapping[str, Any], unknown: Mapping[str, Any]) -> None:
        self._at, self._after, self._unknown = at, after, unknown
        self.complete = True

    def found(self, document: Document, address: str) -> FoundPolicy:
        """Return the policy. Statements that are not known at all are left out, and it is not `complete` then."""
        statements = [*self._given(_SOURCES), *self._own()]
        for each in self._given(_OVERRIDES):
            sid = each.value.get("Sid")
            same = next((at for at, one in enumerate(statements) if sid and one.value.get("Sid") == sid), None)
            if same is None:
                statements.append(each)
            else:
                statements[same] = each
        version = self._after.get("version")
        policy = {
            "Version": version if isinstance(version, str) and version else "2012-10-17",
            "Statement": [each.value for each in statements],
        }
        moved, unknown = {"": self._at}, set()
        for index, each in enumerate(statements):
            at = f"/Statement/{index}"
            moved |= {at: each.at, **{f"{at}{inner}": where for inner, where in each.moved.items()}}
            unknown |= {f"{at}{inner}" for inner in each.unknown}
        if unknown or not self.complete:
            unknown.add("")  # such as how long it is
        shape = Shape(frozenset(unknown), moved, complete=self.complete)
        return FoundPolicy(document, policy, type_of(policy), self._at, address, shape=shape)

    def _given(self, names: Sequence[str]) -> Iterator[_Statement]:
        """Yield the statements of the documents that are taken over, as far as those are known."""
        for name in names:
            for index, (text, hidden) in enumerate(_pairs(self._after.get(name), self._unknown.get(name))):
                where = (
                    f"{self._at}/{name}/{index}" if isinstance(self._after.get(name), list) else f"{self._at}/{name}"
                )
                try:
                    policy = load_text(text, "").value if isinstance(text, str) and text and not hidden else None
                except InputError:
                    policy = None
                given = policy.get("Statement") if isinstance(policy, dict) else None
                self.complete = self.complete and (given is not None or (text in (None, "") and not hidden))
                for each in given if isinstance(given, list) else [given]:
                    if isinstance(each, dict):
                        yield _Statement(each, where, {f"/{escape(element)}": where for element in each})

    def _own(self) -> Iterator[_Statement]:
        for index, (given, hidden) in enumerate(_pairs(self._after.get("statement"), self._unknown.get("statement"))):
            if hidden is True or not isinstance(given, dict):
                self.complete = False
            else:
                yield _statement(given, hidden if isinstance(hidden, dict) else {}, f"{self._at}/statement/{index}")


def _statement(given: Mapping[str, Any], hidden: Mapping[str, Any], at: str) -> _Statement:
    made = _Statement({}, at)
    if given.get("sid"):
        made.value["Sid"] = given["sid"]
    made.value["Effect"] = given.get("effect") or "Allow"
    if hidden.get("effect") is True:
        made.value["Effect"] = made.stand_in("/Effect")
        made.unknown.add("/Effect")
    made.moved = {"/Sid": f"{at}/sid", "/Effect": f"{at}/effect"}
    for name, element in _LISTS.items():
        if given.get(name) or hidden.get(name):
            made.moved[f"/{element}"] = f"{at}/{name}"
            made.value[element] = _texts(given.get(name), hidden.get(name), f"/{element}", made)
    for name, element in _PRINCIPALS.items():
        for index, (block, its) in enumerate(_pairs(given.get(name), hidden.get(name))):
            _principal(block, its, element, f"{at}/{name}/{index}", made)
    for index, (block, its) in enumerate(_pairs(given.get("condition"), hidden.get("condition"))):
        _condition(block, its, f"{at}/condition/{index}", made)
    return made


def _principal(block: Any, hidden: Any, element: str, at: str, made: _Statement) -> None:
    if hidden is True or not isinstance(block, dict) or not isinstance(block.get("type"), str):
        made.value.setdefault(element, {"AWS": made.stand_in(f"/{element}")})
        made.unknown |= {f"/{element}", f"/{element}/AWS"}
        return
    made.moved.setdefault(f"/{element}", at)
    kind = block["type"]
    if kind == "*" or made.value.get(element) == "*":
        made.value[element] = "*"
        return
    where = f"/{element}/{escape(kind)}"
    made.moved[where] = f"{at}/identifiers"
    inner = hidden.get("identifiers") if isinstance(hidden, dict) else None
    named = _texts(block.get("identifiers"), inner, where, made)
    known = made.value.setdefault(element, {})
    known[kind] = [*_listed(known[kind]), *_listed(named)] if kind in known else named


def _condition(block: Any, hidden: Any, at: str, made: _Statement) -> None:
    conditions = made.value.setdefault("Condition", {})
    made.moved.setdefault("/Condition", at)
    inner = hidden if isinstance(hidden, dict) else {}
    test = block.get("test") if isinstance(block, dict) else None
    variable = block.get("variable") if isinstance(block, dict) else None
    if hidden is True or not isinstance(test, str) or not isinstance(variable, str):
        where = f"/Condition/StringEquals/{escape(UNREAD_KEY)}"
        conditions.setdefault("StringEquals", {})[UNREAD_KEY] = made.stand_in("/condition")
        made.unknown |= {"/Condition", "/Condition/StringEquals", where}
        return
    where = f"/Condition/{escape(test)}/{escape(variable)}"
    made.moved |= {where: f"{at}/values", f"/Condition/{escape(test)}": f"{at}/test"}
    values = _texts(block.get("values"), inner.get("values"), where, made)
    keys = conditions.setdefault(test, {})
    keys[variable] = [*_listed(keys[variable]), *_listed(values)] if variable in keys else values


def _texts(given: Any, hidden: Any, where: str, made: _Statement) -> Any:
    """Return texts as the provider writes them, one alone without a list; what is not known is a text of its own."""
    if hidden is True:
        made.unknown.add(where)
        return made.stand_in(where)
    pairs = list(_pairs(given, hidden))
    texts = [made.stand_in(f"{where}/{index}") if its else each for index, (each, its) in enumerate(pairs)]
    for index, (_, its) in enumerate(pairs):
        if its:
            made.unknown |= {where, f"{where}/{index}"}
    return texts[0] if len(texts) == 1 else texts


def _pairs(given: Any, hidden: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the entries of a list with what is not known of each; of one that is not known at all, one."""
    if hidden is True:
        yield None, True
        return
    values = given if isinstance(given, list) else [] if given is None else [given]
    flags = hidden if isinstance(hidden, list) else []
    for index in range(max(len(values), len(flags))):
        yield values[index] if index < len(values) else None, flags[index] if index < len(flags) else None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _consumers(configuration: Any) -> dict[str, list[_Consumer]]:
    """Return the attributes that refer to documents, by the documents' addresses."""
    found: dict[str, list[_Consumer]] = {}
    waiting = [("", configuration.get("root_module") if isinstance(configuration, dict) else None)]
    for prefix, module in waiting:
        if not isinstance(module, dict) or len(waiting) > _MOST_MODULES:
            continue
        for resource in module.get("resources") or ():
            if isinstance(resource, dict) and (places := places_of(str(resource.get("type")))):
                address = f"{prefix}{resource.get('type')}.{resource.get('name')}"
                for path in places:
                    for reference in _references(resource.get("expressions"), path.split("/")):
                        if reference.startswith(f"data.{DOCUMENT}."):
                            name = _INDEX.sub("", reference).split(".")[2]
                            found.setdefault(f"{prefix}data.{DOCUMENT}.{name}", []).append(
                                _Consumer(str(resource["type"]), address, path)
                            )
        for name, call in (module.get("module_calls") or {}).items():
            if isinstance(call, dict):
                waiting.append((f"{prefix}module.{name}.", call.get("module")))
    return found


def _references(expressions: Any, names: Sequence[str]) -> Iterator[str]:
    if isinstance(expressions, list):
        for each in expressions:
            yield from _references(each, names)
    elif isinstance(expressions, dict):
        if names:
            yield from _references(expressions.get(names[0]), names[1:])
        else:
            references = expressions.get("references")
            yield from map(str, references if isinstance(references, list) else ())
