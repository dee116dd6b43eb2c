"""What preflight does, from Python: one function for each command. What each is given and returns is in docs/python.md.

Nothing is printed and nothing exits; what keeps a function from doing its work is raised as a `PreflightError`. A
command is added as a module of its own, and a line in `_PLACES` and in the imports below.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from preflight.account.live.account import Stats as Stats
    from preflight.api.audit_account import AccessAnswer as AccessAnswer
    from preflight.api.audit_account import audit as audit
    from preflight.api.audit_account import can as can
    from preflight.api.audit_account import changes_since as changes_since
    from preflight.api.audit_account import who_can as who_can
    from preflight.api.audit_accounts import AuditedMany as AuditedMany
    from preflight.api.audit_accounts import audit_many as audit_many
    from preflight.api.check_plan import Checked as Checked
    from preflight.api.check_plan import check as check
    from preflight.api.create_plan import create as create
    from preflight.api.create_run import Created as Created
    from preflight.api.create_run import CreateError as CreateError
    from preflight.api.create_run import CreateInterrupted as CreateInterrupted
    from preflight.api.create_run import CreateOutcome as CreateOutcome
    from preflight.api.least_privilege import LeastPrivilege as LeastPrivilege
    from preflight.api.least_privilege import policy as policy
    from preflight.api.lint_policies import Linted as Linted
    from preflight.api.lint_policies import lint as lint
    from preflight.api.proofs import no_new_access as no_new_access
    from preflight.api.proofs import not_administrator as not_administrator
    from preflight.api.proofs import not_granted as not_granted
    from preflight.api.proofs import not_public as not_public
    from preflight.api.proofs import prove as prove
    from preflight.api.refusals import why as why
    from preflight.api.rule_pages import Explained as Explained
    from preflight.api.rule_pages import explain as explain
    from preflight.api.rule_pages import explain_constraint as explain_constraint
    from preflight.api.rule_pages import rules as rules
    from preflight.api.simulate_cases import simulate as simulate
    from preflight.api.take_snapshot import SnapshotInterrupted as SnapshotInterrupted
    from preflight.api.take_snapshot import Taken as Taken
    from preflight.api.take_snapshot import snapshot as snapshot
    from preflight.audit.check import Audit as Audit
    from preflight.audit.questions.change import Change as Change
    from preflight.documents.policies.found_policy import POLICY_TYPES as POLICY_TYPES
    from preflight.documents.policies.found_policy import PolicyDocumentType as PolicyDocumentType
    from preflight.engine.result import Examined as Examined
    from preflight.engine.result import Kind as Kind
    from preflight.engine.result import Level as Level
    from preflight.engine.result import Report as Report
    from preflight.engine.result import Result as Result
    from preflight.engine.result import Verdict as Verdict
    from preflight.engine.rule import Rule as Rule
    from preflight.lint.runner.one_file import FixMode as FixMode
    from preflight.prove.claim import Claim as Claim
    from preflight.simulate.coverage import Coverage as Coverage
    from preflight.simulate.simulate import Answer as Answer

# Each is loaded when it is first asked for, so that none pays for another.
_PLACES = {
    "AccessAnswer": "preflight.api.audit_account",
    "Answer": "preflight.simulate.simulate",
    "Audit": "preflight.audit.check",
    "AuditedMany": "preflight.api.audit_accounts",
    "Change": "preflight.audit.questions.change",
    "Checked": "preflight.api.check_plan",
    "Claim": "preflight.prove.claim",
    "Coverage": "preflight.simulate.coverage",
    "CreateError": "preflight.api.create_run",
    "CreateInterrupted": "preflight.api.create_run",
    "Created": "preflight.api.create_run",
    "Examined": "preflight.engine.result",
    "Explained": "preflight.api.rule_pages",
    "Kind": "preflight.engine.result",
    "LeastPrivilege": "preflight.api.least_privilege",
    "FixMode": "preflight.lint.runner.one_file",
    "Level": "preflight.engine.result",
    "Linted": "preflight.api.lint_policies",
    "CreateOutcome": "preflight.api.create_run",
    "POLICY_TYPES": "preflight.documents.policies.found_policy",
    "PolicyDocumentType": "preflight.documents.policies.found_policy",
    "Report": "preflight.engine.result",
    "Result": "preflight.engine.result",
    "Rule": "preflight.engine.rule",
    "SnapshotInterrupted": "preflight.api.take_snapshot",
    "Stats": "preflight.account.live.account",
    "Taken": "preflight.api.take_snapshot",
    "Verdict": "preflight.engine.result",
    "audit": "preflight.api.audit_account",
    "audit_many": "preflight.api.audit_accounts",
    "can": "preflight.api.audit_account",
    "changes_since": "preflight.api.audit_account",
    "check": "preflight.api.check_plan",
    "create": "preflight.api.create_plan",
    "explain": "preflight.api.rule_pages",
    "explain_constraint": "preflight.api.rule_pages",
    "lint": "preflight.api.lint_policies",
    "no_new_access": "preflight.api.proofs",
    "not_administrator": "preflight.api.proofs",
    "not_granted": "preflight.api.proofs",
    "not_public": "preflight.api.proofs",
    "policy": "preflight.api.least_privilege",
    "prove": "preflight.api.proofs",
    "rules": "preflight.api.rule_pages",
    "simulate": "preflight.api.simulate_cases",
    "snapshot": "preflight.api.take_snapshot",
    "who_can": "preflight.api.audit_account",
    "why": "preflight.api.refusals",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_PLACES[name]), name)
    return found


def __dir__() -> list[str]:
    return sorted(_PLACES)
