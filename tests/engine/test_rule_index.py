"""The index of rules is what their files say."""

from __future__ import annotations

from pathlib import Path

import pytest

from preflight.data_files import folder
from preflight.engine.rule import load_file
from preflight.engine.rule_index import INDEX, declared_in, indexed, path_of
from preflight.errors import PreflightError
from tools import rule_index


def test_the_index_is_current() -> None:
    written = (folder("rules") / INDEX).read_text(encoding="utf-8")
    assert written == rule_index.text(), "run make docs"


def test_a_rule_of_ours_is_read_from_the_index_and_another_from_its_file(tmp_path: Path) -> None:
    ours = path_of("IAM200")
    assert ours is not None and ours.is_file() and declared_in(ours) is indexed()["IAM200"]
    theirs = tmp_path / "IAM200.yaml"
    theirs.write_text(ours.read_text(encoding="utf-8").replace("level: ", "level: note #", 1), encoding="utf-8")
    assert declared_in(theirs)["level"] == "note" == load_file(theirs).level
    assert path_of("IAM999") is None


@pytest.mark.parametrize("text", ["a: [", "just words", ""])
def test_what_is_no_rule_is_an_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ORG001.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PreflightError, match="isn't the YAML of a rule"):
        declared_in(path)
