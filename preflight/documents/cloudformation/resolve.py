"""The values of a template's expressions: what is known of them, and of the rest what it depends on.

Functions: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from preflight.documents.cloudformation.functions import (
    FUNCTIONS,
    NOTHING,
    Partial,
    TemplateFunction,
    plain_text,
    whole,
)
from preflight.documents.cloudformation.model import RAIN, RAIN_FIRST, Template
from preflight.documents.text.schema import suggestion, word_for
from preflight.json_pointer import escape
from preflight.unresolved import DeployText

_PLACE = re.compile(r"\$\{([^!{}][^{}]*)\}")
_DYNAMIC = re.compile(r"\{\{resolve:([^{}]*)\}\}")
_LOGIC = ("Fn::And", "Fn::Or", "Fn::Not", "Fn::Equals", "Condition")


class Surroundings(Protocol):
    """What the values of a template are resolved in: the stack."""

    @property
    def template(self) -> Template:
        """The stack's template."""
        ...

    @property
    def pseudo(self) -> Mapping[str, Any]:
        """The pseudo parameters."""
        ...

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The values of the template's parameters."""
        ...

    def ref(self, name: str, pointer: str) -> Any:
        """Return what Ref gives of a resource."""
        ...

    def attribute(self, name: str, attribute: str, pointer: str) -> Any:
        """Return what GetAtt gives of a resource."""
        ...

    def imported(self, name: str) -> Any:
        """Return what another stack exports under a name."""
        ...


