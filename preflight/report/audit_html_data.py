"""What the HTML page of an audit is given: the documents with every text that repeats once, and what rules say.

Thousands of roles hold the same policies, so that who may do what is some hundred sets of grants. The page's own
script (`page/data.js`) reads it.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from math import isfinite
from typing import Any, Generic, TypeVar

from preflight import __version__
from preflight.audit.access.hosting_actions import hosting_actions
from preflight.audit.ways.steps import ADMINISTRATOR
from preflight.declared.expressions import arn_part
from preflight.engine.rule import load_rule, rule_ids
from preflight.report.json import dumped

_SHOWN = {"fail": 0, "open": 1}
_LEVELS = {"error": 0, "warning": 1, "note": 2}
_HELD_IN = re.compile(r"^/regions/([a-z0-9-]+)/")
_WORD = re.compile(r"[a-z0-9-]+")
# A link of the web or one that is relative, as URLs are written: browsers read more than that as a scheme.
_SAFE_LINK = re.compile(r"(?:https?://|(?!//|[a-zA-Z][a-zA-Z0-9+.-]*:))[!-\[\]-~]*", re.ASCII)


_T = TypeVar("_T", bound=Hashable)


class _Once(Generic[_T]):
    """Values, each once; `index` gives the number of one."""

    def __init__(self) -> None:
        self._known: dict[_T, int] = {}

    def index(self, value: _T) -> int:
        return self._known.setdefault(value, len(self._known))

    def __iter__(self) -> Iterator[_T]:
        return iter(self._known)


def payload(audits: Sequence[Mapping[str, Any]], accounts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the data of the page: plain, and the same for the same documents."""
    texts = _Once[str]()
    results = [(document, each) for document in audits for each in document["results"]]
    return {
        "tool": dict(audits[0]["tool"]) if audits else {"name": "preflight", "version": __version__},
        "audits": [_head(document) for document in audits],
        "rules": _rules(each for _, each in results),
        "findings": [_finding(texts, document, each) for document, each in results if each["kind"] in _SHOWN],
        "quiet": _quiet(each for _, each in results),
        **_access(texts, audits),
        "escalation": _escalation(texts, audits),
        "policies": _policies(texts, audits),
        "leftOut": [
            [texts.index(document["account"]), texts.index(name)]
            for document in audits
            for name in document.get("policies_left_out", ())
        ],
        "quotas": [_quota(document, each) for document in audits for each in document["quotas"]],
        "accounts": [_account(row) for row in accounts],
        "accountRules": _account_rules(accounts),
        "texts": list(texts),
    }


def region_of(result: Mapping[str, Any], regions: Sequence[str]) -> str:
    """Return the region that a result is about, as far as it can be told: by its subject, its place in the snapshot,
    or the only region that its message names; else an empty text.
    """
    by_subject = arn_part(result["subject"], "region") or ""
    if by_subject:
        return by_subject
    held = _HELD_IN.match(result.get("location", {}).get("pointer", ""))
    if held:
        return held[1]
    named = set(_WORD.findall(result["message"])).intersection(regions)
    return named.pop() if len(named) == 1 else ""


def _head(document: Mapping[str, Any]) -> dict[str, Any]:
    head = {name: document[name] for name in ("account", "regions", "verdict", "counts")}
    return {**head, "complete": document.get("facts", {}).get("complete", True)}


