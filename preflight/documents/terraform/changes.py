"""The changes in a Terraform plan, as they are written; what is no plan is one error here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from preflight.documents.text.document import Document
from preflight.documents.text.schema import word_for
from preflight.errors import InputError

_INDEX = re.compile(r'\[(?:"(?:[^"\\]|\\.)*"|\d+)\]')
_SHOW = "terraform plan -out=plan.bin, then terraform show -json plan.bin > plan.json"


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """What happens to one instance of a resource. `pointer` is where the change stands in the document.

    `unknown` has true in the place of each value that is known only after deployment.
    """

    address: str
    module: str
    mode: str
    type: str
    index: str | int | None
    actions: tuple[str, ...]
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    unknown: Any
    pointer: str
    before_destroy: bool

    @property
    def configured(self) -> str:
        """The address in the configuration, where all instances of a resource are one."""
        return without_indices(self.address)

    @property
    def makes(self) -> bool:
        """Whether the instance is made, anew or in place of another."""
        return "create" in self.actions

    @property
    def takes_away(self) -> bool:
        """Whether an instance is deleted, for good or to be replaced."""
        return "delete" in self.actions

    @property
    def updates(self) -> bool:
        """Whether the instance is changed where it is."""
        return self.actions == ("update",)


def without_indices(address: str) -> str:
    """Return an address without the keys of `count` and `for_each`."""
    return _INDEX.sub("", address) if "[" in address else address


def changes_in(document: Document) -> list[ResourceChange]:
    """Return the changes of a plan, those that change nothing too. Raises `InputError` for what is no such plan."""
    value: Mapping[str, Any] = document.value
    version = value.get("format_version")
    if "resource_changes" not in value and ("resources" in value or "values" in value):
        raise InputError(document.path, "it is Terraform state, not a plan", mend=f"print a plan: {_SHOW}")
    if not isinstance(version, str) or version.partition(".")[0] not in ("0", "1"):
        told = (
            "has no format_version" if version is None else f"has the format_version {version}, which is not supported"
        )
        raise InputError(document.path, f"it {told}", place=document.place("/format_version" if version else ""),
                         mend=f"print it with Terraform 0.12 or newer: {_SHOW}")  # fmt: skip
    if "planned_values" not in value and "resource_changes" not in value:
        raise InputError(document.path, "it has no resource_changes", mend=f"print the whole plan: {_SHOW}")
    listed = value.get("resource_changes", [])
    if not isinstance(listed, list):
        problem = f"resource_changes must be a list, not {word_for(listed)}"
        raise InputError(document.path, problem, place=document.place("/resource_changes"), mend=_SHOW)
    return [_change(document, each, f"/resource_changes/{at}") for at, each in enumerate(listed)]


def _change(document: Document, entry: Any, pointer: str) -> ResourceChange:
    change = entry.get("change") if isinstance(entry, dict) else None
    address, type_ = (entry.get(name) if isinstance(entry, dict) else None for name in ("address", "type"))
    actions = change.get("actions") if isinstance(change, dict) else None
    if not (isinstance(address, str) and isinstance(type_, str) and isinstance(change, dict)) or not (
        isinstance(actions, list) and all(isinstance(each, str) for each in actions)
    ):
        problem = "every change needs an address, a type, and a change with its actions"
        raise InputError(document.path, problem, place=document.place(pointer), mend=f"print it again: {_SHOW}")
    before, after, unknown = (
        _attributes(document, change, name, pointer) for name in ("before", "after", "after_unknown")
    )
    module, index = entry.get("module_address"), entry.get("index")
    return ResourceChange(
        address,
        module if isinstance(module, str) else "",
        str(entry.get("mode", "managed")),
        type_,
        index if isinstance(index, (str, int)) else None,
        tuple(actions),
        before,
        after,
        unknown,
        f"{pointer}/change",
        actions == ["create", "delete"],
    )


def _attributes(document: Document, change: Mapping[str, Any], name: str, pointer: str) -> Mapping[str, Any]:
    """Return the attributes of a change under a name, none where there are none. Raises `InputError` for a value that
    holds no attributes: nothing of it would be looked at.
    """
    value = change.get(name)
    if value is None or value is False:
        return {}
    if not isinstance(value, dict):
        problem = f"{name} must be an object, not {word_for(value)}"
        raise InputError(
            document.path, problem, place=document.place(f"{pointer}/change/{name}"), mend=f"print it again: {_SHOW}"
        )
    return value
