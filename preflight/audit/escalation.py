"""Who can become an administrator: the roles that a principal can assume or pass, step by step.

The graph is searched backwards from those who can do everything, so that only roles on a way to them are looked at.
What runs already with a role, and could be taken over, is not in the facts: such ways are the linter's to tell
(`existing-role`).
The ways are those of `rules/lint-data/escalation.json`, judged with every policy of the principal; a role is assumed
where its trust policy and the principal's policies together allow it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache

from preflight.account.facts import Unknown
from preflight.account.principals import parsed_policy
from preflight.audit.access import NOTHING, Access, Reach
from preflight.audit.covering import Covering
from preflight.audit.holders import Holder
from preflight.audit.scene import Scene
from preflight.iam.conditions import Truth
from preflight.iam.decision import StatementRef
from preflight.iam.policy import Policy
from preflight.iam.request import PolicyType
from preflight.iam.statement import Statement
from preflight.iam.variables import Found, Missing
from preflight.lint.analysis.escalation_paths import Way, ways
from preflight.lint.policy.sensitive_actions import samples

ADMINISTRATOR = "administrator"
_EXAMPLE_ACCOUNT = "111122223333"
_WILDCARD = re.compile(r"[*?]")
_PROBES = ("iam:PutUserPolicy", "iam:AttachRolePolicy", "iam:CreatePolicyVersion")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a way: `source` (an ARN) gets to `target` (a role's ARN, or `administrator`).

    `kind` is `own-permissions`, `assume-role` or `passed-role`; `how` says it in words; `by` are the
    statements that allow it.
    """

    source: str
    target: str
    kind: str
    how: str
    by: tuple[StatementRef, ...]


