"""People who get a token of an identity provider and whom a policy does not mean: other customers, users of other apps.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from preflight.iam.conditions import Condition
from preflight.iam.identity_providers import (
    COGNITO,
    app_claims,
    example_subjects,
    is_shared,
    names_customer,
    provider_host,
    providers_of_people,
    shared_providers,
    telling_claims,
)
from preflight.iam.principals import Caller, PrincipalType
from preflight.iam.proof.boxes import Box, zone
from preflight.iam.statement import Principals

TokenCondition = tuple[str, str, tuple[str, ...]]
"""An operator, a key and values: a condition of a zone."""

_GUEST = "unauthenticated"


def token_holders(
    principals: Iterable[Principals],
    conditions: Sequence[Condition],
    outside: Sequence[TokenCondition],
    actions: Sequence[str],
) -> list[list[Box]]:
    """Return the requests of people whom a policy does not mean, with tokens of the shared providers that it names; for
    each provider those first whose token shows whose it is, and then all.

    `outside` is what holds for requests from nowhere that is trusted.
    """
    found: list[list[Box]] = []
    for host in hosts(principals):
        other = [*outside, *other_tokens(conditions, host)]
        ways = []
        for example in example_subjects(host):
            like = "StringLike" if "*" in example else "StringEquals"
            ways.append(_zone(host, actions, [*other, (like, f"{host}:{telling_claims(host)[0]}", (example,))]))
        found.append([*ways, _zone(host, actions, other)])
        if host == COGNITO and any(each.key == f"{COGNITO}:amr" and _GUEST in each.values for each in conditions):
            guest = ("ForAnyValue:StringEquals", f"{COGNITO}:amr", (_GUEST,))
            found.append([_zone(host, actions, [*outside, guest])])
    return found


def users(
    principals: Iterable[Principals],
    conditions: Sequence[Condition],
    outside: Sequence[TokenCondition],
    actions: Sequence[str],
) -> Iterator[tuple[str, Box]]:
    """Yield the providers that sign in the users of apps, with the requests of any users of the apps that are named."""
    for host in hosts(principals):
        if host in providers_of_people():
            yield host, _zone(host, actions, [*outside, *other_tokens(conditions, host, telling_claims(host))])


def hosts(principals: Iterable[Principals]) -> list[str]:
    """Return the shared providers that Principal elements name, or may mean by a `*`."""
    entries = {entry for each in principals for entry in each.entries}
    if ("Federated", "*") in entries:
        return list(shared_providers())
    found = [host for _, value in sorted(entries) if is_shared(host := provider_host(value))]
    return [*dict.fromkeys(found), *(providers_of_people() if any(value == "*" for _, value in entries) else ())]


def other_tokens(conditions: Iterable[Condition], host: str = "", claims: Sequence[str] = ()) -> list[TokenCondition]:
    """Return conditions that hold without a token that other conditions ask for: one of certain customers, people or
    apps. `host` is whose tokens there are, which lack the claims of others; any if empty. `claims` empty are all that
    say whose a token is, or for which app.
    """
    found: dict[tuple[str, str], dict[str, None]] = {}
    for each in conditions:
        of, _, claim = each.key.rpartition(":")
        if not is_shared(of):
            continue
        if host and of != host:
            found["Null", each.key] = {"true": None}
            continue
        if each.base.name == "Null" or claim not in (claims or (*telling_claims(of), *app_claims(of))):
            continue
        like = each.base.positive == "StringLike"
        operator = "StringNotEqualsIgnoreCase" if each.base.positive.endswith("IgnoreCase") else "StringNotLike"
        for value in each.values:
            if "${" not in value and names_customer(of, claim, value, wild=like):
                found.setdefault((operator, each.key), {})[value if like else literally(value)] = None
    return [(operator, key, tuple(values)) for (operator, key), values in found.items()]


def literally(value: str) -> str:
    """Return a value as a pattern that matches it alone."""
    return "".join(f"${{{letter}}}" if letter in "*?$" else letter for letter in value)


def _zone(host: str, actions: Sequence[str], conditions: Iterable[TokenCondition]) -> Box:
    def has_token(who: Caller) -> bool:
        return who.kind is PrincipalType.PROVIDER and provider_host(who.text) == host

    return zone(actions, conditions=conditions, callers=has_token)
