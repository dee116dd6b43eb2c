"""What a role lacks for a plan, and what it has that the plan does not need: both by the decision engine.

What is lacking is every need that is not allowed. What could go are the Allow statements, and the actions and resources
within them, without which every need is decided just as before. They are taken away one after another, the broadest
first, so that all of them may go together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from preflight.account.facts import Account, Ask, Known
from preflight.account.principals import PrincipalFacts, identity_of, policies_of
from preflight.account.sessions import Session, in_session, require_session
from preflight.declared.expressions import arn_part
from preflight.documents.plans.plan import Plan
from preflight.errors import UsageError
from preflight.iam.access_denied_message import NAMES
from preflight.iam.decide import decide
from preflight.iam.decision import Decision, Outcome
from preflight.iam.policy import Policy
from preflight.iam.request import Policies, PolicyType, Request
from preflight.iam.statement import Patterns, Statement, action_patterns, resource_patterns
from preflight.readiness.least_privilege.grants import Doubt, Needed, PlannedNeed, needed_by
from preflight.readiness.permissions.authorization import question
from preflight.readiness.permissions.decision_results import cite
from preflight.unresolved import DeployText


@dataclass(frozen=True, slots=True)
class DecidedNeed:
    """A need and how it is decided for the role as it is."""

    planned: PlannedNeed
    decision: Decision

    @property
    def reason(self) -> str:
        """Who withholds it, in words."""
        if self.decision.outcome is Outcome.EXPLICIT_DENY:
            denies = [each for each in self.decision.by if each.effect == "Deny"]
            return f"denied by {' and '.join(dict.fromkeys(map(cite, denies)))}"
        others = [each for each in self.decision.missing if each is not PolicyType.IDENTITY]
        return " and ".join(f"no {NAMES[each]} allows it" for each in others)


@dataclass(frozen=True, slots=True)
class Spare:
    """What of one Allow statement the plan does not need.

    `whole` says that all of it could go; else `actions` and `resources` are the entries that could, and `broad` are
    actions with wildcards that stay, each with the actions that it is needed for.
    """

    policy: str
    statement: int
    sid: str
    whole: bool
    actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    broad: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """A role or user held against what a plan needs.

    `lacking` are the needs that its policies should allow and do not. `blocked` are those that a policy of another type
    withholds or a Deny denies, so that allowing them does not help or not alone. `spare` is what could go, `unneeded`
    the names of the policies of which nothing is needed.
    """

    principal: str
    needed: Needed
    lacking: tuple[PlannedNeed, ...]
    blocked: tuple[DecidedNeed, ...]
    spare: tuple[Spare, ...]
    unneeded: tuple[str, ...]
    doubts: tuple[Doubt, ...]


def difference(plan: Plan, account: Account, role: str, session: Session | None = None) -> Difference:
    """Hold the policies of a role (its name or ARN, or a user's ARN) against what a plan needs.

    `session` is what is known of the session in which a role makes the calls. Raises `UsageError` where there is no
    such role or its policies cannot be read, and as `needed_by` does.
    """
    principal = _arn_of(account, role)
    session = session or Session()
    require_session(session, principal)
    needed = needed_by(replace(plan, principal=principal), account, session)
    facts = in_session(policies_of(account, principal), session)
    if not isinstance(facts, Known):
        raise UsageError(_not_read(principal, facts))
    # Of names that are not known yet the doubts tell.
    known = [each for each in needed.needs if not DeployText.partial(each.need.resource)]
    asked = [(each, *_asked(each, facts.value)) for each in known]
    verdicts = [DecidedNeed(planned, decide(request, policies)) for planned, request, policies in asked]
    lacking = tuple(
        verdict.planned
        for verdict, (_, request, policies) in zip(verdicts, asked, strict=True)
        if PolicyType.IDENTITY in _beneath_denies(verdict.decision, request, policies).missing
    )
    blocked = tuple(each for each in verdicts if _is_blocked(each.decision))
    trimmed = _Trimming(facts.value.policies, [(request, policies) for _, request, policies in asked])
    spare = tuple(trimmed.spare())
    doubts = (*needed.doubts, *_unknown(needed), *_unsure(verdicts), *_unread(facts.value))
    return Difference(principal, needed, lacking, blocked, spare, trimmed.unneeded(), doubts)


def _unknown(needed: Needed) -> Iterator[Doubt]:
    for each in needed.needs:
        resource = each.need.resource
        if (unknown := DeployText.partial(resource)) and unknown.is_only_made_up:
            message = (
                f"this comparison does not cover whether it is allowed {each.need.permission.action} on {unknown.shown}"
            )
            yield Doubt(message, "Run preflight check with --principal")


def _arn_of(account: Account, role: str) -> str:
    if not role.startswith("arn:"):
        fact = account.read(Ask.one("iam:role", "", {"RoleName": role.rpartition("/")[2]}))
        if isinstance(fact, Known):
            return str(fact.value["Arn"])
        raise UsageError(_not_read(role, fact))
    if identity_of(role) is None or arn_part(role, "resource") == "root":
        raise UsageError(f"--diff {role} is not a role or user; name a role, or give the ARN of a role or user")
    return role


def _not_read(role: str, fact: object) -> str:
    reason, resolution = getattr(fact, "reason", None), getattr(fact, "resolution", "")
    if reason is None:
        detail = getattr(fact, "detail", "")
        return f"--diff {role}: there is no such role or user" + (f" ({detail})" if detail else "")
    return f"--diff {role} cannot be read: {reason}" + (f"; {resolution}" if resolution else "")


def _asked(planned: PlannedNeed, caller: PrincipalFacts) -> tuple[Request, Policies]:
    request, held = question(planned.step, planned.need, caller)
    return request, held.policies


def _beneath_denies(decision: Decision, request: Request, policies: Policies) -> Decision:
    """Return what is decided by what the principal's own policies allow, where a Deny hides it."""
    if decision.outcome is not Outcome.EXPLICIT_DENY:
        return decision
    allows = [
        Policy(each.name, each.version, tuple(statement for statement in each.statements if statement.allows))
        for each in policies.identity
    ]
    return decide(request, Policies(identity=tuple(allows), resource=policies.resource))


def _is_blocked(decision: Decision) -> bool:
    if decision.outcome is Outcome.EXPLICIT_DENY:
        return True
    return decision.outcome is Outcome.IMPLICIT_DENY and any(
        each is not PolicyType.IDENTITY for each in decision.missing
    )


def _unsure(verdicts: Sequence[DecidedNeed]) -> Iterator[Doubt]:
    for each in verdicts:
        if each.decision.outcome is Outcome.OPEN:
            hangs = [f"{on.key} {on.operator} {' or '.join(on.values)}" for on in each.decision.depends_on]
            hangs += [f"the {policy_type} policies: {reason}" for policy_type, reason in each.decision.unknown]
            grant = each.planned.grant
            keys = dict.fromkeys(on.key for on in each.decision.depends_on if ":" in on.key)
            yield Doubt(
                f"whether {grant.action} on {grant.resource} is allowed depends on {'; '.join(dict.fromkeys(hangs))}",
                f"Give the values in the request: {' '.join(f'--context {key}=VALUE' for key in keys)}" if keys else "",
            )


def _unread(caller: PrincipalFacts) -> Iterator[Doubt]:
    reason = caller.policies.unknown.get(PolicyType.IDENTITY)
    if reason:
        yield Doubt(f"not all of its policies are known: {reason}", "")


@dataclass(slots=True)
class _Trimming:
    """A caller's policies while what is not needed is taken away. `asked` are the plan's needs with their policies."""

    held: Policies
    asked: Sequence[tuple[Request, Policies]]
    identity: list[Policy] = field(init=False)
    before: list[Outcome] = field(init=False)

    def __post_init__(self) -> None:
        self.identity = list(self.held.identity)
        self.before = self._outcomes()

    def spare(self) -> list[Spare]:
        """Take away what is not needed, and return it in the order in which it stands in the policies."""
        allows = [
            (at, statement) for at, policy in enumerate(self.identity) for statement in policy.statements
            if statement.allows
        ]  # fmt: skip
        gone = {(at, each.index) for at, each in sorted(allows, key=_breadth) if self._without(at, each, None)}
        found = []
        for at, statement in allows:
            name = self.identity[at].name
            if (at, statement.index) in gone:
                found.append(Spare(name, statement.index, statement.sid, whole=True))
                continue
            actions = self._entries(at, statement.index, "actions")
            resources = self._entries(at, statement.index, "resources")
            broad = tuple(self._broad(self._statement(at, statement.index)))
            if actions or resources or broad:
                found.append(
                    Spare(
                        name,
                        statement.index,
                        statement.sid,
                        whole=False,
                        actions=tuple(actions),
                        resources=tuple(resources),
                        broad=broad,
                    )
                )
        return found

    def unneeded(self) -> tuple[str, ...]:
        """Return the names of the policies that had statements, and of which none is left."""
        pairs = zip(self.held.identity, self.identity, strict=True)
        return tuple(before.name for before, after in pairs if before.statements and not after.statements)

    def _statement(self, at: int, index: int) -> Statement:
        return next(each for each in self.identity[at].statements if each.index == index)

    def _entries(self, at: int, index: int, element: Literal["actions", "resources"]) -> list[str]:
        gone = []
        patterns: Patterns | None = getattr(self._statement(at, index), element)
        for text in patterns.texts if patterns is not None and not patterns.negated else ():
            statement = self._statement(at, index)
            now: Patterns = getattr(statement, element)
            rest = [each for each in now.texts if each != text]
            if not rest:
                break
            if element == "actions":
                less = replace(statement, actions=action_patterns(rest, negated=False))
            else:
                version = self.identity[at].version
                less = replace(statement, resources=resource_patterns(rest, version, negated=False))
            if self._without(at, statement, less):
                gone.append(text)
        return gone

    def _broad(self, statement: Statement) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Give the actions with wildcards, or that all but some are meant, with the needed ones that they cover."""
        needed = sorted({request.action for request, _ in self.asked})
        if statement.actions.negated:
            covered = tuple(each for each in needed if statement.covers_action(each.lower()))
            yield f"all but {', '.join(statement.actions.texts)}", covered
            return
        for text in statement.actions.texts:
            if "*" in text or "?" in text:
                matches = action_patterns([text], negated=False).fixed
                yield text, tuple(each for each in needed if matches(each.lower()))

    def _without(self, at: int, statement: Statement, instead: Statement | None) -> bool:
        """Replace a statement or take it away, if every need is decided as before; say whether that was done."""
        policy = self.identity[at]
        statements = [
            instead if each.index == statement.index else each
            for each in policy.statements
            if instead is not None or each.index != statement.index
        ]
        kept = [each for each in statements if each is not None]
        self.identity[at] = Policy(policy.name, policy.version, tuple(kept))
        if self._outcomes() == self.before:
            return True
        self.identity[at] = policy
        return False

    def _outcomes(self) -> list[Outcome]:
        identity = tuple(self.identity)
        return [decide(request, replace(policies, identity=identity)).outcome for request, policies in self.asked]


def _breadth(entry: tuple[int, Statement]) -> tuple[bool, bool, int]:
    """Order statements: those about all resources first, then those with wildcards in their actions."""
    _, statement = entry
    everything = statement.resources is None or statement.resources.negated or statement.resources.everything
    wild = statement.actions.negated or any("*" in text for text in statement.actions.texts)
    return not everything, not wild, -len(statement.actions.texts)
