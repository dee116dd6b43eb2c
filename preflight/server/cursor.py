"""What is under the cursor of a text that may be half-written: the word, and the element of a policy that it is in."""

from __future__ import annotations

import re
from typing import NamedTuple

_WORD = re.compile(r"[A-Za-z0-9*?:/._${}@+=-]+")
# An element, by its name in JSON and YAML or in Terraform's data document, and what its values are.
_ELEMENTS = {
    "action": "action", "notaction": "action", "actions": "action", "not_actions": "action",
    "resource": "resource", "notresource": "resource", "resources": "resource", "not_resources": "resource",
    "condition": "condition", "test": "operator", "variable": "key",
    "principal": "other", "notprincipal": "other", "principals": "other", "effect": "effect", "sid": "other",
    "version": "other", "id": "other", "statement": "other", "values": "other", "federated": "other",
}  # fmt: skip
_NAME = re.compile(r"""["']?([A-Za-z_]\w*)["']?\s*[:=]\s*""")
_OPERATOR = re.compile(
    r"^(?:ForAllValues:|ForAnyValue:)?(?:String|Numeric|Date|Bool|Binary|IpAddress|NotIpAddress|Arn|Null)\w*$"
)
_OPERATOR_NAME = re.compile(r"""["']?((?:ForAllValues:|ForAnyValue:)?[A-Z]\w*)["']?\s*:\s*(?:\{|$)""", re.MULTILINE)
_FAR = 20_000
"""How much text before the cursor is looked at, at most."""


class Cursor(NamedTuple):
    """The word that the cursor is in, from `start` to `end` on its line; `before` is its part before the cursor.
    `inside` says what is written there: `action`, `resource`, `condition` (an operator), `key` (of a condition),
    `operator`, `effect` or `other`.
    """

    word: str
    before: str
    start: int
    end: int
    inside: str


def cursor_at(text: str, line: int, character: int) -> Cursor:
    """Return what is at a position; `line` and `character` count from 0, in code points."""
    lines = text.split("\n")
    current = lines[line].rstrip("\r") if line < len(lines) else ""
    found = next((each for each in _WORD.finditer(current) if each.start() <= character <= each.end()), None)
    start, end = (found.start(), found.end()) if found else (character, character)
    if found and found[0].endswith(":") and end == len(current.rstrip()) and end - 1 >= character:
        end -= 1  # the colon of YAML
    before = ("\n".join(lines[max(0, line - 400) : line]) + "\n" + current[:start])[-_FAR:]
    return Cursor(current[start:end], current[start:character], start, end, _inside(before))


def _inside(before: str) -> str:
    """Return what is written after a text: what the last element of a policy in it takes."""
    kind, at = "other", -1
    for found in _NAME.finditer(before):
        name = found[1].lower()
        if name in _ELEMENTS:
            kind, at = _ELEMENTS[name], found.end()
    if kind != "condition":
        return kind
    last = None
    for last in _OPERATOR_NAME.finditer(before, at):  # noqa: B007 -- the last one is what is meant
        pass
    if last is None or not _OPERATOR.match(last[1]):
        return "condition"
    after = before[last.end() :]
    return "condition" if after.count("}") > after.count("{") else "key"


def actions_before(text: str, line: int) -> list[str]:
    """Return the actions that are written in the lines around a line, nearest first, as far as its statement may go."""
    lines = text.split("\n")
    found: list[str] = []
    for number in sorted(range(max(0, line - 60), min(len(lines), line + 60)), key=lambda each: abs(each - line)):
        found += re.findall(r"""["'\s-]([a-z0-9-]+:[A-Za-z*?][A-Za-z0-9*?]*)["'\s,\]]""", f"{lines[number]} ")
    return list(dict.fromkeys(found))
