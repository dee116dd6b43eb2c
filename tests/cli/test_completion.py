"""`--install-completion`, and then Tab in a terminal: what bash, zsh and fish complete."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ENTRY = "from preflight.cli.app import main\nif __name__ == '__main__':\n    main()\n"
_CONTROLS = re.compile(rb"\x1b(?:\[[0-9;?>=]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\\\)|[()=>].?)")


def shell(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not on this machine")
    return found


@pytest.fixture
def own(tmp_path: Path) -> dict[str, str]:
    """The environment of a user with an empty home and `preflight` on the path."""
    program = tmp_path / "bin" / "preflight"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\n{ENTRY}")
    program.chmod(0o755)
    (tmp_path / "home").mkdir()
    root = str(Path(__file__).parent.parent.parent)
    path = f"{program.parent}:/usr/local/bin:/usr/bin:/bin"
    return {"HOME": str(tmp_path / "home"), "PATH": path, "TERM": "xterm", "PYTHONPATH": root}


class Terminal:
    """A shell in a terminal: what is typed, and what it shows."""

    def __init__(self, program: str, environment: dict[str, str]) -> None:
        self.pid, self.end = pty.fork()
        if self.pid == 0:
            os.chdir(environment["HOME"])
            os.execve(program, [program, "-i"], environment)
        self.shown = b""

    def type(self, text: str) -> None:
        os.write(self.end, text.encode())

    def shows(self, pattern: str, seconds: float = 120) -> bool:
        """Wait until what was shown since the last call has a pattern."""
        begun = time.monotonic()
        while time.monotonic() - begun < seconds:
            if re.search(pattern.encode(), _CONTROLS.sub(b"", self.shown)):
                self.shown = b""
                return True
            if select.select([self.end], [], [], 0.1)[0]:
                try:
                    self.shown += os.read(self.end, 65536)
                except OSError:
                    return False
                # fish asks the terminal what it is, and waits.
                if b"\x1b[c" in self.shown or b"\x1b[0c" in self.shown:
                    self.shown = self.shown.replace(b"\x1b[c", b"").replace(b"\x1b[0c", b"")
                    os.write(self.end, b"\x1b[?62;c")
        return False

    def close(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.end)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_a_new_shell_completes_at_the_first_tab(name: str, own: dict[str, str]) -> None:
    program = shell(name)
    # As the page says: in the shell that is to complete.
    done = subprocess.run(
        [program, "-c", "preflight --install-completion; true"], env=own, capture_output=True, text=True, timeout=180
    )
    assert "completion installed in" in done.stdout, done
    terminal = Terminal(program, own)
    try:
        terminal.type("echo be''gun\r")
        assert terminal.shows("begun")
        terminal.type("preflight li\t")
        assert terminal.shows("preflight lint"), terminal.shown
        terminal.type("p.json --select IAM21\t\t")
        assert terminal.shows("IAM210"), terminal.shown
    finally:
        terminal.close()


def test_a_half_written_command_prints_no_error(own: dict[str, str]) -> None:
    asked = {**own, "_PREFLIGHT_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": "preflight li x.json --form"}
    done = subprocess.run(["preflight"], env=asked, capture_output=True, text=True, timeout=180, check=False)
    assert done.stderr == ""
