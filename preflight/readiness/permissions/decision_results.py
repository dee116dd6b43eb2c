"""A decision in words: what allowed a request, or what stood in its way and who can change that."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from preflight.declared.expressions import arn_part
from preflight.engine.result import Evidence, Kind, Level, Location, Result
from preflight.engine.rule import Rule
from preflight.iam.access_denied import TRUST
from preflight.iam.access_denied_message import NAMES, explicit_deny, no_policy_allows, not_authorized
from preflight.iam.decision import Decision, Dependency, Outcome, StatementRef
from preflight.iam.request import PolicyType
from preflight.iam.smallest_change import allowing
from preflight.readiness.permissions.resource_policies import Held
from preflight.readiness.permissions.uncertain_keys import why_uncertain
from preflight.sentence import sentence
from preflight.unresolved import DeployText

_OPTIONS = {PolicyType.IDENTITY: "--identity-policy", PolicyType.BOUNDARY: "--boundary", PolicyType.SCP: "--scp"}


@dataclass(frozen=True, slots=True)
class Matter:
    """What was decided, for messages.

    `who` is the principal's ARN; `to` says what for, where that is not plain. `grant_with` is the condition a granting
    statement should carry. `caller` says that the user vouches for the context of this request, so that `--context`
    and the policy options resolve it. `held` is what is known of the resource's own policy, a trust policy if `trust`
    says so.
    """

    who: str
    action: str
    resource: str
    to: str = ""
    grant_with: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    caller: bool = True
    held: Held | None = None
    trust: bool = False

    @property
    def name(self) -> str:
        """The principal as messages call it: `role/deployer`, or a service's name."""
        return (arn_part(self.who, "resource") or self.who) if self.who.startswith("arn:") else self.who

    @property
    def sentence(self) -> str:
        """The request in words, without its end."""
        return f"{self.action} on {self.resource}" + (f" to {self.to}" if self.to else "")

    @property
    def statement(self) -> str:
        """The statement that grants exactly this to its principal, as JSON to paste."""
        return self.statement_in(PolicyType.IDENTITY)

    def statement_in(self, policy_type: PolicyType) -> str:
        """Return the statement to add to a policy of a type; of a name that is not known, it allows all it may be."""
        unknown = DeployText.partial(self.resource)
        resource = unknown.pattern.replace("?*", "*") if unknown else self.resource
        statement = allowing(
            self.typed(policy_type),
            principal=self.who,
            action=self.action,
            resource=resource,
            condition=self.grant_with,
        )
        return json.dumps(statement, indent=2)

    def typed(self, policy_type: PolicyType) -> PolicyType | str:
        """Return the type that AWS names in its message: a role's own policy is its trust policy."""
        return TRUST if self.trust and policy_type is PolicyType.RESOURCE else policy_type


def result_of(
    rule: Rule, matter: Matter, decision: Decision, *, location: Location | None, level: Level | None = None
) -> Result:
    """Turn a decision into a rule's result: pass names what allowed, fail and open say why and what to do."""
    kind, message, remedy, cited = _words(matter, decision)
    fields: dict[str, Any] = {} if level is None else {"level": level}
    return rule.result(
        kind,
        message,
        subject=matter.resource,
        location=location,
        evidence=tuple(Evidence(each.policy, label(each)) for each in dict.fromkeys(cited)),
        remedy=remedy,
        **fields,
    )


def label(ref: StatementRef) -> str:
    """Return a statement as people cite it: its Sid, or `Statement[2]`."""
    return ref.sid or f"Statement[{ref.statement}]"


def cite(ref: StatementRef) -> str:
    """Name a statement, its policy and what type of policy that is."""
    if ref.policy_type is PolicyType.RESOURCE:
        return f"{label(ref)} of {ref.policy}"
    return f"{label(ref)} of the {NAMES[ref.policy_type]} {ref.policy}"


def _words(matter: Matter, decision: Decision) -> tuple[Kind, str, str, Sequence[StatementRef]]:
    if decision.outcome is Outcome.ALLOWED:
        by = _list(cite(each) for each in decision.by if each.policy_type is PolicyType.IDENTITY) or _list(
            cite(each) for each in decision.by
        )
        note = f"; {matter.held.note}" if matter.held and matter.held.note else ""
        return (
            Kind.PASS,
            f"{matter.name} is allowed {matter.sentence}" + (f": {by}" if by else "") + note,
            "",
            decision.by,
        )
    if decision.outcome is Outcome.EXPLICIT_DENY:
        denies = [each for each in decision.by if each.effect == "Deny"] or list(decision.by)
        message = f"{_refused(matter, explicit_deny(matter.typed(denies[0].policy_type)))}: {_list(map(cite, denies))}"
        return Kind.FAIL, message, _change_denies(matter, denies), denies
    if decision.outcome is Outcome.IMPLICIT_DENY:
        return _not_allowed(matter, decision)
    return _open(matter, decision)


