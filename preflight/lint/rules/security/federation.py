"""Roles for identities from outside AWS: OpenID Connect and SAML.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
"""

from __future__ import annotations

from collections.abc import Iterator

from preflight.iam.identity_providers import COGNITO, GITHUB, is_shared, providers_of_people, telling_claims
from preflight.lint.analysis.token_conditions import asks, claim, claims_of, trusted
from preflight.lint.policy.finding import Finding
from preflight.lint.policy.subject import Subject


def oidc_without_condition(subject: Subject) -> Iterator[Finding]:
    """Find roles for an OpenID Connect provider that ask nothing of its tokens."""
    for view, place, provider in trusted(subject):
        if not claims_of(view, provider):
            yield Finding(
                place.pointer,
                f"{view.cited} lets every identity of {provider} assume the role",
                f"add conditions on {provider}:aud and {provider}:sub that identify whose tokens to accept",
            )


def shared_provider_without_subject(subject: Subject) -> Iterator[Finding]:
    """Find roles for a provider that serves everyone, which ask for the audience only."""
    for view, place, provider in trusted(subject):
        claims = {claim(each) for each in claims_of(view, provider) if asks(each)}
        if not claims_of(view, provider):
            continue
        of_customers = is_shared(provider) and provider not in (GITHUB, *providers_of_people())
        if of_customers and claims.isdisjoint(telling_claims(provider)):
            yield Finding(
                place.pointer,
                f"{view.cited} has no condition on {provider}:sub: every customer of {provider} can assume the role",
                f"add a condition on {provider}:sub that names your project",
            )
        elif provider == COGNITO and "aud" not in claims:
            yield Finding(
                place.pointer,
                f"{view.cited} has no condition on {provider}:aud: identities of any identity pool can assume it",
                f'add {{"StringEquals": {{"{provider}:aud": "us-east-1:..."}}}} with the ID of your identity pool',
            )


def saml_without_audience(subject: Subject) -> Iterator[Finding]:
    """Find roles for a SAML provider that ask nothing of its assertions."""
    for view in subject.statements:
        if not view.allows:
            continue
        for place in view.principals:
            saml = place.kind == "Federated" and ":saml-provider/" in place.text and place.element == "Principal"
            if saml and not any(each.lower_key.startswith("saml:") for each in view.conditions):
                yield Finding(
                    place.pointer,
                    f"{view.cited} has no conditions on assertions of {place.text}: an assertion issued for another "
                    "service is accepted",
                    'add {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}',
                )


def audience_with_qualifier(subject: Subject) -> Iterator[Finding]:
    """Find an audience that is compared as if there were several."""
    for view in subject.statements:
        for each in view.conditions:
            if each.qualifier and each.lower_key.endswith(":aud") and not each.lower_key.startswith("saml:"):
                yield Finding(
                    each.pointer,
                    f"{each.operator} compares {each.key} as a multivalued claim, but most tokens have one audience",
                    f"if your tokens have one audience, use {each.operator.rpartition(':')[2]}",
                )
