"""Write `docs/rules.md`: `python tools/rules_page.py`.

Every rule comes from its file in `rules/`. What the findings of other tools are called is in `tools/other_tools.json`;
which rule of ours a finding is, the rules' own aliases say. One that no rule has as alias stops the run, unless that
file says why there is none.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from preflight.engine.rule import Rule, load_rules, rule_ids

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "rules.md"
OTHERS = ROOT / "tools" / "other_tools.json"
CHECKS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html"

FAMILIES = (
    ("IAM0", "Grammar", "what AWS rejects, or reads differently from how it looks"),
    ("IAM1", "Names", "services, actions, ARNs, condition keys and values that don't exist or don't fit each other"),
    ("IAM2", "Security", "grants that are broader than they look, privilege escalation, trust"),
    ("IAM3", "Style", "what is redundant, superseded or hard to read"),
    ("PRE1", "Identity and authorization", "the caller, and what the caller and the execution role are allowed to do"),
    ("PRE2", "Region and STS", "where the call is made"),
    ("PRE3", "Names of what is created", "whether they are valid and available"),
    ("PRE4", "What the call depends on", "endpoint configuration, models, artifacts, images, keys, network"),
    ("PRE5", "Quotas and capacity", "whether the request fits within the quotas"),
    ("PRE9", "The call itself", "the calls of `preflight create`, and what they create"),
    ("PRV", "Proofs", "the claims of `preflight prove`, for every possible request ([proofs.md](proofs.md))"),
    ("ACC", "Accounts", "what `preflight audit` checks in an account"),
)
OTHER = ("Other rules", "rules of no family above")

TEXT = """# Rules

*Written by `python tools/rules_page.py` from the files in `rules/`; a test checks that it is current.*

{count} rules. `preflight explain {example}` prints why a rule exists, its remedy, and examples that fail and pass; \
`preflight rules --format json` prints all rules for programs. To write your own, see \
[custom-rules.md](custom-rules.md).

Each rule has a level: an `error` fails a run, and `--fail-on` makes a `warning` or a `note` fail it too. `select` and \
`ignore`, as options or settings, take rule IDs and prefixes of IDs, such as `IAM2`.

{families}

## From IAM Access Analyzer

All {checks} checks of AWS's [policy check reference]({page}), and the rules that find the same problems offline, \
without credentials:

{analyzer}

## From parliament

{parliament}

## From cloudsplaining

{cloudsplaining}

## What a policy alone does not show

Some of these checks depend on facts that only AWS or the account has:

| check | rules | why, and what preflight does instead |
| --- | --- | --- |
{undecided}
"""


def main() -> None:
    """Write the page."""
    try:
        PAGE.write_text(page(), encoding="utf-8")
    except LookupError as error:
        sys.exit(str(error))


def page() -> str:
    """Return the page. Raises `LookupError` for a finding of another tool that is no rule of ours, without a reason."""
    rules = load_rules(rule_ids())
    others = json.loads(OTHERS.read_text(encoding="utf-8"))
    found = Aliases(rules, others["without-a-rule"])
    checks = [(level, title) for level, titles in others["access-analyzer"].items() for title in titles]
    analyzer = [(title, level, found.rules(title)) for level, title in checks]
    parliament = [(f"`{each}`", kind, found.rules(each)) for kind, ids in others["parliament"].items() for each in ids]
    return TEXT.format(
        count=len(rules),
        example="IAM101",
        families="\n\n".join(_families(rules)),
        checks=len(checks),
        page=CHECKS,
        analyzer=_table(("check", "AWS's finding type", "rules"), analyzer),
        parliament=_table(("finding", "category", "rules"), parliament),
        cloudsplaining=_table(
            ("finding", "rules"), [(f"`{each}`", found.rules(each)) for each in others["cloudsplaining"]]
        ),
        undecided="\n".join(
            _row((each["what"], _links(each["rules"]), each["why"])) for each in others["not-decided-offline"]
        ),
    )


class Aliases:
    """Which rules have a finding of another tool as an alias."""

    def __init__(self, rules: Sequence[Rule], without: Mapping[str, str]) -> None:
        self._without = without
        self._by_alias: dict[str, list[str]] = {}
        for rule in rules:
            for alias in rule.aliases:
                known = self._by_alias.setdefault(_plain(alias), [])
                if rule.id not in known:
                    known.append(rule.id)

    def rules(self, finding: str) -> str:
        """Return links to the rules, or why there is none."""
        found = self._by_alias.get(_plain(finding))
        if found is None and finding not in self._without:
            raise LookupError(
                f"no rule has {finding!r} as alias; write one, or why there is none in {OTHERS.name}, without-a-rule"
            )
        return _links(found) if found is not None else self._without[finding]


def _plain(finding: str) -> str:
    """Return a finding's id or title so that both spellings are one: letters and digits, in capitals."""
    return re.sub(r"[^A-Z0-9]", "", re.sub(r"\(.*?\)", "", finding).upper())


def _families(rules: Sequence[Rule]) -> Iterator[str]:
    """Yield the section of each family that has rules; one of no family is in the last section, and never left out."""
    rest = list(rules)
    for beginning, title, about in FAMILIES:
        found = [rule for rule in rest if rule.id.startswith(beginning)]
        rest = [rule for rule in rest if not rule.id.startswith(beginning)]
        if found:
            yield _family(found, title, about)
    if rest:
        yield _family(rest, *OTHER)


def _family(rules: Sequence[Rule], title: str, about: str) -> str:
    rows = [
        (f'<a id="{rule.id.lower()}"></a>{rule.id}', f"`{rule.name}`", str(rule.level.value), _text(rule.summary))
        for rule in rules
    ]
    return f"## {title}\n\n{about[:1].upper()}{about[1:]}.\n\n" + _table(
        ("ID", "name", "level", "what is checked"), rows
    )


def _links(ids: Sequence[str]) -> str:
    return ", ".join(f"[{rule}](#{rule.lower()})" for rule in ids)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join([_row(head), _row(["---"] * len(head)), *map(_row, rows)])


def _row(cells: Sequence[Any]) -> str:
    return f"| {' | '.join(cells)} |"


def _text(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    main()
