"""Who can become an administrator, on the account as it is: step by step, by every known way.

The graph is searched backwards from those who can do everything, so that only principals on a way to them are looked
at. A way is tried on what exists: one's own ARN, groups and policies, every user and role that can do more; it counts
only if it gains something, which is decided for the principal as it would be afterwards, with its boundary and the
organization's policies. Conditions that the facts do not decide make a step depend on them.

The ways are those of `rules/lint-data/escalation.json`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cache

from preflight.account.facts import Unknown
from preflight.account.principals import parsed_policy
from preflight.audit.attempts import Attempt, Attempts
from preflight.audit.covering import Covering
from preflight.audit.holders import Holder
from preflight.audit.scene import Scene
from preflight.audit.what_if import (
    Held,
    boundary_of,
    everything,
    trusting,
    with_policies,
    with_version,
    without_boundary,
)
from preflight.iam.conditions import Truth
from preflight.iam.decision import StatementRef
from preflight.iam.policy import Policy
from preflight.iam.request import PolicyType
from preflight.iam.statement import Statement
from preflight.iam.variables import Found, Missing
from preflight.lint.analysis.escalation_paths import Way, ways

ADMINISTRATOR = "administrator"
_WILDCARD = re.compile(r"[*?]")
_PROBES = ("iam:PutUserPolicy", "iam:AttachRolePolicy", "iam:CreatePolicyVersion", "s3:DeleteBucketPolicy")
_BOUNDARY = "iam:PermissionsBoundary"
_WRITES: Mapping[str, tuple[str, ...]] = {
    "user": ("iam:PutUserPolicy", "iam:AttachUserPolicy"),
    "role": ("iam:PutRolePolicy", "iam:AttachRolePolicy"),
    "group": ("iam:PutGroupPolicy", "iam:AttachGroupPolicy"),
    "policy": ("iam:CreatePolicyVersion",),
}
_CREDENTIALS = ("iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile")
_PROVIDERS = {
    ":saml-provider/": "iam:UpdateSAMLProvider",
    ":oidc-provider/": "iam:UpdateOpenIDConnectProviderThumbprint",
}
_UNBOUND = {
    "user": ("iam:DeleteUserPermissionsBoundary", "iam:PutUserPermissionsBoundary"),
    "role": ("iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"),
}
_INSTANCES = "ec2.amazonaws.com"
_MOST_OTHERS = 8
_MOST_SOURCES = 5_000


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a way: `source` (an ARN) gets to `target` (a principal's ARN, or `administrator`).

    `kind` is `own-permissions`, `assume-role`, `trust-policy`, `user-credentials`, `passed-role` or `existing-role`;
    `how` says it in words; `by` are the statements that allow it; `depends_on` are conditions that the facts do not
    decide, in words, empty where there are none.
    """

    source: str
    target: str
    kind: str
    how: str
    by: tuple[StatementRef, ...]
    depends_on: tuple[str, ...] = ()

    @property
    def rank(self) -> tuple[bool, int]:
        """Sorts steps that depend on nothing first."""
        return (bool(self.depends_on), len(self.depends_on))


@dataclass(frozen=True, slots=True)
class Escalation:
    """`administrators` are those who can do everything already, some under the `conditions` of their ARN.

    `steps` are the best next step of everyone else who can get there, by ARN; `others` their other next steps.
    `undecided` are those of whom some policies are not known and who are on no way that is known, with the reason.
    `unseen` are those, on no known way, who may take over something that runs with a role, of which the facts list
    nothing, with the actions.
    """

    administrators: frozenset[str]
    steps: Mapping[str, Step]
    conditions: Mapping[str, tuple[str, ...]]
    others: Mapping[str, tuple[Step, ...]]
    undecided: Mapping[str, str]
    unseen: Mapping[str, tuple[str, ...]]

    def path(self, arn: str) -> tuple[Step, ...]:
        """Return the steps from a principal to everything, in order; none for one that gets nowhere or is there."""
        found: list[Step] = []
        while arn in self.steps:
            found.append(self.steps[arn])
            arn = found[-1].target
        return tuple(found)

    def all_steps(self) -> Iterator[Step]:
        """Give every known step on a way, the best of each principal first."""
        for arn, step in self.steps.items():
            yield step
            yield from self.others.get(arn, ())

    def closing(self, most: int = 5) -> list[tuple[StatementRef, int]]:
        """Return the statements without which most principals would have no way, with the number of those."""
        found: Counter[StatementRef] = Counter()
        for arn, step in self.steps.items():
            needed = set(step.by)
            for other in self.others.get(arn, ()):
                needed &= set(other.by)
            found.update(needed)
        return found.most_common(most)


