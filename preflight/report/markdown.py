"""A comment for a pull request: the verdict, the counts, what failed and what to do; what passed is folded away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from preflight.engine.result import Kind, Level, Report, Result
from preflight.report.counting import HEADINGS, counts, in_order, is_lint, looked_at, not_read, verdict_word
from preflight.report.markup import block, code, inline
from preflight.report.paths import place
from preflight.report.terminal import paragraphs
from preflight.report.view import PLAIN, View
from preflight.report.vouched import vouched

# GitHub takes comments of up to 65,536 characters.
LONGEST = 65_000
_LONGEST_TEXT = 1_500
_TITLES = {Level.ERROR: "Failed", Level.WARNING: "Warnings", Level.NOTE: "Notes"}


def render(report: Report, view: View = PLAIN) -> str:
    """Return the comment, of fewer than 65,536 characters: what does not fit is left out from its end, and counted.

    With `quiet` it has nothing of what passed, with `verbose` also what does not apply.
    """
    page = _Page("\n".join(_head(report)))
    results = in_order(report)
    for level in Level:
        of_level = [each for each in results if each.kind is Kind.FAIL and each.level is level]
        title = "Errors" if is_lint(report) and level is Level.ERROR else _TITLES[level]
        page.add(f"#### {title}", _problems(of_level, view))
    page.add("#### Open", _problems((each for each in results if each.kind is Kind.OPEN), view))
    folded = {Kind.PASS: "passed", Kind.NOT_APPLICABLE: "not applicable"}
    for kind, word in folded.items():
        if (kind is Kind.PASS and not view.quiet) or (kind is Kind.NOT_APPLICABLE and view.verbose):
            items = [_item(each) for each in results if each.kind is kind]
            page.add(f"<details><summary>{len(items)} {word}</summary>", items, "</details>")
    return page.text()


def _head(report: Report) -> Iterator[str]:
    yield f"### preflight: {verdict_word(report)}"
    if report.examined is not None:
        yield f"\n{looked_at(report.examined)}"
        for number, line in enumerate(not_read(report.examined)):
            yield f"{'' if number else chr(10)}- not read: {code(line, _LONGEST_TEXT)}"
    plan = report.plan
    about = [("principal", "As"), ("account", "in account"), ("region", "in")]
    said = " ".join(f"{word} {code(plan[name], _LONGEST_TEXT)}" for name, word in about if name in plan)
    if said:
        yield f"\n{said[:1].upper()}{said[1:]}"
    if words := vouched(report):
        yield f"\nAssumptions: {inline('; '.join(words), _LONGEST_TEXT)}"
    headings = ("errors", *HEADINGS[1:3]) if is_lint(report) else HEADINGS
    numbers = counts(report)[: len(headings)]
    yield f"\n| {' | '.join(headings)} |"
    yield f"|{' ---: |' * len(headings)}"
    yield f"| {' | '.join(map(str, numbers))} |"


class _Page:
    """A page that takes blocks until it is full, and counts those that it could not take."""

    def __init__(self, head: str) -> None:
        self._parts = [head]
        self._size = len(head)
        self._left_out = 0

    def add(self, heading: str, items: Iterable[str], end: str = "") -> None:
        """Add a section; none where it has no items."""
        around = len(heading) + len(end) + 4
        taken: list[str] = []
        for item in items:
            if self._left_out or self._size + around + len(item) + 1 > LONGEST:
                self._left_out += 1
                continue
            taken.append(item)
            self._size += len(item) + 1
        if taken:
            self._size += around
            self._parts.append(f"{heading}\n\n" + "\n".join(taken) + (f"\n\n{end}" if end else ""))

    def text(self) -> str:
        """Return the page."""
        note = f"{self._left_out} more results did not fit here; `--format json` has all."
        return "\n\n".join([*self._parts, *([note] if self._left_out else [])]) + "\n"


def _problems(results: Iterable[Result], view: View) -> Iterator[str]:
    """Yield an item for each result; why a rule is there is said the first time."""
    explained: set[str] = set()
    for result in results:
        lines = [_item(result)]
        if where := place(result.location):
            lines.append(f"*Where:* {code(where, _LONGEST_TEXT)}")
        rule = view.rule(result.rule)
        if rule is not None and result.rule not in explained:
            explained.add(result.rule)
            lines.append(f"*Why:* {inline(rule.why, _LONGEST_TEXT)}")
        if result.remedy:
            label = "To resolve" if result.kind is Kind.OPEN else "To fix"
            lines.append(f"*{label}:* {_remedy(result.remedy)}")
        yield "<br>\n  ".join(lines)


def _remedy(remedy: str) -> str:
    """Return what to do; what is not an object or a list to paste stays in one line, so that none begins with it."""
    said = ""
    for paragraph in paragraphs(remedy):
        if paragraph[0] in "{[":
            said += f"\n\n{block(paragraph, _LONGEST_TEXT, '  ')}\n\n  *And:* "
        else:
            said += f"{inline(paragraph, _LONGEST_TEXT)}<br>"
    return said.removesuffix("<br>").removesuffix("\n\n  *And:* ")


def _item(result: Result) -> str:
    return f"- **{inline(result.rule, 40)}** {inline(result.name, 80)}: {inline(result.message, _LONGEST_TEXT)}"
