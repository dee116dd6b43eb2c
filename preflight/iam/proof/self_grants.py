"""Policies that leave out so little that their holders can add the rest: nearly everything, and what hands out more.

Whether that is so is asked of the engine, on resources with names and in regions that the policy does not single out.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_controlling.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from preflight.iam.decision import Decision, Outcome
from preflight.iam.policy import Policy
from preflight.iam.proof.callers import FRESH_ACCOUNTS, mentioned_accounts
from preflight.iam.proof.dimensions import REGION, Point
from preflight.iam.proof.scene import Asked, ProofScope
from preflight.iam.proof.values import Values
from preflight.iam.proof.witness import KnownNames, filled_form
from preflight.iam.statement import Statement

_SELF_GRANTS = (
    ("iam:AttachRolePolicy", "role/example"),
    ("iam:PutRolePolicy", "role/example"),
    ("iam:AttachUserPolicy", "user/example"),
    ("iam:PutUserPolicy", "user/example"),
    ("iam:CreatePolicyVersion", "policy/example"),
)
"""Actions by which a role or user gives itself permissions, each alone, and on what."""

_REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-2", "sa-east-1", "af-south-1")
_GLOBAL = ("iam", "us-east-1")
"""The service of the actions above, and where its requests are made."""

_MOST_ACCOUNTS = 3


class SelfGrant(NamedTuple):
    """A request by which a holder of a policy gives itself what the policy leaves out, as it is decided. `doubt` says
    what that depends on; empty where it is certain.
    """

    asked: Asked
    decision: Decision
    doubt: str = ""


class Groups(NamedTuple):
    """The actions that exist and that some Allow of a policy is about; together those that are decided alike on
    resources of no particular name. `total` counts all actions that exist.
    """

    total: int
    groups: tuple[tuple[str, str, int], ...]
    """Of each an action, the form of its resource (empty: none) and how many they are."""

    @property
    def most(self) -> bool:
        """Whether they are more than half of all."""
        return sum(number for _, _, number in self.groups) > self.total / 2


def self_grant(policy: Policy, scope: ProofScope, context: Mapping[str, Values], groups: Groups) -> SelfGrant | None:
    """Return how the holder of a policy gives itself the rest, with some values of condition keys; None if the policy
    does not let it, or does not grant most of what there is.
    """
    for account in _accounts(policy):
        asking = _Asking(policy, scope, context, account, _REGIONS[0])
        found = _best(asking)
        regions = _REGIONS if REGION in scope.names else _REGIONS[:1]
        least = _least_share(asking, regions, groups) if found is not None else (0.0, 0.0)
        if found is None or least[1] <= 1 / 2:
            continue
        doubt = "" if found[1].outcome is Outcome.ALLOWED else _doubt(found[1])
        return SelfGrant(*found, doubt or ("" if least[0] > 1 / 2 else "it depends on the conditions of most actions"))
    return None


def _best(asking: _Asking) -> tuple[Asked, Decision] | None:
    """Return how a holder gives itself permissions: for certain, else perhaps."""
    perhaps = None
    for action, name in _SELF_GRANTS:
        found = asking.decided(action, f"arn:aws:iam::{asking.account}:{name}")
        if found is not None and found[1].outcome is Outcome.ALLOWED:
            return found
        if found is not None and found[1].outcome is Outcome.OPEN:
            perhaps = perhaps or found
    return perhaps


def _least_share(asking: _Asking, regions: Sequence[str], groups: Groups) -> tuple[float, float]:
    """Return the shares of the region where least is allowed, as soon as it is clear that they are not enough."""
    least = 1.0, 1.0
    for region in regions:
        share = _share(asking._replace(region=region), groups)
        least = min(least[0], share[0]), min(least[1], share[1])
        if least[1] <= 1 / 2:
            break
    return least


def _doubt(decision: Decision) -> str:
    keys = dict.fromkeys(each.key for each in decision.depends_on)
    return f"it depends on {' and '.join(keys)}" if keys else "the evaluation of one request leaves it open"


def _accounts(policy: Policy) -> list[str]:
    """Return accounts that the holder may be of: one that the policy does not name, and those that its resources do."""
    named: dict[str, None] = {}
    for statement in policy.statements:
        for template in statement.resources.templates if statement.resources is not None else ():
            parts = template.text.split(":", 5)
            if len(parts) == 6 and parts[4].isdigit():
                named[parts[4]] = None
    conditions = [each for statement in policy.statements for each in statement.conditions]
    of_holders = mentioned_accounts((), conditions)
    fresh = next(each for each in FRESH_ACCOUNTS if each not in of_holders and each not in named)
    return [fresh, *named][:_MOST_ACCOUNTS]


class _Asking(NamedTuple):
    """What is asked, in one account and one region."""

    policy: Policy
    scope: ProofScope
    context: Mapping[str, Values]
    account: str
    region: str

    def decided(self, action: str, resource: str) -> tuple[Asked, Decision] | None:
        context = dict(self.context)
        parts = resource.split(":", 5)
        if REGION in self.scope.names and (len(parts) < 6 or not parts[3]):
            service, home = _GLOBAL
            context[REGION] = (home if action.startswith(f"{service}:") else self.region,)
        asked = self.scope.asked(Point(action, resource, None, context))
        decision = self.scope.decided(self.policy, asked) if asked is not None else None
        return (asked, decision) if asked is not None and decision is not None else None


def _share(asking: _Asking, groups: Groups) -> tuple[float, float]:
    """Return the share of the actions that exist that a policy allows: at least, and if all that is open is counted."""
    sure = perhaps = 0
    for action, form, number in groups.groups:
        resource = filled_form(form, asking.account, asking.region) if form else "*"
        found = asking.decided(action, resource)
        outcome = found[1].outcome if found is not None else Outcome.IMPLICIT_DENY
        sure += number if outcome is Outcome.ALLOWED else 0
        perhaps += number if outcome in (Outcome.ALLOWED, Outcome.OPEN) else 0
    return (sure / groups.total, perhaps / groups.total) if groups.total else (0, 0)


def action_groups(policy: Policy, known: KnownNames) -> Groups:
    """Return the actions that exist, by the statements that are about them; where it makes a difference, those that
    take no resource apart.
    """
    total, found = 0, []
    for service in known.services():
        actions = known.actions(service)
        total += len(actions)
        near = [each for each in policy.statements if _about(each, service)]
        alike: dict[tuple[tuple[int, ...], bool], list[str]] = {}
        for name in actions if any(each.allows for each in near) else ():
            lower = f"{service}:{name}".lower()
            about = [each for each in near if each.covers_action(lower)]
            if any(each.allows for each in about):
                whole = any(each.allows and _every_resource(each) for each in about)
                key = tuple(each.index for each in about), whole or bool(known.forms(service, name))
                alike.setdefault(key, []).append(name)
        for names in alike.values():
            form = next(iter(known.forms(service, names[0])), "")
            found.append((f"{service}:{names[0]}", form, len(names)))
    return Groups(total, tuple(found))


def _about(statement: Statement, service: str) -> bool:
    """Whether a statement may be about actions of a service, by a quick look."""
    actions = statement.actions
    heads = (text.partition(":")[0].lower() for text in actions.texts)
    return actions.negated or any(head == service or set(head) & set("*?") for head in heads)


def _every_resource(statement: Statement) -> bool:
    return statement.resources is None or (not statement.resources.negated and statement.resources.everything)
