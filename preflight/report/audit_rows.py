"""An audit's results as rows of a table, of one account or of many: for spreadsheets, Athena and DuckDB."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from preflight.errors import UsageError
from preflight.report.json import dumped
from preflight.report.terminal import clean

if TYPE_CHECKING:
    import pyarrow

COLUMNS = ("account", "rule", "name", "kind", "level", "subject", "message", "remedy", "path", "pointer", "line")
_CSV = (*(each for each in COLUMNS if each != "pointer"), "pointer")
# Spreadsheets take a cell that begins so for a formula (https://owasp.org/www-community/attacks/CSV_Injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MANY = 20_000


def rows(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give a row for each result of an account's document (`schemas/audit.schema.json`); `line` is None where none is
    known.
    """
    for each in document["results"]:
        where = each.get("location", {})
        yield {
            "account": document["account"],
            **{name: each[name] for name in ("rule", "name", "kind", "level", "subject", "message", "remedy")},
            "path": where.get("path", ""),
            "pointer": where.get("pointer", ""),
            "line": where.get("line"),
        }


def as_csv(documents: Iterable[Mapping[str, Any]], of: str = "results") -> Iterator[str]:
    """Give a table of accounts (one of `TABLES`) as CSV with a head line, safe to open in a spreadsheet and to print on
    a terminal; a text for each account.
    """
    head, lines = TABLES[of]
    yield ",".join(head) + "\n"
    for document in documents:
        yield table((), ([str(each) for each in line] for line in lines(document)))


def _results(document: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
    for row in rows(document):
        yield ["" if row[name] is None else row[name] for name in _CSV]


def _evidence(document: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
    for each in document["results"]:
        about = (document["account"], each["rule"], each["kind"], each["level"], each["subject"], each["message"])
        for cited in each["evidence"]:
            yield (*about, cited["policy"], cited["statement"])


def _access(document: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
    for each in document["access"]:
        who = (document["account"], each["principal"], each["action"], each["region"], each["reach"])
        yield (*who, _statements(each["by"]), each["example"], " and ".join(each["depends_on"]))


def _administrators(document: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
    found = document["escalation"]
    conditions = {each["principal"]: each["depends_on"] for each in found["conditional"]}
    for arn in found["administrators"]:
        yield document["account"], arn, " and ".join(conditions.get(arn, ()))


def _ways(document: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
    for each in document["escalation"]["steps"]:
        step = (document["account"], each["source"], each["target"], each["kind"], each["how"])
        yield (*step, _statements(each.get("by", ())), " and ".join(each["depends_on"]))


def _closing(document: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
    for each in document["escalation"]["closing"]:
        yield document["account"], each["policy"], each["statement"], each["principals"]


def _quotas(document: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
    for each in document["quotas"]:
        most = "" if each["most"] is None else each["most"]
        yield document["account"], each["region"], each["name"], each["limit"], each["used"], most, each["unit"]


def _statements(by: Iterable[Mapping[str, str]]) -> str:
    return ", ".join(f"{each['statement']} of {each['policy']}" for each in by)


TABLES: Mapping[str, tuple[Sequence[str], Callable[[Mapping[str, Any]], Iterator[Sequence[Any]]]]] = {
    "results": (_CSV, _results),
    "evidence": (("account", "rule", "kind", "level", "subject", "message", "policy", "statement"), _evidence),
    "access": (("account", "principal", "action", "region", "reach", "by", "example", "depends_on"), _access),
    "administrators": (("account", "principal", "depends_on"), _administrators),
    "ways": (("account", "source", "target", "kind", "how", "by", "depends_on"), _ways),
    "closing": (("account", "policy", "statement", "principals"), _closing),
    "quotas": (("account", "region", "name", "limit", "used", "most", "unit"), _quotas),
}
"""The tables of an audit, each with its columns and what gives its lines."""


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return a table as CSV, safe to open in a spreadsheet and to print on a terminal."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if head:
        writer.writerow(head)
    writer.writerows([_cell(each) for each in line] for line in lines)
    return out.getvalue()


def as_jsonl(documents: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Give the results of accounts, one on a line: a `result` of `schemas/report.schema.json` with its `account`."""
    for document in documents:
        yield "".join(dumped({"account": document["account"], **each}) for each in document["results"])


def require_parquet() -> None:
    """Raise `UsageError` where the library that writes Parquet is not installed."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        raise UsageError("--format parquet needs pyarrow: pip install 'aws-preflight[parquet]'") from None


def write_parquet(documents: Iterable[Mapping[str, Any]], stream: BinaryIO) -> None:
    """Write the results of accounts as one Parquet file; no more than some ten thousand rows are held at once.

    What repeats (accounts, rules, levels) is a dictionary column, which Athena and DuckDB read as text.
    """
    import pyarrow
    from pyarrow import parquet

    schema = pyarrow.schema([(name, pyarrow.int64() if name == "line" else pyarrow.string()) for name in COLUMNS])
    with parquet.ParquetWriter(stream, schema, compression="zstd") as writer:
        held: list[dict[str, Any]] = []
        for document in documents:
            held += rows(document)
            if len(held) >= _MANY:
                writer.write_table(_table(held, schema))
                held = []
        writer.write_table(_table(held, schema))


def _table(held: list[dict[str, Any]], schema: pyarrow.Schema) -> pyarrow.Table:
    import pyarrow

    # A name from AWS can hold what is no text at all (half of a surrogate pair): it is written out.
    clean = [{name: _text(value) if isinstance(value, str) else value for name, value in row.items()} for row in held]
    return pyarrow.Table.from_pylist(clean, schema=schema)


def _text(value: str) -> str:
    return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()


def _cell(text: str) -> str:
    text = clean(text)
    return f"'{text}" if text.startswith(_FORMULA) else text
