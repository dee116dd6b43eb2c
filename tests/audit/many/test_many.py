"""`preflight audit` of a folder of snapshots: every account told of, and what is done stays done."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from jsonschema import Draft202012Validator

from preflight.data_files import folder as shipped
from tests.audit.generated import account
from tests.cli.running import Command

ROOT = Path(__file__).parents[3]
FIRST, SECOND, THIRD = (f"{number:012d}" for number in (1, 2, 3))


def put(name: str, number: int, *, roles: int = 12) -> None:
    """Write a generated snapshot of the account with this number."""
    text = json.dumps(account(roles, endpoints=8)).replace("111122223333", f"{number:012d}")
    path = Path("all", name)
    path.parent.mkdir(parents=True, exist_ok=True)
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)


@pytest.fixture
def three(folder: Path) -> Path:
    put("a.json", 1)
    put("b.json.gz", 2)
    put("c.json", 3, roles=5)
    return folder


def go(preflight: Command, *options: str) -> Any:
    return preflight("audit", "--snapshot", "all", "--into", "out", *options)


def kept(account_id: str) -> Any:
    return json.loads(gzip.decompress(Path("out/accounts", f"{account_id}.json.gz").read_bytes()))


def told(row: str = "account") -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in Path("out/manifest.jsonl").read_text().splitlines()]
    return [line for line in lines if row in line]


def test_each_account_is_audited_as_it_is_alone(three: Path, preflight: Command) -> None:
    ran = go(preflight, "--format", "json")
    assert ran.code == 1 and ran.err == "", ran
    found = json.loads(ran.out)
    schema = json.loads((shipped("schemas") / "audit-accounts.schema.json").read_bytes())
    assert [error.message for error in Draft202012Validator(schema).iter_errors(found)] == []
    assert found["complete"] and [each["account"] for each in found["accounts"]] == [FIRST, SECOND, THIRD]
    alone = {}
    for name, account_id in (("a.json", FIRST), ("b.json.gz", SECOND), ("c.json", THIRD)):
        one = json.loads(preflight("audit", "--snapshot", f"all/{name}", "--format", "json").out)
        document = kept(account_id)
        # The texts that an account's page shows are in its document alone.
        texts, left_out = document.pop("policies"), document.pop("policies_left_out")
        assert document == one and left_out == []
        assert texts and all(text["Statement"] for text in texts.values())
        alone[account_id] = one
    failed = sum(result["kind"] == "fail" for one in alone.values() for result in one["results"])
    assert sum(found["counts"][level] for level in ("error", "warning", "note")) == failed > 20
    assert sum(rule["fail"] for rule in found["rules"]) == failed
    assert {rule["rule"]: rule["accounts"] for rule in found["rules"]}["ACC130"] == [FIRST, SECOND, THIRD]


def test_in_words(three: Path, preflight: Command) -> None:
    ran = go(preflight)
    assert "in all 3 accounts" in ran.out and f"{FIRST}  a.json" in ran.out, ran.out
    assert ran.out.splitlines()[-1].startswith("FINDINGS: ")
    again = go(preflight)
    assert again.out == ran.out and again.code == ran.code
    assert "all accounts were audited before" in again.err and "--again" in again.err
    assert go(preflight, "--quiet").err == ""


def test_only_what_is_missing_is_done(three: Path, preflight: Command) -> None:
    go(preflight)
    put("b.json.gz", 2, roles=13)
    Path("out/accounts", f"{THIRD}.json.gz").write_bytes(b"half of it")
    put("d.json", 4)
    ran = go(preflight)
    assert "1 account was audited before" in ran.err
    assert sorted(each["account"] for each in told()[3:]) == [SECOND, THIRD, f"{4:012d}"]
    assert kept(SECOND)["results"] and kept(THIRD)["account"] == THIRD
    go(preflight, "--again")
    assert len(told()) == 4


def test_one_that_fails_does_not_keep_the_others(three: Path, preflight: Command) -> None:
    whole = Path("all/a.json").read_text()
    Path("all/a.json").write_text(whole[: len(whole) // 2])
    Path("all/b.json.gz").write_bytes(Path("all/b.json.gz").read_bytes()[:100])
    Path("all/e.json").write_text('{"version": 1, "account": "5", "regions": {}}')
    put("f.json", 3)
    ran = go(preflight, "--format", "json")
    assert ran.code == 2
    found = json.loads(ran.out)
    assert not found["complete"] and [each["account"] for each in found["accounts"]] == [THIRD]
    reasons = {each["key"]: each["reason"] for each in found["failed"]}
    assert reasons.keys() >= {"a.json", "b.json.gz", "e.json"} and len(reasons) == 4
    assert "all/a.json" in reasons["a.json"] and "line" in reasons["a.json"]
    assert "the gzip file is incomplete or damaged" in reasons["b.json.gz"] and "/account" in reasons["e.json"]
    (same,) = reasons.keys() & {"c.json", "f.json"}
    assert f"it belongs to account {THIRD}, as" in reasons[same]
    Path("all/a.json").write_text(whole)
    for name in ("b.json.gz", "e.json", same):
        Path("all", name).unlink()
    mended = go(preflight)
    assert mended.code == 1 and "1 account was audited before" in mended.err and "2 accounts" in mended.out
    words = go(preflight, "--quiet").out
    assert "NOT AUDITED" not in words


def test_what_could_not_be_audited_comes_first(three: Path, preflight: Command) -> None:
    Path("all/b.json.gz").write_bytes(b"")
    ran = go(preflight)
    assert ran.out.startswith("NOT AUDITED  b.json.gz\n") and ran.code == 2
    assert ran.out.splitlines()[-1].startswith("NOT COMPLETE: ") and "2 of 3 accounts" in ran.out


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda: Path("out/manifest.jsonl").write_text("not a line of it\n"), "not the manifest of an audit"),
        (lambda: Path("out/manifest.jsonl").write_text('{"key": 1}\n'), "line 1"),
        (lambda: Path("out/manifest.jsonl").write_text('{"settings": {}, "version": 9}\n'), "another version"),
    ],
)
def test_a_manifest_that_was_edited(three: Path, preflight: Command, spoil: Any, said: str) -> None:
    go(preflight)
    spoil()
    ran = go(preflight)
    assert ran.code == 2 and said in ran.line and "name another --into" in ran.line
    assert go(preflight, "--again").code == 1


def test_a_manifest_whose_last_line_was_cut_off(three: Path, preflight: Command) -> None:
    go(preflight)
    manifest = Path("out/manifest.jsonl")
    manifest.write_text(manifest.read_text()[:-40])
    ran = go(preflight)
    assert ran.code == 1 and "2 accounts were audited before" in ran.err
    assert len(told()) == 3


def test_what_it_writes_is_for_its_owner_alone(three: Path, preflight: Command) -> None:
    old = os.umask(0o022)
    try:
        assert go(preflight).code in (0, 1, 3)
    finally:
        os.umask(old)
    written = [path for path in Path("out").rglob("*") if path.is_file() and path.name != ".lock"]
    assert Path("out/manifest.jsonl") in written
    assert {path.name for path in written if path.stat().st_mode & 0o077 and path.stat().st_size} == set()


def test_folders_in_the_folder_and_what_is_no_snapshot(three: Path, preflight: Command) -> None:
    put("team/d.JSON", 4)
    Path("all/readme.md").write_text("whose they are")
    Path("all/.git").mkdir()
    Path("all/.git/config.json").write_text("{}")
    Path("all/around").symlink_to(Path("all").resolve())
    found = json.loads(go(preflight, "--format", "json").out)
    assert [each["key"] for each in found["accounts"]] == ["a.json", "b.json.gz", "c.json", "team/d.JSON"]
    assert [each["key"] for each in found["left_out"]] == ["around", "readme.md"] and found["complete"]


def test_snapshots_are_kept_from_the_start_or_not_at_all(three: Path, preflight: Command) -> None:
    go(preflight)
    ran = go(preflight, "--keep-snapshots")
    assert ran.code == 2 and "another --keep-snapshots (none, now yes)" in ran.line


def test_runs_with_other_settings_are_not_mixed(three: Path, preflight: Command) -> None:
    go(preflight)
    ran = go(preflight, "--select", "ACC110")
    assert ran.code == 2 and "started with another --select (none, now ACC110)" in ran.line and "--again" in ran.line
    assert go(preflight, "--select", "ACC110", "--again").code in (0, 1, 3)


def test_what_was_kept_of_two_snapshots_of_one_account_does_not_count_twice(
    three: Path, preflight: Command, tmp_path: Path
) -> None:
    put("d.json", 3, roles=5)
    for away, back in (("c.json", ""), ("d.json", "c.json")):
        Path("all", away).rename(away)
        if back:
            Path(back).rename(Path("all", back))
        assert go(preflight).code == 1
    Path("d.json").rename("all/d.json")
    ran = go(preflight, "--format", "json")
    assert ran.code == 2
    found = json.loads(ran.out)
    assert [each["account"] for each in found["accounts"]].count(THIRD) == 1 and len(found["failed"]) == 1


def test_a_listed_snapshot_is_of_its_account_and_has_its_regions(three: Path, preflight: Command) -> None:
    def listed(**entry: Any) -> Any:
        Path("list.json").write_text(json.dumps([{"account": FIRST, "snapshot": "all/a.json", **entry}]))
        return json.loads(preflight("audit", "--accounts", "list.json", "--into", "listed", "--format", "json").out)

    assert [each["account"] for each in listed()["accounts"]] == [FIRST]
    assert "has no region eu-north-1" in listed(regions=["eu-north-1"])["failed"][0]["reason"]
    assert f"is of account {FIRST}" in listed(account=SECOND)["failed"][0]["reason"]


@pytest.mark.parametrize("name", ["../../x", "accounts/../../x.json.gz"])
def test_a_manifest_names_no_file_elsewhere(three: Path, preflight: Command, name: str) -> None:
    go(preflight)
    manifest = Path("out/manifest.jsonl")
    manifest.write_text(manifest.read_text().replace(f"accounts/{FIRST}.json.gz", name))
    ran = go(preflight, "--format", "html", "--output", "index.html")
    assert ran.code == 2 and "it is not the manifest of an audit" in ran.line


@pytest.mark.parametrize("name", ["../../x", "00000000000a", FIRST + chr(10), "٠" * 12])
def test_an_account_that_is_none_becomes_no_file(three: Path, preflight: Command, name: str) -> None:
    held = json.loads(Path("all/a.json").read_text())
    Path("all/a.json").write_text(json.dumps({**held, "account": name}))
    ran = go(preflight, "--format", "json")
    assert ran.code == 2 and [each["key"] for each in json.loads(ran.out)["failed"]] == ["a.json"]
    assert sorted(each.name for each in Path("out/accounts").iterdir()) == [f"{SECOND}.json.gz", f"{THIRD}.json.gz"]


def test_hostile_names_of_files(folder: Path, preflight: Command) -> None:
    names = (os.fsdecode(b"\xff.json"), "\x1b[31mred.json", "a\nCLEAN: no findings.json", "\x1b[2J\nCLEAN: x.json")
    for number, name in enumerate(names):
        put("plain.json", number, roles=3)
        Path("all/plain.json").rename(Path("all", name))
    Path("all", names[-1]).write_text("{")
    for form in ("text", "json", "jsonl", "csv", "sarif", "html"):
        ran = go(preflight, "--format", form, "--output", "found")
        assert ran.code == 2 and "Traceback" not in ran.err and "damaged" not in ran.err, (form, ran)
        text = Path("found").read_text()
        assert "\x1b" not in text and (form == "html" or SECOND in text), form
        assert form != "text" or not any(line.startswith("CLEAN") for line in text.splitlines()), text


def test_two_audits_into_one_directory(three: Path, preflight: Command) -> None:
    Path("out").mkdir()
    with FileLock("out/.lock"):
        ran = go(preflight)
    assert ran.code == 2 and "another audit is running in out" in ran.line


def test_every_format_has_every_account(three: Path, preflight: Command) -> None:
    assert go(preflight).code == 1
    results = [result for one in (FIRST, SECOND, THIRD) for result in kept(one)["results"]]
    lines = [json.loads(line) for line in go(preflight, "--format", "jsonl").out.splitlines()]
    assert len(lines) == len(results) and {line["account"] for line in lines} == {FIRST, SECOND, THIRD}
    table = list(csv.DictReader(io.StringIO(go(preflight, "--format", "csv").out)))
    assert [(row["rule"], row["subject"]) for row in table] == [(each["rule"], each["subject"]) for each in results]
    log = json.loads(go(preflight, "--format", "sarif").out)
    wanted = sum(each["kind"] in ("fail", "open") for each in results)
    assert len(log["runs"][0]["results"]) == wanted


def test_parquet_of_many_and_of_one(three: Path, preflight: Command) -> None:
    from pyarrow import parquet

    assert "add --output" in go(preflight, "--format", "parquet").line
    assert go(preflight, "--format", "parquet", "--output", "all.parquet").code == 1
    table = parquet.read_table("all.parquet")
    results = [result for one in (FIRST, SECOND, THIRD) for result in kept(one)["results"]]
    assert table.column("message").to_pylist() == [each["message"] for each in results]
    assert set(table.column("account").to_pylist()) == {FIRST, SECOND, THIRD}
    ran = preflight("audit", "--snapshot", "all/a.json", "--format", "parquet", "--output", "one.parquet")
    assert ran.code == 1 and parquet.read_table("one.parquet").num_rows == len(kept(FIRST)["results"])


@pytest.mark.parametrize(
    ("module", "options", "install"),
    [
        ("pyarrow", ["--format", "parquet", "--output", "x.parquet"], "aws-preflight[parquet]"),
        ("distributed", ["--engine", "dask", "--scheduler", "tcp://127.0.0.1:1"], "aws-preflight[dask]"),
    ],
)
def test_what_is_not_installed_is_named(
    three: Path, preflight: Command, monkeypatch: pytest.MonkeyPatch, module: str, options: list[str], install: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    ran = go(preflight, *options)
    assert ran.code == 2 and f"pip install '{install}'" in ran.line and not Path("x.parquet").exists()


def test_a_page_for_each_account(three: Path, preflight: Command) -> None:
    Path("pages").mkdir()
    assert go(preflight, "--format", "html", "--output", "pages/index.html").code == 1
    index = Path("pages/index.html").read_text()
    for account_id in (FIRST, SECOND, THIRD):
        assert f"../out/accounts/{account_id}.html" in index
        text = Path("out/accounts", f"{account_id}.html").read_text()
        assert account_id in text and '"policies": []' not in text
    written = [*Path("pages").iterdir(), *Path("out").rglob("*.html")]
    assert len(written) == 4 and not any(path.stat().st_mode & 0o077 for path in written)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--snapshot", "all"], "--into DIR says where"),
        (["--into", "out"], "--into is for many accounts"),
        (["--organization", "--accounts", "x"], "--organization and --accounts can't be combined"),
        (["--snapshot", "all", "--into", "out", "--who-can", "s3:GetObject"], "asked of one account"),
        (["--snapshot", "all", "--into", "out", "--engine", "dask"], "go together"),
        (["--snapshot", "all", "--into", "out", "--scheduler", "tcp://x"], "go together"),
        (["--snapshot", "all", "--into", "out", "--include", "ou-x"], "add --organization"),
        (["--snapshot", "all", "--into", "out", "--format", "junit"], "there are text, json"),
        (["--snapshot", "all", "--into", "all/a.json"], "--into all/a.json cannot be used"),
        (["--snapshot", "none", "--into", "out"], "--into is for many accounts"),
    ],
)
def test_options_that_do_not_fit(three: Path, preflight: Command, options: list[str], said: str) -> None:
    Path("out").mkdir()
    ran = preflight("audit", *options)
    assert ran.code == 2 and said in ran.line, ran


def test_a_folder_without_snapshots(folder: Path, preflight: Command) -> None:
    Path("all").mkdir()
    Path("all/readme.md").write_text("nothing")
    ran = go(preflight)
    assert ran.code == 2 and "no file in it is a snapshot" in ran.line


def started(*options: str, limit: int | None = None, **environment: str) -> subprocess.Popen[str]:
    def limited() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.Popen(
        [sys.executable, "-m", "preflight", "audit", "--snapshot", "all", "--into", "out", *options],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=limited,
    )


def test_a_disk_that_is_full(three: Path, preflight: Command) -> None:
    go(preflight)
    sizes = {one: Path("out/accounts", f"{one}.json.gz").stat().st_size for one in (FIRST, SECOND, THIRD)}
    go(preflight, "--again")
    manifest = Path("out/manifest.jsonl").stat().st_size
    put("d.json", 4, roles=400)
    process = started(limit=max(*sizes.values(), manifest + 4000) + 1000)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 2 and "cannot be written" in err and "what is done is kept" in err, (out, err)
    assert err.count("\n") == 1 and not list(Path("out/accounts").glob(".*"))
    done = go(preflight)
    assert done.code == 1 and "3 accounts were audited before" in done.err and "4 accounts" in done.out


@pytest.mark.slow
def test_an_interrupted_run_goes_on(folder: Path, preflight: Command) -> None:
    for number in range(1, 13):
        put(f"{number}.json", number, roles=600)
    process = started()
    until = time.monotonic() + 120
    manifest = Path("out/manifest.jsonl")
    # A document is there before the manifest's line of it.
    while '"account":' not in (manifest.read_text().rpartition("\n")[0] if manifest.exists() else ""):
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130 and "the same command does the rest" in err and "Traceback" not in err, err
    before = len(told())
    assert 0 < before < 12
    done = go(preflight)
    assert done.code == 1 and f"preflight: {before} account" in done.err and "in 12 accounts" in done.out


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are looked for in /proc")
def test_a_run_that_is_killed_leaves_no_process_behind(folder: Path) -> None:
    for number in range(1, 13):
        put(f"{number}.json", number, roles=600)

    def ours() -> list[str]:
        mark = f"PREFLIGHT_TEST={folder}".encode()
        found = []
        for each in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (each / "environ").read_bytes():
                    found.append(each.name)
            except OSError:
                continue
        return found

    def until(reached: Callable[[], bool]) -> None:
        end = time.monotonic() + 120
        while not reached():
            assert time.monotonic() < end, ours()
            time.sleep(0.05)

    process = started(PREFLIGHT_TEST=str(folder))
    until(lambda: bool(list(Path("out").glob("accounts/*.gz"))))
    assert len(ours()) > 2
    process.kill()
    process.communicate()
    until(lambda: not ours())
