"""Problems with single names in a policy: judged once per text, however many policies hold it, and given to rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from preflight.engine.result import Level
from preflight.lint.finding import Edit, Finding


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one text, wherever it stands: `kind` says for which rule.

    `instead` is what to write in its place, where that is certain: `--fix` may then write it.
    """

    kind: str
    message: str
    remedy: str = ""
    level: Level | None = None
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """A problem and where it stands; `on_name` as in `Finding`."""

    pointer: str
    problem: Problem
    on_name: bool = False

    def finding(self) -> Finding:
        """Return it as a finding."""
        each = self.problem
        edits: tuple[Edit, ...] = ()
        if each.instead:
            edits = (Edit("rename" if self.on_name else "replace", self.pointer, each.instead),)
        return Finding(self.pointer, each.message, each.remedy, self.on_name, each.level, edits=edits)


def of_kind(placed: tuple[Placed, ...], kind: str) -> Iterator[Finding]:
    """Yield the findings of one kind."""
    for each in placed:
        if each.problem.kind == kind:
            yield each.finding()
