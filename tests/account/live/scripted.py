"""A live account whose calls are answered by a script: what a plan asks, in which order, and what it makes of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from preflight.account.facts import Ask, Fact
from preflight.account.live.calls import Answered, Call, CallOutcome
from preflight.account.live.concurrent_reads import Reads
from preflight.account.live.declared_reads import World, plan_for
from preflight.account.live.errors import Failed
from preflight.thread_pool import Pool

ACCOUNT = "111122223333"
REGION = "us-east-1"

Answer = CallOutcome | Mapping[str, Any] | Callable[[Call], Any]

DENIED = Failed("AccessDeniedException", "not authorized to perform it", 403)
CALLER = {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/ann", "UserId": "AIDA"}


def label(call: Call) -> str:
    """Return the call as scripts name it: `sagemaker:DescribeEndpoint`."""
    return f"{call.service}:{''.join(word.capitalize() for word in call.operation.split('_'))}"


class Scripted:
    """Answers `service:Operation` from a script; anything not in it is denied. `made` are the calls, in order."""

    def __init__(self, script: Mapping[str, Answer], **world: Any) -> None:
        self.script = {"sts:GetCallerIdentity": CALLER, **script}
        self.made: list[Call] = []
        self._lock = threading.Lock()
        at = {"partition": "aws", "region": REGION, "reread_delay": 0.0, **world}
        self.reads = Reads(self._perform, lambda ask: plan_for(World(**at), ask), Pool(32))

    def one(self, kind: str, region: str = REGION, *, expected: bool = False, **key: str) -> Fact[Any]:
        return self.reads.ask([Ask.one(kind, region, key, expected=expected)])[0]

    def all(self, kind: str, region: str = REGION, **scope: str) -> Fact[Any]:
        return self.reads.ask([Ask.all(kind, region, **scope)])[0]

    @property
    def labels(self) -> list[str]:
        return [label(call) for call in self.made]

    def _perform(self, call: Call) -> tuple[CallOutcome, int]:
        with self._lock:
            self.made.append(call)
        answer: Any = self.script.get(label(call), DENIED)
        if callable(answer):
            answer = answer(call)
        return (answer if isinstance(answer, Answered | Failed) else Answered(answer)), 1
