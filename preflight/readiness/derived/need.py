"""One permission that a resource's handler or a call needs, perhaps needs, or does not need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Certainty: TypeAlias = Literal["needed", "maybe", "not-needed"]
By: TypeAlias = Literal["override", "core", "property", "tag", "role", "rule"]


@dataclass(frozen=True, slots=True)
class DerivedNeed:
    """An action, how certain it is that it is needed, and by what that was decided.

    `because` says why in words, after the action's name. `values` are what its resources are found by; `on` is the ARN
    of its resource, where that does not follow from them, and `passed` the role that iam:PassRole is about. `own` says
    that it may be about the very resource that is made, changed or deleted. `context` are condition keys by JMESPath.
    """

    action: str
    certainty: Certainty
    by: By
    because: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    on: str | None = None
    passed: str | None = None
    own: bool = True
    tagged: bool = False
    context: Mapping[str, Any] = field(default_factory=dict)

    @property
    def prefix(self) -> str:
        """The service that the action is of."""
        return self.action.partition(":")[0]
