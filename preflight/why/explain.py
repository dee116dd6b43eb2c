"""Why a refusal happened: what the message says, which statement refuses or is missing, and the change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from preflight.account.facts import Account, Unknown
from preflight.iam.access_denied import TRUST
from preflight.iam.access_denied_message import NAMES
from preflight.iam.decision import Decision, Outcome, StatementRef
from preflight.iam.policy import parse_policy
from preflight.iam.request import PolicyType
from preflight.iam.smallest_change import allowing
from preflight.sentence import sentence
from preflight.why.facts import RefusedRequest, case_of
from preflight.why.recognize import Recognized, Refusal, recognize


class ExplanationVerdict(StrEnum):
    """How far a refusal is explained; `allowed` says that the facts at hand allow the request."""

    EXPLAINED = "explained"
    ALLOWED = "allowed"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """The smallest change, and where to make it.

    `statement` is the statement to add, valid in a policy of `policy_type`; None where a statement is to be changed.
    """

    policy_type: PolicyType | str
    where: str
    text: str
    statement: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A refusal and why it happened. `statement` is the statement that refuses, where the facts show it.

    `near` are sentences on the statements that nearly allow it; `changes` are all needed together, first things first.
    """

    refusal: Refusal
    verdict: ExplanationVerdict
    statement: StatementRef | None = None
    changes: tuple[PolicyChange, ...] = ()
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Why:
    """What was found out of a text. `other` says what it is about where it tells of no refusal of authorization."""

    explanations: tuple[Explanation, ...] = ()
    other: str = ""
    source: str = ""

    @property
    def verdict(self) -> ExplanationVerdict:
        """How far all of it is explained: open if any refusal is, else allowed if the facts allow any."""
        verdicts = {each.verdict for each in self.explanations}
        return next(
            (each for each in (ExplanationVerdict.OPEN, ExplanationVerdict.ALLOWED) if each in verdicts),
            ExplanationVerdict.EXPLAINED,
        )


def explain(text: str, account: Account | None = None) -> Why:
    """Explain every refusal that a text tells of; with an account's facts, by the statements that decided."""
    found: Recognized = recognize(text)
    explained = tuple(_explained(each, account) for each in found.refusals)
    return Why(explained, found.other, "" if account is None else account.source)


def _explained(refusal: Refusal, account: Account | None) -> Explanation:
    if account is None:
        return _by_message(refusal)
    case = case_of(refusal, account)
    if isinstance(case, Unknown):
        by_message = _by_message(refusal)
        reason = sentence(case.reason)
        told = replace(refusal, unknown=f"{refusal.unknown} {reason}".strip())
        return replace(by_message, refusal=told, verdict=ExplanationVerdict.OPEN)
    return _by_facts(refusal, case)


def _by_message(refusal: Refusal) -> Explanation:
    """Explain by the message alone: it is explained if AWS says which type of policy refused."""
    if refusal.policy_type is None or refusal.effect is None or not refusal.action:
        return Explanation(refusal, ExplanationVerdict.OPEN)
    return Explanation(refusal, ExplanationVerdict.EXPLAINED, changes=_changes_by_message(refusal))


def _changes_by_message(refusal: Refusal) -> tuple[PolicyChange, ...]:
    kind = refusal.policy_type
    assert kind is not None
    if refusal.effect == "explicitDeny":
        which = refusal.policy_arn or f"the {NAMES[kind]}"
        return (PolicyChange(kind, where_of(kind, refusal), _exempt(refusal, f"the Deny in {which}", kind)),)
    return (_addition(kind, refusal),)


def _addition(kind: PolicyType | str, refusal: Refusal) -> PolicyChange:
    resource = refusal.resource or "*"
    resource = resource if resource == "*" or resource.startswith("arn:") else "*"
    statement = allowing(kind, principal=refusal.principal or "*", action=refusal.action or "*", resource=resource)
    where = where_of(kind, refusal)
    return PolicyChange(kind, where, f"Add this statement to {where}.", statement)


def where_of(kind: PolicyType | str, refusal: Refusal) -> str:
    """Return where a change is made: `an identity-based policy of role/deployer`."""
    who = _short(refusal.principal)
    on = refusal.resource or "the resource"
    match kind:
        case PolicyType.IDENTITY:
            return f"an identity-based policy of {who}"
        case PolicyType.BOUNDARY:
            return f"the permissions boundary of {who} (an Allow in an identity-based policy does not help)"
        case PolicyType.SESSION:
            return "the session policy that the session is started with (an Allow in another policy does not help)"
        case PolicyType.SCP:
            return (
                "the service control policies of every level of the organization above the account, "
                "in the organization's management account (an Allow in the account does not help)"
            )
        case PolicyType.RCP:
            return "the resource control policy, in the organization's management account"
        case PolicyType.VPC_ENDPOINT:
            return "the policy of the VPC endpoint that the call went through"
        case "trust":
            return f"the trust policy of {_short(on)}"
        case _:
            return f"the policy of {on}"


def _short(arn: str | None) -> str:
    if not arn:
        return "the caller"
    parts = arn.split(":", 5)
    if len(parts) < 6 or not arn.startswith("arn:"):
        return arn
    resource = parts[5]
    return f"role/{resource.split('/')[1]}" if resource.startswith("assumed-role/") else resource


