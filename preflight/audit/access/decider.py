"""Who may do what: one answer for each principal, action and region, over every name that a resource may have.

Thousands of roles share a few hundred sets of policies, and most are not about the action at all. So a question is
decided once for each set of statements that are about its action; only where a statement looks at who asks (a variable
or a condition on a key of the principal) is it decided for each principal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from preflight.audit.access.holders import Holder
from preflight.iam.decide import decide
from preflight.iam.decision import Decision, Outcome, StatementRef
from preflight.iam.pattern import Extent
from preflight.iam.policy import Policy
from preflight.iam.request import Context, Policies, PolicyType, Request
from preflight.iam.resource_sets import decide_all
from preflight.iam.service_rules import no_permission_needed
from preflight.iam.statement import Statement

_OF_PRINCIPAL = ("aws:principal", "aws:user", "aws:sourceidentity", "aws:federated", "aws:assumedroot")
"""How the condition keys begin whose values differ from principal to principal."""
_CONTEXT = Context({"aws:SecureTransport": "true", "aws:PrincipalIsAWSService": "false"}, complete=False)

_NO_CONTEXT: Mapping[str, str] = MappingProxyType({})


class Reach(StrEnum):
    """For which names of resources an action is allowed; open where that depends on what is not known."""

    ALL = "all"
    SOME = "some"
    NONE = "none"
    OPEN = "open"

    @property
    def rank(self) -> int:
        """How much it is: nothing, perhaps something, something, everything."""
        return (Reach.NONE, Reach.OPEN, Reach.SOME, Reach.ALL).index(self)


@dataclass(frozen=True, slots=True)
class Access:
    """What a principal may do. `by` are the statements that allow it, or deny it; `example` a resource on which it may.

    `depends_on` says in words what an open answer depends on: `aws:SourceIp IpAddress 10.0.0.0/8`.
    """

    reach: Reach
    by: tuple[StatementRef, ...] = ()
    example: str = ""
    depends_on: tuple[str, ...] = ()

    @property
    def possible(self) -> bool:
        """Whether it is allowed on some resource, for certain or perhaps."""
        return self.reach is not Reach.NONE


NOTHING = Access(Reach.NONE)


class Decider:
    """Answers for one account, each distinct question once."""

    def __init__(self) -> None:
        self._answers: dict[tuple[object, ...], tuple[Access, Policies]] = {}
        self._personal: dict[int, bool] = {}
        self._open_to_all: dict[int, bool] = {}
        self._limits: dict[tuple[object, ...], _Limits] = {}

    def access(
        self,
        holder: Holder,
        action: str,
        resource: str,
        *,
        context: Mapping[str, str] = _NO_CONTEXT,
        absent: tuple[str, ...] = (),
        resource_policy: Policy | None = None,
    ) -> Access:
        """Say for which resources a principal may do an action.

        `resource` is an ARN, with `?*` where its name is open, or `*`; `context` has keys of the request, `absent`
        those that it does not have, and `resource_policy` is that of the resource, as a role's trust policy. Raises
        what `decide` raises.
        """
        lower = action.lower()
        statements = self._granting(holder.policies, lower, resource_policy)
        if statements is None:
            return NOTHING
        limits = self._limiting(holder.policies, lower)
        key = self._key(holder, (action, resource, absent, *context.items()), statements, limits, resource_policy)
        known = self._answers.get(key)
        if known is None:
            answer = decided(holder, action, resource, context, absent, resource_policy)
            self._answers[key] = answer, holder.policies
            return answer
        return _cited_from(known[1], holder.policies, known[0])

    def _granting(self, policies: Policies, action: str, resource_policy: Policy | None) -> list[Statement] | None:
        """Return every statement about the action that may grant it; None where nothing could allow it."""
        found: list[Statement] = []
        for policy in policies.identity:
            found += policy.about(action)
        if any(each.allows for each in found) or policies.unknown:
            return found
        if action in no_permission_needed():
            return found
        return None if resource_policy is None or self._names_accounts(resource_policy) else found

    def _limiting(self, policies: Policies, action: str) -> _Limits:
        """Return the statements about the action of what can only take away, type by type: most principals share it."""
        key = policies.boundaries, policies.service_control, policies.resource_control, action
        known = self._limits.get(key)
        if known is None:
            ids: list[int | None] = []
            personal = False
            for group in (policies.boundaries, *(policies.service_control or ()), *(policies.resource_control or ())):
                ids.append(None)
                for policy in group:
                    about = policy.about(action)
                    ids += map(id, about)
                    personal = personal or any(map(self._is_personal, about))
            known = self._limits[key] = _Limits(tuple(ids), personal)
        return known

    def _key(
        self,
        holder: Holder,
        about: tuple[object, ...],
        statements: list[Statement],
        limits: _Limits,
        resource_policy: Policy | None,
    ) -> tuple[object, ...]:
        policies = holder.policies
        personal = limits.personal or any(map(self._is_personal, statements))
        if resource_policy is not None:
            personal = personal or not self._names_accounts(resource_policy)
        # Service-linked roles are spared by the policies of organizations.
        who = holder.arn + holder.variant if personal or policies.unknown or holder.is_service_linked else holder.kind
        return (
            about,
            who,
            id(resource_policy),
            bool(policies.boundaries),
            policies.service_control is None,
            policies.resource_control is None,
            tuple(map(id, statements)),
            limits.ids,
        )

    def _names_accounts(self, policy: Policy) -> bool:
        """Whether a resource's policy leaves it to whole accounts whom of theirs to allow, and nothing else."""
        known = self._open_to_all.get(id(policy))
        if known is None:
            known = self._open_to_all[id(policy)] = all(
                each.allows
                and each.principals is not None
                and not each.principals.negated
                and all(_is_account(kind, value) for kind, value in each.principals.entries)
                and not self._is_personal(each)
                for each in policy.statements
            )
        return known

    def _is_personal(self, statement: Statement) -> bool:
        """Whether a statement may differ from principal to principal. Statements live as long as their account."""
        known = self._personal.get(id(statement))
        if known is None:
            patterns = statement.resources.varying if statement.resources else ()
            known = self._personal[id(statement)] = bool(patterns) or any(
                each.key.startswith(_OF_PRINCIPAL) or each.test is None for each in statement.conditions
            )
        return known


