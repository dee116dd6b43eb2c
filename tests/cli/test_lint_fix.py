"""`preflight lint --fix` and `--diff` as they are run: what is written, what is printed where, and how it ends."""

from __future__ import annotations

import codecs
import json
import os
from pathlib import Path
from typing import Any

import pytest

from preflight.documents.text.atomic_write import replacing
from tests.cli.running import Command

ONCE: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::b/*"}],
}
TWICE: dict[str, Any] = {
    **ONCE,
    "Statement": [{**ONCE["Statement"][0], "Action": ["s3:GetObject", "s3:GetObject"]}],
}
BEFORE, AFTER = json.dumps(TWICE), json.dumps(ONCE)


def test_a_file_is_mended_and_what_remains_is_reported(preflight: Command, folder: Path) -> None:
    remains = {**TWICE, "Statement": [*TWICE["Statement"], {"Effect": "Allow", "Action": "s3:Gett", "Resource": "*"}]}
    ran = preflight("lint", "p.json", "--fix", "--format", "json", p__json=remains)
    assert ran.code == 1 and [each["rule"] for each in json.loads(ran.out)["results"]] == ["IAM101"]
    assert ran.line == "preflight: p.json: fixed IAM300 (1)"
    assert json.loads((folder / "p.json").read_text())["Statement"][0] == ONCE["Statement"][0]
    again = (folder / "p.json").read_bytes()
    assert (preflight("lint", "p.json", "--fix").err, (folder / "p.json").read_bytes()) == ("", again)


def test_a_diff_is_printed_and_nothing_written(preflight: Command, folder: Path) -> None:
    (folder / "p.json").write_text(BEFORE)
    ran = preflight("lint", "p.json", "--fix", "--diff", "--fail-on", "note")
    assert ran.out == (
        f"--- a/p.json\n+++ b/p.json\n@@ -1 +1 @@\n-{BEFORE}\n\\ No newline at end of file\n"
        f"+{AFTER}\n\\ No newline at end of file\n"
    )
    assert ran.code == 1 and "IAM300" in ran.err
    assert (folder / "p.json").read_text() == BEFORE


def test_stdin_is_printed_mended_and_the_report_on_stderr(preflight: Command) -> None:
    for text in (BEFORE, AFTER):
        ran = preflight("lint", "-", "--fix", "--type", "identity", stdin=text.encode())
        assert (ran.code, ran.out) == (0, AFTER) and "clean: 1 policy" in ran.err.lower()


@pytest.mark.parametrize(
    ("bom", "encoding"), [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (b"", "utf-8")]
)
def test_the_bytes_around_stay_with_mode_and_links(preflight: Command, folder: Path, bom: bytes, encoding: str) -> None:
    (folder / "real").mkdir()
    real = folder / "real" / "p.json"
    real.write_bytes(bom + (BEFORE.replace(", ", ",\r\n\t") + "\r\n").encode(encoding))
    real.chmod(0o640)
    (folder / "p.json").symlink_to(real)
    assert preflight("lint", "p.json", "--fix").code == 0
    wanted = (AFTER.replace(", ", ",\r\n\t") + "\r\n").encode(encoding)
    assert real.read_bytes() == bom + wanted
    assert real.stat().st_mode & 0o777 == 0o640 and (folder / "p.json").is_symlink()
    assert [each.name for each in real.parent.iterdir()] == ["p.json"]


def test_what_is_suppressed_or_ignored_is_not_mended(preflight: Command, folder: Path) -> None:
    text = "Version: '2012-10-17'\nStatement:\n- Effect: Allow\n  Action:\n  - s3:GetObject\n"
    text += "  # preflight: ignore[IAM300] it is generated\n  - s3:GetObject\n  Resource: arn:aws:s3:::b/*\n"
    (folder / "p.yaml").write_text(text)
    (folder / "p.json").write_text(BEFORE)
    preflight("lint", "p.yaml", "--fix")
    preflight("lint", "p.json", "--fix", "--ignore", "IAM300")
    assert (folder / "p.yaml").read_text() == text and (folder / "p.json").read_text() == BEFORE


@pytest.mark.parametrize(
    ("where", "mended"),
    [
        ('pointer = "/Statement/2/Action"', False),
        ('pointer = "/Statement/2"', False),
        ('pointer = "/Statement/0"', True),
        ('statement = "All"', True),
    ],
)
def test_a_suppression_keeps_the_place_that_it_is_about(
    preflight: Command, folder: Path, where: str, mended: bool
) -> None:
    same = {**ONCE["Statement"][0], "Action": "s3:GetObject"}
    wide = {"Sid": "All", "Effect": "Allow", "Action": ["sqs:*", "sns:*"], "Resource": "*"}
    (folder / "preflight.toml").write_text(
        f'[[suppress]]\nfile = "p.json"\nrule = "IAM202"\nreason = "known"\n{where}\n'
    )
    ran = preflight("lint", "p.json", "--fix", p__json={**ONCE, "Statement": [same, same, wide]})
    after = json.loads((folder / "p.json").read_text())["Statement"]
    assert after == ([same, wide] if mended else [same, same, wide]), ran
    assert ("the suppression of IAM202 at /Statement/2" in ran.err) is not mended
    assert ("IAM202" in ran.out) is ("/Statement/0" in where)


def test_a_file_that_cannot_be_written_is_named(
    preflight: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("preflight.lint.runner.write_fixes.replace_file", refuse)
    ran = preflight("lint", "p.json", "--fix", "-q", p__json=TWICE)
    assert (ran.code, ran.line) == (
        2,
        "preflight: p.json: it cannot be written (Permission denied); make it and its folder writable",
    )


def test_what_only_its_owner_may_read_is_so_while_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text("{}")
    (tmp_path / "p.json").chmod(0o600)
    with replacing(tmp_path / "p.json") as stream:
        assert os.fstat(stream.fileno()).st_mode & 0o077 == 0
    (tmp_path / "p.json").chmod(0o644)
    with replacing(tmp_path / "p.json", private=True) as stream:
        assert os.fstat(stream.fileno()).st_mode & 0o077 == 0
    assert (tmp_path / "p.json").stat().st_mode & 0o077 == 0


def test_a_link_that_leaves_the_directory_is_not_written_through(preflight: Command, folder: Path) -> None:
    inside, outside = folder / "tree", folder / "outside.json"
    inside.mkdir()
    text = BEFORE
    for path in (outside, inside / "own.json"):
        path.write_text(text)
    (inside / "link.json").symlink_to(outside)
    (inside / "near.json").symlink_to(inside / "own.json")
    ran = preflight("lint", "--fix", "tree")
    assert outside.read_text() == text and (inside / "own.json").read_text() != text
    assert "link.json: it is a link to a file outside tree; fix that file itself" in ran.err
    assert ran.code == 2 and "link.json: fixed" not in ran.err and "IAM300" in ran.out and "CLEAN" not in ran.out
