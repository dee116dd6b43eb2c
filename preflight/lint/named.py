"""Problems with single names in a policy: judged once per text, however many policies hold it, and given to rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from preflight.engine.result import Level
from preflight.lint.finding import Edit, Finding
from preflight.lint.view import StatementView

SEARCHED = 500
"""For how many problems of a policy it is searched what was meant: a policy may hold 100,000 unknown names."""


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


Judge: TypeAlias = Callable[[str, bool], Sequence[Problem]]
"""Says what is wrong with a text; searches what was meant if the second argument says so."""


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


def of_kind(placed: Sequence[Placed], kind: str) -> Sequence[Finding]:
    """Return the findings of one kind."""
    return [each.finding() for each in placed if each.problem.kind == kind] if placed else ()


def strings(written: object) -> tuple[str, ...]:
    """Return a string, or the strings of a list, where nobody needs their places."""
    if isinstance(written, str):
        return (written,)
    return tuple([each for each in written if isinstance(each, str)]) if isinstance(written, list) else ()


def judged_texts(statements: Iterable[StatementView], elements: Sequence[str], judge: Judge) -> list[Placed]:
    """Return what is wrong with the strings of the first of some elements that each statement has.

    Most texts are right: the pointer of one is only written where it is not.
    """
    found: list[Placed] = []
    for statement in statements:
        element = next((each for each in elements if each in statement.raw), None)
        written = statement.raw[element] if element is not None else None
        if isinstance(written, str):
            problems = judge(written, len(found) < SEARCHED)
            found.extend([Placed(f"{statement.pointer}/{element}", problem) for problem in problems])
        elif isinstance(written, list):
            for index, text in enumerate(written):
                problems = judge(text, len(found) < SEARCHED) if isinstance(text, str) else ()
                if problems:
                    place = f"{statement.pointer}/{element}/{index}"
                    found.extend([Placed(place, problem) for problem in problems])
    return found
