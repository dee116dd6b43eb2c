"""What a format is given beside the report: what was read, where, and how the reader likes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

from preflight.engine.rule import Rule, load_rule, rule_ids


@dataclass(frozen=True, slots=True)
class View:
    """How a report is to be shown. Formats read no files and no environment: all that they need of either is here.

    `sources` are the texts of the documents that results are about, by the path that their locations have. `rules` are
    those that are not in `rules/`, by id. `real` are the absolute paths of documents that were reached through symbolic
    links, which code hosts do not follow. `folder` is the absolute path of the folder that relative paths start from,
    `root` that of the repository around it, which reports for code hosts name files from; both may be empty. `width`,
    `color` and `quiet` are for formats that people read; with `verbose` a format tells all that it can. `rule_pages`
    tells the address below which rules have pages, empty where that is not known; formats that link to them ask it.
    """

    sources: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)
    real: Mapping[str, str] = field(default_factory=dict)
    folder: str = ""
    root: str = ""
    width: int = 80
    color: bool = False
    quiet: bool = False
    verbose: bool = False
    rule_pages: Callable[[], str] = str

    def rule(self, rule: str) -> Rule | None:
        """Return a rule by its id; None for one that is known neither here nor in `rules/`."""
        return self.rules[rule] if rule in self.rules else _shipped(rule)


@cache
def _shipped(rule: str) -> Rule | None:
    return load_rule(rule) if rule in rule_ids() else None


PLAIN = View()
