"""The policies in what Terraform prints of a plan or a state, and in its state files: JSON in the values of resources.

What stands in an attribute that holds a policy is one, whatever it looks like; elsewhere one is found by its form.
Source: https://developer.hashicorp.com/terraform/internals/json-format, and the AWS provider's pages of the resources.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from preflight.documents.policies.found_policy import FoundPolicy, PassedOver
from preflight.documents.policies.grants.declared import UndecidedMember, grant_of, granted
from preflight.documents.policies.in_string import looks_like_policy, policy_in_place, policy_in_string
from preflight.documents.policies.terraform_places import attaches, held_at, places_of, told
from preflight.documents.text.document import Document
from preflight.json_pointer import escape

_INDEX = re.compile(r"\[[^]]*\]")
_DEEPEST = 100
_BODY = "template_body"  # of a stack, and of a stack set


def of_terraform_plan(document: Document) -> Iterator[FoundPolicy | PassedOver]:
    """Yield the policies that are there when the plan is applied; without planned values, those that it changes."""
    planned, changes = document.value.get("planned_values"), document.value.get("resource_changes")
    if document.value.get("errored") is True:
        yield PassedOver("the plan is not whole: Terraform ended with an error")
    deferred = [each.get("resource_change") for _, each in _items(document.value.get("deferred_changes"))]
    for _, each in _items(deferred):
        if _may_grant(str(each.get("type"))):
            yield PassedOver(f"{each.get('address')} is deferred: what it will be is known only in a later plan")
    unknown = {
        str(each.get("address")): each["change"].get("after_unknown")
        for _, each in _items(changes)
        if isinstance(each.get("change"), dict)
    }
    read: set[str] = set()
    if isinstance(changes, list) and '"aws_iam_policy_document"' in document.text:
        from preflight.documents.policies.terraform_documents import documents_of

        for found, consumers in documents_of(document, changes):
            read |= consumers
            yield found
    if isinstance(planned, dict) and _is_there(planned.get("root_module")):
        resources = _of_module(planned.get("root_module"), "/planned_values/root_module")
    else:
        resources = _of_changes(changes)
    for resource, values, at in resources:
        address = str(resource.get("address"))
        yield from SearchedResource(document, resource, values, at).policies(
            {} if _INDEX.sub("", address) in read else unknown.get(address)
        )


def of_terraform_state(document: Document) -> Iterator[FoundPolicy | PassedOver]:
    """Yield the policies of a state: as `terraform show -json` prints it, or as its file has it."""
    shown = document.value.get("values")
    found = _of_module(shown.get("root_module"), "/values/root_module") if isinstance(shown, dict) \
        else _of_state_file(document.value.get("resources"))  # fmt: skip
    for resource, values, at in found:
        yield from SearchedResource(document, resource, values, at).policies()


def _of_state_file(resources: Any) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any], str]]:
    for index, each in _items(resources):
        address = f"{each['module']}." if isinstance(each.get("module"), str) else ""
        address += f"{each.get('type')}.{each.get('name')}"
        if each.get("mode", "managed") == "managed":
            for number, instance in _items(each.get("instances")):
                if isinstance(instance.get("attributes"), dict):
                    where = f"/resources/{index}/instances/{number}/attributes"
                    yield {"type": each.get("type"), "address": address}, instance["attributes"], where


def _of_changes(changes: Any) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any], str]]:
    for index, change in _items(changes):
        after = change.get("change", {}).get("after") if isinstance(change.get("change"), dict) else None
        if isinstance(after, dict) and change.get("mode", "managed") == "managed":
            yield change, after, f"/resource_changes/{index}/change/after"


def _of_module(module: Any, at: str) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any], str]]:
    if not isinstance(module, dict):
        return
    for index, resource in _items(module.get("resources")):
        if resource.get("mode", "managed") == "managed" and isinstance(resource.get("values"), dict):
            yield resource, resource["values"], f"{at}/resources/{index}/values"
    for index, child in _items(module.get("child_modules")):
        yield from _of_module(child, f"{at}/child_modules/{index}")


def _is_there(module: Any) -> bool:
    return isinstance(module, dict) and bool(module.get("resources") or module.get("child_modules"))


@dataclass(frozen=True, slots=True)
class SearchedResource:
    """A resource whose values are searched; `at` is where they stand in the document. `named` gives the name of an
    attribute as Terraform has it, where the document has another.
    """

    document: Document
    resource: Mapping[str, Any]
    values: Mapping[str, Any]
    at: str
    named: Callable[[str], str] = str

    def policies(self, unknown: Any = None) -> Iterator[FoundPolicy | PassedOver]:
        """Yield its policies. `unknown` is true at the values that are not known before the apply."""
        kind, address = str(self.resource.get("type")), str(self.resource.get("address"))
        if grant_of(kind) is not None and unknown is not True:
            from preflight.documents.policies.grants.in_plans import members_of

            members = members_of(self.values, unknown, self.named)
            found = granted(kind, address, members, self.document, self.at)
            if isinstance(found, UndecidedMember):
                yield PassedOver(f"{found.member} of {address} is not known before the apply")
            elif found is not None:
                yield found
                return
        yield from self._value(self.values, self.at, "", unknown, 0)

    def _value(
        self, value: Any, pointer: str, path: str, unknown: Any, depth: int
    ) -> Iterator[FoundPolicy | PassedOver]:
        if (type_ := held_at(str(self.resource.get("type")), path, self.values.get("type"))) is not None:
            if unknown is True:
                yield PassedOver(
                    f"{path.replace('/', '.')} of {self.resource.get('address')} is not known before the apply"
                )
            elif (found := policy_in_place(self.document, pointer, value, type_)) is not None:
                yield told(found, self.resource, self.values, path)
        elif attaches(str(self.resource.get("type")), path):
            from preflight.documents.policies.attachments import attached

            yield from attached(self.document, pointer, value, str(self.resource.get("address")))
        elif unknown is True and not path and _may_grant(str(self.resource.get("type"))):
            # A block alone is unknown wherever the provider works it out, as inline_policy of every new role.
            yield PassedOver(f"the values of {self.resource.get('address')} are not known before the apply")
        elif isinstance(value, str):
            if path == _BODY:
                from preflight.documents.policies.elsewhere import in_template_text

                yield from in_template_text(value, f"{path} of {self.resource.get('address')}")
            elif "tatement" in value and value.lstrip()[:1] == "{" and looks_like_policy(value):
                yield told(policy_in_string(self.document, pointer, string=value), self.resource, self.values, path)
        elif isinstance(value, list) and depth < _DEEPEST:
            for index, each in enumerate(value):
                inner = unknown[index] if isinstance(unknown, list) and index < len(unknown) else None
                yield from self._value(each, f"{pointer}/{index}", path, inner, depth + 1)
        elif isinstance(value, dict) and depth < _DEEPEST:
            hidden = unknown if isinstance(unknown, dict) else {}
            for name in [*value, *(each for each in hidden if each not in value)]:
                inside = f"{path}/{self.named(name)}" if path else self.named(name)
                where = f"{pointer}/{escape(name)}"
                yield from self._value(value.get(name), where, inside, hidden.get(name), depth + 1)
        elif isinstance(value, (dict, list)) and value:
            address = self.resource.get("address")
            yield PassedOver(f"what is nested more than {_DEEPEST} deep in {address} is not read")


def _may_grant(kind: str) -> bool:
    """Say whether a type of resource has a policy, or grants access without one."""
    return any(places_of(kind)) or grant_of(kind) is not None


def _items(value: Any) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if isinstance(value, list):
        yield from ((index, each) for index, each in enumerate(value) if isinstance(each, dict))
