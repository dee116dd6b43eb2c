"""Rules that are not ours: in folders that the user names, and in installed packages.

A package registers the Python package that holds its rules' files in the entry point group `preflight.rules`. Checks in
Python are found in such packages only: a folder of rules may come from whoever wrote the policies that are linted.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from preflight.documents.text.document import Document
from preflight.documents.text.load import load
from preflight.documents.text.schema import validate
from preflight.engine.rule import load_rule, rule_ids
from preflight.engine.rule_headers import Head
from preflight.errors import InputError, PreflightError, UsageError

GROUP = "preflight.rules"
_SECTION = re.compile(rf"^\[{re.escape(GROUP)}\]\s*$([^\[]*)", re.MULTILINE)
_ENTRY = re.compile(r"^\s*[^=\s#;][^=]*=\s*([\w.]+)", re.MULTILINE)


def added_rules(folders: Iterable[str] = ()) -> list[Head]:
    """Return the rules of installed packages and of the user's folders.

    Raises `UsageError` for a folder that is not there, and `InputError` for a file in it that is no rule.
    """
    packages = registered()
    trusted = {*(package.partition(".")[0] for package in packages)}
    found: dict[str, Head] = {}
    for package in packages:
        for path in _files(_folder_of(package)):
            _take(_rule(path, trusted), found)
    for folder in folders:
        if not Path(folder).is_dir():
            raise UsageError(f"--rules {folder}: there is no such directory; name a directory with rules")
        paths = _files(Path(folder))
        if not paths:
            raise UsageError(
                f"--rules {folder}: there are no rules in it; rules are YAML files, see docs/custom-rules.md"
            )
        for path in paths:
            _take(_rule(path, trusted), found)
    return sorted(found.values(), key=lambda each: each.id)


def registered() -> list[str]:
    """Return the Python packages that installed distributions have registered, without importing anything."""
    found: dict[str, None] = {}
    for folder in dict.fromkeys(sys.path):
        for text in _entry_points(folder or "."):
            for section in _SECTION.findall(text):
                found.update(dict.fromkeys(_ENTRY.findall(section)))
    return list(found)


def _entry_points(folder: str) -> Iterator[str]:
    """Yield the texts of a folder's `entry_points.txt` that name the group; importlib.metadata takes longer to import
    than all of these to read.
    """
    try:
        names = [name for name in os.listdir(folder) if name.endswith((".dist-info", ".egg-info"))]  # noqa: PTH208
    except OSError:
        return
    for name in names:
        try:
            with open(f"{folder}/{name}/entry_points.txt", encoding="utf-8") as file:  # noqa: PTH123
                text = file.read()
        except (OSError, ValueError):
            continue
        if f"[{GROUP}]" in text:
            yield text


def _folder_of(package: str) -> Path:
    try:
        spec = find_spec(package)
    except (ImportError, ValueError):
        spec = None
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    if not places:
        raise PreflightError(f"the entry point {package} of {GROUP} is not a package with rules; fix or uninstall it")
    return Path(places[0])


def _files(folder: Path) -> Sequence[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in (".yaml", ".yml") and path.is_file())


def _rule(path: Path, trusted: set[str]) -> Head:
    document = load(str(path))
    validate(document, "rule")
    declared = document.value
    if "reported-by" in declared:
        raise _unfit(document, "/reported-by", "a custom rule needs match or check", "write one of them")
    check = declared.get("check")
    if check is not None:
        _require_trusted(document, check, trusted)
    return Head(
        declared["id"],
        path.resolve(),
        check,
        frozenset(declared.get("types", ())),
        "match" in declared,
        elements=frozenset(declared.get("elements", ())),
        optional=declared.get("optional", False),
    )


def _require_trusted(document: Document, check: str, trusted: set[str]) -> None:
    module = check.partition(":")[0]
    if module.startswith("preflight.lint.") or module.partition(".")[0] in trusted:
        return
    raise _unfit(
        document,
        "/check",
        f"{module} is in no package that registers rules",
        f"use match, or install a package with an entry point in {GROUP}",
    )


def _take(rule: Head, found: dict[str, Head]) -> None:
    if rule.id in found:
        other = found[rule.id].path
        raise InputError(str(rule.path), f"the id {rule.id} is that of {other}", place="/id", mend="take another")
    if rule.id in rule_ids():
        name = load_rule(rule.id).name
        raise InputError(
            str(rule.path), f"the id {rule.id} is that of preflight's rule {name}", place="/id",
            mend="take one with other letters, such as ORG001",
        )  # fmt: skip
    found[rule.id] = rule


def _unfit(document: Document, pointer: str, problem: str, mend: str) -> InputError:
    return InputError(document.path, problem, place=document.place(pointer), mend=mend)
