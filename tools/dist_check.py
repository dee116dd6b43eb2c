"""Builds what a release uploads and uses it as its users do: `python tools/dist_check.py [PYTHON...]`.

The wheel and the sdist are built; the wheel that the sdist builds has to be the same, byte for byte in every file. For
each interpreter, each of the two is installed into an empty environment, from the package index, and runs the README's
first commands in a folder that has nothing but the examples. Prints what a default install takes on disk, and what its
largest parts do.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from zipfile import ZipFile

ROOT = Path(__file__).parent.parent
MOST_MEGABYTES = 110
MOST_WHEEL_MEGABYTES = 4
_WHO = "arn:aws:iam::111122223333:role/deployer"
# Commands with their exit codes: the demo, and what the README shows.
_RUN = [
    (["--version"], 0),
    (["check", "examples/create-endpoint.json", "--snapshot", "examples/snapshot.json", "--principal", _WHO], 0),
    (["lint", "examples/policies/trainer.json"], 1),
    (
        ["check", "examples/create-endpoint-blocked.json", "--snapshot", "examples/snapshot.json", "--principal", _WHO],
        1,
    ),
    (["simulate", "examples/policies/cases.yaml"], 0),
    (["rules"], 0),
    (["explain", "PRE302"], 0),
]


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command without the settings of whoever checks."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))}
    return subprocess.run(
        [str(each) for each in command], cwd=cwd, env=kept, capture_output=True, text=True, check=False
    )


def must(*command: str | Path, cwd: Path) -> str:
    """Return what a command prints; what fails ends the check."""
    done = run(*command, cwd=cwd)
    if done.returncode:
        sys.exit(f"dist-check: {' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def build(into: Path) -> tuple[Path, Path]:
    """Build the sdist and the wheel from the work tree, and hold the wheel to the one that the sdist gives."""
    must(sys.executable, "-m", "build", "--outdir", into, ROOT, cwd=into)
    (wheel,), (sdist,) = into.glob("*.whl"), into.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(into / "unpacked", filter="data")
    (source,) = (into / "unpacked").iterdir()
    must(sys.executable, "-m", "build", "--wheel", "--outdir", into / "again", source, cwd=into)
    (again,) = (into / "again").glob("*.whl")
    if contents(wheel) != contents(again):
        sys.exit("dist-check: the wheel of the sdist differs from the wheel of the work tree")
    size = wheel.stat().st_size / 1e6
    if size > MOST_WHEEL_MEGABYTES:
        sys.exit(f"dist-check: the wheel has {size:.1f} MB, more than {MOST_WHEEL_MEGABYTES}")
    data = {name for name in contents(wheel) if name.startswith("preflight/_data/")}
    wanted = {
        f"preflight/_data/{path.relative_to(ROOT).as_posix()}"
        for folder in ("rules", "schemas")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix in (".yaml", ".json", ".gz")
    }
    if data != wanted:
        sys.exit(f"dist-check: data files of the wheel: {sorted(data ^ wanted)}")
    say(
        f"wheel {size:.2f} MB, sdist {sdist.stat().st_size / 1e6:.2f} MB, {len(data)} data files, the same by the sdist"
    )
    return wheel, sdist


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def contents(wheel: Path) -> dict[str, bytes]:
    """Return the files of a wheel by name."""
    with ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def use(python: str, dist: Path, home: Path) -> None:
    """Install a distribution into an empty environment and run the commands there."""
    version = must(python, "-c", "import platform; print(platform.python_version())", cwd=home).strip()
    must(python, "-m", "venv", home / "venv", cwd=home)
    programs = home / "venv" / ("Scripts" if os.name == "nt" else "bin")
    packages = Path(
        must(programs / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home).strip()
    )
    before = sizes(packages)
    must(programs / "python", "-m", "pip", "install", "-q", "-c", ROOT / "constraints.txt", dist, cwd=home)
    added = {name: size for name, size in sizes(packages).items() if name not in before}
    shutil.copytree(ROOT / "examples", home / "examples")
    for arguments, code in _RUN:
        done = run(programs / "preflight", *arguments, cwd=home)
        if done.returncode != code or done.stderr:
            sys.exit(
                f"dist-check: {version}: preflight {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}"
            )
    total = sum(added.values()) / 1e6
    say(f"Python {version}: {dist.name}: {len(_RUN)} commands right, {total:.0f} MB")
    if total > MOST_MEGABYTES:
        sys.exit(f"dist-check: a default install has {total:.0f} MB, more than {MOST_MEGABYTES}")
    largest = sorted(added.items(), key=lambda each: -each[1])[:16]
    say("  " + ", ".join(f"{name} {size / 1e6:.1f}" for name, size in largest))


def sizes(packages: Path) -> dict[str, int]:
    """Return the bytes of each package in a folder of packages."""
    return {
        each.name: sum(path.stat().st_size for path in (each.rglob("*") if each.is_dir() else [each]) if path.is_file())
        for each in packages.iterdir()
    }


def main(pythons: list[str]) -> None:
    """Check both distributions with each interpreter."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "dist").mkdir()
        dists = build(folder / "dist")
        for python in pythons:
            for dist in dists:
                home = Path(tempfile.mkdtemp(dir=folder))
                use(python, dist, home)
                shutil.rmtree(home)


if __name__ == "__main__":
    main(sys.argv[1:] or [sys.executable])
