"""Running checks: results in order, breakage told and never lost, errors and interruptions passed on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import pytest

from preflight.engine.result import Kind, Level, Location, Result
from preflight.engine.rule import Rule
from preflight.engine.run import Task, run
from preflight.errors import InputError, PreflightError

BOTH = pytest.mark.parametrize("threads", [1, 8])


def rule(name: str) -> Rule:
    return Rule(name, name.lower(), Level.ERROR, "c", "s", "w", "r", "readiness")


def says(subject: str, rule: Rule) -> Iterator[Result]:
    for number in range(2):
        yield rule.result(Kind.PASS, f"{subject} {number}")


def slow_first(subject: str, rule: Rule) -> Iterator[Result]:
    time.sleep(0.05 if subject == "a" else 0)
    return says(subject, rule)


def broken(subject: Any, rule: Rule) -> Iterator[Result]:
    yield rule.result(Kind.PASS, "so far so good")
    raise KeyError("Variants")


@BOTH
def test_results_are_in_the_order_of_the_tasks(threads: int) -> None:
    tasks = [Task(rule("PRE001"), slow_first, subject) for subject in "abc"]
    found = [result.message for result in run(tasks, threads=threads)]
    assert found == ["a 0", "a 1", "b 0", "b 1", "c 0", "c 1"]


@BOTH
def test_a_check_that_breaks_is_open_with_the_cause_and_what_it_had_said_does_not_count(threads: int) -> None:
    place = Location("plan.json", "/requests/0")
    tasks = [Task(rule("PRE001"), broken, "x", place), Task(rule("PRE002"), says, "y")]
    first, *others = run(tasks, threads=threads)
    assert (first.rule, first.kind, first.location) == ("PRE001", Kind.OPEN, place)
    assert "KeyError: 'Variants'" in first.message and "test_run.py:" in first.message
    assert "report it" in first.remedy
    assert [each.message for each in others] == ["y 0", "y 1"]


@BOTH
@pytest.mark.parametrize("error", [InputError("s.json", "wrong"), KeyboardInterrupt()])
def test_bad_input_and_interruptions_are_raised(threads: int, error: BaseException) -> None:
    def check(subject: str, rule: Rule) -> Iterator[Result]:
        if subject == "b":
            raise error
        return says(subject, rule)

    with pytest.raises(type(error)):
        run([Task(rule("PRE001"), check, subject) for subject in "abc"], threads=threads)


def test_an_error_in_the_rules_themselves_is_open() -> None:
    def check(subject: str, rule: Rule) -> Iterator[Result]:
        raise PreflightError("the expression 'x' in rules/ cannot be evaluated")

    (result, *_) = run([Task(rule("PRE001"), check, "a"), Task(rule("PRE002"), check, "a")])
    assert result.kind is Kind.OPEN and "cannot be evaluated" in result.message


@BOTH
def test_progress_is_told_after_each(threads: int) -> None:
    told: list[tuple[int, int, str]] = []
    tasks = [Task(rule(f"PRE00{number}"), says, "x") for number in range(4)]
    run(tasks, threads=threads, progress=lambda done, total, rule: told.append((done, total, rule.id)))
    assert [each[:2] for each in told] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert sorted(each[2] for each in told) == ["PRE000", "PRE001", "PRE002", "PRE003"]


def test_with_threads_checks_wait_together_and_know_what_was_waited_for() -> None:
    together = threading.Barrier(4, timeout=60)
    waited: ContextVar[str] = ContextVar("waited", default="nothing")
    waited.set("the caller")

    def check(subject: str, rule: Rule) -> Iterator[Result]:
        together.wait()
        yield rule.result(Kind.PASS, waited.get())

    found = run([Task(rule("PRE001"), check, subject) for subject in "abcd"], threads=4)
    assert [each.message for each in found] == ["the caller"] * 4


def test_without_threads_checks_run_in_the_callers() -> None:
    def check(subject: str, rule: Rule) -> Iterator[Result]:
        yield rule.result(Kind.PASS, threading.current_thread().name)

    found = run([Task(rule("PRE001"), check, subject) for subject in "ab"])
    assert {each.message for each in found} == {threading.current_thread().name}


def test_an_interruption_does_not_wait_for_checks_under_way() -> None:
    release = threading.Event()

    def check(subject: str, rule: Rule) -> Iterator[Result]:
        if subject == "slow":
            release.wait(60)
        return says(subject, rule)

    def interrupt(done: int, total: int, rule: Rule) -> None:
        raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run([Task(rule("PRE001"), check, each) for each in ("slow", "fast")], threads=2, progress=interrupt)
    release.set()
    assert time.monotonic() - began < 30
