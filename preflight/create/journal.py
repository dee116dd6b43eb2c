"""What was asked of AWS, written down before it is asked, so that an interruption at any moment leaves it known."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from preflight.account.live.declared_reads import declared_call, declared_variant
from preflight.declared.operations import Operation
from preflight.documents.plans.plan import PlannedRequest
from preflight.engine.result import Location


class State(StrEnum):
    """How far the request of an entry is."""

    PLANNED = "planned"
    THERE = "there"  # it was there already, as the plan has it
    ASKED = "asked"  # the call was begun; what became of it is not known yet
    MADE = "made"  # this run made the call and AWS accepted it
    UNPROVED = "unproved"  # it is there as the plan has it, and it can't be told whether this run made it
    REFUSED = "refused"
    UNDONE = "undone"


@dataclass(slots=True)
class JournalEntry:
    """One request of the plan and how far it is. `status` is what was last seen.

    `new` says that it was not there before the run, `deleting` that its deletion was begun. `asked_at` and `made_at`
    are `time.monotonic()` when the first call was begun, and when what came of it was known. `refused` is AWS's reason
    for not doing the last call. `kept` says why a rollback left it although this run made it, and what to do.
    """

    request: PlannedRequest
    operation: Operation
    key: dict[str, str]
    arn: str
    region: str
    state: State = State.PLANNED
    asked_at: float | None = None
    made_at: float | None = None
    status: str = ""
    refused: str = ""
    kept: str = ""
    new: bool = False
    deleting: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        """What messages call it: "endpoint `churn`"."""
        return f"{self.operation.kind.label} `{self.name}`"

    @property
    def name(self) -> str:
        """Its name."""
        return "/".join(self.key[name] for name in self.operation.kind.identity)

    @property
    def location(self) -> Location:
        """Where the request stands in what the user gave."""
        return Location(self.request.document.path, self.request.pointer)

    @property
    def followed(self) -> bool:
        """Whether AWS goes on working on it after the call."""
        return self.operation.call.status is not None

    @property
    def creates(self) -> bool:
        """Whether what the call makes is new: a call that may be repeated changes what was there before."""
        operation = self.operation
        return operation.effect == "create" and (self.new or not operation.declared.get("repeatable"))

    @property
    def read(self) -> Mapping[str, Any]:
        """How its kind declares that it is read."""
        return declared_variant(self.operation.kind.section("read")["one"], self.key)

    @property
    def touched(self) -> bool:
        """Whether this run asked AWS for it, whatever became of that."""
        return self.state in (State.ASKED, State.MADE, State.UNPROVED)

    @property
    def called(self) -> bool:
        """Whether this run asked AWS for it, and it was not refused."""
        return self.touched or self.state is State.UNDONE

    @property
    def unclear(self) -> bool:
        """Whether it may exist because of this run, and that is not certain."""
        return self.state in (State.ASKED, State.UNPROVED)

    def command(self, method: str) -> str:
        """Return the AWS CLI's command for one of the service's calls on it: `aws sagemaker delete-endpoint ...`."""
        return command(self.operation.call.service, method, self.key, self.region)

    def wait_command(self) -> str:
        """Return the AWS CLI's command that waits for it; empty where there is none."""
        call = self.operation.call
        return command(f"{call.service} wait", call.waiter, self.key, self.region) if call.waiter else ""

    def look_command(self) -> str:
        """Return the AWS CLI's command that describes it."""
        call = declared_call(self.read, self.key, self.region)
        return command(call.service, call.operation, call.parameters, self.region)

    def undo_command(self) -> str:
        """Return the AWS CLI's command that deletes it; empty where the call is not undone so."""
        return self.command(self.operation.call.undo) if self.operation.call.undo and self.creates else ""

    def way_to_tell(self) -> str:
        """Return how to find out whether it exists, and how to delete it if it does and is this run's."""
        how = f"look: {self.look_command()}"
        if self.creates and self.undo_command():
            how += f"; if it is this run's (CreationTime), delete it: {self.undo_command()}"
        return how

    def keep(self, reason: str, look: str) -> None:
        """Leave it, though this run made it; `look` is the command that shows what uses it."""
        self.kept = f"{self.label}: {reason}; look: {look}; if nothing uses it, delete it: {self.undo_command()}"

    def note(self, what: str) -> None:
        """Add what the results are to say of it, once."""
        if what not in self.notes:
            self.notes.append(what)


def command(service: str, method: str, parameters: Mapping[str, Any], region: str) -> str:
    """Return the AWS CLI's command for boto3's method: `aws sagemaker list-models --name-contains a --region ...`."""
    named = [f"--{_kebab(name)} {_value(value)}" for name, value in parameters.items()]
    return " ".join(["aws", service, method.replace("_", "-"), *named, f"--region {region}"])


def _value(value: Any) -> str:
    return " ".join(map(shlex.quote, value if isinstance(value, list) else [value]))


def _kebab(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).strip("-")
