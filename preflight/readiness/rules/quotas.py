"""PRE501 to PRE504: does what the request draws still fit under the account's quotas?

AWS refuses a call when what is in use and what is asked for are together more than the limit. The operation declares
the quotas (`quotas`), the kind of its resource what one draws on them (`usage`); nothing here knows a service.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any

from preflight.account.facts import Absent, Ask, Fact, Known, Unknown
from preflight.declared.expressions import fill
from preflight.declared.resource_kinds import load_kind
from preflight.engine.result import Kind, Result
from preflight.engine.rule import Rule
from preflight.readiness.capacity.amounts import Amount, Uncertainty, types_of
from preflight.readiness.capacity.demand import asked_for, growth, wanted
from preflight.readiness.capacity.usage import in_use, scaling_targets
from preflight.readiness.step import Step
from preflight.readiness.wording import subject
from preflight.sentence import sentence

_QUOTA = "service-quotas:quota"
_EVERY_QUOTA = "service-quotas:default-quota"


def within_quota(step: Step, rule: Rule) -> Iterator[Result]:
    """Say of each quota that the operation draws on by this rule whether the request still fits.

    A rule that has nothing to say of a request that does draw on quotas is not applicable to it.
    """
    declared = [each for each in step.operation.declared.get("quotas", ()) if each["rule"] == rule.id]
    if declared:
        in_use(step)
    found = [result for quota in declared for result in _results(step, rule, quota)]
    judged = [result for result in found if result.kind is not Kind.NOT_APPLICABLE]
    yield from judged or found[:1]


def _results(step: Step, rule: Rule, quota: Mapping[str, Any]) -> Iterator[Result]:
    listed = step.account.read(Ask.all(_QUOTA, step.region, ServiceCode=quota["service"]))
    if "like" in quota:
        yield _if_listed(step, rule, quota, listed)
        return
    draws = wanted(step).draws(step.operation.kind, quota["measure"])
    if "${Type}" not in quota["name"]:
        yield _fits(step, rule, quota, quota["name"], listed, None)
        return
    types = types_of(draws)
    for each in types:
        yield _fits(step, rule, quota, fill(quota["name"], {"Type": each}) or "", listed, each)
    unknown = next((draw.of("") for draw in draws if not draw.types and draw.amount.high != 0), None)
    if unknown is not None:
        yield _undecided(step, rule, fill(quota["name"], {"Type": "…"}) or "", unknown)
    elif not types:
        yield _nothing(step, rule, fill(quota["name"], {"Type": "…"}) or "")


def _if_listed(step: Step, rule: Rule, quota: Mapping[str, Any], listed: Fact[Any]) -> Result:
    if isinstance(listed, Known):
        name = next(
            (each["QuotaName"] for each in listed.value if re.fullmatch(quota["like"], each["QuotaName"])), None
        )
        if name is not None:
            return _fits(step, rule, quota, name, listed, None)
        listed = _all(step, quota)
    if isinstance(listed, Known):
        message = f"the account lists no quota on the number of {_words(quota)} in {step.region}"
        return rule.result(Kind.NOT_APPLICABLE, message, subject=subject(step), location=step.location)
    reason, remedy = (listed.reason, listed.remedy) if isinstance(listed, Unknown) else ("there are none", "")
    return rule.result(
        Kind.OPEN,
        f"Can't determine whether the account has a quota on the number of {_words(quota)}: {reason}",
        subject=subject(step),
        location=step.location,
        remedy=remedy,
    )


def _fits(step: Step, rule: Rule, quota: Mapping[str, Any], name: str, listed: Fact[Any], of: str | None) -> Result:
    kind, measure = step.operation.kind, quota["measure"]
    asked = asked_for(step, measure, of)
    if asked.high == 0:
        return _nothing(step, rule, name)
    if asked.high is None and asked.low == 0 and wanted(step).parts is None:
        return _undecided(step, rule, name, asked)
    used = in_use(step).amount(kind, measure, of)
    entry = _entry(listed, name)
    if isinstance(entry, Absent) and isinstance(everything := _all(step, quota), Unknown):
        entry = everything
    where = f"Service Quotas in {step.region}"
    if not isinstance(entry, Known):
        reason = f"{where} lists no such quota" if isinstance(entry, Absent) else entry.reason
        remedy = f"Look for it in {where}, {quota['service']}." if isinstance(entry, Absent) else entry.remedy
        return rule.result(
            Kind.OPEN,
            f"the limit of '{name}' is not known: {reason}; {used} in use, {asked} requested",
            subject=subject(step),
            location=step.location,
            remedy=remedy,
        )
    return _judge(step, rule, quota, entry.value, used, asked, of)


def _judge(
    step: Step,
    rule: Rule,
    quota: Mapping[str, Any],
    entry: Mapping[str, Any],
    used: Amount,
    asked: Amount,
    of: str | None,
) -> Result:
    limit, unit, total = int(entry["Value"]), quota["unit"], used + asked
    state = (
        f"the account-level service limit '{entry['QuotaName']}' is {limit} {unit}, with current utilization of {used} "
        f"{unit} and a request delta of {asked} {unit}"
    )
    code = entry.get("QuotaCode")
    key = {"ServiceCode": quota["service"], "QuotaCode": code}
    place = {"partition": step.partition, "region": step.region, "account": step.account_id}
    about = load_kind(_QUOTA).arn(key, **place) if code else subject(step)

    def result(kind: Kind, message: str, remedy: str = "") -> Result:
        return rule.result(kind, message, subject=about or "", location=step.location, remedy=remedy)

    more = _increase(step, quota, entry, total)
    if entry.get("Default"):
        return result(
            Kind.OPEN,
            f"{state}; but this limit is AWS's default; the account's own, which may be higher or lower, is not known",
            f"Look it up in the console: {_console(quota, entry)}. {more}",
        )
    if total.low > limit:
        return result(
            Kind.FAIL, f"{state}: {total.low - limit} too many{_doubts(used, asked)}", f"{more} {_alternatives(of)}"
        )
    if total.high is not None and total.high <= limit:
        return result(
            Kind.PASS, f"{state}: headroom of {limit - total.high} after it{_growth(step, quota, of, limit, total)}"
        )
    settles = [doubt.resolution for doubt in total.doubts if doubt.resolution]
    return result(
        Kind.OPEN,
        f"{state}: it may exceed the quota{_doubts(used, asked)}",
        " ".join(map(sentence, dict.fromkeys(settles))) or more,
    )


def _all(step: Step, quota: Mapping[str, Any]) -> Fact[Any]:
    """Return what leaves out no quota: the account's own list has only those whose value AWS has at hand."""
    return step.account.read(Ask.all(_EVERY_QUOTA, step.region, ServiceCode=quota["service"]))


