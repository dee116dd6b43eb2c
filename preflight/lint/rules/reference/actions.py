"""Actions: is there such a service, does it have such an action, does a pattern match any.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/, by way of the catalog.
"""

from __future__ import annotations

from collections.abc import Sequence

from preflight.lint.analysis.action_names import judged_actions
from preflight.lint.analysis.name_problems import of_kind
from preflight.lint.policy.finding import Finding
from preflight.lint.policy.needs import needs
from preflight.lint.policy.subject import Subject


@needs(judged_actions)
def service_exists(subject: Subject) -> Sequence[Finding]:
    """Find actions of services that AWS does not have."""
    return of_kind(subject.once(judged_actions), "service")


@needs(judged_actions)
def action_exists(subject: Subject) -> Sequence[Finding]:
    """Find actions that their service does not have."""
    return of_kind(subject.once(judged_actions), "action")


@needs(judged_actions)
def pattern_matches(subject: Subject) -> Sequence[Finding]:
    """Find patterns that match no action of their service."""
    return of_kind(subject.once(judged_actions), "pattern")


@needs(judged_actions)
def name_in_use(subject: Subject) -> Sequence[Finding]:
    """Find services and actions that AWS has retired, or uses without documenting them."""
    return of_kind(subject.once(judged_actions), "unlisted")
