"""PRE407: is what is to be deleted not in use any more?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from preflight.account.facts import Absent, Ask, Known, Unknown
from preflight.declared.operations import keys_in
from preflight.declared.resource_kinds import ResourceKind, load_kind
from preflight.engine.result import Kind, Result
from preflight.engine.rule import Rule
from preflight.readiness.references import name_of
from preflight.readiness.step import Step
from preflight.readiness.wording import subject


def not_in_use(step: Step, rule: Rule) -> Iterator[Result]:
    """Say whether any resource still names what the request deletes; which kinds may is declared (`used-by`)."""
    if step.operation.effect != "delete":
        return
    for user in step.operation.kind.section("used-by") or ():
        yield _judge(step, rule, load_kind(user))


def _judge(step: Step, rule: Rule, users: ResourceKind) -> Result:
    kind, wanted = step.operation.kind, step.operation.key(step.request.parameters) or {}
    name = f"{kind.label} `{name_of(kind.id, wanted)}`"

    def result(outcome: Kind, message: str, remedy: str = "") -> Result:
        return rule.result(outcome, message, subject=subject(step), location=step.location, remedy=remedy)

    listed = step.account.read(Ask.all(users.id, step.region))
    if not isinstance(listed, Known):
        reason = listed.reason if isinstance(listed, Unknown) else listed.detail
        resolution = listed.remedy if isinstance(listed, Unknown) else ""
        return result(Kind.OPEN, f"Can't determine whether any {users.label} uses {name}: {reason}", resolution)
    keys = [{member: str(each[member]) for member in users.identity} for each in listed.value]
    facts = step.account.read_many([Ask.one(users.id, step.region, key) for key in keys])
    member = (users.section("status") or {}).get("member", "")
    idle = (users.section("status") or {}).get("not-live", ())
    using: list[str] = []
    over: list[str] = []
    unread: list[tuple[str, Unknown]] = []
    for key, fact in zip(keys, facts, strict=True):
        label = f"`{name_of(users.id, key)}`"
        if isinstance(fact, Absent):
            continue
        if isinstance(fact, Unknown):
            unread.append((label, fact))
        elif _names(step, users, fact.value, wanted):
            status = fact.value.get(member)
            (over if status in idle else using).append(f"{label} ({status})" if status else label)
    if using:
        return result(
            Kind.FAIL,
            f"{name} is in use by {users.label} {_listed(using)}",
            f"Delete or update the {users.label} first. AWS deletes it anyway, and says that then one may lose "
            "sight of the type of the instances that run.",
        )
    if unread:
        label, fact = unread[0]
        return result(
            Kind.OPEN,
            f"Can't determine whether {users.label} {_listed([label for label, _ in unread])} uses {name}: "
            f"{fact.reason}",
            fact.remedy,
        )
    rest = f"; {_listed(over)} named it" if over else ""
    return result(Kind.PASS, f"{name} is not in use by any of the {len(keys)} {users.label}s in {step.region}{rest}")


def _names(step: Step, users: ResourceKind, value: Mapping[str, Any], wanted: Mapping[str, str]) -> bool:
    entries = (each for each in users.section("references") or () if each["to"] == step.operation.kind.id)
    return any(key == wanted for each in entries for key, _ in keys_in(each["each"], step.place.values(value)))


def _listed(names: list[str]) -> str:
    shown = names[:5]
    return ", ".join(shown) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
