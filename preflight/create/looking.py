"""What is at AWS right now, read afresh; and whether it is what the plan asks for."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from preflight.account.facts import Absent, Account, Fact, Known, Unknown
from preflight.account.live.declared_reads import absent_by, declared_call, declared_variant, says_absent
from preflight.account.live.errors import Failed, failure, unknown
from preflight.account.live.incomplete import IncompleteAnswerError
from preflight.account.live.time_limit import within
from preflight.create.clock import Clock
from preflight.create.journal import JournalEntry
from preflight.declared.expressions import evaluate
from preflight.declared.resource_kinds import ResourceKind

# How a difference begins that is none: it cannot be told.
UNREAD_TAGS = "its tags cannot be compared"


class HasClients(Protocol):
    """Who has boto3's clients: a live account."""

    def client(self, service: str, region: str = "") -> Any:
        """Return boto3's client of a service in a region."""
        ...


class Afresh(Account, Protocol):
    """An account for a few questions."""

    def close(self) -> None:
        """Let its threads end."""
        ...


class Live(Account, HasClients, Protocol):
    """A live account: it answers questions, and has boto3's clients."""

    def again(self, *, timeout: float | None = None) -> Afresh:
        """Return one that remembers nothing; what it has not read after `timeout` seconds is unknown."""
        ...


class Aws:
    """AWS, asked with the clients of an account, and what is known of its clock.

    `until` (`time.monotonic()`) is when time is up, whatever AWS still sends by then; None is never.
    """

    def __init__(self, clients: HasClients, until: float | None = None) -> None:
        self.client = clients.client
        self.until = until
        self.clock = Clock()

    @property
    def left(self) -> float:
        """How many seconds are left."""
        return math.inf if self.until is None else max(self.until - time.monotonic(), 0.0)

    def sleep(self, seconds: float) -> bool:
        """Sleep; says whether there is time left after it."""
        time.sleep(min(seconds, self.left))
        return self.left > 0


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look showed. `created` is when it was created by AWS's clock, in seconds; None if AWS did not say."""

    described: Mapping[str, Any]
    status: str
    reason: str
    created: float | None = None


def look(aws: Aws, entry: JournalEntry) -> Fact[Seen]:
    """Read a resource of the plan afresh. Never raises for what AWS says."""
    found = read(aws, entry.operation.kind, entry.key, entry.region, entry.arn)
    return Known(seen(entry, found.value)) if isinstance(found, Known) else found


def read(aws: Aws, kind: ResourceKind, key: Mapping[str, str], region: str, arn: str) -> Fact[Mapping[str, Any]]:
    """Read a resource of a kind afresh. Never raises for what AWS says; `arn` is for what it says is missing."""
    spec = declared_variant(kind.section("read")["one"], key)
    call = declared_call(spec, key, region)
    outcome = ask(aws, call.service, call.operation, call.parameters, region)
    if isinstance(outcome, Failed):
        absent = absent_by(spec, outcome)
        return absent or unknown(outcome, spec["permission"], f"allow {spec['permission']} on {arn}")
    response = {name: value for name, value in outcome.items() if name != "ResponseMetadata"}
    if says_absent(spec, response):
        return Absent()
    described = evaluate(spec["result"], response) if "result" in spec else response
    if not isinstance(described, Mapping):
        return IncompleteAnswerError(spec["permission"], f"the response has no {kind.label}").fact
    return Known(described)


def seen(entry: JournalEntry, response: Mapping[str, Any]) -> Seen:
    """Return what a description says of status, reason and creation."""
    call, states = entry.operation.call, entry.operation.kind.section("status") or {}
    described = {name: value for name, value in response.items() if name != "ResponseMetadata"}
    status = str(described.get(call.status or states.get("member", ""), ""))
    reason = str(described.get(call.reason or "", ""))
    created = described.get("CreationTime")
    return Seen(described, status, reason, created.timestamp() if isinstance(created, datetime) else None)


def ask(aws: Aws, service: str, method: str, parameters: Mapping[str, Any], region: str) -> dict[str, Any] | Failed:
    """Make a call; returns the response, or what went wrong. When time is up its answer is waited for no longer."""
    if aws.until is None:
        return _ask(aws, service, method, parameters, region)
    return within(aws.left or 0, partial(_ask, aws, service, method, parameters, region))


