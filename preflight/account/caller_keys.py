"""The condition keys that follow from who makes a request: AWS puts them into every request of the principal.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principal-properties
and https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType

from preflight.account.facts import Unknown
from preflight.account.principals import PrincipalFacts, parsed_policy
from preflight.iam.conditions import Condition, Truth
from preflight.iam.dates import instant
from preflight.iam.pattern import covers, overlaps
from preflight.iam.policy import Policy
from preflight.iam.request import Policies, PolicyType, Value
from preflight.iam.statement import Statement
from preflight.iam.variables import Found, Missing, VariableText, fixed
from preflight.unresolved import DeployText

_LONGEST_SESSION = 12 * 3600
"""Seconds. A role's session lasts twelve hours at most: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use.html"""

_USER_ID, _ISSUED, _SOURCE = "aws:userid", "aws:TokenIssueTime", "aws:SourceIdentity"
_NOTHING: Mapping[str, tuple[str, ...]] = MappingProxyType({})
_TEXTS = frozenset({"StringEquals", "StringEqualsIgnoreCase", "StringLike"})


@dataclass(frozen=True, slots=True)
class CallerKeys:
    """What a principal puts into its requests.

    `values` are keys whose values are known, `absent` patterns of keys that are not in the request. `tags` are those
    of the principal, None where they are not known, or not all.
    """

    values: Mapping[str, Value]
    absent: tuple[str, ...]
    tags: Mapping[str, str] | None


ANYONE = CallerKeys({}, (), None)
"""What is known of the requests of a principal of whom nothing is known."""


def caller_keys(facts: PrincipalFacts, policies: Policies, now: datetime | None = None) -> CallerKeys:
    """Return the condition keys of a principal's requests, as far as policies can tell their values apart.

    Of a role the session name is not known, nor when its token was issued. Where that makes no difference to
    any condition of `policies`, the keys have a value that stands for all of them; else they are unknown.
    """
    at = now or datetime.now(UTC)
    values: dict[str, Value] = {
        "aws:CurrentTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(at.timestamp())),
    }
    absent: list[str] = []
    tags = facts.tags
    if facts.kind == "session":
        # The session's own ARN does not show the path of its role.
        values["aws:PrincipalArn"] = facts.identity_arn
    if facts.user_id is not None and (
        not DeployText.partial(facts.user_id) or _indifferent(_USER_ID, policies, _of_shape(facts.user_id))
    ):
        values[_USER_ID] = DeployText(facts.user_id).pattern.replace("?*", "any-session")
    if facts.kind in ("role", "session"):
        if _indifferent(_ISSUED, policies, _outside(at.timestamp())):
            values[_ISSUED] = values["aws:CurrentTime"]
        if may_set(facts, "sts:TagSession") is not False:
            tags = None
        if may_set(facts, "sts:SetSourceIdentity") is False:
            absent.append(_SOURCE)
    elif facts.kind == "user":
        absent.append(_SOURCE)
    return CallerKeys(values, tuple(absent), tags)


def may_set(facts: PrincipalFacts, action: str, values: Mapping[str, tuple[str, ...]] = _NOTHING) -> bool | None:
    """Say whether the trust policy of a role lets who assumes it do an action, such as `sts:TagSession`, which setting
    session tags takes; None where the trust policy is not known.

    `values` are condition keys of the request, in lower case; whatever else a condition asks for may be so. With them,
    a policy that lets none but services assume the role says nothing of a session that someone has all the same: None.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_permissions-required
    """
    trust = None if facts.trust is None else parsed_policy("the trust policy", facts.trust, PolicyType.RESOURCE)
    if trust is None or isinstance(trust, Unknown):
        return None

    def lookup(key: str) -> Found:
        return values.get(key, Missing.UNKNOWN)

    if values and not any(each.allows and _of_more_than_services(each) for each in trust.statements):
        return None
    about = [each for each in trust.statements if each.covers_action(action.lower())]
    denied = any(
        not each.allows and _of_anyone(each) and all(one.truth(lookup) is Truth.TRUE for one in each.conditions)
        for each in about
    )
    return not denied and any(
        each.allows and not any(one.truth(lookup) is Truth.FALSE for one in each.conditions) for each in about
    )


def _of_more_than_services(statement: Statement) -> bool:
    principals = statement.principals
    return principals is None or principals.negated or any(kind != "Service" for kind, _ in principals.entries)


def _of_anyone(statement: Statement) -> bool:
    principals = statement.principals
    return principals is not None and not principals.negated and any(value == "*" for _, value in principals.entries)


ConditionTest = Callable[[Condition], bool]


def _of_shape(user_id: str) -> ConditionTest:
    """Return whether a condition says the same of every id of a shape."""
    shape = DeployText(user_id).pattern

    def same(condition: Condition) -> bool:
        if condition.base.name == "Null":
            return True
        if condition.base.positive not in _TEXTS or not all(map(fixed, condition.templates)):
            return False
        if condition.base.positive != "StringLike":
            return not any(overlaps(shape.lower(), value.lower()) for value in condition.values)
        return all(covers(value, shape) or not overlaps(value, shape) for value in condition.values)

    return same


def _outside(now: float) -> ConditionTest:
    """Return whether a condition says the same of every time at which a token in use now may have been issued."""

    def same(condition: Condition) -> bool:
        if condition.base.name == "Null":
            return True
        dates = [instant(value) for value in condition.values]
        return condition.base.name.startswith("Date") and all(
            each is not None and not now - _LONGEST_SESSION <= float(each) <= now for each in dates
        )

    return same


def _indifferent(key: str, policies: Policies, same: ConditionTest) -> bool:
    """Say whether no policy tells apart the values that a key may have."""
    name = key.lower()
    for policy in _all(policies):
        conditions, varies = _uses(policy, name)
        if varies or not all(map(same, conditions)):
            return False
    return True


def _all(policies: Policies) -> Iterator[Policy]:
    yield from policies.identity
    yield from policies.boundaries
    yield from policies.session or ()
    yield from policies.vpc_endpoint
    for levels in (policies.service_control, policies.resource_control):
        for level in levels or ():
            yield from level
    if policies.resource is not None:
        yield policies.resource


@lru_cache(maxsize=8192)
def _uses(policy: Policy, key: str) -> tuple[tuple[Condition, ...], bool]:
    """Return the conditions of a policy on a key, given in lower case, and whether it is a variable anywhere."""
    conditions = [each for statement in policy.statements for each in statement.conditions]
    templates: list[VariableText] = [each for condition in conditions for each in condition.templates]
    for statement in policy.statements:
        if statement.resources is not None:
            templates.extend(statement.resources.varying)
    varies = any(variable.key == key for each in templates for variable in each.variables)
    return tuple(each for each in conditions if each.key == key), varies