def escalation(scene: Scene) -> Escalation:
    """Find everyone who can become an administrator, by the fewest steps."""
    return _Search(scene).found()


class _Allowing:
    """The statements that allow an action, each once, with the ARNs of those who hold them.

    Most name resources by patterns of which the beginning is plain text: a resource is looked up by its own beginnings.
    """

    def __init__(self, holders: Iterable[Holder], action: str) -> None:
        held: dict[int, tuple[Statement, set[str]]] = {}
        lower = action.lower()
        for holder in holders:
            for policy in holder.policies.identity:
                for statement in policy.about(lower):
                    if statement.allows:
                        held.setdefault(id(statement), (statement, set()))[1].add(holder.arn)
        self._any = [each for each in held.values() if not _is_plain(each[0])]
        self._by_head: dict[str, list[tuple[Statement, set[str]]]] = {}
        for each in held.values():
            resources = each[0].resources
            if resources is not None and _is_plain(each[0]):
                for head in {_WILDCARD.split(text, maxsplit=1)[0] for text in resources.texts}:
                    self._by_head.setdefault(head, []).append(each)

    def arns(self, resource: str, among: Set[str], where: Callable[[Statement], bool] | None = None) -> set[str]:
        """Return everyone among those given whom a statement, of those that `where` takes, may allow the action on a
        resource.
        """
        found: set[str] = set()
        heads = (self._by_head.get(resource[:end], ()) for end in range(len(resource) + 1))
        for statement, held_by in (*self._any, *(each for listed in heads for each in listed)):
            patterns = statement.resources
            if where is not None and not where(statement):
                continue
            if patterns is None or patterns.varying or patterns.fixed(resource) != patterns.negated:
                found |= held_by & among
        return found


def _is_plain(statement: Statement) -> bool:
    return statement.resources is not None and not statement.resources.negated and not statement.resources.varying


