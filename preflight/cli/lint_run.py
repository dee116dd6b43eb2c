"""What `preflight lint` does, once its options are known: lint, print the report, and say how it ends."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from preflight.api import Level
from preflight.api import lint as lint_policies
from preflight.cli.output import Color, deliver, format_named, require_writable, viewed

if TYPE_CHECKING:
    from preflight.api import FixMode, Linted, PolicyType, Report

FAILED, UNUSABLE, INTERRUPTED = 1, 2, 130


class LintOptions(NamedTuple):
    """The options of `preflight lint`. What is None or empty is taken from the settings, or is the default."""

    paths: Sequence[str]
    type: PolicyType | None = None
    format: str | None = None
    output: str | None = None
    select: Sequence[str] = ()
    ignore: Sequence[str] = ()
    fail_on: Level | None = None
    rules: Sequence[str] = ()
    baseline: str | None = None
    write_baseline: str | None = None
    fix: FixMode | None = None
    changed_only: str | None = None
    summary: str | None = None
    exit_zero: bool = False
    allow_none: bool = False
    quiet: bool = False
    color: Color = Color.AUTO
    cache: bool = True
    jobs: int | None = None
    strict: bool = False


def run_lint(options: LintOptions) -> int:
    """Lint, print the report, and return the exit code. Raises `PreflightError` where nothing can be linted."""
    given = options
    format_ = format_named(given.format)
    require_writable(given.output)
    require_writable(given.write_baseline, "--write-baseline")
    require_writable(given.summary, "--summary")
    try:
        done = lint_policies(
            *given.paths,
            type=given.type,
            select=given.select,
            ignore=given.ignore,
            fail_on=given.fail_on,
            rules=given.rules,
            baseline=given.baseline,
            write_baseline=given.write_baseline,
            fix=given.fix,
            changed_since=given.changed_only,
            allow_none=given.allow_none,
            cache=given.cache,
            jobs=given.jobs,
            strict=given.strict,
        )
    except KeyboardInterrupt:
        print("preflight: interrupted; a lint only reads, so nothing has changed", file=sys.stderr)
        return INTERRUPTED
    if done.unchanged:
        from preflight.cli.options import nothing_changed

        _say(nothing_changed(given.changed_only))
        _write_summary(done.report, 0, given)
        return 0
    if given.fix is not None:
        _tell_fixes(done, given)
    if done.written is not None:
        file = given.write_baseline
        _say(f"{file}: {_findings(done.written)} known from now on with --baseline {file}")
    elif _is_reported(done):
        _report(_rendered(done, format_, given), given)
        _tell(done, given)
    for error in done.errors:
        _say(error)
    code = UNUSABLE if done.errors else FAILED if done.failed and not given.exit_zero else 0
    _write_summary(done.report, code, given)
    return code


def _is_reported(done: Linted) -> bool:
    """Say whether there is a report: where nothing could be read there is none, least of all that it is clean."""
    examined = done.report.examined
    return bool(done.report.results or not done.errors or (examined is not None and examined.policies))


def _write_summary(report: Report, code: int, options: LintOptions) -> None:
    if options.summary is not None:
        from preflight.report.gate import summary

        deliver(summary(report, code), options.summary, "--summary")


def _tell_fixes(done: Linted, options: LintOptions) -> None:
    """Show what was mended, or would be; the text of stdin goes to stdout."""
    from preflight.report.fixes import diff_of, told

    written = options.fix == "write"
    if not written:
        deliver(diff_of(done.fixes, terminal=sys.stdout.isatty()), None)
    for fix in done.fixes if written else ():
        if fix.path == "-":
            deliver(fix.after, None)
    if not options.quiet:
        for line in told(done.fixes, written=written):
            _say(line)


def _report(text: str, options: LintOptions) -> None:
    """Print the report; on stderr where stdout is for the diff, or for the document that came from stdin."""
    if options.output is None and (options.fix == "show" or (options.fix is not None and "-" in options.paths)):
        print(text, end="", file=sys.stderr)
    else:
        deliver(text, options.output)


def _findings(count: int) -> str:
    return "1 finding is" if count == 1 else f"{count} findings are"


def _tell(done: Linted, options: LintOptions) -> None:
    """Say on stderr what the report does not."""
    if done.without:
        _say(f"{done.without[0]} contains no policy{_more(done.without)}: skipped")
    if done.stale:
        known = done.baseline
        _say(f"{known}: {_findings(done.stale)} no longer found; update it with --write-baseline {known}")
    if options.output is not None and not options.quiet:
        from preflight.report.counting import summary

        _say(f"{summary(done.report)} (in {options.output})")


def _more(paths: Sequence[str]) -> str:
    return f", nor do {len(paths) - 1} more" if len(paths) > 1 else ""


def _say(line: str) -> None:
    from preflight.report.terminal import presentable

    print(f"preflight: {' '.join(presentable(line).split())}", file=sys.stderr)


def _rendered(done: Linted, format_: str, options: LintOptions) -> str:
    from preflight.report.formats import rendered

    view = viewed(options.output, options.color, quiet=options.quiet, verbose=False, sources=done.sources)
    return rendered(done.report, format_, replace(view, rules=done.rules) if done.rules else view)
