"""One stack: a template, where it is deployed and with which parameters, and what its resources come to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from preflight.declared.partitions import partition_of, suffix_of
from preflight.documents.cloudformation.functions import NOTHING
from preflight.documents.cloudformation.model import Resource, Template
from preflight.documents.cloudformation.packaging import packaged
from preflight.documents.cloudformation.parameters import value_of
from preflight.documents.cloudformation.resolve import Resolver
from preflight.documents.cloudformation.types import Made, declared_of, made_of
from preflight.documents.plans.plan import Gap
from preflight.documents.text.schema import word_for
from preflight.documents.text.tree import Tree
from preflight.errors import InputError
from preflight.json_pointer import escape, unescape
from preflight.unresolved import DeployText, parameters_in, resolution

NESTED = "AWS::CloudFormation::Stack"
_REFERS = ("Ref", "Fn::GetAtt", "Fn::Sub")


@dataclass(frozen=True, slots=True)
class StackPlace:
    """Where a stack is deployed; None for what nobody has said. `label` tells it from other stacks of the plan, and is
    empty where there is only one; `stack` is what its resources are reported under. `tags` are those of the stack.
    `certain` says that no condition that is not known decides whether it is deployed.
    """

    region: str | None = None
    account: str | None = None
    name: str | None = None
    label: str = ""
    stack: str = ""
    tags: Mapping[str, str] | None = field(default_factory=dict)
    certain: bool = True

    @property
    def prefix(self) -> str:
        """What the names of the stack's resources begin with where several stacks are told apart."""
        return f"{self.label}/" if self.label else ""


@dataclass(slots=True)
class Shared:
    """What the stacks of a plan share: the tree that their files lie in, exports by name, how the template of a nested
    stack is found, and what CloudFormation rejects, or may reject, in their templates, by where it stands.
    """

    tree: Tree
    exports: MutableMapping[str, Any] = field(default_factory=dict)
    nested: Callable[[Stack, Resource], Stack | None] = lambda _, __: None
    rejected: dict[tuple[str, str], Gap] = field(default_factory=dict)
    asked_for_place: bool = False


