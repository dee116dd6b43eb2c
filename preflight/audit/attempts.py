"""What a principal may do in the account as it is: on resources that exist, or on names that it may choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from preflight.audit.access import Access, Reach
from preflight.audit.holders import Holder
from preflight.audit.scene import Scene
from preflight.iam.decision import StatementRef
from preflight.iam.pattern import combinations
from preflight.iam.policy import Policy
from preflight.iam.request import Policies
from preflight.iam.wildcard import tokens
from preflight.lint.policy.sensitive_actions import samples

_SAMPLE_ACCOUNT, _SAMPLE_REGION, _SAMPLE_NAME = "111122223333", "us-east-1", "any"
_MOST_NAMES = 64
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Attempt:
    """Something that a principal may do: by which statements, and what it depends on, in words; empty if nothing."""

    by: tuple[StatementRef, ...] = ()
    depends_on: tuple[str, ...] = ()

    def also(self, other: Attempt) -> Attempt:
        """Return both together."""
        by = tuple(dict.fromkeys((*self.by, *other.by)))
        return Attempt(by, tuple(dict.fromkeys((*self.depends_on, *other.depends_on))))

    @property
    def rank(self) -> tuple[bool, int]:
        """Sorts what depends on nothing first."""
        return (bool(self.depends_on), len(self.depends_on))


class Attempts:
    """Tries actions with every policy that is known of a principal. What is not known of them is told elsewhere."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._known: dict[int, tuple[Policies, Holder]] = {}

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
        the attempt depend on them.
        """
        return _attempt(
            self._scene.decider.access(
                self._as_known(holder),
                action,
                resource,
                context=context,
                absent=tuple(absent),
                resource_policy=resource_policy,
            )
        )

    def anywhere(self, holder: Holder, actions: Sequence[str], on: Mapping[str, str] = _NOTHING) -> Attempt | None:
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
            tried = self._together(holder, sample, group)
            if tried is None:
                return None
            found = found.also(tried)
        return found

    def _together(self, holder: Holder, sample: str, actions: Sequence[str]) -> Attempt | None:
        if sample == "*":
            return self._all(holder, actions, "*")
        best: Attempt | None = None
        for region in self._regions(holder, actions) if f":{_SAMPLE_REGION}:" in sample else (_SAMPLE_REGION,):
            resource = self._open(sample, region)
            for name in (resource,) if len(actions) == 1 else self._names(holder, actions, resource):
                tried = self._all(holder, actions, name)
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

    def _all(self, holder: Holder, actions: Sequence[str], resource: str) -> Attempt | None:
        found = Attempt()
        for action in actions:
            tried = self.on(holder, action, resource)
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
        for policy in holder.policies.identity:
            for action in actions:
                for statement in policy.about(action.lower()):
                    for text in statement.resources.texts if statement.resources else ():
                        parts = text.split(":", 5)
                        if len(parts) == 6 and parts[3] and not set("*?$") & set(parts[3]):
                            named[parts[3]] = None
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


def _attempt(access: Access) -> Attempt | None:
    if access.reach is Reach.NONE:
        return None
    return Attempt(access.by, access.depends_on if access.reach is Reach.OPEN else ())
