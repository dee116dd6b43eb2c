"""Lint a policy given as data or text."""

from __future__ import annotations

import json
from typing import Any

from preflight.documents.policies.found_policy import FoundPolicy, PolicyDocumentType
from preflight.documents.policies.placeholders import with_placeholders
from preflight.documents.text.document import Document
from preflight.engine.result import Result
from preflight.engine.rule import rule_file
from preflight.engine.rule_headers import heads
from preflight.lint.runner.one_policy import Linter, PolicyFinding
from preflight.lint.runner.selection import lint_rules


def found_policy(
    policy: Any, type_: PolicyDocumentType = "identity", service: str = "", account: str = ""
) -> FoundPolicy:
    """Give a policy of a file of its own; a text is the policy's text."""
    text = policy if isinstance(policy, str) else json.dumps(policy, indent=2)
    policy = json.loads(text)
    document = Document("policy.json", policy, text)
    owner = {name: value for name, value in (("service", service), ("account", account)) if value}
    return with_placeholders(FoundPolicy(document, policy, type_, owner=owner))


def findings(
    policy: Any, type_: PolicyDocumentType = "identity", *, select: str = "", service: str = ""
) -> list[PolicyFinding]:
    """Give what the selected rules (all, or those whose ids begin so) find in a policy."""
    return Linter(lint_rules([select] if select else [])).findings(found_policy(policy, type_, service))


def results(
    policy: Any, type_: PolicyDocumentType = "identity", *, select: str = "", service: str = ""
) -> list[Result]:
    return [each.result() for each in findings(policy, type_, select=select, service=service)]


def one_rule(rule: str) -> Linter:
    return Linter(heads([rule_file(rule)]))
