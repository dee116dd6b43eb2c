"""The facts that a function works on: those of a snapshot, or of the live account."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from preflight.errors import UsageError

if TYPE_CHECKING:
    from preflight.account.facts import Account
    from preflight.account.live.account import LiveAccount


def require_one_source(snapshot: str | None, profile: str | None, endpoint_url: str | None) -> None:
    """Raise `UsageError` where facts are to come from a file and from AWS."""
    if snapshot is not None and (profile is not None or endpoint_url is not None):
        raise UsageError("--snapshot can't be combined with --profile or --endpoint-url")


def require_one_stdin(paths: Sequence[object]) -> None:
    """Raise `UsageError` where several of the files that are to be read are stdin, or one has no name."""
    if "" in paths:
        raise UsageError("the name of a file is empty; name a file, or - for stdin")
    if list(paths).count("-") > 1:
        raise UsageError("- (stdin) can be given only once")


@contextmanager
def facts_of(
    region: str | None,
    snapshot: str | None,
    profile: str | None,
    endpoint_url: str | None,
    rereads: int = 5,
    delay: float = 1,
    timeout: float | None = None,
) -> Iterator[Account]:
    """Open the facts of a snapshot, or of the live account. Raises `UsageError` where both are asked for, and what
    opening them raises.
    """
    require_one_source(snapshot, profile, endpoint_url)
    if snapshot is not None:
        from preflight.account.snapshots.snapshot import Snapshot

        yield Snapshot.load(snapshot)
        return
    with live(region, profile, endpoint_url, rereads, delay, timeout) as account:
        yield account


@contextmanager
def live(
    region: str | None,
    profile: str | None,
    endpoint_url: str | None,
    rereads: int = 5,
    delay: float = 1,
    timeout: float | None = None,
) -> Iterator[LiveAccount]:
    """Open the live account, and close it at the end."""
    from preflight.account.live.account import LiveAccount
    from preflight.account.live.clients import Connection

    connection = Connection(profile, region, endpoint_url)
    account = LiveAccount.open(connection, rereads=rereads, reread_delay=delay, timeout=timeout)
    try:
        yield account
    finally:
        account.close()
