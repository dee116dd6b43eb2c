"""Who may have a way to administrator that the facts do not show: what they lack, and who can become those."""

from __future__ import annotations

from collections.abc import Set

from preflight.audit.access.holders import Holder
from preflight.audit.scene import Scene
from preflight.audit.ways.grants import AllowedActions
from preflight.audit.ways.own_ways import OwnWays
from preflight.audit.ways.steps import named
from preflight.audit.ways.ways_into import INSTANCES, WaysInto, actions_of
from preflight.lint.analysis.escalation_paths import Way, ways

_CENTRAL = ("sso:", "identitystore:")
OF_ANOTHER = ", of which it is not known"
"""How a reason ends that lies with another principal."""
_PERMISSION_SET = ":role/aws-reserved/sso.amazonaws.com/"


class UnknownWays:
    """Looks among those who are `left`: on no way that is known."""

    def __init__(self, scene: Scene, grants: AllowedActions, into: WaysInto, own: OwnWays) -> None:
        self._scene = scene
        self._grants = grants
        self._into = into
        self._own = own

    def unseen(self, left: Set[str], reached: Set[str]) -> dict[str, Way]:
        """Return who may take over what runs with a role, or change what exists, of which the facts do not list all."""
        services = {each for arn in reached for each in self._into.services_of(self._grants.by_key[arn])}
        possible = [
            way
            for way in ways()
            if way.kind == "existing-role"
            and not services.isdisjoint({*way.runs_as} - {INSTANCES})
            and not self._into.usable.is_listed(way)
        ]
        found = {arn: way for arn, way in self._into.unlisted.items() if arn in left}
        for holder in self._grants.in_order(left - found.keys()) if possible else ():
            for way in possible:
                if (
                    actions_of(way) <= self._grants.powers[holder.key]
                    and self._into.usable.on_any_names(holder, way) is not None
                ):
                    found[holder.arn] = way
                    break
        return found

    def is_by_region(self, left: Set[str]) -> bool:
        """Say whether someone could go a way if what it takes over existed in a region that the facts are not of."""
        kept = [way for way in ways() if way.existing is not None and self._into.usable.is_listed(way)]
        return any(
            actions_of(way) <= self._grants.powers[holder.key]
            and self._into.usable.on_any_names(holder, way) is not None
            for holder in (self._grants.in_order(left) if kept else ())
            for way in kept
        )

    def unread(self, left: Set[str]) -> dict[str, str]:
        """Return who may do what groups or policies decide that the facts do not have."""
        found: dict[str, str] = {}
        for what, actions, on in self._own.unread():
            able = self._grants.able_to(actions) & left
            holders = self._grants.who(actions[0], on, able) if on else self._grants.in_order(able)
            found |= {each.arn: f"{what} are not known" for each in holders}
        return found

    def leading_to(self, unknown: Set[str], left: Set[str]) -> dict[str, str]:
        """Return who can become someone of whom it is not known what they can become."""
        found: dict[str, str] = {}
        reached = list(self._grants.in_order(unknown))
        rest = {*left} - unknown
        while reached and rest:
            closer: dict[str, Holder] = {}
            for target in reached:
                for step in self._into.best(target, rest):
                    found[step.source] = f"it can act as {named(target.arn)}{OF_ANOTHER}"
                    closer[step.source] = self._grants.by_key[step.source]
                rest -= found.keys()
            reached = list(closer.values())
        return found

    def central(self, left: Set[str]) -> dict[str, tuple[str, ...]]:
        """Return who may change the permission sets of IAM Identity Center, if the account uses them: whether it also
        manages them, the facts don't say.
        """
        if not any(_PERMISSION_SET in each for each in self._scene.holders.by_arn):
            return {}
        of_sets = [way for way in ways() if all(each.startswith(_CENTRAL) for each in way.needs)]
        found: dict[str, tuple[str, ...]] = {}
        for holder in self._grants.in_order(left):
            able = [
                each for way in of_sets if actions_of(way) <= self._grants.powers[holder.key]
                and self._into.usable.on_any_names(holder, way) is not None for each in way.needs
            ]  # fmt: skip
            if able:
                found[holder.arn] = tuple(able)
        return found
