"""`preflight audit` of many accounts: an organization, a list, or a folder of snapshots."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from preflight.cli.audit_options import Engine, Options
from preflight.cli.output import deliver, looked_on, streaming, viewed
from preflight.engine.result import Verdict
from preflight.errors import UsageError

if TYPE_CHECKING:
    from preflight.audit.ledger import Ledger
    from preflight.audit.many import Engine as Running
    from preflight.audit.many import Many, Progress
    from preflight.audit.targets import LeftOut, Target
    from preflight.audit.task import Orders

FAILED, ERROR, OPEN = 1, 2, 3


def run(options: Options) -> int:
    """Audit the accounts, show what was found in all of them, and return the exit code."""
    from preflight.audit.ledger import opened
    from preflight.audit.many import audit_many

    if options.format == "parquet":
        from preflight.report.audit_rows import require_parquet

        require_parquet()
    orders, settings = _orders(options)
    with opened(options.into or "", settings) as ledger:
        targets, left_out = _targets(options)
        with _shown(len(targets), wanted=not options.quiet) as progress:
            many = audit_many(
                targets, orders, ledger, _engine(options), left_out=left_out, again=options.again, progress=progress
            )
        if many.before and not options.quiet:
            some = "1 account was" if many.before == 1 else f"{many.before:,} accounts were"
            which = "all accounts were" if many.before == len(many.rows) else some
            print(f"preflight: {which} audited before, since {many.since}; --again audits them anew", file=sys.stderr)
        _show(many, ledger, options)
    if many.failed:
        return ERROR
    if many.verdict is Verdict.FINDINGS:
        return FAILED
    return OPEN if many.counts.get("open") and not options.allow_open else 0


def _orders(options: Options) -> tuple[Orders, dict[str, Any]]:
    """Return what holds for every account, and that of it on which what is found depends, as plain data."""
    from dataclasses import asdict

    from preflight import __version__
    from preflight.audit.settings import audit_settings
    from preflight.audit.task import Orders
    from preflight.documents.config import find_config
    from preflight.report.audit import plain

    table = find_config([options.accounts or options.snapshot or "."]).audit
    orders = Orders(
        plain,
        regions=options.regions,
        endpoint_url=options.endpoint_url,
        settings=audit_settings(table),
        select=options.select,
        ignore=options.ignore,
        fail_on=options.fail_on,
        keep_snapshots=options.keep_snapshots,
    )
    settings: dict[str, Any] = {
        "preflight": __version__,
        "--region": list(options.regions),
        "--select": list(options.select),
        "--ignore": list(options.ignore),
        "--fail-on": options.fail_on.value,
        "--keep-snapshots": "yes" if options.keep_snapshots else None,
        "[audit]": _jsonable(asdict(orders.settings)),
    }
    return orders, settings


def _jsonable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _jsonable(each) for name, each in value.items()}
    return [_jsonable(each) for each in value] if isinstance(value, tuple) else value


def _targets(options: Options) -> tuple[list[Target], Sequence[LeftOut]]:
    from preflight.audit.targets import ROLE_NAME, Access, of_file, of_organization, of_snapshots

    if options.snapshot is not None:
        return of_snapshots(options.snapshot)
    role = options.role_name or ROLE_NAME
    if options.accounts is not None and not options.organization:
        access = Access(role, options.external_id, profile=options.profile)
        return of_file(options.accounts, access), ()
    from preflight.account.facts import Known
    from preflight.account.live.account import LiveAccount
    from preflight.account.live.clients import Connection
    from preflight.account.organization import read_organization
    from preflight.audit.task import ATTEMPTS

    connection = Connection(
        options.profile,
        next(iter(options.regions), None),
        options.endpoint_url,
        retry_mode="adaptive",
        attempts=ATTEMPTS,
    )
    live = LiveAccount.open(connection, rereads=0)
    try:
        home = live.account_id()
        organization = read_organization(live)
        access = Access(
            role,
            options.external_id,
            home=home.value if isinstance(home, Known) else "",
            profile=options.profile,
        )
    finally:
        live.close()
    targets, left_out = of_organization(organization, access, include=options.include, exclude=options.exclude)
    if not targets:
        raise UsageError(f"no account of organization {organization.id} is left to audit; see --include and --exclude")
    return targets, left_out


def _engine(options: Options) -> Running:
    if options.engine is Engine.DASK:
        from preflight.audit.engine_dask import on_dask

        return partial(on_dask, scheduler=options.scheduler or "")
    from preflight.audit.engine_threads import on_threads

    return partial(on_threads, threads=options.threads)


def _show(many: Many, ledger: Ledger, options: Options) -> None:
    from preflight.audit.ledger import ACCOUNTS
    from preflight.report import audit_many as report

    documents = (ledger.document(row) for row in many.done)
    match options.format:
        case "json":
            deliver(report.rendered(many), options.output)
        case "text":
            view = viewed(options.output, options.color, quiet=options.quiet, verbose=options.verbose)
            deliver(report.as_text(many, view, str(ledger.folder / ACCOUNTS)), options.output)
        case "parquet":
            from preflight.report.audit_rows import write_parquet

            with streaming(options.output) as stream:
                write_parquet(documents, stream)
        case "sarif":
            view = viewed(options.output, options.color, quiet=options.quiet, verbose=options.verbose)
            deliver(report.as_sarif(many, documents, view), options.output)
        case "html":
            _pages(many, ledger, options)
        case _:
            with streaming(options.output) as stream:
                for text in _texts(documents, options.format):
                    stream.write(text.encode())


def _pages(many: Many, ledger: Ledger, options: Options) -> None:
    """Write a page for each account beside its document, and the one that links to them to where it was asked for."""
    from preflight.documents.text.atomic_write import replace_file
    from preflight.report.audit_html import page

    rows = []
    beside = Path(options.output).resolve().parent if options.output is not None else ledger.folder.resolve()
    for row in many.done:
        target = (ledger.folder / row["file"]).resolve().with_name(f"{row['account']}.html")
        try:
            replace_file(target, page([ledger.document(row)]).encode())
        except OSError as error:
            raise UsageError(f"{target} cannot be written ({error.strerror}); make room, and run it again") from None
        href = quote(os.path.relpath(target, beside).replace(os.sep, "/"))
        rows.append({**row, "status": "done", "reason": "", "href": href})
    rows += [{**each, "account": each["key"], "status": "failed", "href": "", "counts": {}} for each in many.failed]
    rows += [
        {"account": each.key, "name": each.name, "status": "left out", "reason": each.reason, "href": "", "counts": {}}
        for each in many.left_out
    ]
    deliver(page([], accounts=rows), options.output)


def _texts(documents: Iterable[Mapping[str, Any]], format_: str) -> Iterator[str]:
    if format_ == "csv":
        from preflight.report.audit_rows import as_csv

        return as_csv(documents)
    from preflight.report.audit_rows import as_jsonl

    return as_jsonl(documents)


@contextmanager
def _shown(accounts: int, *, wanted: bool) -> Iterator[Progress | None]:
    """Show how far it is, where somebody looks on."""
    if not wanted or not looked_on():
        yield None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from preflight.report.terminal import clean

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("accounts, {task.fields[failed]} not audited, {task.description}"),
        TimeRemainingColumn(),
    )
    failed = 0
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=accounts, failed=0)

        def told(row: Mapping[str, Any]) -> None:
            nonlocal failed
            failed += row["status"] == "failed"
            bar.update(task, advance=1, failed=failed, description=escape(clean(f"{row['key']} {row['name']}".strip())))

        yield told
