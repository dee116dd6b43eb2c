"""The report for people: of a check a checklist, failures first; of a lint the findings in their files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from preflight.engine.result import Kind, Level, Location, Report, Result, Verdict
from preflight.report.counting import counted, covered, is_lint, shown, verdict_word
from preflight.report.derived_permissions import merged
from preflight.report.excerpt import Sources
from preflight.report.paths import place
from preflight.report.terminal import inert, paint, short, wrapped
from preflight.report.text_findings import Findings
from preflight.report.view import PLAIN, View
from preflight.report.vouched import vouched

_INDENT = " " * 6
_MANY = 2
_JOINED = "\u00a0"  # what holds two words on one line
_LABELS = {Level.ERROR: "FAIL", Level.WARNING: "WARN", Level.NOTE: "NOTE"}
_VERDICTS = {
    Verdict.READY: "green",
    Verdict.BLOCKED: "red",
    Verdict.OPEN: "yellow",
    Verdict.CLEAN: "green",
    Verdict.FINDINGS: "red",
    Verdict.HOLDS: "green",
    Verdict.FAILS: "red",
    Verdict.UNKNOWN: "yellow",
}


def render(report: Report, view: View = PLAIN) -> str:
    """Return the report as text of lines that are at most the view's width, but for words that are longer.

    `quiet` leaves out what passed, and of a lint all but one line for each finding; `verbose` shows every result in
    full, also what was not applicable.
    """
    page: _Checklist | Findings = Findings(report, view) if is_lint(report) else _Checklist(report, view)
    word = paint(verdict_word(report), _VERDICTS[report.verdict], on=view.color)
    return "\n".join(inert(line) for line in [*page.lines(), f"{word}: {counted(report)}"]) + "\n"


def render_checklist(report: Report, view: View = PLAIN) -> str:
    """Return a report whose results are about an account, not places in files, as a checklist."""
    page = _Checklist(report, view, remedies_beside=True)
    word = paint(shown(report.verdict), _VERDICTS[report.verdict], on=view.color)
    return "\n".join(inert(line) for line in [*page.lines(), f"{word}: {counted(report)}"]) + "\n"


class _Checklist:
    def __init__(self, report: Report, view: View, *, remedies_beside: bool = False) -> None:
        self._report, self._view, self._beside = report, view, remedies_beside
        self._width = max(view.width, 40)
        self._sources = Sources(view.sources)
        self._results = report.results if view.verbose else merged(report.results)

    def lines(self) -> Iterator[str]:
        yield from self._about()
        for level in Level:
            for group in _grouped(self._of(Kind.FAIL, level)):
                color = "red" if level is Level.ERROR else "yellow"
                yield from self._problem(_LABELS[level], color, group, "fix")
        for rules in _of_one_cause(_grouped(self._of(Kind.OPEN))):
            yield from self._problem("UNKNOWN", "yellow", rules[0], "resolve", rules[1:])
        if not self._view.quiet:
            yield from self._passed()
        if self._view.verbose:
            yield from self._full("n/a ", "dim", Kind.NOT_APPLICABLE)
        if said := covered(self._report):
            yield from wrapped(said, "", "  ", self._width)

    def _about(self) -> Iterator[str]:
        plan = self._report.plan
        who = plan.get("principal") or (f"account {plan['account']}" if "account" in plan else "")
        if who:
            where = f" in {plan['region']}" if "region" in plan else ""
            told = f"As {who}{where}" if "principal" in plan else f"In {who}{where.replace(' in', ',')}"
            yield from wrapped(told, "", "", self._width)
        if said := vouched(self._report):
            yield from wrapped(f"Assumptions: {'; '.join(said)}", "", "", self._width)
        if who or said:
            yield ""

    def _of(self, kind: Kind, level: Level | None = None) -> list[Result]:
        return [each for each in self._results if each.kind is kind and level in (None, each.level)]

    def _paint(self, text: str, color: str) -> str:
        return paint(text, color, on=self._view.color)

    def _problem(
        self, label: str, color: str, group: Sequence[Result], way_on: str, others: Sequence[Sequence[Result]] = ()
    ) -> Iterator[str]:
        """Show the results of a rule; those of `others` say the same, word for word, for the same reason."""
        first = group[0]
        names = ", ".join(f"{each[0].rule}{_JOINED}{each[0].name}" for each in (group, *others))
        begin = " " * (len(label) + 2)
        for number, line in enumerate(wrapped(names, begin, _INDENT, self._width)):
            lead = _INDENT if number else f"{self._paint(label, color)}  "
            text = line[len(_INDENT if number else begin) :].replace(_JOINED, " ")
            yield f"{lead}{self._paint(text, 'bold')}"
        bullet = f"{_INDENT}- " if len(group) > 1 else _INDENT
        places = [place(result.location) for result in group]
        remedies = list(_remedies(group))
        beside = self._beside and len(remedies) > 1
        for number, (result, where) in enumerate(zip(group, places, strict=True)):
            yield from wrapped(result.message, bullet, " " * len(bullet), self._width)
            if len(set(places)) > 1 and where:
                yield from wrapped(f"({where})", " " * len(bullet), " " * len(bullet), self._width)
            if beside and (number + 1 == len(group) or group[number + 1].remedy != result.remedy):
                lead = f"{' ' * len(bullet)}{way_on}: "
                yield from wrapped(result.remedy, lead, " " * len(lead), self._width)
        if len(set(places)) == 1 and places[0]:
            yield from self._labelled("where", places[0])
            yield from self._excerpt(first.location)
        rule = self._view.rule(first.rule)
        if rule is not None and not others:
            yield from self._labelled("why", rule.why)
        for remedy in () if beside else remedies:
            yield from self._labelled(way_on, remedy)
        yield ""

    def _labelled(self, label: str, text: str) -> Iterator[str]:
        lines = wrapped(text, f"{_INDENT}{label:<8}", f"{_INDENT}{'':8}", self._width)
        for number, line in enumerate(lines):
            yield line if number else f"{_INDENT}{self._paint(label, 'dim')}{line[len(_INDENT) + len(label) :]}"

    def _excerpt(self, location: Location | None) -> Iterator[str]:
        """Show the line of a value; that an object or a list begins somewhere is nothing to see."""
        lead = f"{_INDENT}{'':8}"
        found = None if location is None else self._sources.excerpt(location, self._width - len(lead))
        if found is not None and found.line.strip() not in ("{", "[", "- {"):
            yield from found.lines(lead, color=self._view.color)

    def _passed(self) -> Iterator[str]:
        if self._view.verbose:
            yield from self._full("pass", "green", Kind.PASS)
            return
        groups = _grouped(self._of(Kind.PASS))
        for group in groups:
            for gist in [_gist(group)] if len(group) > _MANY else [each.message for each in group]:
                yield from self._item("pass", "green", f"{group[0].rule} {short(gist)}", lines=3)
        if groups:
            yield ""

    def _full(self, label: str, color: str, kind: Kind) -> Iterator[str]:
        results = self._of(kind)
        for result in results:
            yield from self._item(label, color, f"{result.rule} {result.message}")
        if results:
            yield ""

    def _item(self, label: str, color: str, text: str, lines: int | None = None) -> Iterator[str]:
        for number, line in enumerate(wrapped(text, _INDENT, " " * 13, self._width, lines=lines)):
            yield line if number else f"{self._paint(label, color)}  {line[len(_INDENT) :]}"


def _grouped(results: Iterable[Result]) -> list[list[Result]]:
    """Return the results by rule, the rules in the order of their ids."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.rule, []).append(result)
    return [groups[rule] for rule in sorted(groups)]


