"""The plan in a template: the calls that CloudFormation will make for it, and what it makes beside them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import PurePath
from typing import Any, TypeAlias

from preflight.declared.expressions import evaluate
from preflight.documents.cloudformation.accounting import CLOUDFORMATION, accounted
from preflight.documents.cloudformation.identities import identities_of
from preflight.documents.cloudformation.model import Resource, Template
from preflight.documents.cloudformation.packaging import uploads
from preflight.documents.cloudformation.stack import NESTED, Shared, Stack, StackPlace, references_in
from preflight.documents.cloudformation.template import read_template
from preflight.documents.cloudformation.types import Made, declared_of
from preflight.documents.cloudformation.updates import changed_by, updated
from preflight.documents.plans.operation_names import known_operations, schema_name
from preflight.documents.plans.plan import Declared, Gap, Given, Plan, PlannedRequest, PlannedResource, PlannedStack
from preflight.documents.plans.planned_request import planned_request
from preflight.documents.text.document import Document
from preflight.documents.text.schema import load_schema
from preflight.documents.text.tree import Tree
from preflight.errors import InputError
from preflight.json_pointer import escape
from preflight.unresolved import DeployText

TemplateReader: TypeAlias = Callable[[Given], Plan]

_SERVERLESS_APPLICATION = "AWS::Serverless::Application"
# Ten times what one operation on nested stacks may make.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
_MOST_RESOURCES = 25_000


@dataclass(slots=True)
class Gathered:
    """What the stacks of a plan come to, in order."""

    requests: list[PlannedRequest] = field(default_factory=list)
    declared: list[Declared] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    resources: list[PlannedResource] = field(default_factory=list)
    stacks: list[PlannedStack] = field(default_factory=list)


def plan_in(document: Document, given: Given) -> Plan:
    """Return the plan in a template, taken as a new stack. Raises `InputError` for what CloudFormation would refuse."""
    template = read_template(document, given.parameters)
    _require_known(template, given)
    shared = Shared(Tree(document.path), nested=nested_in)
    own = PurePath(document.path).stem
    label = own if given.several else ""
    where = StackPlace(given.region, given.account, given.stack_name, label, own, given.stack_tags)
    stack = Stack(template, where, given.parameters, shared)
    gathered = Gathered()
    gather(stack, gathered)
    if given.deployed is not None:
        _update(gathered, given.deployed, where, given)
    gathered.stacks.append(
        replace(deployed_stack(stack), named=given.stack_name is not None, updates=given.deployed is not None)
    )
    return planned(gathered, shared, given, partial(plan_in, document))


def deployed_stack(stack: Stack) -> PlannedStack:
    """Return a stack as what is deployed, as far as its template tells."""
    name, template = stack.place["StackName"], stack.template
    return PlannedStack(
        stack.where.stack,
        name,
        template.document,
        tags=stack.where.tags,
        transforms=template.transforms,
        exports=tuple(name for name, _ in stack.exports()),
    )


def _update(gathered: Gathered, deployed: Document, where: StackPlace, given: Given) -> None:
    """Take what was gathered as an update of a stack: of what is as it was, or changes in place, no call makes it."""
    if not isinstance(deployed.value, dict):
        raise InputError(deployed.path, "it is neither a template nor a change set", mend="write its Resources")
    if isinstance(deployed.value.get("Changes"), list):
        gathered.resources = changed_by(gathered.resources, deployed.value)
    else:
        before, template = Gathered(), read_template(deployed, given.parameters)
        known = {name: value for name, value in given.parameters.items() if name in template.parameters}
        gather(Stack(template, where, known, Shared(Tree(deployed.path), nested=nested_in)), before)
        gathered.resources = updated(gathered.resources, before.resources)
    made = {each.request for each in gathered.resources if each.request}
    gathered.requests = [each for each in gathered.requests if each.name in made]


def planned(
    gathered: Gathered, shared: Shared, given: Given, again: TemplateReader, principal: str | None = None
) -> Plan:
    """Return what was gathered as a plan; `again` reads its document again, where it was asked for a place that nobody
    has said.
    """

    def placed(region: str, account: str) -> Plan:
        return again(replace(given, region=region, account=account))

    return Plan(
        tuple(gathered.requests),
        region=given.region,
        account=given.account,
        principal=principal,
        declared=tuple(gathered.declared),
        gaps=(*gathered.gaps, *shared.rejected.values()),
        resources=tuple(gathered.resources),
        stacks=tuple(gathered.stacks),
        placed=placed if shared.asked_for_place else None,
    )


def gather(stack: Stack, into: Gathered, above: tuple[str, ...] = ()) -> None:
    """Add what a stack makes, in CloudFormation's order; `above` is what the stack depends on."""
    template = stack.template
    for macro in template.macros:
        message = f"the macro {macro} may change the template, and only CloudFormation knows the result"
        into.gaps.append(Gap(message, "check the processed template of a change set", template.document, "/Transform"))
    for pointer in template.includes:
        message = "Fn::Transform may write anything here, and only CloudFormation knows the result"
        into.gaps.append(Gap(message, "check the processed template of a change set", template.document, pointer))
    for resource in _ordered(stack):
        holds = stack.condition(resource)
        if holds is False:
            continue
        depends_on = above if holds is True else (*above, holds)
        into.resources.append(accounted(stack, resource, depends_on))
        if len(into.resources) > _MOST_RESOURCES:
            problem = f"with its nested stacks, it makes more than {_MOST_RESOURCES} resources"
            raise template.error(resource.pointer, problem, "check its parts one by one")
        if resource.type in (NESTED, _SERVERLESS_APPLICATION):
            nested = stack.nested(resource) if resource.type == NESTED else None
            if nested is None:
                into.gaps.append(_not_at_hand(template, resource))
            else:
                gather(nested, into, depends_on)
                stack.shared.exports.update(nested.exports())
            continue
        declared = declared_of(resource.type)
        if declared:
            _add(stack, resource, depends_on, into)
    stack.look_at_outputs()
    stack.look_at_rules()


