"""Paths on Windows, by Python's own module for them."""

from __future__ import annotations

import ntpath
from types import SimpleNamespace

import pytest

from preflight import relative_paths
from preflight.relative_paths import lies_in, relative_path


def test_another_drive_has_no_way_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relative_paths, "os", SimpleNamespace(path=ntpath))
    assert relative_path("C:\\work\\a.json", "C:\\work\\b") == "..\\a.json"
    assert relative_path("D:\\a.json", "C:\\work") == "D:\\a.json"
    assert relative_path("\\\\server\\share\\a.json", "C:\\work") == "\\\\server\\share\\a.json"


def test_what_lies_in_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relative_paths, "os", SimpleNamespace(path=ntpath))
    assert lies_in("C:\\work\\a.json", "C:\\work") and lies_in("C:\\work", "C:\\work")
    for path in ("C:\\worked\\a.json", "D:\\work\\a.json", "\\\\server\\work\\a.json"):
        assert not lies_in(path, "C:\\work")
