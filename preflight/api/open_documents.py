"""Texts that are being written, as an editor has them: linted, mended and held to the API's model, unsaved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from preflight.engine.result import Kind, Result
from preflight.errors import PreflightError

if TYPE_CHECKING:
    from preflight.documents.plans.plan import Plan
    from preflight.documents.policies.files import FoundFile
    from preflight.lint.runner.one_file import Files

_OF_THE_REQUEST = ("PRE301", "PRE303", "PRE304")
"""The rules that judge a request by itself, without an account's facts."""
_NO_ACCOUNT, _NO_REGION = "000000000000", "us-east-1"


@dataclass(frozen=True, slots=True)
class LintedText:
    """What is wrong with a text: `results`, of `policies` that it holds. `error` says in one line why it could not be
    linted, `skipped` what of it was not, and why.
    """

    results: tuple[Result, ...] = ()
    policies: int = 0
    error: str = ""
    skipped: tuple[str, ...] = ()


def lint_text(text: str, path: str) -> LintedText:
    """Lint a text as that of the file at a path, with the settings that apply there. Raises `InputError` for settings
    that cannot be used.
    """
    files, file = _files(path)
    done = files.lint_text(file, text)
    if done.error:
        return LintedText(error=done.error)
    skipped = done.passed_over or ((done.skipped,) if done.skipped else ())
    return LintedText(tuple(each.result for each in done.kept), done.policies, skipped=skipped)


def mended_text(text: str, path: str, only: Callable[[Result], bool] = lambda _: True) -> str:
    """Return a text with the findings mended that can be, and that `only` says; each fix is shown to grant the same.
    Raises what reading the text raises.
    """
    files, file = _files(path)
    fix = files.mended(file, text, only)
    return text if fix is None else fix.after


def request_results(text: str, path: str, *, region: str | None = None) -> tuple[Result, ...]:
    """Return what is wrong with the requests in a text by themselves: what the API's model, its documentation and the
    forms of names refuse. Nothing for a text that is no request, plan or template of AWS's.
    """
    from preflight.documents.plans.plan import Given
    from preflight.documents.plans.requests import plan_of
    from preflight.documents.text.load import load_text
    from preflight.readiness.check import check
    from preflight.readiness.least_privilege import NoFacts

    try:
        document = load_text(text, path, short_forms=True)
        plan = _placed(plan_of([document], None, Given(region or _NO_REGION, None)))
        found = check(plan, NoFacts(plan), select=_OF_THE_REQUEST).results
    except PreflightError:
        return ()
    return tuple(each for each in found if each.kind is Kind.FAIL and each.location is not None)


def _placed(plan: Plan) -> Plan:
    from dataclasses import replace

    return replace(plan, account=plan.account or _NO_ACCOUNT, region=plan.region or _NO_REGION)


def _files(path: str) -> tuple[Files, FoundFile]:
    from pathlib import Path

    from preflight.documents.config import find_config
    from preflight.documents.policies.files import FoundFile
    from preflight.lint.runner.custom_rules import added_rules
    from preflight.lint.runner.one_file import Files, Settings
    from preflight.lint.runner.selection import lint_rules

    config = find_config([path])
    rules = lint_rules(config.select, config.ignore, added_rules(config.rules))
    return Files(Settings(tuple(rules), config, date.today())), FoundFile(path, named=True, top=str(Path(path).parent))
