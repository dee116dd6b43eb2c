"""Problems with single names in a policy: judged once per text, however many policies hold it, and given to rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from preflight.engine.result import Level
from preflight.lint.finding import Edit, Finding
from preflight.lint.view import StatementView


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


def of_kind(placed: Sequence[Placed], kind: str) -> Sequence[Finding]:
    """Return the findings of one kind."""
    return [each.finding() for each in placed if each.problem.kind == kind] if placed else ()


def strings(written: object) -> tuple[str, ...]:
    """Return a string, or the strings of a list, where nobody needs their places."""
    if isinstance(written, str):
        return (written,)
    return tuple([each for each in written if isinstance(each, str)]) if isinstance(written, list) else ()


def judged_texts(
    statement: StatementView, elements: Sequence[str], judge: Callable[[str], Sequence[Problem]]
) -> Iterator[Placed]:
    """Yield what is wrong with the strings of the first of some elements that a statement has.

    Most texts are right: the pointer of one is only written where it is not.
    """
    for element in elements:
        written = statement.raw.get(element)
        if written is None:
            continue
        if isinstance(written, str):
            for problem in judge(written):
                yield Placed(f"{statement.pointer}/{element}", problem)
        elif isinstance(written, list):
            for index, text in enumerate(written):
                if isinstance(text, str):
                    for problem in judge(text):
                        yield Placed(f"{statement.pointer}/{element}/{index}", problem)
        return
