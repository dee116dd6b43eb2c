"""ACC112: roles that someone outside the trusted accounts can assume, whatever guards their trust policies have."""

from __future__ import annotations

import json
from collections.abc import Iterator, Set
from typing import Any

from preflight.account.facts import Unknown
from preflight.account.principals import parsed_policy
from preflight.audit.access.holders import Holder
from preflight.audit.outside.outsiders import ANY_ACCOUNT, NO_ONE, Outsiders, outsiders
from preflight.audit.outside.owner_values import owned
from preflight.audit.scene import Scene
from preflight.engine.result import Evidence, Kind, Result
from preflight.engine.rule import Rule
from preflight.iam.request import PolicyType


def outside_trust(scene: Scene, rule: Rule) -> Iterator[Result]:
    """Say which roles can be assumed from accounts that the settings do not trust, by whoever is there."""
    trusted = frozenset({scene.account_id, *scene.settings.trusted_accounts})
    roles = [each for each in scene.holders.by_arn.values() if each.kind == "role" and not each.is_service_linked]
    known: dict[str, Outsiders | Unknown] = {}
    guarded = 0
    for role in roles:
        # Most roles share a few trust policies.
        document = role.detail.get("AssumeRolePolicyDocument")
        text = json.dumps(document)
        if text not in known:
            known[text] = _outsiders(document, scene.account_id, trusted)
        found = known[text]
        if isinstance(found, Unknown):
            yield rule.result(
                Kind.OPEN,
                f"Can't determine who can assume role {role.name}: {found.reason}",
                subject=role.arn,
                remedy="Take the snapshot with permission to read roles (iam:GetAccountAuthorizationDetails).",
            )
            continue
        if found.unknown:
            yield rule.result(
                Kind.OPEN,
                f"Can't determine whether role {role.name} can be assumed from outside: {'; '.join(found.unknown)}",
                subject=role.arn,
                remedy="Write its trust policy with Principal and with fixed values (StringEquals).",
            )
        if found.statements:
            yield _open_to(rule, role, found)
        elif found == NO_ONE:
            guarded += 1
    if guarded == len(roles):
        yield rule.result(Kind.PASS, f"no role of {guarded} can be assumed from an account that is not trusted")


def _open_to(rule: Rule, role: Holder, found: Outsiders) -> Result:
    trusting = "" if ANY_ACCOUNT in found.statements else ", or add the account to trusted-accounts in the settings"
    return rule.result(
        Kind.FAIL,
        f"role {role.name} can be assumed from {found.who()}: no condition on an external ID or an organization keeps "
        "outsiders away",
        subject=role.arn,
        evidence=[
            Evidence(f"the trust policy of {role.name}", each.sid or f"Statement[{each.index}]")
            for each in found.cited()
        ],
        remedy=f"Require a fixed sts:ExternalId or aws:PrincipalOrgID (StringEquals) in its trust policy{trusting}.",
    )


def _outsiders(document: Any, account: str, trusted: Set[str]) -> Outsiders | Unknown:
    if not document:
        return Unknown("its trust policy is not known")
    trust = parsed_policy("the trust policy", owned(document, account), PolicyType.RESOURCE)
    return trust if isinstance(trust, Unknown) else outsiders(trust, "trust", trusted)
