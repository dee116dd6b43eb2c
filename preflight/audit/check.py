"""Auditing one account: every selected rule over it, and every lint rule over its policies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from preflight.audit.result_places import ResultPlaces
from preflight.audit.scene import Scene, scene_of
from preflight.audit.settings import AuditSettings
from preflight.audit.ways.escalation import escalation
from preflight.audit.ways.steps import Escalation
from preflight.documents.text.document import Document
from preflight.engine.result import Kind, Level, Report, Result, Verdict, failed
from preflight.engine.rule import load_rules, rule_file, rule_ids
from preflight.engine.rule_headers import head, heads
from preflight.engine.run import RuleProgress, Task, run
from preflight.engine.selection import select_rules

FAMILY = "audit"
_LINT = "lint"


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit of one account found. `access` says who may do which hosting actions, `escalation` who can become
    an administrator.
    """

    account: str
    regions: tuple[str, ...]
    report: Report
    scene: Scene = field(repr=False)

    @property
    def escalation(self) -> Escalation:
        """Who can become an administrator, and how."""
        return self.scene.once(escalation)


def audit(
    document: Document,
    *,
    regions: Sequence[str] = (),
    settings: AuditSettings | None = None,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    fail_on: Level = Level.ERROR,
    allow_open: bool = False,
    progress: RuleProgress | None = None,
) -> Audit:
    """Audit the account that a snapshot document is of; results are ordered by rule, then as the rule gives them.

    `regions` are all of the snapshot's where none is given; `select` and `ignore` are ids or prefixes of audit rules
    (ACC...) and of lint rules (IAM...). Without findings the verdict is open if a result is, unless `allow_open`.
    Raises `InputError` for a document that is no snapshot, `UsageError` for a rule
    that is not known and for a region that the snapshot has no facts of.
    """
    audit_rules, lint_rules = _selected(select, ignore)
    scene = scene_of(document, regions, settings)
    rules = load_rules(audit_rules)
    results = run([Task(rule, rule.function(), scene) for rule in rules], progress=progress)
    results += _linted(document, lint_rules)
    places = ResultPlaces(document, scene.partition, scene.account_id)
    results = [places.placed(each) for each in results]
    about = {"account": scene.account_id}
    verdict = Verdict.CLEAN
    if failed(results, fail_on):
        verdict = Verdict.FINDINGS
    elif not allow_open and any(each.kind is Kind.OPEN for each in results):
        verdict = Verdict.OPEN
    return Audit(scene.account_id, scene.regions, Report(verdict, tuple(results), about), scene)


def _selected(select: Sequence[str], ignore: Sequence[str]) -> tuple[list[str], list[str]]:
    both = select_rules(FAMILY, select, ignore, rule_ids(_LINT))
    ours = set(rule_ids(FAMILY))
    wanted = {each.strip().upper() for each in select}
    linting = [each for each in both if each not in ours and (each in wanted or not head(rule_file(each)).optional)]
    return [each for each in both if each in ours], linting


def _linted(document: Document, rules: Sequence[str]) -> list[Result]:
    """Lint every distinct policy of the account once."""
    if not rules:
        return []
    from preflight.audit.access.held_policies import PolicyHolders
    from preflight.documents.policies.in_accounts import held_in_snapshot
    from preflight.lint.runner.one_policy import Linter

    linter, holders = Linter(heads(map(rule_file, rules))), PolicyHolders(document)
    return [
        holders.named(found.result(), policy, places)
        for policy, places in held_in_snapshot(document)
        for found in linter.findings(policy)
    ]
