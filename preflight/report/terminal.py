"""Text for a terminal: nothing in it that the terminal obeys but our own colours, and lines that fit."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterator

from preflight.redaction import without_credentials

_IAM = re.compile(r"arn:[a-z-]+:(?:iam|sts)::\d{12}:((?:role|user|assumed-role)/)")
_BRACKETS = re.compile(r" \([^()]*\)")
_COMMAND = re.compile(r"^(\s*):(?=:)|#(?=#\w*\[)")
_COLORS = {"bold": "1", "dim": "2", "red": "1;31", "green": "32", "yellow": "33"}


def clean(text: str) -> str:
    """Return text with everything that a terminal would obey, or that would reorder it, made visible: `\\x1b`.

    Names and messages come from files and from AWS. Line ends and tabs stay.
    """
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(_visible(character) for character in text)


def presentable(text: str) -> str:
    """Return text as `clean` does, without credentials in it and with nothing that a build service obeys: for what is
    said beside reports.
    """
    shown = clean(without_credentials(text))
    return "\n".join(map(inert, shown.split("\n"))) if "::" in shown or "##" in shown else shown


def _visible(character: str) -> str:
    if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return character
    return ascii(character)[1:-1]


def inert(line: str) -> str:
    """Return a line that no build service obeys: a command of GitHub's begins a line with two colons, older ones and
    those of Azure Pipelines and TeamCity have `##[` or `##word[` anywhere in it. Its first character is written out.

    https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
    """
    if "::" not in line and "##" not in line:
        return line
    return _COMMAND.sub(lambda found: "\\x23" if found.group() == "#" else f"{found.group(1)}\\x3a", line)


def paint(text: str, color: str, *, on: bool) -> str:
    """Return text in one of our colours, or as it is."""
    return f"\x1b[{_COLORS[color]}m{text}\x1b[0m" if on else text


def wrapped(text: str, first: str, rest: str, width: int, lines: int | None = None) -> Iterator[str]:
    """Yield the lines of a text: wrapped between words only, so that an ARN or a command's option stays whole.

    A JSON object or array that stands on lines of its own is not wrapped at all, so that it can be pasted. With `lines`
    no paragraph has more; an ellipsis stands for the rest.
    """
    lead = first
    shown = clean(text)
    for paragraph in paragraphs(shown) if "\n" in shown else filter(None, (shown.strip(),)):
        if paragraph[0] in "{[":
            if lead is first and first != rest:
                yield first.rstrip()
            yield from (f"{rest}{line}" for line in paragraph.splitlines())
        else:
            if lead is first and first != rest and len(first) + len(paragraph.split(None, 1)[0]) > width:
                yield first.rstrip()
                lead = rest
            yield from _filled(paragraph, lead, rest, width, lines)
        lead = rest


def _filled(text: str, first: str, rest: str, width: int, most: int | None) -> Iterator[str]:
    """Yield the lines of a paragraph, of words that are parted by one space each in a tenth of the time."""
    if most is not None or "  " in text or not text.isprintable():
        yield from textwrap.wrap(
            text,
            width,
            initial_indent=first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
            max_lines=most,
            placeholder=" ...",
        )
        return
    lead, at = first, 0
    while len(lead) + len(text) - at > width:
        # The last space before which all fits, or else the first there is.
        space = text.rfind(" ", at, at + max(width - len(lead) + 1, 0))
        if space < 0 and (space := text.find(" ", at)) < 0:
            break
        yield lead + text[at:space]
        lead, at = rest, space + 1
    yield lead + text[at:]


def paragraphs(text: str) -> Iterator[str]:
    """Yield the lines of a text that say something; a JSON object or array on lines of its own is one, whole."""
    block: list[str] = []
    for line in text.splitlines():
        if block or line in ("{", "["):
            block.append(line)
            if line in ("}", "]", "},"):
                yield "\n".join(block)
                block = []
        elif line.strip():
            yield line.strip()
    if block:
        yield "\n".join(block)


def short(text: str) -> str:
    """Return text for a line that only has to remind: ARNs of IAM by their last part, without what is in brackets."""
    return _IAM.sub(r"\1", _BRACKETS.sub("", text))