def _of_one_cause(groups: Iterable[list[Result]]) -> Iterator[list[list[Result]]]:
    """Put together the rules whose results say the same in the same place: they wait for one thing."""
    found: dict[object, list[list[Result]]] = {}
    for group in groups:
        found.setdefault(tuple((each.message, each.remedy, each.location) for each in group), []).append(group)
    yield from found.values()


def _remedies(group: Sequence[Result]) -> Iterator[str]:
    """Give what to do about a group, each once; statements to add in the same place are given together."""
    statements: dict[str, list[str]] = {}
    for result in group:
        prose, brace, statement = result.remedy.partition("\n{\n")
        if brace and statement.endswith("\n}"):
            found = statements.setdefault(prose, [])
            if (whole := "{\n" + statement) not in found:
                found.append(whole)
        elif result.remedy:
            statements.setdefault(result.remedy, [])
    for prose, found in statements.items():
        if len(found) > 1:
            prose = prose.replace("this statement", f"these {len(found)} statements")
        yield "\n".join([prose, ",\n".join(found)]) if found else prose


def _gist(group: Sequence[Result]) -> str:
    """Return what passed in a few words: those that the messages begin with, and those in which they part."""
    words = [result.message.split() for result in group]
    shared = 0
    while all(len(each) > shared + 1 for each in words) and len({each[shared] for each in words}) == 1:
        shared += 1
    if shared < 2:
        return f"{len(group)} results, the first: {group[0].message}"
    parts = ", ".join(dict.fromkeys(each[shared].rstrip(",:;") for each in words))
    return " ".join([f"{len(group)} results:", *words[0][:shared], parts])
