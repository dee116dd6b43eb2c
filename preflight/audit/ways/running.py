"""What runs already with a role, as far as the facts list it: functions, each with its role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from preflight.account.facts import Ask, Known
from preflight.audit.scene import Scene
from preflight.lint.analysis.escalation_paths import Way
from preflight.lint.policy.sensitive_actions import samples

# By what their ARNs have in them: the kind, and the members that hold the ARN and the role.
_LISTED = {":function:": ("lambda:function", "FunctionArn", "Role")}


class Running:
    """Says which resources a way could take over, and whether the facts list all of them."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._lists: dict[str, Sequence[Mapping[str, Any]] | None] = {}

    def with_role(self, way: Way, role: str) -> Sequence[str]:
        """Return the ARNs of the resources of a way that run with a role."""
        kind, arn, member = _listed(way)
        return [str(each[arn]) for each in self._all(kind) or () if each.get(member) == role and each.get(arn)]

    def is_listed(self, way: Way) -> bool:
        """Say whether the facts list everything that a way could take over, in the regions that they are of."""
        kind, _, member = _listed(way)
        found = self._all(kind)
        return found is not None and all(member in each for each in found)

    def _all(self, kind: str) -> Sequence[Mapping[str, Any]] | None:
        if not kind or not self._scene.regions:
            return None
        if kind not in self._lists:
            facts = [self._scene.account.read(Ask.all(kind, region)) for region in self._scene.regions]
            known = [each.value for each in facts if isinstance(each, Known)]
            self._lists[kind] = [one for each in known for one in each] if len(known) == len(facts) else None
        return self._lists[kind]


def _listed(way: Way) -> tuple[str, str, str]:
    on = dict(way.on)
    sample = on.get(way.needs[0]) or samples().get(way.needs[0]) or ""
    return next((found for part, found in _LISTED.items() if part in sample), ("", "", ""))
