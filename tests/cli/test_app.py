"""The command as a whole: its commands, how errors end, and what happens when nobody reads on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from preflight import __version__
from preflight.cli import app
from preflight.engine.rule import load_examples, rule_ids
from tests.cli.conftest import EXAMPLES
from tests.cli.running import Command

ROOT = EXAMPLES.parent
READY = ["check", "examples/create-endpoint.json", "--snapshot", "examples/snapshot.json",
         "--principal", "arn:aws:iam::111122223333:role/deployer"]  # fmt: skip


def started(*arguments: str, **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "preflight", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, **options,  # type: ignore[call-overload]
    )  # fmt: skip


def test_the_version(preflight: Command) -> None:
    assert preflight("--version").out == f"preflight {__version__}\n"


def test_no_command_gets_the_help(preflight: Command) -> None:
    ran = preflight()
    assert ran.code == 2 and "Usage: preflight" in ran.err and "check" in ran.err


@pytest.mark.parametrize("command", ["check", "create", "lint", "policy", "simulate", "rules", "explain"])
def test_every_command_is_there_with_its_help(preflight: Command, command: str) -> None:
    assert f"\n  {command} " in preflight("--help").out
    ran = preflight(command, "--help")
    assert ran.code == 0 and ran.out.startswith(f"Usage: preflight {command} ")


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("li", "lint"),
        ("lint --bas", "--baseline"),
        ("lint --type sc", "scp"),
        ("lint --format sa", "sarif"),
        ("lint --select IAM001,IAM00", "IAM001,IAM003"),
        ("explain PRE30", "PRE302"),
    ],
)
def test_shells_complete(
    preflight: Command,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: str,
    offered: str,
) -> None:
    monkeypatch.setenv("_PREFLIGHT_COMPLETE", "source_bash")
    with pytest.raises(SystemExit):
        preflight()
    assert "_PREFLIGHT_COMPLETE=complete_bash" in capsys.readouterr().out
    monkeypatch.setenv("_PREFLIGHT_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", f"preflight {words}")
    monkeypatch.setenv("COMP_CWORD", str(len(words.split())))
    with pytest.raises(SystemExit):
        preflight()
    assert offered in capsys.readouterr().out.splitlines()


def test_a_command_that_is_not_there(preflight: Command) -> None:
    assert preflight("chek").line == "preflight: unknown command 'chek'; did you mean 'check'? see preflight --help"
    assert "there are check, create" in preflight("frobnicate").line
    assert preflight("--frobnicate").code == 2


def test_a_defect_is_one_line_and_a_code_of_its_own(preflight: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("oh\x1b[2J\nno")

    monkeypatch.setattr("preflight.documents.plans.requests.load_requests", broken)
    ran = preflight("check", "x.json")
    assert ran.code == 70
    assert ran.line.startswith("preflight: internal error: KeyError: ") and "tests.cli.test_app:" in ran.line
    monkeypatch.setenv("PREFLIGHT_DEBUG", "1")
    with pytest.raises(KeyError):
        preflight("check", "x.json")


@pytest.mark.parametrize(
    "moment", ["preflight.documents.plans.requests.load_requests", "preflight.readiness.check.run"]
)
def test_an_interruption_ends_with_130(preflight: Command, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(moment, interrupted)
    ran = preflight("check", str(ROOT / READY[1]), "--snapshot", str(ROOT / READY[3]))
    assert ran.code == 130
    assert ran.line == "preflight: interrupted; a check only reads, so nothing has changed"


def test_an_interruption_before_anything_was_read_is_said_once(
    preflight: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("preflight.api.take_snapshot._collected", interrupted)
    ran = preflight("snapshot", "--output", "s.json")
    assert (ran.code, ran.line) == (130, "preflight: interrupted")


LOST = """
class Callback:
    def __del__(self):
        raise KeyboardInterrupt

def interrupted(arguments):
    import time

    Callback()
    time.sleep(200)