class Resolver:
    """Resolves the expressions of one stack's template."""

    def __init__(self, stack: Surroundings) -> None:
        """Take the stack that is resolved in."""
        self.stack = stack
        self.template = stack.template
        self._conditions: dict[str, bool | str] = {}
        self._judging: list[str] = []
        self.choosing = False
        """Whether what is resolved now is one of two values that a condition chooses, which is not known."""
        self._functions: Mapping[str, Callable[[Any, str], Any]] = {
            "Ref": self._ref, "Fn::GetAtt": self._get_att, "Fn::Sub": self._sub, "Fn::If": self._if,
            "Fn::FindInMap": self._find_in_map, "Fn::ImportValue": self._import_value, "Fn::Transform": self._transform,
            "Fn::GetAZs": self._zones, "Fn::GetStackOutput": self._stack_output,
        }  # fmt: skip

    def value(self, value: Any, pointer: str) -> Any:
        """Return what a value at a place comes to; `NOTHING` for `AWS::NoValue`. Raises `InputError`."""
        kind = type(value)
        if kind is str:
            return _DYNAMIC.sub(_dynamic, value) if "{{resolve:" in value else value
        if kind is list:
            found = [self.value(each, f"{pointer}/{at}") for at, each in enumerate(value)]
            return [whole(each) for each in found if each is not NOTHING]
        if kind is not dict:
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name == "Ref" or name.startswith(("Fn::", *RAIN)):
                return self._call(name, argument, f"{pointer}/{escape(name)}")
        members = {
            name: self.value(each, f"{pointer}/{escape(name)}")
            for name, each in value.items()
            if name != "Fn::Transform"  # What it writes beside others is noted for the whole template.
        }
        return {name: whole(each) for name, each in members.items() if each is not NOTHING}

    def known(self, value: Any, pointer: str) -> Any:
        """Return what a value comes to, as it goes into a property; None for `AWS::NoValue`."""
        found = self.value(value, pointer)
        return None if found is NOTHING else whole(found)

    def condition(self, name: str, pointer: str) -> bool | str:
        """Return whether a condition holds; where that is not known, what it depends on."""
        if name not in self.template.conditions:
            raise self.template.unknown_name(pointer, name, "condition", self.template.conditions)
        if name not in self._conditions:
            if name in self._judging:
                around = " and ".join(self._judging)
                raise self.template.error(
                    pointer, f"the conditions {around} depend on each other", "break the circular dependency"
                )
            self._judging.append(name)
            found = self._logic(self.template.conditions[name], f"/Conditions/{escape(name)}")
            self._judging.pop()
            self._conditions[name] = found if isinstance(found, bool) else f"condition {name}, by {found}"
        return self._conditions[name]

    def _call(self, name: str, argument: Any, pointer: str) -> Any:
        if own := self._functions.get(name):
            return own(argument, pointer)
        function: TemplateFunction | None = FUNCTIONS.get(name)
        if function is None:
            if name in _LOGIC:
                problem = f"{name} is for conditions"
                raise self.template.error(pointer, problem, "name the condition in Fn::If")
            if name.startswith(RAIN):
                raise self.template.error(pointer, f"{name} is a function of Rain's, which isn't supported", RAIN_FIRST)
            known = [*self._functions, *FUNCTIONS]
            mend = suggestion(name, known) or f"there are {', '.join(known)}"
            raise self.template.error(pointer, f"there is no function {name}", mend)
        arguments = self.value(argument, pointer)
        try:
            found = function(arguments)
        except (TypeError, ValueError) as error:
            raise self.template.error(pointer, f"{name} {error}", "correct its arguments") from None
        return _DYNAMIC.sub(_dynamic, found) if isinstance(found, str) and "{{resolve:" in found else found

    def _named(self, argument: Any, pointer: str, function: str) -> str:
        if not isinstance(argument, str) or not argument:
            problem = f"{function} takes a name, not {word_for(argument)}"
            raise self.template.error(pointer, problem, "write the name itself")
        return argument

    def _ref(self, argument: Any, pointer: str) -> Any:
        return self._referred(self._named(argument, pointer, "Ref"), pointer)

    def _referred(self, name: str, pointer: str) -> Any:
        if name == "AWS::NoValue":
            return NOTHING
        if name in self.stack.pseudo:
            return self.stack.pseudo[name]
        if name in self.stack.parameters:
            return self.stack.parameters[name]
        if name in self.template.resources:
            return self.stack.ref(name, pointer)
        if self.template.macros:
            return DeployText.unknown(f"{name}, which the macro {self.template.macros[0]} may add")
        known = {**self.template.parameters, **self.template.resources, **self.stack.pseudo}
        raise self.template.unknown_name(pointer, name, "parameter or resource", known)

    def _get_att(self, argument: Any, pointer: str) -> Any:
        if isinstance(argument, str):
            name, dot, attribute = argument.partition(".")
        elif isinstance(argument, list) and len(argument) == 2:
            name, attribute = (self.value(each, f"{pointer}/{at}") for at, each in enumerate(argument))
            dot = "."
        else:
            name, dot, attribute = "", "", ""
        if not isinstance(name, str) or not name or not dot or not isinstance(attribute, str) or not attribute:
            problem, mend = "Fn::GetAtt takes a resource and an attribute", "write Resource.Attribute"
            raise self.template.error(pointer, problem, mend)
        return self._attribute(name, attribute, pointer)

    def _attribute(self, name: str, attribute: str, pointer: str) -> Any:
        if name not in self.template.resources:
            if self.template.macros:
                return DeployText.unknown(f"{name}.{attribute}, which the macro {self.template.macros[0]} may add")
            raise self.template.unknown_name(pointer, name, "resource", self.template.resources)
        return self.stack.attribute(name, attribute, pointer)

    def _sub(self, argument: Any, pointer: str) -> Any:
        text, own = argument, {}
        if isinstance(argument, list) and len(argument) == 2 and isinstance(argument[1], dict):
            text = argument[0]
            own = {name: self.value(each, f"{pointer}/1/{escape(name)}") for name, each in argument[1].items()}
        if not isinstance(text, str):
            problem, mend = "Fn::Sub takes a string, or a string and an object of variables", "write the string itself"
            raise self.template.error(pointer, problem, mend)

        def put(match: re.Match[str]) -> str:
            name = match[1].strip()
            if name in own:
                found = own[name]
            elif "." in name and name not in self.stack.parameters:
                resource, _, attribute = name.partition(".")
                found = self._attribute(resource, attribute, pointer)
            else:
                found = self._referred(name, pointer)
            try:
                return plain_text(found)
            except TypeError as error:
                problem = f"${{{name}}} in Fn::Sub {error}"
                raise self.template.error(pointer, problem, "name something that is a string") from None

        text = _PLACE.sub(put, text).replace("${!", "${")
        return _DYNAMIC.sub(_dynamic, text) if "{{resolve:" in text else text

    def _if(self, argument: Any, pointer: str) -> Any:
        if not isinstance(argument, list) or len(argument) != 3 or not isinstance(argument[0], str):
            problem = "Fn::If takes the name of a condition and two values"
            raise self.template.error(pointer, problem, "write [Condition, value if true, value if false]")
        holds = self.condition(argument[0], f"{pointer}/0")
        if isinstance(holds, bool):
            return self.value(argument[1 if holds else 2], f"{pointer}/{1 if holds else 2}")
        before, self.choosing = self.choosing, True
        try:
            either, other = self.value(argument[1], f"{pointer}/1"), self.value(argument[2], f"{pointer}/2")
        finally:
            self.choosing = before
        if either is not NOTHING and other is not NOTHING and whole(either) == whole(other):
            return either
        # Parts with the same label are the same text: so the label tells the two values, or else the place.
        if isinstance(either, str) and isinstance(other, str):
            return DeployText.unknown(f"{DeployText(either).shown!r} or {DeployText(other).shown!r}, by {holds}")
        return DeployText.unknown(f"{holds}, at {pointer.removesuffix('/Fn::If')}")

    def _find_in_map(self, argument: Any, pointer: str) -> Any:
        if not isinstance(argument, list) or len(argument) not in (3, 4):
            problem = "Fn::FindInMap takes the name of a mapping and two keys"
            raise self.template.error(pointer, problem, "write [Mapping, key, second key]")
        keys = [self.value(each, f"{pointer}/{at}") for at, each in enumerate(argument[:3])]
        otherwise = argument[3].get("DefaultValue") if len(argument) == 4 and isinstance(argument[3], dict) else None
        if any(DeployText.partial(key) for key in keys):
            labels = ", ".join(label for key in keys if isinstance(key, str) for label in DeployText(key).labels)
            return DeployText.unknown(f"the mapping {'.'.join(DeployText(key).shown for key in keys)}, by {labels}")
        found: Any = self.template.mappings
        for at, key in enumerate(keys):
            if not isinstance(found, dict) or str(key) not in found:
                if otherwise is not None:
                    return self.value(otherwise, f"{pointer}/3/DefaultValue")
                what = "mapping" if at == 0 else f"key of the mapping {keys[0]}"
                raise self.template.unknown_name(
                    f"{pointer}/{at}", str(key), what, found if type(found) is dict else {}
                )
            found = found[str(key)]
        return found

    def _import_value(self, argument: Any, pointer: str) -> Any:
        name = self.value(argument, pointer)
        if not isinstance(name, str):
            problem = f"Fn::ImportValue takes a name, not {word_for(name)}"
            raise self.template.error(pointer, problem, "write the name of the export")
        return self.stack.imported(name)

    def _transform(self, argument: Any, pointer: str) -> Any:  # noqa: ARG002 -- it may turn into anything
        return DeployText.unknown(f"what Fn::Transform writes, at {pointer.removesuffix('/Fn::Transform')}")

    def _stack_output(self, argument: Any, pointer: str) -> Any:
        """Return what another stack, of any account and region, puts out: that is read when the stack is deployed."""
        given = self.value(argument, pointer)
        stack, output = (given.get(name) if isinstance(given, dict) else None for name in ("StackName", "OutputName"))
        if not isinstance(stack, str) or not isinstance(output, str):
            problem = "Fn::GetStackOutput takes an object with StackName and OutputName"
            raise self.template.error(pointer, problem, "write both")
        return DeployText.unknown(f"the output {DeployText(output).shown} of the stack {DeployText(stack).shown}")

    def _zones(self, argument: Any, pointer: str) -> Any:
        region = self.value(argument, pointer)
        return DeployText.unknown(
            f"the zones of {DeployText(region).shown if isinstance(region, str) and region else 'the region'}"
        )

    def holds(self, value: Any, pointer: str) -> bool | str:
        """Return whether a rule's expression holds; where that is not known, what it depends on. Raises `InputError`
        for one that is not evaluated.
        """
        return self._logic(value, pointer)

    def _logic(self, value: Any, pointer: str) -> bool | str:
        """Return whether a condition's expression holds; where that is not known, what it depends on."""
        if isinstance(value, dict) and len(value) == 1:
            ((name, argument),) = value.items()
            inside = f"{pointer}/{escape(name)}"
            match name:
                case "Condition":
                    return self.condition(self._named(argument, inside, "Condition"), inside)
                case "Fn::And" | "Fn::Or" | "Fn::Not" if isinstance(argument, list) and argument:
                    found = [self._logic(each, f"{inside}/{at}") for at, each in enumerate(argument)]
                    return _combined(name, found)
                case "Fn::Equals" if isinstance(argument, list) and len(argument) == 2:
                    return _equal(*(self.value(each, f"{inside}/{at}") for at, each in enumerate(argument)))
                case "Fn::Contains" if (
                    pointer.startswith("/Rules/") and isinstance(argument, list) and len(argument) == 2
                ):
                    listed, one = (self.value(each, f"{inside}/{at}") for at, each in enumerate(argument))
                    if isinstance(listed, list):
                        return _combined("Fn::Or", [_equal(each, one) for each in listed] or [False])
        mend = "write Fn::Equals with two values, or Fn::And, Fn::Or, Fn::Not or Condition over others"
        raise self.template.error(pointer, "this is not a condition", mend)


def _combined(name: str, found: list[bool | str]) -> bool | str:
    if name == "Fn::Not":
        return found[0] if isinstance(found[0], str) else not found[0]
    decisive = name == "Fn::Or"
    if decisive in [each for each in found if isinstance(each, bool)]:
        return decisive
    return next((each for each in found if isinstance(each, str)), not decisive)


def _equal(one: Any, other: Any) -> bool | str:
    if isinstance(one, Partial) or isinstance(other, Partial):
        one, other = whole(one), whole(other)
    texts = [_comparable(each) for each in (one, other)]
    if texts[0] == texts[1]:
        return True
    labels = dict.fromkeys(label for each in texts for _, text in DeployText.all_in(each) for label in text.labels)
    return ", ".join(labels) if labels else False


def _comparable(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else value


def _dynamic(match: re.Match[str]) -> str:
    return DeployText.unknown(f"resolve:{match[1]}")
