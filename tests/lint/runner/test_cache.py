"""What files gave before is used as long as nothing that decides has changed, and never stands in the way."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from preflight.lint.runner import lint as check
from preflight.lint.runner.cache import _MAGIC, Cache, _digest
from tests.cli.running import Command

WIDE = {"Version": "2012-10-17", "Statement": [{"Sid": "A", "Effect": "Allow", "Action": "*", "Resource": "*"}]}
GOOD = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}],
}


@pytest.fixture
def many(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Some files, which are already many here, and a count of those that are linted."""
    monkeypatch.setattr(check, "_WORTH_CACHING", 2)
    monkeypatch.setenv("PREFLIGHT_CACHE_DIR", str(folder / "cache"))
    (folder / "p").mkdir()
    for name, policy in (("wide", WIDE), ("good", GOOD), ("more", GOOD)):
        (folder / "p" / f"{name}.json").write_text(json.dumps(policy))
    return folder


@pytest.fixture
def linted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were linted, not known."""
    seen: list[str] = []
    original = check.lint_files

    def counted(files: Any, settings: Any, jobs: int) -> Any:
        seen.extend(Path(each.path).name for each in files)
        return original(files, settings, jobs)

    monkeypatch.setattr(check, "lint_files", counted)
    return seen


def test_only_what_is_new_is_linted(many: Path, preflight: Command, linted: list[str]) -> None:
    first = preflight("lint", "p", "--format", "json")
    assert first.code == 0 and len(linted) == 3 and "IAM200" in first.out
    assert preflight("lint", "p", "--format", "json") == first and len(linted) == 3
    (many / "p" / "good.json").write_text(json.dumps(WIDE))
    again = preflight("lint", "p", "--format", "json")
    assert linted[3:] == ["good.json"] and again.out.count("IAM200") == 2 * first.out.count("IAM200")
    text = preflight("lint", "p")
    assert linted[4:] == [] and "^" in text.out


def test_another_question_is_asked_anew(many: Path, preflight: Command, linted: list[str]) -> None:
    preflight("lint", "p")
    for options in (["--select", "IAM2"], ["--type", "scp"], ["--no-cache"]):
        linted.clear()
        preflight("lint", "p", *options)
        assert len(linted) == 3, options
    (many / "preflight.toml").write_text('[[paths]]\nfiles = ["p/wide.json"]\nignore = ["IAM200"]\n')
    linted.clear()
    assert "IAM200" not in preflight("lint", "p").out and linted == ["wide.json"]
    (many / "preflight.toml").write_text(
        '[[suppress]]\nfile = "p/wide.json"\nrule = "IAM200"\nreason = "ours"\nexpires = 2100-01-01\n'
    )
    for _ in range(2):
        linted.clear()
        assert "IAM200" not in preflight("lint", "p").out and len(linted) == 3


def test_other_code_or_data_makes_all_new(
    many: Path, preflight: Command, linted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    preflight("lint", "p")
    monkeypatch.setattr("preflight.lint.runner.cache._deciding", lambda rules: "another release")
    preflight("lint", "p")
    assert len(linted) == 6


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_comments_that_suppress_are_read_each_time(
    many: Path, preflight: Command, linted: list[str], encoding: str
) -> None:
    import yaml

    text = "# preflight: ignore[IAM200] ours\n" + yaml.safe_dump(WIDE)
    (many / "p" / "own.yaml").write_bytes(text.encode(encoding))
    for _ in range(2):
        linted.clear()
        preflight("lint", "p")
        assert "own.yaml" in linted


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"0": 1}'])
def test_a_cache_that_was_damaged(many: Path, preflight: Command, linted: list[str], content: bytes) -> None:
    first = preflight("lint", "p")
    (kept,) = (many / "cache").glob("lint-*.json")
    kept.write_bytes(content)
    assert preflight("lint", "p") == first and len(linted) == 6


def test_entries_that_were_damaged(many: Path, preflight: Command, linted: list[str]) -> None:
    first = preflight("lint", "p")
    (kept,) = (many / "cache").glob("lint-*.json")
    data = json.dumps({key: [1, [{"rule": 3}]] for key in json.loads(kept.read_bytes().partition(b"\n")[2])}).encode()
    kept.write_bytes(_MAGIC + _digest(data) + b"\n" + data)
    assert preflight("lint", "p") == first and len(linted) == 6


def test_a_folder_that_cannot_be_written(many: Path, preflight: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    (many / "file").write_text("")
    monkeypatch.setenv("PREFLIGHT_CACHE_DIR", str(many / "file" / "cache"))
    ran = preflight("lint", "p")
    assert ran.code == 0 and ran.err == "" and preflight("lint", "p") == ran


def test_what_is_written_meanwhile_is_not_remembered(
    many: Path, preflight: Command, linted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    add = Cache.add

    def meddled(cache: Cache, each: Any) -> None:
        os.utime(each.file.path, ns=(1, 1))
        add(cache, each)

    monkeypatch.setattr(Cache, "add", meddled)
    preflight("lint", "p")
    monkeypatch.undo()
    assert not list((many / "cache").glob("*"))


def test_what_can_be_read_only_once_is_read_once(many: Path, preflight: Command) -> None:
    ran = preflight("lint", "-", "p/wide.json", stdin=json.dumps(WIDE))
    assert ran.out.count("IAM200") >= 2, ran


def test_old_files_go(many: Path, preflight: Command) -> None:
    (many / "cache").mkdir()
    others = ("lint-0.json", "lint-roles.json", f"lint-{9:024x}.json", "notes.txt")
    for name in others:
        (many / "cache" / name).write_text("{}")
        os.utime(many / "cache" / name, (1, 1))
    for number in range(9):
        old = many / "cache" / f"lint-{number:024x}.json"
        if old.name not in others:
            old.write_bytes(_MAGIC)
        os.utime(old, (number, number))
    preflight("lint", "p")
    left = {each.name for each in (many / "cache").iterdir()}
    assert len(left) == 6 + len(others) and left >= set(others) and f"lint-{0:024x}.json" not in left


def test_a_link_to_anothers_file_is_neither_believed_nor_followed(
    many: Path, preflight: Command, linted: list[str]
) -> None:
    first = preflight("lint", "p")
    (kept,) = (many / "cache").iterdir()
    away = many / "away.json"
    kept.rename(away)
    kept.symlink_to(away)
    before = away.read_bytes()
    assert preflight("lint", "p") == first and len(linted) == 6 and away.read_bytes() == before


def test_a_file_that_is_anothers_or_that_others_can_write_is_not_believed(
    many: Path, preflight: Command, linted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = preflight("lint", "p")
    (kept,) = (many / "cache").iterdir()
    kept.chmod(0o666)
    assert preflight("lint", "p") == first and len(linted) == 6
    user = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: user + 1)
    assert preflight("lint", "p") == first and len(linted) == 9


@pytest.mark.parametrize("at", [20, 60, 300, -3])
def test_a_flipped_bit_makes_it_unknown(many: Path, preflight: Command, linted: list[str], at: int) -> None:
    first = preflight("lint", "p")
    (kept,) = (many / "cache").iterdir()
    data = bytearray(kept.read_bytes())
    data[at] ^= 1
    kept.write_bytes(data)
    assert preflight("lint", "p") == first and len(linted) == 6
