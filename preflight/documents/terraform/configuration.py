"""The configuration in a Terraform plan: what refers to what, through variables and outputs of modules; providers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from preflight.documents.terraform.changes import without_indices

_RESOURCE = re.compile(r"(?P<address>(?:data\.)?[a-z][\w-]*\.[\w-]+)(?P<index>\[[^\]]*\])?(?:\.(?P<attribute>\w+))?")
_MODULE = re.compile(r"module\.(?P<name>[\w-]+)(?P<index>\[[^\]]*\])?(?:\.(?P<output>[\w-]+))?")
_NO_RESOURCE = ("local.", "each.", "count.", "path.", "self.", "terraform.")
_OWN_KEY = frozenset({"each.key", "each.value", "count.index"})
_DEEPEST = 40


@dataclass(frozen=True, slots=True)
class Pointed:
    """What an expression is, where it refers to one thing: the address of an instance without its key, the key in
    brackets (empty where none is written, None where it is that of whoever refers), and the attribute.
    """

    address: str
    index: str | None
    attribute: str | None


class Configuration:
    """The configuration of a plan; `document` is the plan's value."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        configuration = _object(document.get("configuration"))
        self.providers = _object(configuration.get("provider_config"))
        self._variables = _object(document.get("variables"))
        self.resources: dict[str, tuple[str, Mapping[str, Any]]] = {}
        self._modules: dict[str, Mapping[str, Any]] = {}
        self._calls: dict[str, Mapping[str, Any]] = {}
        self._targets: dict[tuple[str, str], frozenset[str]] = {}
        waiting = [("", _object(configuration.get("root_module")))]
        while waiting:
            path, module = waiting.pop()
            self._modules[path] = module
            for resource in _objects(module.get("resources")):
                self.resources[_within(path, str(resource.get("address")))] = (path, resource)
            for name, call in _object(module.get("module_calls")).items():
                below = _within(path, f"module.{name}")
                self._calls[below] = _object(call)
                waiting.append((below, _object(_object(call).get("module"))))

    def expressions(self, configured: str) -> Mapping[str, Any]:
        """Return the expressions of a resource by its address in the configuration; empty for one that is not there."""
        return _object(self.resources.get(configured, ("", {}))[1].get("expressions"))

    def needed(self, configured: str) -> set[str]:
        """Return the addresses, in the configuration, of the resources that a resource refers to or depends on."""
        path, resource = self.resources.get(configured, ("", {}))
        found: set[str] = set()
        for name in ("expressions", "count_expression", "for_each_expression"):
            found |= self._all(path, references_in(resource.get(name)))
        found |= self._all(path, _texts(resource.get("depends_on")))
        while path:
            parent = path.rpartition("module.")[0].rstrip(".")
            found |= self._all(parent, _texts(self._calls[path].get("depends_on")))
            path = parent
        return found - {configured}

    def pointed(self, module: str, expression: Any) -> Pointed | None:
        """Return what an expression of a module (by its address) refers to, where that is one thing."""
        for _ in range(_DEEPEST):
            found = _longest(references_in(expression))
            own = [each for each in found if each in _OWN_KEY]
            rest = [each for each in found if each not in _OWN_KEY]
            if len(rest) != 1:
                return None
            path, name = without_indices(module), rest[0]
            if name.startswith("var."):
                if not module or own:
                    return None
                expression = _object(self._calls[path].get("expressions")).get(name.split(".")[1].split("[")[0])
                module = _above(module)
            elif (called := _MODULE.match(name)) and name.startswith("module."):
                below = _within(path, f"module.{called['name']}")
                if called["output"] is None or below not in self._modules:
                    return None
                outputs = _object(self._modules[below].get("outputs"))
                expression = _object(outputs.get(called["output"])).get("expression")
                module = _within(module, f"module.{called['name']}{called['index'] or ''}")
            else:
                resource = _RESOURCE.match(name)
                if resource is None or name.startswith(_NO_RESOURCE):
                    return None
                index = None if own else resource["index"] or ""
                return Pointed(_within(module, resource["address"]), index, resource["attribute"])
        return None

    def provider_of(self, configured: str) -> str:
        """Return the key of the provider's configuration that a resource is made with."""
        return str(self.resources.get(configured, ("", {}))[1].get("provider_config_key", ""))

    def constant(self, expression: Any) -> Any:
        """Return what an expression of the root module is: a constant or a variable; None where that is not known."""
        found = _object(expression)
        if "constant_value" in found:
            return found["constant_value"]
        names = references_in(found)
        if len(names) == 1 and names[0].startswith("var."):
            return _object(self._variables.get(names[0].removeprefix("var."))).get("value")
        return None

    def _all(self, path: str, references: Iterable[str]) -> set[str]:
        return {target for each in _longest(references) for target in self._target(path, each)}

    def _target(self, path: str, reference: str) -> frozenset[str]:
        key = (path, reference)
        if key not in self._targets:
            self._targets[key] = frozenset()  # what leads back to itself leads nowhere
            self._targets[key] = frozenset(self._found(path, reference))
        return self._targets[key]

    def _found(self, path: str, reference: str) -> Iterator[str]:
        if reference.startswith(_NO_RESOURCE):
            return
        if reference.startswith("var."):
            if path in self._calls:
                name = reference.split(".")[1].split("[")[0]
                expression = _object(self._calls[path].get("expressions")).get(name)
                yield from self._all(path.rpartition("module.")[0].rstrip("."), references_in(expression))
        elif reference.startswith("module."):
            called = _MODULE.match(reference)
            below = _within(path, f"module.{called['name']}") if called else ""
            output = _object(_object(self._modules.get(below)).get("outputs")).get(called["output"] if called else "")
            if output is not None:
                yield from self._all(below, [*references_in(_object(output).get("expression")),
                                             *_texts(_object(output).get("depends_on"))])  # fmt: skip
            else:
                yield from (each for each in self.resources if below and each.startswith(f"{below}."))
        elif (found := _RESOURCE.match(reference)) is not None:
            yield _within(path, found["address"])


def references_in(expression: Any) -> list[str]:
    """Return what an expression, or a block of them, refers to."""
    if isinstance(expression, list):
        return [name for each in expression for name in references_in(each)]
    if not isinstance(expression, dict):
        return []
    if "references" in expression and isinstance(expression["references"], list):
        return _texts(expression["references"])
    return [name for each in expression.values() if isinstance(each, (dict, list)) for name in references_in(each)]


def _longest(references: Iterable[str]) -> list[str]:
    """Return references without those that others begin with: Terraform names `a.b.c` and `a.b` for the same one."""
    every = sorted(set(references))
    return [
        each
        for each in every
        if not any(other != each and other.startswith((f"{each}.", f"{each}[")) for other in every)
    ]


def _within(path: str, address: str) -> str:
    return f"{path}.{address}" if path else address


def _above(module: str) -> str:
    return module.rpartition("module.")[0].rstrip(".")


def _texts(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
