"""Write `rules/index.json` from the files of the rules: `python tools/rule_index.py`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from preflight.engine.rule_index import INDEX, read

RULES = Path(__file__).parent.parent / "rules"


def text() -> str:
    """Return the index: a line for each rule, in the order of their ids, so that two changes seldom meet."""
    return "{\n" + ",\n".join(_lines()) + "\n}\n"


def _lines() -> Iterator[str]:
    for path in sorted(RULES.glob("*/[A-Z][A-Z][A-Z][0-9][0-9][0-9].yaml"), key=lambda path: path.stem):
        yield f"{json.dumps(path.stem)}: {json.dumps(read(path), ensure_ascii=False, separators=(',', ':'))}"


def main() -> None:
    """Write the file."""
    (RULES / INDEX).write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
