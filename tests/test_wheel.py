"""What users install: the wheel in its own environment, used from a folder that knows nothing of the repository."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parent.parent
READY = ["check", "create-endpoint.json", "--snapshot", "snapshot.json",
         "--principal", "arn:aws:iam::111122223333:role/deployer"]  # fmt: skip


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(ROOT, tmp_path_factory.mktemp("dist"), "--wheel")


def built(source: Path, out: Path, *kind: str) -> Path:
    build = [sys.executable, "-m", "build", *kind, "--no-isolation", "--outdir", str(out), str(source)]
    done = subprocess.run(build, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = out.iterdir()
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a fresh environment that has the wheel, and finds what it depends on where these tests do.

    Nothing is fetched. The path is added without its own `.pth` files, so an editable install of the repository that
    is there plays no part.
    """
    home = tmp_path_factory.mktemp("venv")
    venv.create(home, with_pip=False, symlinks=os.name != "nt")
    programs = home / ("Scripts" if os.name == "nt" else "bin")
    pip = [sys.executable, "-m", "pip", "--python", str(programs / "python"), "--disable-pip-version-check"]
    install = [*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, timeout=300)
    (packages,) = home.glob("Lib/site-packages" if os.name == "nt" else "lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return programs


@pytest.fixture
def away(tmp_path: Path) -> Iterator[Path]:
    """A folder with copies of the examples, and nothing else."""
    shutil.copytree(ROOT / "examples", tmp_path, dirs_exist_ok=True)
    yield tmp_path


def run(program: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))}
    return subprocess.run(
        [str(program), *arguments], cwd=cwd, env=kept, capture_output=True, text=True, timeout=180, check=False
    )


def files(folder: str, *endings: str) -> set[str]:
    found = (ROOT / folder).rglob("*")
    return {str(path.relative_to(ROOT)) for path in found if path.is_file() and path.suffix in endings}


def test_it_has_all_rules_and_schemas_and_nothing_else(wheel: Path) -> None:
    names = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    data = {name.removeprefix("preflight/_data/") for name in names if name.startswith("preflight/_data/")}
    rules = files("rules", ".yaml") | files("rules", ".json") | files("rules", ".gz")
    assert data == rules | files("schemas", ".json")
    assert len(data) > 50
    code = names - {f"preflight/_data/{name}" for name in data}
    assert code == files("preflight", ".py", ".typed", ".css", ".j2", ".js")


def test_it_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size < 4_000_000


def test_the_source_distribution_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(built(ROOT, tmp_path / "sdist", "--sdist")) as archive:
        archive.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()
    again = built(source, tmp_path / "wheel", "--wheel")
    with ZipFile(wheel) as first, ZipFile(again) as second:
        assert {name: first.read(name) for name in first.namelist()} == {
            name: second.read(name) for name in second.namelist()
        }
    assert {"Makefile", "mkdocs.yml", "README.md", "LICENSE", "CHANGELOG.md", "tools", "tests"} <= {
        each.name for each in source.iterdir()
    }


def test_a_check_from_an_empty_folder(installed: Path, away: Path) -> None:
    ran = run(installed / "preflight", *READY, "--format", "json", cwd=away)
    assert (ran.returncode, ran.stderr) == (0, "")
    report = json.loads(ran.stdout)
    assert report["verdict"] == "ready" and report["counts"]["pass"] > 20
    assert (
        run(installed / "preflight", *READY[:1], "create-endpoint-blocked.json", *READY[2:], cwd=away).returncode == 1
    )
    assert run(installed / "preflight", "check", "plan.yaml", "--snapshot", "snapshot.json", cwd=away).returncode == 0


def test_it_is_the_wheel_that_runs(installed: Path, away: Path) -> None:
    script = "import preflight, preflight.data_files as r; print(preflight.__file__); print(r.folder('rules'))"
    ran = run(installed / "python", "-c", script, cwd=away)
    places = [Path(line) for line in ran.stdout.splitlines()]
    assert len(places) == 2
    assert all(place.is_relative_to(installed.parent) for place in places)


def test_the_other_commands_are_there(installed: Path, away: Path) -> None:
    assert run(installed / "preflight", "--version", cwd=away).stdout.startswith("preflight ")
    assert "PRE110" in run(installed / "preflight", "rules", cwd=away).stdout
    case = {"principal": "arn:aws:iam::111122223333:role/r", "action": "s3:GetObject", "resource": "arn:aws:s3:::b/k"}
    (away / "case.json").write_text(json.dumps(case))
    ran = run(installed / "python", "-m", "preflight", "simulate", "case.json", cwd=away)
    assert ran.returncode == 0 and "implicitDeny" in ran.stdout
