"""Ways to administrator by a user or a role that does not exist yet: it is created, permitted everything and used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from preflight.audit.access.holders import Holder
from preflight.audit.scene import Scene
from preflight.audit.ways.attempts import Attempt, Attempts
from preflight.audit.ways.changes import BOUNDARY
from preflight.audit.ways.grants import AllowedActions
from preflight.audit.ways.own_attachments import attachable
from preflight.audit.ways.what_if import Memberships, everything, trusting
from preflight.iam.policy import Policy

_WRITES = {"user": ("iam:PutUserPolicy", "iam:AttachUserPolicy"), "role": ("iam:PutRolePolicy", "iam:AttachRolePolicy")}
_CREDENTIALS = ("iam:CreateAccessKey", "iam:CreateLoginProfile")
ACTIONS = ("iam:CreateUser", "iam:CreateRole")


class NewPrincipals:
    """Says by which principal of its own making someone can do everything."""

    def __init__(self, scene: Scene, grants: AllowedActions, attempts: Attempts, held: Memberships) -> None:
        self._scene = scene
        self._grants = grants
        self._try = attempts
        self._held = held
        self._trusting: dict[str, Policy] = {}

    def of(self, holder: Holder) -> Iterator[tuple[str, Attempt]]:
        """Give each way, in words, with what allows it."""
        powers = self._grants.powers_of(holder)
        if "iam:createuser" in powers:
            yield from self._by_user(holder, powers)
        if "iam:createrole" in powers:
            yield from self._by_role(holder)

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

    def _by_role(self, holder: Holder) -> Iterator[tuple[str, Attempt]]:
        trust = self._trusting.setdefault(holder.arn, trusting(holder.arn))
        role = f"arn:{self._scene.partition}:iam::{self._scene.account_id}:role/?*"
        assumed = self._try.on(holder, "sts:AssumeRole", role, resource_policy=trust)
        if assumed is not None:
            for how, tried in self._permitted(holder, "role", ["iam:CreateRole"]):
                yield f"{how}, then assumes it", tried.also(Attempt((), assumed.depends_on))

    def _permitted(self, holder: Holder, kind: str, actions: Sequence[str]) -> Iterator[tuple[str, Attempt]]:
        gain = self._gain(holder, [everything()])
        if gain is None:
            return
        for write in _WRITES[kind]:
            policies = attachable(self._scene, self._try, self._held, holder) if "Attach" in write else ("",)
            for policy in policies:
                tried = self._anywhere(holder, kind, [*actions, write], policy)
                if tried is not None:
                    yield " + ".join((*actions, write)), tried.also(Attempt((), gain.depends_on))
                    break

    def _anywhere(self, holder: Holder, kind: str, actions: Sequence[str], policy: str = "") -> Attempt | None:
        on = dict.fromkeys(actions, f"arn:aws:iam::111122223333:{kind}/any")
        context = {"iam:PolicyARN": policy} if policy else {}
        return self._try.anywhere(holder, actions, on, context=context, absent=(BOUNDARY,))

    def _gain(self, holder: Holder, policies: Sequence[Policy]) -> Attempt | None:
        """Say whether someone new with these policies could do everything."""
        fresh = replace(
            holder,
            policies=replace(holder.policies, identity=tuple(policies), boundaries=()),
            tags={},
            variant=f"{holder.variant}#new",
        )
        return self._try.everything(fresh)
