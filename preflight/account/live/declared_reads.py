"""Reading a resource as its kind declares it in `rules/resources/`: which call, what the answer means."""

from __future__ import annotations

import random
import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from preflight.account.facts import Absent, Ask, Fact, Known, Unknown
from preflight.account.live.calls import Answered, Call, CallOutcome
from preflight.account.live.concurrent_reads import ReadPlan, Wanted
from preflight.account.live.errors import Failed, unknown
from preflight.account.live.incomplete import IncompleteAnswerError
from preflight.declared.expressions import evaluate, fill
from preflight.declared.resource_kinds import ResourceKind, load_kind

CALLER = Ask("sts:caller-identity", "")


@dataclass(frozen=True, slots=True)
class World:
    """What every read needs to know of the session that reads.

    `rereads` is how often an eventually consistent read that finds nothing is tried again, `reread_delay` the seconds
    before the first time; the wait doubles up to four times that, give or take a quarter.
    """

    partition: str
    region: str
    long_term_credentials: bool = False
    rereads: int = 5
    reread_delay: float = 1.0

    def wait(self, attempt: int) -> float:
        """Return how long to wait before a re-read; the first read is attempt 1."""
        doubled = float(2 ** min(attempt - 2, 2))
        return self.reread_delay * doubled * random.uniform(0.75, 1.25)


@dataclass(frozen=True, slots=True)
class DeclaredRead:
    """One question, the kind it is about, and the session that answers it: what every plan starts from."""

    world: World
    kind: ResourceKind
    ask: Ask

    @property
    def key(self) -> dict[str, str]:
        """The identifying parameters; empty when all of the kind are asked for."""
        return dict(self.ask.key)

    @property
    def names_one(self) -> bool:
        """Whether one resource is asked for, rather than a list."""
        return bool(self.ask.key) and self.kind.identifies(self.key)

    def about(self, key: Mapping[str, str]) -> DeclaredRead:
        """Return the same question about another resource of the kind."""
        return replace(self, ask=Ask.one(self.kind.id, self.ask.region, key, expected=self.ask.expected))

    def arn(self, key: Mapping[str, str], account: str) -> str:
        """Return the ARN of a resource of the kind, for messages; `*` where it has none."""
        region = self.ask.region or self.world.region
        return self.kind.arn(key, partition=self.world.partition, region=region, account=account) or "*"


def plan_for(world: World, ask: Ask) -> ReadPlan:
    """Return the plan that answers a question: declared in its kind, or the Python that the kind names."""
    question = DeclaredRead(world, load_kind(ask.kind), ask)
    read: Mapping[str, Any] = question.kind.section("read") or {}
    if question.names_one and "one" in read:
        return _one(question, declared_variant(read["one"], question.key))
    if "python" in read and (question.names_one or "all" not in read):
        from importlib import import_module

        module, _, name = read["python"].partition(":")
        plan: ReadPlan = getattr(import_module(module), name)(question)
        return plan
    if "derived" in read:
        return _derived(read["derived"], question)
    if "all" in read:
        return _all(question, read["all"])
    return _not_readable(question.kind)


def _not_readable(kind: ResourceKind) -> ReadPlan:
    yield []
    return Unknown(f"preflight can't read this from a {kind.label}", "give it in a snapshot")


def _one(question: DeclaredRead, spec: Mapping[str, Any]) -> ReadPlan:
    kind, key, region = question.kind, question.key, question.ask.region
    if not kind.ignores_case:
        return (yield from _one_by_name(question, spec))
    # AWS compares without case but may look up with it: the list tells of a name that differs only in case.
    answers: list[Any] = yield [declared_call(spec, key, region), Ask.all(kind.id, region)]
    outcome: CallOutcome = answers[0]
    listed: Known[Any] | Unknown = answers[1]
    exact: Fact[Any] = yield from _meaning(question, spec, outcome)
    if isinstance(exact, Known):
        return exact
    if not isinstance(listed, Known):
        if isinstance(exact, Unknown):
            return exact
        return Unknown(
            f"no {kind.label} has exactly this name, but one may differ in case: {listed.reason}", listed.resolution
        )
    wanted = [key[name].lower() for name in kind.identity]
    alike = [each for each in listed.value if [str(each.get(name)).lower() for name in kind.identity] == wanted]
    if not alike:
        return exact if isinstance(exact, Absent) else Absent(f"no {kind.label} in the list has this name")
    if isinstance(exact, Unknown):
        return exact
    return (yield from _one_by_name(question.about({name: alike[0][name] for name in kind.identity}), spec))


def _one_by_name(question: DeclaredRead, spec: Mapping[str, Any]) -> ReadPlan:
    call = declared_call(spec, question.key, question.ask.region)
    stale = question.ask.expected and spec.get("eventually-consistent")
    reads = 1 + (question.world.rereads if stale else 0)
    fact: Fact[Any] = Absent()
    for attempt in range(1, reads + 1):
        delay = question.world.wait(attempt) if attempt > 1 else 0.0
        (outcome,) = yield [replace(call, attempt=attempt, delay=delay)]
        fact = yield from _meaning(question, spec, outcome)
        if not isinstance(fact, Unknown):
            fact = replace(fact, reads=attempt)
        if not isinstance(fact, Absent):
            break
    return fact


def _all(question: DeclaredRead, spec: Mapping[str, Any]) -> ReadPlan:
    (outcome,) = yield [declared_call(spec, question.key, question.ask.region)]
    return (yield from _meaning(question, spec, outcome))


