"""Ways to administrator by a user or a role that does not exist yet: it is created, permitted everything and used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from preflight.audit.access.holders import Holder
from preflight.audit.scene import Scene
from preflight.audit.ways.attempts import Attempt, Attempts
from preflight.audit.ways.changes import BOUNDARY
from preflight.audit.ways.grants import AllowedActions
from preflight.audit.ways.memberships import Memberships
from preflight.audit.ways.own_attachments import attachable, policy_of_aws
from preflight.audit.ways.what_if import everything, trusting
from preflight.iam.pattern import matches
from preflight.iam.policy import Policy
from preflight.lint.analysis.escalation_paths import Way, ways

_WRITES = {"user": ("iam:PutUserPolicy", "iam:AttachUserPolicy"), "role": ("iam:PutRolePolicy", "iam:AttachRolePolicy")}
_CREDENTIALS = ("iam:CreateAccessKey", "iam:CreateLoginProfile")
_UNBIND = {"user": "iam:DeleteUserPermissionsBoundary", "role": "iam:DeleteRolePermissionsBoundary"}
_INSTANCES = "ec2.amazonaws.com"
_MOST_BOUNDARIES = 20
_NOTHING: Mapping[str, str] = MappingProxyType({})
ACTIONS = ("iam:CreateUser", "iam:CreateRole")


WithoutPassing = Callable[[Holder, Way], Attempt | None]


class NewPrincipals:
    """Says by which principal of its own making someone can do everything."""

    def __init__(
        self, scene: Scene, grants: AllowedActions, attempts: Attempts, held: Memberships, rest: WithoutPassing
    ) -> None:
        """Take what says, as `rest`, what allows a principal all of a way but to pass the role."""
        self._scene = scene
        self._grants = grants
        self._try = attempts
        self._held = held
        self._rest = rest
        self._trusting: dict[str, Policy] = {}

    def of(self, holder: Holder) -> Iterator[tuple[str, Attempt]]:
        """Give each way, in words, with what allows it."""
        powers = self._grants.powers_of(holder)
        if "iam:createuser" in powers:
            yield from self._by_user(holder, powers)
        if "iam:createrole" in powers:
            yield from self._by_role(holder, powers)

    def _by_user(self, holder: Holder, powers: frozenset[str]) -> Iterator[tuple[str, Attempt]]:
        for credential in _CREDENTIALS:
            if credential.lower() not in powers:
                continue
            yield from self._permitted(holder, "user", ["iam:CreateUser", credential])
            created = self._anywhere(holder, "user", ["iam:CreateUser", credential])
            for name, policies in self._held.group_policies.items() if created else ():
                gain = self._gain(holder, policies)
                joined = gain and self._try.on(holder, "iam:AddUserToGroup", self._held.group_arn(name))
                if created and gain and joined:
                    both = created.also(joined).also(Attempt((), gain.depends_on))
                    yield f"iam:CreateUser + iam:AddUserToGroup (group {name}) + {credential}", both

    def _by_role(self, holder: Holder, powers: frozenset[str]) -> Iterator[tuple[str, Attempt]]:
        trust = self._trusting.setdefault(holder.arn, trusting(holder.arn))
        role = f"arn:{self._scene.partition}:iam::{self._scene.account_id}:role/?*"
        assumed = self._try.on(holder, "sts:AssumeRole", role, resource_policy=trust)
        if assumed is not None:
            for how, tried in self._permitted(holder, "role", ["iam:CreateRole"]):
                yield f"{how}, then assumes it", tried.also(Attempt((), assumed.depends_on))
            return
        for way in ways() if "iam:passrole" in powers else ():
            rest = self._rest(holder, way) if way.kind == "passed-role" and way.passed_to != (_INSTANCES,) else None
            for service in way.passed_to if rest is not None else ():
                passed = {"iam:PassedToService": service}
                for how, tried in self._permitted(holder, "role", ["iam:CreateRole", "iam:PassRole"], passed):
                    creating = [each for each in (*way.needs, *way.creates) if each != "iam:PassRole"]
                    yield f"{how}, then {' + '.join(creating)}", tried.also(rest or Attempt())
                    return

    def _permitted(
        self, holder: Holder, kind: str, actions: Sequence[str], context: Mapping[str, str] = _NOTHING
    ) -> Iterator[tuple[str, Attempt]]:
        """Give the ways to create a principal that can do everything: with no boundary, or with one that is asked for
        and that allows everything, or can be taken off.
        """
        for boundary in ("", *self._boundaries(holder)):
            bound = self._gain(holder, [everything()], self._documents(boundary))
            free = [] if bound else [_UNBIND[kind]]
            gain = bound or (self._gain(holder, [everything()]) if boundary else None)
            if gain is None:
                continue
            for write in _WRITES[kind]:
                policies = attachable(self._scene, self._try, self._held, holder) if "Attach" in write else ("",)
                for policy in policies:
                    tried = self._anywhere(holder, kind, [*actions, write, *free], policy, boundary, context)
                    if tried is not None:
                        yield " + ".join((*actions, *free, write)), tried.also(Attempt((), gain.depends_on))
                        break

    def _anywhere(
        self,
        holder: Holder,
        kind: str,
        actions: Sequence[str],
        policy: str = "",
        boundary: str = "",
        context: Mapping[str, str] = _NOTHING,
    ) -> Attempt | None:
        on = dict.fromkeys(actions, f"arn:aws:iam::111122223333:{kind}/any")
        about = {
            **context,
            **({"iam:PolicyARN": policy} if policy else {}),
            **({BOUNDARY: boundary} if boundary else {}),
        }
        return self._try.anywhere(holder, actions, on, context=about, absent=() if boundary else (BOUNDARY,))

    def _boundaries(self, holder: Holder) -> Sequence[str]:
        """Return the ARNs of policies that a principal's policies ask for as boundaries of what it creates."""
        texts = [
            text for policy in holder.policies.identity for statement in policy.statements
            for each in statement.conditions if each.key == BOUNDARY.lower()
            for text in each.values
        ]  # fmt: skip
        found = [arn for text in texts for arn in (text, *self._held.policies) if matches(text, arn)]
        return list(dict.fromkeys(found))[:_MOST_BOUNDARIES]

    def _documents(self, boundary: str) -> Sequence[Policy] | None:
        """Return a boundary's policy; none for no boundary, and None for one that is not known."""
        if not boundary:
            return ()
        known = self._held.policies.get(boundary)
        policy = known.default if known is not None else policy_of_aws(boundary)
        return None if policy is None else (policy,)

    def _gain(
        self, holder: Holder, policies: Sequence[Policy], boundaries: Sequence[Policy] | None = ()
    ) -> Attempt | None:
        """Say whether someone new with these policies, within these boundaries, could do everything."""
        if boundaries is None:
            return None
        fresh = replace(
            holder,
            policies=replace(holder.policies, identity=tuple(policies), boundaries=tuple(boundaries)),
            tags={},
            variant=f"{holder.variant}#new",
        )
        return self._try.everything(fresh)