def _exempt(refusal: Refusal, what: str, kind: PolicyType | str) -> str:
    on = f" on {refusal.resource}" if refusal.resource else ""
    text = (
        f"Change {what} so that it does not apply to {refusal.action}{on}, or remove it: a Deny overrides every Allow."
    )
    if kind in (PolicyType.SCP, PolicyType.RCP):
        text += " Only the organization's management account or a delegated administrator can."
    return text


def _by_facts(refusal: Refusal, case: RefusedRequest) -> Explanation:
    decision = case.decided()
    near = tuple(f"{_cite(miss.statement)} {miss.why}" for miss in decision.near_misses)
    if decision.outcome is Outcome.ALLOWED:
        told = replace(refusal, unknown=f"{refusal.unknown} {_ALLOWED}".strip())
        return Explanation(told, ExplanationVerdict.ALLOWED)
    if decision.outcome is Outcome.EXPLICIT_DENY:
        denies = [each for each in decision.by if each.effect == "Deny"]
        first = next((each for each in denies if each.policy_type is refusal.policy_type), denies[0])
        told = _completed(refusal, _kind_of(first.policy_type, refusal), "explicitDeny")
        changes = tuple(
            PolicyChange(
                each.policy_type, where_of(each.policy_type, told), _exempt(told, _cite(each), each.policy_type)
            )
            for each in denies
        )
        return Explanation(told, ExplanationVerdict.EXPLAINED, first, changes)
    if decision.outcome is Outcome.IMPLICIT_DENY:
        missing = decision.missing or (PolicyType.IDENTITY,)
        first_missing = refusal.policy_type if refusal.policy_type in missing else missing[0]
        told = _completed(refusal, _kind_of(first_missing, refusal), "implicitDeny")
        return Explanation(told, ExplanationVerdict.EXPLAINED, None, _additions(told, case), near)
    return _undecided(refusal, decision, near)


_ALLOWED = (
    "The facts allow this request: a policy may have changed since, the request may carry a session policy, "
    "come through a VPC endpoint or lack what a condition needs, or the service denies it for another reason."
)


def _completed(refusal: Refusal, kind: PolicyType | str, effect: str) -> Refusal:
    """Put what the facts show where the message leaves it out; what AWS wrote stays."""
    if refusal.policy_type is not None and refusal.effect is not None:
        return refusal
    return replace(
        refusal,
        policy_type=refusal.policy_type or kind,
        effect=refusal.effect or effect,
        inferred=True,
        unknown="" if refusal.principal and refusal.action else refusal.unknown,
    )


def _kind_of(kind: PolicyType | str, refusal: Refusal) -> PolicyType | str:
    trust = kind is PolicyType.RESOURCE and (refusal.action or "").lower().startswith("sts:assumerole")
    return TRUST if trust else kind


def _additions(refusal: Refusal, case: RefusedRequest, most: int = 5) -> tuple[PolicyChange, ...]:
    """Return the statements that have to be added, each tried: with the last of them the request is allowed."""
    changes: list[PolicyChange] = []
    for _ in range(most):
        decision = case.decided()
        if decision.outcome is not Outcome.IMPLICIT_DENY:
            break
        kind = (decision.missing or (PolicyType.IDENTITY,))[0]
        arn = case.request.resource
        change = _addition(_kind_of(kind, refusal), replace(refusal, resource=arn if arn != "*" else refusal.resource))
        assert change.statement is not None
        changes.append(change)
        tried = dict(change.statement)
        if kind is PolicyType.RESOURCE:
            tried["Resource"] = "*"
        policy = parse_policy({"Version": "2012-10-17", "Statement": [tried]}, "the change")
        case = case.with_policy(kind, policy)
    return tuple(changes)


def _undecided(refusal: Refusal, decision: Decision, near: Sequence[str]) -> Explanation:
    reasons = [f"it depends on {_condition(each)} in {_cite(each.statement)}" for each in decision.depends_on]
    reasons += [f"the {NAMES[kind]} is not known: {why}" for kind, why in decision.unknown]
    about = [each.statement for each in decision.depends_on if each.statement.policy_type is refusal.policy_type]
    statement = about[0] if about else None
    text = f"Can't determine which statement decided: {'; '.join(dict.fromkeys(reasons))}." if reasons else ""
    told = replace(refusal, unknown=f"{refusal.unknown} {text}".strip())
    changes = _changes_by_message(refusal) if refusal.policy_type and refusal.effect and refusal.action else ()
    if statement is not None and refusal.effect == "explicitDeny":
        kind = statement.policy_type
        changes = (PolicyChange(kind, where_of(kind, refusal), _exempt(refusal, _cite(statement), kind)),)
        return Explanation(told, ExplanationVerdict.EXPLAINED, statement, changes, tuple(near))
    return Explanation(told, ExplanationVerdict.OPEN, statement, changes, tuple(near))


def _condition(dependency: Any) -> str:
    return f"{dependency.key} ({dependency.operator} {', '.join(dependency.values)})"


def _cite(ref: StatementRef) -> str:
    name = ref.sid or f"Statement[{ref.statement}]"
    return f"{name} of the {NAMES[ref.policy_type]} {ref.policy}"
