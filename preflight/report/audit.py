"""What an audit says beside its results, as plain data and as text: access, escalation, quotas, an overview."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from preflight.audit.access.decider import Access
from preflight.audit.check import Audit
from preflight.audit.rules.quotas import Headroom, headrooms
from preflight.report.audit_answers import access_as_data, statements_as_data
from preflight.report.json import document, dumped
from preflight.report.terminal import clean

FORMATS = ("text", "json", "jsonl", "csv", "parquet", "html", "sarif", "junit", "github", "gitlab", "markdown")
_LISTED = 10
_CLOSING = 3


def plain(audit: Audit, *, access: bool = True) -> dict[str, Any]:
    """Return an audit as plain data, the document of `schemas/audit.schema.json`; `access` says whether with that."""
    found, _ = audit.scene.once(headrooms)
    return {
        **document(audit.report),
        "account": audit.account,
        "regions": list(audit.regions),
        "facts": _facts(audit),
        "escalation": _graph(audit),
        "quotas": [_quota(each) for each in found],
        "access": list(_may(audit)) if access else [],
    }


def _facts(audit: Audit) -> dict[str, Any]:
    kinds = Counter(each.kind for each in audit.scene.holders.by_arn.values())
    taken = audit.scene.account.taken_at
    return {
        "taken_at": "" if taken is None else taken.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "roles": kinds["role"],
        "users": kinds["user"],
        **({"complete": False} if audit.scene.holders.unknown else {}),
    }


def streamed(audit: Audit) -> Iterator[str]:
    """Give an audit as one JSON document, piece by piece: of many principals, who may do what is far the most of it."""
    told = plain(audit, access=False)
    told["results"], results = [], told["results"]
    told["escalation"]["steps"], steps = [], told["escalation"]["steps"]
    text = dumped(told, indent=2)
    lines = (map(_line, results), map(_line, steps), _access_lines(audit))
    for name, listed in zip(("results", "steps", "access"), lines, strict=True):
        # An empty list of that name is written only where it was put.
        before, _, text = text.partition(f'"{name}": []')
        yield f'{before}"{name}": ['
        comma = ""
        for each in listed:
            yield f"{comma}\n    {each}"
            comma = ","
        yield "\n  ]" if comma else "]"
    yield text


def _line(value: Any) -> str:
    return dumped(value).rstrip()


def _access_lines(audit: Audit) -> Iterator[str]:
    """Give who may do what, a line each. Most principals share a few answers: those are written out once."""
    ends: dict[int, tuple[Access, str]] = {}
    for holder in audit.scene.holders.by_arn.values():
        principal = _line({"principal": holder.arn})[:-1]
        for action, region, access in audit.scene.may(holder):
            end = ends.get(id(access))
            if end is None:
                end = ends[id(access)] = access, _line(access_as_data(access))[1:]
            yield f'{principal}, "action": "{action.action}", "region": "{region}", {end[1]}'


def overview(audit: Audit) -> Iterator[str]:
    """Give a few lines about the account: how many can do what, who are its administrators, how full its quotas are."""
    scene = audit.scene
    holders = scene.holders.by_arn.values()
    kinds = [each.kind for each in holders]
    not_all = " (not all are known)" if scene.holders.unknown else ""
    yield (
        f"Account {audit.account}: {kinds.count('role'):,} roles, {kinds.count('user'):,} users{not_all}; "
        + (", ".join(audit.regions) or "no Region")
    )
    groups = scene.able()
    if groups:
        yield "Endpoints: " + ", ".join(f"{len(groups[each]):,} can {each}" for each in groups)
    found = audit.escalation
    doubt = ", as far as is known" if scene.holders.unknown or found.undecided or found.unseen else ""
    yield f"Administrators: {len(found.administrators):,}; {len(found.steps):,} more can become one{doubt}"
    for arn in sorted(found.administrators)[:_LISTED]:
        holder = scene.holders.by_arn[arn]
        depends_on = found.conditions.get(arn, ())
        yield clean(f"  {holder.kind} {holder.name}" + (f", if {' and '.join(depends_on)}" if depends_on else ""))
    if len(found.administrators) > _LISTED:
        yield f"  and {len(found.administrators) - _LISTED:,} more"
    if found.steps:
        closing = found.closing(_CLOSING)
        yield (
            "Statements without which most of these would have no way:" if closing else "No one statement closes a way"
        )
        for ref, count in closing:
            statement = ref.sid or f"Statement[{ref.statement}]"
            yield clean(f"  {statement} of {ref.policy}: closes the ways of {count:,}")
    full, _ = scene.once(headrooms)
    used = sorted((each for each in full if each.used), key=lambda each: -each.part)
    for each in used[:3]:
        yield clean(f"Quota: {each.used} of {each.limit:g} {each.unit}, {each.name} in {each.region}")


def _may(audit: Audit) -> Iterator[dict[str, Any]]:
    for holder in audit.scene.holders.by_arn.values():
        for action, region, access in audit.scene.may(holder):
            yield {"principal": holder.arn, "action": action.action, "region": region, **access_as_data(access)}


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
                "by": statements_as_data(each.by),
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
