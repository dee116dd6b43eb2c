"""What can be done about a diagnostic: mend it, mend everything, or ignore its rule here, with a reason."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence

from lsprotocol import types

from preflight.api.open_documents import mended_text
from preflight.engine.result import Result
from preflight.errors import PreflightError
from preflight.server.diagnostics import SOURCE, Underlined

FIX_ALL = "source.fixAll.preflight"
_TAKES_COMMENTS = (".yaml", ".yml", ".tf", ".template")


def actions(
    text: str, path: str, uri: str, shown: Sequence[Underlined], wanted: types.CodeActionParams
) -> Iterator[types.CodeAction]:
    """Yield the actions for what is in the range that is asked about: a fix for each finding that has one, shown to
    grant the same; a comment that ignores its rule, where the syntax has comments; and all fixes of the document.
    """
    kinds = wanted.context.only
    if _is_wanted(types.CodeActionKind.QuickFix, kinds):
        for each in shown:
            if meet(each.range, wanted.range):
                yield from _of_one(text, path, uri, each)
    if _is_wanted(FIX_ALL, kinds):
        edits = all_edits(text, path)
        if edits:
            edit = types.WorkspaceEdit(changes={uri: edits})
            yield types.CodeAction("Fix everything that preflight can fix", FIX_ALL, edit=edit)


def all_edits(text: str, path: str) -> list[types.TextEdit]:
    """Return the edits that mend everything that can be mended; none where the text cannot be read."""
    try:
        return _edits(text, mended_text(text, path))
    except PreflightError:
        return []


def _of_one(text: str, path: str, uri: str, shown: Underlined) -> Iterator[types.CodeAction]:
    diagnostic = types.Diagnostic(shown.range, shown.result.message, code=shown.result.rule, source=SOURCE)
    same = _key(shown.result)
    try:
        edits = _edits(text, mended_text(text, path, lambda result: _key(result) == same))
    except PreflightError:
        edits = []
    if edits:
        remedy = shown.result.remedy or shown.result.message
        yield types.CodeAction(
            f"{remedy[:1].upper()}{remedy[1:]} ({shown.result.rule})",
            types.CodeActionKind.QuickFix,
            diagnostics=[diagnostic],
            edit=types.WorkspaceEdit(changes={uri: edits}),
            is_preferred=True,
        )
    if path.endswith(_TAKES_COMMENTS) and not text.lstrip().startswith("{") and shown.result.rule.startswith("IAM"):
        yield types.CodeAction(
            f"Ignore {shown.result.rule} here",
            types.CodeActionKind.QuickFix,
            diagnostics=[diagnostic],
            edit=types.WorkspaceEdit(changes={uri: [_ignored(text, shown)]}),
        )


def _key(result: Result) -> tuple[str, str, str]:
    return result.rule, result.message, "" if result.location is None else result.location.pointer


def _ignored(text: str, shown: Underlined) -> types.TextEdit:
    """Return the comment that ignores a rule on a line, for its reason to be written."""
    line = text.split("\n")[shown.range.start.line].rstrip("\r")
    if "# preflight: ignore[" in line:
        at = line.index("# preflight: ignore[") + len("# preflight: ignore[")
        place = types.Position(shown.range.start.line, at)
        return types.TextEdit(types.Range(place, place), f"{shown.result.rule}, ")
    place = types.Position(shown.range.start.line, len(line.rstrip()))
    return types.TextEdit(types.Range(place, place), f"  # preflight: ignore[{shown.result.rule}] reason")


def _edits(before: str, after: str) -> list[types.TextEdit]:
    """Return the changed lines between two texts as edits, positions in code points."""
    old, new = before.split("\n"), after.split("\n")
    found = []
    for tag, start, end, other, last in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        lines = new[other:last]
        if end < len(old):
            place = types.Range(types.Position(start, 0), types.Position(end, 0))
            found.append(types.TextEdit(place, "".join(f"{line}\n" for line in lines)))
        elif start:
            place = types.Range(types.Position(start - 1, len(old[start - 1])), types.Position(end - 1, len(old[-1])))
            found.append(types.TextEdit(place, "".join(f"\n{line}" for line in lines)))
        else:
            place = types.Range(types.Position(0, 0), types.Position(end - 1, len(old[-1])))
            found.append(types.TextEdit(place, "\n".join(lines)))
    return found


def meet(one: types.Range, other: types.Range) -> bool:
    """Whether two ranges have a position in common; where one ends and the other begins counts."""
    return not (_after(one.start, other.end) or _after(other.start, one.end))


def _after(one: types.Position, other: types.Position) -> bool:
    return (one.line, one.character) > (other.line, other.character)


def _is_wanted(kind: str, only: Sequence[str] | None) -> bool:
    return only is None or any(kind == each or re.match(rf"{re.escape(each)}\.", kind) for each in map(str, only))
