"""What an audit says beside its results, as plain data and as text: access, escalation, quotas, answers, changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from preflight.audit.access import Access, Reach
from preflight.audit.check import Audit
from preflight.audit.questions import Answer
from preflight.audit.quotas import Headroom, headrooms
from preflight.audit.since import Change
from preflight.report.json import document, dumped
from preflight.report.terminal import clean

FORMATS = ("text", "json", "jsonl", "csv", "parquet", "html", "sarif", "junit", "github", "gitlab", "markdown")
_WORDS = {Reach.ALL: "every", Reach.SOME: "some", Reach.OPEN: "perhaps", Reach.NONE: "none"}


def plain(audit: Audit, *, access: bool = True) -> dict[str, Any]:
    """Return an audit as plain data, the document of `schemas/audit.schema.json`; `access` says whether with that."""
    found, _ = audit.scene.once(headrooms)
    return {
        **document(audit.report),
        "account": audit.account,
        "regions": list(audit.regions),
        "escalation": _graph(audit),
        "quotas": [_quota(each) for each in found],
        "access": list(_may(audit)) if access else [],
    }


def streamed(audit: Audit) -> Iterator[str]:
    """Give an audit as one JSON document, piece by piece: of many principals, who may do what is far the most of it."""
    head, _, end = dumped(plain(audit, access=False), indent=2).rpartition("]")
    yield head
    comma = ""
    for each in _may(audit):
        yield f"{comma}\n    {dumped(each).rstrip()}"
        comma = ","
    yield f"\n  ]{end}"


def answers_as_data(answers: Iterable[Answer]) -> list[dict[str, Any]]:
    """Return the answers to a question as plain data."""
    return [
        {"principal": each.principal, "action": each.action, "resource": each.resource, **_access(each.access)}
        for each in answers
    ]


def answers_as_text(answers: Sequence[Answer]) -> Iterator[str]:
    """Give the answers to a question, one line each with what allows it below."""
    for each in answers:
        how = {Reach.SOME: f" (some, such as {each.access.example})", Reach.OPEN: " (perhaps)"}.get(
            each.access.reach, ""
        )
        yield clean(f"{each.principal}  {each.action} on {each.resource}{how}")
        if each.access.depends_on:
            yield clean(f"    if {' and '.join(each.access.depends_on)}")
        by = ", ".join(f"{ref.sid or f'Statement[{ref.statement}]'} of {ref.policy}" for ref in each.access.by)
        if by:
            yield clean(f"    by {by}")


def changes_as_data(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """Return what changed as plain data."""
    return [
        {
            "principal": each.principal,
            "what": each.what,
            "resource": each.resource,
            "before": each.before.value,
            "now": each.now.value,
            "change": "gained" if each.gained else "lost",
        }
        for each in changes
    ]


def changes_as_text(changes: Sequence[Change]) -> Iterator[str]:
    """Give what changed by principal, what was gained before what was lost."""
    if not changes:
        yield "Nobody gained or lost access."
    by_principal: dict[str, list[Change]] = {}
    for each in changes:
        by_principal.setdefault(each.principal, []).append(each)
    for principal, own in by_principal.items():
        yield clean(principal)
        for each in sorted(own, key=lambda one: not one.gained):
            sign = "+" if each.gained else "-"
            yield clean(f"  {sign} {each.what} on {each.resource}: {_WORDS[each.before]} -> {_WORDS[each.now]}")


def overview(audit: Audit) -> Iterator[str]:
    """Give a few lines about the account: how many can do what, who are its administrators, how full its quotas are."""
    scene = audit.scene
    holders = scene.holders.by_arn.values()
    kinds = [each.kind for each in holders]
    yield f"Account {audit.account}: {kinds.count('role'):,} roles, {kinds.count('user'):,} users; " + ", ".join(
        audit.regions
    )
    groups = scene.able()
    if groups:
        yield "Endpoints: " + ", ".join(f"{len(groups[each]):,} can {each}" for each in groups)
    found = audit.escalation
    yield f"Administrators: {len(found.administrators):,}; {len(found.steps):,} more can become one"
    full, _ = scene.once(headrooms)
    used = sorted((each for each in full if each.used), key=lambda each: -each.part)
    for each in used[:3]:
        yield clean(f"Quota: {each.used} of {each.limit:g} {each.unit}, {each.name} in {each.region}")


def _may(audit: Audit) -> Iterator[dict[str, Any]]:
    for holder in audit.scene.holders.by_arn.values():
        for action, region, access in audit.scene.may(holder):
            yield {"principal": holder.arn, "action": action.action, "region": region, **_access(access)}


def _access(access: Access) -> dict[str, Any]:
    return {
        "reach": access.reach.value,
        "by": [{"policy": each.policy, "statement": each.sid or f"Statement[{each.statement}]"} for each in access.by],
        "example": access.example,
        "depends_on": list(access.depends_on),
    }


def _graph(audit: Audit) -> dict[str, Any]:
    found = audit.escalation
    return {
        "administrators": sorted(found.administrators),
        "conditional": [
            {"principal": arn, "depends_on": list(depends_on)} for arn, depends_on in sorted(found.conditions.items())
        ],
        "steps": [
            {
                "source": each.source,
                "target": each.target,
                "kind": each.kind,
                "how": each.how,
                "depends_on": list(each.depends_on),
            }
            for each in found.all_steps()
        ],
        "closing": [
            {"policy": ref.policy, "statement": ref.sid or f"Statement[{ref.statement}]", "principals": count}
            for ref, count in found.closing()
        ],
    }


def _quota(each: Headroom) -> Mapping[str, Any]:
    return {
        "region": each.region,
        "name": each.name,
        "limit": each.limit,
        "used": each.used,
        "most": each.most,
        "unit": each.unit,
    }
