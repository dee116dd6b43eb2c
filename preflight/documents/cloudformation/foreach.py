"""`Fn::ForEach` of AWS::LanguageExtensions, written out: for resources, conditions, outputs and members of properties.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from preflight.documents.cloudformation.model import Template
from preflight.json_pointer import escape
from preflight.unresolved import DeployText

_LOOP = "Fn::ForEach::"
_MOST = 10_000


def expanded(value: Mapping[str, Any], whole: Template, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a template with its loops written out, where `given` are values of its parameters. Raises `InputError` for
    a loop that cannot be.
    """
    declared = value.get("Parameters", {})
    return {name: _Writing(whole, declared, given).value(each, f"/{escape(name)}", {}) for name, each in value.items()}


def _named(value: dict[str, Any]) -> dict[str, Any]:
    """Return a Ref to a name that a loop wrote, `{Ref: {Fn::Sub: ParamA}}`, as one to that name."""
    inner = value.get("Ref") if len(value) == 1 else None
    text = inner.get("Fn::Sub") if isinstance(inner, dict) and len(inner) == 1 else None
    return {"Ref": text} if isinstance(text, str) and "${" not in text else value


class _Writing:
    def __init__(self, whole: Template, parameters: Mapping[str, Any], given: Mapping[str, Any]) -> None:
        self._whole, self._parameters, self._given, self._written = whole, parameters, given, 0

    def value(self, value: Any, pointer: str, names: Mapping[str, str]) -> Any:
        if isinstance(value, str):
            return _filled(value, names)
        if isinstance(value, list):
            return [self.value(each, f"{pointer}/{at}", names) for at, each in enumerate(value)]
        if not isinstance(value, dict):
            return value
        if names and len(value) == 1 and isinstance(value.get("Ref"), str) and value["Ref"] in names:
            return names[value["Ref"]]
        found: dict[str, Any] = {}
        for name, each in value.items():
            inside = f"{pointer}/{escape(name)}"
            members = self._loop(each, inside, names) if name.startswith(_LOOP) else {}
            if not name.startswith(_LOOP):
                members = {_filled(name, names): self.value(each, inside, names)}
            for member, one in members.items():
                if member in found:
                    raise self._whole.error(inside, f"{member} is written twice", "use the loop's name in the key")
                found[member] = one
        return _named(found)

    def _loop(self, value: Any, pointer: str, names: Mapping[str, str]) -> dict[str, Any]:
        if not isinstance(value, list) or len(value) != 3 or not isinstance(value[2], dict):
            problem = "Fn::ForEach takes a name, a list and an object with one key"
            raise self._whole.error(pointer, problem, "write [Name, [a, b], {Key${Name}: ...}]")
        name, items, body = value
        found: dict[str, Any] = {}
        for item in self._items(items, pointer, names):
            self._written += 1
            if self._written > _MOST:
                raise self._whole.error(pointer, f"its loops write more than {_MOST} members", "shorten the lists")
            made = self.value(body, f"{pointer}/2", {**names, str(name): item})
            for key, each in made.items():
                if key in found:
                    raise self._whole.error(pointer, f"{key} is written twice", f"use ${{{name}}} in the key")
                found[key] = each
        return found

    def _items(self, items: Any, pointer: str, names: Mapping[str, str]) -> list[str]:
        if isinstance(items, dict) and len(items) == 1 and "Ref" in items:
            items = self._of_parameter(items["Ref"], pointer)
        items = self.value(items, f"{pointer}/1", names)
        if not isinstance(items, list) or not all(isinstance(each, (str, int)) for each in items):
            problem = "Fn::ForEach takes a list of strings, or the default of a parameter"
            raise self._whole.error(f"{pointer}/1", problem, "write the list out")
        return [str(each).strip() for each in items if str(each).strip()]

    def _of_parameter(self, name: Any, pointer: str) -> Any:
        """Return what a parameter lists: as given, else by default. Raises `InputError` where only the deploy knows."""
        declared = self._parameters.get(name) if isinstance(name, str) else None
        if not isinstance(declared, dict):
            return None
        listed = self._given.get(name, declared.get("Default"))
        known = not DeployText.partial(listed) if isinstance(listed, str) else isinstance(listed, list)
        if not known or "SSM" in str(declared.get("Type")):
            problem = f"Fn::ForEach goes through the parameter {name}, which has no value"
            raise self._whole.error(
                f"{pointer}/1", problem, f"give it with --parameters {name}=VALUE, or write the list"
            )
        return listed.split(",") if isinstance(listed, str) else listed


def _filled(text: str, names: Mapping[str, str]) -> str:
    if not names or "{" not in text:
        return text

    def put(match: re.Match[str]) -> str:
        found = names.get(match[2])
        if found is None:
            return match[0]
        return found if match[1] == "$" else re.sub(r"[^A-Za-z0-9]", "", found)

    return re.sub(r"([$&])\{([A-Za-z0-9]+)\}", put, text)