def nested_in(stack: Stack, resource: Resource) -> Stack | None:
    """Return a nested stack, if its template lies beside that of its parent: as a local TemplateURL, which `aws
    cloudformation package` takes, or as an asset of the CDK.
    """
    properties = stack.properties(resource)
    asset, url = resource.metadata.get("aws:asset:path"), properties.get("TemplateURL")
    named = asset if isinstance(asset, str) else url
    if not isinstance(named, str) or DeployText.partial(named) or "://" in named:
        return None
    parent = stack.template.document.path
    path = named if parent == "-" else os.path.join(os.path.dirname(parent), named)  # noqa: PTH118, PTH120
    label = f"{stack.where.prefix}{resource.id}"
    if label.count("/") >= 10:
        problem = f"the stacks nested in {resource.id} contain each other"
        raise stack.template.error(resource.pointer, problem, "end the nesting")
    document = stack.shared.tree.load(path, parent)
    if document is None:
        return None
    if not isinstance(document.value, dict):
        raise InputError(path, "it is not a template", mend="write its Resources")
    parameters = properties.get("Parameters")
    given = {
        name: value if isinstance(value, (str, list)) else _text(value)
        for name, value in (parameters if isinstance(parameters, dict) else {}).items()
    }
    own = f"{stack.where.stack}/{resource.id}"
    certain = stack.where.certain and stack.condition(resource) is True
    where = StackPlace(stack.where.region, stack.where.account, None, label, own, stack.where.tags, certain)
    template = read_template(document, given)
    for name in given:
        if name not in template.parameters:
            pointer = f"{resource.pointer}/Properties/Parameters/{escape(name)}"
            raise stack.template.unknown_name(pointer, name, f"parameter of {path} of the name", template.parameters)
    return Stack(template, where, given, stack.shared)


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _require_known(template: Template, given: Given) -> None:
    for name in given.parameters:
        # Of several templates, another may have it.
        if name not in template.parameters and not name.startswith("AWS::") and not given.several:
            known = ", ".join(template.parameters) or "none"
            problem, mend = f"the template has no parameter {name!r}", f"give its own with --parameters: {known}"
            raise template.error("/Parameters", problem, mend)


def _not_at_hand(template: Template, resource: Resource) -> Gap:
    message = f"the template of the nested stack {resource.id} was not found, so its resources aren't checked"
    resolution = "use its local path as TemplateURL, and package the template before you deploy it"
    return Gap(message, resolution, template.document, resource.pointer)


def _ordered(stack: Stack) -> Iterator[Resource]:
    """Give the resources so that each comes after all that it refers to or depends on, else as they are written."""
    template, resources = stack.template, stack.template.resources
    done: set[str] = set()
    open_: dict[str, None] = {}

    def follow(name: str) -> Iterator[Resource]:
        waiting = [(name, iter(_needed(resources[name], stack)))]
        open_[name] = None
        while waiting:
            current, needed = waiting[-1]
            another = next((each for each in needed if each not in done), None)
            if another is None:
                waiting.pop()
                open_.pop(current, None)
                done.add(current)
                yield resources[current]
            elif another in open_:
                around = list(open_)
                circle = " → ".join([*around[around.index(another) :], another])
                problem = f"circular dependency between resources: {circle}"
                raise template.error(resources[another].pointer, problem, "remove one of these references")
            else:
                open_[another] = None
                waiting.append((another, iter(_needed(resources[another], stack))))

    for name in resources:
        if name not in done:
            yield from follow(name)


