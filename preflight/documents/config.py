"""The settings of a repository: `preflight.toml`, or the table `[tool.preflight]` of `pyproject.toml`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from preflight.documents.policies.found_policy import NO_FORMS, POLICY_TYPES, PolicyDocumentType, ProjectForms
from preflight.documents.text.document import Document
from preflight.documents.text.globs import matches
from preflight.documents.text.load import read_small
from preflight.errors import InputError
from preflight.relative_paths import relative_path, slashed_path

OWN, SHARED = "preflight.toml", "pyproject.toml"
_MOST_BYTES = 16 << 20
_HEADER = re.compile(r"^[ \t]*\[\[\s*(?:tool\s*\.\s*preflight\s*\.\s*)?suppress\s*\]\]", re.MULTILINE)


class PathSettings(NamedTuple):
    """Settings for the files that any of the patterns is of. `type` is None where it is not set."""

    files: tuple[str, ...]
    type: PolicyDocumentType | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


class Suppression(NamedTuple):
    """Findings of a rule that are accepted, in files that a pattern is of; `statement` is a Sid, `pointer` a JSON
    pointer, both empty for everything in the file. `line` is where the entry stands in the settings.
    """

    file: str
    rule: str
    reason: str
    statement: str = ""
    pointer: str = ""
    expires: date | None = None
    line: int | None = None


class CheckTable(NamedTuple):
    """The table `[check]`; files are named from where they can be read. What is None or empty is not set."""

    session_policies: tuple[str, ...] = ()
    session_tags: Mapping[str, str] = {}
    source_identity: str | None = None
    sts_active: tuple[str, ...] = ()
    allow_unchecked: tuple[str, ...] = ()
    deployed: str | None = None
    service_role: str | None = None


class Config(NamedTuple):
    """What a settings file says. `path` is the file (empty where there is none), `folder` what its paths start from,
    `check` and `audit` its tables of these names. `rule_pages` is the address below which each rule has a page.
    """

    path: str = ""
    folder: str = ""
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: str | None = None
    strict: bool = False
    type: PolicyDocumentType | None = None
    rules: tuple[str, ...] = ()
    baseline: str | None = None
    exclude: tuple[str, ...] = ()
    paths: tuple[PathSettings, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    check: CheckTable = CheckTable()
    audit: Mapping[str, Any] = {}
    rule_pages: str = ""
    forms: ProjectForms = NO_FORMS

    def named(self, path: str) -> str:
        """Return how the settings name a file: from their folder, with slashes."""
        if path == "-" or not self.folder:
            return path
        whole = os.path.normpath(os.path.join(os.getcwd(), path))  # noqa: PTH109, PTH118 -- quick, for thousands
        return slashed_path(whole, self.folder)

    def excluded(self, path: str) -> bool:
        """Say whether a file is passed by when a directory is walked."""
        return bool(self.exclude) and any(matches(pattern, self.named(path)) for pattern in self.exclude)

    def settings_for(self, named: str) -> PathSettings:
        """Return what holds for one file, by its name in the settings."""
        type_ = self.type
        select: tuple[str, ...] = ()
        ignore: tuple[str, ...] = ()
        for each in self.paths:
            if any(matches(pattern, named) for pattern in each.files):
                type_, select, ignore = each.type or type_, each.select or select, (*ignore, *each.ignore)
        return PathSettings((named,), type_, select, ignore)


def find_config(paths: Iterable[str] = ()) -> Config:
    """Return the nearest settings: from the working directory upwards, else from the first path upwards; empty where
    there are none. Raises `InputError` for settings that cannot be used.
    """
    first = next((Path(path).absolute() for path in paths if path != "-"), None)
    starts = [Path.cwd()] if first is None else [Path.cwd(), first if os.path.isdir(first) else first.parent]  # noqa: PTH112 -- takes every text
    for start in starts:
        for folder in (start, *start.parents):
            for name in (OWN, SHARED):
                if (found := _read(folder / name)) is not None:
                    return found
    return Config()


def _read(path: Path) -> Config | None:
    shown = relative_path(path)
    try:
        data = read_small(str(path), shown, _MOST_BYTES)
    except OSError:
        return None
    if path.name == SHARED and b"preflight" not in data:
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(shown, "it is not UTF-8 text", mend="save it as UTF-8") from None
    table = _table(text, shown, path.name)
    return None if table is None else _config(table, text, shown, str(path.parent))


def _table(text: str, path: str, name: str) -> Mapping[str, Any] | None:
    """Return the validated settings of a file, None where it has none."""
    import tomllib

    from preflight.documents.text.schema import validate

    try:
        value = _plain(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        problem, _, place = str(error).partition(" (at ")
        raise InputError(path, f"invalid TOML: {problem}", place=place.rstrip(")"), mend="correct it there") from None
    except RecursionError:
        raise InputError(path, "it is nested too deep", mend="flatten it") from None
    pointer = ""
    if name == SHARED:
        tool = value.get("tool")
        if not isinstance(tool, dict) or "preflight" not in tool:
            return None
        pointer = "/tool/preflight"
    validate(Document(path, value), "config", pointer=pointer)
    table: Mapping[str, Any] = value["tool"]["preflight"] if pointer else value
    return table


def _plain(value: Any) -> Any:
    """Return TOML's values as JSON has them: dates as text."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def _config(table: Mapping[str, Any], text: str, path: str, folder: str) -> Config:
    lines = [text.count("\n", 0, found.start()) + 1 for found in _HEADER.finditer(text)]
    entries = table.get("suppress", [])
    return Config(
        path=path,
        folder=folder,
        select=tuple(table.get("select", ())),
        ignore=tuple(table.get("ignore", ())),
        fail_on=table.get("fail-on"),
        strict=table.get("strict", False),
        type=_type(table),
        rules=tuple(os.path.join(folder, each) for each in table.get("rules", ())),  # noqa: PTH118
        baseline=os.path.join(folder, table["baseline"]) if "baseline" in table else None,  # noqa: PTH118
        exclude=tuple(table.get("exclude", ())),
        paths=tuple(
            PathSettings(
                tuple(each["files"]), _type(each), tuple(each.get("select", ())), tuple(each.get("ignore", ()))
            )
            for each in table.get("paths", ())
        ),
        suppressions=tuple(
            _suppression(each, number, lines[number] if len(lines) == len(entries) else None, path)
            for number, each in enumerate(entries)
        ),
        check=_check(table.get("check", {}), folder),
        audit=table.get("audit", {}),
        rule_pages=table.get("rule-pages", ""),
        forms=ProjectForms(tuple(table.get("placeholders", ())), tuple(table.get("partitions", ()))),
    )


