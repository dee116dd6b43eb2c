"""ACC113: who from outside the trusted accounts may do what, by the policies of the account's resources.

Beside our own decision, policyuniverse's reading of each policy is asked; where the two differ, the result says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Set
from typing import Any

from preflight.account.facts import Absent, Unknown
from preflight.account.principals import parsed_policy
from preflight.audit.outside.outsiders import ANY_ACCOUNT, EVERYONE, Outsiders, outsiders
from preflight.audit.outside.owner_values import owned
from preflight.audit.outside.public_access import restricted
from preflight.audit.outside.shared_resources import SharedResource, plural, shared_resources, unlisted
from preflight.audit.scene import Scene
from preflight.declared.resource_kinds import load_kind
from preflight.engine.result import Evidence, Kind, Level, Result
from preflight.engine.rule import Rule
from preflight.iam.request import PolicyType

_SHOWN = 4
_NAMED = 3


def external_access(scene: Scene, rule: Rule) -> Iterator[Result]:
    """Say of each resource with a policy of its own who from outside may do what with it."""
    trusted = frozenset({scene.account_id, *scene.settings.trusted_accounts})
    unknown: Counter[str] = Counter()
    closed: Counter[str] = Counter()
    differing: list[str] = []
    for each in shared_resources(scene):
        label = load_kind(each.kind).label
        if isinstance(each.policy, Unknown):
            unknown[label] += 1
            continue
        if isinstance(each.policy, Absent):
            closed[label] += 1
            continue
        found = _outsiders(each.policy.value, scene.account_id, trusted)
        if found.unknown:
            yield rule.result(
                Kind.OPEN,
                f"Can't determine whether {each.called} is accessible from outside: {'; '.join(found.unknown)}",
                subject=each.arn,
                remedy="Write its policy with Principal and with fixed values.",
            )
        difference = _difference(each.policy.value, found, trusted)
        public = each.kind == "s3:bucket" and {EVERYONE, ANY_ACCOUNT} & found.statements.keys()
        blocked = restricted(scene, each) if public else ""
        if isinstance(blocked, str) and blocked:
            yield _restricted(rule, each, found, blocked)
        elif found.statements:
            yield _accessible(rule, each, found, difference, _unless(blocked))
        elif not found.unknown:
            closed[label] += 1
            if difference:
                differing.append(f"{each.called} ({difference})")
    yield from _rest(scene, rule, closed, unknown, differing)


def _rest(
    scene: Scene, rule: Rule, closed: Counter[str], unknown: Counter[str], differing: list[str]
) -> Iterator[Result]:
    """Say what was looked at without a finding, and what was not looked at."""
    if unknown:
        yield rule.result(
            Kind.OPEN if closed else Kind.NOT_APPLICABLE,
            f"Can't determine who has access to {_counted(unknown)}: the facts don't have their policies",
            remedy="Take the snapshot with --resource-policies.",
        )
    missing = unlisted(scene)
    if missing:
        yield rule.result(
            Kind.NOT_APPLICABLE,
            f"The facts don't list all {_or(missing)}, so not all of their policies were looked at",
            remedy="Take the snapshot with --resource-policies.",
        )
    if closed:
        more = f"; and {len(differing) - _NAMED} more" if len(differing) > _NAMED else ""
        differs = f"; policyuniverse reads differently: {'; '.join(differing[:_NAMED])}{more}" if differing else ""
        yield rule.result(
            Kind.PASS, f"No policy of {_counted(closed)} gives access to an account that is not trusted{differs}"
        )


def _restricted(rule: Rule, each: SharedResource, found: Outsiders, whose: str) -> Result:
    return rule.result(
        Kind.PASS,
        f"The policy of {each.called} gives access to {found.who()}, but Block Public Access of the {whose} "
        "(RestrictPublicBuckets) allows only the account's own principals and AWS services",
        subject=each.arn,
        evidence=_cited(each, found),
    )


def _unless(blocked: str | Unknown) -> str:
    return f", unless Block Public Access restricts it: {blocked.reason}" if isinstance(blocked, Unknown) else ""


def _cited(each: SharedResource, found: Outsiders) -> list[Evidence]:
    return [Evidence(f"the policy of {each.called}", one.sid or f"Statement[{one.index}]") for one in found.cited()]


def _accessible(rule: Rule, each: SharedResource, found: Outsiders, difference: str, unless: str) -> Result:
    public = {EVERYONE, ANY_ACCOUNT} & found.statements.keys()
    actions = list(dict.fromkeys(name for statement in found.cited() for name in _actions(statement.actions)))
    more = f" and {len(actions) - _SHOWN} more" if len(actions) > _SHOWN else ""
    differs = f" (policyuniverse reads it differently: {difference})" if difference else ""
    trusting = "" if public else ", or add the account to trusted-accounts in the settings"
    return rule.result(
        Kind.FAIL,
        f"{each.called} is accessible to {found.who()}: {', '.join(actions[:_SHOWN])}{more}{unless}{differs}",
        subject=each.arn,
        evidence=_cited(each, found),
        remedy="Name the principals that need access, or require your organization (aws:PrincipalOrgID) in these "
        f"statements{trusting}.",
        level=Level.ERROR if public else None,
    )


def _actions(patterns: Any) -> list[str]:
    if patterns is None:
        return ["any action"]
    texts = list(patterns.texts)
    return [f"every action but {', '.join(texts)}"] if patterns.negated else texts


def _outsiders(document: Any, account: str, trusted: Set[str]) -> Outsiders:
    policy = parsed_policy("the policy", owned(document, account), PolicyType.RESOURCE)
    return Outsiders({}, (policy.reason,)) if isinstance(policy, Unknown) else outsiders(policy, "resource", trusted)


def _difference(document: Mapping[str, Any], found: Outsiders, trusted: Set[str]) -> str:
    """Return in words how policyuniverse reads a policy, where that is not how it was decided; else an empty text."""
    from policyuniverse.arn import ARN
    from policyuniverse.policy import Policy

    try:
        policy = Policy(document)
        public = policy.is_internet_accessible()
        allowed = [each.value for each in policy.whos_allowed() if each.category in ("principal", "account", "arn")]
    except Exception as error:  # its parser fails in many ways on what AWS takes
        return f"it can't read the policy ({type(error).__name__})"
    ours = bool({EVERYONE, ANY_ACCOUNT} & found.statements.keys())
    if public != ours:
        return "public" if public else "not public"
    named = {number for each in allowed if (number := ARN(each).account_number or each).isdigit()} - trusted
    missed = sorted(named - found.statements.keys())
    if missed and not ours:
        return f"accessible to {', '.join(missed[:_NAMED])}"
    lacking = sorted(each for each in found.statements.keys() - named if each.isdigit())
    return f"not accessible to {', '.join(lacking[:_NAMED])}" if lacking else ""


def _counted(counts: Counter[str]) -> str:
    return _and([f"{count} {label if count == 1 else plural(label)}" for label, count in counts.items()])


def _and(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _or(words: list[str]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))
