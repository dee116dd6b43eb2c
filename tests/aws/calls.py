"""The log of the calls that were made, for tests that count them and look at what ran at the same time."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from tests.aws.requests import AwsRequest


@dataclass(slots=True)
class Call:
    """One request as it arrived and was answered; times are `time.monotonic()`, `status` 0 where no answer was sent."""

    service: str
    operation: str
    region: str
    parameters: Mapping[str, Any]
    start: float
    end: float = 0.0
    status: int = 0
    code: str = ""

    @property
    def action(self) -> str:
        return f"{self.service}:{self.operation}"


class Calls:
    """Calls in the order in which they arrived."""

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[Call]:
        with self._lock:
            return iter(list(self._calls))

    def __len__(self) -> int:
        return len(self._calls)

    def begin(self, request: AwsRequest) -> Call:
        call = Call(request.service, request.operation, request.region, request.parameters, time.monotonic())
        with self._lock:
            self._calls.append(call)
        return call

    def of(self, pattern: str) -> list[Call]:
        """Return the calls whose `service:Operation` matches, `*` being anything."""
        return [call for call in self if fnmatchcase(call.action, pattern)]

    def count(self) -> Counter[str]:
        """Return how often each `service:Operation` was called."""
        return Counter(call.action for call in self)

    def most_at_once(self, pattern: str = "*") -> int:
        """Return the largest number of matching calls that were under way at the same moment."""
        calls = self.of(pattern)
        moments = sorted([(call.start, 1) for call in calls] + [(call.end, -1) for call in calls if call.end])
        most = now = 0
        for _, change in moments:
            now += change
            most = max(most, now)
        return most

    def clear(self) -> None:
        """Forget every call so far."""
        with self._lock:
            self._calls.clear()
