"""What an audit is told beside the account: who should have access, whom is trusted, where quotas get tight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """`expected` has, for a group of hosting actions (create, update, delete, invoke), patterns of the ARNs that should
    have it; a group that is not there has not been settled. `trusted_accounts` may be trusted by roles. `headroom` is
    the part of a quota that should stay free. `production` are tags of endpoints that must not run on one instance;
    empty: of all. What was not used for `unused_days` counts as unused; keys older than `key_age_days` as too old.
    """

    expected: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    trusted_accounts: tuple[str, ...] = ()
    headroom: float = 0.2
    production: Mapping[str, str] = field(default_factory=dict)
    unused_days: int = 90
    key_age_days: int = 90


def audit_settings(table: Mapping[str, Any]) -> AuditSettings:
    """Return the settings that the table `audit` of the settings says (`schemas/config.schema.json`)."""
    return AuditSettings(
        expected={group: tuple(patterns) for group, patterns in table.get("expected", {}).items()},
        trusted_accounts=tuple(table.get("trusted-accounts", ())),
        headroom=float(table.get("headroom", 0.2)),
        production=dict(table.get("production", {})),
        unused_days=int(table.get("unused-days", 90)),
        key_age_days=int(table.get("key-age-days", 90)),
    )
