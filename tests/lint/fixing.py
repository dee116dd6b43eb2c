"""Mend a policy's text in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from preflight.documents.found import FoundPolicy
from preflight.documents.policies_in import read_policies
from preflight.lint.fix import Mended, mend
from preflight.lint.run import Found, Linter


def mended(text: str, linter: Linter, path: str = "policy.json", type_: Any = None) -> Mended:
    """Mend all that the rules find in a text."""

    def find(policies: Sequence[FoundPolicy], _: str) -> Iterable[Found]:
        return [found for policy in policies for found in linter.findings(policy)]

    return mend(text, lambda text: read_policies(text, path, type_), find)
