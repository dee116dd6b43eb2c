"""Paths on Windows, by Python's own module for them."""

from __future__ import annotations

import ntpath
from types import SimpleNamespace

import pytest

from preflight import relative_paths
from preflight.prove.git import _within
from preflight.relative_paths import lies_in, relative_path, slashed_path


def test_another_drive_has_no_way_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relative_paths, "os", SimpleNamespace(path=ntpath))
    assert relative_path("C:\\work\\a.json", "C:\\work\\b") == "..\\a.json"
    assert relative_path("D:\\a.json", "C:\\work") == "D:\\a.json"
    assert relative_path("\\\\server\\share\\a.json", "C:\\work") == "\\\\server\\share\\a.json"


def test_git_names_paths_with_slashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relative_paths, "os", SimpleNamespace(path=ntpath, sep="\\"))
    assert slashed_path("C:\\work\\policies\\a.json", "C:\\work") == "policies/a.json"
    assert _within("policies/a.json", slashed_path("C:\\work\\policies", "C:\\work"))
    assert not _within("policies-old/a.json", slashed_path("C:\\work\\policies", "C:\\work"))


def test_what_lies_in_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relative_paths, "os", SimpleNamespace(path=ntpath))
    assert lies_in("C:\\work\\a.json", "C:\\work") and lies_in("C:\\work", "C:\\work")
    for path in ("C:\\worked\\a.json", "D:\\work\\a.json", "\\\\server\\work\\a.json"):
        assert not lies_in(path, "C:\\work")
