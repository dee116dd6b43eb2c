"""What an audit of many accounts says of all of them together: as text, and as the data of its schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from preflight import __version__
from preflight.audit.many.run import Many
from preflight.engine.result import Kind, Level, Report
from preflight.engine.result_json import parsed
from preflight.report import sarif
from preflight.report.counting import shown
from preflight.report.json import VERSION, dumped
from preflight.report.terminal import clean, inert, paint, wrapped
from preflight.report.view import View

FORMATS = ("text", "json", "jsonl", "csv", "parquet", "sarif", "html")
_COLORS = {"error": "red", "warning": "yellow", "note": "yellow", "open": "yellow"}
_LABELS = {"error": "FAIL", "warning": "WARN", "note": "NOTE"}
_ALL = 20


def index_rows(many: Many, pages: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the rows of the index page of an audit; `pages` says where the page of each account that was done is."""
    done = [{**row, "status": "done", "reason": "", "href": pages[row["account"]]} for row in many.done]
    failed = [{**each, "account": each["key"], "status": "failed", "href": "", "counts": {}} for each in many.failed]
    left_out = [
        {"account": each.key, "name": each.name, "status": "left out", "reason": each.reason, "href": "", "counts": {}}
        for each in many.left_out
    ]
    return [*done, *failed, *left_out]


def plain(many: Many) -> dict[str, Any]:
    """Return it as plain data, the document of `schemas/audit-accounts.schema.json`."""
    return {
        "version": VERSION,
        "tool": {"name": "preflight", "version": __version__},
        "verdict": many.verdict.value,
        "complete": not many.failed,
        "counts": _counts(many),
        "rules": [{"rule": rule, **many.rules[rule]} for rule in _worst_first(many)],
        "accounts": [dict(each) for each in many.done],
        "failed": [{name: each[name] for name in ("key", "name", "reason")} for each in many.failed],
        "left_out": [{"key": each.key, "name": each.name, "reason": each.reason} for each in many.left_out],
    }


def rendered(many: Many) -> str:
    """Return it as one JSON document."""
    return dumped(plain(many), indent=2)


def as_text(many: Many, view: View, folder: str) -> str:
    """Return it as text: what could not be audited first, then the findings by rule, then the accounts. `folder` is
    where their documents are.
    """
    return "\n".join(inert(line) for line in _lines(many, view, folder)) + "\n"


def as_sarif(many: Many, documents: Iterable[Mapping[str, Any]], view: View) -> str:
    """Return what failed or is open in all accounts as one log; of more than SARIF's readers take, the most severe."""
    results = tuple(
        parsed(each)
        for document in documents
        for each in document["results"]
        if each["kind"] in (Kind.FAIL.value, Kind.OPEN.value)
    )
    return sarif.render(Report(many.verdict, results), view)


def _lines(many: Many, view: View, folder: str) -> Iterator[str]:
    width = max(view.width, 40)
    for each in many.failed:
        label = paint("NOT AUDITED", "red", on=view.color)
        yield f"{label}  {_line(_called(each))}"
        yield from wrapped(each["reason"], "      ", "      ", width)
    if many.failed:
        yield ""
    for rule in _worst_first(many):
        found = many.rules[rule]
        label = _LABELS[found["level"]] if found["fail"] else "UNKNOWN"
        color = _COLORS[found["level"] if found["fail"] else "open"]
        where = _accounts(found["accounts"], len(many.done))
        numbers = " and ".join(
            text
            for text in (
                f"{found['fail']:,}" if found["fail"] else "",
                f"{found['open']:,} unknown" if found["open"] else "",
            )
            if text
        )
        yield from wrapped(
            f"{rule} {found['name']}: {numbers} in {where}", f"{paint(label, color, on=view.color)}  ", "      ", width
        )
    if many.rules:
        yield ""
    if not view.quiet:
        yield from _table(many.done, whole=view.verbose)
        for out in many.left_out:
            yield from wrapped(f"left out: {out.key} {out.name}: {out.reason}", "", "  ", width)
        if many.done:
            yield ""
            where = f"What was found in each account is in {folder}; --format html makes pages of it."
            yield from wrapped(where, "", "", width)
        yield ""
    word = "NOT COMPLETE" if many.failed else shown(many.verdict)
    color = "green" if word == "CLEAN" else "red"
    yield f"{paint(word, color, on=view.color)}: {_counted(many)}"


def _table(rows: Sequence[Mapping[str, Any]], *, whole: bool) -> Iterator[str]:
    """Give the accounts with the most severe findings first, so many as one looks at."""
    heads = ("account", "name", "errors", "warnings", "notes", "unknown", "roles", "can create", "administrators")
    ordered = sorted(
        rows, key=lambda row: ([-row["counts"][each] for each in ("error", "warning", "open")], row["key"])
    )
    shown = ordered if whole else ordered[:_ALL]
    table = [
        (
            row["account"],
            _line(row["name"] or ("" if row["key"] == row["account"] else row["key"])),
            *(f"{row['counts'][each]:,}" for each in ("error", "warning", "note", "open")),
            f"{row['roles']:,}",
            f"{row['endpoints'].get('create', 0):,}",
            f"{row['administrators']:,}",
        )
        for row in shown
    ]
    if not table:
        return
    widths = [max(len(line[index]) for line in (heads, *table)) for index in range(len(heads))]
    for line in (heads, *table):
        cells = [
            cell.ljust(size) if index < 2 else cell.rjust(size)
            for index, (cell, size) in enumerate(zip(line, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()
    if len(ordered) > len(shown):
        yield f"and {len(ordered) - len(shown):,} more accounts; --verbose lists all"


def _accounts(accounts: Sequence[str], of: int) -> str:
    if len(accounts) == of and of > 1:
        return f"all {of:,} accounts"
    if len(accounts) <= 3:
        return ", ".join(accounts)
    return f"{len(accounts):,} accounts, such as {accounts[0]}"


def _counted(many: Many) -> str:
    counts = _counts(many)
    words = {"error": "errors", "warning": "warnings", "note": "notes", "open": "unknown"}
    found = ", ".join(f"{counts[name]:,} {word}" for name, word in words.items() if counts[name]) or "no findings"
    total = len(many.rows)
    of = (
        f"{len(many.done):,} of {total:,} accounts"
        if many.failed
        else f"{total:,} accounts"
        if total != 1
        else "1 account"
    )
    left_out = f", {len(many.left_out):,} left out" if many.left_out else ""
    return f"{found} in {of}{left_out}"


def _counts(many: Many) -> dict[str, int]:
    return {name: many.counts.get(name, 0) for name in (*(level.value for level in Level), "open")}


def _worst_first(many: Many) -> list[str]:
    rules = many.rules
    return sorted(rules, key=lambda each: (not rules[each]["fail"], Level(rules[each]["level"]).rank, each))


def _line(name: str) -> str:
    """Return a name in one line: a line end in it would begin a line that looks like one of the report."""
    return " ".join(clean(name).split())


def _called(row: Mapping[str, Any]) -> str:
    return f"{row['key']} {row['name']}".rstrip()
