"""Auditing many accounts on a Dask cluster: each account is one task, done again elsewhere if its worker is lost.

https://distributed.dask.org/en/stable/resilience.html
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from preflight import __version__
from preflight.audit.many.targets import AuditTarget
from preflight.audit.many.task import Done, FailedAudit, Orders, gather, judge, whole
from preflight.errors import UsageError

if TYPE_CHECKING:
    from distributed import Client, Future

_TIMEOUT = 15
# Enough for every worker to have the next account at hand.
_EACH = 2


def on_dask(targets: Iterable[AuditTarget], orders: Orders, scheduler: str) -> Iterator[Done | FailedAudit]:
    """Yield what becomes of each account, in the order in which they are done.

    Workers read live accounts with credentials of their own surroundings; snapshots are read here and sent to them. An
    account at which several workers were lost is reported as failed. No more accounts are under way than twice the
    workers' threads. Closing it cancels the work.

    Raises `UsageError` where there is no such cluster, where it is lost, and where its workers have no preflight or
    another version.
    """
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise UsageError("--engine dask needs Dask: pip install 'aws-preflight[dask]'") from None
    # Importing it gives each a level of its own; a cluster that is lost is told of here, without a traceback.
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        client = Client(scheduler, timeout=_TIMEOUT, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, RuntimeError) as error:
        raise UsageError(
            f"no Dask scheduler answers at {scheduler} ({type(error).__name__}); correct --scheduler"
        ) from None
    try:
        window = _EACH * _threads(client, scheduler)
        source = iter(targets)
        under_way: dict[Any, tuple[AuditTarget, Future[Any]]] = {}
        finished: Any = as_completed(loop=client.loop)  # type: ignore[no-untyped-call]
        while True:
            while len(under_way) < window and (target := next(source, None)) is not None:
                future = _submitted(client, target, orders)
                if isinstance(future, FailedAudit):
                    yield future
                    continue
                under_way[future.key] = target, future
                finished.add(future)
            if not under_way:
                return
            future = next(finished)
            target, _ = under_way.pop(future.key)
            yield _outcome(target, future, scheduler)
    finally:
        client.close(timeout=_TIMEOUT)  # type: ignore[no-untyped-call]


def _submitted(client: Client, target: AuditTarget, orders: Orders) -> Future[Any] | FailedAudit:
    options: dict[str, Any] = {"pure": False, "retries": 2}
    if not target.path:
        return client.submit(whole, target, orders, **options)
    gathered = gather(target, orders)
    return gathered if isinstance(gathered, FailedAudit) else client.submit(judge, gathered, orders, **options)


def _outcome(target: AuditTarget, future: Future[Any], scheduler: str) -> Done | FailedAudit:
    from distributed import KilledWorker

    if future.status == "finished":
        outcome: Done | FailedAudit = future.result()
        return outcome
    if future.status in ("cancelled", "lost"):
        raise UsageError(f"the Dask cluster at {scheduler} was lost; what is done is kept: run the same command again")
    error = future.exception()  # type: ignore[no-untyped-call]
    if isinstance(error, KilledWorker):
        return FailedAudit(
            target, "every worker that audited it was lost, usually because it ran out of memory; give them more"
        )
    if isinstance(error, UsageError):
        raise error
    return FailedAudit(target, f"its worker reports {type(error).__name__}: {error}")


def _threads(client: Client, scheduler: str) -> int:
    """Return how many tasks the workers do at once, when all of them have this version of preflight."""
    workers = client.scheduler_info(n_workers=-1)["workers"]
    if not workers:
        raise UsageError(f"the Dask scheduler at {scheduler} has no workers; start some: dask worker {scheduler}")
    answers: dict[str, Any] = client.run(_version, on_error="return")
    for worker, answer in answers.items():
        if answer != __version__:
            what = f"preflight {answer}" if isinstance(answer, str) else f"no preflight ({answer})"
            raise UsageError(f"worker {worker} has {what}; install preflight {__version__} there")
    return sum(int(each["nthreads"]) for each in workers.values())


def _version() -> str:
    return __version__
