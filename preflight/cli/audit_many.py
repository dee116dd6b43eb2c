"""`preflight audit` of many accounts: an organization, a list, or a folder of snapshots."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from preflight import api
from preflight.cli.audit_options import AuditOptions
from preflight.cli.output import deliver, looked_on, streaming, viewed
from preflight.errors import UsageError

if TYPE_CHECKING:
    from rich.progress import Progress

    from preflight.api import AuditedMany

FAILED, ERROR, OPEN = 1, 2, 3


def audit_many(options: AuditOptions) -> int:
    """Audit the accounts, show what was found in all of them, and return the exit code."""
    if options.format == "parquet":
        from preflight.report.audit_rows import require_parquet

        require_parquet()
    with _Shown(wanted=not options.quiet) as bar, _audited(options, bar) as audited:
        bar.close()
        many = audited.many
        if many.before and not options.quiet:
            some = "1 account was" if many.before == 1 else f"{many.before:,} accounts were"
            which = "all accounts were" if many.before == len(many.rows) else some
            print(f"preflight: {which} audited before, since {many.since}; --again audits them again", file=sys.stderr)
        _show(audited, options)
    if many.failed:
        return ERROR
    if many.verdict is api.Verdict.FINDINGS:
        return FAILED
    return OPEN if many.counts.get("open") and not options.allow_open else 0


def _audited(options: AuditOptions, bar: _Shown) -> AbstractContextManager[AuditedMany]:
    return api.audit_many(
        options.into or "",
        snapshots=options.snapshot,
        accounts=options.accounts,
        organization=options.organization,
        regions=options.regions,
        role_name=options.role_name,
        external_id=options.external_id,
        include=options.include,
        exclude=options.exclude,
        threads=options.threads,
        scheduler=options.scheduler,
        again=options.again,
        keep_snapshots=options.keep_snapshots,
        profile=options.profile,
        endpoint_url=options.endpoint_url,
        select=options.select,
        ignore=options.ignore,
        fail_on=options.fail_on,
        started=bar.start,
        progress=bar.tell,
    )


def _show(audited: AuditedMany, options: AuditOptions) -> None:
    from preflight.report import audit_many as report

    many, documents = audited.many, audited.documents()
    match options.format:
        case "json":
            deliver(report.rendered(many), options.output, private=True)
        case "text":
            view = viewed(options.output, options.color, quiet=options.quiet, verbose=options.verbose)
            deliver(report.as_text(many, view, str(audited.accounts)), options.output, private=True)
        case "parquet":
            from preflight.report.audit_rows import write_parquet

            with streaming(options.output, private=True) as stream:
                write_parquet(documents, stream)
        case "sarif":
            view = viewed(options.output, options.color, quiet=options.quiet, verbose=options.verbose)
            deliver(report.as_sarif(many, documents, view), options.output, private=True)
        case "html":
            _pages(audited, options)
        case _:
            with streaming(options.output, private=True) as stream:
                for text in _texts(documents, options):
                    stream.write(text.encode())


def _pages(audited: AuditedMany, options: AuditOptions) -> None:
    """Write a page for each account beside its document, and the one that links to them to where it was asked for."""
    from preflight.report.audit_html import page
    from preflight.report.audit_many import index_rows
    from preflight.report.paths import link
    from preflight.report.written import write

    pages: dict[str, str] = {}
    beside = Path(os.path.realpath(options.output)).parent if options.output is not None else audited.folder.resolve()
    for row in audited.many.done:
        target = (audited.folder / row["file"]).resolve().with_name(f"{row['account']}.html")
        try:
            write(target, page([audited.document(row)]).encode(), private=True)
        except OSError as error:
            raise UsageError(f"{target} cannot be written ({error.strerror}); make room, and run it again") from None
        pages[row["account"]] = link(str(target), str(beside))
    deliver(page([], accounts=index_rows(audited.many, pages)), options.output, private=True)


def _texts(documents: Iterable[Mapping[str, Any]], options: AuditOptions) -> Iterator[str]:
    if options.format == "csv":
        from preflight.report.audit_rows import as_csv

        return as_csv(documents, options.table)
    from preflight.report.audit_rows import as_jsonl

    return as_jsonl(documents)


class _Shown:
    """Shows how far it is, where somebody looks on."""

    def __init__(self, *, wanted: bool) -> None:
        self._wanted = wanted and looked_on()
        self._bar: Progress | None = None
        self._failed = 0

    def __enter__(self) -> _Shown:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self, accounts: int) -> None:
        """Begin to show, of so many accounts."""
        if not self._wanted:
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("accounts, {task.fields[failed]} not audited, {task.description}"),
            TimeRemainingColumn(),
        )
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._bar.start()
        self._bar.add_task("", total=accounts, failed=0)

    def tell(self, row: Mapping[str, Any]) -> None:
        """Show an account that is done."""
        if self._bar is None:
            return
        from rich.markup import escape

        from preflight.report.terminal import clean

        self._failed += row["status"] == "failed"
        name = escape(clean(f"{row['key']} {row['name']}".strip()))
        self._bar.update(self._bar.task_ids[0], advance=1, failed=self._failed, description=name)

    def close(self) -> None:
        """Leave nothing of it on the terminal."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