class _Search:
    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._try = Attempts(scene)
        self._held = Held(scene)
        self._holders = [each for each in scene.holders.by_arn.values() if not each.is_service_linked]
        self._by_arn = {each.arn: each for each in self._holders}
        self._allowing: dict[str, _Allowing] = {}
        # Which of the actions of ways someone's policies allow on anything at all: most ways are ruled out by that.
        actions = {"sts:AssumeRole", *_PROBES, *(each for way in ways() for each in (*way.needs, *way.creates))}
        self._covering = Covering(sorted(actions))
        self._powers = {each.arn: _powers(each, self._covering) for each in self._holders}
        self._order = {each.arn: number for number, each in enumerate(self._holders)}
        self._able: dict[str, set[str]] = {}
        for arn, powers in self._powers.items():
            for power in powers:
                self._able.setdefault(power, set()).add(arn)
        self._for: dict[tuple[int, frozenset[str]], bool] = {}
        self._rests: dict[tuple[str, str], Attempt | None] = {}
        self._gains: dict[str, Attempt | None] = {}
        # What is decided with is told apart by identity, so it is kept.
        self._trusting: dict[str, Policy] = {}
        self._trusts: dict[str, Policy | None] = {}

    def found(self) -> Escalation:
        standing = {each.arn: found for each in self._holders if (found := self._standing(each)) is not None}
        steps: dict[str, Step] = {}
        for holder in self._holders:
            if holder.arn not in standing and (own := self._own(holder)):
                steps[holder.arn] = own[0]
        reached = [*sorted(standing), *steps]
        left = set(self._order) - {*standing, *steps}
        while reached:
            closer: dict[str, list[Step]] = {}
            for arn in reached:
                for step in self._into(self._by_arn[arn], left):
                    closer.setdefault(step.source, []).append(step)
            if not closer:
                for step in self._writing(left):
                    closer.setdefault(step.source, []).append(step)
            for source, possible in closer.items():
                steps[source] = min(possible, key=lambda each: each.rank)
            left -= closer.keys()
            reached = sorted(closer, key=self._order.__getitem__)
        others = self._others(standing, steps) if len(steps) <= _MOST_SOURCES else {}
        conditions = {arn: found.depends_on for arn, found in standing.items() if found.depends_on}
        undecided = {
            arn: "; ".join(dict.fromkeys(self._by_arn[arn].policies.unknown.values()))
            for arn in sorted(left, key=self._order.__getitem__)
            if self._by_arn[arn].policies.unknown
        }
        return Escalation(frozenset(standing), steps, conditions, others, undecided, self._unseen(left))

    def _unseen(self, left: Set[str]) -> dict[str, tuple[str, ...]]:
        """Return who may take over what runs already with a role: functions, notebooks, builds, tasks, stacks."""
        found: dict[str, tuple[str, ...]] = {}
        possible = [way for way in ways() if way.kind == "existing-role" and not way.runs_as]
        for arn in sorted(left, key=self._order.__getitem__):
            for way in possible:
                if _actions(way) <= self._powers[arn] and self._rest(self._by_arn[arn], way) is not None:
                    found[arn] = way.needs
                    break
        return found

    def _others(self, standing: Mapping[str, Attempt], steps: Mapping[str, Step]) -> dict[str, tuple[Step, ...]]:
        """Return the further next steps of those who are on a way, those that depend on nothing first."""
        found: dict[str, list[Step]] = {}
        for arn in steps:
            found[arn] = [each for each in self._own(self._by_arn[arn]) if each != steps[arn]]
        among = set(steps)
        for arn in (*sorted(standing), *steps):
            among_here = {each for each in among if len(found[each]) < _MOST_OTHERS}
            for step in self._into(self._by_arn[arn], among_here) if among_here else ():
                if step != steps[step.source] and not self._leads_back(step, steps):
                    found[step.source].append(step)
        return {
            arn: tuple(sorted(each, key=lambda step: step.rank)[:_MOST_OTHERS]) for arn, each in found.items() if each
        }

    def _leads_back(self, step: Step, steps: Mapping[str, Step]) -> bool:
        arn = step.target
        while arn in steps:
            if arn == step.source:
                return True
            arn = steps[arn].target
        return False

    def _standing(self, holder: Holder) -> Attempt | None:
        """Say whether a principal can do everything, and under which conditions."""
        if not any(
            statement.allows and statement.actions.everything and not statement.actions.negated
            for policy in holder.policies.identity
            for statement in policy.statements
        ):
            return None
        return self._try.anywhere(holder, _PROBES)

    def _gain(self, holder: Holder) -> Attempt | None:
        """Say whether a principal could do everything if one of its policies allowed it."""
        if self._by_arn.get(holder.arn) is not holder:
            return self._try.anywhere(with_policies(holder, [everything()]), _PROBES)
        if holder.arn not in self._gains:
            self._gains[holder.arn] = self._try.anywhere(with_policies(holder, [everything()]), _PROBES)
        return self._gains[holder.arn]

    def _after(self, changed: Holder) -> Attempt | None:
        """Say whether a principal as it would be after a change can do everything, or give itself everything."""
        standing = self._standing(changed)
        if standing is not None:
            return standing
        written = (it for _, it in self._written(changed, _powers(changed, self._covering)))
        return min(written, key=lambda each: each.rank, default=None)

    def _own(self, holder: Holder) -> list[Step]:
        """Return the ways by which a principal gives itself everything, the best first."""
        powers = self._powers[holder.arn]
        if not powers:
            return []
        found = [*self._written(holder, powers), *self._joined(holder), *self._restored(holder), *self._unbound(holder)]
        return sorted(
            (Step(holder.arn, ADMINISTRATOR, "own-permissions", how, it.by, it.depends_on) for how, it in found),
            key=lambda each: each.rank,
        )

    def _written(self, holder: Holder, powers: Set[str]) -> Iterator[tuple[str, Attempt]]:
        if not any(action.lower() in powers for actions in _WRITES.values() for action in actions):
            return
        gain = self._gain(holder)
        if gain is None:
            return
        for kind, arn in self._targets(holder):
            for action, tried in self._writes(holder, kind, arn, boundary_of(holder)):
                yield f"{action} on {_named(arn)}, its own", tried.also(Attempt((), gain.depends_on))

    def _targets(self, holder: Holder) -> Iterator[tuple[str, str]]:
        """Give what a policy of a principal can be written into, as kind and ARN: itself, its groups and policies."""
        yield holder.kind, holder.arn
        for name in self._held.groups_of(holder):
            yield "group", self._held.group_arn(name)
        for arn in self._held.policies_of(holder):
            yield "policy", arn

    def _writes(self, holder: Holder, kind: str, arn: str, boundary: str) -> Iterator[tuple[str, Attempt]]:
        about, absent = ({_BOUNDARY: boundary}, ()) if boundary else ({}, (_BOUNDARY,))
        for action in _WRITES[kind]:
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
        if holder.kind != "user" or "iam:addusertogroup" not in self._powers[holder.arn]:
            return
        mine = set(self._held.groups_of(holder))
        for name, policies in self._held.group_policies.items():
            gained = None if name in mine else self._after(with_policies(holder, policies))
            tried = gained and self._try.on(holder, "iam:AddUserToGroup", self._held.group_arn(name))
            if gained and tried:
                yield f"iam:AddUserToGroup puts it into group {name}", tried.also(Attempt((), gained.depends_on))

    def _restored(self, holder: Holder) -> Iterator[tuple[str, Attempt]]:
        if "iam:setdefaultpolicyversion" not in self._powers[holder.arn]:
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
        actions = [each for each in _UNBOUND[holder.kind] if each.lower() in self._powers[holder.arn]]
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

    def _into(self, target: Holder, among: Set[str]) -> Iterator[Step]:
        """Give the best step to a principal from each of those given."""
        best: dict[str, Step] = {}
        for step in self._steps_into(target, among - {target.arn}):
            known = best.get(step.source)
            if known is None or step.rank < known.rank:
                best[step.source] = step
        for arn in sorted(best, key=self._order.__getitem__):
            yield best[arn]

    def _steps_into(self, target: Holder, among: Set[str]) -> Iterator[Step]:
        if target.kind == "user":
            yield from self._by_credentials(target, among)
            return
        trust = self._trust(target)
        if trust is not None:
            yield from self._by_trust(target, trust, among)
            yield from self._by_providers(target, trust, among)
            yield from self._by_service(target, trust, among)
        yield from self._by_new_trust(target, among)

    def _by_credentials(self, user: Holder, among: Set[str]) -> Iterator[Step]:
        for action in _CREDENTIALS:
            for holder in self._who(action, user.arn, among):
                tried = self._try.on(holder, action, user.arn)
                if tried is not None:
                    how = f"{action} on user {user.name}"
                    yield Step(holder.arn, user.arn, "user-credentials", how, tried.by, tried.depends_on)

    def _by_trust(self, role: Holder, trust: Policy, among: Set[str]) -> Iterator[Step]:
        for holder in self._in_order(self._assuming(trust, role.arn, among)):
            tried = self._try.on(holder, "sts:AssumeRole", role.arn, resource_policy=trust)
            if tried is not None:
                yield Step(holder.arn, role.arn, "assume-role", f"assumes {role.name}", tried.by, tried.depends_on)

    def _by_new_trust(self, role: Holder, among: Set[str]) -> Iterator[Step]:
        action = "iam:UpdateAssumeRolePolicy"
        for holder in self._who(action, role.arn, among):
            tried = self._try.on(holder, action, role.arn)
            if tried is None:
                continue
            trust = self._trusting.setdefault(holder.arn, trusting(holder.arn))
            assumed = self._try.on(holder, "sts:AssumeRole", role.arn, resource_policy=trust)
            if assumed is not None:
                both = tried.also(Attempt((), assumed.depends_on))
                how = f"{action} on role {role.name}, then assumes it"
                yield Step(holder.arn, role.arn, "trust-policy", how, both.by, both.depends_on)

    def _by_providers(self, role: Holder, trust: Policy, among: Set[str]) -> Iterator[Step]:
        for kind, provider in _principals(trust):
            action = next((action for part, action in _PROVIDERS.items() if part in provider), "")
            if kind != "Federated" or not action:
                continue
            for holder in self._who(action, provider, among):
                tried = self._try.on(holder, action, provider)
                if tried is not None:
                    how = f"{action} on {_named(provider)}, which role {role.name} trusts"
                    yield Step(holder.arn, role.arn, "trust-policy", how, tried.by, tried.depends_on)

    def _by_service(self, role: Holder, trust: Policy, among: Set[str]) -> Iterator[Step]:
        services = frozenset(value for kind, value in _principals(trust) if kind == "Service")
        possible = _ways_into(services)
        if possible:
            for holder in self._who("iam:PassRole", role.arn, among, lambda each: self._is_for(each, services)):
                step = self._passing(holder, role, services)
                if step is not None:
                    yield step
        profiles = role.detail.get("InstanceProfileList") or ()
        if _INSTANCES in services and profiles:
            yield from self._by_instance(role, str(profiles[0].get("InstanceProfileName", "")), among)

    def _by_instance(self, role: Holder, profile: str, among: Set[str]) -> Iterator[Step]:
        """Give the ways to take over an instance that has the role, if one runs: the facts do not list instances."""
        running = Attempt((), (f"an instance that runs with instance profile {profile}",))
        for way in _ways_on(_INSTANCES):
            candidates = set.intersection(*(self._able.get(each.lower(), set()) for each in way.needs)) & among
            for holder in self._in_order(candidates):
                tried = self._rest(holder, way)
                if tried is not None:
                    both = tried.also(running)
                    how = f"{' + '.join(way.needs)} {way.does}, as {role.name}"
                    yield Step(holder.arn, role.arn, "existing-role", how, both.by, both.depends_on)

    def _passing(self, holder: Holder, role: Holder, services: frozenset[str]) -> Step | None:
        powers = self._powers[holder.arn]
        passed: dict[str, Attempt | None] = {}
        best: Step | None = None
        for way, needs in _ways_into(services):
            rest = self._rest(holder, way) if needs <= powers else None
            if rest is None:
                continue
            for service in (each for each in way.passed_to if each in services):
                if service not in passed:
                    context = {"iam:PassedToService": service}
                    passed[service] = self._try.on(holder, "iam:PassRole", role.arn, context=context)
                given = passed[service]
                if given is None:
                    continue
                both = given.also(rest)
                how = f"{_said(way)}, as {role.name}"
                step = Step(holder.arn, role.arn, way.kind, how, both.by, both.depends_on)
                if not step.depends_on:
                    return step
                if best is None or step.rank < best.rank:
                    best = step
        return best

    def _rest(self, holder: Holder, way: Way) -> Attempt | None:
        """Return what allows a principal all of a way but to pass the role, which is the same whatever the role."""
        key = holder.arn, way.name
        if key not in self._rests:
            actions = [each for each in (*way.needs, *way.creates) if each != "iam:PassRole"]
            self._rests[key] = self._try.anywhere(holder, actions, dict(way.on))
        return self._rests[key]

    def _writing(self, left: Set[str]) -> Iterator[Step]:
        """Give everyone who can write permissions into another principal and then act as it."""
        writers = set().union(
            *(self._able.get(action.lower(), set()) for actions in _WRITES.values() for action in actions)
        )
        among = writers & left
        for target in self._holders if among else ():
            able: dict[str, tuple[str, Attempt]] = {}
            for kind, arn in self._targets(target):
                for action in _WRITES[kind]:
                    for holder in self._who(action, arn, among - {target.arn}):
                        for written, tried in self._writes(holder, kind, arn, boundary_of(target)):
                            known = able.get(holder.arn)
                            if known is None or tried.rank < known[1].rank:
                                able[holder.arn] = (f"{written} on {_named(arn)}", tried)
            gain = self._gain(target) if able else None
            if gain is None:
                continue
            for step in self._chains(target, set(able)):
                how, tried = able[step.source]
                both = tried.also(Attempt(step.by, (*step.depends_on, *gain.depends_on)))
                words = f"{how}, then {step.how}"
                yield Step(step.source, ADMINISTRATOR, "own-permissions", words, both.by, both.depends_on)

    def _chains(self, target: Holder, sources: set[str], most: int = 4) -> Iterator[Step]:
        """Give one step for each source that gets to a target, whose words tell of all steps on the way."""
        waiting, seen = set(sources), {target.arn}
        reached: list[tuple[Holder, Step | None]] = [(target, None)]
        for _ in range(most):
            closer: list[tuple[Holder, Step | None]] = []
            for arrived, onward in reached:
                for step in self._into(arrived, set(self._order) - seen):
                    whole = step if onward is None else _joined_steps(step, onward)
                    seen.add(step.source)
                    closer.append((self._by_arn[step.source], whole))
                    if step.source in waiting:
                        waiting.discard(step.source)
                        yield whole
            if not waiting:
                return
            reached = closer

    def _assuming(self, trust: Policy, role: str, among: Set[str]) -> set[str]:
        """Return those who may be able to assume a role: whom its trust policy names, or who may assume roles."""
        named = [value for kind, value in _principals(trust) if kind in ("AWS", "*")]
        found = {value for value in named if value in among}
        # Trust in another account's root is nothing to anyone here.
        own = self._scene.account_id
        if any(value in ("*", own) or value.endswith(f"::{own}:root") for value in named):
            able = self._able.get("sts:assumerole", set()) & among
            found |= self._about("sts:AssumeRole").arns(role, able)
        return found

    def _who(
        self, action: str, resource: str, among: Set[str], where: Callable[[Statement], bool] | None = None
    ) -> Iterator[Holder]:
        able = self._able.get(action.lower(), set()) & among
        if able:
            yield from self._in_order(self._about(action).arns(resource, able, where))

    def _in_order(self, arns: Iterable[str]) -> Iterator[Holder]:
        yield from (self._by_arn[arn] for arn in sorted(arns, key=self._order.__getitem__))

    def _is_for(self, statement: Statement, services: frozenset[str]) -> bool:
        """Say whether a statement's conditions leave it open that it is about passing a role to one of the services."""
        key = id(statement), services
        known = self._for.get(key)
        if known is None:
            known = self._for[key] = any(
                all(each.truth(_passed_to(service)) is not Truth.FALSE for each in statement.conditions)
                for service in services
            )
        return known

    def _trust(self, role: Holder) -> Policy | None:
        if role.arn not in self._trusts:
            self._trusts[role.arn] = trust_of(role)
        return self._trusts[role.arn]

    def _about(self, action: str) -> _Allowing:
        if action not in self._allowing:
            self._allowing[action] = _Allowing(self._holders, action)
        return self._allowing[action]


