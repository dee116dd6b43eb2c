"""One account as an audit sees it: its facts, who is in it and what they may do, each worked out once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, TypeVar

from preflight.account.facts import Ask, Known
from preflight.account.snapshots.snapshot import Snapshot
from preflight.audit.access.covering import Covering
from preflight.audit.access.decider import Access, Decider
from preflight.audit.access.holders import Holder, Holders, holders_of
from preflight.audit.access.hosting_actions import HostingAction, hosting_actions
from preflight.audit.settings import AuditSettings
from preflight.documents.text.document import Document
from preflight.errors import UsageError

T = TypeVar("T")

REGIONS = Ask.all("account:region", "")
"""All regions that are enabled in an account: refused where they could not be listed."""


class Scene:
    """The subject of every audit rule.

    `regions` are those that are looked at, `asked_regions` those that a question names; `account_id` the twelve digits,
    empty where they are not known.
    """

    def __init__(self, account: Snapshot, regions: tuple[str, ...], settings: AuditSettings | None = None) -> None:
        self.account = account
        self.regions = regions
        self.asked_regions: tuple[str, ...] = ()
        self.settings = settings or AuditSettings()
        found = account.account_id()
        self.account_id = found.value if isinstance(found, Known) else ""
        self.decider = Decider()
        self._may: dict[str, Sequence[tuple[HostingAction, str, Access]]] = {}
        self._covering = Covering(each.action for each in hosting_actions())
        self._once: dict[Callable[[Scene], Any], Any] = {}

    def once(self, work: Callable[[Scene], T]) -> T:
        """Return what a function makes of this account; it is called once however many rules ask."""
        try:
            found: T = self._once[work]
        except KeyError:
            found = self._once[work] = work(self)
        return found

    @property
    def partition(self) -> str:
        """The partition of the account."""
        return self.account.partition

    @cached_property
    def holders(self) -> Holders:
        """Every role and user with its policies."""
        return holders_of(self.account)

    def access(self, holder: Holder, action: HostingAction, region: str) -> Access:
        """Say on which resources of a region a principal may do a hosting action."""
        return self.decider.access(holder, action.action, action.resource(self.partition, region, self.account_id))

    def may(self, holder: Holder) -> Sequence[tuple[HostingAction, str, Access]]:
        """Return each hosting action that a principal may do in a region, for certain or perhaps."""
        found = self._may.get(holder.arn)
        if found is None:
            granted = frozenset[str]().union(*map(self._covering.allowed, holder.policies.identity))
            # Where not all policies are known, any action may be allowed by one that is not.
            actions = hosting_actions() if holder.policies.unknown else _among(granted)
            found = self._may[holder.arn] = tuple(
                (action, region, access)
                for region in self.regions
                for action in actions
                if (access := self.access(holder, action, region)).possible
            )
        return found

    def able(self) -> dict[str, set[str]]:
        """Return who may do anything of a group (create, update, delete, invoke) to endpoints, as ARNs by group."""
        found: dict[str, set[str]] = {}
        for holder in self.holders.by_arn.values():
            for action, _, _ in self.may(holder):
                if action.type == "endpoint" and action.group != "read":
                    found.setdefault(action.group, set()).add(holder.arn)
        return found


def asked_scene(document: Document, regions: Sequence[str] = ()) -> Scene:
    """Return the account that a question is asked of, in these regions, whether the snapshot has facts of them or not:
    IAM's are of all regions. Raises `InputError` for a document that is no snapshot.
    """
    snapshot = Snapshot.load(document)
    scene = Scene(snapshot, tuple(regions) or snapshot.regions)
    scene.asked_regions = tuple(regions)
    return scene


def scene_of(document: Document, regions: Sequence[str] = (), settings: AuditSettings | None = None) -> Scene:
    """Return the account that a snapshot document is of, in these regions, or in all that it has facts of.

    Raises `InputError` for a document that is no snapshot, `UsageError` for a region that it has no facts of.
    """
    snapshot = Snapshot.load(document)
    held = snapshot.regions
    for region in regions:
        if region not in held:
            there = f"it holds {', '.join(held)}" if held else "it holds none"
            raise UsageError(f"{document.path} has no region {region}; {there}")
    return Scene(snapshot, tuple(regions) or held, settings)


def _among(granted: frozenset[str]) -> list[HostingAction]:
    return [each for each in hosting_actions() if each.action.lower() in granted] if granted else []
