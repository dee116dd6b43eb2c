"""JUnit's XML, which every build service reads: a test case for each result.

No body keeps the format; this is what https://github.com/testmoapp/junitxml describes as common to its readers.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from preflight.engine.result import Kind, Report, Result
from preflight.report.counting import command, is_lint, summary
from preflight.report.paths import place, relative
from preflight.report.terminal import clean
from preflight.report.view import PLAIN, View

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
# What XML 1.0 allows: https://www.w3.org/TR/xml/#charsets
_NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_COLONS = re.compile(r"^(\s*):(?=:)", re.MULTILINE)
_HASHES = re.compile(r"#(?=#\w*\[)")


def render(report: Report, view: View = PLAIN) -> str:
    """Return one test suite in ASCII. An open result is an error and what does not apply is skipped: neither passed.

    A lint without findings has one case that passed, since Jenkins takes a suite without any for a broken run.
    """
    name = f"preflight {command(report)}"
    counts = report.counts()
    suite = ET.Element("testsuite", name=name)
    for result in report.results:
        _case(suite, result, view)
    if is_lint(report) and not report.results:
        ET.SubElement(suite, "testcase", classname=name, name="no findings", time="0")
    about = {
        "tests": len(suite),
        "failures": counts["fail"],
        "errors": counts["open"],
        "skipped": counts["notApplicable"],
    }
    whole = ET.Element("testsuites", name=name)
    for element in (whole, suite):
        for key, value in about.items():
            element.set(key, str(value))
        element.set("time", "0")
    ET.SubElement(suite, "system-out").text = _xml(summary(report))
    whole.append(suite)
    ET.indent(whole)
    text = ET.tostring(whole, encoding="us-ascii", xml_declaration=False).decode("ascii")
    return _HEAD + _HASHES.sub("&#35;", _COLONS.sub(r"\1&#58;", text)) + "\n"


def attribute(text: str) -> str:
    """Return a text as the value of an attribute, in quotes: on one line, in ASCII, and nothing that a build obeys."""
    return f'"{_escaped(_line(text)).replace(chr(34), "&quot;")}"'


def content(text: str) -> str:
    """Return a text as the content of an element."""
    return _escaped(_xml(text))


def _escaped(text: str) -> str:
    from xml.sax.saxutils import escape

    ascii_ = escape(text).encode("ascii", "xmlcharrefreplace").decode("ascii")
    return _HASHES.sub("&#35;", _COLONS.sub(r"\1&#58;", ascii_))


def _case(suite: ET.Element, result: Result, view: View) -> None:
    where = place(result.location)
    # Build services know a case again by its name: there is no line in it.
    file = _line(relative(result.location.path, view)) if result.location is not None else ""
    about = _line(f"{file}: {result.message}" if file else result.message)
    case = ET.SubElement(suite, "testcase", classname=f"{result.rule} {result.name}", name=about, time="0")
    if result.location is not None:
        case.set("file", file)
        if result.location.line is not None:
            case.set("line", str(result.location.line))
    if result.kind is Kind.NOT_APPLICABLE:
        ET.SubElement(case, "skipped", message=_line(result.message))
    elif result.kind is not Kind.PASS:
        is_open = result.kind is Kind.OPEN
        told = ET.SubElement(case, "error" if is_open else "failure", message=_line(result.message))
        told.set("type", "open" if is_open else result.level.value)
        told.text = _xml("\n".join(_told(result, where, view)))


def _told(result: Result, where: str, view: View) -> list[str]:
    rule = view.rule(result.rule)
    said = [result.message]
    if where:
        said.append(f"where: {where}")
    if rule is not None:
        said.append(f"why: {rule.why}")
    if result.remedy:
        said.append(f"to {'resolve' if result.kind is Kind.OPEN else 'fix'}: {result.remedy}")
    return said


def _line(text: str) -> str:
    return " ".join(_xml(text).split())


def _xml(text: str) -> str:
    return _NOT_XML.sub(lambda found: ascii(found.group())[1:-1], clean(text))
