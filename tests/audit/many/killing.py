"""Renders of an audit's document that end their process: as the kernel does where memory runs out."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from preflight.audit.check import Audit
from preflight.report.audit import plain


@dataclass(frozen=True)
class Killing:
    """Kills the process that audits an account: the first time only, as `mark` remembers, or with no mark each time."""

    account: str
    mark: str = ""

    def __call__(self, audit: Audit) -> Mapping[str, Any]:
        if audit.account == self.account and not (self.mark and Path(self.mark).exists()):
            if self.mark:
                Path(self.mark).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return plain(audit)
