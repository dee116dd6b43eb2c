"""`lint`: are these policies valid, safe, and what their writer meant?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from preflight.api.facts import require_one_stdin
from preflight.engine.result import Level, Report, Verdict, failed
from preflight.errors import UsageError

if TYPE_CHECKING:
    from preflight.documents.config import Config
    from preflight.documents.policies.found_policy import PolicyDocumentType
    from preflight.engine.rule import Rule
    from preflight.engine.rule_headers import Head
    from preflight.lint.runner.lint import LintRun
    from preflight.lint.runner.one_file import Fix, FixMode


class Linted(NamedTuple):
    """What a lint gave.

    `failed` says whether a finding is at the level that counts. `errors` say in one line each what could not be linted
    or written, `without` are the files that were named and hold no policy. `fixes` is what was mended. `baseline` is
    the file whose findings did not count, `stale` how many of them are not there any more, `written` how many findings
    were written to a new baseline. `sources` are the texts that results are about, by path, `rules` the user's own
    rules among those reported. `unchanged` says that nothing was linted, since nothing has changed.
    """

    report: Report
    failed: bool = False
    errors: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    fixes: tuple[Fix, ...] = ()
    baseline: str | None = None
    stale: int = 0
    written: int | None = None
    sources: Mapping[str, str] = {}
    rules: Mapping[str, Rule] = {}
    unchanged: bool = False


def lint(
    *paths: str,
    type: PolicyDocumentType | None = None,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    fail_on: Level | None = None,
    rules: Sequence[str] = (),
    baseline: str | None = None,
    write_baseline: str | None = None,
    fix: FixMode | None = None,
    changed_since: str | None = None,
    allow_none: bool = False,
    cache: bool = False,
    jobs: int | None = None,
    strict: bool = False,
) -> Linted:
    """Lint files, directories and stdin (`-`), with the settings of `preflight.toml` for what is not given.

    `rules` are folders with rules of one's own, `baseline` a file of findings that do not count. `fix` mends what can
    be mended: to "show" it, or to "write" it to the files. `changed_since` lints what has changed since a git commit.
    `cache` takes what unchanged files gave the last time; `jobs` is how many processes work at most. With `strict`
    (or the setting), security warnings are errors. Raises `UsageError` where there is no policy, unless `allow_none`,
    and `InputError` for settings that cannot be used.
    """
    require_one_stdin(paths)
    given: Sequence[str] = paths
    if changed_since is not None:
        from preflight.api.changed import changed_of

        given = changed_of(paths, changed_since)
        if not given:
            return Linted(Report(Verdict.CLEAN, ()), unchanged=True)
    from preflight.documents.config import find_config

    config = find_config(paths)
    if changed_since is not None:
        # What changed beside the policies is passed by, as it is in a directory.
        given, allow_none = [each for each in given if _may_hold_policies(each, paths)], True
    added = _added([*config.rules, *rules])
    heads = _heads(select or config.select, ignore or config.ignore, added)
    known = None if write_baseline is not None else baseline or config.baseline
    lint_again = partial(_lint, given, heads, config, type, known, write_baseline,
                         allow_none=allow_none, cache=cache, jobs=jobs, strict=strict or config.strict)  # fmt: skip
    done = lint_again(fix=fix)
    if not (done.policies or done.errors or allow_none):
        raise UsageError(_nothing(done.without, done.report))
    unwritten = _unwritten(done.fixes) if fix == "write" else {}
    fixes = tuple(each for each in done.fixes if each.path not in unwritten)
    errors = (*done.errors, *unwritten.values())
    if unwritten and "-" not in given:
        # What they have of findings they have still.
        done = lint_again(fix=None)
    if write_baseline is not None:
        _write_baseline(done, write_baseline)
    threshold = fail_on or (Level(config.fail_on) if config.fail_on else Level.ERROR)
    return Linted(
        report=done.report,
        failed=write_baseline is None and failed(done.report.results, threshold),
        errors=errors,
        without=() if allow_none else done.without,
        fixes=fixes,
        baseline=known,
        stale=done.stale,
        written=None if write_baseline is None else len(done.entries),
        sources=done.sources,
        rules=_reported(added, done.report),
    )


def _may_hold_policies(path: str, given: Sequence[str]) -> bool:
    """Say whether a changed file is one that is read: named by itself, or of a directory's kinds of files."""
    from preflight.documents.policies.files import may_be_policies

    return path in given or may_be_policies(path)


def _heads(select: Sequence[str], ignore: Sequence[str], added: Sequence[Head]) -> list[Head]:
    from preflight.lint.runner.selection import lint_rules

    return lint_rules(select, ignore, added)


def _added(folders: Sequence[str]) -> list[Head]:
    from preflight.lint.runner.custom_rules import added_rules

    return added_rules(folders)


def _lint(
    paths: Sequence[str],
    heads: Sequence[Head],
    config: Config,
    type_: PolicyDocumentType | None,
    known: str | None,
    write_baseline: str | None,
    *,
    fix: FixMode | None,
    allow_none: bool,
    cache: bool,
    jobs: int | None,
    strict: bool,
) -> LintRun:
    from preflight.lint.runner.lint import lint_paths

    file = write_baseline or known
    if file is None:
        return lint_paths(
            paths,
            heads,
            config=config,
            type_=type_,
            named=not allow_none,
            fix=fix,
            cached=cache,
            jobs=jobs,
            strict=strict,
        )
    from preflight.lint.runner.baseline import Baseline, read_baseline

    return lint_paths(
        paths,
        heads,
        config=config,
        type_=type_,
        baseline=read_baseline(known) if known is not None else Baseline(()),
        baseline_folder=str(Path(file).absolute().parent),
        named=not allow_none,
        fix=fix,
        jobs=jobs,
        strict=strict,
    )


def _nothing(without: Sequence[str], report: Report) -> str:
    """Say that there was nothing to lint, and why: that is no clean result."""
    if not without:
        return "no policy was found; name a file or directory with one, or add --allow-none"
    more = f", nor do {len(without) - 1} more" if len(without) > 1 else ""
    skipped = report.examined.skipped if report.examined is not None else ()
    unread = [each.reason for each in skipped if each.partly and each.path == without[0]]
    if unread:
        return f"{without[0]} contains no policy that can be read{more}: {unread[0]}"
    return f"{without[0]} contains no policy{more}; name a file that does"


def _unwritten(fixes: Sequence[Fix]) -> dict[str, str]:
    """Write what was mended; returns the files that could not be written, with why."""
    from preflight.lint.runner.write_fixes import write_fixes

    return dict(write_fixes(fixes))


def _write_baseline(done: LintRun, file: str) -> None:
    from preflight.lint.runner.baseline import baseline_text
    from preflight.report.written import write

    try:
        write(file, baseline_text(done.entries).encode())
    except OSError as error:
        raise UsageError(f"--write-baseline {file} cannot be written ({error.strerror}); name another file") from None


def _reported(added: Sequence[Head], report: Report) -> dict[str, Rule]:
    if not added:
        return {}
    from preflight.engine.rule import load_file

    reported = {result.rule for result in report.results}
    return {head.id: load_file(head.path) for head in added if head.id in reported}
