"""The names in a resource: its own, which must be free, and those of what is in the account already."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from preflight.account.facts import Account, Ask
from preflight.account.overlays.planned import Planned
from preflight.declared.expressions import evaluate
from preflight.declared.resource_kinds import load_kind
from preflight.declared.stack_data import stack_type
from preflight.declared.stack_names import ReferenceRule, is_unique, name_rule, reference_rules
from preflight.json_pointer import escape
from preflight.readiness.derived.accounts import ResourceStep
from preflight.unresolved import DeployText

_CLOUD_CONTROL = "cloudcontrol:resource"
# How the value of another stack's export is labelled where it is not known.
_EXPORT = re.compile(r"^the export ([A-Za-z0-9:-]+)$")
_POLICY = ("Statement", "Principal")


@dataclass(frozen=True, slots=True)
class NamedResource:
    """A resource that is named: its kind, what it is looked up by, its name as it was written, and where that stands.
    `ask` is the question for it.
    """

    kind: str
    key: Mapping[str, str]
    name: str
    pointer: str
    ask: Ask

    @property
    def identity(self) -> tuple[str, str, tuple[tuple[str, str], ...]]:
        """What tells it from others, whoever names it."""
        return self.ask.kind, self.ask.region, self.ask.key

    @property
    def label(self) -> str:
        """What messages call it."""
        kind = self.key["TypeName"] if self.kind == _CLOUD_CONTROL else load_kind(self.kind).label
        return f"{kind} `{DeployText(self.name).shown}`"


def own_name(each: ResourceStep) -> NamedResource | None:
    """Return the name that a resource is to have, where it has one of its own that no other may have."""
    resource = each.resource
    # CloudFormation takes a number for a text; what is neither names nothing.
    properties = {
        name: str(value)
        for name, value in resource.properties.items()
        if isinstance(value, (str, int)) and not isinstance(value, bool)
    }
    rule = name_rule(resource.type)
    if rule is not None:
        found = evaluate(rule.key, each.step.place.values(properties))
        return _named(each, rule.kind, found)
    known = stack_type(resource.type) if "::" in resource.type else None
    if known is None or not known.identifiers or not is_unique(resource.type):
        return None
    values = [properties.get(name) for name in known.identifiers]
    if not all(values) or not set(known.identifiers) <= known.create_only:
        return None
    return _named(each, _CLOUD_CONTROL, {"TypeName": resource.type, "Identifier": "|".join(map(str, values))})


def _named(each: ResourceStep, kind: str, key: Any) -> NamedResource | None:
    if not isinstance(key, dict) or not all(isinstance(value, str) and value for value in key.values()):
        return None
    by_value = {str(value): name for name, value in each.resource.properties.items() if isinstance(value, (str, int))}
    name = _written(list(key.values()), by_value)
    above = f"{each.resource.pointer}/Properties/" if "::" in each.resource.type else ""
    pointer = f"{above}{escape(by_value[name])}" if above and name in by_value else each.resource.pointer
    return NamedResource(kind, key, name, pointer, _ask(each, kind, key, expected=False))


def _written(values: list[str], properties: Mapping[str, str]) -> str:
    """Return the part of a key that a property says, which is the name as it was written."""
    for value in reversed(values):
        for text in (value, value.rpartition(":")[2], value.rpartition("/")[2]):
            if text in properties:
                return text
    return values[-1]


def _ask(each: ResourceStep, kind: str, key: Mapping[str, str], *, expected: bool) -> Ask:
    region = "" if load_kind(kind).declared.get("global") else each.step.region
    return Ask.one(kind, region, key, expected=expected)


def beneath(account: Account) -> Account:
    """Return the account as it is before the plan."""
    return account.beneath if isinstance(account, Planned) else account


def references_of(each: ResourceStep) -> Iterator[NamedResource]:
    """Give what a resource names in the account and the region, each once: by the form of its values, and the exports
    of other stacks. What a policy speaks of need not be there.
    """
    seen: set[Ask] = set()
    top = f"{each.resource.pointer}/Properties" if "::" in each.resource.type else each.resource.pointer
    waiting: list[tuple[Any, str, str]] = [(each.resource.properties, "", top)]
    while waiting:
        value, name, pointer = waiting.pop()
        if isinstance(value, Mapping):
            if not any(member in value for member in _POLICY):
                waiting += [(inner, str(member), f"{pointer}/{escape(str(member))}") for member, inner in value.items()]
        elif isinstance(value, list):
            waiting += [(inner, name, f"{pointer}/{at}") for at, inner in enumerate(value)]
        elif isinstance(value, str):
            for found in _of_text(each, value, name, pointer):
                if found.ask not in seen:
                    seen.add(found.ask)
                    yield found


def _of_text(each: ResourceStep, text: str, property_: str, pointer: str) -> Iterator[NamedResource]:
    if (unknown := DeployText.partial(text)) is not None:
        for label in unknown.labels:
            if match := _EXPORT.match(label):
                key = {"Name": match[1]}
                ask = _ask(each, "cloudformation:export", key, expected=True)
                yield NamedResource("cloudformation:export", key, match[1], pointer, ask)
        return
    for rule in reference_rules():
        if _fits(rule, each.resource.type, property_, text) and _is_here(text, each):
            key = evaluate(rule.key, text)
            yield NamedResource(rule.kind, key, text, pointer, _ask(each, rule.kind, key, expected=True))


def _fits(rule: ReferenceRule, type_: str, property_: str, text: str) -> bool:
    if rule.property is not None and not rule.property.search(property_):
        return False
    return (rule.of is None or rule.of.match(type_) is not None) and rule.form.fullmatch(text) is not None


def _is_here(text: str, each: ResourceStep) -> bool:
    """Say whether an ARN is of the account and region that are checked, and of nothing that AWS makes itself."""
    if not text.startswith("arn:"):
        return True
    parts = text.split(":", 5)
    here = parts[4] == each.step.account_id and parts[3] in ("", each.step.region)
    return here and "/aws-service-role/" not in text
