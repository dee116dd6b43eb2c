"""Everyone, as a box: callers that a policy does not name, whose requests come from nowhere that it trusts.

A policy that asks for a fixed value of one of some keys is not public: the key is then what it trusts. A request of a
stranger lacks these keys, or has values that the policy does not name.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
"The meaning of public"
"""

from __future__ import annotations

import ipaddress
from collections.abc import Container, Iterable, Iterator, Sequence

from preflight.iam.conditions import Condition
from preflight.iam.policy import Policy
from preflight.iam.principals import Caller, PrincipalType
from preflight.iam.proof.boxes import Box, zone
from preflight.iam.proof.callers import mentioned_accounts
from preflight.iam.proof.token_holders import literally, other_tokens, token_holders, users
from preflight.iam.statement import Principals

_TRUSTED = frozenset(
    {
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpcarn",
        "aws:sourcevpce",
        "aws:userid",
        "aws:vpceaccount",
        "aws:vpceorgid",
        "aws:vpceorgpaths",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
    }
)
"""Keys whose fixed values a policy trusts; those of accounts and principals are the caller's own."""

_SECRETS = frozenset({"sts:externalid"})
"""Keys whose values a caller can set, and an outsider does not know."""

_SEVERAL = frozenset({"aws:principalorgpaths", "aws:sourceorgpaths", "aws:vpceorgpaths"})
_WIDEST = {4: 8, 6: 32}
"""Of networks that are wider, the page says, access is public."""


def strangers(policy: Policy, by_token: Sequence[str] = ()) -> list[list[Box]]:
    """Return the requests of callers that a policy does not know: of AWS and anonymous, and of others with a token
    of a provider that it names; `by_token` are the actions that these have, any if empty. In each list the last box
    has all of them, those before it what is easier to read.
    """
    principals, conditions = _named(policy), _conditions(policy)
    accounts = mentioned_accounts(principals, conditions)
    named = {value for each in principals for _, value in each.entries}
    outside = _beyond(conditions, _TRUSTED)

    def unknown(who: Caller) -> bool:
        if who.kind in (PrincipalType.ANONYMOUS, PrincipalType.PROVIDER):
            return who.kind is PrincipalType.ANONYMOUS
        return who.of_account and who.account not in accounts and who.text not in named

    callers = zone(conditions=[*outside, *other_tokens(conditions)], callers=unknown)
    return [[callers], *token_holders(principals, conditions, outside, by_token)]


def users_of_apps(policy: Policy, by_token: Sequence[str] = ()) -> Iterator[tuple[str, Box]]:
    """Yield providers that sign in the users of apps, with the requests of any users of those that a policy names.

    Whether everyone can become such a user is for the app to say.
    """
    outside = _beyond(_conditions(policy), _TRUSTED)
    return users(_named(policy), _conditions(policy), outside, by_token)


def outsider(policy: Policy, accounts: Container[str] | None, *, anonymous: bool = False) -> Box:
    """Return the requests of callers of some accounts, who do not bring what a policy trusts: an external ID, an
    organization, a network. `accounts` None are those that the policy does not name; `anonymous` are callers of none.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    principals, conditions = _named(policy), _conditions(policy)
    known = mentioned_accounts(principals, conditions)

    def outside(who: Caller) -> bool:
        if anonymous or who.kind is PrincipalType.ANONYMOUS:
            return anonymous and who.kind is PrincipalType.ANONYMOUS
        return who.of_account and (who.account not in known if accounts is None else who.account in accounts)

    return zone(conditions=_beyond(conditions, _TRUSTED | _SECRETS), callers=outside)


def _named(policy: Policy) -> list[Principals]:
    return [each.principals for each in policy.statements if each.principals is not None]


def _conditions(policy: Policy) -> list[Condition]:
    return [each for statement in policy.statements for each in statement.conditions]


def _beyond(conditions: Iterable[Condition], keys: Container[str]) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return conditions that hold for requests without the values of some keys that other conditions fix."""
    outside: dict[tuple[str, str], dict[str, None]] = {}
    for each in conditions:
        if each.key in keys and each.base.name != "Null":
            for value in each.values:
                outside.setdefault(_operator(each), {}).update(dict.fromkeys(_fixed(each, value)))
    return [(operator, key, tuple(values)) for (operator, key), values in outside.items() if values]


def outside_networks(conditions: Iterable[Condition]) -> list[str]:
    """Return the networks that conditions single out, strictly written."""
    found = (value for each in conditions if each.base.positive == "IpAddress" for value in each.values)
    return [str(network) for value in found if (network := _network(value)) is not None]


def _network(value: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """Return a network that is not wider than what is public."""
    try:
        network = ipaddress.ip_network(value.strip(), strict=False)
    except ValueError:
        return None
    return network if network.prefixlen >= _WIDEST[network.version] else None


def _operator(each: Condition) -> tuple[str, str]:
    """Return the operator that holds for requests without the key, and with other values."""
    if each.base.positive == "IpAddress":
        name = "NotIpAddress"
    elif each.base.positive.startswith("Arn"):
        name = "ArnNotLike"
    elif each.base.positive.endswith("IgnoreCase"):
        name = "StringNotEqualsIgnoreCase"
    else:
        name = "StringNotLike"
    return f"ForAllValues:{name}" if each.key in _SEVERAL else name, each.key


def _fixed(condition: Condition, value: str) -> Iterator[str]:
    """Yield a value if it is fixed, as a pattern of what it stands for."""
    if condition.base.positive == "IpAddress":
        if _network(value) is not None:
            yield value
        return
    like = condition.base.positive.endswith("Like") or condition.base.positive.startswith("Arn")
    if not like and "${" not in value:
        yield literally(value)
    elif not set("*?$") & set(_deciding(condition.key, value)):
        yield value


def _deciding(key: str, value: str) -> str:
    """Return the part of a value that must not vary: of an ARN its account, of a path its organization."""
    parts = value.split(":", 5)
    if len(parts) == 6 and parts[4]:
        return parts[4]
    if key in _SEVERAL:
        return value.partition("/")[0]
    if key == "aws:userid":
        return value.partition(":")[0]
    return value
