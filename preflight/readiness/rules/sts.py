"""PRE210: is STS active in the region, where the service needs it to read what the call relies on?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from preflight.account.facts import Ask, Known, Unknown
from preflight.declared.operations import keys_in, load_operation
from preflight.declared.resource_kinds import ResourceKind, load_kind
from preflight.engine.result import Kind, Result
from preflight.engine.rule import Rule
from preflight.readiness.references import references
from preflight.readiness.step import Step
from preflight.readiness.wording import subject
from preflight.sentence import sentence

_ACTIVATE = (
    "Activate it: IAM console, Account settings, Security Token Service (STS), the region's switch under Endpoints "
    "(https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_enable-regions.html)."
)


def sts_active(step: Step, rule: Rule) -> Iterator[Result]:
    """Say whether STS is active in the region, for operations that declare what the service needs it for (`sts`).

    An operation of the same plan that does need it answers for the others. AWS has no call that reads the setting.
    """
    need = step.operation.declared.get("sts")
    location = step.location
    if need is None:
        others = (load_operation(request.operation) for request in step.plan.requests)
        if step.is_first and not any("sts" in each.declared for each in others):
            why = f"{step.operation.id} does not make the service use STS"
            yield rule.result(Kind.NOT_APPLICABLE, why, location=location)
        return
    fact = step.account.read(Ask.one("sts:regional-endpoint", "", {"RegionName": step.region}))
    found = [each for each in references(step) if each.kind == need["to-read"] and each.rule == need["rule"]]
    # What is behind a resource that could not be read is not known.
    unread = next(
        (each for each in references(step) if not isinstance(each.fact, Known) and each.kind in need["through"]), None
    )
    active = bool(fact.value["active"]) if isinstance(fact, Known) else None
    who = subject(step)
    if active:
        what = f", and {need['why']}" if found else ""
        yield rule.result(Kind.PASS, f"STS is active in {step.region}{what}", subject=who, location=location)
    elif not found and unread is None:
        yield rule.result(Kind.NOT_APPLICABLE, need["unless"], subject=who, location=location)
    elif not found:
        assert unread is not None
        state = "not active" if active is False else "perhaps not active"
        yield rule.result(
            Kind.OPEN,
            f"STS is {state} in {step.region}; whether it is needed depends on {unread.label}, which could not be read",
            subject=who,
            location=location,
            remedy=unread.fact.remedy if isinstance(unread.fact, Unknown) else _ACTIVATE,
        )
    elif active is False:
        yield rule.result(
            Kind.FAIL,
            f"STS is not active in {step.region} for account {step.account_id}, and {need['why']} ({found[0].via})",
            subject=who,
            location=location,
            remedy=_ACTIVATE,
        )
    else:
        assert isinstance(fact, Unknown)
        because = f"{fact.reason}{_evidence(step, need)}"
        vouch = f"or confirm with --sts-active {step.region} that it is"
        yield rule.result(
            Kind.OPEN,
            f"Can't determine whether STS is active in {step.region}, and {need['why']}: {because}",
            subject=who,
            location=location,
            remedy=sentence(f"{fact.resolution}; {vouch}") if fact.resolution else _ACTIVATE,
        )


# How many resources in service are looked at for evidence, the newest first.
_LOOKED_AT = 3
_SINCE = ("LastModifiedTime", "CreationTime")


def _evidence(step: Step, need: Mapping[str, Any]) -> str:
    """Return what speaks for STS being active without proving it: something of the same kind that is in service in the
    region, and that the service needed STS for when it came into service. The setting may have changed since.
    """
    kind, call = step.operation.kind, step.operation.call
    listed = step.account.read(Ask.all(kind.id, step.region))
    entries = listed.value if isinstance(listed, Known) else []
    serving = [each for each in entries if call.status is not None and each.get(call.status) in call.success]
    for entry in sorted(serving, key=_since, reverse=True)[:_LOOKED_AT]:
        key = {name: str(entry[name]) for name in kind.identity}
        fact = step.account.read(Ask.one(kind.id, step.region, key))
        if isinstance(fact, Known) and _reads(step, need, kind, fact.value):
            since = f" since {_since(fact.value)}" if _since(fact.value) else ""
            return (
                f". Evidence that it is active: {kind.label} `{'/'.join(key.values())}`, for which the service "
                "needed it, "
                f"has been in service there{since}"
            )
    return ""


def _since(described: Mapping[str, Any]) -> str:
    return next((str(described[name]) for name in _SINCE if described.get(name)), "")


def _reads(step: Step, need: Mapping[str, Any], kind: ResourceKind, value: Mapping[str, Any]) -> bool:
    """Say whether a resource leads to something that the service needs STS to read."""
    for entry in kind.section("references") or ():
        for key, _ in keys_in(entry["each"], step.place.values(value)):
            if (entry["to"], entry["rule"]) == (need["to-read"], need["rule"]):
                return True
            if entry["to"] in need["through"]:
                fact = step.account.read(Ask.one(entry["to"], step.region, key))
                if isinstance(fact, Known) and _reads(step, need, load_kind(entry["to"]), fact.value):
                    return True
    return False
