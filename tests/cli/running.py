"""Runs the real command line in this process, and reads what it printed."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import pytest

from preflight.cli.app import invoke


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def line(self) -> str:
        """The one line that it said on stderr."""
        assert self.err.endswith("\n") and self.err.count("\n") == 1, self.err
        return self.err.removesuffix("\n")


Command: TypeAlias = Callable[..., Ran]


def commanded(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], stdin: bytes
) -> Ran:
    """Run a command on arguments and stdin."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
    capsys.readouterr()
    code = invoke(arguments)
    printed = capsys.readouterr()
    return Ran(code, printed.out, printed.err)
