"""Collects the pages of the site in a folder: `python tools/site_pages.py build/site/pages`.

They are README.md, what is in docs/, and pages that are written from rules and schemas: one for each rule, the
settings, the JSON schemas. Links between them are made to fit; what the site does not have becomes plain text.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from preflight import api
from preflight.engine.rule import Rule

ROOT = Path(__file__).parent.parent
# Pages that are elsewhere in the repository, by the names that they have on the site.
_MOVED = {
    "README.md": "index.md", "CHANGELOG.md": "changelog.md", "SECURITY.md": "security.md",
    "CONTRIBUTING.md": "contributing.md",
}  # fmt: skip
_LINK = re.compile(r"\[((?:[^\]\[`]|`[^`]*`)*)\]\(([^)\s]+)\)")
_RULE = re.compile(r"^(\| <a id=\"\w+\"></a>)([A-Z]{3}\d{3}) \|", re.MULTILINE)
_SAYS = {"fail": "Fails", "open": "Unknown", "pass": "Passes"}


def pages() -> dict[str, str]:
    """Return every page of the site by its path, as Markdown."""
    found = {name: (ROOT / path).read_text(encoding="utf-8") for path, name in _MOVED.items()}
    found |= {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
    of_rules = {f"rules/{rule.id}.md": rule_page(rule) for rule in api.rules()}
    found["rules.md"] = _RULE.sub(r"\1[\2](rules/\2.md) |", found["rules.md"])
    schemas = {
        path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "schemas").glob("*.json"))
    }
    found["settings.md"] = settings_page(schemas["config.schema.json"])
    found["schemas.md"] = schemas_page(schemas)
    origins = {name: Path(path).parent for path, name in _MOVED.items()}
    known = {*found, *of_rules, *(f"schemas/{name}" for name in schemas)}
    fitted = {name: _fitted(text, origins.get(name, Path("docs")), known) for name, text in found.items()}
    return fitted | of_rules


def rule_page(rule: Rule) -> str:
    """Return the page of a rule: what it is about, why, what to do, examples, sources, and its names in other tools."""
    explained = api.explain(rule.id)
    lines = [f"# {rule.id} {rule.name}", "", f"{rule.summary}.", "", "| level | category |", "| --- | --- |"]
    lines += [
        f"| {rule.level.value} | {rule.category} |",
        "",
        "## Why",
        "",
        rule.why,
        "",
        "## How to fix it",
        "",
        rule.remedy,
    ]
    for kind, title in _SAYS.items():
        for each in explained.examples.get(kind, ()):
            lines += ["", f"## {title}: {each['name']}", "", *_example(each)]
    if explained.constraints:
        lines += ["", "## Constraints", ""]
        for name in explained.constraints:
            one = api.explain_constraint(name).constraint
            lines.append(f"- `{name}`: {one.message} ([source]({one.page}))")
    if rule.references:
        lines += ["", "## Sources", "", *(f"- <{each}>" for each in rule.references)]
    if rule.aliases:
        lines += ["", "## In other tools", "", *(f"- `{each}`" for each in rule.aliases)]
    return "\n".join(lines) + "\n"


def settings_page(schema: Mapping[str, Any]) -> str:
    """Return the page of all settings, from their schema."""
    lines = [
        "# Settings", "",
        "`preflight.toml`, or the table `[tool.preflight]` of `pyproject.toml`, in the folder where a command runs or "
        "one above it; else of the first file that it is given. [An example](ci.md#settings).", "",
    ]  # fmt: skip
    lines += ["| setting | type | what it says |", "| --- | --- | --- |"]
    lines += [f"| `{name}` | {kind} | {says} |" for name, kind, says in _settings(schema, schema["properties"], "")]
    return "\n".join(lines) + "\n"


def _settings(whole: Mapping[str, Any], properties: Mapping[str, Any], above: str) -> Iterator[tuple[str, str, str]]:
    for name, each in properties.items():
        resolved = each | (whole["$defs"][each["$ref"].rpartition("/")[2]] if "$ref" in each else {})
        says = each.get("description", resolved.get("description", "")).replace("|", "\\|")
        inner = resolved if "properties" in resolved else resolved.get("items", {})
        if isinstance(inner, dict) and "properties" in inner:
            yield f"[{above}{name}]", "table" if inner is resolved else "tables", says
            yield from _settings(whole, inner["properties"], f"{above}{name}.")
        else:
            yield f"{above}{name}", _kind(resolved), says


def _kind(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return " or ".join(f"`{each}`" for each in schema["enum"])
    return {"array": "list"}.get(str(schema.get("type", "text")), str(schema.get("type", "text")))


def schemas_page(schemas: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the page that lists the JSON schemas of what preflight reads and prints."""
    lines = [
        "# JSON schemas", "",
        "Every document that preflight prints for programs has a `version`, which changes when its form does in a way "
        "that readers notice. Documents that you write are held to their schema when they are read.", "",
        "| schema | what it describes |", "| --- | --- |",
    ]  # fmt: skip
    for name, schema in schemas.items():
        says = str(schema.get("description", schema.get("title", ""))).replace("|", "\\|")
        lines.append(f"| [{name.removesuffix('.schema.json')}](../schemas/{name}) | {says} |")
    return "\n".join(lines) + "\n"


def _example(example: Mapping[str, Any]) -> list[str]:
    policies = [example[name] for name in ("old", "new", "policy") if name in example]
    if policies:
        return [line for each in policies for line in _code("json", json.dumps(each, indent=2, ensure_ascii=False))]
    shown = {name: each for name, each in example.items() if name != "name"}
    return _code("yaml", yaml.safe_dump(shown, sort_keys=False, allow_unicode=True, width=110).rstrip())


def _code(language: str, text: str) -> list[str]:
    fence = "````" if "```" in text else "```"
    return [f"{fence}{language}", *text.splitlines(), fence, ""]


def _fitted(text: str, origin: Path, known: set[str]) -> str:
    """Return a page with its links as the site has them."""

    def fit(found: re.Match[str]) -> str:
        label, target = found[1], found[2]
        path, hash_, place = target.partition("#")
        if not path or re.match(r"[a-z]+:", path):
            return found[0]
        parts = [part for part in (origin / path).parts if part != "."]
        while ".." in parts:
            at = parts.index("..")
            del parts[max(0, at - 1) : at + 1]
        whole = "/".join(parts)
        name = _MOVED.get(whole, whole.removeprefix("docs/"))
        return f"[{label}]({name}{hash_}{place})" if name in known else label

    return _outside_code(text, lambda part: _LINK.sub(fit, part))


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    parts = re.split(r"(^```.*?^```$)", text, flags=re.DOTALL | re.MULTILINE)
    # The languages of our own that tests read mean nothing to a highlighter.
    parts[1::2] = [re.sub(r"\A```(\w+) [^\n]*", r"```\1", part) for part in parts[1::2]]
    parts[::2] = [change(part) for part in parts[::2]]
    return "".join(parts)


def main(folder: Path) -> None:
    """Write the pages into a folder, in place of what is there, with the schemas that they link to."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in pages().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "schemas").mkdir()
    for path in (ROOT / "schemas").glob("*.json"):
        shutil.copy(path, folder / "schemas")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
