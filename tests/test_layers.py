"""The rooms of the package: what a module may import, by the floor on which its room lies. See CONTRIBUTING.md."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "preflight"
# From top to bottom. Rooms on one floor don't know each other.
FLOORS = (
    {"__main__"},
    {"cli"},
    {"mcp", "server"},
    {"api"},
    {"report"},
    {"audit"},
    {"create", "simulate", "readiness", "lint", "prove", "why"},
    {"engine"},
    {"account"},
    {"documents"},
    {"declared", "catalog", "iam"},
    {"thread_pool", "unresolved", "data_files", "git", "waiting", "worker_process"},
    {"json_pointer", "kept_property", "redaction", "relative_paths", "sentence"},
    {"errors"},
    {""},
)
# The same inside the rooms that are split. Everything else in such a room would be a floor that is not drawn yet.
INSIDE: Mapping[str, tuple[set[str], ...]] = {
    "audit": (
        {"many"},
        {"check", "collecting", "questions"},
        {"result_places"},
        {"rules"},
        {"ways", "outside", "unused", "endpoint_facts"},
        {"scene"},
        {"access", "settings"},
    ),
    "lint": ({"runner", "rules"}, {"analysis"}, {"policy"}),
    "account": (
        {"organization"},
        {"live", "snapshots"},
        {"overlays", "caller_keys", "sessions"},
        {"principals"},
        {"managed_policies"},
        {"facts"},
    ),
    "documents": ({"config", "terraform", "hcl"}, {"cloudformation"}, {"plans", "policies"}, {"text"}),
    "readiness": (
        {"least_privilege"},
        {"check", "rules"},
        {"derived"},
        {"connected_instances"},
        {"capacity", "permissions", "dependency_results", "size_limits", "connections"},
        {"wording"},
        {"references", "named_members"},
        {"step", "call_site"},
        {"memo", "settings"},
    ),
}
# The modules in each of these know nothing of each other.
RULE_MODULES = ("preflight.audit.rules", "preflight.lint.rules", "preflight.readiness.rules")
# What the command line may import: one function for each command, what shows its result, and the servers.
BELOW_CLI = {"cli", "mcp", "server", "api", "report", "errors", ""}
MOST_MODULES = 20
# Not split, since all their modules are of one kind: a command, a part of the policy language, a form of report.
WHOLE = {"cli", "iam", "report"}
# Only these may make calls to AWS, so only these may name boto3.
CALLS_AWS = ("account/live", "create")


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def imports(path: Path) -> tuple[tuple[int, str], ...]:
    """Give every module that a file imports anywhere in it, with the line; of our own, down to the module."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            for name in node.names:
                inner = f"{module}.{name.name}"
                yield node.lineno, inner if inner in MODULES else module
        elif isinstance(node, ast.Call) and _name(node.func).endswith("import_module") and node.args:
            yield from ((node.lineno, text) for text in _texts(node.args[0]))


def named(path: Path) -> Iterator[tuple[int, str]]:
    """Give every module that a file names as `module:function`, to load it when it is needed."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        for text in _texts(node):
            if ":" in text and (module := text.partition(":")[0]) in MODULES:
                yield getattr(node, "lineno", 0), module


def _name(called: ast.AST) -> str:
    return called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""


def _texts(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr) and node.values and isinstance(node.values[0], ast.Constant):
        yield str(node.values[0].value)


def part(module: str, depth: int) -> str:
    """Return the part of a module's name at a depth: of preflight.account.facts, `account` at 1, and '' at 3."""
    parts = module.split(".")
    return parts[depth] if len(parts) > depth else ""


def lies_below(beside: str, inner: str, floors: tuple[set[str], ...] | None) -> bool:
    """Say whether what is inside a room may be imported by what is beside it there."""
    whole = floors is None or not inner or not beside or inner == beside
    return whole or floor(beside, floors or ()) > floor(inner, floors or ())


def floor(part: str, floors: tuple[set[str], ...]) -> int:
    return next(number for number, rooms in enumerate(floors) if part in rooms)


def test_every_room_has_its_place() -> None:
    assert {part(module, 1) for module in MODULES} <= set().union(*FLOORS)
    for room, floors in INSIDE.items():
        inside = {part(module, 2) for module in MODULES if part(module, 1) == room}
        assert inside - {""} == set().union(*floors), room


