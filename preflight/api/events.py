"""What `create` tells while it works: one frozen value for each kind of event."""

from preflight.create.events import (
    Accepted,
    Again,
    Calling,
    Event,
    NotSeen,
    Progress,
    Refused,
    There,
    Undoing,
    Undone,
    Waiting,
)

__all__ = [
    "Accepted",
    "Again",
    "Calling",
    "Event",
    "NotSeen",
    "Progress",
    "Refused",
    "There",
    "Undoing",
    "Undone",
    "Waiting",
]