class _Limits(NamedTuple):
    """What may take away from what is granted: `ids` tell its statements apart; `personal` says whether one may differ
    from principal to principal.
    """

    ids: tuple[int | None, ...]
    personal: bool


def _cited_from(first: Policies, own: Policies, answer: Access) -> Access:
    """Return an answer that was given for one principal as another one's: the same statements may be in policies of
    other names.
    """
    if first is own or all(
        not _is_identity(ref) or any(each.name == ref.policy for each in own.identity) for ref in answer.by
    ):
        return answer
    statements = {(each.name, one.index): one for each in first.identity for one in each.statements}
    names = {id(one): each.name for each in own.identity for one in each.statements}
    found = []
    for ref in answer.by:
        name = names.get(id(statements.get((ref.policy, ref.statement)))) if _is_identity(ref) else None
        found.append(ref if name is None else replace(ref, policy=name))
    return replace(answer, by=tuple(found))


def _is_identity(ref: StatementRef) -> bool:
    return ref.policy_type is PolicyType.IDENTITY


def _is_account(kind: str, value: str) -> bool:
    return kind in ("Service", "Federated") or value.endswith(":root") or value.isdigit()


def decided(
    holder: Holder,
    action: str,
    resource: str,
    context: Mapping[str, str],
    absent: tuple[str, ...],
    resource_policy: Policy | None,
    owner: str | None = None,
) -> Access:
    """Decide as `Decider.access` does, without what is known of others. `owner` is the account of a resource whose ARN
    doesn't say it; None for the principal's.
    """
    asked = _CONTEXT
    if context or absent:
        asked = replace(_CONTEXT, values={**_CONTEXT.values, **context}, absent=absent)
    request = Request(
        holder.arn, action, resource, owner, asked, principal_tags=holder.tags, principal_id=holder.unique_id
    )
    policies = holder.policies if resource_policy is None else replace(holder.policies, resource=resource_policy)
    if "?" not in resource and (resource == "*" or "*" not in resource):
        return _of_one(decide(request, policies, nearest=False), resource)
    # The names of objects in a bucket hold slashes.
    barred = "" if ":s3:::" in resource and "*" not in resource.partition("/")[0] else ":/"
    spread = decide_all(request, policies, barred=barred, nearest=False)
    allowed = [(name, each) for name, each in spread.examples if each.outcome is Outcome.ALLOWED]
    if spread.extent is Extent.ALL:
        return Access(Reach.ALL, _cited(each for _, each in allowed), allowed[0][0])
    if allowed:
        return Access(Reach.SOME, _cited(each for _, each in allowed), allowed[0][0])
    if spread.extent is Extent.NONE:
        return Access(Reach.NONE, _cited(each for _, each in spread.examples))
    hangs = [each for name, decision in spread.examples for each in _depends_on(decision)]
    perhaps = [(name, each) for name, each in spread.examples if each.outcome is Outcome.OPEN]
    return Access(
        Reach.OPEN,
        tuple(dict.fromkeys(each.statement for _, decision in perhaps for each in decision.depends_on)),
        perhaps[0][0] if perhaps else "",
        tuple(dict.fromkeys(hangs)) or ("the policies distinguish too many names to try each",),
    )


def _of_one(decision: Decision, resource: str) -> Access:
    if decision.outcome is Outcome.ALLOWED:
        return Access(Reach.ALL, decision.by, resource)
    if decision.outcome is Outcome.OPEN:
        return Access(
            Reach.OPEN,
            tuple(dict.fromkeys(each.statement for each in decision.depends_on)),
            resource,
            tuple(dict.fromkeys(_depends_on(decision))),
        )
    return Access(Reach.NONE, decision.by)


def _depends_on(decision: Decision) -> Iterator[str]:
    for each in decision.depends_on:
        yield f"{each.key or 'the resource'} {each.operator} {' or '.join(each.values)}"
    for policy_type, reason in decision.unknown:
        yield f"{policy_type.value} policies are not known: {reason}"


def _cited(decisions: Iterable[Decision]) -> tuple[StatementRef, ...]:
    return tuple(dict.fromkeys(each for decision in decisions for each in decision.by))
