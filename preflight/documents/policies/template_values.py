"""What stands in a template where CloudFormation's functions put values: a policy there as the linter can look at it.

A pseudo parameter stands for what it is in an ordinary account and region. What only the deploy knows is written as a
policy variable that no request has, which is what it is to a rule: a text that nobody knows. Of two branches of
`Fn::If` one is taken.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from preflight.json_pointer import escape

ACCOUNT = "900000000009"
_PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::URLSuffix": "amazonaws.com",
}
_LONGEST, _DEEPEST = 120, 6
_NO_VALUE = {"Ref": "AWS::NoValue"}
_PLACEHOLDER = re.compile(r"\$\{(!?)([^{}]*)\}")
_VARIABLE = re.compile(r"\$\{aws:PrincipalTag/unresolved\.([^{}]*)\}")
_UNSPEAKABLE = re.compile(r"[^\w.:-]")


@dataclass(frozen=True, slots=True)
class Shape:
    """What a policy in a template hides. `unknown` are the JSON pointers of the values that are not, or only in part,
    known; `moved` says where a part stands in the document, by its pointer in the policy, where that is elsewhere;
    `written` is how the template writes a text that its functions make. `placeholders` are those that someone is to
    fill in, each with where it stands first. It is `editable` where nothing but placeholders is hidden. Where it is not
    `complete`, there may be statements beside those that it has. `absent` are the pointers of members that may not be
    there.
    """

    unknown: frozenset[str] = frozenset()
    moved: Mapping[str, str] = field(default_factory=dict)
    written: Mapping[str, str] = field(default_factory=dict)
    placeholders: tuple[tuple[str, str], ...] = ()
    editable: bool = False
    complete: bool = True
    absent: frozenset[str] = frozenset()

    def outside(self, pointer: str) -> str | None:
        """Return where in the document a part of the policy stands that was moved, or is in one that was."""
        head = pointer
        while head and head not in self.moved:
            head = head.rpartition("/")[0]
        return self.moved[head] + pointer[len(head) :] if head in self.moved else None

    def shown(self, message: str) -> str:
        """Return a message about the policy with what the template writes in place of what stands for it."""
        for text in sorted(self.written, key=len, reverse=True):
            if text in message:
                message = message.replace(text, self.written[text])
        return _VARIABLE.sub(r"${\1}", message).replace(ACCOUNT, "${AWS::AccountId}")


class MadeText(NamedTuple):
    """A text that a function makes, how the template writes it, and whether it is wholly known."""

    text: str
    written: str
    known: bool


class Resolving:
    """Resolves one policy of a template. `branch` is which branch of each `Fn::If` is taken, 1 or 2; `branched` says
    afterwards whether there was any. `loops` are the names that loops around it write, which stand in plain texts too;
    `mappings` are the template's.
    """

    def __init__(
        self, pointer: str, branch: int = 1, loops: frozenset[str] = frozenset(), mappings: Any = None
    ) -> None:
        self._pointer, self._branch, self._loops, self._mappings = pointer, branch, loops, mappings
        self._unknown: set[str] = set()
        self._moved: dict[str, str] = {}
        self._written: dict[str, str] = {}
        self.branched = False

    def resolved(self, value: Any) -> Any:
        """Return the policy as plain data."""
        return self._value(value, "", self._pointer)

    def shape(self, under: str = "") -> Shape:
        """Return what was found out of what `resolved` returned, which stands in the policy `under` a pointer."""
        moved = {f"{under}{at}": place for at, place in self._moved.items()}
        if under:
            moved.setdefault(under, self._pointer)
        return Shape(frozenset(f"{under}{at}" for at in self._unknown), moved, self._written)

    def _value(self, value: Any, at: str, outer: str) -> Any:
        if isinstance(value, list):
            return self._list(value, at, outer)
        if isinstance(value, str) and self._loops:
            return self._in_loop(value, at)
        if not isinstance(value, dict):
            return value
        if (branch := self._taken(value)) is not None:
            self._moved[at] = f"{outer}/Fn::If/{branch}"
            return self._value(value["Fn::If"][branch], at, self._moved[at])
        if (keys := self._mapped(value)) is not None:
            self._moved[at] = "/Mappings/" + "/".join(map(escape, keys))
            first, second, third = keys
            return self._value(self._mappings[first][second][third], at, self._moved[at])
        if is_function(value):
            made = text_of(value)
            if not made.known:
                self._unknown.add(at)
            if made.text != made.written and len(made.text) > len("aws"):
                self._written[made.text] = made.written
            return made.text
        return {
            name: self._value(each, f"{at}/{escape(name)}", f"{outer}/{escape(name)}")
            for name, each in value.items()
            if not self._is_nothing(each)
        }

    def _mapped(self, value: Mapping[str, Any]) -> list[str] | None:
        """Return the keys under which a mapping has what `Fn::FindInMap` finds; None where they are not all written."""
        keys = value.get("Fn::FindInMap") if len(value) == 1 else None
        if not isinstance(keys, list) or len(keys) != 3 or not all(isinstance(each, str) for each in keys):
            return None
        found = self._mappings
        for each in keys:
            found = found.get(each) if isinstance(found, dict) else None
        return keys if isinstance(found, (str, list)) else None

    def _in_loop(self, text: str, at: str) -> str:
        """Return a text with what stands for the values that a loop writes into it."""
        made = text
        for name in self._loops:
            for form in (f"${{{name}}}", f"&{{{name}}}"):
                made = made.replace(form, unknown_text(name).text)
        if made != text:
            self._unknown.add(at)
            self._written[made] = text
        return made

    def _list(self, value: list[Any], at: str, outer: str) -> list[Any]:
        made: list[Any] = []
        for index, each in enumerate(value):
            if self._is_nothing(each):
                continue
            here = f"{at}/{len(made)}"
            if len(made) != index:
                self._moved[here] = f"{outer}/{index}"
            made.append(self._value(each, here, f"{outer}/{index}"))
        return made

    def _taken(self, value: Mapping[str, Any]) -> int | None:
        """Return which branch of an `Fn::If` is taken: the other one where the first to take is no value at all."""
        branches = value.get("Fn::If")
        if len(value) != 1 or not isinstance(branches, list) or len(branches) != 3:
            return None
        self.branched = True
        return 3 - self._branch if branches[self._branch] == _NO_VALUE else self._branch

    def _is_nothing(self, value: Any) -> bool:
        if isinstance(value, dict) and (branch := self._taken(value)) is not None:
            return self._is_nothing(value["Fn::If"][branch])
        return bool(value == _NO_VALUE)


def is_function(value: Any) -> bool:
    """Say whether a value is a call of one of CloudFormation's functions."""
    if not isinstance(value, dict) or len(value) != 1:
        return False
    (name, argument), *_ = value.items()
    return name.startswith("Fn::") or (name in ("Ref", "Condition") and isinstance(argument, str))


