"""A policy as it was found: in a file of its own, or somewhere inside a snapshot, a template or a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from preflight.documents.document import Document

PolicyType = Literal["identity", "resource", "trust", "scp", "rcp", "boundary", "session", "vpc-endpoint"]
POLICY_TYPES: tuple[PolicyType, ...] = (
    "identity",
    "resource",
    "trust",
    "scp",
    "rcp",
    "boundary",
    "session",
    "vpc-endpoint",
)


@dataclass(frozen=True, slots=True, eq=False)
class FoundPolicy:
    """One policy. `value` is the policy as plain data (an object, if it is one at all), `pointer` where it stands in
    `document`, `type` what it is for, `name` how messages cite it (empty for a file of its own).

    `owner` is what it belongs to where that matters: `service` (of a resource policy, such as `s3`), `kind`
    (`role`, `user`, `group`, `managed`), `address` (of a template's or plan's resource).
    `text` is the policy's own text where it stands in a string of the document; places in it are then worked out from
    it, and from the place of the string.
    """

    document: Document
    value: Any
    type: PolicyType = "identity"
    pointer: str = ""
    name: str = ""
    owner: Mapping[str, str] = field(default_factory=dict)
    text: str | None = field(default=None, repr=False)

    def place(self, pointer: str, *, name: bool = False) -> tuple[int, int] | None:
        """Return line and column, from 1, of the value at a pointer within the policy; of its name in its object for
        `name`. Where there is none of that pointer, the nearest thing around it; None without a text.
        """
        inside = self.pointer + pointer if self.text is None else self.pointer
        while True:
            found = self.document.position(inside, name=name and self.text is None)
            if found is not None or not inside:
                return found
            inside, name = inside.rpartition("/")[0], False