def _ask(aws: Aws, service: str, method: str, parameters: Mapping[str, Any], region: str) -> dict[str, Any] | Failed:
    sent = time.monotonic()
    try:
        response: dict[str, Any] = getattr(aws.client(service, region), method)(**parameters)
    except Exception as error:
        aws.clock.heard(getattr(error, "response", None) or {}, sent, time.monotonic())
        return failure(error, method)
    aws.clock.heard(response, sent, time.monotonic())
    return response


def difference(aws: Aws, entry: JournalEntry, described: Mapping[str, Any]) -> str | None:
    """Say where what AWS describes is not what the request asks for; None where it is the plan's own.

    Members that AWS never describes (a deployment's options) cannot differ. Tags are read only where all else is as
    planned; where they may not be read it cannot be told whose it is, and that is a difference.
    """
    pending = described.get((entry.operation.kind.section("status") or {}).get("pending", "")) or {}
    now = {**described, **{name: value for name, value in pending.items() if name in entry.request.parameters}}
    shown = _describable(aws, entry)
    for member, wanted in entry.request.parameters.items():
        if member == "Tags" or (member not in now and member not in shown):
            continue
        place = _differs(wanted, now.get(member), member)
        if place:
            return place
    return _other_tags(aws, entry) if entry.operation.effect == "create" else None


def unasked(aws: Aws, entry: JournalEntry, described: Mapping[str, Any]) -> str | None:
    """Say what AWS describes that the request could have asked for and did not; None where there is nothing.

    It may be a default of AWS's, so it is no difference, but it is no proof of whose it is either.
    """
    call = entry.operation.call
    client = aws.client(call.service, entry.region)
    operation = client.meta.method_to_api_mapping[call.method]
    members = client.meta.service_model.operation_model(operation).input_shape.members
    for name, value in described.items():
        if name in members and name not in entry.request.parameters and value:
            return f"{name} is {_say(value)}, which the plan does not ask for"
    return None


def _describable(aws: Aws, entry: JournalEntry) -> frozenset[str]:
    spec = entry.read
    client = aws.client(spec["service"], entry.region)
    operation = client.meta.method_to_api_mapping[spec["call"]]
    return frozenset(client.meta.service_model.operation_model(operation).output_shape.members)


def _differs(wanted: Any, there: Any, place: str) -> str | None:
    if isinstance(wanted, Mapping) and isinstance(there, Mapping):
        for name, value in wanted.items():
            if found := _differs(value, there.get(name), f"{place}.{name}"):
                return found
        return None
    if isinstance(wanted, list) and isinstance(there, list):
        if len(wanted) != len(there):
            return f"{place} has {len(there)} entries, not {len(wanted)}"
        for index, (one, other) in enumerate(zip(wanted, there, strict=True)):
            if found := _differs(one, other, f"{place}[{index}]"):
                return found
        return None
    if wanted == there:
        return None
    return f"{place} is {_say(there)}, not {_say(wanted)}"


def _say(value: Any) -> str:
    text = str(value)
    return "not set" if value is None else f"`{text if len(text) <= 60 else text[:57] + '...'}`"


def _other_tags(aws: Aws, entry: JournalEntry) -> str | None:
    spec = entry.operation.kind.section("tags")
    wanted = {tag["Key"]: tag["Value"] for tag in entry.request.parameters.get("Tags", ())}
    if spec is None:
        return None
    tags: list[Mapping[str, str]] = []
    token: dict[str, str] = {}
    while True:
        given = {spec["parameter"]: entry.arn, **token}
        outcome = ask(aws, spec["service"], spec["call"], given, entry.region)
        if isinstance(outcome, Failed):
            fact: Unknown = unknown(outcome, spec["permission"], "")
            return f"{UNREAD_TAGS}: {fact.reason}" if wanted else None
        tags += evaluate(spec["result"], outcome) or []
        if not outcome.get("NextToken"):
            break
        if outcome["NextToken"] == token.get("NextToken"):
            return (
                f"{UNREAD_TAGS}: {spec['permission']}: the responses have the same NextToken twice" if wanted else None
            )
        token = {"NextToken": outcome["NextToken"]}
    there = {tag["Key"]: tag["Value"] for tag in tags if not tag["Key"].startswith("aws:")}
    return None if there == wanted else f"its tags are {_say(there)}, not {_say(wanted)}"