@dataclass(frozen=True, slots=True)
class Escalation:
    """`administrators` are those who can do everything already, `steps` the next step of everyone else who can get
    there, by ARN.
    """

    administrators: frozenset[str]
    steps: Mapping[str, Step]

    def path(self, arn: str) -> tuple[Step, ...]:
        """Return the steps from a principal to everything, in order; none for one that gets nowhere or is there."""
        found: list[Step] = []
        while arn in self.steps:
            found.append(self.steps[arn])
            arn = found[-1].target
        return tuple(found)


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
        self._holders = [each for each in scene.holders.by_arn.values() if not each.is_service_linked]
        self._allowing: dict[str, _Allowing] = {}
        # Which of the actions of ways someone's policies allow on anything at all: most ways are ruled out by that.
        covering = Covering(["sts:AssumeRole", *(each for way in ways() for each in (*way.needs, *way.creates))])
        self._powers = {each.arn: _powers(each, covering) for each in self._holders}
        self._order = {each.arn: number for number, each in enumerate(self._holders)}
        # Those who are not on a way yet, and of them those who may have a service run something with a role.
        self._left = set(self._order)
        self._using: dict[str, set[str]] = {}
        self._able_to_assume = {arn for arn, powers in self._powers.items() if "sts:assumerole" in powers}
        self._for: dict[tuple[int, frozenset[str]], bool] = {}
        self._rests: dict[tuple[str, str], tuple[StatementRef, ...] | None] = {}

    def found(self) -> Escalation:
        administrators = frozenset(each.arn for each in self._about_everything() if self._is_administrator(each))
        steps: dict[str, Step] = {}
        for holder in self._holders:
            if holder.arn not in administrators and (step := self._own(holder)) is not None:
                steps[holder.arn] = step
        for waiting in (self._left, self._able_to_assume):
            waiting -= {*administrators, *steps}
        reached = [*sorted(administrators), *steps]
        while reached:
            closer = []
            for arn in reached:
                target = self._scene.holders.by_arn[arn]
                if target.kind != "role":
                    continue
                for step in list(self._into(target)):
                    steps[step.source] = step
                    closer.append(step.source)
                    for waiting in (self._left, self._able_to_assume, *self._using.values()):
                        waiting.discard(step.source)
            reached = closer
        return Escalation(administrators, steps)

    def _about_everything(self) -> Iterator[Holder]:
        for holder in self._holders:
            if any(
                statement.allows and statement.actions.everything and not statement.actions.negated
                for policy in holder.policies.identity
                for statement in policy.statements
            ):
                yield holder

    def _is_administrator(self, holder: Holder) -> bool:
        return all(self._everywhere(holder, action).reach is Reach.ALL for action in _PROBES)

    def _everywhere(self, holder: Holder, action: str, service: str = "") -> Access:
        """Say whether a principal may do an action on a resource that nobody named."""
        sample = samples().get(action)
        if sample is None:
            return NOTHING
        resource = sample.replace(_EXAMPLE_ACCOUNT, self._scene.account_id or _EXAMPLE_ACCOUNT)
        resource = resource.replace("arn:aws:", f"arn:{self._scene.partition}:", 1)
        context = {"iam:PassedToService": service} if service else {}
        return self._scene.decider.access(holder, action, resource, context=context)

    def _own(self, holder: Holder) -> Step | None:
        powers = self._powers[holder.arn]
        for way, needs in _own_ways() if powers else ():
            if not needs <= powers:
                continue
            found = self._all_of(holder, (*way.needs, *way.creates))
            if found is not None:
                return Step(holder.arn, ADMINISTRATOR, way.kind, _said(way), found)
        return None

    def _all_of(self, holder: Holder, actions: Sequence[str]) -> tuple[StatementRef, ...] | None:
        """Return what allows a principal all actions everywhere; None where one is not allowed."""
        by: list[StatementRef] = []
        for action in actions:
            access = self._everywhere(holder, action)
            if access.reach is not Reach.ALL:
                return None
            by.extend(access.by)
        return tuple(dict.fromkeys(by))

    def _into(self, role: Holder) -> Iterator[Step]:
        """Give a step into a role from each principal that is not on a way yet."""
        trust = trust_of(role)
        if trust is None:
            return
        services = _services(trust)
        taken: set[str] = set()
        for holder in self._in_order(self._assuming(trust, role.arn) - {role.arn}):
            access = self._scene.decider.access(holder, "sts:AssumeRole", role.arn, resource_policy=trust)
            if access.reach is Reach.ALL:
                taken.add(holder.arn)
                yield Step(holder.arn, role.arn, "assume-role", f"assumes {role.name}", access.by)
        using = set().union(*map(self._users, sorted(services)))
        passing = (
            self._about("iam:PassRole").arns(role.arn, using, lambda each: self._is_for(each, services))
            if using
            else set()
        )
        for holder in self._in_order(passing - taken - {role.arn}):
            step = self._passing(holder, role, services)
            if step is not None:
                yield step

    def _in_order(self, arns: Iterable[str]) -> Iterator[Holder]:
        yield from (self._scene.holders.by_arn[arn] for arn in sorted(arns, key=self._order.__getitem__))

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

    def _users(self, service: str) -> set[str]:
        """Return those who may do all that some way asks for to have a service run something with a role, whichever."""
        found = self._using.get(service)
        if found is None:
            possible = _ways_into(frozenset({service}))
            found = self._using[service] = {
                arn
                for arn in self._left
                if any(needs <= self._powers[arn] and self._rest(arn, way) is not None for way, needs in possible)
            }
        return found

    def _rest(self, arn: str, way: Way) -> tuple[StatementRef, ...] | None:
        """Return what allows a principal all of a way but to pass the role, which is the same whatever the role."""
        key = arn, way.name
        if key not in self._rests:
            actions = [each for each in (*way.needs, *way.creates) if each != "iam:PassRole"]
            self._rests[key] = self._all_of(self._scene.holders.by_arn[arn], actions)
        return self._rests[key]

    def _passing(self, holder: Holder, role: Holder, services: frozenset[str]) -> Step | None:
        powers = self._powers[holder.arn]
        passed: dict[str, Access] = {}
        for way, needs in _ways_into(services):
            rest = self._rest(holder.arn, way) if needs <= powers else None
            if rest is None:
                continue
            for service in (each for each in way.passed_to if each in services):
                if service not in passed:
                    context = {"iam:PassedToService": service}
                    passed[service] = self._scene.decider.access(holder, "iam:PassRole", role.arn, context=context)
                if passed[service].reach is Reach.ALL:
                    by = tuple(dict.fromkeys((*passed[service].by, *rest)))
                    return Step(holder.arn, role.arn, way.kind, f"{_said(way)}, as {role.name}", by)
        return None

    def _assuming(self, trust: Policy, role: str) -> set[str]:
        """Return those who may be able to assume a role: whom its trust policy names, or who may assume roles."""
        named = [value for _, value in _trusted(trust)]
        found = {value for value in named if value in self._left}
        # Trust in another account's root is nothing to anyone here.
        own = self._scene.account_id
        if any(value in ("*", own) or value.endswith(f"::{own}:root") for value in named):
            found |= self._about("sts:AssumeRole").arns(role, self._able_to_assume)
        return found

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


def _trusted(trust: Policy) -> Iterator[tuple[str, str]]:
    for statement in trust.statements:
        if statement.allows and statement.principals is not None and not statement.principals.negated:
            yield from (each for each in statement.principals.entries if each[0] in ("AWS", "*"))


def _services(trust: Policy) -> frozenset[str]:
    return frozenset(
        value
        for statement in trust.statements
        if statement.allows and statement.principals is not None and not statement.principals.negated
        for kind, value in statement.principals.entries
        if kind == "Service"
    )


@cache
def _own_ways() -> tuple[tuple[Way, frozenset[str]], ...]:
    """Return the ways to more permissions of one's own, each with its actions in lower case."""
    # Permission sets are changed in the management account of an organization, or where that delegates it.
    return tuple(
        (way, _actions(way))
        for way in ways()
        if way.kind == "own-permissions" and not any(each.startswith("sso:") for each in way.needs)
    )


@cache
def _ways_into(services: frozenset[str]) -> tuple[tuple[Way, frozenset[str]], ...]:
    """Return the ways to act as a role that these services may assume, the shortest first."""
    found = [way for way in ways() if way.kind == "passed-role" and not services.isdisjoint(way.passed_to)]
    return tuple((way, _actions(way)) for way in sorted(found, key=lambda each: len(each.needs) + len(each.creates)))


def _actions(way: Way) -> frozenset[str]:
    return frozenset(each.lower() for each in (*way.needs, *way.creates))


def _said(way: Way) -> str:
    return f"{' + '.join((*way.needs, *way.creates))} {way.does}"
