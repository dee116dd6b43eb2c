"""`audit` of many accounts: an organization, a list, or a folder of snapshots."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from preflight.api.facts import require_one_source
from preflight.engine.result import Level
from preflight.errors import UsageError

if TYPE_CHECKING:
    from preflight.audit.many.ledger import Ledger
    from preflight.audit.many.run import AccountProgress, Engine, Many
    from preflight.audit.many.targets import AuditTarget, LeftOut
    from preflight.audit.many.task import Orders


@dataclass(frozen=True, slots=True)
class AuditedMany:
    """An audit of many accounts: what came of it, the directory that holds the accounts' documents, and the folder in
    it that has them.
    """

    many: Many
    folder: Path
    accounts: Path
    _ledger: Ledger = field(repr=False)

    def document(self, row: Mapping[str, Any]) -> Any:
        """Return the document of an account that is done. Raises `InputError` where it was damaged since."""
        return self._ledger.document(row)

    def documents(self) -> Iterator[Any]:
        """Give the documents of all accounts that are done, one after the other."""
        return (self._ledger.document(row) for row in self.many.done)


@contextmanager
def audit_many(
    into: str,
    *,
    snapshots: str | None = None,
    accounts: str | None = None,
    organization: bool = False,
    regions: Sequence[str] = (),
    role_name: str | None = None,
    external_id: str | None = None,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    threads: int = 8,
    scheduler: str | None = None,
    again: bool = False,
    keep_snapshots: bool = False,
    profile: str | None = None,
    endpoint_url: str | None = None,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    fail_on: Level = Level.ERROR,
    started: Callable[[int], None] | None = None,
    progress: AccountProgress | None = None,
) -> Iterator[AuditedMany]:
    """Audit the accounts of an organization, of a file that lists them, or of a folder of `snapshots`, into a directory
    that stays locked for the block. The same call again does what is missing.

    `scheduler` is the address of a Dask scheduler to work on in place of threads. `started` is told how many accounts
    there are, `progress` each account's row when it is done. Raises `UsageError` for arguments that do not go together
    and where the directory cannot be used, `InputError` for a list that cannot be.
    """
    require_one_source(snapshots, profile, endpoint_url)
    told = [bool(snapshots), bool(accounts), organization]
    if sum(told) != 1:
        raise UsageError("--organization, --accounts and --snapshot can't be combined; give one of them")
    from preflight.audit.many.ledger import ACCOUNTS, opened
    from preflight.audit.many.run import audit_many as audit_targets

    orders, settings = _orders(
        accounts or snapshots or ".", regions, endpoint_url, select, ignore, fail_on, keep_snapshots=keep_snapshots
    )
    with opened(into, settings) as ledger:
        targets, left_out = _targets(
            snapshots,
            accounts,
            role_name,
            external_id,
            regions,
            profile,
            endpoint_url,
            include,
            exclude,
            organization=organization,
        )
        if started is not None:
            started(len(targets))
        many = audit_targets(
            targets, orders, ledger, _engine(threads, scheduler), left_out=left_out, again=again, progress=progress
        )
        yield AuditedMany(many, ledger.folder, ledger.folder / ACCOUNTS, ledger)


def _orders(
    place: str,
    regions: Sequence[str],
    endpoint_url: str | None,
    select: Sequence[str],
    ignore: Sequence[str],
    fail_on: Level,
    *,
    keep_snapshots: bool,
) -> tuple[Orders, dict[str, Any]]:
    """Return what holds for every account, and that of it on which what is found depends, as plain data."""
    from preflight import __version__
    from preflight.audit.many.task import Orders
    from preflight.audit.settings import audit_settings
    from preflight.documents.config import find_config
    from preflight.report.cited_policies import with_policies

    orders = Orders(
        with_policies,
        regions=tuple(regions),
        endpoint_url=endpoint_url,
        settings=audit_settings(find_config([place]).audit),
        select=tuple(select),
        ignore=tuple(ignore),
        fail_on=fail_on,
        keep_snapshots=keep_snapshots,
    )
    settings: dict[str, Any] = {
        "preflight": __version__,
        "--region": list(regions),
        "--select": list(select),
        "--ignore": list(ignore),
        "--fail-on": fail_on.value,
        "--keep-snapshots": "yes" if keep_snapshots else None,
        "[audit]": _jsonable(asdict(orders.settings)),
    }
    return orders, settings


def _jsonable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _jsonable(each) for name, each in value.items()}
    return [_jsonable(each) for each in value] if isinstance(value, tuple) else value


def _targets(
    snapshots: str | None,
    accounts: str | None,
    role_name: str | None,
    external_id: str | None,
    regions: Sequence[str],
    profile: str | None,
    endpoint_url: str | None,
    include: Sequence[str],
    exclude: Sequence[str],
    *,
    organization: bool,
) -> tuple[list[AuditTarget], Sequence[LeftOut]]:
    from preflight.audit.many.targets import ROLE_NAME, AccountAccess, of_file, of_organization, of_snapshots

    if snapshots is not None:
        return of_snapshots(snapshots)
    role = role_name or ROLE_NAME
    if accounts is not None and not organization:
        return of_file(accounts, AccountAccess(role, external_id, profile=profile)), ()
    from preflight.account.facts import Known
    from preflight.account.live.account import LiveAccount
    from preflight.account.live.clients import Connection
    from preflight.account.organization import read_organization
    from preflight.audit.many.task import ATTEMPTS

    first = next(iter(regions), None)
    live = LiveAccount.open(
        Connection(profile, first, endpoint_url, retry_mode="adaptive", attempts=ATTEMPTS), rereads=0
    )
    try:
        home = live.account_id()
        found = read_organization(live)
        access = AccountAccess(role, external_id, home=home.value if isinstance(home, Known) else "", profile=profile)
    finally:
        live.close()
    targets, left_out = of_organization(found, access, include=tuple(include), exclude=tuple(exclude))
    if not targets:
        raise UsageError(f"no account of organization {found.id} is left to audit; see --include and --exclude")
    return targets, left_out


def _engine(threads: int, scheduler: str | None) -> Engine:
    if scheduler is not None:
        from preflight.audit.many.dask_cluster import on_dask

        return partial(on_dask, scheduler=scheduler)
    from preflight.audit.many.threads import on_threads

    return partial(on_threads, threads=threads)
