"""What a collecting run has read so far, a line each in a file beside its output, for a run that goes on from it."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from preflight.account.facts import Absent, Ask, Fact, Known, Unknown
from preflight.account.snapshots.file_lock import lock
from preflight.account.snapshots.redact import redacted
from preflight.account.snapshots.writer import jsonable
from preflight.errors import InputError, UsageError

_VERSION = 2
_DIGEST = 16


@dataclass(frozen=True, slots=True)
class Identity:
    """Who reads what: two runs that differ in it see different things. `principal` is the role of a session."""

    partition: str
    account: str
    principal: str


class SnapshotJournal:
    """The file `<output>.partial`. Nothing in it is secret: what is, is redacted before it is written.

    Its first line says whose it is; the file only grows, a line at a time, so what follows the last line end is the
    line at which a run was ended. Each line begins with its digest: one that was changed since is not believed.
    """

    def __init__(self, output: Path, identity: Identity) -> None:
        self.path = output.with_name(f"{output.name}.partial")
        self._identity = identity
        self._file: BinaryIO | None = None

    def open(self, *, resume: bool) -> dict[Ask, Fact[Any]]:
        """Begin, and return what an earlier run has read if it is to be resumed.

        Raises `UsageError` where another run's file is there and this one is not to resume it, where that run is in
        progress or read as somebody else, or the file cannot be made; `InputError` for a file that is no journal.
        """
        try:
            # For the owner's eyes only, as the snapshot.
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | (0 if resume else os.O_EXCL)
            descriptor = os.open(self.path, flags, 0o600)
        except FileExistsError:
            raise UsageError(
                f"{self.path} exists: another run is in progress or was interrupted; "
                "continue with --resume, or delete it"
            ) from None
        except OSError as error:
            raise UsageError(f"{self.path} cannot be written ({error.strerror}); name another --output") from None
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            os.close(descriptor)
            raise self._no_journal(1)
        if resume and hasattr(os, "geteuid") and about.st_uid != os.geteuid():
            os.close(descriptor)
            raise UsageError(f"{self.path} belongs to another user, so it isn't believed; name another --output")
        with suppress(OSError, AttributeError):  # another's file, a file system without modes, or Windows
            os.fchmod(descriptor, 0o600)
        file = os.fdopen(descriptor, "r+b")
        try:
            return self._begin(file)
        except BaseException:
            file.close()
            raise

    def _begin(self, file: BinaryIO) -> dict[Ask, Fact[Any]]:
        if not lock(file.fileno()):
            raise UsageError(
                f"{self.path} is in use: another run is in progress; wait for it, or name another --output"
            )
        if not self.path.exists():  # not by its number of links: some file systems do not count them
            raise UsageError(f"{self.path} has just been deleted, as by a run that ended; run again without --resume")
        before = file.read()
        whole = before[: before.rfind(b"\n") + 1]
        answers = self._read(whole) if whole else {}
        if before and not whole:
            raise self._no_journal(1)
        file.seek(len(whole))
        file.truncate()
        self._file = file
        if not whole:
            self._write({"version": _VERSION, "identity": asdict(self._identity)})
        return answers

    def add(self, ask: Ask, fact: Fact[Any]) -> None:
        """Write down an answer. What is not known is asked again when the run is resumed, so it is left out."""
        if isinstance(fact, Unknown):
            return
        line = {"kind": ask.kind, "region": ask.region, "key": dict(ask.key)}
        if isinstance(fact, Known):
            line["value"] = redacted(jsonable(fact.value))
        self._write(line)

    def _write(self, line: Mapping[str, Any]) -> None:
        if self._file is None:
            return
        try:
            text = json.dumps(line).encode()
            self._file.write(_digest(text) + b" " + text + b"\n")
            self._file.flush()
        except OSError as error:
            raise UsageError(
                f"{self.path} cannot be written ({error.strerror}); what is in it is kept: continue with --resume"
            ) from None

    def close(self, *, done: bool) -> None:
        """End; the file of a run that is done goes."""
        if self._file is not None:
            with suppress(OSError):  # the line for which there was no room
                self._file.close()
        if done:
            self.path.unlink(missing_ok=True)

    def _read(self, data: bytes) -> dict[Ask, Fact[Any]]:
        answers: dict[Ask, Fact[Any]] = {}
        for number, line in enumerate(data.split(b"\n")[:-1], start=1):
            try:
                digest, _, text = line.partition(b" ")
                old = number == 1 and line.startswith(b"{")  # as version 1 began
                each: Mapping[str, Any] = json.loads((line if old else text).decode("utf-8"))
                if not old and digest != _digest(text):
                    raise ValueError(number)
                if number == 1:
                    self._require_same(each["version"], each["identity"])
                    continue
                ask = Ask(each["kind"], each["region"], tuple(sorted(each["key"].items())))
                answers[ask] = Known(each["value"]) if "value" in each else Absent()
            except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
                raise self._no_journal(number) from None
        return answers

    def _no_journal(self, number: int) -> InputError:
        return InputError(
            str(self.path), "it is not the file of an interrupted run", place=f"line {number}", mend="delete it"
        )

    def _require_same(self, version: int, before: Mapping[str, str]) -> None:
        if version != _VERSION:
            raise UsageError(f"{self.path} was written by another version of preflight; delete it, and start again")
        for name, now in asdict(self._identity).items():
            if before[name] != now:
                raise UsageError(
                    f"{self.path} was started with another {name} ({before[name]}, now {now}); "
                    "sign in as before to continue it, or delete it"
                )


def _digest(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest()[:_DIGEST].encode()