def _powers(holder: Holder, covering: Covering) -> frozenset[str]:
    """Return the actions, in lower case, that a principal's policies and its boundary allow on anything at all."""
    granted = frozenset[str]().union(*map(covering.allowed, holder.policies.identity))
    for boundary in holder.policies.boundaries or () if granted else ():
        granted &= covering.allowed(boundary)
    return granted


def _passed_to(service: str) -> Callable[[str], Found]:
    """Return what is known of the request context where a role is passed to a service."""
    return lambda key: (service,) if key == "iam:passedtoservice" else Missing.UNKNOWN


def trust_of(role: Holder) -> Policy | None:
    """Return a role's trust policy; None where it is not known or AWS would not store it."""
    document = role.detail.get("AssumeRolePolicyDocument")
    parsed = parsed_policy(f"the trust policy of {role.name}", document, PolicyType.RESOURCE) if document else None
    return None if parsed is None or isinstance(parsed, Unknown) else parsed


def _principals(trust: Policy) -> Iterator[tuple[str, str]]:
    for statement in trust.statements:
        if statement.allows and statement.principals is not None and not statement.principals.negated:
            yield from statement.principals.entries


def _allows_everything(policy: Policy) -> bool:
    return any(
        each.allows and each.actions.everything and not each.actions.negated and not each.conditions
        for each in policy.statements
    )


