"""`--format`: which one is printed, that the exit code is the same in each, and that it knows its files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from preflight.cli.output import viewed
from preflight.report.formats import FORMATS
from tests.cli.running import Command
from tests.cli.test_check import BLOCKED, DEPLOYER, READY, REQUEST, without

BEGINS = {
    "text": "As arn:", "json": '{\n  "version"', "jsonl": '{"rule": "PRE', "sarif": '{\n  "$schema"', "junit": "<?xml",
    "github": "::error file=", "gitlab": "[\n  {", "markdown": "### preflight: BLOCKED",
}  # fmt: skip


@pytest.mark.parametrize("format_", FORMATS)
def test_the_exit_code_does_not_hang_on_it(preflight: Command, format_: str) -> None:
    ran = preflight(*BLOCKED, "--format", format_)
    assert (ran.code, ran.err) == (1, "") and ran.out.startswith(BEGINS[format_])
    check = ["check", "r.json", "--snapshot", "s.json", "--role", DEPLOYER, "--format", format_]
    assert preflight(*check, r__json=REQUEST, s__json=without("quotas")).code == 3
    assert preflight(*check, "--allow-open").code == 0
    assert preflight(*READY, "--format", format_).code == 0


def test_github_where_its_actions_run_it_unless_another_is_named(
    preflight: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    ran = preflight(*BLOCKED)
    assert ran.code == 1 and ran.out.startswith("::error file=")
    assert preflight(*BLOCKED, "--format", "text").out.startswith("As arn:")
    monkeypatch.setenv("GITHUB_ACTIONS", "")
    assert preflight(*BLOCKED).out.startswith("As arn:")


@pytest.mark.parametrize("variable", ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"])
def test_files_are_named_from_the_root_of_the_checkout(
    preflight: Command, folder: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "deep" / "er" / "r.json").write_text(Path(BLOCKED[1]).read_text())
    monkeypatch.chdir(folder / "deep")
    check = ["check", "er/r.json", *BLOCKED[2:], "--format"]

    def named() -> set[str]:
        found = json.loads(preflight(*check, "gitlab").out)
        return {each["location"]["path"] for each in found}

    assert named() == {"er/r.json"}
    monkeypatch.setenv(variable, str(folder))
    assert named() == {"deep/er/r.json"}
    monkeypatch.setenv(variable, "/elsewhere")
    assert named() == {"er/r.json"}
    assert "file=er/r.json,line=2" in preflight(*check[:1], str(folder / "deep/er/r.json"), *check[2:], "github").out


def test_a_link_to_a_file_is_named_as_the_file(preflight: Command, folder: Path) -> None:
    (folder / "deep").mkdir()
    (folder / "deep" / "r.json").write_text(Path(BLOCKED[1]).read_text())
    (folder / "link.json").symlink_to("deep/r.json")
    ran = preflight("check", "link.json", *BLOCKED[2:], "--format", "github")
    assert "file=deep/r.json,line=2" in ran.out and "link.json" not in ran.out
    assert "link.json:2:19" in preflight("check", "link.json", *BLOCKED[2:]).out


def test_the_line_is_shown_also_of_stdin(preflight: Command) -> None:
    text = Path(BLOCKED[1]).read_text()
    for ran in (preflight(*BLOCKED), preflight("check", "-", *BLOCKED[2:], stdin=text)):
        assert '2 |   "EndpointName": "Forecast",\n' in ran.out
        assert "  |                   ^^^^^^^^^^\n" in ran.out


def test_a_report_in_a_file(preflight: Command, folder: Path) -> None:
    ran = preflight(*BLOCKED, "--format", "sarif", "--output", "r.sarif")
    assert ran.code == 1 and ran.out == "" and ran.line.startswith("BLOCKED: 5 failed")
    assert json.loads((folder / "r.sarif").read_text())["version"] == "2.1.0"


def test_the_view_of_a_file_has_no_colours(folder: Path) -> None:
    from preflight.cli.output import Color

    view = viewed("r.txt", Color.AUTO, quiet=True, verbose=False, sources={"a": "b"})
    assert (view.folder, view.root, view.color, view.quiet, view.width) == (str(folder), str(folder), False, True, 80)


def test_names_of_files_can_be_anything(preflight: Command, folder: Path) -> None:
    name = "::error::x\n##[y]`@a\x1b.json"
    (folder / name).write_text(Path(BLOCKED[1]).read_text())
    for format_ in FORMATS:
        ran = preflight("check", name, *BLOCKED[2:], "--format", format_)
        assert ran.code == 1 and "\x1b" not in ran.out and "##[" not in ran.out
        assert not [line for line in ran.out.splitlines() if line.startswith("::error::")]


def test_help_names_them(preflight: Command) -> None:
    for command in ("check", "create"):
        assert "sarif|junit|" in preflight(command, "--help").out.replace("\n", "").replace(" ", "")
