"""The file of a run that was interrupted: whose it is, torn lines, and files that are none."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from preflight.account.facts import Ask, Known
from preflight.account.snapshots import journal as journal_module
from preflight.account.snapshots.journal import Identity, SnapshotJournal
from preflight.errors import InputError, UsageError

WHO = Identity("aws", "111122223333", "arn:aws:sts::111122223333:assumed-role/deployer")
ASKS = [Ask.one("sagemaker:model", "us-east-1", {"ModelName": name}) for name in ("a", "b")]


def written(folder: Path) -> Path:
    journal = SnapshotJournal(folder / "s.json", WHO)
    journal.open(resume=False)
    for ask in ASKS:
        journal.add(ask, Known({"ModelName": dict(ask.key)["ModelName"]}))
    journal.close(done=False)
    return journal.path


def test_it_is_the_owners_alone_and_is_read_again(tmp_path: Path) -> None:
    assert written(tmp_path).stat().st_mode & 0o077 == 0
    journal = SnapshotJournal(tmp_path / "s.json", WHO)
    assert list(journal.open(resume=True)) == ASKS
    journal.close(done=True)
    assert not list(tmp_path.iterdir())


def test_what_others_could_read_is_the_owners_alone_when_a_run_goes_on(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.chmod(0o644)
    journal = SnapshotJournal(tmp_path / "s.json", WHO)
    journal.open(resume=True)
    assert path.stat().st_mode & 0o777 == 0o600
    journal.close(done=False)


@pytest.mark.parametrize("cut", range(1, 12, 3))
def test_a_torn_line_is_trimmed(tmp_path: Path, cut: int) -> None:
    path = written(tmp_path)
    path.write_bytes(path.read_bytes()[:-cut])
    for _ in range(2):
        journal = SnapshotJournal(tmp_path / "s.json", WHO)
        assert list(journal.open(resume=True)) == ASKS[:1]
        journal.close(done=False)
    assert path.read_bytes().endswith(b"\n")


@pytest.mark.parametrize(
    "changed", [{"account": "444455556666"}, {"partition": "aws-cn"}, {"principal": "arn:aws:iam::111122223333:user/u"}]
)
def test_another_reader_does_not_go_on(tmp_path: Path, changed: dict[str, str]) -> None:
    written(tmp_path)
    with pytest.raises(UsageError, match=f"was started with another {next(iter(changed))}"):
        SnapshotJournal(tmp_path / "s.json", replace(WHO, **changed)).open(resume=True)


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"\xff\n{}\n", b"\x00" * 9, b"[" * 9000 + b"\n", b"{}\n", b"7\n"])
def test_what_is_no_journal_is_a_clear_error(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "s.json.partial"
    path.write_bytes(data)
    with pytest.raises(InputError, match="it is not the file of an interrupted run; delete it"):
        SnapshotJournal(tmp_path / "s.json", WHO).open(resume=True)
    assert path.read_bytes() == data


@pytest.mark.parametrize("line", [{"key": {"name": ["x"]}}, {"kind": ["k"]}, {"region": {}}, {"key": {"a": 1, "": {}}}])
def test_a_line_that_asks_for_nothing_is_a_clear_error(tmp_path: Path, line: dict[str, Any]) -> None:
    path = written(tmp_path)
    asked = {"kind": "iam:role", "region": "", "key": {}, "value": 1, **line}
    path.write_bytes(path.read_bytes() + json.dumps(asked).encode() + b"\n")
    with pytest.raises(InputError, match="it is not the file of an interrupted run; delete it"):
        SnapshotJournal(tmp_path / "s.json", WHO).open(resume=True)


@pytest.mark.parametrize(
    "change", [(b'"a"', b'"c"'), (b'{"ModelName": "b"}', b"[1]"), (b" ", b"  "), (b'"version"', b'"v"')]
)
def test_a_line_that_was_changed_is_a_clear_error(tmp_path: Path, change: tuple[bytes, bytes]) -> None:
    path = written(tmp_path)
    path.write_bytes(path.read_bytes().replace(*change))
    with pytest.raises(InputError, match="it is not the file of an interrupted run; delete it"):
        SnapshotJournal(tmp_path / "s.json", WHO).open(resume=True)


def test_the_file_of_another_version_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "s.json.partial").write_text('{"version": 1, "identity": {}}\n')
    with pytest.raises(UsageError, match="was written by another version of preflight; delete it"):
        SnapshotJournal(tmp_path / "s.json", WHO).open(resume=True)


def test_two_runs_do_not_go_on_with_one_file(tmp_path: Path) -> None:
    path = written(tmp_path)
    one = SnapshotJournal(tmp_path / "s.json", WHO)
    assert list(one.open(resume=True)) == ASKS
    before = path.read_bytes()
    with pytest.raises(UsageError, match="is in use: another run is in progress"):
        SnapshotJournal(tmp_path / "s.json", WHO).open(resume=True)
    assert path.read_bytes() == before
    one.close(done=False)
    again = SnapshotJournal(tmp_path / "s.json", WHO)
    assert list(again.open(resume=True)) == ASKS
    again.close(done=True)


def test_a_run_that_has_just_begun_is_not_gone_on_with(tmp_path: Path) -> None:
    one = SnapshotJournal(tmp_path / "s.json", WHO)
    one.open(resume=False)
    with pytest.raises(UsageError, match="is in use"):
        SnapshotJournal(tmp_path / "s.json", WHO).open(resume=True)
    one.close(done=True)


def test_no_secret_is_written_down(tmp_path: Path) -> None:
    journal = SnapshotJournal(tmp_path / "s.json", WHO)
    journal.open(resume=False)
    journal.add(ASKS[0], Known({"PrimaryContainer": {"Environment": {"A": "s3cr3t"}}, "Url": "https://u:s3cr3t@h"}))
    written = journal.path.read_text()
    assert "s3cr3t" not in written and written.count("REDACTED") == 2
    journal.close(done=True)


def test_anothers_file_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path)
    path.chmod(0o644)
    away = path.rename(tmp_path / "away")
    path.symlink_to(away)
    with pytest.raises(UsageError, match="cannot be written"):
        SnapshotJournal(tmp_path / "s.json", WHO).open(resume=True)
    away.replace(path)
    user = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: user + 1)
    with pytest.raises(UsageError, match="belongs to another user"):
        SnapshotJournal(tmp_path / "s.json", WHO).open(resume=True)
    monkeypatch.undo()
    journal = SnapshotJournal(tmp_path / "s.json", WHO)
    assert list(journal.open(resume=True)) == ASKS and path.stat().st_mode & 0o077 == 0
    journal.close(done=True)


def test_a_pipe_in_its_place_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "s.json.partial")
    with pytest.raises(InputError, match="it is not the file of an interrupted run"):
        SnapshotJournal(tmp_path / "s.json", WHO).open(resume=True)


def test_the_file_of_a_run_that_ends_meanwhile_is_not_written_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path)
    monkeypatch.setattr(journal_module, "lock", lambda _: path.unlink() is None)
    with pytest.raises(UsageError, match="has just been deleted"):
        SnapshotJournal(tmp_path / "s.json", WHO).open(resume=True)