@pytest.mark.parametrize("module", MODULES)
def test_imports_lead_only_downwards(module: str) -> None:
    path, wrong = MODULES[module], []
    room, inner = part(module, 1), part(module, 2)
    for line, name in imports(path):
        if name.startswith("."):
            wrong.append(f"line {line}: {name} is relative")
        elif part(name, 0) == "preflight":
            below, beside = part(name, 1), part(name, 2)
            if below != room and floor(below, FLOORS) <= floor(room, FLOORS):
                wrong.append(f"line {line}: {name} is not below {room}")
            elif below == room and not lies_below(beside, inner, INSIDE.get(room)):
                wrong.append(f"line {line}: {name} is not below {room}.{inner}")
        elif part(name, 0) in ("boto3", "botocore") and not str(path.relative_to(PACKAGE)).startswith(CALLS_AWS):
            wrong.append(f"line {line}: {name} is for modules that call AWS")
    assert wrong == []


def test_no_module_is_reached_from_itself() -> None:
    graph: dict[str, set[str]] = defaultdict(set)
    for module, path in MODULES.items():
        graph[module] |= {name for _, name in (*imports(path), *named(path)) if name in MODULES and name != module}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail("a circle of imports: " + " -> ".join(error.args[1]))


def test_rule_modules_are_independent() -> None:
    wrong = [
        f"{module}, line {line}: {name}"
        for module, path in MODULES.items()
        for home in RULE_MODULES
        if module.startswith(f"{home}.")
        for line, name in imports(path)
        if name.startswith(home)
    ]
    assert wrong == []


def test_checks_are_in_the_rooms_of_rules() -> None:
    homes = {folder: f"preflight.{folder}.rules." for folder in ("lint", "readiness", "audit")}
    wrong = []
    for folder, home in homes.items():
        for path in sorted((ROOT / "rules" / folder).glob("*.yaml")):
            check = yaml.safe_load(path.read_text(encoding="utf-8")).get("check")
            if check is not None and not check.startswith(home):
                wrong.append(f"{path.name}: {check}")
    assert wrong == []


@pytest.mark.parametrize("module", [module for module in MODULES if part(module, 1) == "cli"])
def test_the_command_line_calls_and_shows(module: str) -> None:
    names = {name for _, name in imports(MODULES[module]) if part(name, 0) == "preflight"}
    assert {name for name in names if part(name, 1) not in BELOW_CLI} == set()


def test_an_option_of_several_commands_is_declared_once() -> None:
    declared: dict[str, list[str]] = defaultdict(list)
    for module, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if part(module, 1) == "cli" else ():
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("typer.Option", "typer.Argument"):
                declared[next(ast.unparse(each.value) for each in node.keywords if each.arg == "help")].append(module)
    assert {text: modules for text, modules in declared.items() if len(modules) > 1} == {}


def test_a_class_has_a_name_of_its_own() -> None:
    found: dict[str, list[str]] = defaultdict(list)
    for module, path in MODULES.items():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].append(module)
    assert {name: modules for name, modules in found.items() if len(modules) > 1} == {}


def test_no_folder_is_crowded() -> None:
    count: dict[str, int] = defaultdict(int)
    for path in MODULES.values():
        count[str(path.parent.relative_to(PACKAGE))] += path.name != "__init__.py"
    assert {folder: number for folder, number in count.items() if number > MOST_MODULES and folder not in WHOLE} == {}


def test_the_policy_language_does_nothing_but_think() -> None:
    outside = {"pathlib", "os", "io", "socket", "subprocess", "urllib", "sys", "yaml", "json", "jsonschema", "typer"}
    inside = [path for module, path in MODULES.items() if part(module, 1) == "iam"]
    used = {(path.name, name) for path in inside for _, name in imports(path)}
    assert {each for each in used if part(each[1], 0) in outside} == set()
    assert {each for path in inside for each in _opens(path)} == set()


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
    calls = [
        (module, node.lineno, ast.unparse(node.func))
        for module, path in MODULES.items()
        if part(module, 1) not in ("cli", "__main__")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    ]
    assert len(calls) > 1000
    assert [call for call in calls if call[2] in ends] == []


def test_no_caller_asks_where_facts_come_from() -> None:
    asked = [
        f"{module}, line {node.lineno}: {ast.unparse(node)}"
        for module, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("isinstance", "getattr", "hasattr")
        if any(name in ast.unparse(node) for name in (", Snapshot)", ", LiveAccount)", "getattr(account,"))
    ]
    assert asked == []


def _types_of(path: Path) -> Iterator[str]:
    """Give the names of the classes and aliases of types that a module has, but for its private ones."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias":
            yield ast.unparse(node.target)
        elif (
            isinstance(node, ast.Assign) and (name := ast.unparse(node.targets[0]))[:1].isupper() and not name.isupper()
        ):
            yield name


def test_a_name_of_a_type_has_one_meaning() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for module, path in MODULES.items():
        for name in _types_of(path):
            if not name.startswith("_"):
                places[name].append(module)
    assert {name: modules for name, modules in places.items() if len(modules) > 1} == {}
