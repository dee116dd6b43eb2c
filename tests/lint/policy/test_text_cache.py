"""What is kept of texts is asked for once, and never more than a long run may hold."""

from __future__ import annotations

import pytest

from preflight.lint.policy import text_cache as remembered


def test_a_text_is_worked_out_once_while_it_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "KEPT", 2)
    asked: list[str] = []

    def work(text: str) -> int:
        asked.append(text)
        return len(text)

    kept = remembered.Remembered(work)
    assert [kept[text] for text in ("a", "bb", "a", "bb")] == [1, 2, 1, 2]
    assert asked == ["a", "bb"]
    assert kept["ccc"] == 3 and len(kept) == 1
