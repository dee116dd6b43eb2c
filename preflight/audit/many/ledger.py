"""The directory of an audit of many accounts: a document for each, and a manifest that says what became of each.

The manifest only ever grows, a line at a time, and a document is there whole or not at all, before its line is: so
whatever ends a run, what it has done is kept, and the next run does the rest.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from preflight.audit.many.task import Done, FailedAudit
from preflight.documents.text.atomic_write import replace_file
from preflight.documents.text.document import Document
from preflight.documents.text.schema import validate
from preflight.errors import InputError, UsageError

MANIFEST, LOCK, ACCOUNTS, SNAPSHOTS = "manifest.jsonl", ".lock", "accounts", "snapshots"
VERSION = 1
# A document about no account, in which a row is held against the schema of the report of all.
_EMPTY: Mapping[str, Any] = {
    "version": 1,
    "tool": {},
    "verdict": "clean",
    "complete": True,
    "rules": [],
    "left_out": [],
    "counts": {"error": 0, "warning": 0, "note": 0, "open": 0},
}


class Ledger:
    """What is in such a directory. Make one with `opened`, which locks it."""

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        self.folder = folder
        self._settings = dict(settings)
        self._file: TextIO | None = None
        self.rows: dict[str, dict[str, Any]] = {}

    def begin(self, accounts: Sequence[Mapping[str, Any]], *, again: bool = False) -> None:
        """Begin a run over these accounts (`key`, `name`, and `reason` for one that is left out), and remember what
        earlier runs have done of them, unless it is to be done `again`.

        Raises `UsageError` where the directory is of a run with other settings or cannot be written, `InputError` for
        a manifest that was damaged.
        """
        path = self.folder / MANIFEST
        try:
            (self.folder / ACCOUNTS).mkdir(exist_ok=True)
            before = b"" if again or not path.exists() else path.read_bytes()
            self.rows = self._read(before, path)
            if again:
                path.unlink(missing_ok=True)
            elif before and not before.endswith(b"\n"):
                # The line at which the last run was ended.
                replace_file(path, before[: before.rfind(b"\n") + 1], private=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            # For the owner's eyes only, as what it is about.
            self._file = os.fdopen(os.open(path, flags, 0o600), "a", encoding="utf-8", newline="\n")
        except OSError as error:
            raise UsageError(f"{path} cannot be written ({error.strerror}); name another --into") from None
        self._add(
            {
                "version": VERSION,
                "begun_at": _now(),
                "settings": self._settings,
                "accounts": [dict(a) for a in accounts],
            }
        )

    def has(self, key: str, stamp: Mapping[str, Any]) -> bool:
        """Say whether an account is done, its document is still as it was written, and what it came from and was asked
        for is still the same (`stamp`).
        """
        row = self.rows.get(key)
        if row is None or row["status"] != "done" or row.get("input") != dict(stamp):
            return False
        try:
            data = (self.folder / row["file"]).read_bytes()
        except OSError:
            return False
        return bool(hashlib.sha256(data).hexdigest() == row["sha256"])

    def done(self, outcome: Done, stamp: Mapping[str, Any]) -> dict[str, Any]:
        """Write down an account that was audited; returns its row. Raises `UsageError` where there is no room."""
        name = f"{ACCOUNTS}/{outcome.account}.json.gz"
        if outcome.snapshot:
            self._write(f"{SNAPSHOTS}/{outcome.account}.json.gz", outcome.snapshot)
        self._write(name, outcome.document)
        row: dict[str, Any] = {
            "key": outcome.target.key,
            "account": outcome.account,
            "name": outcome.target.name,
            "status": "done",
            "at": _now(),
            "file": name,
            "sha256": hashlib.sha256(outcome.document).hexdigest(),
            "input": dict(stamp),
            **outcome.row,
        }
        return self._row(row)

    def failed(self, outcome: FailedAudit) -> dict[str, Any]:
        """Write down an account that could not be audited; returns its row. Raises `UsageError`."""
        key = outcome.target.key
        return self._row(
            {"key": key, "name": outcome.target.name, "status": "failed", "at": _now(), "reason": outcome.reason}
        )

    def document(self, row: Mapping[str, Any]) -> Any:
        """Return the document of an account that is done. Raises `InputError` where it was damaged since."""
        from preflight.documents.text.load import load

        return load(str(self.folder / row["file"])).value

    def close(self) -> None:
        """Let go of the manifest."""
        if self._file is not None:
            self._file.close()

    def _row(self, row: dict[str, Any]) -> dict[str, Any]:
        self._add(row)
        self.rows[row["key"]] = row
        return row

    def _add(self, line: Mapping[str, Any]) -> None:
        assert self._file is not None
        try:
            self._file.write(json.dumps(line, separators=(",", ":")) + "\n")
            self._file.flush()
        except OSError as error:
            raise UsageError(self._no_room(MANIFEST, error)) from None

    def _write(self, name: str, data: bytes) -> None:
        try:
            path = self.folder / name
            path.parent.mkdir(exist_ok=True)
            replace_file(path, data, private=True)
        except OSError as error:
            raise UsageError(self._no_room(name, error)) from None

    def _no_room(self, name: str, error: OSError) -> str:
        return (
            f"{self.folder / name} cannot be written ({error.strerror}); what is done is kept: make room, and run the "
            "same command again"
        )

    def _read(self, data: bytes, path: Path) -> dict[str, dict[str, Any]]:
        rows: dict[str, dict[str, Any]] = {}
        lines = data.decode("utf-8", "replace").split("\n")
        # What follows the last line end is the line at which a run was ended.
        for number, line in enumerate(lines[:-1], start=1):
            try:
                each = json.loads(line)
                if "settings" in each:
                    self._require_same(each)
                else:
                    rows[each["key"]] = _whole(each)
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError, InputError):
                raise InputError(
                    str(path), "it is not the manifest of an audit", place=f"line {number}", mend="name another --into"
                ) from None
        return rows

    def _require_same(self, header: Mapping[str, Any]) -> None:
        if header["version"] != VERSION:
            raise UsageError(f"{self.folder} was written by another version of preflight; name another --into")
        before = header["settings"]
        changed = sorted(name for name in {*before, *self._settings} if before.get(name) != self._settings.get(name))
        if changed:
            name = changed[0]
            raise UsageError(
                f"{self.folder} was started with another {name} ({_said(before.get(name))}, now "
                f"{_said(self._settings.get(name))}): its accounts could not be compared; name another --into, or add "
                "--again to audit all accounts again"
            )


def _whole(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row of an account if it is as one was written. Raises `ValueError` or `InputError`."""
    done = row["status"] == "done"
    failed = {name: row[name] for name in ("key", "name", "reason")} if not done else {}
    listed = {"accounts": [row] if done else [], "failed": [failed] if failed else []}
    validate(Document(MANIFEST, {**_EMPTY, **listed}), "audit-accounts")
    if not isinstance(row["at"], str) or (done and row["file"] != f"{ACCOUNTS}/{row['account']}.json.gz"):
        raise ValueError(row)
    return row


def _said(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@contextmanager
def opened(folder: str, settings: Mapping[str, Any]) -> Iterator[Ledger]:
    """Open the directory of a run, making it where it is not there, and lock it: of two audits into one directory, the
    second is refused. `settings` are those on which what is found depends.

    Raises `UsageError` where it cannot be made, or another audit is running in it.
    """
    from filelock import FileLock, Timeout

    path = Path(folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path / LOCK, timeout=0)
        lock.acquire()
    except Timeout:
        raise UsageError(f"another audit is running in {folder}; wait for it, or name another --into") from None
    except OSError as error:
        raise UsageError(f"--into {folder} cannot be used ({error.strerror}); name another directory") from None
    ledger = Ledger(path, settings)
    try:
        yield ledger
    finally:
        ledger.close()
        lock.release()
