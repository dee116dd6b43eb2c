"""The blocks of code on the project's pages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "examples").glob("*/README.md")),
]
_BLOCK = re.compile(
    r"^(?P<indent> *)```(?P<language>\w*)(?P<rest>[^\n]*)\n(?P<text>.*?)\n(?P=indent)```$", re.DOTALL | re.M
)


@dataclass(frozen=True, slots=True)
class Block:
    """A block: its page (`docs/why.md`), the line that it begins at, its language, what follows that, and its text."""

    page: str
    line: int
    language: str
    rest: str
    text: str

    def commands(self) -> list[str]:
        """Return the commands of a block for a shell, one for each line that ends without a backslash."""
        joined = re.sub(r"\\\n\s*", "", self.text)
        return [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]


def blocks() -> list[Block]:
    """Return every block of every page."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for each in _BLOCK.finditer(text):
            indent = each["indent"]
            body = "\n".join(line.removeprefix(indent) for line in each["text"].split("\n"))
            line = text.count("\n", 0, each.start()) + 1
            found.append(Block(page.relative_to(ROOT).as_posix(), line, each["language"], each["rest"].strip(), body))
    return found
