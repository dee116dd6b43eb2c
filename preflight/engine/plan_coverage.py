"""What the verdict of a check rests on: how much of a plan was checked, and which permissions it was found to need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NeedOf:
    """A permission that a resource or call was found to need: of which type that is, and by what it was decided
    (`override`, `core`, `property`, `tag`, `role` or `rule`). `resource` is an ARN, perhaps known by shape only.
    """

    type: str
    action: str
    resource: str
    by: str


@dataclass(frozen=True, slots=True)
class TypeCoverage:
    """How far the resources of one type were checked, and why no further. `level` is that of `PlanCoverage`."""

    resources: int
    level: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class PlanCoverage:
    """What the verdict of a check rests on: of how many resources and calls names, dependencies, quotas and permissions
    were checked (`full`), of how many only the permissions, how many ask nothing of AWS (`other`), and how many were
    not checked. `accepted` are those of the last that the user accepts.
    """

    full: int
    permissions: int
    other: int
    not_checked: int
    by_type: Mapping[str, TypeCoverage]
    accepted: int = 0

    @property
    def level_counts(self) -> tuple[int, int, int]:
        """How many are checked by permissions, ask nothing of AWS, and are not checked."""
        return self.permissions, self.other, self.not_checked

    @property
    def resources(self) -> int:
        """How many resources and calls there are."""
        return self.full + self.permissions + self.other + self.not_checked