class Stack:
    """One stack, whose values are worked out when they are asked for."""

    def __init__(self, template: Template, where: StackPlace, given: Mapping[str, Any], shared: Shared) -> None:
        """Take a template with its surroundings. Raises `InputError` for parameters that it does not take."""
        self.template, self.where, self.shared = template, where, shared
        self.pseudo: Mapping[str, Any] = _Pseudo(where, given, shared)
        self.parameters = {name: value_of(template, name, given, where.label) for name in template.parameters}
        self.resolver = Resolver(self)
        self._made: dict[str, Made] = {}
        self._making: list[str] = []
        self._nested: dict[str, Stack | None] = {}

    @cached_property
    def place(self) -> dict[str, Any]:
        """Where the stack is, by the names that declarations use."""
        pseudo = self.pseudo
        return {
            "Partition": pseudo["AWS::Partition"],
            "Region": pseudo["AWS::Region"],
            "Account": pseudo["AWS::AccountId"],
            "DnsSuffix": pseudo["AWS::URLSuffix"],
            "StackName": pseudo["AWS::StackName"],
        }

    def made(self, name: str) -> Made:
        """Return a resource with what is known of it; its properties must be resolved, which may lead in a circle."""
        if name not in self._made:
            resource = self.template.resources[name]
            if name in self._making:
                circle = " → ".join([*self._making[self._making.index(name) :], name])
                problem = f"circular dependency between resources: {circle}"
                raise self.template.error(resource.pointer, problem, "remove one of these references")
            self._making.append(name)
            try:
                self._made[name] = self._make(resource)
            finally:
                self._making.pop()
        return self._made[name]

    def properties(self, resource: Resource) -> Any:
        """Return the resolved properties of a resource. Raises `InputError` where they are no object."""
        pointer = f"{resource.pointer}/Properties"
        found = self.resolver.known(resource.properties, pointer)
        if found is None:
            found = {}
        if DeployText.partial(found):
            found = self._either(resource, found)
        if not isinstance(found, dict):
            problem = f"the Properties of {resource.id} must be an object, not {word_for(found)}"
            raise self.template.error(pointer, problem, "write them by their names")
        return packaged(resource.type, found, f"{self.where.prefix}{resource.id}")

    def _either(self, resource: Resource, label: str) -> Any:
        """Return properties that a condition chooses, which is not known: what both have alike is known."""
        chosen = resource.properties.get("Fn::If") if isinstance(resource.properties, dict) else None
        if not isinstance(chosen, list) or len(chosen) != 3:
            return {}
        pointer = f"{resource.pointer}/Properties/Fn::If"
        before, self.resolver.choosing = self.resolver.choosing, True
        try:
            both = [self.resolver.known(each, f"{pointer}/{at}") or {} for at, each in enumerate(chosen[1:], 1)]
        finally:
            self.resolver.choosing = before
        if not all(isinstance(each, dict) for each in both):
            return label
        one, other = both
        names = dict.fromkeys((*one, *other))
        return {name: one[name] if name in one and one[name] == other.get(name) else label for name in names}

    def condition(self, resource: Resource) -> bool | str:
        """Return whether a resource is made; where that is not known, what it depends on."""
        if resource.condition is None:
            return True
        return self.resolver.condition(resource.condition, f"{resource.pointer}/Condition")

    def ref(self, name: str, pointer: str) -> Any:
        """Return what Ref gives of a resource; `pointer` is where."""
        resource = self.template.resources[name]
        if self._unmade(resource, pointer):
            return DeployText.unknown(f"{name}, which isn't made")
        if resource.type == NESTED:
            return self._made_up(f"the id of {name}")
        if not declared_of(resource.type):
            return self._made_up(name)
        return self.made(name).ref or self._made_up(name)

    def attribute(self, name: str, attribute: str, pointer: str) -> Any:
        """Return what GetAtt gives of a resource; `pointer` is where."""
        resource = self.template.resources[name]
        if self._unmade(resource, pointer):
            return DeployText.unknown(f"{name}.{attribute}, which isn't made")
        if resource.type == NESTED and attribute.startswith("Outputs."):
            nested = self.nested(resource)
            if nested is None:
                return DeployText.unknown(f"{self.where.prefix}{name}.{attribute}")
            return nested.output(attribute.removeprefix("Outputs."), self.template, resource)
        found = self.made(name).attribute(attribute) if declared_of(resource.type) else None
        return found if found is not None else self._made_up(f"{name}.{attribute}")

    def output(self, name: str, asking: Template, resource: Resource) -> Any:
        """Return an output's value, for the stack that this one is nested in."""
        outputs = self.template.outputs
        if name not in outputs:
            raise asking.unknown_name(resource.pointer, name, f"output of {resource.id} of the name", outputs)
        value = outputs[name].get("Value") if isinstance(outputs[name], dict) else None
        return self.resolver.known(value, f"/Outputs/{name}/Value")

    def imported(self, name: str) -> Any:
        """Return what a stack of the same plan exports under a name; else what is unknown of it."""
        return self.shared.exports.get(name, DeployText.unknown(f"the export {DeployText(name).shown}"))

    def exports(self) -> Iterator[tuple[str, Any]]:
        """Give what the stack exports, by name, as far as the names are known."""
        for id_, output in self.template.outputs.items():
            export = output.get("Export") if isinstance(output, dict) else None
            condition = output.get("Condition") if isinstance(output, dict) else None
            if isinstance(condition, str) and self.resolver.condition(condition, f"/Outputs/{id_}/Condition") is False:
                continue
            if isinstance(export, dict) and "Name" in export:
                name = self.resolver.known(export["Name"], f"/Outputs/{id_}/Export/Name")
                if isinstance(name, str) and not DeployText.partial(name):
                    yield name, self.resolver.known(output.get("Value"), f"/Outputs/{id_}/Value")

    def nested(self, resource: Resource) -> Stack | None:
        """Return a nested stack, where its template is at hand."""
        if resource.id not in self._nested:
            self._nested[resource.id] = self.shared.nested(self, resource)
        return self._nested[resource.id]

    def look_at_outputs(self) -> None:
        """Note the references of outputs to resources that are not made, and what CloudFormation rejects in them."""
        for id_, output in self.template.outputs.items():
            if not isinstance(output, dict):
                continue
            condition, pointer = output.get("Condition"), f"/Outputs/{escape(id_)}"
            known = isinstance(condition, str) and condition in self.template.conditions
            if known and self.resolver.condition(str(condition), f"{pointer}/Condition") is not True:
                continue
            try:
                self.resolver.known(output.get("Value"), f"{pointer}/Value")
            except InputError as error:  # The rest of the template is checked all the same.
                written = self.template.includes or self.template.macros
                self._note(pointer, error.problem, error.mend, f"{pointer}/Value", refused=not written)

    def look_at_rules(self) -> None:
        """Note the assertions about parameters that CloudFormation rejects the template for.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html
        """
        written = self.template.document.value.get("Rules")
        for name, rule in written.items() if isinstance(written, dict) else ():
            pointer = f"/Rules/{escape(name)}"
            if not isinstance(rule, dict) or not isinstance(assertions := rule.get("Assertions"), list):
                continue
            try:
                applies = self.resolver.holds(rule["RuleCondition"], pointer) if "RuleCondition" in rule else True
                kept = [self.resolver.holds(each.get("Assert"), pointer) for each in assertions if applies is not False]
            except (AttributeError, InputError):
                message = f"the rule {name} isn't evaluated, and may reject the parameters"
                self._note(pointer, message, "check the rule by hand", pointer)
                continue
            for at, holds in enumerate(kept):
                if holds is not True:
                    labels = [each for each in (applies, holds) if isinstance(each, str)]
                    self._note_assertion(name, assertions[at], f"{pointer}/Assertions/{at}", labels)

    def _note_assertion(self, rule: str, assertion: Mapping[str, Any], pointer: str, labels: Sequence[str]) -> None:
        """Note an assertion that is false; or that may be, by parameters that are not given.

        What depends on a value in SSM alone is left to the deploy: stacks of the CDK all assert a bootstrap version.
        """
        if not labels:
            said = assertion.get("AssertDescription") or "its assertion is false"
            message = f"the rule {rule} rejects the parameters: {said}"
            self._note(pointer, message, "give parameters that the rule allows", pointer, refused=True)
            return
        if not parameters_in(labels):
            return
        message = f"Can't determine whether the rule {rule} rejects the parameters: it depends on "
        message += ", ".join(dict.fromkeys(labels))
        self._note(pointer, message, resolution(labels), pointer)

    def _note(self, name: str, message: str, way: str, pointer: str, *, refused: bool = False) -> None:
        """Note what CloudFormation rejects, or may reject, in the template; the first of a name."""
        document = self.template.document
        gap = Gap(message, way, document, pointer, refused=refused)
        self.shared.rejected.setdefault((document.path, name), gap)

    def _unmade(self, resource: Resource, pointer: str) -> bool:
        """Say whether a resource that is referred to is left out by its condition, which CloudFormation refuses, and
        note it: "Unresolved resource dependencies"
        (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html).
        """
        holds = self.condition(resource)
        if holds is True:
            return False
        block, _, rest = pointer.removeprefix("/").partition("/")
        asking = self.template.resources.get(unescape(rest.partition("/")[0])) if block == "Resources" else None
        certain = self.where.certain and not self.resolver.choosing
        certain = certain and (asking is None or self.condition(asking) is True)
        if holds is not False:
            if certain:
                self._perhaps_unmade(resource, block, pointer, holds)
            return False
        message = (
            f"{resource.id} isn't created, because its condition {resource.condition} is false. CloudFormation rejects "
        )
        message += f"a template with a reference to it: Unresolved resource dependencies [{resource.id}] in "
        message += f"the {block} block of the template"
        if not certain:
            message += "; whether the reference is used depends on a condition that isn't known"
        way = f"refer to it only if {resource.condition} is true"
        self._note(f"{pointer}/{resource.id}", message, way, pointer, refused=certain)
        return True

    def _perhaps_unmade(self, resource: Resource, block: str, pointer: str, label: str) -> None:
        """Note a reference that is always used, to a resource that a condition which is not known may leave out."""
        message = f"Can't determine whether CloudFormation rejects the template: {resource.id} is created only if "
        message += f"{resource.condition} is true, and the {block} block always refers to it; it depends on {label}"
        way = f"refer to it only if {resource.condition} is true, or {resolution([label])}"
        self._note(f"{pointer}/{resource.id}", message, way, pointer)

    def _make(self, resource: Resource) -> Made:
        declared = declared_of(resource.type)
        properties = self.properties(resource)
        made_up = self._made_up(f"name of {resource.id}" if "name" in declared else f"id of {resource.id}")
        return made_of(declared, properties, {**self.place, "LogicalId": resource.id, "Id": made_up})

    def _made_up(self, label: str) -> str:
        return DeployText.unknown(f"{self.where.prefix}{label}", unique=True)


