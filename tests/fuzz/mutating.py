"""Documents that are nearly right: a seed with a few parts replaced, moved, repeated, nested, or cut. Seeded."""

from __future__ import annotations

import copy
import gzip
import json
import random
import re
from typing import Any

_WORDS = (
    *("", " ", "*", "?", "${", "${aws:username}", "$", "}", "arn:aws:s3:::b", "arn:", ":::::", "true", "null", "-1"),
    *("\x00", "\ud800", "\u202e", "é", "𝕊", "\ue000", "\x1b[2J", "::error::", "../../x", "/dev/zero", "http://["),
    *("Ref", "Fn::Sub", "Fn::GetAtt", "Statement", "2012-10-17", "111122223333", "us-east-1", "s3://", "-", "1e999"),
    *("0" * 5000, "a" * 70000, "${a" * 900),
)
_FUNCTIONS = (
    *("Ref", "Fn::Sub", "Fn::GetAtt", "Fn::Join", "Fn::If", "Fn::Select", "Fn::Split", "Fn::FindInMap", "Condition"),
    *("Fn::Base64", "Fn::Cidr", "Fn::GetAZs", "Fn::ForEach::X", "Fn::Length", "Fn::ToJsonString", "Fn::Transform"),
    *("Fn::And", "Fn::Or", "Fn::Not", "Fn::Equals", "Fn::GetStackOutput", "Fn::ImportValue"),
)
# An element with all that is in it; of elements of one name in each other, up to the end of the inner one.
_ELEMENT = re.compile(rb"<([A-Za-z]\w*)>.*?</\1>", re.DOTALL)
_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_PIECES = (
    *(b"", b"\x00", b"\xff", b"{", b"[" * 300, b"]", b'"', b"\\ud800", b"\n---\n", b"&a *a", b"!!python/x "),
    b"\xef\xbb\xbf",
)


_LARGE = 1 << 20


