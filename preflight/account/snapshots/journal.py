"""What a collecting run has read so far, a line each in a file beside its output, for a run that goes on from it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

from preflight.account.facts import Absent, Ask, Fact, Known, Unknown
from preflight.account.snapshots.redact import redacted
from preflight.account.snapshots.writer import jsonable
from preflight.errors import InputError, UsageError


class Journal:
    """The file `<output>.partial`. Nothing in it is secret: what is, is redacted before it is written."""

    def __init__(self, output: Path) -> None:
        self.path = output.with_name(f"{output.name}.partial")
        self._file: TextIO | None = None

    def open(self, *, resume: bool) -> dict[Ask, Fact[Any]]:
        """Begin, and return what an earlier run has read if it is to be resumed.

        Raises `UsageError` where another run's file is there and this one is not to resume it, or the file cannot be
        made; `InputError` for a file that is no journal.
        """
        try:
            answers = self._read() if resume and self.path.exists() else {}
            flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if resume else os.O_EXCL)
            # For the owner's eyes only, as the snapshot.
            self._file = os.fdopen(os.open(self.path, flags, 0o600), "a", encoding="utf-8")
        except FileExistsError:
            raise UsageError(
                f"{self.path} exists: another run is in progress or was interrupted; "
                "continue with --resume, or delete it"
            ) from None
        except OSError as error:
            raise UsageError(f"{self.path} cannot be written ({error.strerror}); name another --output") from None
        return answers

    def add(self, ask: Ask, fact: Fact[Any]) -> None:
        """Write down an answer. What is not known is asked again when the run is resumed, so it is left out."""
        if self._file is None or isinstance(fact, Unknown):
            return
        line = {"kind": ask.kind, "region": ask.region, "key": dict(ask.key)}
        if isinstance(fact, Known):
            line["value"] = redacted(jsonable(fact.value))
        try:
            self._file.write(json.dumps(line) + "\n")
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

    def _read(self) -> dict[Ask, Fact[Any]]:
        answers: dict[Ask, Fact[Any]] = {}
        lines = self.path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines, start=1):
            try:
                each: Mapping[str, Any] = json.loads(line)
                ask = Ask(each["kind"], each["region"], tuple(sorted(each["key"].items())))
            except (ValueError, KeyError, AttributeError, TypeError):
                if number == len(lines):
                    break  # the line at which the run was interrupted
                raise InputError(
                    str(self.path), "it is not the file of an interrupted run", place=f"line {number}", mend="delete it"
                ) from None
            answers[ask] = Known(each["value"]) if "value" in each else Absent()
        return answers