def text_of(value: Any) -> MadeText:
    """Return the text that a function, or a plain value, makes."""
    if not is_function(value):
        return MadeText(value, value, known=True) if isinstance(value, str) else unknown_text("value")
    (name, argument), *_ = value.items()
    if name == "Ref":
        return _reference(str(argument))
    if name == "Fn::Sub":
        return _substituted(argument)
    if name == "Fn::Join" and _joins(argument):
        parts = [text_of(each) for each in argument[1]]
        text, written = (argument[0].join(getattr(each, which) for each in parts) for which in ("text", "written"))
        return MadeText(text, written, all(each.known for each in parts))
    if name == "Fn::GetAtt":
        return unknown_text(".".join(map(str, argument)) if isinstance(argument, list) else str(argument))
    return unknown_text(".".join([name, *_words(argument)])[:_LONGEST])


def _words(argument: Any, depth: int = 0) -> Iterator[str]:
    """Yield what tells one call of a function from another."""
    if isinstance(argument, (dict, list)) and depth < _DEEPEST:
        for each in argument.items() if isinstance(argument, dict) else argument:
            yield from _words(list(each) if isinstance(each, tuple) else each, depth + 1)
    else:
        yield str(argument)


def is_partly_unknown(text: str) -> bool:
    """Say whether a text of a policy has a part that stands for what only the deploy knows."""
    return _VARIABLE.search(text) is not None


def _reference(name: str) -> MadeText:
    return MadeText(_PSEUDO[name], f"${{{name}}}", known=True) if name in _PSEUDO else unknown_text(name)


def unknown_text(label: str) -> MadeText:
    """Return the text that stands for what only the deploy knows; `label` is how the document names it."""
    return MadeText(f"${{aws:PrincipalTag/unresolved.{_UNSPEAKABLE.sub('-', label)}}}", f"${{{label}}}", known=False)


def _joins(argument: Any) -> bool:
    return (
        isinstance(argument, list)
        and len(argument) == 2
        and isinstance(argument[0], str)
        and isinstance(argument[1], list)
    )


def _substituted(argument: Any) -> MadeText:
    template, given = argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})
    if not isinstance(template, str) or not isinstance(given, dict):
        return unknown_text("Fn::Sub")
    known = True

    def put(found: re.Match[str]) -> str:
        nonlocal known
        literal, name = found[1], found[2].strip()
        if literal:
            return f"${{{name}}}"
        made = text_of(given[name]) if name in given else _reference(name)
        known = known and made.known
        return made.text

    text = _PLACEHOLDER.sub(put, template)
    return MadeText(text, template, known)
