"""How one principal gets to act as another: by trust, by credentials, by what runs with a role."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from functools import cache

from preflight.audit.access.holders import Holder
from preflight.audit.access.trusts import principals_of, role_of_session, session_names, sessions_of, trust_of
from preflight.audit.scene import Scene
from preflight.audit.ways.attempts import Attempt, Attempts
from preflight.audit.ways.grants import AllowedActions
from preflight.audit.ways.running import Running
from preflight.audit.ways.steps import EscalationStep, named
from preflight.audit.ways.usable_ways import UsableWays
from preflight.audit.ways.what_if import trusting
from preflight.iam.decide import decide
from preflight.iam.decision import Outcome
from preflight.iam.policy import Policy
from preflight.iam.request import Context, Policies, Request
from preflight.lint.analysis.escalation_paths import Way, ways

_CREDENTIALS = ("iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile")
_PROVIDERS = {
    ":saml-provider/": "iam:UpdateSAMLProvider",
    ":oidc-provider/": "iam:UpdateOpenIDConnectProviderThumbprint",
}
INSTANCES = "ec2.amazonaws.com"
_MOST_USERS = 50
_SERVICE = re.compile(r"([\w.-]+?)(?:\.[a-z]{2}(?:-[a-z]+)+-\d)?\.amazonaws\.com(?:\.cn)?")
_IDENTITY_POOLS = "cognito-identity.amazonaws.com"


class WaysInto:
    """Gives the steps into a principal. What is decided with is told apart by identity, so it is kept."""

    def __init__(self, scene: Scene, grants: AllowedActions, attempts: Attempts) -> None:
        self._scene = scene
        self._grants = grants
        self._running = Running(scene)
        self.usable = UsableWays(attempts, self._running)
        self._try = attempts
        # Who could go a way if something existed of which the facts do not list all, by key.
        self.unlisted: dict[str, Way] = {}
        # Those of whose ways not all were tried, with the reason.
        self.cut: dict[str, str] = {}
        self._trusting: dict[str, Policy] = {}
        self._others: dict[str, Sequence[tuple[Holder | None, str, Attempt]]] = {}
        self._assumed: dict[tuple[str, str], bool] = {}
        self._trusts: dict[str, Policy | None] = {}

    def best(self, target: Holder, among: Set[str]) -> Iterator[EscalationStep]:
        """Give the best step to a principal from each of those given."""
        best: dict[str, EscalationStep] = {}
        for step in self.every(target, among):
            known = best.get(step.source)
            if known is None or step.rank < known.rank:
                best[step.source] = step
        for arn in sorted(best, key=self._grants.order.__getitem__):
            yield best[arn]

    def every(self, target: Holder, among: Set[str]) -> Iterator[EscalationStep]:
        """Give the steps to a principal from those given: of the services that a role can be passed to, the best."""
        return (step for step in self._steps_into(target, among) if step.source != target.key)

    def _steps_into(self, target: Holder, among: Set[str]) -> Iterator[EscalationStep]:
        if target.kind == "user":
            yield from self._by_credentials(target, among)
            return
        trust = self._trust(target)
        if trust is not None:
            yield from self._by_trust(target, trust, among)
            yield from self._by_providers(target, trust, among)
            yield from self._by_service(target, trust, among)
        yield from self._by_new_trust(target, among)

    def _by_credentials(self, user: Holder, among: Set[str]) -> Iterator[EscalationStep]:
        for action in _CREDENTIALS:
            for holder in self._grants.who(action, user.arn, among):
                tried = self._try.on(holder, action, user.arn)
                if tried is not None:
                    how = f"{action} on user {user.name}"
                    yield tried.step(holder.key, user.arn, "user-credentials", how)

    def _by_trust(self, role: Holder, trust: Policy, among: Set[str]) -> Iterator[EscalationStep]:
        for holder in self._grants.in_order(self._assuming(trust, role.arn, among)):
            tried = self._assumes(holder, role, trust)
            for session in sessions_of(trust, holder) if tried is None else ():
                tried = self._assumes(replace(holder, arn=session), role, trust)
            if tried is not None:
                yield tried.step(holder.key, role.arn, "assume-role", f"assumes {role.name}")

    def _assumes(self, holder: Holder, role: Holder, trust: Policy) -> Attempt | None:
        """Say whether a principal may assume a role, with a session name that its trust policy takes."""
        tries = (
            self._try.on(holder, "sts:AssumeRole", role.arn, context=context, resource_policy=trust)
            for context in session_names(trust, holder)
        )
        return min((each for each in tries if each is not None), key=lambda each: each.rank, default=None)

    def _by_new_trust(self, role: Holder, among: Set[str]) -> Iterator[EscalationStep]:
        action = "iam:UpdateAssumeRolePolicy"
        for holder in self._grants.who(action, role.arn, among):
            tried = self._try.on(holder, action, role.arn)
            if tried is None:
                continue
            trust = self._trusting.setdefault(holder.arn, trusting(holder.arn))
            assumed = self._try.on(holder, "sts:AssumeRole", role.arn, resource_policy=trust)
            if assumed is not None:
                both = tried.also(Attempt((), assumed.depends_on))
                how = f"{action} on role {role.name}, then assumes it"
                yield both.step(holder.key, role.arn, "trust-policy", how)
                continue
            for how, handed in self._handing_on(holder, role):
                both = tried.also(handed)
                yield both.step(holder.key, role.arn, "trust-policy", f"{action} on role {role.name}, then {how}")

    def _handing_on(self, holder: Holder, role: Holder) -> Iterator[tuple[str, Attempt]]:
        """Give how a principal that may write a role's trust policy gets to act as it though it may not assume it: by a
        service that it passes the role to, or by a user whose credentials it makes.
        """
        passed = self._passing(holder, role, _all_services())
        if passed is not None:
            yield passed.how, Attempt(passed.by, passed.depends_on)
            if not passed.depends_on:
                return
        for user, how, tried in self._credentials_of_others(holder):
            if user is None or self._may_assume(user, role):
                yield f"{how}, which assumes it", tried

    def _credentials_of_others(self, holder: Holder) -> Sequence[tuple[Holder | None, str, Attempt]]:
        """Return the users whose credentials a principal can make, of the account's first; None for a user that it
        creates.
        """
        if holder.key not in self._others:
            every = [each for each in self._grants.holders if each.kind == "user" and not each.variant]
            users, powers = every[:_MOST_USERS], self._grants.powers[holder.key]
            if len(every) > len(users) and not powers.isdisjoint(each.lower() for each in _CREDENTIALS):
                self.cut[holder.arn] = f"it can hand roles to more users than the {_MOST_USERS} that are tried"
            found: list[tuple[Holder | None, str, Attempt]] = [
                (user, f"{action} on user {user.name}", tried)
                for action in _CREDENTIALS
                for user in (users if action.lower() in powers else ())
                if user.arn != holder.arn and (tried := self._try.on(holder, action, user.arn)) is not None
            ]
            new = ["iam:CreateUser", "iam:CreateAccessKey"]
            created = self._try.anywhere(holder, new) if powers >= {each.lower() for each in new} else None
            if created is not None:
                found.append((None, " + ".join(new), created))
            self._others[holder.key] = found
        return self._others[holder.key]

    def _may_assume(self, user: Holder, role: Holder) -> bool:
        """Say whether a user may assume a role that is made to trust it."""
        key = user.arn, role.arn
        if key not in self._assumed:
            trust = self._trusting.setdefault(user.arn, trusting(user.arn))
            self._assumed[key] = self._try.on(user, "sts:AssumeRole", role.arn, resource_policy=trust) is not None
        return self._assumed[key]

    def _by_providers(self, role: Holder, trust: Policy, among: Set[str]) -> Iterator[EscalationStep]:
        for kind, provider in principals_of(trust):
            action = next((action for part, action in _PROVIDERS.items() if part in provider), "")
            if kind != "Federated" or not action:
                continue
            for holder in self._grants.who(action, provider, among):
                tried = self._try.on(holder, action, provider)
                if tried is not None:
                    how = f"{action} on {named(provider)}, which role {role.name} trusts"
                    yield tried.step(holder.key, role.arn, "trust-policy", how)

    def _by_service(self, role: Holder, trust: Policy, among: Set[str]) -> Iterator[EscalationStep]:
        services = self._services(role, trust)
        possible = _ways_into(services)
        if possible:
            for holder in self._grants.who(
                "iam:PassRole", role.arn, among, lambda each: self._grants.is_for(each, services)
            ):
                step = self._passing(holder, role, services)
                if step is not None:
                    yield step
        profiles = role.detail.get("InstanceProfileList") or ()
        yield from self._by_running(role, services, among)
        if INSTANCES in map(_canonical, services) and profiles:
            yield from self._by_instance(role, str(profiles[0].get("InstanceProfileName", "")), among)

    def is_trust_unknown(self, key: str) -> bool:
        """Say whether it is not known whom a role trusts."""
        holder = self._grants.by_key[key]
        return holder.kind == "role" and self._trust(holder) is None

    def services_of(self, holder: Holder) -> frozenset[str]:
        """Return the services that may assume a principal, as its trust policy decides; none for a user."""
        trust = self._trust(holder) if holder.kind == "role" else None
        return frozenset() if trust is None else frozenset(map(_canonical, self._services(holder, trust)))

    def _services(self, role: Holder, trust: Policy) -> frozenset[str]:
        """Return the services that may assume a role, as its trust policy decides."""
        named = {value for kind, value in principals_of(trust) if kind == "Service" or value == _IDENTITY_POOLS}
        if all(each.allows for each in trust.statements):
            return frozenset(named)
        policies = Policies(resource=trust)
        context = Context(complete=False)
        return frozenset(
            each
            for each in named
            if decide(Request(each, "sts:AssumeRole", role.arn, context=context), policies, nearest=False).outcome
            in (Outcome.ALLOWED, Outcome.OPEN)
        )

    def _by_running(self, role: Holder, services: frozenset[str], among: Set[str]) -> Iterator[EscalationStep]:
        """Give the ways to take over what runs with the role and is in the facts."""
        for way in (each for service in sorted(services) for each in _ways_on(service)):
            for arn in self._running.with_role(way.existing.kind, role) if way.existing is not None else ():
                for holder in self._acting_on(way, arn, among):
                    tried = self.usable.on_one(holder, way, arn)
                    if tried is not None:
                        taken = f"{' + '.join((*way.needs, *way.creates))} on {arn.rpartition(':')[2]}"
                        how = f"{taken}, which runs as {role.name}"
                        yield tried.step(holder.key, role.arn, "existing-role", how)

    def _acting_on(self, way: Way, arn: str, among: Set[str]) -> Iterator[Holder]:
        """Give everyone whom its own policies, or those of what a way takes over, may allow the way's first action."""
        found = {each.key for each in self._grants.who(way.needs[0], arn, among)}
        policy = self._running.of(way.existing.kind).policies.get(arn) if way.existing is not None else None
        if policy is not None:
            found |= {value for kind, value in principals_of(policy) if kind == "AWS" and value in among}
        yield from self._grants.in_order(found)

    def _by_instance(self, role: Holder, profile: str, among: Set[str]) -> Iterator[EscalationStep]:
        """Give the ways to take over an instance that has the role, if one runs: where the facts do not list all."""
        running = Attempt((), (f"an instance that runs with instance profile {profile}",))
        for way in _ways_on(INSTANCES):
            if self.usable.is_listed(way):
                continue
            candidates = set.intersection(*(self._grants.able.get(each.lower(), set()) for each in way.needs)) & among
            for holder in self._grants.in_order(candidates):
                tried = self.usable.on_any_names(holder, way)
                if tried is not None:
                    both = tried.also(running)
                    how = f"{' + '.join(way.needs)} {way.does}, as {role.name}"
                    yield both.step(holder.key, role.arn, "existing-role", how)

    def _passing(self, holder: Holder, role: Holder, services: frozenset[str]) -> EscalationStep | None:
        powers = self._grants.powers[holder.key]
        passed: dict[str, Attempt | None] = {}
        best: EscalationStep | None = None
        for way, needs in _ways_into(services):
            if (
                not needs <= powers
                or self.usable.on_any_names(holder, way) is None
                or not self._has_profile(holder, role, way)
            ):
                continue
            rest = self.usable.on_what_exists(holder, way)
            if rest is None and self.usable.is_listed(way):
                continue
            for service in (each for each in sorted(services) if _canonical(each) in way.passed_to):
                if service not in passed:
                    context = {"iam:PassedToService": service}
                    passed[service] = self._try.on(holder, "iam:PassRole", role.arn, context=context)
                given = passed[service]
                if given is None:
                    continue
                if rest is None:
                    self.unlisted.setdefault(holder.key, way)
                    continue
                both = given.also(rest)
                how = f"{_said(way)}, as {role.name}"
                step = both.step(holder.key, role.arn, way.kind, how)
                if not step.depends_on:
                    return step
                if best is None or step.rank < best.rank:
                    best = step
        return best

    def _has_profile(self, holder: Holder, role: Holder, way: Way) -> bool:
        """Say whether a role is in an instance profile, or can be put into one, where a way gives it to an instance."""
        if way.passed_to != (INSTANCES,) or role.detail.get("InstanceProfileList") != []:
            return True
        return "iam:addroletoinstanceprofile" in self._grants.powers[holder.key]

    def _assuming(self, trust: Policy, role: str, among: Set[str]) -> set[str]:
        """Return those who may be able to assume a role: whom its trust policy names, or who may assume roles."""
        named = [value for kind, value in principals_of(trust) if kind in ("AWS", "*")]
        found = {value for value in named if value in among}
        found |= {arn for value in named if (arn := role_of_session(value, self._grants.by_name)) in among}
        if "*" in named:
            return {*among}
        # Trust in another account's root is nothing to anyone here.
        own = self._scene.account_id
        if any(value == own or value.endswith(f"::{own}:root") for value in named):
            able = self._grants.able.get("sts:assumerole", set()) & among
            found |= {each.key for each in self._grants.who("sts:AssumeRole", role, able)}
        return found

    def _trust(self, role: Holder) -> Policy | None:
        if role.arn not in self._trusts:
            self._trusts[role.arn] = trust_of(role)
        return self._trusts[role.arn]


