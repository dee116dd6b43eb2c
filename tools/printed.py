"""Rewrite what pages show of commands: `python tools/printed.py`, part of `make docs`.

A page shows a command and what it prints in a block that begins with ```` ```console ````. Where a page leaves lines
out (`[...]`), the same number of lines is kept before the first and after the last gap, and between two gaps the
paragraph that begins most like the one shown.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from difflib import SequenceMatcher
from pathlib import Path

ROOT = Path(__file__).parent.parent
SHOWN = re.compile(r"(```console\n\$ (.*?[^\\])\n)(.*?)(\n```)", re.DOTALL)
GAP = "[...]"


def pages() -> list[Path]:
    """Return the pages that show what commands print."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "examples").glob("*/README.md"))]


def printed(command: str) -> str:
    """Return what a command prints in the project's folder, in eighty columns and without the user's settings."""
    program, *arguments = shlex.split(command.replace("\\\n", " "))
    if program != "preflight":
        raise ValueError(f"pages show what preflight prints, not {program}")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON", "COLUMNS"))}
    ran = [sys.executable, "-m", "preflight", *arguments]
    done = subprocess.run(ran, cwd=ROOT, env=kept, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout.removesuffix("\n")


def shortened(shown: str, output: str) -> str:
    """Return the output with the gaps that the page has."""
    parts = [part.strip("\n").split("\n") for part in f"\n{shown}\n".split(f"\n{GAP}\n")]
    lines = output.split("\n")
    if len(parts) == 1:
        return output
    kept = [lines[: len(parts[0])] if parts[0] != [""] else []]
    paragraphs = output.split("\n\n")
    for part in parts[1:-1]:
        begin = part[0]
        best = max(paragraphs, key=lambda each: SequenceMatcher(None, each.split("\n")[0], begin).ratio())
        kept.append(best.split("\n"))
    kept.append(lines[-len(parts[-1]) :] if parts[-1] != [""] else [])
    return f"\n{GAP}\n".join("\n".join(each) for each in kept).strip("\n")


def main() -> None:
    """Rewrite every page in place."""
    for page in pages():
        text = page.read_text(encoding="utf-8")
        new = SHOWN.sub(lambda found: f"{found[1]}{shortened(found[3], printed(found[2]))}{found[4]}", text)
        if new != text:
            page.write_text(new, encoding="utf-8")
            sys.stdout.write(f"rewritten: {page.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
