"""PRE302 and PRE408 of resources of which no operation is declared: is the name free, and is there what is named?

What the facts have no list of is not judged: such a resource is reported as checked by its permissions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from preflight.account.facts import Absent, Ask, Known, Unknown
from preflight.account.overlays.planned import planned_in
from preflight.engine.result import Kind, Location, Result
from preflight.engine.rule import Rule
from preflight.readiness.derived.accounts import ResourceStep
from preflight.readiness.derived.names import NamedResource, beneath, own_name, references_of
from preflight.unresolved import DeployText

# What Cloud Control says of types that it does not read:
# https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/API_GetResource.html
_NOT_SUPPORTED = ("UnsupportedActionException", "TypeNotFoundException")
_LOGICAL_ID, _STACK_NAME = "aws:cloudformation:logical-id", "aws:cloudformation:stack-name"


def name_free(each: ResourceStep, rule: Rule) -> Iterator[Result]:
    """Say whether the name that a resource is given is free."""
    resource = each.resource
    named = own_name(each) if resource.handler == "create" and not resource.request else None
    if named is None:
        return
    where = Location(resource.document.path, named.pointer)

    def result(kind: Kind, message: str, remedy: str = "") -> Result:
        return rule.result(kind, message, subject=resource.name, location=where, remedy=remedy)

    if any(DeployText(value).has_made_up_part for value in named.key.values()):
        return
    if labels := [label for value in named.key.values() for label in DeployText(value).labels]:
        message = f"whether the name of {resource.name} is free isn't checked: it depends on {', '.join(labels)}"
        yield result(Kind.NOT_APPLICABLE, message)
        return
    if (other := _twice(each, named)) is not None:
        message = f"{other} has the name of {resource.name} too: {named.label}"
        yield result(Kind.FAIL, message, "Give one of the two another name.")
        return
    fact = beneath(each.step.account).read(named.ask)
    if isinstance(fact, Absent):
        yield result(Kind.PASS, f"the name of {named.label} is free")
    elif isinstance(fact, Unknown):
        message = f"whether the name of {named.label} is free isn't checked: {fact.reason}"
        judged = fact.asked and fact.code not in _NOT_SUPPORTED
        if judged:
            message = f"Can't determine whether the name of {named.label} is free: {fact.reason}"
        yield result(Kind.OPEN if judged else Kind.NOT_APPLICABLE, message, fact.remedy)
    else:
        yield _if_made(_taken(each, named, fact.value, result), each)


def _taken(each: ResourceStep, named: NamedResource, there: Any, result: Any) -> Result:
    resource, stack = each.resource, each.resource.name.partition("/")[0]
    own = _tags(there)
    if own.get(_LOGICAL_ID) == resource.name.rpartition("/")[2] and own.get(_STACK_NAME):
        message = f"{named.label} exists as {resource.name} of the stack {own[_STACK_NAME]}: this is an update of it"
        return result(Kind.NOT_APPLICABLE, message, "Check it as an update with --deployed FILE.")  # type: ignore[no-any-return]
    if (name := _stack_that_has(each, named)) is not None:
        message = f"{named.label} exists as {resource.name} of the stack {name}: this is an update of it"
        return result(Kind.NOT_APPLICABLE, message, "Check it as an update with --deployed FILE.")  # type: ignore[no-any-return]
    message = f"{named.label} exists in account {each.step.account_id}"
    if named.kind == "s3:bucket":
        message = f"{named.label} exists"
        if isinstance(there, Mapping) and there.get("Denied"):
            message += ", and perhaps belongs to another account: all accounts share the names of buckets"
    elif named.ask.region:
        message += f" in {named.ask.region}"
    if resource.through:
        way = f"Give it another name. If it belongs to {stack}, check the template as an update: --deployed FILE."
    else:
        way = "Give it another name, or import it into the state: terraform import."
    return result(Kind.FAIL, message, way)  # type: ignore[no-any-return]


def _stack_that_has(each: ResourceStep, named: NamedResource) -> str | None:
    """Return the name of the stack that is deployed, if what is there is the resource of the same logical id of it."""
    above, _, id_ = each.resource.name.partition("/")
    stacks = (one.stack_name for one in each.step.plan.stacks if one.named and one.name == above)
    stack = next(stacks, None)
    if stack is None or "/" in id_:
        return None
    key = {"StackName": stack, "LogicalResourceId": id_}
    fact = beneath(each.step.account).read(Ask.one("cloudformation:stack-resource", each.step.region, key))
    physical = str(fact.value.get("PhysicalResourceId")) if isinstance(fact, Known) else ""
    return stack if named.name in (physical, *re.split("[:/]", physical)[-1:]) else None


def _tags(there: Any) -> dict[str, str]:
    listed = there.get("Tags") if isinstance(there, Mapping) else None
    if isinstance(listed, Mapping):
        return {str(name): str(value) for name, value in listed.items()}
    entries = listed if isinstance(listed, list) else ()
    return {str(tag["Key"]): str(tag.get("Value", "")) for tag in entries if isinstance(tag, Mapping) and "Key" in tag}


def _twice(each: ResourceStep, named: NamedResource) -> str | None:
    """Return the resource of the plan that has the same name, if there is one before this and both are made."""
    region = each.resource.region
    other = _first_of_each(each, region).get(named.identity)
    return None if each.resource.depends_on or other == each.resource.name else other


def _is_made(each: ResourceStep, named: NamedResource) -> bool:
    """Say whether the plan makes what is named, or another of its stacks exports it."""
    exported = named.kind == "cloudformation:export" and any(
        named.name in stack.exports for stack in each.step.plan.stacks
    )
    return exported or named.identity in _first_of_each(each, each.resource.region)


def _first_of_each(each: ResourceStep, region: str) -> Mapping[Any, str]:
    """Return the first of the plan's resources that is certainly made with each name."""

    def made() -> dict[Any, str]:
        found: dict[Any, str] = {}
        for other in each.step.plan.resources:
            if other.handler == "create" and other.region == region and not other.depends_on:
                named = own_name(replace(each, resource=other))
                if named is not None:
                    found.setdefault(named.identity, other.name)
        return found

    return each.step.memo.once(("names of resources", region), made)


