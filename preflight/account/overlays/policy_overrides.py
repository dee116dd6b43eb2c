"""Policies that are not attached yet, laid over an account in place of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from preflight.account.facts import Account, Ask, Fact, Known, Unknown
from preflight.account.overlays.overlay import Over
from preflight.account.principals import identity_of
from preflight.declared.expressions import arn_part
from preflight.documents.text.document import Document

_BOUNDARY = "the given permissions boundary"


@dataclass(frozen=True, slots=True)
class Overrides:
    """Policy documents that replace an account's; None leaves the account's in force.

    `identity` takes the place of everything attached to the principal, its groups included; `boundary` of its
    permissions boundary; `service_control` of all service control policies, as one level: AWS needs one of a level's
    policies to allow and none to deny.
    """

    identity: tuple[Document, ...] | None = None
    boundary: Document | None = None
    service_control: tuple[Document, ...] | None = None


def with_overrides(account: Account, principal_arn: str | None, overrides: Overrides) -> Account:
    """Return the account as it would be with these policies; `principal_arn` is whose `identity` and `boundary` change.

    A role or user that is not there, or not known, counts as one that has exactly the given identity policies.
    """
    return account if overrides == Overrides() else _Overridden(account, principal_arn, overrides)


class _Overridden(Over):
    def __init__(self, account: Account, principal_arn: str | None, overrides: Overrides) -> None:
        super().__init__(account)
        self._overrides = overrides
        self._arn = principal_arn or ""
        kind, key = identity_of(self._arn) or ("root", {})
        self._user = kind == "user"
        self._name = next(iter(key.values()), "").rpartition("/")[2]

    def read_many(self, asks: Sequence[Ask]) -> list[Fact[Any]]:
        given = [self._given(ask) for ask in asks]
        below = iter(self._below.read_many([ask for ask, fact in zip(asks, given, strict=True) if fact is None]))
        return [fact or self._changed(ask, next(below)) for ask, fact in zip(asks, given, strict=True)]

    def _given(self, ask: Ask) -> Known[Any] | None:
        """Return what is answered without asking the account."""
        key, overrides = dict(ask.key), self._overrides
        scp = overrides.service_control
        asks_for_scp = ask.kind == "organizations:policy-levels" and key["PolicyType"] == "SERVICE_CONTROL_POLICY"
        if asks_for_scp and scp is not None:
            return Known({"levels": [[{"name": each.path, "policy": each.value} for each in scp]]})
        if ask.kind == "iam:policy" and key.get("PolicyArn") == _BOUNDARY and overrides.boundary is not None:
            version = {
                "VersionId": overrides.boundary.path,
                "IsDefaultVersion": True,
                "Document": overrides.boundary.value,
            }
            return Known({"Arn": _BOUNDARY, "PolicyVersionList": [version]})
        return None

    def _changed(self, ask: Ask, fact: Fact[Any]) -> Fact[Any]:
        """Return the principal's own detail with the given policies in it, and anything else as it is."""
        overrides, title = self._overrides, "User" if self._user else "Role"
        key = dict(ask.key)
        if ask.kind != f"iam:{title.lower()}" or not self._name or not key:
            return fact
        if key.get(f"{title}Name", self._name) != self._name or key.get(f"{title}Arn", self._arn) != self._arn:
            return fact
        if not isinstance(fact, Known) and overrides.identity is None:
            return fact
        detail: dict[str, Any] = dict(fact.value) if isinstance(fact, Known) else self._new(title, fact)
        if overrides.identity is not None:
            inline = [{"PolicyName": each.path, "PolicyDocument": each.value} for each in overrides.identity]
            detail |= {f"{title}PolicyList": inline, "AttachedManagedPolicies": [], "GroupList": []}
            self._read_after_all(detail, f"{title}PolicyList", "AttachedManagedPolicies", "GroupList")
        if overrides.boundary is not None:
            detail["PermissionsBoundary"] = {"PermissionsBoundaryArn": _BOUNDARY}
            self._read_after_all(detail, "PermissionsBoundary")
        return Known(detail)

    def _new(self, title: str, fact: Fact[Any]) -> dict[str, Any]:
        arn = self._arn
        if arn_part(arn, "service") == "sts":
            arn = f"arn:{self.partition}:iam::{arn_part(arn, 'account')}:role/{self._name}"
        detail: dict[str, Any] = {f"{title}Name": self._name, "Arn": arn, "Tags": None}
        if isinstance(fact, Unknown):
            detail["Unread"] = [{"Member": "PermissionsBoundary", "Reason": fact.reason, "Resolution": fact.resolution}]
        return detail

    def _read_after_all(self, detail: dict[str, Any], *members: str) -> None:
        unread: Sequence[Mapping[str, str]] = detail.get("Unread", ())
        detail["Unread"] = [each for each in unread if each["Member"] not in members]
