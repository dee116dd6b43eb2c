"""An audit as one HTML page that holds all it needs: it is read from a disk, without a network.

Names come from the account, and from whoever may make a role there. They reach the page as JSON, in which nothing can
end the element that holds it, and its script makes text of them only. What else may run or style the page is named by
its hash (https://www.w3.org/TR/CSP3/, `hash-source`).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from importlib.resources import files
from typing import Any

from preflight.report.audit_html_data import payload
from preflight.report.json import dumped

# In the order in which they build on each other.
STYLES = ("base", "charts", "filters", "tables", "views", "ways", "narrow", "print")
SCRIPTS = (
    "dom",
    "data",
    "windowed",
    "tables",
    "charts",
    "findings",
    "ways",
    "graph",
    "escalation",
    "access",
    "quotas",
    "accounts",
    "overview",
    "organization",
    "printing",
    "main",
)
_ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_POLICY = "default-src 'none'; script-src '{script}'; style-src '{style}'; base-uri 'none'; form-action 'none'"


def page(audits: Sequence[Mapping[str, Any]], *, accounts: Sequence[Mapping[str, Any]] = ()) -> str:
    """Return a page about audits, documents of `schemas/audit.schema.json`; of several, each finding has its account.

    `accounts` are the rows of an organization's index: `account`, `name`, `status` (done, failed or left out),
    `reason`, `href` to the account's own page (empty where there is none) and `counts`. The same input gives the same
    page.
    """
    from jinja2 import Environment, StrictUndefined

    data = payload(audits, accounts)
    style = "\n".join(asset(f"{name}.css") for name in STYLES)
    script = '(() => {\n"use strict";\n' + "\n".join(asset(f"{name}.js") for name in SCRIPTS) + "})();\n"
    template = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    ).from_string(asset("page.html.j2"))
    return template.render(
        title=_title(audits, accounts),
        policy=_POLICY.format(script=_hash(script), style=_hash(style)),
        style=style,
        script=script,
        data=embedded(data),
        tool=data["tool"],
        audits=audits,
        accounts=len(accounts),
        counts=_counts(audits),
        left_out=sum(len(each.get("policies_left_out", ())) for each in audits),
    )


def embedded(value: Any) -> str:
    """Return plain data as JSON that stands in a script element of HTML whatever texts are in it."""
    text = dumped(value)
    for character, escaped in _ESCAPED.items():
        text = text.replace(character, escaped)
    return text.rstrip("\n")


def asset(name: str) -> str:
    """Return the text of a file of the page."""
    return files("preflight").joinpath("report", "page", name).read_text(encoding="utf-8")


def _counts(audits: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    found = {kind: sum(each["counts"][kind] for each in audits) for kind in ("fail", "open")}
    return {
        **found,
        "escalating": sum(len({step["source"] for step in each["escalation"]["steps"]}) for each in audits),
    }


def _hash(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()


def _title(audits: Sequence[Mapping[str, Any]], accounts: Sequence[Mapping[str, Any]]) -> str:
    if len(audits) == 1 and not accounts:
        return f"Audit of account {audits[0]['account']}"
    count = len(accounts) or len(audits)
    return f"Audit of {count:,} account{'' if count == 1 else 's'}"
