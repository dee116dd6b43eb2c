"""Where many accounts are audited: processes and workers that are killed, and clusters that are not there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest

from preflight.audit.many import threads
from preflight.audit.many.dask_cluster import on_dask
from preflight.audit.many.targets import AuditTarget, of_snapshots
from preflight.audit.many.task import Done, FailedAudit, Orders, PackedFacts, gather
from preflight.audit.many.threads import on_threads
from preflight.errors import UsageError
from preflight.report.audit import plain
from tests.audit.generated import account
from tests.audit.many.killing import Killing
from tests.cli.running import Command

VICTIM = f"{3:012d}"


@pytest.fixture
def targets(tmp_path: Path) -> list[AuditTarget]:
    (tmp_path / "all").mkdir()
    for number in range(8):
        text = json.dumps(account(6, endpoints=2)).replace("111122223333", f"{number:012d}")
        (tmp_path / "all" / f"{number}.json").write_text(text)
    return of_snapshots(str(tmp_path / "all"))[0]


def by_name(outcomes: Iterator[Done | FailedAudit]) -> dict[str, Done | FailedAudit]:
    return {each.target.key: each for each in outcomes}


@pytest.fixture(autouse=True)
def no_pool_is_left() -> Iterator[None]:
    """What is still closing when the interpreter ends may write to a pipe that is closed by then."""
    yield
    pools = [each for each in threading.enumerate() if type(each).__module__ == "concurrent.futures.process"]
    closing = [each for each in threading.enumerate() if "shutdown" in each.name]
    assert not pools and not closing, (pools, closing)


def test_a_process_that_is_killed_once(targets: list[AuditTarget], tmp_path: Path) -> None:
    orders = Orders(Killing(VICTIM, str(tmp_path / "killed")))
    found = by_name(on_threads(targets, orders, processes=2))
    assert (tmp_path / "killed").exists() and len(found) == 8
    assert all(isinstance(each, Done) for each in found.values())


def test_an_account_that_kills_its_process_each_time(targets: list[AuditTarget]) -> None:
    found = by_name(on_threads(targets, Orders(Killing(VICTIM)), processes=2))
    failed = [each for each in found.values() if isinstance(each, FailedAudit)]
    assert [each.target.key for each in failed] == ["3.json"] and "killed twice" in failed[0].reason
    assert len(found) == 8


def test_processes_that_another_account_broke_are_replaced(targets: list[AuditTarget]) -> None:
    judges = threads._Judges(1)
    judges._pool = threads._processes(1)
    with pytest.raises(BrokenProcessPool):
        judges._pool.submit(os._exit, 1).result()
    gathered = gather(targets[0], Orders(plain))
    assert isinstance(gathered, PackedFacts) and isinstance(judges.judge(gathered, Orders(plain)), Done)
    judges.stop()


def test_processes_are_renewed(targets: list[AuditTarget], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("preflight.audit.many.threads._MOST_EACH", 1)
    started: list[int] = []
    original = threads._processes

    def counted(count: int) -> Any:
        started.append(count)
        return original(count)

    monkeypatch.setattr(threads, "_processes", counted)
    found = by_name(on_threads(targets, Orders(plain), processes=2))
    assert len(found) == 8 and all(isinstance(each, Done) for each in found.values()) and started == [2, 2, 2, 2]


def test_no_more_are_read_than_are_audited(targets: list[AuditTarget]) -> None:
    taken = 0

    def counted() -> Iterator[AuditTarget]:
        nonlocal taken
        for each in targets:
            taken += 1
            yield each

    outcomes = on_threads(counted(), Orders(plain), threads=1, processes=1)
    next(outcomes)
    assert taken <= 3
    outcomes.close()  # type: ignore[attr-defined]


def broken(_: Any) -> dict[str, Any]:
    raise RuntimeError("a defect")


def test_a_defect_is_not_taken_for_an_account_that_failed(targets: list[AuditTarget]) -> None:
    with pytest.raises(RuntimeError, match="a defect"):
        list(on_threads(targets, Orders(broken), processes=1))


@pytest.fixture(scope="module")
def cluster() -> Iterator[Callable[[], Any]]:
    from distributed import LocalCluster

    made = LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50)
    try:
        yield lambda: made
    finally:
        made.close()


def test_a_killed_workers_accounts_are_done_by_another(
    targets: list[AuditTarget], cluster: Callable[[], Any], tmp_path: Path
) -> None:
    orders = Orders(Killing(VICTIM, str(tmp_path / "killed")))
    found = by_name(on_dask(targets, orders, cluster().scheduler_address))
    assert (tmp_path / "killed").exists() and len(found) == 8
    assert all(isinstance(each, Done) for each in found.values())
    here = by_name(on_threads(targets, Orders(plain), processes=1))
    assert {each.document for each in here.values() if isinstance(each, Done)} == {
        each.document for each in found.values() if isinstance(each, Done)
    }


def test_the_command_on_a_cluster(
    targets: list[AuditTarget], cluster: Callable[[], Any], preflight: Command, tmp_path: Path
) -> None:
    (tmp_path / "all" / "3.json").write_text("{")
    cluster().wait_for_workers(1)
    options = ("--engine", "dask", "--scheduler", cluster().scheduler_address, "--format", "json")
    ran = preflight("audit", "--snapshot", "all", "--into", "out", *options)
    assert ran.code == 2, ran
    found = json.loads(ran.out)
    assert len(found["accounts"]) == 7 and [each["key"] for each in found["failed"]] == ["3.json"]


def test_clusters_that_are_not_there(targets: list[AuditTarget], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("preflight.audit.many.dask_cluster._TIMEOUT", 1)
    for address in ("tcp://127.0.0.1:9", "nonsense://x"):
        with pytest.raises(UsageError, match="no Dask scheduler answers at"):
            list(on_dask(targets, Orders(plain), address))


def test_a_cluster_without_workers(targets: list[AuditTarget]) -> None:
    from distributed import LocalCluster

    with (
        LocalCluster(n_workers=0, processes=False, dashboard_address=":0", silence_logs=50) as empty,
        pytest.raises(UsageError, match="has no workers"),
    ):
        list(on_dask(targets, Orders(plain), empty.scheduler_address))


def test_a_scheduler_that_goes_away_half_way(targets: list[AuditTarget], caplog: pytest.LogCaptureFixture) -> None:
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
    scheduler = subprocess.Popen([*command, "--no-dashboard"], stderr=subprocess.PIPE, text=True)
    assert scheduler.stderr is not None
    address = next(found[0] for line in scheduler.stderr if (found := re.search(r"tcp://[0-9.:]+", line)))
    command = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-dashboard"]
    worker = subprocess.Popen([*command, "--no-nanny"], stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 120
        while True:
            outcomes = on_dask(targets, Orders(plain), address)
            try:
                assert isinstance(next(outcomes), Done)
                break
            except UsageError:  # the worker is not there yet
                assert worker.poll() is None and time.monotonic() < until
                time.sleep(0.2)
        scheduler.kill()
        with pytest.raises(UsageError, match="was lost; what is done is kept"):
            list(outcomes)
        assert not [each for each in caplog.records if each.name.startswith("distributed")]
    finally:
        for process in (scheduler, worker):
            process.kill()
            process.communicate()
