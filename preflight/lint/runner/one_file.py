"""Linting one file: every policy in it under the rules that run on it, less what is suppressed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date
from typing import Literal, NamedTuple, TypeAlias

from preflight.documents.config import Config, PathSettings
from preflight.documents.policies.files import HCL, FoundFile, may_hold_policy
from preflight.documents.policies.find import read_all, read_policies, yaml_documents
from preflight.documents.policies.found_policy import FoundPolicy, PolicyDocumentType
from preflight.documents.text.document import Document
from preflight.documents.text.load import decode, load_text, read_bytes
from preflight.engine.result import Result
from preflight.engine.rule_headers import Head
from preflight.errors import InputError, PreflightError
from preflight.lint.runner.baseline import fingerprint
from preflight.lint.runner.one_policy import Linter, PolicyFinding
from preflight.lint.runner.suppressions import UNFIT, UNUSED, Suppressions, comments_in

FixMode: TypeAlias = Literal["show", "write"]


class Settings(NamedTuple):
    """What a run lints with. `type` is that of bare policies, None to tell it from the settings or their elements.
    `fingerprints`: findings are to be known again by a baseline. With `fix`, what can be mended is: to `show` it beside
    what is found as it stands, or to `write` it, and then what remains is what is found.
    """

    rules: tuple[Head, ...]
    config: Config
    today: date
    type: PolicyDocumentType | None = None
    fingerprints: bool = False
    fix: FixMode | None = None


class Fix(NamedTuple):
    """What was mended in one file: its text `before` and `after`, the rules of what was mended, and in one line each
    what was not though it is known how, and why. `top` is the directory that was named, if the file was found in one.
    """

    path: str
    before: str
    after: str
    rules: tuple[str, ...]
    left: tuple[str, ...]
    top: str = ""


class CountedFinding(NamedTuple):
    """A finding that counts, as a result, with what a baseline knows it by."""

    result: Result
    fingerprint: str


class LintedFile(NamedTuple):
    """What one file gave. `policies` is how many were in it, `text` its text where there is something to show of it.

    `error` says in one line why it could not be linted. `looked_at` and `used` are the numbers of the settings'
    suppressions that are about the file, and of those that suppressed something. `skipped` says why a file without
    policies was not linted, where that is not just that it has none, and `passed_over` what of a file could not be.
    """

    file: FoundFile
    kept: tuple[CountedFinding, ...] = ()
    policies: int = 0
    text: str = ""
    error: str = ""
    looked_at: frozenset[int] = frozenset()
    used: frozenset[int] = frozenset()
    fix: Fix | None = None
    skipped: str = ""
    passed_over: tuple[str, ...] = ()


class Files:
    """Lints files one by one with the same rules."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._linter = Linter(settings.rules)
        self._running: dict[tuple[tuple[str, ...], tuple[str, ...]], frozenset[str]] = {}

    def lint(self, file: FoundFile) -> LintedFile:
        """Lint one file. What keeps it from being linted is its `error`; nothing is raised."""
        try:
            data = read_bytes(file.path)
            if not file.named and not may_hold_policy(data, file.path):
                return LintedFile(file, skipped=_unlike_its_name(data, file.path))
            return self._lint(file, decode(data, file.path))
        except PreflightError as error:
            return LintedFile(file, error=str(error), skipped=getattr(error, "problem", str(error)))

    def lint_text(self, file: FoundFile, text: str) -> LintedFile:
        """Lint a text as that of a file, whatever the file holds. Nothing is raised, as with `lint`."""
        try:
            return self._lint(file, text)
        except PreflightError as error:
            return LintedFile(file, error=str(error), skipped=getattr(error, "problem", str(error)))

    def mended(self, file: FoundFile, text: str, only: Callable[[Result], bool]) -> Fix | None:
        """Return what mending the findings that are meant makes of a text, None where there is nothing to mend. Raises
        `InputError` for a text that cannot be read.
        """
        named = self._settings.config.named(file.path)
        return (
            None
            if _is_unmendable(file, text)
            else self._fix(file, text, named, self._settings.config.settings_for(named), only)
        )

    def _lint(self, file: FoundFile, text: str) -> LintedFile:
        settings = self._settings
        named = settings.config.named(file.path)
        own = settings.config.settings_for(named)
        passed_over: tuple[str, ...] = ()
        try:
            if file.path.endswith(HCL):
                from preflight.documents.hcl.policies import policies_of

                policies, passed_over, _ = policies_of(text, file.path, settings.type or own.type, file.top)
            else:
                policies, passed_over, _ = read_all(text, file.path, settings.type or own.type, settings.config.forms)
        except InputError as error:
            return LintedFile(file, error=str(error) if file.named else "", skipped=error.problem)
        fix = (
            self._fix(file, text, named, own) if settings.fix and policies and not _is_unmendable(file, text) else None
        )
        if fix is not None and settings.fix == "write" and fix.after != text:
            text = fix.after
            policies = read_policies(text, file.path, settings.type or own.type, settings.config.forms)
        found = [each for policy in policies for each in self._linter.findings(policy)]
        kept, suppressions = self._kept(found, named, self._rules_of(own), policies, text)
        shown = text if kept else ""
        looked_at = frozenset(
            number for number, each in enumerate(settings.config.suppressions) if _is_about(each.file, named)
        )
        return LintedFile(
            file,
            tuple(kept),
            len(policies),
            shown,
            "",
            looked_at,
            frozenset(suppressions.used),
            fix,
            passed_over=passed_over,
        )

    def _fix(
        self, file: FoundFile, text: str, named: str, own: PathSettings, only: Callable[[Result], bool] = lambda _: True
    ) -> Fix | None:
        """Mend what runs on the file, is meant and is not suppressed; None where there is nothing to hand on."""
        from preflight.lint.runner.fix import mend

        ids, type_, forms = self._rules_of(own), self._settings.type or own.type, self._settings.config.forms

        def find(policies: Sequence[FoundPolicy], text: str) -> list[PolicyFinding]:
            found = [each for policy in policies for each in self._linter.findings(policy) if each.finding.edits]
            suppressions = self._suppressions(named, policies, text)
            meant = [(each, each.result()) for each in found if each.head.id in ids]
            return [each for each, result in meant if only(result) and not suppressions.cover(each, result)]

        pinned = self._suppressions(named, (), "")
        mended = mend(text, lambda text: read_policies(text, file.path, type_, forms), find, pinned.pinned)
        if mended.text == text and not mended.left and file.path != "-":
            return None
        return Fix(file.path, text, mended.text, mended.rules, tuple(each.line for each in mended.left), file.top)

    def _suppressions(self, named: str, policies: Sequence[FoundPolicy], text: str) -> Suppressions:
        settings = self._settings
        has_comments = bool(policies) and policies[0].document.syntax in ("yaml", "hcl")
        comments = comments_in(text, settings.today) if has_comments else []
        return Suppressions(settings.config.suppressions, named, comments, settings.today)

    def _rules_of(self, own: PathSettings) -> frozenset[str]:
        """Return the ids of the rules that run on files with these settings."""
        key = own.select, own.ignore
        if key not in self._running:
            self._running[key] = frozenset(rule.id for rule in self._settings.rules if _runs(rule.id, own))
        return self._running[key]

    def _kept(
        self,
        found: Sequence[PolicyFinding],
        named: str,
        ids: frozenset[str],
        policies: Sequence[FoundPolicy],
        text: str,
    ) -> tuple[list[CountedFinding], Suppressions]:
        document: Document | None = policies[0].document if policies else None
        suppressions = self._suppressions(named, policies, text)
        kept = []
        told = set()
        for each in found:
            if each.head.id in ids:
                result = each.result()
                # The branches of a template's conditions share what is in neither; a value given to a module may be
                # in several of its policies.
                where = result.location
                at = where if where is None or where.line is None else (where.line, where.column)
                what = result.rule, at, result.message
                if not suppressions.cover(each, result) and what not in told:
                    told.add(what)
                    kept.append(CountedFinding(result, fingerprint(each) if self._settings.fingerprints else ""))
        if document is not None:
            kept += [
                CountedFinding(each, f"{each.rule}:{each.message}") for each in suppressions.results(document.path, ids)
            ]
        return sorted(kept, key=_place), suppressions


def _is_unmendable(file: FoundFile, text: str) -> bool:
    return file.path.endswith(HCL) or file.path.lower().endswith(".gz") or bool(yaml_documents(text, file.path))


def _unlike_its_name(data: bytes, path: str) -> str:
    """Return what keeps a file that holds no policy from being the JSON that its name says it is; else nothing."""
    if not path.endswith(".json"):
        return ""
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        try:
            load_text(decode(data, path), path, [])
        except InputError as error:
            return error.problem
    return ""


def _runs(rule: str, own: PathSettings) -> bool:
    if own.select and rule not in (UNUSED, UNFIT) and not rule.startswith(_upper(own.select)):
        return False
    return not rule.startswith(_upper(own.ignore))


def _upper(given: Sequence[str]) -> tuple[str, ...]:
    return tuple(each.upper() for each in given)


def _is_about(pattern: str, named: str) -> bool:
    from preflight.documents.text.globs import matches

    return matches(pattern, named)


def _place(kept: CountedFinding) -> tuple[int, int, str, str]:
    where = kept.result.location
    line, column = (where.line or 0, where.column or 0) if where is not None else (0, 0)
    return line, column, kept.result.rule, kept.result.message
