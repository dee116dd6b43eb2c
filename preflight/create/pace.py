"""How often to look and how often to try again. Times are in seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """Looks come `first` apart, then further and further, up to `most`. botocore's waiter looks every 30 seconds."""

    first: float = 5.0
    most: float = 30.0

    def delay(self, looks: int) -> float:
        """Return how long to wait after this many looks."""
        return float(min(self.first * 1.2 ** (looks - 1), self.most))


@dataclass(frozen=True, slots=True)
class Patience:
    """A call that is refused for a reason that passes is made `retries` times again, after `delay` and then longer."""

    retries: int = 5
    delay: float = 1.0

    def wait(self, attempt: int) -> float:
        """Return how long to wait after this many attempts."""
        return float(min(self.delay * 2 ** (attempt - 1), 20.0))

    def look(self, attempt: int) -> float:
        """Return how long to wait before looking again for what a call may have made, after this many looks."""
        return float(min(self.delay * 1.5 ** (attempt - 1), 5.0))