def _not_allowed(matter: Matter, decision: Decision) -> tuple[Kind, str, str, Sequence[StatementRef]]:
    if decision.reason:
        return (
            Kind.FAIL,
            f"{not_authorized(matter.who, matter.action, matter.resource)}: {decision.reason}",
            _OF_AWS,
            (),
        )
    missing = decision.missing or (PolicyType.IDENTITY,)
    message = _refused(matter, no_policy_allows(matter.action, map(matter.typed, missing)))
    near = [f"{cite(miss.statement)} {miss.why}" for miss in decision.near_misses]
    if any(miss.kind == "case" for miss in decision.near_misses):
        near.append("AWS writes this ARN as shown here, and policies are case-sensitive")
    if near:
        message += ". Closest: " + "; ".join(near)
    places: dict[str, list[str]] = {}
    for each in missing:
        places.setdefault(matter.statement_in(each), []).append(_where_to_allow(matter, each))
    remedy = "\n".join(f"{' '.join(dict.fromkeys(where))}\n{statement}" for statement, where in places.items())
    return Kind.FAIL, message, remedy, [miss.statement for miss in decision.near_misses]


_OF_AWS = "Create your own, such as a copy of the policy or role, and change that."


def _refused(matter: Matter, end: str) -> str:
    purpose = f" (needed to {matter.to})" if matter.to else ""
    return f"{not_authorized(matter.who, matter.action, matter.resource)} {end}{purpose}"


def _where_to_allow(matter: Matter, missing: PolicyType) -> str:
    match missing:
        case PolicyType.IDENTITY:
            return f"Attach a policy to {matter.name} with this statement:"
        case PolicyType.BOUNDARY:
            return f"Add this statement to the permissions boundary of {matter.name}:"
        case PolicyType.SCP:
            return (
                "Ask an administrator of the organization: "
                "at every level, a service control policy must have this statement:"
            )
        case PolicyType.SESSION:
            return "Start the session without a session policy, or with one that has this statement:"
        case _:
            return f"Add this statement to the {NAMES[matter.typed(missing)]} of {matter.resource}:"


def _change_denies(matter: Matter, denies: Iterable[StatementRef]) -> str:
    sentences = []
    for each in denies:
        statement = f"{label(each)} of {each.policy}"
        exempt = f"exempt {matter.action} on {matter.resource}"
        match each.policy_type:
            case PolicyType.IDENTITY:
                sentences.append(f"Change {statement} to {exempt}, or remove it: an explicit deny overrides any allow.")
            case PolicyType.BOUNDARY:
                sentences.append(f"In the permissions boundary, change {statement} to {exempt}.")
            case PolicyType.SESSION:
                sentences.append(f"Start the session without {statement}.")
            case PolicyType.SCP | PolicyType.RCP:
                sentences.append(
                    f"Ask an administrator of the organization to change {statement} to {exempt}, "
                    "or use an account that it doesn't apply to."
                )
            case _:
                sentences.append(f"Ask the owner of {matter.resource} to change {statement} to {exempt}.")
    return " ".join(dict.fromkeys(sentences))


def _open(matter: Matter, decision: Decision) -> tuple[Kind, str, str, Sequence[StatementRef]]:
    hangs = [f"{_condition(each)} ({cite(each.statement)})" for each in decision.depends_on]
    reasons = [each.reason or why_uncertain(matter.action, each.key) for each in decision.depends_on]
    hangs += [f"the {NAMES[policy_type]}, which is unknown: {reason}" for policy_type, reason in decision.unknown]
    message = f"Can't determine whether {matter.name} is allowed {matter.sentence}: it depends on "
    message += "; ".join(dict.fromkeys(hangs))
    message += "".join(f"; {reason}" for reason in dict.fromkeys(filter(None, reasons)))
    return Kind.OPEN, message, _resolution(matter, decision), [each.statement for each in decision.depends_on]


def _condition(each: Dependency) -> str:
    tested = each.operator if each.key == each.operator else f"{each.key or 'the resource'} {each.operator}"
    return f"{tested} {' or '.join(each.values)}"


def _resolution(matter: Matter, decision: Decision) -> str:
    keys = list(dict.fromkeys(each.key for each in decision.depends_on if ":" in each.key and not each.reason))
    sentences = []
    if keys and matter.caller:
        sentences.append(f"Give the value: {' '.join(f'--context {key}=VALUE' for key in keys)}.")
    elif decision.depends_on:
        sentences.append(f"Allow it without the condition:\n{matter.statement}\n")
    for policy_type, _ in decision.unknown:
        option = _OPTIONS.get(policy_type)
        if policy_type is PolicyType.RESOURCE:
            resolution, must = (matter.held.resolution, matter.held.must) if matter.held else ("", "must allow")
            if resolution:
                sentences.append(sentence(resolution))
            look = "Or look" if resolution else "Look"
            sentences.append(f"{look} at the policy of {matter.resource}: it {must} {matter.action} for {matter.who}.")
        elif option and (matter.caller or policy_type is PolicyType.SCP):
            sentences.append(f"Give the policy with {option} FILE, or allow preflight to read it.")
        else:
            sentences.append(f"Allow preflight to read the {NAMES[policy_type]}, or add it to the snapshot.")
    return " ".join(dict.fromkeys(sentences))


def _list(parts: Iterable[str]) -> str:
    return " and ".join(dict.fromkeys(parts))
