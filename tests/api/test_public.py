"""What is public: documented, importable, quiet, and light to import."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from preflight import api

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
SCRIPTS = re.findall(r"```python\n(.*?)\n```", PAGE, re.DOTALL)
FUNCTIONS = [name for name in dir(api) if name[0].islower()]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda text: re.findall(r"api\.(\w+)\(", text)[0])
def test_the_pages_examples_run(script: str) -> None:
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def test_the_page_names_every_function() -> None:
    assert {name for name in FUNCTIONS if f"`{name}" not in PAGE and f"api.{name}(" not in PAGE} == set()
    assert set(re.findall(r"api\.([a-z]\w*)\(", PAGE)) <= set(FUNCTIONS)


@pytest.mark.parametrize("name", dir(api))
def test_what_is_named_is_there(name: str) -> None:
    found = getattr(api, name)
    assert not name[0].islower() or (callable(found) and found.__doc__)


def test_what_is_not_there_is_no_attribute() -> None:
    with pytest.raises(AttributeError):
        _ = api.nothing  # type: ignore[attr-defined]


def test_importing_it_loads_next_to_nothing() -> None:
    script = "import sys, preflight.api; print(sorted(name for name in sys.modules if name.startswith('preflight')))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "['preflight', 'preflight.api']"


def test_a_lint_stays_light(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text('{"Version": "2012-10-17", "Statement": []}')
    script = (
        "import sys; from preflight import api; api.lint('p.json')\n"
        "heavy = {'boto3', 'botocore', 'jsonschema', 'typer', 'rich', 'policyuniverse', 'yaml'}\n"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "command",
    [
        ["lint", "examples/policies/trainer.json", "--format", "json"],
        ["check", "examples/plan.yaml", "--snapshot", "examples/snapshot.json"],
    ],
    ids=lambda command: command[0],
)
def test_a_command_loads_none_of_the_extras(command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "preflight", *command], capture_output=True, text=True, cwd=ROOT
    )
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    extras = {"mcp", "pydantic", "pygls", "lsprotocol", "tree_sitter", "distributed", "pyarrow", "detect_secrets"}
    assert "preflight" in loaded and not loaded & (extras | {"boto3"})


def test_functions_print_nothing(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    api.check("examples/plan.yaml", snapshot="examples/snapshot.json")
    api.policy("examples/plan.yaml", snapshot="examples/snapshot.json")
    api.audit(snapshot="examples/snapshot.json")
    assert capsys.readouterr() == ("", "")


def test_what_is_taken_from_it_is_there() -> None:
    import re
    from pathlib import Path

    import preflight

    package = Path(preflight.__file__).parent
    taken = {
        (path.name, name)
        for path in (package / "cli").glob("*.py")
        for name in re.findall(r"\bapi\.([A-Z]\w*)", path.read_text(encoding="utf-8"))
    }
    assert taken
    assert {each for each in taken if not hasattr(api, each[1])} == set()
