"""The plan in a Terraform plan: the calls that the provider makes for it, in order, and what it makes beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from preflight.declared.stack_data import terraform_calls
from preflight.documents.cloudformation.plans import fitted
from preflight.documents.plans.operation_names import known_operations, schema_name
from preflight.documents.plans.plan import Declared, Gap, Given, Plan, PlannedHandler, PlannedRequest, PlannedResource
from preflight.documents.plans.planned_request import planned_request
from preflight.documents.terraform.changes import ResourceChange, changes_in
from preflight.documents.terraform.configuration import Configuration
from preflight.documents.terraform.identities import made_beside, taken_away
from preflight.documents.terraform.order import ordered
from preflight.documents.terraform.place import ProviderConfiguration, place_of
from preflight.documents.terraform.translate import request_members
from preflight.documents.terraform.types import declared_of, ignored, made_as
from preflight.documents.terraform.values import PlannedValues
from preflight.documents.text.document import Document
from preflight.documents.text.schema import load_schema
from preflight.errors import InputError
from preflight.unresolved import DeployText

_PROVIDERS = ("aws_", "awscc_")
_SAGEMAKER = ("aws_sagemaker_", "awscc_sagemaker_")
_APPLIED = frozenset({"create", "update", "delete"})


@dataclass(slots=True)
class _Reading:
    """One plan as it is read, and what it comes to so far."""

    document: Document
    configuration: Configuration
    place: ProviderConfiguration
    values: PlannedValues
    requests: list[PlannedRequest] = field(default_factory=list)
    declared: list[Declared] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)

    def gap(self, change: ResourceChange, message: str, resolution: str = "review it yourself") -> None:
        self.gaps.append(Gap(message, resolution, self.document, change.pointer))


def plan_in(document: Document, given: Given) -> Plan:
    """Return the plan in what `terraform show -json` printed. Raises `InputError` for what is not that."""
    changes = changes_in(document)
    if given.parameters:
        problem = "a Terraform plan has the values of its variables, so it takes no --parameters"
        raise InputError(document.path, problem, mend="give them to terraform plan, with -var or -var-file")
    configuration = Configuration(document.value)
    place = place_of(document.value, configuration, given)
    reading = _Reading(document, configuration, place, PlannedValues(changes, configuration, place))
    applied = [each for each in changes if _APPLIED & set(each.actions) and each.type.startswith(_PROVIDERS)]
    there = [each for each in applied if _is_here(each, reading)]
    needs = {name: configuration.needed(name) for name in configuration.resources} if there else {}
    for half, change in ordered(there, needs):
        if half == "destroy":
            _destroy(change, reading)
        else:
            _apply(change, reading)
    reading.gaps.extend(_unfinished(document, changes))
    return Plan(
        tuple(reading.requests),
        region=place.region,
        account=place.account,
        principal=place.principal,
        declared=tuple(reading.declared),
        gaps=tuple(reading.gaps),
        resources=tuple(
            _accounted(each, reading) for each in changes if each.mode == "managed" or each.actions != ("no-op",)
        ),
        placed=_again if place.asked else None,
    )


def _accounted(change: ResourceChange, reading: _Reading) -> PlannedResource:
    """Return a change as it must be accounted for; other providers than AWS's ask nothing of AWS."""
    handler: PlannedHandler = "none"
    if change.type.startswith(_PROVIDERS):
        handler = (
            "create" if change.makes else "update" if change.updates else "delete" if change.takes_away else "read"
        )
    made = {each.name for each in reading.requests}
    after = reading.values.after(change) if handler in ("create", "update", "read") else change.before
    expressions = reading.configuration.expressions(change.configured)
    return PlannedResource(
        name=change.address,
        type=change.type,
        handler=handler,
        properties=after,
        document=reading.document,
        pointer=change.pointer.removesuffix("/change"),
        before=change.before,
        said=frozenset(expressions) if expressions else None,
        request=change.address if change.address in made else "",
        replaces=change.makes and change.takes_away,
        region=_region_of(change, reading) or "",
    )


def _again(region: str, account: str) -> Plan:
    raise NotImplementedError("the plan of all documents is read again together")


def _unfinished(document: Document, changes: Sequence[ResourceChange]) -> Iterator[Gap]:
    """Yield what a plan leaves open: what it does not plan, what it runs, and planned resources without a change."""
    value: Mapping[str, Any] = document.value
    if value.get("errored") is True:
        yield Gap("the plan is incomplete, since planning ended with an error", "fix it, and plan again", document)
    if value.get("deferred_changes"):
        message = "changes are deferred to a later plan, and are not checked"
        yield Gap(message, "check the plan that follows", document, "/deferred_changes")
    invoked = value.get("action_invocations")
    for index, each in enumerate(invoked if isinstance(invoked, list) else []):
        if isinstance(each, dict) and str(each.get("type")).startswith(_PROVIDERS):
            message = f"{each.get('address')} is run after the changes, and its call is not checked"
            yield Gap(message, "review it yourself", document, f"/action_invocations/{index}")
    known = {each.address for each in changes} | set(_addresses(value.get("prior_state"), "values"))
    missing = [each for each in _addresses(value, "planned_values") if each not in known]
    if missing:
        message = f"{missing[0]} is planned, but the plan has no change for it"
        message += f", nor for {len(missing) - 1} more" if missing[1:] else ""
        yield Gap(message, "print the whole plan again: terraform show -json", document, "/planned_values")


