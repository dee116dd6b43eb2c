"""Problems with single names in a policy: judged once per text, however many policies hold it, and given to rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from preflight.engine.result import Level
from preflight.lint.policy.finding import Edit, Finding
from preflight.lint.policy.statements import StatementView

SEARCHED = 500
_KEPT = 65_536
"""For how many problems of a policy it is searched what was meant: a policy may hold 100,000 unknown names."""


class NameProblem(NamedTuple):
    """What is wrong with one text, wherever it stands: `kind` says for which rule.

    `instead` is what to write in its place, where that is certain: `--fix` may then write it.
    """

    kind: str
    message: str
    remedy: str = ""
    level: Level | None = None
    instead: str = ""


class Judge(Protocol):
    """What is wrong with one text; `search` says whether to look for what was meant, which takes long."""

    def __call__(self, text: str, /, *, search: bool = True) -> tuple[NameProblem, ...]:
        """Return the problems of a text."""
        ...


class Placed(NamedTuple):
    """A problem and where it stands; `on_name` as in `Finding`."""

    pointer: str
    problem: NameProblem
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


def all_known(written: object, known: set[str]) -> bool:
    """Say whether what is written is a string, or a list of strings, of a set."""
    try:
        return written in known if isinstance(written, str) else isinstance(written, list) and known.issuperset(written)
    except TypeError:  # an entry that is an object or a list
        return False


def remember(known: set[str], text: str) -> None:
    """Add a text to a set that is emptied before it grows beyond what a long run may hold."""
    if len(known) >= _KEPT:
        known.clear()
    known.add(text)


def judged_texts(
    statements: Iterable[StatementView], elements: Sequence[str], judge: Judge, right: set[str]
) -> list[Placed]:
    """Return what is wrong with the strings of some elements of each statement.

    Most texts are right, and policies share most of them: those that were are in `right`, and not looked at again. The
    pointer of a text is only written where it is wrong.
    """
    found: list[Placed] = []
    held = ((each, element, each.raw[element]) for each in statements for element in elements if element in each.raw)
    for statement, element, written in held:
        if written is None or all_known(written, right):
            continue
        many = enumerate(written) if isinstance(written, list) else ((None, written),)
        for index, text in many:
            if not isinstance(text, str) or text in right:
                continue
            problems = judge(text, search=len(found) < SEARCHED)
            if not problems:
                remember(right, text)
                continue
            place = f"{statement.pointer}/{element}"
            place = place if index is None else f"{place}/{index}"
            found.extend([Placed(place, problem) for problem in problems])
    return found
