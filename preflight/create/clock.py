"""AWS's clock against this machine's, from the Date of AWS's answers: when something was created, on our own clock."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

# The second halves of the uncertainty: four looks leave a sixteenth of a second, and what AWS takes to answer.
_LOOKS = 4


@dataclass(slots=True)
class Clock:
    """By how much AWS's clock (seconds since 1970) is ahead of `time.monotonic()`: somewhere from `low` to `high`."""

    low: float = -math.inf
    high: float = math.inf

    def heard(self, answer: Mapping[str, Any], sent: float, received: float) -> None:
        """Learn from an answer's Date, a whole second, when it was asked for and came (`time.monotonic()`)."""
        date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
        try:
            second = parsedate_to_datetime(date).timestamp()
        except (TypeError, ValueError):
            return
        low, high = second - received, second + 1 - sent
        if low > self.high or high < self.low:
            # The clocks of two of AWS's hosts do not agree: either may be right.
            self.low, self.high = min(low, self.low), max(high, self.high)
        else:
            self.low, self.high = max(low, self.low), min(high, self.high)

    def after(self, created: float, moment: float) -> bool:
        """Say whether what AWS created at `created` came after a moment of ours for certain."""
        return created - self.high >= moment

    def before(self, created: float, moment: float) -> bool:
        """Say whether what AWS created at `created` came before a moment of ours for certain."""
        return created - self.low < moment

    def narrow(self, look: Callable[[], object], decided: Callable[[], bool], sleep: Callable[[float], bool]) -> None:
        """Look again where AWS's second turns in the middle of what is not known, until it is decided or known well, or
        `sleep` says that time is up.
        """
        for _ in range(_LOOKS):
            if decided() or not math.isfinite(self.high - self.low):
                return
            turn = (self.low + self.high) / 2
            now = time.monotonic() + turn
            if not sleep(math.ceil(now) - now):
                return
            look()
