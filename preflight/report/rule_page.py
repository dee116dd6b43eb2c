"""Rules for people and machines: the table of all, and the page of one with its examples."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from preflight.errors import UsageError
from preflight.report.terminal import wrapped

if TYPE_CHECKING:
    from preflight.declared.constraints import Constraint, Example
    from preflight.engine.rule import Rule

FORMATS = ("text", "json")
_SAYS = {"fail": "Fails", "open": "Unknown", "pass": "Passes"}


def rendered(rules: Sequence[Rule], format_: str, width: int) -> str:
    """Return rules as a table or as JSON. Raises `UsageError` for a format that is not one of `FORMATS`."""
    if format_ not in FORMATS:
        raise UsageError(f"unknown format {format_!r}; there are {' and '.join(FORMATS)}")
    return json.dumps([plain(rule) for rule in rules], indent=2) + "\n" if format_ == "json" else _table(rules, width)


def plain(rule: Rule) -> dict[str, Any]:
    """Return a rule as plain data."""
    return {
        "id": rule.id,
        "name": rule.name,
        "level": rule.level.value,
        "category": rule.category,
        "summary": rule.summary,
        "why": rule.why,
        "remedy": rule.remedy,
        "references": list(rule.references),
        "aliases": list(rule.aliases),
    }


def _table(rules: Sequence[Rule], width: int) -> str:
    longest = max(len(rule.name) for rule in rules)
    lines: list[str] = []
    for rule in rules:
        first = f"{rule.id}  {rule.level.value:<7}  {rule.name:<{longest}}  "
        lines.extend(wrapped(rule.summary, first, " " * len(first), max(width, len(first) + 40)))
    return "\n".join(lines) + "\n"


def page(
    rule: Rule,
    examples: Mapping[str, Sequence[Mapping[str, Any]]],
    width: int,
    *,
    whole: bool,
    constraints: Sequence[str] = (),
) -> str:
    """Return what a rule is about, with its examples: their names, or the `whole` of them as YAML.

    `constraints` are the names of those that it holds requests to, each of which has a page of its own.
    """
    lines = [*_page(rule, examples, width, whole=whole)]
    if constraints:
        lines += ["", "Constraints, each with its own page (preflight explain NAME)"]
        lines += [f"  {each}" for each in constraints]
    return "\n".join(lines) + "\n"


def constraint_page(
    declared_by: str, constraint: Constraint, examples: Mapping[Literal["pass", "fail"], Example], width: int
) -> str:
    """Return what a constraint says, where AWS says it, and a request that keeps it and one that breaks it."""
    found = "refused" if constraint.finds == "fail" else "Unknown: AWS does not say whether it is refused"
    lines = [f"{declared_by}/{constraint.name} ({found})"]
    for title, text in (("Says", constraint.message), ("What to do", constraint.remedy)):
        lines += ["", title, *wrapped(text, "  ", "  ", width)]
    lines += ["", "See", f"  {constraint.page}"]
    for kind, example in examples.items():
        lines += ["", "Passes" if kind == "pass" else "Fails" if constraint.finds == "fail" else "Unknown"]
        shown = {"operation": example.operation, "parameters": example.request}
        lines += [f"  {line}" for line in _yaml({**shown, "facts": example.facts} if example.facts else shown)]
    return "\n".join(lines) + "\n"


def _page(
    rule: Rule, examples: Mapping[str, Sequence[Mapping[str, Any]]], columns: int, *, whole: bool
) -> Iterator[str]:
    yield f"{rule.id} {rule.name} ({rule.level.value}, {rule.category})"
    for title, text in (("", f"{rule.summary}."), ("Why", rule.why), ("How to fix it", rule.remedy)):
        yield ""
        if title:
            yield title
        yield from wrapped(text, "  ", "  ", columns)
    for title, lines in (("See", rule.references), ("Also known as", rule.aliases)):
        if lines:
            yield ""
            yield title
            yield from (f"  {line}" for line in lines)
    if rule.reported_by is not None:
        yield ""
        yield f"Reported by {rule.reported_by}."
    for kind, says in _SAYS.items():
        for each in examples.get(kind, ()):
            yield ""
            yield f"{says}: {each['name']}"
            yield from (f"  {line}" for line in (_yaml(each) if whole else _gist(each)))


def _gist(example: Mapping[str, Any]) -> list[str]:
    """Return what an example is about: its policies as JSON, or the calls of its plan; all of any other."""
    policies = [example[name] for name in ("old", "new", "policy") if name in example]
    if policies:
        return [line for each in policies for line in json.dumps(each, indent=2, ensure_ascii=False).splitlines()]
    plan = example.get("plan")
    return _yaml({"requests": plan["requests"]} if isinstance(plan, Mapping) and "requests" in plan else example)


def _yaml(example: Mapping[str, Any]) -> list[str]:
    import yaml

    class Plain(yaml.SafeDumper):
        """Writes shared parts out in full, for reading."""

        def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
            return True

    shown = {name: value for name, value in example.items() if name != "name"}
    text: str = yaml.dump(shown, Dumper=Plain, sort_keys=False, width=100, allow_unicode=True)
    return text.splitlines()
