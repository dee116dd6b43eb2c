"""Nothing is read twice, what can run at the same time does, and the longest chain is counted."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import pytest

from preflight.account.facts import Ask, Known, Unknown
from preflight.account.live.calls import Answered, Call, CallOutcome
from preflight.account.live.concurrent_reads import Begin, Chain, ReadPlan, Reads, Wanted
from preflight.thread_pool import Pool


def leaf(name: str) -> Call:
    return Call("sagemaker", name)


Perform = Callable[[Call], tuple[CallOutcome, int]]


class Recorder:
    """Calls that take a moment, and how many were under way at once."""

    def __init__(self, seconds: float = 0.02) -> None:
        self.seconds = seconds
        self.made: list[str] = []
        self.under_way = self.most = 0
        self.lock = threading.Lock()

    def __call__(self, call: Call) -> tuple[CallOutcome, int]:
        with self.lock:
            self.made.append(call.operation)
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        time.sleep(self.seconds)
        with self.lock:
            self.under_way -= 1
        return Answered({"name": call.operation}), 1


def reads(plans: dict[str, Sequence[Sequence[Wanted]]], perform: Perform, size: int = 8) -> Reads:
    """Return reads whose question `kind` goes through the given stages and answers with the names of the last."""

    def plan(ask: Ask) -> ReadPlan:
        answers: list[object] = []
        for stage in plans[ask.kind]:
            answers = yield stage
        return Known([getattr(each, "response", each) for each in answers])

    return Reads(perform, plan, Pool(size))


def ask(kind: str) -> Ask:
    return Ask(kind, "")


def test_independent_questions_run_at_the_same_time() -> None:
    together = threading.Barrier(8, timeout=60)

    def perform(call: Call) -> tuple[CallOutcome, int]:
        together.wait()
        return Answered({"name": call.operation}), 1

    many = reads({f"k{n}": [[leaf(f"c{n}")]] for n in range(8)}, perform)
    facts = many.ask([ask(f"k{n}") for n in range(8)])
    assert facts == [Known([{"name": f"c{n}"}]) for n in range(8)]
    assert many.longest.calls == 1


def test_nothing_is_read_twice_whoever_asks_and_whenever() -> None:
    perform = Recorder(0.05)
    shared = reads({"a": [[leaf("x")], [leaf("y")]], "b": [[leaf("x"), ask("a")]]}, perform)
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda n: shared.ask([ask("ab"[n % 2])]), range(64)))
    assert sorted(perform.made) == ["x", "y"]
    assert all(answers)
    shared.ask([ask("a"), ask("b"), ask("a")])
    assert len(perform.made) == 2


def test_the_chain_counts_calls_one_after_another() -> None:
    perform = Recorder(0.02)
    chained = reads(
        {"a": [[leaf("a1")], [leaf("a2"), leaf("a3")]], "b": [[ask("a")], [leaf("b1")]], "c": [[leaf("c")]]}, perform
    )
    chained.ask([ask("b"), ask("c")])
    assert chained.longest.calls == 3
    assert 0.06 <= chained.longest.seconds < 1
    # A question asked after an answer may depend on it; one that is known already adds nothing.
    chained.ask([ask("a")])
    assert chained.longest.calls == 3


def test_a_question_after_an_answer_lengthens_the_chain_of_its_own_thread_only() -> None:
    perform = Recorder(0)
    apart = reads({name: [[leaf(name)]] for name in "abcd"}, perform)
    copy_context().run(lambda: (apart.ask([ask("a")]), apart.ask([ask("b")])))
    assert apart.longest.calls == 2
    copy_context().run(lambda: apart.ask([ask("c")]))
    copy_context().run(lambda: apart.ask([ask("d")]))
    assert apart.longest.calls == 2


def test_what_is_begun_is_not_waited_for() -> None:
    perform = Recorder(0.1)
    begun = reads(
        {"a": [[Begin(ask("slow")), leaf("a1")]], "slow": [[leaf("s1")], [leaf("s2")], [leaf("s3")]]}, perform
    )
    begun.ask([ask("a")])
    assert "s3" not in perform.made
    begun.ask([ask("slow")])
    assert begun.longest.calls == 3
    assert sorted(perform.made) == ["a1", "s1", "s2", "s3"]


def test_more_plans_than_threads() -> None:
    perform = Recorder(0.001)
    deep = {f"k{n}": [[leaf(f"c{n}")], [leaf(f"d{n}"), ask(f"k{n + 1}")]] for n in range(100)} | {
        "k100": [[leaf("end")]]
    }
    few = reads(deep, perform, size=2)
    few.ask([ask(f"k{n}") for n in range(100)])
    assert len(perform.made) == 201
    assert perform.most == 2


def test_an_error_in_a_plan_reaches_who_asked_and_hangs_nobody() -> None:
    def plan(_: Ask) -> ReadPlan:
        yield [leaf("a")]
        raise LookupError("a mistake of ours")

    broken = Reads(Recorder(0), plan, Pool(2))
    for _ in range(2):
        with pytest.raises(LookupError, match="a mistake of ours"):
            broken.ask([ask("a")])


def test_an_error_in_a_call_reaches_who_asked() -> None:
    def perform(_: Call) -> tuple[CallOutcome, int]:
        raise LookupError("a mistake of ours")

    def plan(_: Ask) -> ReadPlan:
        yield [leaf("a")]
        return Unknown("never")

    with pytest.raises(LookupError):
        Reads(perform, plan, Pool(2)).ask([ask("a")])


def test_an_interruption_is_not_kept_behind_an_answer_that_hangs() -> None:
    released = threading.Event()

    def perform(_: Call) -> tuple[CallOutcome, int]:
        released.wait(60)
        return Answered({}), 1

    def plan(each: Ask) -> ReadPlan:
        if each.kind == "interrupted":
            raise KeyboardInterrupt
        yield [leaf(each.kind)]
        return Known(None)

    before = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        Reads(perform, plan, Pool(2)).ask([ask("hangs"), ask("interrupted")])
    released.set()
    assert time.monotonic() - before < 30


def test_pages_count_as_calls() -> None:
    def plan(_: Ask) -> ReadPlan:
        yield [leaf("a")]
        return Known(None)

    paged = Reads(lambda _: (Answered({}), 7), plan, Pool(2))
    paged.ask([ask("a")])
    assert paged.longest == Chain(7, paged.longest.seconds)