def _check(table: Mapping[str, Any], folder: str) -> CheckTable:
    return CheckTable(
        session_policies=tuple(relative_path(os.path.join(folder, each)) for each in table.get("session-policy", ())),  # noqa: PTH118
        session_tags=table.get("session-tag", {}),
        source_identity=table.get("source-identity"),
        sts_active=tuple(table.get("sts-active", ())),
        allow_unchecked=tuple(table.get("allow-unchecked", ())),
        deployed=relative_path(os.path.join(folder, table["deployed"])) if "deployed" in table else None,  # noqa: PTH118
        service_role=table.get("service-role"),
    )


def _type(table: Mapping[str, Any]) -> PolicyDocumentType | None:
    return next((each for each in POLICY_TYPES if each == table.get("type")), None)


def _suppression(entry: Mapping[str, Any], number: int, line: int | None, path: str) -> Suppression:
    try:
        expires = date.fromisoformat(entry["expires"]) if "expires" in entry else None
    except ValueError:
        place = f"/suppress/{number}/expires" + (f" (line {line}, column 1)" if line else "")
        raise InputError(
            path, f"invalid date {entry['expires']}", place=place, mend="write one such as 2027-03-31"
        ) from None
    return Suppression(
        entry["file"],
        entry["rule"],
        " ".join(entry["reason"].split()),
        entry.get("statement", ""),
        entry.get("pointer", ""),
        expires,
        line,
    )
