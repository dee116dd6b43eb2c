"""What an audit says beside its results, as plain data and as text: access, escalation, quotas, answers, changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from preflight.audit.access.decider import Access, Reach
from preflight.audit.check import Audit
from preflight.audit.questions.answers import AnswerLine, access_level
from preflight.audit.questions.change import (
    ADDED,
    AGAIN,
    ASSUMED_BY,
    BE,
    BECOME,
    CONFIG,
    GONE,
    LIFTED,
    NEW,
    PERHAPS,
    QUOTA,
    STATUS,
    UNKNOWN,
    Change,
)
from preflight.audit.questions.granted_by_resources import EVERYONE
from preflight.audit.rules.quotas import Headroom, headrooms
from preflight.iam.decision import StatementRef
from preflight.report.audit_rows import table
from preflight.report.json import document, dumped
from preflight.report.terminal import clean

FORMATS = ("text", "json", "jsonl", "csv", "parquet", "html", "sarif", "junit", "github", "gitlab", "markdown")
_HOW = {Reach.SOME: " (on some)", Reach.OPEN: " (perhaps)"}
_SHOWN = 6
_LISTED = 10
_CLOSING = 3
_WORDS = {Reach.ALL: "every", Reach.SOME: "some", Reach.OPEN: "perhaps", Reach.NONE: "none"}


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
                end = ends[id(access)] = access, _line(_access(access))[1:]
            yield f'{principal}, "action": "{action.action}", "region": "{region}", {end[1]}'


def answers_as_data(answers: Iterable[AnswerLine]) -> list[dict[str, Any]]:
    """Return the answers to a question as plain data."""
    return [
        {
            "principal": each.principal,
            "action": each.action,
            "access_level": access_level(each.action),
            "resource": each.resource,
            **_access(each.access),
        }
        for each in answers
    ]


def answers_as_text(answers: Sequence[AnswerLine]) -> Iterator[str]:
    """Give the answers to a question, one line each with what allows it below."""
    for each in answers:
        how = {Reach.SOME: f" (some, such as {each.access.example})", Reach.OPEN: " (perhaps)"}.get(
            each.access.reach, ""
        )
        who = "everyone (*)" if each.principal == EVERYONE else each.principal
        yield clean(f"{who}  {each.action} on {each.resource}{how}")
        if each.access.depends_on:
            yield clean(f"    if {' and '.join(each.access.depends_on)}")
        if each.access.by:
            yield clean(f"    by {_by(each.access)}")


def answers_as_csv(answers: Iterable[AnswerLine]) -> str:
    """Return the answers to a question as CSV with a head line."""
    head = ("principal", "action", "access_level", "resource", "reach", "by", "example", "depends_on")
    return table(
        head,
        (
            (
                each.principal,
                each.action,
                access_level(each.action),
                each.resource,
                each.access.reach.value,
                _by(each.access),
                each.access.example,
                " and ".join(each.access.depends_on),
            )
            for each in answers
        ),
    )


def capabilities_as_text(answers: Sequence[AnswerLine]) -> Iterator[str]:
    """Give what a principal may do: whether it is or can become an administrator, then by service and access level."""
    grouped: dict[tuple[str, str], list[AnswerLine]] = {}
    for each in answers:
        service, colon, _ = each.action.partition(":")
        if colon:
            grouped.setdefault((service, access_level(each.action)), []).append(each)
            continue
        if each.action == "administrator":
            told = "is an administrator"
        elif each.access.reach is Reach.OPEN and not each.access.example:
            told = "Can't determine whether it can become an administrator"
        else:
            told = f"can become an administrator: {each.access.example}"
        depends_on = f" (depends on: {', '.join(each.access.depends_on)})" if each.access.depends_on else ""
        yield clean(f"{each.principal}  {told}{depends_on}")
    service = ""
    for (its, level), own in sorted(grouped.items()):
        if its != service:
            service = its
            yield service
        names = [f"{each.action.partition(':')[2]}{_HOW.get(each.access.reach, '')}" for each in own]
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        yield clean(f"  {level}: {', '.join(names[:_SHOWN])}{more}")


def _by(access: Access) -> str:
    return ", ".join(f"{ref.sid or f'Statement[{ref.statement}]'} of {ref.policy}" for ref in access.by)


def changes_as_csv(changes: Iterable[Change]) -> str:
    """Return what changed as CSV with a head line."""
    found = changes_as_data(changes)
    head = ("principal", "what", "resource", "before", "now", "change")
    return table(head, ([each[name] for name in head] for each in found))


def changes_as_data(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """Return what changed as plain data."""
    return [
        {
            "principal": each.principal,
            "what": each.what,
            "resource": each.resource,
            "before": str(each.before),
            "now": str(each.now),
            "change": _kind(each),
        }
        for each in changes
    ]


def _kind(change: Change) -> str:
    if change.what == UNKNOWN:
        return "unknown"
    return "gained" if change.gained else "lost" if change.lost else "changed"


def changes_as_text(changes: Sequence[Change]) -> Iterator[str]:
    """Give a summary of what changed, then who is new and gone, then by principal, what was gained before what was
    lost; then endpoints and quotas.
    """
    if not changes:
        yield (
            "Nothing changed: of what both snapshots have, no access was gained or lost, and endpoints and quotas are "
            "as they were."
        )
        return
    if all(each.what == UNKNOWN for each in changes):
        yield "Can't determine whether something changed: what both snapshots have is as it was."
        yield from _not_compared(changes)
        return
    yield _summary(changes)
    whole = [each for each in changes if each.what in (NEW, GONE)]
    for each in whole:
        sign = "+" if each.gained else "-"
        yield clean(f"{sign} {each.principal} {each.what}" + (f": {each.resource}" if each.resource else ""))
    by_principal: dict[str, list[Change]] = {}
    for each in changes:
        if each.of_access and each.what not in (NEW, GONE):
            by_principal.setdefault(each.principal, []).append(each)
    for principal, own in by_principal.items():
        yield clean(principal)
        yield from (clean(line) for line in _gained_and_lost(own))
    for each in changes:
        if each.what == STATUS:
            reason = f": {each.resource}" if each.resource else ""
            yield clean(f"~ {each.principal}: {each.before} -> {each.now}{reason}")
        elif each.what == CONFIG:
            yield clean(f"~ {each.principal}: configuration {each.before} -> {each.now}")
        elif each.what == QUOTA:
            yield clean(f"~ quota {each.principal} in {each.resource}: {each.before} -> {each.now}")
        elif each.what == AGAIN:
            yield clean(f"~ {each.principal} {each.what}: {each.before} -> {each.now}")
    yield from _not_compared(changes)


def _not_compared(changes: Iterable[Change]) -> Iterator[str]:
    for each in changes:
        if each.what == UNKNOWN:
            yield clean(f"UNKNOWN: {each.principal}: {each.resource}")


def _summary(changes: Sequence[Change]) -> str:
    def count(one: str, several: str, found: Iterable[object]) -> str:
        number = len(set(found))
        return f"{number:,} {one if number == 1 else several}"

    gained = [each for each in changes if each.gained and each.what != NEW]
    lost = [each for each in changes if each.lost and each.what != GONE]
    words = [
        count("principal gained access", "principals gained access", (each.principal for each in gained)),
        count("lost access", "lost access", (each.principal for each in lost)),
        count("is new", "are new", (each.principal for each in changes if each.what == NEW)),
        count("is gone", "are gone", (each.principal for each in changes if each.what == GONE)),
        count(
            "can become an administrator and could not", "can become administrators and could not",
            (each.principal for each in gained if each.what == BECOME),
        ),
        count(
            "trust policy lets in more", "trust policies let in more",
            (each.principal for each in gained if each.what.startswith(ASSUMED_BY)),
        ),
        count(
            "endpoint is in another state", "endpoints are in another state",
            (each.principal for each in changes if each.what == STATUS),
        ),
        count(
            "endpoint has another configuration", "endpoints have another configuration",
            (each.principal for each in changes if each.what == CONFIG),
        ),
        count("can't be compared", "can't be compared", (each.principal for each in changes if each.what == UNKNOWN)),
        count("quota differs", "quotas differ", ((e.principal, e.resource) for e in changes if e.what == QUOTA)),
    ]  # fmt: skip
    return ", ".join(each for number, each in enumerate(words) if number < 2 or not each.startswith("0 "))


def _gained_and_lost(own: Sequence[Change]) -> Iterator[str]:
    """Give the changes of a principal; many actions of one service that changed alike are one line."""
    alike: dict[tuple[bool, str, str, str], list[Change]] = {}
    is_one = {each.gained for each in own if each.what == BE}
    # Who is an administrator need not be said to be able to become one.
    told = [each for each in own if each.what != BECOME or each.gained not in is_one]
    for each in sorted(told, key=lambda one: not one.gained):
        alike.setdefault((each.gained, each.what.partition(":")[0], each.before, each.now), []).append(each)
    for (gained, service, before, now), group in alike.items():
        sign, words = "+" if gained else "-", f"{_WORDS[Reach(before)]} -> {_WORDS[Reach(now)]}"
        if len(group) > _SHOWN:
            names = [each.what.partition(":")[2] for each in group]
            yield f"  {sign} {len(group)} actions of {service} ({', '.join(names[:_SHOWN])}, ...): {words}"
            continue
        for each in group:
            if each.what in (PERHAPS, LIFTED, ADDED):
                yield f"  {sign} {each.what}: {each.resource}"
            else:
                yield f"  {sign} {each.what} on {each.resource}: {words}"


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
            yield {"principal": holder.arn, "action": action.action, "region": region, **_access(access)}


def _access(access: Access) -> dict[str, Any]:
    return {
        "reach": access.reach.value,
        "by": _refs(access.by),
        "example": access.example,
        "depends_on": list(access.depends_on),
    }


def _refs(by: Iterable[StatementRef]) -> list[dict[str, str]]:
    return [{"policy": each.policy, "statement": each.sid or f"Statement[{each.statement}]"} for each in by]


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
                "by": _refs(each.by),
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
