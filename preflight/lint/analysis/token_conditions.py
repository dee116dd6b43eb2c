"""Trust in identity providers: whom a role trusts through OpenID Connect, and what it asks of their tokens.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
"""

from __future__ import annotations

from collections.abc import Iterator

from preflight.lint.policy.statements import ConditionEntry, PrincipalEntry, StatementView
from preflight.lint.policy.subject import Subject

_POSITIVE = frozenset({"stringequals", "stringlike", "stringequalsignorecase"})


def trusted(subject: Subject) -> Iterator[tuple[StatementView, PrincipalEntry, str]]:
    """Yield the statements that trust a provider of OpenID Connect, with where it stands and what it is."""
    for view in subject.statements:
        if not view.allows or "Principal" not in view.raw:
            continue
        for place in view.principals:
            if place.kind == "Federated" and place.element == "Principal" and ":saml-provider/" not in place.text:
                provider = place.text.partition(":oidc-provider/")[2] or place.text
                if provider and ":" not in provider:
                    yield view, place, provider


def claims_of(view: StatementView, provider: str) -> list[ConditionEntry]:
    """Return the conditions on claims of a provider's tokens."""
    return [each for each in view.conditions if each.lower_key.startswith(f"{provider.lower()}:")]


def claim(entry: ConditionEntry) -> str:
    """Return the name of the claim that a condition is on, in lower case."""
    return entry.key.rpartition(":")[2].lower()


def asks(entry: ConditionEntry) -> bool:
    """Whether a condition lets through only tokens that have the claim, with one of some values."""
    return (
        entry.base.lower() in _POSITIVE
        and not entry.if_exists
        and entry.qualifier.lower() != "forallvalues"
        and bool(entry.values)
        and all(value.text.strip("*") for value in entry.values)
    )
