"""How a principal gives itself everything: by writing policies, joining groups, taking off its boundary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

from preflight.audit.access.holders import Holder
from preflight.audit.scene import Scene
from preflight.audit.ways.attempts import Attempt, Attempts
from preflight.audit.ways.changes import BOUNDARY, AttemptedChange, Changes, PossibleChange
from preflight.audit.ways.grants import AllowedActions
from preflight.audit.ways.memberships import Memberships
from preflight.audit.ways.new_principals import NewPrincipals, WithoutPassing
from preflight.audit.ways.own_attachments import NarrowPolicies, attachable
from preflight.audit.ways.steps import ADMINISTRATOR, EscalationStep, named
from preflight.audit.ways.what_if import boundary_of, everything, with_policies

WRITES: Mapping[str, tuple[str, ...]] = {
    "user": ("iam:PutUserPolicy", "iam:AttachUserPolicy"),
    "role": ("iam:PutRolePolicy", "iam:AttachRolePolicy"),
    "group": ("iam:PutGroupPolicy", "iam:AttachGroupPolicy"),
    "policy": ("iam:CreatePolicyVersion",),
}


class OwnWays:
    """Says who can do everything, and who can give itself everything, with the policies as they would be then."""

    def __init__(self, scene: Scene, grants: AllowedActions, attempts: Attempts, rest: WithoutPassing) -> None:
        """Take what says, as `rest`, what allows a principal all of a way but to pass the role."""
        self._scene = scene
        self._grants = grants
        self._try = attempts
        self._held = Memberships(scene)
        free = f"arn:{scene.partition}:iam::aws:policy/AdministratorAccess"
        self._changer = Changes(grants, attempts, self._held, free)
        self._new = NewPrincipals(scene, grants, attempts, self._held, rest)
        self._changes: dict[str, Sequence[tuple[AttemptedChange, Attempt | None]]] = {}
        self._gains: dict[str, Attempt | None] = {}

    def standing(self, holder: Holder) -> Attempt | None:
        """Say whether a principal can do everything, and under which conditions."""
        return self._try.everything(holder)

    def unread(self) -> Iterator[tuple[str, Sequence[str], str]]:
        """Give what the facts do not have of groups and policies, in words, with the actions that it decides about, and
        on which resource, empty for any.
        """
        if not self._held.knows_groups:
            yield "the account's groups", ("iam:AddUserToGroup",), ""
        for name in self._held.unread_groups:
            yield f"policies of group {name}", ("iam:AddUserToGroup",), self._held.group_arn(name)
        if not self._held.knows_policies:
            yield "the account's policies", ("iam:SetDefaultPolicyVersion", "iam:CreatePolicyVersion"), ""
        elif any(each.unread for each in self._held.policies.values()):
            yield "all versions of the account's policies", ("iam:SetDefaultPolicyVersion",), ""

    def gain(self, holder: Holder) -> Attempt | None:
        """Say whether a principal could do everything if one of its policies allowed it."""
        if self._grants.by_key.get(holder.key) is not holder:
            return self._try.everything(with_policies(holder, [everything()]))
        if holder.key not in self._gains:
            self._gains[holder.key] = self._try.everything(with_policies(holder, [everything()]))
        return self._gains[holder.key]

    def changes_by(
        self, actors: Sequence[Holder], target: Holder
    ) -> Iterator[tuple[PossibleChange, dict[str, Attempt]]]:
        """Give what others can make of a principal, each with who can, by key."""
        powers = frozenset[str]().union(*map(self._grants.powers_of, actors))
        keys = {each.key for each in actors} - {target.key}
        narrow = NarrowPolicies(self._grants, self._held, actors)
        for change in self._changer.possible(target, powers, narrow):
            able = {
                actor.key: tried
                for actor in self._grants.who(change.action, change.resource, keys)
                if (tried := self._changer.attempt(actor, change)) is not None
            }
            if able:
                yield change, able

    def after(self, changed: Holder) -> Attempt | None:
        """Say whether a principal as it would be after a change can do everything, or give itself everything."""
        standing = self.standing(changed)
        if standing is not None:
            return standing
        written = [it for _, it in self._written(changed, self._grants.powers_of(changed))]
        created = [it for _, it in self._new.of(changed)]
        return min((*written, *created), key=lambda each: each.rank, default=None)

    def of(self, holder: Holder) -> list[EscalationStep]:
        """Return the ways by which a principal gives itself everything, the best first."""
        powers = self._grants.powers_of(holder)
        if not powers:
            return []
        changed = (
            (each.change.words, each.attempt.also(Attempt((), gained.depends_on)))
            for each, gained in self.changes(holder)
            if gained is not None
        )
        found = [*self._written(holder, powers), *changed, *self._new.of(holder)]
        return sorted(
            (it.step(holder.key, ADMINISTRATOR, "own-permissions", how) for how, it in found),
            key=lambda each: each.rank,
        )

    def changes(self, holder: Holder) -> Sequence[tuple[AttemptedChange, Attempt | None]]:
        """Return what a principal can make of itself, each with whether it can do everything then."""
        known = self._changes.get(holder.key)
        if known is None:
            found = self._changer.of(holder)
            known = self._changes[holder.key] = [(each, self.after(each.after)) for each in found]
        return known

    def _written(self, holder: Holder, powers: Set[str]) -> Iterator[tuple[str, Attempt]]:
        if not any(action.lower() in powers for actions in WRITES.values() for action in actions):
            return
        gain = self.gain(holder)
        if gain is None:
            return
        for kind, arn in self.targets(holder):
            for action, tried in self.writes(holder, kind, arn, boundary_of(holder)):
                yield f"{action} on {named(arn)}, its own", tried.also(Attempt((), gain.depends_on))

    def targets(self, holder: Holder) -> Iterator[tuple[str, str]]:
        """Give what a policy of a principal can be written into, as kind and ARN: itself, its groups and policies."""
        yield holder.kind, holder.arn
        for name in self._held.groups_of(holder):
            yield "group", self._held.group_arn(name)
        for arn in self._held.policies_of(holder):
            yield "policy", arn

    def writes(self, holder: Holder, kind: str, arn: str, boundary: str) -> Iterator[tuple[str, Attempt]]:
        """Give each action by which a principal can write what allows everything into a user, role, group or policy,
        whose boundary has the ARN given.
        """
        about, absent = ({BOUNDARY: boundary}, ()) if boundary else ({}, (BOUNDARY,))
        for action in WRITES[kind]:
            attached: Iterable[str] = (
                attachable(self._scene, self._try, self._held, holder) if "Attach" in action else ("",)
            )
            for policy in attached:
                context = {**about, "iam:PolicyARN": policy} if policy else about
                tried = self._try.on(holder, action, arn, context=context, absent=absent)
                if tried is not None:
                    yield action, tried
                    break
