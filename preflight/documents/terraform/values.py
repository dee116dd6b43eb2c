"""The values that a resource will have: known, or by shape where only the deploy knows them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from preflight.declared.expressions import evaluate
from preflight.documents.cloudformation.types import Made, made_of
from preflight.documents.terraform.changes import ResourceChange, without_indices
from preflight.documents.terraform.configuration import Configuration, Pointed
from preflight.documents.terraform.place import ProviderConfiguration
from preflight.documents.terraform.policy_documents import document_of
from preflight.documents.terraform.translate import named_as, properties
from preflight.documents.terraform.types import declared_of, is_plain, made_as, plain_attributes
from preflight.unresolved import DeployText

_DOCUMENT = "aws_iam_policy_document"
_DEEPEST = 20


class PlannedValues:
    """The values of a plan's resources, worked out when they are asked for."""

    def __init__(
        self, changes: Sequence[ResourceChange], configuration: Configuration, place: ProviderConfiguration
    ) -> None:
        self._configuration, self._place = configuration, place
        self._by_address = {each.address: each for each in changes}
        self._instances: dict[str, list[ResourceChange]] = {}
        for each in changes:
            self._instances.setdefault(each.configured, []).append(each)
        self._known: dict[str, Mapping[str, Any]] = {}
        self._made: dict[str, Made] = {}
        self._depth = 0

    def after(self, change: ResourceChange) -> Mapping[str, Any]:
        """Return all arguments and attributes of a resource as they will be."""
        if change.address not in self._known:
            expressions = self._configuration.expressions(change.configured)
            found = self._merged(change, change.after, change.unknown, expressions, "", "")
            self._known[change.address] = self._named(change, found, expressions)
        return self._known[change.address]

    def arguments(self, change: ResourceChange) -> Mapping[str, Any]:
        """Return the arguments of a resource, and its name: without what only AWS or the provider will tell."""
        declared = declared_of(change.type)
        members, name = declared.get("members"), made_as(declared).get("name")
        expressions = self._configuration.expressions(change.configured)
        unknown = change.unknown if isinstance(change.unknown, dict) else {}
        found = {}
        for argument, value in self.after(change).items():
            told = argument in expressions or unknown.get(argument) is not True
            tags = argument == "tags_all" and "tags" in expressions
            if (told or tags or named_as(argument, members) == name) and not (
                argument == "tags" and members and "tags_all" in members and "tags_all" in change.after
            ):
                found[argument] = value
        return found

    def says(self, change: ResourceChange, argument: str) -> bool:
        """Say whether the configuration of a resource has an argument, whatever its value."""
        return argument in self._configuration.expressions(change.configured)

    def made(self, change: ResourceChange) -> Made:
        """Return a resource, of a type that is declared, as what it is made as."""
        if change.address not in self._made:
            declared = declared_of(change.type)
            given = properties(self.arguments(change), declared.get("members"))
            self._made[change.address] = self.made_from(change, given)
        return self._made[change.address]

    def made_from(self, change: ResourceChange, given: Mapping[str, Any]) -> Made:
        """Return a resource as what it is made as with the properties that are given."""
        made_up = DeployText.unknown(f"{change.address}.id", unique=True)
        known = change.before if change.updates or not change.makes else {}
        if isinstance(known.get("id"), str) and change.type in ("aws_kms_key", "aws_subnet", "aws_security_group"):
            made_up = known["id"].rpartition("-")[2] if change.type != "aws_kms_key" else known["id"]
        place = {**self._place.values(), "StackName": change.address, "LogicalId": change.address, "Id": made_up}
        return made_of(made_as(declared_of(change.type)), given, place)

    def _named(self, change: ResourceChange, values: dict[str, Any], expressions: Mapping[str, Any]) -> dict[str, Any]:
        """Put a name that the provider will make up where the configuration gives none."""
        unknown = change.unknown if isinstance(change.unknown, dict) else {}
        for name in [
            each for each in values if isinstance(each, str) and unknown.get(each) is True and each not in expressions
        ]:
            prefix = change.after.get(f"{name}_prefix")
            made_up = DeployText.unknown(f"{change.address}.{name}", unique=True)
            values[name] = f"{prefix}{made_up}" if isinstance(prefix, str) else made_up
        return values

    def _merged(
        self, change: ResourceChange, value: Any, unknown: Any, expression: Any, path: str, argument: str
    ) -> Any:
        """Return a value with what is not known of it in its place."""
        if unknown is True:
            return self._resolved(change, expression, path, argument)
        if isinstance(unknown, dict) and unknown:
            inner = expression if isinstance(expression, dict) else {}
            given = value if isinstance(value, dict) else {}
            merged = dict(given)
            for name, each in unknown.items():
                if each:
                    where = f"{path}.{name}" if path else name
                    merged[name] = self._merged(change, given.get(name), each, inner.get(name), where, name)
            return merged
        if isinstance(unknown, list) and any(unknown):
            listed = value if isinstance(value, list) else []
            length = max(len(listed), len(unknown))
            parts = _parts(expression, [at < len(unknown) and unknown[at] is True for at in range(length)])
            return [
                self._merged(
                    change,
                    listed[at] if at < len(listed) else None,
                    unknown[at] if at < len(unknown) else False,
                    parts[at],
                    f"{path}[{at}]",
                    argument,
                )
                for at in range(length)
            ]
        return value

    def _resolved(self, change: ResourceChange, expression: Any, path: str, argument: str) -> Any:
        """Return a value that is known after deployment, as far as what it refers to is known."""
        own = DeployText.unknown(f"{change.address}.{path}" if path else change.address)
        pointed = self._configuration.pointed(change.module, expression)
        if pointed is None or self._depth > _DEEPEST:
            return own
        attribute = pointed.attribute or next(iter(plain_attributes(argument)), "")
        every = self._instances.get(without_indices(pointed.address), ())
        if pointed.attribute is None and pointed.index == "" and argument.endswith("s") and len(every) > 1:
            keys = [replace(pointed, address=each.address, attribute=attribute) for each in every]
            return [self._attribute(each, attribute, change) or own for each in keys]
        if not is_plain(argument, attribute):
            return own
        self._depth += 1
        try:
            found = self._attribute(pointed, attribute, change)
        finally:
            self._depth -= 1
        return own if found is None else found

    def _attribute(self, pointed: Pointed, attribute: str, asking: ResourceChange) -> Any:
        target = self._target(pointed, asking)
        if target is None:
            return None
        if target.type == _DOCUMENT and attribute == "json":
            document = document_of(self.after(target))
            return None if document is None else json.dumps(document, ensure_ascii=False)
        label = DeployText.unknown(f"{target.address}.{attribute}")
        known = target.after.get(attribute)
        if isinstance(known, str):
            return known
        expression = declared_of(target.type).get("attributes", {}).get(attribute)
        if expression is not None:
            return evaluate(expression, self.made(target).values) or label
        return label

    def _target(self, pointed: Pointed, asking: ResourceChange) -> ResourceChange | None:
        """Return the instance that is referred to; None where it cannot be told from others."""
        address = pointed.address
        if pointed.index is None:
            key = asking.index
            address += f"[{json.dumps(key)}]" if key is not None else ""
        else:
            address += pointed.index
        found = self._by_address.get(address)
        if found is None and not pointed.index:
            # Inside a module that stands several times, or of a resource that stands once after all.
            every = [
                each
                for each in self._instances.get(without_indices(pointed.address), ())
                if each.module == asking.module or not asking.module
            ]
            found = every[0] if len(every) == 1 else None
        return found


def _parts(expression: Any, unknown: Sequence[bool]) -> list[Any]:
    """Return the expression of each element of a list: blocks have their own; one that refers to as many things as
    there are elements that are not known lists them.
    """
    length = len(unknown)
    if isinstance(expression, list):
        return [*expression[:length], *([None] * (length - len(expression)))]
    references = expression.get("references") if isinstance(expression, dict) else None
    if not isinstance(references, list):
        return [None] * length
    longest = [
        each
        for each in dict.fromkeys(references)
        if not any(other != each and other.startswith((f"{each}.", f"{each}[")) for other in references)
    ]
    if len(longest) != sum(unknown):
        return [None] * length
    named = iter(longest)
    return [{"references": [next(named)]} if each else None for each in unknown]
