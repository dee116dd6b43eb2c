"""Running checks: each over its subject, at the same time where they wait for AWS, their results in a fixed order."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Generic, TypeAlias, TypeVar

from preflight.engine.result import Kind, Location, Result
from preflight.engine.rule import Rule
from preflight.errors import InputError, UsageError
from preflight.thread_pool import Pool
from preflight.waiting import next_of

S = TypeVar("S")
Check: TypeAlias = Callable[[S, Rule], Iterable[Result]]
# Told after each check: how many are done, of how many, and which rule it was.
RuleProgress: TypeAlias = Callable[[int, int, Rule], None]


@dataclass(frozen=True, slots=True)
class Task(Generic[S]):
    """One check to run over one subject. `location` is where a result stands if the check itself breaks."""

    rule: Rule
    check: Check[S]
    subject: S
    location: Location | None = None


def run(tasks: Sequence[Task[S]], *, threads: int = 1, progress: RuleProgress | None = None) -> list[Result]:
    """Run every task and return their results, in the order of the tasks whatever the order in which they end.

    A check that breaks gives an `open` result with the cause: what it would have found is not known. `InputError` and
    `UsageError` are raised, as is an interruption, which does not wait for checks under way.
    """
    if threads <= 1 or len(tasks) <= 1:
        found = []
        for done, task in enumerate(tasks, start=1):
            found.extend(_results(task))
            if progress is not None:
                progress(done, len(tasks), task.rule)
        return found
    return _at_once(tasks, threads, progress)


def _at_once(tasks: Sequence[Task[S]], threads: int, progress: RuleProgress | None) -> list[Result]:
    ended: SimpleQueue[tuple[int, list[Result] | BaseException]] = SimpleQueue()

    # Each check goes on from what the caller has waited for, which is how the longest chain of calls is known.
    contexts = [copy_context() for _ in tasks]

    def work(index: int) -> None:
        try:
            ended.put((index, contexts[index].run(_results, tasks[index])))
        except BaseException as error:
            ended.put((index, error))

    pool = Pool(min(threads, len(tasks)))
    try:
        for index in range(len(tasks)):
            pool.submit(partial(work, index))
        found: dict[int, list[Result]] = {}
        for done in range(1, len(tasks) + 1):
            index, outcome = next_of(ended)
            if isinstance(outcome, BaseException):
                raise outcome
            found[index] = outcome
            if progress is not None:
                progress(done, len(tasks), tasks[index].rule)
    finally:
        pool.close()
    return [result for index in range(len(tasks)) for result in found[index]]


def _results(task: Task[S]) -> list[Result]:
    try:
        return list(task.check(task.subject, task.rule))
    except (InputError, UsageError):
        raise
    except Exception as error:
        return [_broken(task, error)]


def _broken(task: Task[S], error: Exception) -> Result:
    last = traceback.extract_tb(error.__traceback__)[-1]
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    where = f"{Path(last.filename).name}:{last.lineno}"
    return task.rule.result(
        Kind.OPEN,
        f"internal error in the check, so its result is unknown: {what} ({where})",
        location=task.location,
        remedy="This is a bug in preflight. Please report it with this message and the request.",
    )