def _addresses(holder: Any, name: str) -> Iterator[str]:
    """Yield the addresses of the managed resources of AWS in planned values, or in those of a state."""
    values = holder.get(name) if isinstance(holder, dict) else None
    modules = [values.get("root_module")] if isinstance(values, dict) else []
    while modules:
        module = modules.pop()
        if isinstance(module, dict):
            resources, children = module.get("resources"), module.get("child_modules")
            for each in resources if isinstance(resources, list) else []:
                managed = isinstance(each, dict) and each.get("mode", "managed") == "managed"
                if managed and str(each.get("type")).startswith(_PROVIDERS):
                    yield str(each.get("address"))
            modules += children if isinstance(children, list) else []


def _region_of(change: ResourceChange, reading: _Reading) -> str | None:
    """Return the region that a resource says, or that its provider is configured with; None where neither does."""
    said = (change.after or change.before).get("region")
    key = reading.configuration.provider_of(change.configured)
    return said if isinstance(said, str) else reading.place.regions.get(key)


def _is_here(change: ResourceChange, reading: _Reading) -> bool:
    """Say whether a resource is in the region of the plan; of one that is not, tell."""
    region = _region_of(change, reading)
    if region is None or reading.place.region is None or region == reading.place.region:
        return True
    if "operation" in made_as(declared_of(change.type)) or change.type.startswith(_SAGEMAKER):
        message = f"{change.address} is in {region}, but the check is for {reading.place.region}"
        reading.gap(change, message, f"check the plan with --region {region} too")
        return False
    return bool(str(made_as(declared_of(change.type)).get("kind", "iam:")).startswith(("iam:", "s3:")))


def _apply(change: ResourceChange, reading: _Reading) -> None:
    declared = declared_of(change.type)
    if not declared:
        return  # what the calls of its type need is derived, or PRE103 says that it can't be
    if "gap" in declared:
        reading.gap(change, f"{change.address} {declared['gap']}")
        return
    made = made_as(declared)
    if "operation" in made:
        operation = made["operation"] if change.makes else _updating(change, declared, reading)
        if operation is None:
            return
        if operation not in known_operations():
            reading.gap(change, f"preflight does not know {operation}, the call that makes or changes {change.address}")
            return
        _request(change, operation, reading)
    if "kind" in made or "identity" in made or "attach" in declared:
        reading.declared.extend(made_beside(change, reading.values, reading.document))


def _updating(change: ResourceChange, declared: Mapping[str, Any], reading: _Reading) -> str | None:
    """Return the operation that changes a resource in place; None where the calls for it are not known."""
    after = reading.values.after(change)
    changed = [name for name in after if after[name] != change.before.get(name) and after[name] not in (None, [], {})]
    update = declared.get("update", {})
    if any(name in changed for name in update.get("when", ())):
        operation: str = update["operation"]
        return operation
    others = ", ".join(name for name in changed if not name.endswith("_all"))
    # What the calls of the provider's other types need is derived.
    if others and not change.type.startswith("awscc_") and terraform_calls(change.type) is None:
        reading.gap(change, f"{change.address} changes in place ({others}), by calls that preflight does not know")
    return None


def _request(change: ResourceChange, operation: str, reading: _Reading) -> None:
    declared, schema = declared_of(change.type), schema_name(operation)
    made = made_as(declared)
    arguments = dict(reading.values.arguments(change))
    for name in declared.get("computed", ()):
        if DeployText(str(arguments.get(name, ""))).labels == (f"{change.address}.{name}",):
            del arguments[name]
    renamed = {**declared.get("members", {}), **{_snake(old): new for old, new in made.get("rename", {}).items()}}
    if change.configured not in reading.configuration.resources:
        arguments |= _required(change, schema, renamed, arguments)
    members, left = request_members(arguments, schema, renamed)
    dropped = {name.lower() for name in made.get("drop", ())} if "update" not in declared or change.makes else set()
    dropped |= {name.replace("_", "") for name in declared.get("drop", ())}
    members = {name: each for name, each in members.items() if name.lower() not in dropped}
    for path, argument in left.items():
        known_elsewhere = change.updates and path == argument
        if not (argument in ignored() or argument.replace("_", "") in dropped or known_elsewhere):
            message = f"preflight does not know the argument {path} of {change.address}, and ignores it"
            reading.gap(change, message)
    root = load_schema(schema)
    parameters: dict[str, Any] = fitted(members, root, root)
    request = planned_request(operation, parameters, reading.document, f"{change.pointer}/after", name=change.address)
    reading.requests.append(request)


def _required(
    change: ResourceChange, schema: str, renamed: Mapping[str, Any], given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the arguments that a call requires, and that a plan without the configuration says are not known yet: it
    does not tell what was written from what AWS will tell, and these somebody has written.
    """
    unknown = change.unknown if isinstance(change.unknown, dict) else {}
    found = {}
    for name in (each for each, said in unknown.items() if said is True and each not in given):
        value = DeployText.unknown(f"{change.address}.{name}")
        members, _ = request_members({name: value}, schema, renamed)
        if set(members) & set(load_schema(schema).get("required", ())):
            found[name] = value
    return found


def _destroy(change: ResourceChange, reading: _Reading) -> None:
    declared = declared_of(change.type)
    if "delete" in declared:
        operation = declared["delete"]["operation"]
        parameters = {name: change.before.get(each) for name, each in declared["delete"]["members"].items()}
        if operation not in known_operations() or not all(isinstance(each, str) for each in parameters.values()):
            reading.gap(change, f"preflight does not know {operation}, the call that deletes {change.address}")
            return
        pointer = f"{change.pointer}/before"
        reading.requests.append(PlannedRequest(operation, parameters, reading.document, pointer, change.address))
    elif declared and "gap" not in declared:
        partial = "attach" in declared or made_as(declared).get("identity") == "inline"
        if partial or not change.makes:
            reading.declared.extend(taken_away(change, reading.values, reading.document))


def _snake(name: str) -> str:
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in name).lstrip("_")
