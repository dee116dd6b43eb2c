"""What happens while a plan is carried out, told as it happens, for whoever shows or watches it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class There:
    """It is already there as the plan has it, with this status (empty for what has none): it is not created again."""

    what: str
    status: str


@dataclass(frozen=True, slots=True)
class Calling:
    """The call for it is about to be made; `doing` is `create` or `update`."""

    what: str
    doing: str


@dataclass(frozen=True, slots=True)
class Again:
    """AWS refused for a reason that passes; the call is made again after `delay` seconds."""

    what: str
    reason: str
    attempt: int
    delay: float


@dataclass(frozen=True, slots=True)
class Accepted:
    """AWS accepted the call."""

    what: str
    arn: str


@dataclass(frozen=True, slots=True)
class Refused:
    """AWS did not accept the call; `reason` is AWS's code and message."""

    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class Progress:
    """A look showed this status, `seconds` after following began."""

    what: str
    status: str
    seconds: float


@dataclass(frozen=True, slots=True)
class NotSeen:
    """A look showed nothing, for this reason; following goes on."""

    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class Undoing:
    """What this run created is about to be deleted."""

    what: str


@dataclass(frozen=True, slots=True)
class Undone:
    """It is deleted; with a `reason`, it is not."""

    what: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Interrupted while a call was under way: its answer is waited for, since it tells what exists."""

    what: str


Event: TypeAlias = There | Calling | Again | Accepted | Refused | Progress | NotSeen | Undoing | Undone | Waiting