def _entry(listed: Fact[Any], name: str) -> Fact[Mapping[str, Any]]:
    if not isinstance(listed, Known):
        return listed
    found = next((each for each in listed.value if each.get("QuotaName") == name), None)
    return Absent() if found is None else Known(found)


def _nothing(step: Step, rule: Rule, name: str) -> Result:
    return rule.result(
        Kind.NOT_APPLICABLE,
        f"the request doesn't count against '{name}'",
        subject=subject(step),
        location=step.location,
    )


def _undecided(step: Step, rule: Rule, name: str, amount: Amount) -> Result:
    doubt = next(iter(amount.doubts), Uncertainty("its parts are not known"))
    return rule.result(
        Kind.OPEN,
        f"how much the request uses of '{name}' is not known: {doubt.reason}",
        subject=subject(step),
        location=step.location,
        remedy=sentence(doubt.resolution),
    )


def _doubts(*amounts: Amount) -> str:
    reasons = list(dict.fromkeys(doubt.reason for amount in amounts for doubt in amount.doubts))
    shown = "; ".join(reasons[:3]) + (f"; and {len(reasons) - 3} more" if len(reasons) > 3 else "")
    return f" ({shown})" if shown else ""


def _growth(step: Step, quota: Mapping[str, Any], of: str | None, limit: int, total: Amount) -> str:
    growing = list(growth(step, quota["measure"], of))
    if not growing:
        return _scaling_not_read(step, quota)
    more = sum(each for _, each in growing)
    names = ", ".join(where for where, _ in growing[:3]) + (" and others" if len(growing) > 3 else "")
    beyond = "more than is left" if total.low + more > limit else "which fits too"
    return f"; scaling may take up to {more} more ({names}), {beyond}"


def _scaling_not_read(step: Step, quota: Mapping[str, Any]) -> str:
    """Say that what may scale could not be read, where something runs that may: it would be told of."""
    ask = scaling_targets(step)
    fact = None if ask is None or quota["measure"] != "instances" else step.account.read(ask)
    if not isinstance(fact, Unknown) or not fact.code or not in_use(step).users:
        return ""
    return f"; can't determine whether scaling may take more: {fact.reason} ({fact.resolution})"


def _words(quota: Mapping[str, Any]) -> str:
    return str(quota["measure"]).replace("-", " ")


def _increase(step: Step, quota: Mapping[str, Any], entry: Mapping[str, Any], total: Amount) -> str:
    wanted_limit = ceil(total.low if total.high is None else total.high)
    console = f"in the console: {_console(quota, entry)}"
    if entry.get("Adjustable") is False:
        return "AWS does not raise this quota."
    if not entry.get("QuotaCode"):
        return f"Request {wanted_limit} or more {console}."
    return (
        f"Request {wanted_limit} or more: aws service-quotas request-service-quota-increase "
        f"--service-code {quota['service']} --quota-code {entry['QuotaCode']} --desired-value {wanted_limit} "
        f"--region {step.region}; or {console}."
    )


def _console(quota: Mapping[str, Any], entry: Mapping[str, Any]) -> str:
    return f"Service Quotas, AWS services, {entry.get('ServiceName') or quota['service']}, '{entry['QuotaName']}'"


def _alternatives(of: str | None) -> str:
    return f"Or delete what you no longer need{', or use another type than ' + of if of else ''}."