def _derived(spec: Mapping[str, Any], question: DeclaredRead) -> ReadPlan:
    sources = [spec["from"], *([spec["complete-by"]] if "complete-by" in spec else [])]
    answers: list[Fact[Any]] = yield [Ask.all(kind, question.ask.region, **spec["scope"]) for kind in sources]
    entries = [entry for fact in answers if isinstance(fact, Known) for entry in fact.value]
    matches = (re.fullmatch(spec["pattern"], str(entry.get(spec["member"], ""))) for entry in entries)
    values = sorted({match[1] for match in matches if match})
    if question.names_one and next(iter(question.key.values())) in values:
        return Known(question.key)
    if not isinstance(answers[-1], Known):
        return next(fact for fact in answers if not isinstance(fact, Known))
    return Absent() if question.names_one else Known(values)


def declared_variant(one: Mapping[str, Any] | Sequence[Mapping[str, Any]], key: Mapping[str, str]) -> Mapping[str, Any]:
    """Return how a resource with this key is read, of the ways that its kind declares."""
    variants: Sequence[Mapping[str, Any]] = [one] if isinstance(one, Mapping) else one
    return next(spec for spec in variants if "when" not in spec or evaluate(spec["when"], key))


def declared_call(spec: Mapping[str, Any], key: Mapping[str, str], region: str) -> Call:
    """Return the call that reads the resource with this key in the declared way."""
    declared: Mapping[str, str] = spec.get("parameters", {name: f'"{name}"' for name in key})
    found = {name: evaluate(path, key) for name, path in declared.items()}
    parameters = {name: _without_null(value) for name, value in found.items() if value is not None}
    return Call(
        spec["service"], spec["call"], parameters, region, spec.get("pages", True), page_size=spec.get("page-size")
    )


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_null(each) for name, each in value.items() if each is not None}
    return [_without_null(each) for each in value] if isinstance(value, list) else value


def _meaning(
    question: DeclaredRead, spec: Mapping[str, Any], outcome: CallOutcome
) -> Generator[Sequence[Wanted], list[Any], Fact[Any]]:
    """Say what an outcome tells of the resource; makes the other declared call where the first does not tell."""
    if isinstance(outcome, Answered):
        return _found(question, spec, outcome)
    absent = absent_by(spec, outcome)
    if absent is not None:
        return absent
    resolution = yield from _permission(question, spec)
    if "otherwise" in spec:
        (second,) = yield [declared_call(spec["otherwise"], question.key, question.ask.region)]
        fact = yield from _meaning(question, spec["otherwise"], second)
        if not isinstance(fact, Unknown):
            return fact
        resolution = f"{resolution}, or {fact.resolution}" if fact.resolution else resolution
    return unknown(outcome, spec["permission"], resolution)


def _found(question: DeclaredRead, spec: Mapping[str, Any], answer: Answered) -> Fact[Any]:
    response = {name: value for name, value in answer.response.items() if name != "ResponseMetadata"}
    if says_absent(spec, response):
        return Absent()
    if "among" in spec:
        for entry in evaluate(spec["among"], response) or ():
            if all(entry.get(name) == value for name, value in question.key.items()):
                return Known(entry)
        return Absent()
    value = evaluate(spec["result"], response) if "result" in spec else response
    if value is None:
        what = question.kind.label
        return Unknown(
            f"AWS's answer does not have the {what} in it", "run the check again; if the error persists, report it"
        )
    if not question.names_one and isinstance(value, list):
        _require_named(question.kind, value, answer.operation)
    return Known({**question.key, **value} if question.names_one and isinstance(value, dict) else value)


def says_absent(spec: Mapping[str, Any], response: Mapping[str, Any]) -> bool:
    """Say whether a successful answer means that there is no such resource."""
    return any("when" in rule and evaluate(rule["when"], response) for rule in spec.get("absent", ()))


def _require_named(kind: ResourceKind, entries: list[Any], operation: str) -> None:
    """Raise `IncompleteAnswerError` for a list with something in it that nothing tells from the rest."""
    # Of what an account has one of, the account is the name.
    names = [] if kind.identity == ("Account",) else [(name, kind.named_by(name)) for name in kind.identity]
    for entry in entries:
        if not isinstance(entry, Mapping):
            raise IncompleteAnswerError(operation, f"the response has no {kind.label}")
        for name, members in names:
            if members and all(entry.get(each) is None for each in members):
                raise IncompleteAnswerError(operation, f"the response has a {kind.label} without {name}")


def absent_by(spec: Mapping[str, Any], failed: Failed) -> Absent | None:
    """Return that there is no such resource, if that is what a declared error says."""
    for rule in spec.get("absent", ()):
        if rule.get("code") == failed.code and rule.get("message", "") in failed.message:
            return Absent(failed.message)
    return None


def _permission(question: DeclaredRead, spec: Mapping[str, Any]) -> Generator[Sequence[Wanted], list[Any], str]:
    (caller,) = yield [CALLER]
    account = caller.value["Account"] if isinstance(caller, Known) else "*"
    arn = question.arn(question.key, account) if question.names_one or not question.kind.identity else "*"
    world, region = question.world, question.ask.region or question.world.region
    values = {**question.key, "Partition": world.partition, "Region": region, "Account": account, "arn": arn}
    if "resolution" in spec:
        return fill(spec["resolution"], values) or ""
    on = fill(spec["resource"], values) if "resource" in spec else arn
    return f"allow {spec['permission']} on {on or '*'}"