def _rules(results: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what is said of every rule that has results; a rule that is not ours has its name only."""
    ours = set(rule_ids())
    found: dict[str, Any] = {}
    for each in results:
        if each["rule"] in found:
            continue
        about = {"name": each["name"], "level": each["level"], "category": "", "summary": "", "why": ""}
        about |= {"references": [], "aliases": each["aliases"]}
        if each["rule"] in ours:
            rule = load_rule(each["rule"])
            about |= {name: getattr(rule, name) for name in ("category", "summary", "why")}
            about["references"] = list(rule.references)
        found[each["rule"]] = about
    return dict(sorted(found.items()))


def _finding(texts: _Once[str], document: Mapping[str, Any], result: Mapping[str, Any]) -> list[Any]:
    where = result.get("location", {})
    evidence = [texts.index(part) for each in result["evidence"] for part in (each["policy"], each["statement"])]
    return [
        texts.index(document["account"]),
        texts.index(result["rule"]),
        _SHOWN[result["kind"]],
        _LEVELS[result["level"]],
        result["message"],
        texts.index(result["subject"]),
        texts.index(region_of(result, document["regions"])),
        texts.index(result["remedy"]),
        evidence,
        [texts.index(where["path"]), where["pointer"], where.get("line"), where.get("column")] if where else [],
    ]


def _quiet(results: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return how often each rule passed or did not apply, with the first that it said where it did not."""
    found: dict[str, dict[str, Any]] = {}
    for each in results:
        if each["kind"] in _SHOWN:
            continue
        row = found.setdefault(each["rule"], {"rule": each["rule"], "pass": 0, "notApplicable": 0, "said": ""})
        row[each["kind"]] += 1
        if each["kind"] == "notApplicable" and not row["said"]:
            row["said"] = f"{each['message']}. {each['remedy']}".rstrip(". ") + "."
    return [found[rule] for rule in sorted(found)]


def _access(texts: _Once[str], audits: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return who may do what as principals, each with the number of its set of grants; the sets; the grants."""
    grants, sets = _Once[tuple[Any, ...]](), _Once[tuple[int, ...]]()
    principals: list[list[int]] = []
    for document in audits:
        held: dict[str, list[int]] = {}
        for each in document["access"]:
            by = tuple((texts.index(one["policy"]), texts.index(one["statement"])) for one in each["by"])
            own = (each["action"], each["region"], each["reach"], each["example"])
            grant = (*map(texts.index, own), by, tuple(map(texts.index, each["depends_on"])))
            held.setdefault(each["principal"], []).append(grants.index(grant))
        account = texts.index(document["account"])
        principals += [[account, texts.index(arn), sets.index(tuple(own))] for arn, own in held.items()]
    actions = [[each.action, each.group, each.type] for each in hosting_actions()]
    return {"actions": actions, "grants": list(grants), "sets": list(sets), "principals": principals}


def _escalation(texts: _Once[str], audits: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    found = [(texts.index(document["account"]), document["escalation"]) for document in audits]
    return {
        "end": texts.index(ADMINISTRATOR),
        "administrators": [
            [account, texts.index(arn), _depends_on(texts, each, arn)]
            for account, each in found
            for arn in each["administrators"]
        ],
        "steps": [
            [
                account,
                *(texts.index(text) for text in (step["source"], step["target"], step["kind"], _how(step))),
                [texts.index(part) for one in step.get("by", ()) for part in (one["policy"], one["statement"])],
            ]
            for account, each in found
            for step in each["steps"]
        ],
        "closing": [
            [account, texts.index(one["policy"]), texts.index(one["statement"]), one["principals"]]
            for account, each in found
            for one in each.get("closing", ())
        ],
    }


def _policies(texts: _Once[str], audits: Sequence[Mapping[str, Any]]) -> list[list[int]]:
    """Return account, name and text of each policy that is cited and known; the same text is there once."""
    return [
        [texts.index(document["account"]), texts.index(name), texts.index(dumped(policy).strip())]
        for document in audits
        for name, policy in document.get("policies", {}).items()
    ]


def _depends_on(texts: _Once[str], escalation: Mapping[str, Any], arn: str) -> int:
    """Return the text of what an administrator can do everything under; that of nothing is empty."""
    found = next((each["depends_on"] for each in escalation.get("conditional", ()) if each["principal"] == arn), ())
    return texts.index(" and ".join(found))


def _how(step: Mapping[str, Any]) -> str:
    """Return a step in words, with what it depends on."""
    depends_on = step.get("depends_on")
    return f"{step['how']} (depends on: {'; '.join(depends_on)})" if depends_on else str(step["how"])


def _quota(document: Mapping[str, Any], quota: Mapping[str, Any]) -> list[Any]:
    # JSON has no infinity.
    limit = quota["limit"] if isfinite(quota["limit"]) else None
    return [document["account"], quota["region"], quota["name"], limit, quota["used"], quota["most"], quota["unit"]]


def _account(row: Mapping[str, Any]) -> dict[str, Any]:
    counts = {name: row["counts"].get(name, 0) for name in ("error", "warning", "note", "open")}
    href = row["href"] if _SAFE_LINK.fullmatch(row["href"]) else ""
    kept = {name: row[name] for name in ("account", "name", "status", "reason")}
    more = {name: row[name] for name in ("administrators", "escalating") if isinstance(row.get(name), int)}
    return {**kept, "href": href, "counts": counts, **more}


def _account_rules(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return how much each rule found in all accounts, the worst first, where the rows tell of rules."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        for rule, own in row.get("rules", {}).items():
            about = {"rule": rule, "name": own["name"], "level": own["level"], "fail": 0, "open": 0, "accounts": 0}
            total = found.setdefault(rule, about)
            total["level"] = min(total["level"], own["level"], key=_LEVELS.__getitem__)
            total["accounts"] += 1
            for kind in _SHOWN:
                total[kind] += own[kind]
    return sorted(found.values(), key=lambda each: (not each["fail"], _LEVELS[each["level"]], each["rule"]))
