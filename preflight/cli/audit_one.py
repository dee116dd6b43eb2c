"""`preflight audit` of one account: its report, or the answer to a question."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from preflight.cli.audit_options import Options
from preflight.cli.output import deliver, streaming, viewed
from preflight.cli.reading_progress import reading
from preflight.engine.result import Verdict
from preflight.errors import UsageError

if TYPE_CHECKING:
    from preflight.audit.check import Audit
    from preflight.audit.questions import Answer
    from preflight.audit.scene import Scene
    from preflight.documents.text.document import Document
    from preflight.report.view import View

FAILED, OPEN = 1, 3


def run(options: Options) -> int:
    """Audit the account or answer the question; return the exit code."""
    if options.format == "parquet":
        from preflight.report.audit_rows import require_parquet

        require_parquet()
    document = _facts(options)
    if options.question:
        _answer(document, options)
        return 0
    from preflight.audit.check import audit
    from preflight.audit.settings import audit_settings
    from preflight.documents.config import find_config

    found = audit(
        document,
        regions=options.regions,
        settings=audit_settings(find_config([document.path]).audit),
        select=options.select,
        ignore=options.ignore,
        fail_on=options.fail_on,
    )
    _show(found, options)
    if found.report.verdict is Verdict.FINDINGS:
        return FAILED
    return OPEN if found.report.counts()["open"] and not options.allow_open else 0


def _facts(options: Options) -> Document:
    """Return the account's snapshot: that of a file, or one that is collected now."""
    if options.snapshot is not None:
        from preflight.documents.text.load import load

        return load(options.snapshot)
    from preflight.account.live.account import LiveAccount
    from preflight.account.live.clients import Connection
    from preflight.audit.collecting import collect, enabled_regions
    from preflight.documents.text.document import Document

    regions: Sequence[str] = options.regions
    connection = Connection(
        options.profile, next(iter(regions), None), options.endpoint_url, retry_mode="adaptive", attempts=8
    )
    live = LiveAccount.open(connection, rereads=0)
    try:
        with reading(wanted=not options.quiet) as progress:
            return Document(live.source, collect(live, regions=regions or enabled_regions(live), progress=progress))
    finally:
        live.close()


def _answer(document: Document, options: Options) -> None:
    from preflight.audit.scene import scene_of

    scene = scene_of(document, options.regions)
    if options.since is not None:
        from preflight.documents.text.load import load

        _tell_changes(scene_of(load(options.since), options.regions), scene, options)
        return
    from preflight.audit.questions import can, who_can

    asked = (
        who_can(scene, options.who_can, options.on) if options.who_can is not None else can(scene, options.can or "")
    )
    _tell_answers(list(asked), scene, options)


def _show(found: Audit, options: Options) -> None:
    if options.format == "parquet":
        from preflight.report.audit import plain
        from preflight.report.audit_rows import write_parquet

        with streaming(options.output) as stream:
            write_parquet([plain(found)], stream)
        return
    if options.format == "json":
        from preflight.report.audit import streamed

        with streaming(options.output) as stream:
            for text in streamed(found):
                stream.write(text.encode())
        return
    view = viewed(options.output, options.color, quiet=options.quiet, verbose=options.verbose)
    deliver(_rendered(found, options.format, view), options.output)


def _rendered(found: Audit, format_: str, view: View) -> str:
    from preflight.report import audit as report
    from preflight.report.formats import rendered

    if format_ == "csv":
        from preflight.report.audit_rows import as_csv

        return "".join(as_csv([report.plain(found)]))
    if format_ == "html":
        from preflight.report.audit_html import page

        return page([report.plain(found)])
    if format_ != "text":
        return rendered(found.report, format_, view)
    from preflight.report.terminal import wrapped
    from preflight.report.text import render_checklist

    lines = [line for each in report.overview(found) for line in wrapped(each, "", "  ", max(view.width, 40))]
    return "\n".join(lines) + "\n\n" + render_checklist(found.report, view)


def _tell_answers(answers: list[Answer], scene: Scene, options: Options) -> None:
    from preflight.report.audit import answers_as_data, answers_as_text
    from preflight.report.json import dumped

    if options.format == "json":
        deliver(dumped(answers_as_data(answers), indent=2), options.output)
    elif options.format == "jsonl":
        deliver("".join(dumped(each) for each in answers_as_data(answers)), options.output)
    else:
        lines = list(answers_as_text(answers)) or ["Nobody and nothing, as far as is known."]
        deliver("\n".join(lines) + "\n", options.output)
    for unknown in scene.holders.unknown:
        print(f"preflight: not known, and so not among the answers: {unknown.reason}", file=sys.stderr)


def _tell_changes(before: Scene, now: Scene, options: Options) -> None:
    from preflight.audit.since import changes
    from preflight.report.audit import changes_as_data, changes_as_text
    from preflight.report.json import dumped

    if before.account_id != now.account_id:
        raise UsageError(f"--since is of account {before.account_id}, and --snapshot of {now.account_id}")
    found = list(changes(before, now))
    if options.format == "json":
        deliver(dumped(changes_as_data(found), indent=2), options.output)
    elif options.format == "jsonl":
        deliver("".join(dumped(each) for each in changes_as_data(found)), options.output)
    else:
        deliver("\n".join(changes_as_text(found)) + "\n", options.output)
