"""`preflight explain ID`: what a rule is about, with its own examples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from preflight.cli import completing
from preflight.cli.output import deliver, width
from preflight.errors import UsageError

if TYPE_CHECKING:
    from preflight.engine.rule import Rule

_SAYS = {"fail": "Fails", "open": "Unknown", "pass": "Passes"}


def explain(
    rule: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="A rule's id or name, such as PRE110 or action-allowed.", autocompletion=completing.ids
        ),
    ],
    examples: Annotated[bool, typer.Option("--examples", help="Show its examples whole, as YAML.")] = False,
) -> None:
    """Explain a rule: why it is there, what to do when it fails, what it fails and passes on."""
    from preflight.engine.rule import load_examples

    found = _named(rule)
    cases = load_examples(found.id)
    deliver("\n".join(_page(found, cases, whole=examples)) + "\n", None)


def _named(wanted: str) -> Rule:
    from preflight.engine.rule import load_rule, load_rules, nearest, rule_ids

    if wanted.upper() in rule_ids():
        return load_rule(wanted.upper())
    for each in load_rules(rule_ids()):
        if each.name == wanted.lower():
            return each
    raise UsageError(f"there is no rule {wanted!r}; {nearest(wanted)}")


def _page(rule: Rule, examples: Mapping[str, list[Any]], *, whole: bool) -> Iterator[str]:
    from preflight.report.terminal import wrapped

    columns = width(None)
    yield f"{rule.id} {rule.name} ({rule.level.value}, {rule.category})"
    for title, text in (("", f"{rule.summary}."), ("Why", rule.why), ("What to do", rule.remedy)):
        yield ""
        if title:
            yield title
        yield from wrapped(text, "  ", "  ", columns)
    for title, lines in (("See", rule.references), ("Known elsewhere as", rule.aliases)):
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
            if whole:
                yield from (f"  {line}" for line in _yaml(each))


def _yaml(example: Mapping[str, Any]) -> list[str]:
    import yaml

    class Plain(yaml.SafeDumper):
        """Writes shared parts out in full, for reading."""

        def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
            return True

    shown = {name: value for name, value in example.items() if name != "name"}
    text: str = yaml.dump(shown, Dumper=Plain, sort_keys=False, width=100, allow_unicode=True)
    return text.splitlines()