@cache
def _ways_into(services: frozenset[str]) -> tuple[tuple[Way, frozenset[str]], ...]:
    """Return the ways to act as a role that these services may assume, the shortest first."""
    services = frozenset(map(_canonical, services))
    found = [way for way in ways() if way.kind == "passed-role" and not services.isdisjoint(way.passed_to)]
    return tuple((way, actions_of(way)) for way in sorted(found, key=lambda each: len(each.needs) + len(each.creates)))


@cache
def _canonical(service: str) -> str:
    """Return a service's principal without a region or the suffix of China: `ec2.amazonaws.com.cn`,
    `states.us-east-1.amazonaws.com`.
    """
    found = _SERVICE.fullmatch(service)
    return f"{found[1]}.amazonaws.com" if found is not None else service


@cache
def _all_services() -> frozenset[str]:
    return frozenset(service for way in ways() for service in way.passed_to)


@cache
def _ways_on(service: str) -> tuple[Way, ...]:
    """Return the ways to take over what runs already with a role that a service assumed for it."""
    return tuple(way for way in ways() if way.kind == "existing-role" and _canonical(service) in way.runs_as)


def actions_of(way: Way) -> frozenset[str]:
    """Return all actions that a way takes, in lower case."""
    return frozenset(each.lower() for each in (*way.needs, *way.creates))


def _said(way: Way) -> str:
    return f"{' + '.join((*way.needs, *way.creates))} {way.does}"
