"""SARIF 2.1.0, for GitHub code scanning and for editors.

The format: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html. What GitHub takes of it, and its limits:
https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from preflight import __version__
from preflight.engine.result import Kind, Location, Report, Result
from preflight.report.counting import command, in_order, is_audit
from preflight.report.excerpt import Sources
from preflight.report.fingerprints import fingerprints
from preflight.report.json import dumped, examined_data
from preflight.report.paths import folder_uri, is_page, uri
from preflight.report.sarif_rules import descriptor
from preflight.report.terminal import clean
from preflight.report.view import PLAIN, View

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST_RESULTS = 25_000
_LINK = re.compile(r"\[(?=[^\]]*\]\()")


def render(report: Report, view: View = PLAIN) -> str:
    """Return a log with one run: what failed or is open, with `verbose` also what passed or does not apply.

    GitHub takes every result for a problem, whatever its kind; so what is none stays out unless it is asked for.
    """
    wanted = [result for result in in_order(report) if view.verbose or result.kind in (Kind.FAIL, Kind.OPEN)]
    return dumped({"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(report, wanted, view)]}, indent=2)


def _run(report: Report, wanted: Sequence[Result], view: View) -> dict[str, Any]:
    results = wanted[:MOST_RESULTS]
    ids = list(dict.fromkeys(result.rule for result in results))
    names = {result.rule: result for result in reversed(results)}
    shown = _Shown(view, _fallback(results, view), {rule: index for index, rule in enumerate(ids)})
    invocation: dict[str, Any] = {"executionSuccessful": True}
    if view.root or view.folder:
        invocation["workingDirectory"] = {"uri": folder_uri(view.root or view.folder)}
    if len(wanted) > len(results):
        text = (
            f"{len(wanted) - len(results)} of {len(wanted)} results are left out: code scanning takes no more than "
            f"{MOST_RESULTS}. The most severe are here; --select and --ignore make the report smaller, and "
            "--format jsonl has all."
        )
        invocation["toolExecutionNotifications"] = [{"level": "warning", "message": {"text": text}}]
    pages = view.rule_pages()
    return {
        "tool": {
            "driver": {
                "name": "preflight",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [descriptor(names[rule], view.rule(rule), pages) for rule in ids],
            }
        },
        "automationDetails": {"id": f"preflight-{command(report)}/"},
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "results": [
            shown.result(result, fingerprint)
            for result, fingerprint in zip(
                results, fingerprints(results, view, of_account=is_audit(report)), strict=True
            )
        ],
        "properties": {
            "verdict": report.verdict.value,
            "counts": report.counts(),
            "plan": dict(report.plan),
            **({"vouched_for": dict(report.vouched)} if report.vouched else {}),
            **({"examined": examined_data(report.examined)} if report.examined is not None else {}),
        },
    }


def _fallback(results: Sequence[Result], view: View) -> Location:
    """Return where a result without a place is shown: GitHub refuses a log in which one has none."""
    located = (each.location.path for each in results if each.location is not None and not is_page(each.location.path))
    return Location(next(iter(view.sources), None) or next(located, "-"))


class _Shown:
    """Results as SARIF has them."""

    def __init__(self, view: View, fallback: Location, rules: dict[str, int]) -> None:
        self._view, self._fallback, self._rules = view, fallback, rules
        self._sources = Sources(view.sources)

    def result(self, result: Result, fingerprint: str) -> dict[str, Any]:
        is_failure = result.kind is Kind.FAIL
        return {
            "ruleId": result.rule,
            "ruleIndex": self._rules[result.rule],
            "kind": result.kind.value,
            # Section 3.27.10: the level of any other kind is none.
            "level": result.level.value if is_failure else "none",
            "message": {"text": _message(result)},
            "locations": [self._location(result)],
            "partialFingerprints": {"primaryLocationLineHash": fingerprint},
            "properties": {
                "level": result.level.value,
                "subject": clean(result.subject),
                "remedy": clean(result.remedy),
                "aliases": list(result.aliases),
                "evidence": [
                    {"policy": clean(each.policy), "statement": clean(each.statement)} for each in result.evidence
                ],
            },
        }

    def _location(self, result: Result) -> dict[str, Any]:
        location = result.location or self._fallback
        about: dict[str, Any] = {}
        if is_page(location.path):
            # Code scanning takes paths alone ("unrecognized SARIF location URI scheme"): the page is told beside it.
            about["message"] = {"text": clean(location.path)}
            location = Location(result.subject or self._fallback.path)
        line, column = location.line or 1, location.column or 1
        end = self._sources.end_column(location) or column + 1
        logical = [{"fullyQualifiedName": clean(location.pointer), "kind": "member"}] if location.pointer else []
        if result.subject.startswith("arn:"):
            logical.append({"fullyQualifiedName": clean(result.subject), "kind": "resource"})
        return {
            "physicalLocation": {
                "artifactLocation": {"uri": uri(location.path, self._view)},
                "region": {"startLine": line, "startColumn": column, "endLine": line, "endColumn": end},
            },
            **({"logicalLocations": logical} if logical else {}),
            **about,
        }


def _message(result: Result) -> str:
    """Return what is wrong, then what to do. A `[text](target)` from a name is no link (section 3.11.6)."""
    parts = ["UNKNOWN: " if result.kind is Kind.OPEN else "", result.message]
    if result.remedy and result.kind in (Kind.FAIL, Kind.OPEN):
        parts += ["" if result.message.endswith((".", "!", "?")) else ".", "\n", result.remedy]
    return _LINK.sub(r"\\[", clean("".join(parts)))