def _joined_steps(first: Step, onward: Step) -> Step:
    by = tuple(dict.fromkeys((*first.by, *onward.by)))
    depends_on = tuple(dict.fromkeys((*first.depends_on, *onward.depends_on)))
    return replace(first, how=f"{first.how}, then {onward.how}", by=by, depends_on=depends_on)


def _named(arn: str) -> str:
    """Return an ARN as people call it: `role/deployer`."""
    return arn.split(":", 5)[-1]


@cache
def _ways_into(services: frozenset[str]) -> tuple[tuple[Way, frozenset[str]], ...]:
    """Return the ways to act as a role that these services may assume, the shortest first."""
    found = [way for way in ways() if way.kind == "passed-role" and not services.isdisjoint(way.passed_to)]
    return tuple((way, _actions(way)) for way in sorted(found, key=lambda each: len(each.needs) + len(each.creates)))


@cache
def _ways_on(service: str) -> tuple[Way, ...]:
    """Return the ways to take over what runs already with a role that a service assumed for it."""
    return tuple(way for way in ways() if way.kind == "existing-role" and service in way.runs_as)


def _actions(way: Way) -> frozenset[str]:
    return frozenset(each.lower() for each in (*way.needs, *way.creates))


def _said(way: Way) -> str:
    return f"{' + '.join((*way.needs, *way.creates))} {way.does}"
