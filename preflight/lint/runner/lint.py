"""Linting everything that was given: one report, with what could not be read and what held no policy beside it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from preflight.documents.config import Config
from preflight.documents.policies.files import FoundFile, files_in
from preflight.documents.policies.found_policy import PolicyDocumentType
from preflight.engine.result import NO_POLICY, Examined, Level, Report, Result, Skipped, Verdict
from preflight.engine.rule import load_file
from preflight.engine.rule_headers import Head
from preflight.errors import InputError
from preflight.lint.runner.baseline import Baseline, BaselineEntry, named_from
from preflight.lint.runner.one_file import Fix, FixMode, LintedFile, Settings
from preflight.lint.runner.parallel import lint_files
from preflight.lint.runner.suppressions import about_entries

_PATTERN = frozenset("*?")
# Of fewer files, reading what is kept takes as long as it saves.
_WORTH_CACHING = 100
SECURITY = "security"


class LintRun(NamedTuple):
    """What a lint gave. `sources` are the texts of the files that results are about, by path; `errors` say in one line
    each what could not be linted; `without` are the files that were named and hold no policy; `policies` is how many
    were linted. Where a baseline was given, `entries` are all findings as it has them, `known` how many were taken off
    by it, and `stale` how many of its own are not there any more. `fixes` is what was mended, in memory.
    """

    report: Report
    sources: dict[str, str]
    errors: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    policies: int = 0
    entries: tuple[BaselineEntry, ...] = ()
    known: int = 0
    stale: int = 0
    fixes: tuple[Fix, ...] = ()


def lint_paths(
    paths: Sequence[str],
    rules: Sequence[Head],
    *,
    config: Config | None = None,
    type_: PolicyDocumentType | None = None,
    baseline: Baseline | None = None,
    baseline_folder: str = ".",
    today: date | None = None,
    named: bool = True,
    fix: FixMode | None = None,
    cached: bool = False,
    jobs: int | None = None,
    strict: bool = False,
) -> LintRun:
    """Lint files, directories and stdin (`-`) with rules of `lint_rules`. Without `named`, files that are given are
    passed by where they are no policies, as those in directories are. `fix` is as `Settings` has it; no file is
    written here. `cached`: of many files, those that are as they were when they were last linted are not linted again.
    `jobs` is how many processes lint many files at most, one for each core where it is None. With `strict`, warnings of
    the category security are errors.

    Raises `PreflightError` where a rule names a check that is not there.
    """
    settings = Settings(tuple(rules), config or Config(), today or date.today(), type_, baseline is not None, fix)
    excluded: list[str] = []
    files, unreadable = files_in(paths, lambda path: _excluded(path, settings.config, excluded), named=named)
    each_file = sorted(_linted(files, settings, cached=cached, jobs=jobs), key=lambda each: each.file.path)
    results: list[Result] = []
    entries: list[BaselineEntry] = []
    known = 0
    seen: set[str] = set()
    for linted in each_file:
        file = named_from(baseline_folder, linted.file.path)
        seen.add(file)
        for kept in linted.kept:
            if baseline is not None:
                entries.append(BaselineEntry(file, kept.result.rule, kept.fingerprint, kept.result.message))
                if baseline.has(entries[-1]):
                    known += 1
                    continue
            results.append(kept.result)
    results += _about_suppressions(each_file, settings)
    running = {rule.id for rule in rules}
    if strict:
        security = {rule.id for rule in rules if load_file(rule.path).category == SECURITY}
        results = [_strictly(each) if each.rule in security else each for each in results]
    return LintRun(
        Report(
            Verdict.FINDINGS if results else Verdict.CLEAN,
            tuple(results),
            examined=_examined(each_file, unreadable, excluded, settings.config.path),
        ),
        {each.file.path: each.text for each in each_file if each.text},
        (*(str(error) for error in unreadable), *(each.error for each in each_file if each.error)),
        tuple(each.file.path for each in each_file if each.file.named and not each.policies and not each.error),
        sum(each.policies for each in each_file),
        tuple(entries),
        known,
        baseline.stale(seen, running, baseline_folder) if baseline is not None else 0,
        tuple(each.fix for each in each_file if each.fix is not None),
    )


def _strictly(result: Result) -> Result:
    return replace(result, level=Level.ERROR) if result.level is Level.WARNING else result


def _excluded(path: str, config: Config, into: list[str]) -> bool:
    is_excluded = config.excluded(path)
    if is_excluded:
        into.append(path)
    return is_excluded


def _examined(
    files: Sequence[LintedFile], unreadable: Sequence[InputError], excluded: Sequence[str], settings: str
) -> Examined:
    skipped = [Skipped(error.path, error.problem) for error in unreadable]
    skipped += [Skipped(path, f"excluded by {settings}") for path in excluded]
    skipped += [
        Skipped(each.file.path, each.skipped or NO_POLICY)
        for each in files
        if not each.policies and not each.passed_over
    ]
    skipped += [Skipped(each.file.path, reason, partly=True) for each in files for reason in each.passed_over]
    with_policies = [each.policies for each in files if each.policies]
    return Examined(len(with_policies), sum(with_policies), tuple(sorted(skipped, key=lambda each: each.path)))


def _linted(files: Sequence[FoundFile], settings: Settings, *, cached: bool, jobs: int | None) -> list[LintedFile]:
    if not cached or len(files) < _WORTH_CACHING:
        return list(lint_files(files, settings, jobs))
    from preflight.lint.runner.cache import Cache

    cache = Cache.of(settings)
    if cache is None:
        return list(lint_files(files, settings, jobs))
    known = {each.file: each for each in map(cache.known, files) if each is not None}
    new = list(lint_files([each for each in files if each not in known], settings, jobs))
    for each in new:
        cache.add(each)
    cache.save()
    return [*known.values(), *new]


def _about_suppressions(files: Sequence[LintedFile], settings: Settings) -> list[Result]:
    config = settings.config
    if not config.suppressions:
        return []
    return list(
        about_entries(
            config.suppressions,
            config.path,
            looked_at={number for each in files for number in each.looked_at if each.policies},
            used={number for each in files for number in each.used},
            gone={number for number, each in enumerate(config.suppressions) if _gone(each.file, config.folder)},
            running={rule.id for rule in settings.rules},
            today=settings.today,
        )
    )


def _gone(file: str, folder: str) -> bool:
    """Say whether a suppression names one file, which is not there."""
    if _PATTERN & set(file) or "/" not in file:
        return False
    return not os.path.exists(os.path.join(folder, file))  # noqa: PTH110, PTH118