class _Pseudo(Mapping[str, Any]):
    """The pseudo parameters, noting whether any was asked for that depends on a region or account nobody has said.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/pseudo-parameter-reference.html
    """

    def __init__(self, where: StackPlace, given: Mapping[str, Any], shared: Shared) -> None:
        self._shared = shared
        partition = None if where.region is None else partition_of(where.region)
        name = where.name or given.get("AWS::StackName")
        region, account = where.region or given.get("AWS::Region"), where.account or given.get("AWS::AccountId")
        stack = f"arn:{{}}:cloudformation:{{}}:{{}}:stack/{name or DeployText.unknown('parameter AWS::StackName')}/"
        self._values: dict[str, Any] = {
            "AWS::Region": region,
            "AWS::AccountId": account,
            "AWS::Partition": partition,
            "AWS::URLSuffix": None if partition is None else suffix_of(partition),
            "AWS::StackName": name or DeployText.unknown("parameter AWS::StackName"),
            "AWS::NotificationARNs": DeployText.unknown("AWS::NotificationARNs"),
            "AWS::NoValue": NOTHING,
        }
        parts = [
            self._values[each] or DeployText.unknown(each)
            for each in ("AWS::Partition", "AWS::Region", "AWS::AccountId")
        ]
        self._values["AWS::StackId"] = stack.format(*parts) + DeployText.unknown(
            f"{where.prefix}AWS::StackId", unique=True
        )

    def __getitem__(self, name: str) -> Any:
        value = self._values[name]
        if value is None:
            self._shared.asked_for_place = True
            return DeployText.unknown(name)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def references_in(stack: Stack, resource: Resource) -> Iterator[str]:
    """Yield the names of the resources that a resource refers to, in what its conditions choose where that is known."""
    known = stack.template.resources
    waiting = [(resource.properties, f"{resource.pointer}/Properties")]
    while waiting:
        each, pointer = waiting.pop()
        if isinstance(each, list):
            waiting.extend((one, f"{pointer}/{at}") for at, one in enumerate(each))
        elif isinstance(each, dict):
            for name, inner in each.items():
                if name in _REFERS:
                    yield from (found for found in _named(name, inner) if found in known)
                waiting.append((_chosen(stack, inner, pointer) if name == "Fn::If" else inner, f"{pointer}/{name}"))


def _chosen(stack: Stack, argument: Any, pointer: str) -> Any:
    """Return what an Fn::If chooses; both where that is not known."""
    if not isinstance(argument, list) or len(argument) != 3:
        return argument
    if not isinstance(argument[0], str) or argument[0] not in stack.template.conditions:
        return argument
    holds = stack.resolver.condition(argument[0], pointer)
    return argument[1 if holds else 2] if isinstance(holds, bool) else argument[1:]


def _named(function: str, argument: Any) -> Iterator[str]:
    import re

    if function == "Fn::Sub":
        text, own = argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})
        if isinstance(text, str):
            names = (found.partition(".")[0].strip() for found in re.findall(r"\$\{([^!{}][^{}]*)\}", text))
            yield from (name for name in names if name not in own)
    elif isinstance(argument, str):
        yield argument.partition(".")[0] if function == "Fn::GetAtt" else argument
    elif isinstance(argument, list) and argument:
        first = argument[0].get("Fn::Sub") if isinstance(argument[0], dict) else argument[0]
        if isinstance(first, str):
            yield first