def named_exist(each: ResourceStep, rule: Rule) -> Iterator[Result]:
    """Say of what a resource names in the account whether it is there."""
    resource = each.resource
    if resource.handler not in ("create", "update") or resource.request:
        return
    for named in references_of(each):
        where = Location(resource.document.path, named.pointer)
        if planned_in(each.step.account, named.ask) or _is_made(each, named):
            continue
        fact = each.step.account.read(named.ask)
        if isinstance(fact, Unknown) and not fact.asked:
            continue
        kind, message, way = Kind.PASS, f"{named.label} exists", ""
        if isinstance(fact, Absent):
            place = f" in {named.ask.region}" if named.ask.region else ""
            kind, message = Kind.FAIL, f"{named.label} does not exist in account {each.step.account_id}{place}"
            way = "Create it first, or name one that exists."
        elif isinstance(fact, Unknown):
            kind, message = Kind.OPEN, f"Can't determine whether {named.label} exists: {fact.reason}"
            way = fact.remedy
        message += f" (named by {resource.name})"
        yield _if_made(rule.result(kind, message, subject=resource.name, location=where, remedy=way), each)


def _if_made(result: Result, each: ResourceStep) -> Result:
    """Return a failure as open where a condition that is not known decides whether the resource is made."""
    if result.kind is not Kind.FAIL or not each.resource.depends_on:
        return result
    depends = ", ".join(each.resource.depends_on)
    message = f"Can't determine whether {each.resource.name} is created: it depends on {depends}; {result.message}"
    return replace(result, kind=Kind.OPEN, message=message)
