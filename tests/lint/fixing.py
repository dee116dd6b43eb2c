"""Mend a policy's text in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from preflight.documents.policies.find import read_policies
from preflight.documents.policies.found_policy import FoundPolicy
from preflight.lint.runner.fix import Mended, mend
from preflight.lint.runner.one_policy import Linter, PolicyFinding


def mended(text: str, linter: Linter, path: str = "policy.json", type_: Any = None) -> Mended:
    """Mend all that the rules find in a text."""

    def find(policies: Sequence[FoundPolicy], _: str) -> Iterable[PolicyFinding]:
        return [found for policy in policies for found in linter.findings(policy)]

    return mend(text, lambda text: read_policies(text, path, type_), find)
