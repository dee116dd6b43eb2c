"""A module imports only from its own room or from rooms below it: the order in which the package is built up."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "preflight"
# From top to bottom. The last rooms know nothing of preflight but each other.
ORDER = ["cli", "api", "report", "audit", "create", "simulate", "readiness", "lint"]
ORDER += ["engine", "account", "documents", "catalog", "declared", "iam"]
GROUND = {"errors", "json_pointer", "thread_pool", "unresolved", ""}
# Only these may make calls to AWS, so only these may name boto3.
CALLS_AWS = ("account/live", "create")
MODULES = sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return "" if parts[-1] == "__init__" and len(parts) == 1 else parts[0]


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Give every module that a file imports anywhere in it, with the line; also those named for `import_module`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "." * node.level + (node.module or "")
            if node.module == "preflight":
                yield from ((node.lineno, f"preflight.{name.name}") for name in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module") and node.args:
            yield from ((node.lineno, text) for text in _texts(node.args[0]))


def _texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
        yield str(node.values[0].value)


def below(lower: str, upper: str) -> bool:
    """Say whether a module of the room `upper` may import one of the room `lower`."""
    if lower in GROUND or lower == upper:
        return True
    if upper in GROUND or upper not in ORDER or lower not in ORDER:
        return upper == "__main__"
    return ORDER.index(lower) > ORDER.index(upper)


def test_every_room_has_its_place() -> None:
    rooms = {room(path) for path in MODULES} - GROUND - {"__main__"}
    assert rooms <= set(ORDER)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_lead_only_downwards(path: Path) -> None:
    wrong = []
    for line, name in imports(path):
        parts = name.split(".")
        if name.startswith("."):
            wrong.append(f"line {line}: {name} is relative")
        elif parts[0] == "preflight":
            known = len(parts) > 1 and ((PACKAGE / parts[1]).is_dir() or (PACKAGE / f"{parts[1]}.py").is_file())
            lower = parts[1] if known else ""
            if not below(lower, room(path)):
                wrong.append(f"line {line}: {name} is above")
        elif parts[0] in ("boto3", "botocore") and not str(path.relative_to(PACKAGE)).startswith(CALLS_AWS):
            wrong.append(f"line {line}: {name} is for modules that call AWS")
    assert wrong == []


def test_the_policy_language_does_nothing_but_think() -> None:
    outside = {"pathlib", "os", "io", "socket", "subprocess", "urllib", "sys", "yaml", "json", "jsonschema", "typer"}
    used = {(path.name, name) for path in (PACKAGE / "iam").glob("*.py") for _, name in imports(path)}
    assert {each for each in used if each[1].split(".")[0] in outside} == set()
    assert {each for path in (PACKAGE / "iam").glob("*.py") for each in _opens(path)} == set()


def _opens(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("open", "print", "input")
        ):
            yield f"{path.name}:{node.lineno} {node.func.id}"


def test_only_the_command_line_prints_or_exits() -> None:
    ends = ("print", "sys.exit", "exit", "quit")
    outside = [path for path in MODULES if room(path) not in ("cli", "__main__")]
    calls = [
        (path.relative_to(PACKAGE), node.lineno, ast.unparse(node.func))
        for path in outside
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    ]
    assert len(calls) > 1000
    assert [call for call in calls if call[2] in ends] == []
