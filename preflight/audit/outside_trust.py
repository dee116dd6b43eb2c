"""ACC112: roles that someone outside the trusted accounts can assume, whatever guards their trust policies have.

A guard is judged by what it lets through: a request is made up as an outsider could send it, with the names that the
policy asks for in an account of its own, without an external ID or with a wrong one, of no organization or of another,
and decided by the engine. Only what refuses every such request guards the role.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from itertools import product

from preflight.audit.holders import Holder
from preflight.audit.scene import Scene
from preflight.audit.trusts import trust_of
from preflight.audit.what_if import everything
from preflight.declared.expressions import arn_part
from preflight.engine.result import Evidence, Kind, Result
from preflight.engine.rule import Rule
from preflight.iam.decide import decide
from preflight.iam.decision import Decision, Outcome
from preflight.iam.errors import PolicyError
from preflight.iam.policy import Policy
from preflight.iam.principals import PrincipalError
from preflight.iam.request import Context, Policies, PolicyType, Request, Value

_STRANGERS = ("444455556666", "777788889999", "222233334444")
_IDS: tuple[str | None, ...] = (None, "an-id-of-the-outsider")
_ORGANIZATIONS: tuple[str | None, ...] = (None, "o-outsiders00")
# What an outsider is not, or is not sent from: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
_ELSEWHERE = {
    "aws:SourceIp": "192.0.2.99",
    "aws:SourceVpc": "vpc-0outsider",
    "aws:SourceVpce": "vpce-0outsider",
    "aws:PrincipalIsAWSService": "false",
    "aws:SecureTransport": "true",
}
_NEVER = ("aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID", "aws:SourceOrgPaths", "aws:PrincipalServiceName")
_MOST_NAMED = 3


def outside_trust(scene: Scene, rule: Rule) -> Iterator[Result]:
    """Say which roles can be assumed from accounts that the settings do not trust, by whoever is there."""
    trusted = {scene.account_id, *scene.settings.trusted_accounts}
    roles = [each for each in scene.holders.by_arn.values() if each.kind == "role" and not each.is_service_linked]
    sound = 0
    for role in roles:
        trust = trust_of(role)
        if trust is None:
            yield rule.result(
                Kind.OPEN,
                f"Can't determine who can assume role {role.name}: its trust policy is not known",
                subject=role.arn,
                remedy="Take the snapshot with permission to read roles (iam:GetAccountAuthorizationDetails).",
            )
            continue
        outside = dict(_outside(role, trust, trusted))
        if not outside:
            sound += 1
            continue
        accounts = list(outside)
        more = f" and {len(accounts) - _MOST_NAMED} more" if len(accounts) > _MOST_NAMED else ""
        who = "any AWS account" if "*" in outside else f"account {', '.join(accounts[:_MOST_NAMED])}{more}"
        statements = dict.fromkeys(cited for decision in outside.values() for cited in _cited(decision))
        yield rule.result(
            Kind.FAIL,
            f"role {role.name} can be assumed from {who}: no condition on an external ID or an organization keeps "
            "outsiders away",
            subject=role.arn,
            evidence=[Evidence(f"the trust policy of {role.name}", each) for each in statements],
            remedy="Require a fixed sts:ExternalId or aws:PrincipalOrgID in its trust policy (StringEquals), name a "
            "narrower principal, or add the account to trusted-accounts in the settings.",
        )
    if sound == len(roles):
        yield rule.result(Kind.PASS, f"no role of {sound} can be assumed from an account that is not trusted")


def _outside(role: Holder, trust: Policy, trusted: Set[str]) -> Iterator[tuple[str, Decision]]:
    """Give the accounts from which an outsider can assume a role, `*` for any, each with the decision that shows it."""
    named = {
        account
        for statement in trust.statements
        if statement.allows and statement.principals is not None and not statement.principals.negated
        for kind, value in statement.principals.entries
        if kind in ("AWS", "*") and (account := arn_part(value, "account") or value).isdigit()
    }
    stranger = next((each for each in _STRANGERS if each not in {*named, *trusted}), _STRANGERS[0])
    for account in (stranger, *sorted(named - trusted)):
        found = next(filter(None, (_granted(role, trust, who) for who in _callers(trust, account))), None)
        if found is not None:
            yield "*" if account == stranger else account, found


def _callers(trust: Policy, account: str) -> Iterator[str]:
    """Give principals of an account, among them some that are named as the trust policy asks for."""
    found = {f"arn:aws:iam::{account}:root": None, f"arn:aws:iam::{account}:role/outsider": None}
    for statement in trust.statements:
        entries = statement.principals.entries if statement.principals is not None else ()
        asked = [value for kind, value in entries if kind == "AWS"]
        asked += [value for each in statement.conditions if each.key == "aws:principalarn" for value in each.values]
        for value in asked:
            parts = value.split(":", 5)
            if len(parts) == 6 and (set(parts[4]) & set("*?") or parts[4] == account):
                partition, service = parts[1].replace("*", "") or "aws", parts[2].replace("*", "") or "iam"
                name = parts[5].replace("*", "x").replace("?", "x")
                found[f"arn:{partition}:{service}::{account}:{name}"] = None
    yield from found


def _granted(role: Holder, trust: Policy, who: str) -> Decision | None:
    """Return the decision that lets an outsider in, or may; None where every request is refused."""
    for external, organization in product(_IDS, _ORGANIZATIONS):
        values: dict[str, Value] = dict(_ELSEWHERE)
        absent = list(_NEVER)
        if external is None:
            absent.append("sts:ExternalId")
        else:
            values["sts:ExternalId"] = external
        if organization is None:
            absent += ["aws:PrincipalOrgID", "aws:PrincipalOrgPaths"]
        else:
            values["aws:PrincipalOrgID"] = organization
            values["aws:PrincipalOrgPaths"] = (f"{organization}/r-0000/",)
        context = Context(values, complete=False, absent=tuple(absent))
        try:
            request = Request(who, "sts:AssumeRole", role.arn, context=context)
            # What the outsider's own account allows is the outsider's to say.
            decision = decide(request, Policies(identity=(everything(),), resource=trust), nearest=False)
        except (PolicyError, PrincipalError):
            continue
        if decision.outcome in (Outcome.ALLOWED, Outcome.OPEN):
            return decision
    return None


def _cited(decision: Decision) -> Iterator[str]:
    refs = decision.by or tuple(each.statement for each in decision.depends_on)
    for ref in refs:
        if ref.policy_type is PolicyType.RESOURCE:
            yield ref.sid or f"Statement[{ref.statement}]"
