"""`preflight audit` of one account: its report, or the answer to a question."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from preflight import api
from preflight.cli.audit_options import AuditOptions
from preflight.cli.output import deliver, streaming, viewed
from preflight.cli.reading_progress import reading
from preflight.report.terminal import presentable

if TYPE_CHECKING:
    from preflight.api import AccessAnswer, Audit, Change
    from preflight.report.view import View

FAILED, OPEN = 1, 3


def audit_one(options: AuditOptions) -> int:
    """Audit the account or answer the question; return the exit code."""
    if options.format == "parquet":
        from preflight.report.audit_rows import require_parquet

        require_parquet()
    with reading(wanted=not options.quiet and options.snapshot is None) as progress:
        facts: dict[str, Any] = {
            "snapshot": options.snapshot,
            "regions": options.regions,
            "profile": options.profile,
            "endpoint_url": options.endpoint_url,
            "reading": progress,
        }
        answered = _answered(options, facts)
        found = None
        if answered is None:
            found = api.audit(
                resource_policies=options.resource_policies,
                last_accessed=options.last_accessed,
                running=options.running,
                select=options.select,
                ignore=options.ignore,
                fail_on=options.fail_on,
                allow_open=options.allow_open,
                **facts,
            )
    if answered is not None:
        return answered()
    if found is None:
        return 0
    _show(found, options)
    if found.report.verdict is api.Verdict.FINDINGS:
        return FAILED
    return OPEN if found.report.verdict is api.Verdict.OPEN else 0


def _answered(options: AuditOptions, facts: Mapping[str, Any]) -> Callable[[], int] | None:
    """Return what shows the answer to the question that is asked; None where none is."""
    if options.since is not None:
        changes = api.changes_since(options.since, **facts)
        return lambda: _tell_changes(changes, options)
    if options.who_can is not None:
        who = api.who_can(options.who_can, options.on, **facts)
        return lambda: _tell_answers(who, options)
    if options.can is not None:
        what = api.can(options.can, **facts)
        return lambda: _tell_answers(what, options)
    return None


def _show(found: Audit, options: AuditOptions) -> None:
    if options.format == "parquet":
        from preflight.report.audit import plain
        from preflight.report.audit_rows import write_parquet

        with streaming(options.output, private=True) as stream:
            write_parquet([plain(found)], stream)
        return
    if options.format == "json":
        from preflight.report.audit import streamed

        with streaming(options.output, private=True) as stream:
            for text in streamed(found):
                stream.write(text.encode())
        return
    view = viewed(options.output, options.color, quiet=options.quiet, verbose=options.verbose)
    deliver(_rendered(found, options, view), options.output, private=True)


def _rendered(found: Audit, options: AuditOptions, view: View) -> str:
    from preflight.report import audit as report
    from preflight.report.formats import rendered

    format_ = options.format
    if format_ == "csv":
        from preflight.report.audit_rows import as_csv

        return "".join(as_csv([report.plain(found)], options.table))
    if format_ == "html":
        from preflight.report.audit_html import page
        from preflight.report.cited_policies import with_policies

        return page([with_policies(found)])
    if format_ != "text":
        return rendered(found.report, format_, view)
    from preflight.report.terminal import wrapped
    from preflight.report.text import render_checklist

    lines = [line for each in report.overview(found) for line in wrapped(each, "", "  ", max(view.width, 40))]
    return "\n".join(lines) + "\n\n" + render_checklist(found.report, view)


def _tell_answers(access: AccessAnswer, options: AuditOptions) -> int:
    from preflight.report.audit_answers import answers_as_csv, answers_as_data, answers_as_text, capabilities_as_text
    from preflight.report.json import dumped

    if options.format == "json":
        deliver(dumped(answers_as_data(access.answers), indent=2), options.output, private=True)
    elif options.format == "jsonl":
        deliver("".join(dumped(each) for each in answers_as_data(access.answers)), options.output, private=True)
    elif options.format == "csv":
        deliver(answers_as_csv(access.answers), options.output, private=True)
    else:
        asked = options.who_can or options.can or ""
        nothing = (
            f"No role or user can {asked}, and no policy of a resource allows it to others."
            if options.who_can
            else f"{asked} can do nothing."
        )
        if access.unknown:
            nothing = (
                f"Can't determine who can {asked}." if options.who_can else f"Can't determine what {asked} can do."
            )
        as_text = answers_as_text if options.who_can else capabilities_as_text
        lines = list(as_text(access.answers)) or [nothing]
        deliver(presentable("\n".join(lines)) + "\n", options.output, private=True)
    for reason in access.unknown:
        print(presentable(f"preflight: UNKNOWN: {reason}"), file=sys.stderr)
    return OPEN if access.is_open and not options.allow_open else 0


def _tell_changes(found: Sequence[Change], options: AuditOptions) -> int:
    from preflight.report.audit_changes import changes_as_csv, changes_as_data, changes_as_text
    from preflight.report.json import dumped

    if options.format == "json":
        deliver(dumped(changes_as_data(found), indent=2), options.output, private=True)
    elif options.format == "jsonl":
        deliver("".join(dumped(each) for each in changes_as_data(found)), options.output, private=True)
    elif options.format == "csv":
        deliver(changes_as_csv(found), options.output, private=True)
    else:
        deliver(presentable("\n".join(changes_as_text(found))) + "\n", options.output, private=True)
    if options.fail_on_new and any(each.gained for each in found):
        return FAILED
    return OPEN if any(each.is_unknown for each in found) and not options.allow_open else 0
