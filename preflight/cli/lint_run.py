"""What `preflight lint` does, once its options are known: lint, print the report, and say how it ends."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from preflight.cli.output import Color, deliver, format_named, require_writable, viewed
from preflight.engine.result import Level, Report, Verdict, failed
from preflight.errors import UsageError

if TYPE_CHECKING:
    from preflight.documents.config import Config
    from preflight.documents.policies.found_policy import PolicyType
    from preflight.engine.rule_headers import Head
    from preflight.lint.runner.lint import LintRun
    from preflight.lint.runner.one_file import FixMode

FAILED, UNUSABLE, INTERRUPTED = 1, 2, 130


class Options(NamedTuple):
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


def lint(options: Options) -> int:
    """Lint, print the report, and return the exit code. Raises `PreflightError` where nothing can be linted."""
    given = options
    format_ = format_named(given.format)
    require_writable(given.output)
    require_writable(given.write_baseline, "--write-baseline")
    require_writable(given.summary, "--summary")
    if list(given.paths).count("-") > 1:
        raise UsageError("- stands for stdin, which can be read only once")
    if given.changed_only is not None:
        from preflight.cli.changed import changed_of, nothing_changed

        paths = changed_of(given.paths, given.changed_only)
        if not paths:
            _say(nothing_changed(given.changed_only))
            _write_summary(Report(Verdict.CLEAN, ()), 0, given)
            return 0
    from preflight.documents.config import find_config

    config = find_config(given.paths)
    if given.changed_only is not None:
        # What changed beside the policies is passed by, as it is in a directory.
        given = given._replace(paths=[each for each in paths if _may_hold_policies(each, given.paths)], allow_none=True)
    added = _added([*config.rules, *given.rules])
    heads = _heads(given.select or config.select, given.ignore or config.ignore, added)
    known = None if given.write_baseline is not None else given.baseline or config.baseline
    try:
        done = _lint(heads, config, given, known)
    except KeyboardInterrupt:
        print("preflight: interrupted; a lint only reads, so nothing has changed", file=sys.stderr)
        return INTERRUPTED
    _require_policies(done, allow_none=given.allow_none)
    if given.fix is not None:
        done = _mended(done, given)
    if given.write_baseline is not None:
        _write_baseline(done, given.write_baseline)
    elif done.policies or done.report.results or not done.errors:
        # Where nothing could be read there is nothing to report on, least of all that it is clean.
        _report(_rendered(done, added, format_, given), given)
        _tell(done, known, given)
    for error in done.errors:
        _say(error)
    threshold = given.fail_on or (Level(config.fail_on) if config.fail_on else Level.ERROR)
    counts = given.write_baseline is None and not given.exit_zero
    code = UNUSABLE if done.errors else FAILED if counts and failed(done.report.results, threshold) else 0
    _write_summary(done.report, code, given)
    return code


def _may_hold_policies(path: str, given: Sequence[str]) -> bool:
    """Say whether a changed file is one that is read: named by itself, or of a directory's kinds of files."""
    from preflight.documents.policies.files import SUFFIXES

    return path in given or path.endswith(SUFFIXES)


def _write_summary(report: Report, code: int, options: Options) -> None:
    if options.summary is not None:
        from preflight.report.gate import summary

        deliver(summary(report, code), options.summary, "--summary")


def _heads(select: Sequence[str], ignore: Sequence[str], added: Sequence[Head]) -> list[Head]:
    from preflight.lint.runner.selection import lint_rules

    return lint_rules(select, ignore, added)


def _added(folders: Sequence[str]) -> list[Head]:
    from preflight.lint.runner.custom_rules import added_rules

    return added_rules(folders)


def _lint(heads: Sequence[Head], config: Config, options: Options, known: str | None) -> LintRun:
    from preflight.lint.runner.lint import lint as lint_paths

    file = options.write_baseline or known
    if file is None:
        return lint_paths(
            options.paths,
            heads,
            config=config,
            type_=options.type,
            named=not options.allow_none,
            fix=options.fix,
            cached=options.cache,
        )
    from preflight.lint.runner.baseline import Baseline, read_baseline

    baseline = read_baseline(known) if known is not None else Baseline(())
    folder = str(Path(file).absolute().parent)
    return lint_paths(
        options.paths,
        heads,
        config=config,
        type_=options.type,
        baseline=baseline,
        baseline_folder=folder,
        named=not options.allow_none,
        fix=options.fix,
    )


def _write_baseline(done: LintRun, file: str) -> None:
    from preflight.lint.runner.baseline import baseline_text

    deliver(baseline_text(done.entries), file, "--write-baseline")
    _say(f"{file}: {_findings(len(done.entries))} known from now on with --baseline {file}")


def _mended(done: LintRun, options: Options) -> LintRun:
    """Write what was mended, or show it, and say what was; what could not be written is an error of the run."""
    from preflight.cli.lint_fix import diff_of, told, write_fixes

    if options.fix == "show":
        deliver(diff_of(done.fixes), None)
    errors = tuple(write_fixes(done.fixes)) if options.fix == "write" else ()
    if not options.quiet:
        for line in told(done.fixes, written=options.fix == "write"):
            _say(line)
    return done._replace(errors=(*done.errors, *errors))


def _report(text: str, options: Options) -> None:
    """Print the report; on stderr where stdout is for the diff, or for the document that came from stdin."""
    if options.output is None and (options.fix == "show" or (options.fix is not None and "-" in options.paths)):
        print(text, end="", file=sys.stderr)
    else:
        deliver(text, options.output)


def _findings(count: int) -> str:
    return "1 finding is" if count == 1 else f"{count} findings are"


def _require_policies(done: LintRun, *, allow_none: bool) -> None:
    """Raise `UsageError` where there was nothing to lint: that is no clean result."""
    if done.policies or done.errors or allow_none:
        return
    if done.without:
        raise UsageError(f"{done.without[0]} holds no policy{_more(done.without)}; name a file that does")
    raise UsageError("there is no policy in what was given; name a file or directory with one, or add --allow-none")


def _tell(done: LintRun, known: str | None, options: Options) -> None:
    """Say on stderr what the report does not."""
    if done.without and not options.allow_none:
        _say(f"{done.without[0]} holds no policy{_more(done.without)}: passed over")
    if done.stale:
        _say(f"{known}: {_findings(done.stale)} not there any more; write it anew with --write-baseline {known}")
    if options.output is not None and not options.quiet:
        from preflight.report.counting import summary

        _say(f"{summary(done.report)} (in {options.output})")


def _more(paths: Sequence[str]) -> str:
    return f", nor do {len(paths) - 1} more" if len(paths) > 1 else ""


def _say(line: str) -> None:
    from preflight.report.terminal import clean

    print(f"preflight: {' '.join(clean(line).split())}", file=sys.stderr)


def _rendered(done: LintRun, added: Sequence[Head], format_: str, options: Options) -> str:
    from preflight.engine.rule import load_file
    from preflight.report.formats import rendered

    reported = {result.rule for result in done.report.results}
    view = viewed(options.output, options.color, quiet=options.quiet, verbose=False, sources=done.sources)
    rules = {head.id: load_file(head.path) for head in added if head.id in reported}
    return rendered(done.report, format_, replace(view, rules=rules) if rules else view)


def listed(given: Iterable[str] | None) -> tuple[str, ...]:
    """Return the entries of an option that may be given again and may hold several, with commas between them."""
    return tuple(part for each in given or () for piece in each.split(",") if (part := piece.strip()))
