"""What people read is plain English: words of an old house dialect do not come back into messages, rules and pages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from preflight.data_files import load_yaml

ROOT = Path(__file__).parent.parent
BANNED = re.compile(
    r"\b(settl(e|es|ed|ing)|whoever|nobody|hangs? on|is told of|mend(s|ed|ing)?|strangers?|what is there|stands)\b",
    re.IGNORECASE,
)
# Turns of phrase that no one writes about AWS.
STILTED = re.compile(
    r"(?<!there )\b(is|are) no (?!longer|more)|\b(that|which) (is|are) meant|, which (the \w+ )?\{\} names\b"
    r"|\bof (its|their|one's) own\b(?! time)|\bof the form of\b|\bwhite space\b|\btwelve digits\b|\bwhole ARN\b"
    r"|\bthere is no (service|operator|partition)\b|\bby eye\b|\banew\b|\ball the same\b"
    r"|\bjudged\b|\bheld to\b|\bworked out\b|\bentangled\b|\bbears? on\b|\bis taken for\b",
    re.IGNORECASE,
)
MODULES = sorted((ROOT / "preflight").rglob("*.py"))
RULES = sorted((ROOT / "rules").rglob("*.yaml"))
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *(ROOT / "docs").glob("*.md"),
    *(ROOT / "examples").glob("*/README.md"),
]
READ = frozenset({"summary", "why", "remedy", "message"})


def literals(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the line and text of each literal with a space in it that is no docstring; what an f-string fills in is
    left blank.
    """
    if isinstance(tree, ast.JoinedStr):
        parts = (each.value if isinstance(each, ast.Constant) else "{}" for each in tree.values)
        yield tree.lineno, "".join(map(str, parts))
    elif isinstance(tree, ast.Constant) and isinstance(tree.value, str) and " " in tree.value:
        yield tree.lineno, tree.value
    for child in ast.iter_child_nodes(tree):
        docstring = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
        if not docstring and not isinstance(tree, ast.JoinedStr):
            yield from literals(child)


def texts(declared: Any, name: str = "") -> Iterator[str]:
    """Yield what a declaration says to people; its examples are not read."""
    if isinstance(declared, dict):
        for key, value in declared.items():
            if key != "examples":
                yield from texts(value, key)
    elif isinstance(declared, list):
        for value in declared:
            yield from texts(value, name)
    elif isinstance(declared, str) and name in READ:
        yield declared


@pytest.mark.parametrize("refused", [BANNED, STILTED], ids=["plain English", "idiomatic"])
def test_messages_and_help_texts(refused: re.Pattern[str]) -> None:
    assert not [text for text in of_modules() if refused.search(text.partition(": ")[2])]


@cache
def of_modules() -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path in MODULES
        for line, text in literals(ast.parse(path.read_text(encoding="utf-8")))
    ]


def test_rules_are_plain_english() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {text}"
        for path in RULES
        if BANNED.search(content := path.read_text(encoding="utf-8")) or STILTED.search(content)
        for text in texts(load_yaml(content))
        if BANNED.search(text) or STILTED.search(text)
    ]
    assert not found


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_pages_are_plain_english(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").splitlines()
    assert not [f"{page.name}:{number}: {line}" for number, line in enumerate(lines, 1) if BANNED.search(line)]