class Mutator:
    """Makes documents out of seeds, the same for the same number."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def document(self, seed: Any) -> Any:
        """Return a seed with one to four changes."""
        value = copy.deepcopy(seed)
        for _ in range(self.random.choice((1, 1, 1, 2, 2, 4))):
            value = self._changed(value)
        return value

    def text(self, seed: Any) -> bytes:
        """Return the text of a changed document: JSON or YAML, now and then cut or with bytes that are none."""
        value = self.document(seed)
        choice = self.random.random()
        try:
            if choice < 0.15:
                import yaml

                data = yaml.safe_dump(value, allow_unicode=True).encode("utf-8", "surrogatepass")
            else:
                indent, plain = self.random.choice((None, 2)), json.dumps(value)
                # What was repeated forty times over, forty times, would take the test longer to write than preflight.
                data = (plain if indent is None or len(plain) > _LARGE else json.dumps(value, indent=indent)).encode()
        except (ValueError, TypeError, RecursionError):
            data = b"{"
        return self.bytes(data) if choice > 0.85 else data

    def file(self, seed: Any, name: str) -> bytes:
        """Return a file's content: text, lines, settings or a document, compressed if its name ends so."""
        if name.endswith(".gz"):
            data = gzip.compress(self.file(seed, name.removesuffix(".gz")), mtime=0)
            return self.bytes(data) if self.random.random() < 0.3 else data
        if isinstance(seed, str):
            return self.tokens(seed)
        if name.endswith((".jsonl", ".partial")):
            lines = [json.dumps(each).encode() for each in seed]
            at = self.random.randrange(len(lines))
            lines[at] = json.dumps(self.document(seed[at])).encode()
            data = b"".join(line + b"\n" for line in lines)
            return self.bytes(data) if self.random.random() < 0.15 else data
        if name.endswith(".toml"):
            data = _toml(self.document(seed)).encode("utf-8", "surrogatepass")
            return self.bytes(data) if self.random.random() < 0.15 else data
        return self.text(seed)

    def tokens(self, text: str) -> bytes:
        """Return a text in which one to four words or signs are replaced, moved, repeated, or cut."""
        found = _TOKEN.findall(text)
        for _ in range(self.random.choice((1, 1, 2, 4))):
            at = self.random.randrange(len(found))
            what = self.random.randrange(5)
            if what == 0:
                found[at] = self.word()
            elif what == 1:
                found[at] = self.random.choice(found)
            elif what == 2:
                found[at] *= self.random.choice((2, 300))
            elif what == 3:
                del found[at : at + self.random.choice((1, 1, 9))]
                found = found or [""]
            else:
                end = min(len(found), at + self.random.choice((3, 30)))
                found[at:at] = found[at:end]
        data = "".join(found).encode("utf-8", "surrogatepass")
        return self.bytes(data) if self.random.random() < 0.1 else data

    def bytes(self, data: bytes) -> bytes:
        """Return bytes with a piece cut out, repeated, or replaced."""
        at = self.random.randrange(len(data) + 1)
        piece = self.random.choice(_PIECES)
        end = min(len(data), at + self.random.choice((0, 0, 1, 9, 400)))
        whole = data[:at] + piece + data[end:]
        return whole.decode("utf-8", "replace").encode("utf-16") if self.random.random() < 0.05 else whole

    def xml(self, data: bytes) -> bytes:
        """Return XML without one of its elements, or with another text in it."""
        elements = list(_ELEMENT.finditer(data))
        if not elements:
            return data
        found = self.random.choice(elements)
        text = self.random.choice((b"", b"<" + found[1] + b"/>", b"<" + found[1] + b">x</" + found[1] + b">"))
        return data[: found.start()] + text + data[found.end() :]

    def word(self) -> str:
        """Return a text that has been trouble somewhere."""
        return self.random.choice(_WORDS)

    def value(self, depth: int = 0) -> Any:
        """Return any value."""
        kind = self.random.randrange(9)
        if kind < 3 or depth > 3:
            return self.word()
        if kind == 3:
            return self.random.choice((None, True, False, 0, -1, 1.5, 10**30, 2**63))
        if kind == 4:
            return [self.value(depth + 1) for _ in range(self.random.randrange(4))]
        if kind == 5:
            return {self.random.choice(_FUNCTIONS): self.value(depth + 1)}
        if kind == 6:
            made: Any = self.word()
            for _ in range(self.random.choice((3, 50, 250))):
                made = [made] if self.random.random() < 0.5 else {"a": made}
            return made
        return {self.word(): self.value(depth + 1) for _ in range(self.random.randrange(4))}

    def _changed(self, value: Any) -> Any:
        places = list(_places(value))
        holder, name = self.random.choice(places) if places else (None, None)
        if holder is None:
            return self.value()
        what = self.random.randrange(8)
        if what < 3:
            holder[name] = self.value()
        elif what == 3:
            del holder[name]
        elif what == 4 and isinstance(holder, dict):
            holder[self.word()] = holder.pop(name)
        elif what == 5:
            other, at = self.random.choice(places)
            holder[name] = copy.deepcopy(other[at]) if isinstance(other, dict) and at in other else self.word()
        elif what == 6 and isinstance(holder[name], str):
            text = holder[name]
            at = self.random.randrange(len(text) + 1)
            holder[name] = text[:at] + self.word() + text[at + self.random.randrange(3) :]
        else:
            holder[name] = (
                [holder[name]] * self.random.choice((1, 2, 40)) if self.random.random() < 0.7 else {"x": holder[name]}
            )
        return value


def _places(value: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    stack = [value]
    while stack:
        each = stack.pop()
        pairs = each.items() if isinstance(each, dict) else enumerate(each) if isinstance(each, list) else ()
        for name, inner in pairs:
            found.append((each, name))
            if isinstance(inner, dict | list):
                stack.append(inner)
    return found


def _toml(value: Any) -> str:
    """Return an object as TOML, all of it in inline tables."""
    return (
        "".join(f"{_string(name)} = {_inline(inner)}\n" for name, inner in value.items())
        if isinstance(value, dict)
        else ""
    )


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_string(name)} = {_inline(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return json.dumps(value) if isinstance(value, bool | int | float) else _string("" if value is None else value)


def _string(text: str) -> str:
    # TOML escapes as JSON does, but has no halves of pairs.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "")