"""


@pytest.mark.parametrize(
    "interrupted", ["def interrupted(arguments): exec('raise KeyboardInterrupt')", LOST], ids=["exec", "callback"]
)
def test_an_interruption_ends_with_130_wherever_it_hits(tmp_path: Path, interrupted: str) -> None:
    instead = f"{interrupted}\nimport preflight.cli.app as app\napp._ended = interrupted\n"
    (tmp_path / "sitecustomize.py").write_text(instead)
    done = subprocess.run(
        [sys.executable, "-m", "preflight", "rules"],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{EXAMPLES.parent}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert (done.returncode, done.stderr) == (130, "preflight: interrupted\n"), done


def test_whoever_reads_the_report_may_leave() -> None:
    process = started(*READY, "--verbose")
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(60) == 0
    assert process.stderr is not None and process.stderr.read() == ""
    process.stderr.close()


def test_a_terminal_of_few_letters() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    process = started("check", "-", *READY[2:], stdin=subprocess.PIPE, env=environment)
    out, err = process.communicate(json.dumps({"EndpointName": "caf\u00e9", "EndpointConfigName": "x"}), timeout=180)
    assert process.returncode == 1, err
    assert "caf\\xe9" in out


def test_rules(preflight: Command) -> None:
    ran = preflight("rules")
    assert [line[:6] for line in ran.out.splitlines() if line.startswith(("ACC", "IAM", "PRE", "PRV"))] == rule_ids()
    listed = json.loads(preflight("rules", "--format", "json").out)
    assert [each["id"] for each in listed] == rule_ids()
    assert all(each["summary"] and each["why"] and each["references"] for each in listed)
    assert "'text', 'json'" in preflight("rules", "--format", "xml").line


@pytest.mark.parametrize("rule", ["PRE302", "pre302", "name-free"])
def test_explain(preflight: Command, rule: str) -> None:
    ran = preflight("explain", rule)
    assert ran.out.startswith("PRE302 name-free (error, names)\n")
    for part in ("\nWhy\n", "\nHow to fix it\n", "\nSee\n  https://docs.aws.amazon.com/", "\nFails: ", "\nPasses: "):
        assert part in ran.out


def test_every_rule_can_be_explained_with_its_examples(preflight: Command) -> None:
    for rule in rule_ids():
        ran = preflight("explain", rule, "--examples")
        assert ran.code == 0
        assert ran.out.count("\nFails: ") == len(load_examples(rule).get("fail", []))


def test_an_explained_example_can_be_copied(preflight: Command) -> None:
    text = preflight("explain", "PRE302", "--examples").out
    (_, _, after) = text.partition("\nFails: ")
    body = after.partition("\n")[2].partition("\n\n")[0]
    assert set(yaml.safe_load(body)) == {"plan", "snapshot"}


def test_explain_of_what_is_not_there(preflight: Command) -> None:
    assert preflight("explain", "PRE112").line.startswith("preflight: unknown rule 'PRE112'; did you mean PRE1")


def test_python_m_preflight_is_the_same(tmp_path: Path) -> None:
    process = started(*READY)
    out, err = process.communicate(timeout=180)
    assert (process.returncode, err) == (0, "")
    assert out.splitlines()[-1].startswith("READY")


@pytest.mark.parametrize("name", ["--write-baseline=x.json", "--output=x.json", "-q"])
def test_a_committed_file_with_the_name_of_an_option_is_a_file(
    preflight: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    policy = {"Statement": [{"Effect": "Allow", "Action": "s3:GetObjekt", "Resource": "*"}]}
    (tmp_path / name).write_text(json.dumps(policy))
    (tmp_path / "a.json").write_text(json.dumps(policy))
    monkeypatch.setenv("PRE_COMMIT", "1")
    ran = preflight("lint", "--allow-none", "--", name, "a.json")
    assert (
        ran.code == 1
        and f"{name}:1" in ran.out
        and sorted(tmp_path.iterdir()) == [tmp_path / name, tmp_path / "a.json"]
    )
    ran = preflight("lint", "--allow-none", name, "a.json")
    assert ran.code == 2 and "is the name of a file, not an option" in ran.err
    assert len(list(tmp_path.iterdir())) == 2


def test_the_hooks_and_the_action_set_names_apart() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert all(each["args"][-1] == "--" for each in hooks)
    assert '-- "${paths[@]}"' in (ROOT / "action.yml").read_text()


@pytest.mark.parametrize("command", [("lint",), ("check",), ("policy",), ("simulate",), ("prove", "not-public")])
def test_a_name_that_is_none_and_a_document_in_its_place(preflight: Command, command: tuple[str, ...]) -> None:
    assert "the name of a file is empty" in preflight(*command, "").err
    for document in ('{"Statement": []}', '[{"id": "' + "x" * 5000 + '"}]'):
        ran = preflight(*command, document)
        assert ran.code == 2 and "it is a document, not the name of a file; pass it on standard input: use -" in ran.err
        assert len(ran.err) < 400


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("lint", ["--output", "--summary", "--write-baseline", "--baseline", "--rules"]),
        ("check", ["--output", "--snapshot", "--boundary", "--scp", "--deployed"]),
        ("audit", ["--output", "--snapshot", "--accounts", "--into", "--since"]),
        ("mcp", ["--root", "--snapshot"]),
    ],
)
def test_an_option_whose_name_is_empty(preflight: Command, tmp_path: Path, command: str, options: list[str]) -> None:
    for option in options:
        ran = preflight(command, *(["x.json"] if command in ("lint", "check") else []), option, "")
        assert (ran.code, ran.out) == (2, "") and f"{option} has an empty name; name a f" in ran.line, ran


@pytest.mark.parametrize("option", ["--output", "--summary", "--write-baseline", "--baseline", "--rules"])
def test_a_name_that_the_system_refuses(preflight: Command, tmp_path: Path, option: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    for name in ("0" * 300, f"{'0' * 300}/x", str(tmp_path / "loop"), "a\0b", "\ud800"):
        ran = preflight("lint", "--exit-zero", str(EXAMPLES / "policies" / "trainer.json"), option, name)
        assert ran.code in (0, 2) and "internal error" not in ran.err, (name, ran)


@pytest.mark.skipif(sys.platform == "win32", reason="of Unix")
def test_a_current_directory_that_is_gone(tmp_path: Path) -> None:
    script = "import os, sys; os.rmdir(os.getcwd()); os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    for command in (["lint", str(EXAMPLES / "policies")], ["check", str(EXAMPLES / "plan.yaml"), *READY[2:]]):
        tmp_path.joinpath("gone").mkdir()
        process = subprocess.run(
            [sys.executable, "-c", script, "-m", "preflight", *command],
            capture_output=True, text=True, cwd=tmp_path / "gone", env={**os.environ, "PYTHONPATH": str(ROOT)},
            check=False, timeout=180,
        )  # fmt: skip
        assert process.returncode in (0, 1, 2) and "internal error" not in process.stderr, process
        assert "Traceback" not in process.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="of Linux")
def test_a_full_disk_is_no_defect() -> None:
    with Path("/dev/full").open("w") as full:
        process = subprocess.run(
            [sys.executable, "-m", "preflight", "rules"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert process.returncode == 2 and "No space left on device" in process.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="of Linux")
@pytest.mark.parametrize(
    "command", [("lint", str(EXAMPLES / "policies")), ("prove", "not-public", str(EXAMPLES / "policies"))]
)
def test_a_full_device_as_output_is_one_error(preflight: Command, command: tuple[str, ...]) -> None:
    ran = preflight(*command, "--output", "/dev/full")
    assert ran.code == 2 and ran.err.count("\n") == 1
    assert "--output /dev/full cannot be written (No space left on device)" in ran.err
    assert not list(Path("/dev").glob("*full*.*"))


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="of Unix")
@pytest.mark.parametrize("command", [("lint",), ("check",), ("simulate",), ("prove", "not-public"), ("why",)])
def test_a_device_without_end_is_not_read(preflight: Command, command: tuple[str, ...]) -> None:
    assert preflight(*command, "/dev/zero").code == 2


@pytest.mark.parametrize("system", ["linux", "win32"])
def test_an_interruption_of_a_callback_is_delivered_again(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if system == "win32":
        monkeypatch.delattr(signal, "pthread_kill", raising=False)
    monkeypatch.setattr(sys, "platform", system)
    with pytest.raises(KeyboardInterrupt):
        app._not_lost(SimpleNamespace(exc_type=KeyboardInterrupt))  # type: ignore[arg-type]
        until = time.monotonic() + 60
        while time.monotonic() < until:
            time.sleep(0.01)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell there always gives them")
@pytest.mark.parametrize(
    ("stream", "arguments", "code", "said"),
    [
        (0, ["simulate", "-"], 2, "stdin is closed; name a file"),
        (0, ["create", "examples/create-endpoint.json"], 2, "there is no terminal; add --yes"),
        (0, ["server"], 2, "stdin is closed"),
        (0, ["mcp"], 2, "stdin is closed"),
        (1, ["lint", "examples/policies"], 1, ""),
        (1, [*READY, "--format", "json"], 0, ""),
        (2, ["check", "none.json"], 2, ""),
    ],
)
def test_a_standard_stream_that_is_closed(stream: int, arguments: list[str], code: int, said: str) -> None:
    """`preflight … >&-`: the exit code says how it ended, and no file that is opened takes the stream's number."""
    script = f"import os, sys; os.close({stream}); os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    process = subprocess.run(
        [sys.executable, "-c", script, "-m", "preflight", *arguments],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=ROOT, check=False, timeout=180,
    )  # fmt: skip
    assert process.returncode == code and said in process.stderr, process
