"""Conditions that any holder of a policy meets, or can meet at will: what the rest of a policy is then worth.

The holder may choose when to sign in, with or without a second factor, with its own or temporary credentials, over TLS
or not, from any address that the policy does not single out, and what its client calls itself. It is in no
organization, has no tags, and is a role or a user.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice, product

from preflight.iam.conditions import Condition
from preflight.iam.key_facts import carried_by_sessions
from preflight.iam.policy import Policy
from preflight.iam.proof.callers import mentioned_accounts
from preflight.iam.proof.strangers import outside_networks
from preflight.iam.proof.values import Values, candidates

_MOST = 256
_CHOSEN = frozenset({"aws:multifactorauthpresent", "aws:multifactorauthage", "aws:useragent", "aws:referer"})
_BOOLEAN = frozenset({"aws:securetransport"})
_NEVER = ("aws:principaltag/", "aws:principalorg")
"""Keys that the holder need not have, beside those of sessions that services make."""
_ORGANIZATIONS = frozenset(
    {
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:resourceaccount",
        "aws:resourceorgid",
        "aws:resourceorgpaths",
    }
)
"""Keys that say of which organization the holder is, and of which account and organization its account's resources."""

_ACCOUNTS = frozenset({"aws:principalaccount", "aws:principalarn"})
_ACCOUNT = "444455556666"

_ROLE = {
    "aws:principalarn": ("arn:aws:iam::444455556666:role/example",),
    "aws:principalaccount": ("444455556666",),
    "aws:principaltype": ("AssumedRole",),
    "aws:principalisawsservice": ("false",),
    "aws:viaawsservice": ("false",),
    "aws:userid": ("AROAEXAMPLE:example",),
    "aws:username": (),
    "aws:principalservicename": (),
    "aws:assumedroot": (),
    "aws:chatbotsourcearn": (),
    "aws:calledvia": (),
    "aws:calledviafirst": (),
    "aws:calledvialast": (),
    "aws:sourcevpc": (),
    "aws:sourcevpce": (),
    "aws:vpcsourceip": (),
    "aws:sourceidentity": (),
    "aws:federatedprovider": (),
    "aws:sourceaccount": (),
    "aws:sourcearn": (),
    "aws:sourceorgid": (),
    "aws:sourceorgpaths": (),
    "aws:sourceowner": (),
    "aws:sourcevpcarn": (),
    "aws:vpceaccount": (),
    "aws:vpceorgid": (),
    "aws:vpceorgpaths": (),
    "aws:ec2instancesourcevpc": (),
    "aws:ec2instancesourceprivateipv4": (),
}
_USER = {
    **_ROLE,
    "aws:principalarn": ("arn:aws:iam::444455556666:user/example",),
    "aws:principaltype": ("User",),
    "aws:userid": ("AIDAEXAMPLE",),
    "aws:username": ("example",),
}


def memberships(policy: Policy) -> list[str]:
    """Return the keys in a policy's conditions whose values all holders of the policy have in common."""
    conditions = (each for statement in policy.statements for each in statement.conditions)
    return list(dict.fromkeys(each.name for each in conditions if each.key in _ORGANIZATIONS | _ACCOUNTS))


def friendly(policy: Policy, *, members: bool = False) -> Iterator[Mapping[str, Values]]:
    """Yield the values of condition keys that a holder of a policy can have a request made with. `members` are holders
    of the accounts and organizations that the conditions name, as those of one policy all are or all are not.
    """
    conditions: dict[str, list[Condition]] = {}
    for statement in policy.statements:
        for each in statement.conditions:
            conditions.setdefault(each.key, []).append(each)
            for template in each.templates:
                for variable in template.variables:
                    conditions.setdefault(variable.key, [])
        if statement.resources is not None:
            for template in statement.resources.varying:
                for variable in template.variables:
                    conditions.setdefault(variable.key, [])
    accounts = sorted(mentioned_accounts((), (each for about in conditions.values() for each in about)))
    for holder in (
        _of(account, one) for account in (accounts if members else []) or [_ACCOUNT] for one in (_ROLE, _USER)
    ):
        ways = {}
        for key, about in conditions.items():
            of_member = members and key in _ORGANIZATIONS
            found = candidates(key, about, thorough=False).values if of_member else _values(key, about, holder)
            if found is not None:
                ways[key] = found
        for chosen in islice(product(*ways.values()), _MOST):
            yield dict(zip(ways, chosen, strict=True))


def _of(account: str, holder: Mapping[str, Values]) -> Mapping[str, Values]:
    """Return a holder of an account."""
    return {key: tuple(each.replace(_ACCOUNT, account) for each in values) for key, values in holder.items()}


def at_will(key: str, about: Sequence[Condition]) -> Sequence[Values] | None:
    """Return the values of a key, in lower case, that some holder can have; None for one that is of the request."""
    found = [_values(key, about, holder) for holder in (_ROLE, _USER)]
    if all(each is None for each in found):
        return None
    return tuple(dict.fromkeys(value for each in found for value in each or ()))


def _values(key: str, about: Sequence[Condition], holder: Mapping[str, Values]) -> Sequence[Values] | None:
    """Return the values that a holder can have a key with; None for one that is of the request, not of the holder."""
    now = datetime.now(UTC)
    if key in _CHOSEN:
        return candidates(key, about, thorough=False).values
    if key in _BOOLEAN:
        return [("true",), ("false",)]
    if key == "aws:currenttime":
        return [(now.strftime("%Y-%m-%dT%H:%M:%SZ"),)]
    if key == "aws:epochtime":
        return [(str(int(now.timestamp())),)]
    if key == "aws:tokenissuetime":
        return [(now.strftime("%Y-%m-%dT%H:%M:%SZ"),), ()]
    if key == "aws:sourceip":
        return [(each,) for each in _addresses(about)]
    if key.startswith(_NEVER) or key in carried_by_sessions():
        return [()]
    return [holder[key]] if key in holder else None


def _addresses(about: Sequence[Condition]) -> Iterator[str]:
    """Yield addresses in no network that the policy singles out."""
    apart = [ipaddress.ip_network(each) for each in outside_networks(about)]
    for values in candidates("aws:sourceip", about, thorough=False).values:
        for value in values:
            try:
                address = ipaddress.ip_address(value)
            except ValueError:
                continue
            if not any(address.version == each.version and address in each for each in apart):
                yield value
