"""Settings: where they are found, what they say, and what is said where they cannot be used."""

from __future__ import annotations

import os
import pickle
from datetime import date
from pathlib import Path

import pytest

from preflight.documents.config import Config, find_config
from preflight.documents.text.globs import matches
from preflight.errors import InputError

WHOLE = """
select = ["IAM0", "IAM2"]
ignore = ["iam206"]
fail-on = "warning"
type = "scp"
rules = ["own"]
baseline = "known.json"
exclude = ["old/**"]

[[paths]]
files = ["trust/**", "*.trust.json"]
type = "trust"
ignore = ["IAM205"]

[[paths]]
files = ["trust/legacy/*"]
select = ["IAM0"]

[[suppress]]
file = "admin.json"
rule = "IAM201"
statement = "BreakGlass"
reason = "two people   hold it"
expires = 2027-03-31
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_everything_that_settings_say(folder: Path) -> None:
    (folder / "preflight.toml").write_text(WHOLE)
    (folder / "trust").mkdir()
    config = find_config()
    assert (config.select, config.ignore) == (("IAM0", "IAM2"), ("iam206",))
    assert (config.fail_on, config.type, config.exclude) == ("warning", "scp", ("old/**",))
    assert (config.rules, config.baseline) == ((str(folder / "own"),), str(folder / "known.json"))
    (entry,) = config.suppressions
    assert (entry.statement, entry.reason, entry.expires, entry.line) == (
        "BreakGlass", "two people hold it", date(2027, 3, 31), WHOLE.splitlines().index("[[suppress]]") + 1,
    )  # fmt: skip
    assert config.named("trust/../a.json") == "a.json"
    assert config.excluded("old/a.json") and not config.excluded("a.json")
    assert config.settings_for("a.json").type == "scp"
    trust = config.settings_for("trust/legacy/a.json")
    assert (trust.type, trust.select, trust.ignore) == ("trust", ("IAM0",), ("IAM205",))


@pytest.mark.parametrize("header", ["[tool.preflight]", "[tool]\npreflight.ignore = []\n[other]"])
def test_the_nearest_settings_count(folder: Path, monkeypatch: pytest.MonkeyPatch, header: str) -> None:
    (folder / "pyproject.toml").write_text(f"[project]\nname = 'x'\n{header}\n")
    inner = folder / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "pyproject.toml").write_text("[project]\nname = 'preflight user'\n")
    monkeypatch.chdir(inner)
    assert find_config().path == "../../pyproject.toml"
    (folder / "a" / "preflight.toml").write_text("")
    assert find_config().path == "../preflight.toml"
    elsewhere = folder / "else"
    elsewhere.mkdir()
    (folder / "pyproject.toml").unlink()
    monkeypatch.chdir(elsewhere)
    assert find_config(["-"]) == Config()
    assert find_config([str(inner / "p.json")]).folder == str(folder / "a")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('select = [1,,]', "preflight.toml: line 1, column 13: invalid TOML: "),
        ('ingore = ["IAM1"]', "preflight.toml: /ingore: unknown key 'ingore'; did you mean ignore?"),
        ('select = "IAM1"', "preflight.toml: /select: expected a list, found a string; write a list"),
        ('select = ["IAM1*"]', '"IAM1*" is not of the form'),
        ('fail-on = "errors"', "did you mean error?"),
        ('[[suppress]]\nfile = "a"\nrule = "IAM201"', "/suppress/0: reason is missing; add reason"),
        ('[[suppress]]\nfile = "a"\nrule = "IAM201"\nreason = " "', "reason"),
        ('[[suppress]]\nfile = "a"\nrule = "IAM201"\nreason = "r"\nexpires = "2027-02-30"',
         "preflight.toml: /suppress/0/expires (line 1, column 1): invalid date 2027-02-30; write one such as"),
        (b"\xff", "preflight.toml: it is not UTF-8 text; save it as UTF-8"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_used(folder: Path, text: str | bytes, says: str) -> None:
    (folder / "preflight.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError) as caught:
        find_config()
    assert says in str(caught.value)


@pytest.mark.parametrize("name", ["preflight.toml", "pyproject.toml"])
def test_settings_without_end_are_refused(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (folder / name).symlink_to("/dev/zero")
    with pytest.raises(InputError, match=f"{name}: it isn't a regular file"):
        find_config()
    (folder / name).unlink()
    os.mkfifo(folder / name)
    with pytest.raises(InputError, match="it isn't a regular file"):
        find_config()
    (folder / name).unlink()
    (folder / name).write_text("# preflight\n" * 200_000)
    monkeypatch.setattr("preflight.documents.config._MOST_BYTES", 1 << 20)
    with pytest.raises(InputError, match="it is larger than 1 MiB"):
        find_config()


def test_what_is_wrong_in_pyproject_is_placed_in_its_table(folder: Path) -> None:
    (folder / "pyproject.toml").write_text("[tool.preflight]\nselect = 1\n")
    with pytest.raises(InputError, match=r"pyproject\.toml: /tool/preflight/select: expected a list"):
        find_config()


@pytest.mark.parametrize(
    ("pattern", "path", "meant"),
    [
        ("a.json", "a.json", True),
        ("a.json", "deep/a.json", True),
        ("./a.json", "a.json", True),
        ("p/a.json", "x/p/a.json", False),
        ("p", "p/x/a.json", True),
        ("p/", "p/a.json", True),
        ("p/*", "p/x/a.json", True),
        ("p/*.json", "p/x/a.json", False),
        ("p/**/a.json", "p/a.json", True),
        ("p/**", "p/x/y.json", True),
        ("**/x.json", "x.json", True),
        ("?.json", "ab.json", False),
        ("a[1].json", "a[1].json", True),
        ("a.json", "aXjson", False),
    ],
)
def test_patterns(pattern: str, path: str, meant: bool) -> None:
    assert matches(pattern, path) is meant


def test_settings_go_to_other_processes() -> None:
    assert pickle.loads(pickle.dumps(Config())) == Config()


def test_a_folder_brings_its_own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "preflight.toml").write_text('ignore = ["IAM206"]\n')
    monkeypatch.chdir(tmp_path / "elsewhere")
    for path in ("infra", "infra/policy.json", "infra/no-such-folder"):
        assert find_config([str(tmp_path / path)]).ignore == ("IAM206",)
    assert find_config(["-"]).ignore == ()


def test_the_address_of_rule_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "preflight.toml").write_text('rule-pages = "https://docs.example.org/rules/"\n')
    assert find_config(["policy.json"]).rule_pages == "https://docs.example.org/rules/"
    (tmp_path / "preflight.toml").write_text('rule-pages = "docs.example.org"\n')
    with pytest.raises(InputError, match="rule-pages"):
        find_config(["policy.json"])
