"""Rewrites the pages that tests of reports compare with: `python -m tests.report.rewrite`, or `make docs`.

Read the difference before you commit it: the pages are what people see.
"""

from __future__ import annotations

from preflight import __version__
from preflight.report.formats import FORMATS, rendered
from preflight.report.text import render
from tests.report.test_formats import REPORTS, VIEW, page_of
from tests.report.test_text import PAGES, SHOWN


def main() -> None:
    for name, report, options in SHOWN:
        (PAGES / f"{name}.txt").write_text(render(report, options), encoding="utf-8")
    for name, report in REPORTS.items():
        for format_ in FORMATS:
            if name != "nasty" or format_ != "text":
                text = rendered(report, format_, VIEW).replace(f'"{__version__}"', '"VERSION"')
                page_of(name, format_).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
