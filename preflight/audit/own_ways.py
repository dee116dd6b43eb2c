"""How a principal gives itself everything: by writing policies, joining groups, taking off its boundary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set

from preflight.audit.attempts import Attempt, Attempts
from preflight.audit.grants import Grants
from preflight.audit.holders import Holder
from preflight.audit.scene import Scene
from preflight.audit.steps import ADMINISTRATOR, Step, named
from preflight.audit.what_if import Held, boundary_of, everything, with_policies, with_version, without_boundary
from preflight.iam.policy import Policy

PROBES = ("iam:PutUserPolicy", "iam:AttachRolePolicy", "iam:CreatePolicyVersion", "s3:DeleteBucketPolicy")
_BOUNDARY = "iam:PermissionsBoundary"
WRITES: Mapping[str, tuple[str, ...]] = {
    "user": ("iam:PutUserPolicy", "iam:AttachUserPolicy"),
    "role": ("iam:PutRolePolicy", "iam:AttachRolePolicy"),
    "group": ("iam:PutGroupPolicy", "iam:AttachGroupPolicy"),
    "policy": ("iam:CreatePolicyVersion",),
}
_UNBOUND = {
    "user": ("iam:DeleteUserPermissionsBoundary", "iam:PutUserPermissionsBoundary"),
    "role": ("iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"),
}


class OwnWays:
    """Says who can do everything, and who can give itself everything, with the policies as they would be then."""

    def __init__(self, scene: Scene, grants: Grants, attempts: Attempts) -> None:
        self._scene = scene
        self._grants = grants
        self._try = attempts
        self._held = Held(scene)
        self._gains: dict[str, Attempt | None] = {}

    def standing(self, holder: Holder) -> Attempt | None:
        """Say whether a principal can do everything, and under which conditions."""
        if not any(
            statement.allows and statement.actions.everything and not statement.actions.negated
            for policy in holder.policies.identity
            for statement in policy.statements
        ):
            return None
        return self._try.anywhere(holder, PROBES)

    def gain(self, holder: Holder) -> Attempt | None:
        """Say whether a principal could do everything if one of its policies allowed it."""
        if self._grants.by_arn.get(holder.arn) is not holder:
            return self._try.anywhere(with_policies(holder, [everything()]), PROBES)
        if holder.arn not in self._gains:
            self._gains[holder.arn] = self._try.anywhere(with_policies(holder, [everything()]), PROBES)
        return self._gains[holder.arn]

    def _after(self, changed: Holder) -> Attempt | None:
        """Say whether a principal as it would be after a change can do everything, or give itself everything."""
        standing = self.standing(changed)
        if standing is not None:
            return standing
        written = (it for _, it in self._written(changed, self._grants.powers_of(changed)))
        return min(written, key=lambda each: each.rank, default=None)

    def of(self, holder: Holder) -> list[Step]:
        """Return the ways by which a principal gives itself everything, the best first."""
        powers = self._grants.powers[holder.arn]
        if not powers:
            return []
        found = [*self._written(holder, powers), *self._joined(holder), *self._restored(holder), *self._unbound(holder)]
        return sorted(
            (Step(holder.arn, ADMINISTRATOR, "own-permissions", how, it.by, it.depends_on) for how, it in found),
            key=lambda each: each.rank,
        )

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
        about, absent = ({_BOUNDARY: boundary}, ()) if boundary else ({}, (_BOUNDARY,))
        for action in WRITES[kind]:
            attached: Sequence[str] = self._administrative() if "Attach" in action else ("",)
            for policy in attached:
                context = {**about, "iam:PolicyARN": policy} if policy else about
                tried = self._try.on(holder, action, arn, context=context, absent=absent)
                if tried is not None:
                    yield action, tried
                    break

    def _administrative(self) -> Sequence[str]:
        """Return the ARNs of managed policies that allow everything: AWS's own, and those of the account."""
        own = [
            each.arn
            for each in self._held.policies.values()
            if each.default is not None and _allows_everything(each.default)
        ]
        return [f"arn:{self._scene.partition}:iam::aws:policy/AdministratorAccess", *own]

    def _joined(self, holder: Holder) -> Iterator[tuple[str, Attempt]]:
        if holder.kind != "user" or "iam:addusertogroup" not in self._grants.powers[holder.arn]:
            return
        mine = set(self._held.groups_of(holder))
        for name, policies in self._held.group_policies.items():
            gained = None if name in mine else self._after(with_policies(holder, policies))
            tried = gained and self._try.on(holder, "iam:AddUserToGroup", self._held.group_arn(name))
            if gained and tried:
                yield f"iam:AddUserToGroup puts it into group {name}", tried.also(Attempt((), gained.depends_on))

    def _restored(self, holder: Holder) -> Iterator[tuple[str, Attempt]]:
        if "iam:setdefaultpolicyversion" not in self._grants.powers[holder.arn]:
            return
        for arn in self._held.policies_of(holder):
            policy = self._held.policies[arn]
            for version, document in policy.others:
                gained = self._after(with_version(holder, policy, document))
                tried = gained and self._try.on(holder, "iam:SetDefaultPolicyVersion", arn)
                if gained and tried:
                    how = f"iam:SetDefaultPolicyVersion makes {version} of policy {policy.name} count"
                    yield how, tried.also(Attempt((), gained.depends_on))

    def _unbound(self, holder: Holder) -> Iterator[tuple[str, Attempt]]:
        boundary = boundary_of(holder)
        actions = [each for each in _UNBOUND[holder.kind] if each.lower() in self._grants.powers[holder.arn]]
        if not boundary or not actions:
            return
        free = without_boundary(holder)
        gained = self._after(free)
        if gained is None:
            return
        for action in actions:
            # The key is the boundary that is there where it is deleted, the new one where it is put.
            value = boundary if "Delete" in action else self._administrative()[0]
            tried = self._try.on(holder, action, holder.arn, context={_BOUNDARY: value})
            if tried is not None:
                how = f"{action} takes its permissions boundary off"
                yield how, tried.also(Attempt((), gained.depends_on))


def _allows_everything(policy: Policy) -> bool:
    return any(
        each.allows and each.actions.everything and not each.actions.negated and not each.conditions
        for each in policy.statements
    )
