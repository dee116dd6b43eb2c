"""Lambda: how many functions may run at once. moto has none of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.aws.scope import Scope


def get_account_settings(scope: Scope, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the default quota: https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html"""
    return {"AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 1000}}
