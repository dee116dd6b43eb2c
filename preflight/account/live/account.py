"""Facts from a live account, read by boto3 with the permissions of whoever runs the check. It only ever reads."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from preflight.account.facts import Ask, Fact, Known
from preflight.account.live.calls import Call, CallOutcome, perform
from preflight.account.live.clients import Clients, Connection
from preflight.account.live.concurrent_reads import Chain, Reads
from preflight.account.live.declared_reads import CALLER, World, plan_for
from preflight.account.live.errors import Failed
from preflight.account.live.time_limit import TIME_IS_UP, within
from preflight.thread_pool import Pool

_THREADS = 32


@dataclass(frozen=True, slots=True)
class Stats:
    """What a check cost: requests sent (retries and pages included), by service, and the longest chain of calls."""

    requests: dict[str, int]
    longest: Chain

    @property
    def calls(self) -> int:
        """How many requests were sent in all."""
        return sum(self.requests.values())


class LiveAccount:
    """An `Account` that asks AWS. Answers are remembered: no read is repeated, not even by two threads at once.

    Safe to use from any number of threads. Reads that do not depend on each other run at the same time: ask for them
    together with `read_many`, or announce them with `begin`.
    """

    source = "the live account"

    def __init__(
        self, clients: Clients, *, rereads: int = 5, reread_delay: float = 1.0, timeout: float | None = None
    ) -> None:
        """Take the clients; `rereads` and `reread_delay` (seconds) are for eventually consistent reads. What has not
        been read after `timeout` seconds is unknown.
        """
        self._clients = clients
        self._until = None if timeout is None else time.monotonic() + timeout
        self._rereads, self._reread_delay = rereads, reread_delay
        self._pool = Pool(_THREADS)
        world = World(clients.partition, clients.region, clients.long_term_credentials, rereads, reread_delay)
        self._reads = Reads(self._perform, lambda ask: plan_for(world, ask), self._pool)

    @classmethod
    def open(
        cls, connection: Connection, *, rereads: int = 5, reread_delay: float = 1.0, timeout: float | None = None
    ) -> LiveAccount:
        """Open a session with AWS and start finding out whose it is.

        Raises `UsageError` when there are no credentials, no region or no such profile, or the endpoint URL is none.
        """
        clients = Clients(connection, connections=_THREADS)
        clients.get("sts")
        account = cls(clients, rereads=rereads, reread_delay=reread_delay, timeout=timeout)
        account.begin([CALLER])
        return account

    @property
    def partition(self) -> str:
        """The partition of the session's region."""
        return self._clients.partition

    @property
    def region(self) -> str:
        """The session's region."""
        return self._clients.region

    @property
    def waits(self) -> bool:
        """True: AWS is asked."""
        return True

    def home_region(self) -> Fact[str]:
        """Return the session's region."""
        return Known(self.region)

    def account_id(self) -> Fact[str]:
        """Return the account of the credentials in use."""
        return self._of_caller("Account")

    def caller(self) -> Fact[str]:
        """Return the ARN of the credentials in use: of a user, an assumed-role session, a federated user or root."""
        return self._of_caller("Arn")

    def read(self, ask: Ask) -> Fact[Any]:
        """Answer one question. Raises `PreflightError` only for a kind that is not declared."""
        return self.read_many([ask])[0]

    def read_many(self, asks: Sequence[Ask]) -> list[Fact[Any]]:
        """Answer several questions in order; all are asked at the same time."""
        return self._reads.ask(asks)

    def begin(self, asks: Sequence[Ask]) -> None:
        """Start reads that will be asked for later, so that they are on their way."""
        self._reads.begin(asks)

    def client(self, service: str, region: str = "") -> Any:
        """Return the boto3 client that the reads use, for the one call that writes (`preflight create`)."""
        return self._clients.get(service, region)

    def call(self, call: Call) -> CallOutcome:
        """Make one call that is no resource's read, such as one that lists a whole account."""
        return perform(self._clients, call)[0]

    def again(self, *, timeout: float | None = None) -> LiveAccount:
        """Return an account with the same clients that remembers nothing: for questions after something was changed.
        What it has not read after `timeout` seconds is unknown.
        """
        return LiveAccount(self._clients, rereads=self._rereads, reread_delay=self._reread_delay, timeout=timeout)

    def stats(self) -> Stats:
        """Return how many requests were sent so far, and the longest chain of calls that somebody waited for."""
        return Stats(dict(self._clients.requests), self._reads.longest)

    def close(self) -> None:
        """Let the threads end. Reads that are under way come to nothing."""
        self._pool.close()

    def _perform(self, call: Call) -> tuple[CallOutcome, int]:
        if self._until is None:
            return perform(self._clients, call)
        left = self._until - time.monotonic()
        found = within(left, partial(perform, self._clients, call)) if left > 0 else TIME_IS_UP
        return (found, 0) if isinstance(found, Failed) else found

    def _of_caller(self, member: str) -> Fact[str]:
        fact = self.read(CALLER)
        return Known(str(fact.value[member])) if isinstance(fact, Known) else fact