def _needed(resource: Resource, stack: Stack) -> list[str]:
    """Return what a resource comes after; what is not made needs nothing, and nothing waits for it."""
    resources = stack.template.resources
    if stack.condition(resource) is False:
        return []
    found = dict.fromkeys((*references_in(stack, resource), *resource.depends_on))
    return [name for name in found if stack.condition(resources[name]) is not False]


def _add(stack: Stack, resource: Resource, depends_on: tuple[str, ...], into: Gathered) -> None:
    made, document = stack.made(resource.id), stack.template.document
    declared, pointer = made.declared, f"{resource.pointer}/Properties"
    at = (document, pointer)
    if declared.get("operation") in known_operations():
        parameters = _parameters(made)
        name = f"{stack.where.prefix}{resource.id}"
        into.requests.append(
            planned_request(
                declared["operation"],
                parameters,
                document,
                pointer,
                name=name,
                through=CLOUDFORMATION,
                depends_on=depends_on,
            )
        )
    elif resource.type.startswith("AWS::SageMaker::"):
        message = f"preflight does not know the call that creates {resource.id}, a {resource.type}"
        into.gaps.append(Gap(message, "review it yourself", document, resource.pointer))
    beside = [*uploads(resource.type, resource.properties, made.properties, at)]
    beside += declared_in(made, at) if "kind" in declared else ()
    beside += identities_of(made, resource, at) if "identity" in declared else ()
    into.declared.extend(replace(each, depends_on=depends_on) for each in beside)


def _parameters(made: Made) -> dict[str, Any]:
    """Return the members of the call that properties make."""
    declared = made.declared
    dropped, renamed = declared.get("drop", ()), declared.get("rename", {})
    members = {renamed.get(name, name): each for name, each in made.properties.items() if name not in dropped}
    schema = load_schema(schema_name(declared["operation"]))
    parameters: dict[str, Any] = fitted(members, schema, schema)
    return parameters


def fitted(value: Any, schema: Any, root: Any) -> Any:
    """Return a value with its numbers and booleans as a schema has them: CloudFormation takes them as texts too."""
    while "$ref" in schema:
        schema = _within(root, schema["$ref"])
    if isinstance(value, dict):
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        other = others if isinstance(others, dict) else {}
        return {name: fitted(each, known.get(name, other), root) for name, each in value.items()}
    if isinstance(value, list) and schema.get("type") == "object" and "properties" not in schema and _tags(value):
        # Templates write tags as a list, whatever the API takes.
        return {str(each["Key"]): fitted(each.get("Value", ""), {"type": "string"}, root) for each in value}
    if isinstance(value, list):
        return [fitted(each, schema.get("items", {}), root) for each in value]
    kind = schema.get("type")
    if kind == "string" and isinstance(value, (bool, int, float)):
        return _text(value)
    if not isinstance(value, str) or DeployText.partial(value):
        return value
    if kind == "boolean" and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if kind in ("integer", "number"):
        try:
            return int(value) if kind == "integer" or value.lstrip("-").isdigit() else float(value)
        except ValueError:
            return value
    return value


def _tags(value: list[Any]) -> bool:
    return all(isinstance(each, dict) and {"Key", "Value"} >= set(each) and "Key" in each for each in value)


def _within(root: Any, reference: str) -> Any:
    for part in reference.removeprefix("#/").split("/"):
        root = root[part]
    return root


def declared_in(made: Made, at: tuple[Document, str]) -> Iterator[Declared]:
    """Give the resource itself, by each of its identities, and the policy that it has. `at` is where it stands."""
    declared, values = made.declared, made.values
    if "value" not in declared:
        return
    value = evaluate(declared["value"], values)
    policy = declared.get("policy")
    for expression in (declared["key"], *declared.get("also", ())):
        key = evaluate(expression, values)
        if value is not None and None not in key.values():
            yield Declared(declared["kind"], key, _known(value), *at)
            if policy is not None:
                document = evaluate(policy["value"], values) if "value" in policy else None
                change = "create" if isinstance(document, dict) else "delete"
                if "value" not in policy or isinstance(document, dict):
                    yield Declared(policy["kind"], key, document or {}, *at, change=change)  # type: ignore[arg-type]


def _known(value: Any) -> Any:
    return {name: each for name, each in value.items() if each is not None} if isinstance(value, dict) else value
