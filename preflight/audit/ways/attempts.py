"""What a principal may do in the account as it is: on resources that exist, or on names that it may choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

from preflight.audit.access.decider import Access, Reach
from preflight.audit.access.holders import Holder
from preflight.audit.scene import Scene
from preflight.audit.ways.asked_tags import TAGGING, asked_tags
from preflight.audit.ways.steps import EscalationStep, named
from preflight.catalog.regions import regions
from preflight.iam.decision import StatementRef
from preflight.iam.pattern import combinations, matches
from preflight.iam.policy import Policy
from preflight.iam.request import Policies, PolicyType
from preflight.iam.wildcard import tokens
from preflight.lint.policy.sensitive_actions import samples

_SAMPLE_ACCOUNT, _SAMPLE_REGION, _SAMPLE_NAME = "111122223333", "us-east-1", "any"
_MOST_NAMES = 64
PROBES = ("iam:PutUserPolicy", "iam:AttachRolePolicy", "iam:CreatePolicyVersion", "s3:DeleteBucketPolicy")
"""Actions that only those have together who have all."""
_TAG_KEYS = ("aws:resourcetag/", "iam:resourcetag/")
_REGION_KEY = "aws:requestedregion"
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Attempt:
    """Something that a principal may do: by which statements, and what it depends on, in words; empty if nothing.

    `first` is what it does before, in words: it tags what it acts on.
    """

    by: tuple[StatementRef, ...] = ()
    depends_on: tuple[str, ...] = ()
    first: tuple[str, ...] = ()

    def also(self, other: Attempt) -> Attempt:
        """Return both together."""
        by = tuple(dict.fromkeys((*self.by, *other.by)))
        first = tuple(dict.fromkeys((*self.first, *other.first)))
        return Attempt(by, tuple(dict.fromkeys((*self.depends_on, *other.depends_on))), first)

    def step(self, source: str, target: str, kind: str, how: str) -> EscalationStep:
        """Return it as a step on a way."""
        return EscalationStep(source, target, kind, ", then ".join((*self.first, how)), self.by, self.depends_on)

    @property
    def rank(self) -> tuple[bool, int]:
        """Sorts what depends on nothing first."""
        return (bool(self.depends_on), len(self.depends_on))


class Attempts:
    """Tries actions with every policy that is known of a principal. What is not known of them is told elsewhere."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._known: dict[int, tuple[Policies, Holder]] = {}
        self._tag_keys: dict[int, tuple[str, ...]] = {}

    def on(
        self,
        holder: Holder,
        action: str,
        resource: str,
        *,
        context: Mapping[str, str] = _NOTHING,
        absent: Sequence[str] = (),
        resource_policy: Policy | None = None,
    ) -> Attempt | None:
        """Try an action on one resource, an ARN, or on any name where it has `?*`; None if it is not allowed.

        `context` are condition keys of the request, `absent` those that it does not have. Conditions on other keys make
        the attempt depend on them. Where the policies ask for tags of what is acted on, it counts as tagged by a
        principal that may tag it.
        """
        tags = self._tags(holder, resource, resource_policy)
        found = self._tagged(holder, action, resource, tags, context, absent, resource_policy)
        if found is not None or not tags or action in TAGGING.values():
            return found
        wanted = {name.lower(): value for name, value in asked_tags(holder, _TAG_KEYS).items()}
        changed = {key: wanted.get(key.partition("/")[2].lower(), value) for key, value in tags.items()}
        if changed == tags:
            return None
        tagging = TAGGING[self._scene.holders.by_arn[resource].kind]
        tagged = self._tagged(holder, tagging, resource, tags, {}, (), None)
        found = tagged and self._tagged(holder, action, resource, changed, context, absent, resource_policy)
        if tagged is None or found is None:
            return None
        told = ", ".join(f"{name}={value}" for name, value in wanted.items())
        return Attempt((), (), (f"{tagging} on {named(resource)} ({told})",)).also(tagged).also(found)

    def _tagged(
        self,
        holder: Holder,
        action: str,
        resource: str,
        tags: Mapping[str, str | None],
        context: Mapping[str, str],
        absent: Sequence[str],
        resource_policy: Policy | None,
    ) -> Attempt | None:
        """Try an action on a resource that has these tags, by the condition keys that ask for them."""
        if tags:
            context = {**context, **{key: value for key, value in tags.items() if value is not None}}
            absent = (*absent, *(key for key, value in tags.items() if value is None))
        found = _attempt(
            self._scene.decider.access(
                self._as_known(holder),
                action,
                resource,
                context=context,
                absent=tuple(absent),
                resource_policy=resource_policy,
            )
        )
        if found is None:
            return None
        # A boundary that is not known can only take away.
        reason = holder.policies.unknown.get(PolicyType.BOUNDARY)
        limits = () if reason is None else (f"its permissions boundary, which is not known: {reason}",)
        found = found.also(Attempt((), limits))
        return replace(found, by=tuple(_of(each, holder) for each in found.by))

    def _tags(self, holder: Holder, resource: str, resource_policy: Policy | None) -> Mapping[str, str | None]:
        """Return the condition keys of tags that policies look at, as the target has them; None where it has not."""
        target = self._scene.holders.by_arn.get(resource)
        if target is None or target.tags is None:
            return {}
        policies = holder.policies
        levels = (each for level in policies.service_control or () for each in level)
        known = (*policies.identity, *policies.boundaries, *levels, *((resource_policy,) if resource_policy else ()))
        own = {name.lower(): value for name, value in target.tags.items()}
        return {key: own.get(key.partition("/")[2].lower()) for policy in known for key in self._keys_of(policy)}

    def _keys_of(self, policy: Policy) -> tuple[str, ...]:
        known = self._tag_keys.get(id(policy))
        if known is None:
            known = self._tag_keys[id(policy)] = tuple(
                each.name
                for statement in policy.statements
                for each in statement.conditions
                if each.key.startswith(_TAG_KEYS)
            )
        return known

    def everything(self, holder: Holder) -> Attempt | None:
        """Try whether a principal can do everything."""
        if not any(
            statement.allows and statement.actions.everything and not statement.actions.negated
            for policy in holder.policies.identity
            for statement in policy.statements
        ):
            return None
        return self.anywhere(holder, PROBES)

    def anywhere(
        self,
        holder: Holder,
        actions: Sequence[str],
        on: Mapping[str, str] = _NOTHING,
        *,
        context: Mapping[str, str] = _NOTHING,
        absent: Sequence[str] = (),
    ) -> Attempt | None:
        """Try actions together on names of the principal's choice, the same name where they are on one resource.

        `on` has the ARN to try an action on where it is not that of the action's first resource type.
        """
        alike: dict[str, list[str]] = {}
        for action in actions:
            sample = on.get(action) or samples().get(action)
            if sample is None:
                return None
            alike.setdefault(sample, []).append(action)
        found = Attempt()
        for sample, group in alike.items():
            tried = self._together(holder, sample, group, context, absent)
            if tried is None:
                return None
            found = found.also(tried)
        return found

    def _together(
        self,
        holder: Holder,
        sample: str,
        actions: Sequence[str],
        context: Mapping[str, str],
        absent: Sequence[str],
    ) -> Attempt | None:
        if sample == "*":
            return self._all(holder, actions, "*", context, absent)
        best: Attempt | None = None
        for region in self._regions(holder, actions) if f":{_SAMPLE_REGION}:" in sample else (_SAMPLE_REGION,):
            resource = self._open(sample, region)
            for name in (resource,) if len(actions) == 1 else self._names(holder, actions, resource):
                tried = self._all(holder, actions, name, context, absent)
                if tried is not None and not tried.depends_on:
                    return tried
                if tried is not None and (best is None or tried.rank < best.rank):
                    best = tried
        return best

    def _names(self, holder: Holder, actions: Sequence[str], resource: str) -> Sequence[str]:
        """Return a name for each way in which the statements about these actions tell resources apart."""
        if any(
            self._scene.decider.access(self._as_known(holder), each, resource).reach is Reach.NONE for each in actions
        ):
            return ()
        texts: dict[str, None] = {}
        policies = holder.policies
        levels = (each for level in policies.service_control or () for each in level)
        for policy in (*policies.identity, *policies.boundaries, *levels):
            for action in actions:
                for statement in policy.about(action.lower()):
                    texts.update(dict.fromkeys(statement.resources.texts if statement.resources else ()))
        patterns = [tokens(each) for each in texts if "$" not in each and each != "*"]
        found = combinations(patterns, tokens(resource), barred=":/") if patterns else None
        if not found:
            return (resource,)
        return [found[each] for each in sorted(found, key=lambda matched: -sum(matched))[:_MOST_NAMES]]

    def _all(
        self,
        holder: Holder,
        actions: Sequence[str],
        resource: str,
        context: Mapping[str, str],
        absent: Sequence[str],
    ) -> Attempt | None:
        found = Attempt()
        for action in actions:
            tried = self.on(holder, action, resource, context=context, absent=absent)
            if tried is None:
                return None
            found = found.also(tried)
        return found

    def _open(self, sample: str, region: str) -> str:
        parts = sample.split(":", 5)
        parts[1] = self._scene.partition
        parts[3] = region if parts[3] == _SAMPLE_REGION else parts[3]
        parts[4] = (self._scene.account_id or _SAMPLE_ACCOUNT) if parts[4] == _SAMPLE_ACCOUNT else parts[4]
        parts[5] = parts[5].replace(_SAMPLE_NAME, "?*")
        return ":".join(parts)

    def _regions(self, holder: Holder, actions: Sequence[str]) -> Sequence[str]:
        """Return the regions to try: those of the audit, and those that the statements about the actions name."""
        named: dict[str, None] = dict.fromkeys(self._scene.regions or (_SAMPLE_REGION,))
        policies = holder.policies
        levels = (each for level in policies.service_control or () for each in level)
        texts: dict[str, None] = {}
        for policy in (*policies.identity, *policies.boundaries, *levels):
            for action in actions:
                for statement in policy.about(action.lower()):
                    for text in statement.resources.texts if statement.resources else ():
                        parts = text.split(":", 5)
                        if len(parts) == 6 and parts[3] and parts[3] != "*" and "$" not in parts[3]:
                            texts[parts[3]] = None
                    for each in statement.conditions:
                        if each.key == _REGION_KEY:
                            texts.update(dict.fromkeys(each.values))
        for text in texts:
            possible = [each for each in _regions_of(self._scene.partition) if matches(text, each)]
            if possible and named.keys().isdisjoint(possible):
                named[possible[0]] = None
        return tuple(named)

    def _as_known(self, holder: Holder) -> Holder:
        """Return a principal with what is known of its policies."""
        if not holder.policies.unknown:
            return holder
        known = self._known.get(id(holder))
        if known is None or known[0] is not holder.policies:
            stripped = replace(holder.policies, unknown=MappingProxyType({}))
            known = self._known[id(holder)] = (holder.policies, replace(holder, policies=stripped))
        return known[1]


@cache
def _regions_of(partition: str) -> tuple[str, ...]:
    return tuple(region for region, its in regions().items() if its == partition)


def _attempt(access: Access) -> Attempt | None:
    if access.reach is Reach.NONE:
        return None
    return Attempt(access.by, access.depends_on if access.reach is Reach.OPEN else ())


def _of(ref: StatementRef, holder: Holder) -> StatementRef:
    """Return a statement of an inline policy with whose policy it is: others may have one of the same name."""
    if ref.policy_type is not PolicyType.IDENTITY or ref.policy.startswith("arn:"):
        return ref
    own = holder.detail.get("RolePolicyList") or holder.detail.get("UserPolicyList") or ()
    if any(each["PolicyName"] == ref.policy for each in own):
        return replace(ref, policy=f"{ref.policy} of {holder.kind} {holder.name}")
    groups = holder.detail.get("GroupList", ())
    return replace(ref, policy=f"{ref.policy} of group {' or '.join(groups)}") if groups else ref
