"""What stands in a template where CloudFormation's functions put values: a policy there as the linter can look at it.

A pseudo parameter stands for what it is in an ordinary account and region. What only the deploy knows is written as a
policy variable that no request has, which is what it is to a rule: a text that nobody knows. Of two branches of
`Fn::If` one is taken: a policy has a form for each way in which its conditions may turn out.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from preflight.json_pointer import escape

ACCOUNT = "900000000009"
_PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::URLSuffix": "amazonaws.com",
}
# The key of a condition that is not known at all. It restricts: no caller can bring about that its tag has a value that
# nobody has chosen.
UNREAD_KEY = "aws:PrincipalTag/unresolved"
_LONGEST, _DEEPEST = 120, 6
_MOST_CONDITIONS = 4
# What a statement or a policy can't be without: such a member stays, whichever branch gives it a value.
_NEEDED = frozenset({"Version", "Statement", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource",
                     "NotResource", "FunctionName"})  # fmt: skip
Branch = Literal[1, 2]
_NONE_CHOSEN: Mapping[str, Branch] = MappingProxyType({})
_NO_VALUE = {"Ref": "AWS::NoValue"}
_PLACEHOLDER = re.compile(r"\$\{(!?)([^{}]*)\}")
_VARIABLE = re.compile(r"\$\{aws:PrincipalTag/unresolved\.([^{}]*)\}")
_UNSPEAKABLE = re.compile(r"[^\w.:-]")


class _WrittenTexts:
    """Texts that stand for others, to be put back into messages: the longest at each place. It takes as long as the
    message is, however many texts there are.
    """

    def __init__(self, written: Mapping[str, str]) -> None:
        self._written = written
        self._begin = min(map(len, written))
        self._lengths: dict[str, list[int]] = {}
        for begin, length in sorted({(text[: self._begin], len(text)) for text in written}, reverse=True):
            self._lengths.setdefault(begin, []).append(length)

    def put_into(self, message: str) -> str:
        """Return a message with what is written in place of the texts."""
        parts: list[str] = []
        at = done = 0
        while at + self._begin <= len(message):
            for length in self._lengths.get(message[at : at + self._begin], ()):
                if (written := self._written.get(message[at : at + length])) is not None:
                    parts += (message[done:at], written)
                    at = done = at + length
                    break
            else:
                at += 1
        return "".join((*parts, message[done:]))


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
    _put_back: list[_WrittenTexts] = field(default_factory=list, init=False, repr=False, compare=False)

    def outside(self, pointer: str) -> str | None:
        """Return where in the document a part of the policy stands that was moved, or is in one that was."""
        head = pointer
        while head and head not in self.moved:
            head = head.rpartition("/")[0]
        return self.moved[head] + pointer[len(head) :] if head in self.moved else None

    def shown(self, message: str) -> str:
        """Return a message about the policy with what the template writes in place of what stands for it."""
        if self.written:
            if not self._put_back:
                self._put_back.append(_WrittenTexts(self.written))
            message = self._put_back[0].put_into(message)
        message = _VARIABLE.sub(r"${\1}", message).replace(ACCOUNT, "${AWS::AccountId}")
        return message.replace(UNREAD_KEY, "a key that isn't known")


class MadeText(NamedTuple):
    """A text that a function makes, how the template writes it, and whether it is wholly known."""

    text: str
    written: str
    known: bool


class Resolving:
    """Resolves one policy of a template. `branch` is which branch of each `Fn::If` is taken, 1 or 2, where `chosen`
    does not say it for the condition. `loops` are the names that loops around it write, which stand in plain texts too;
    `mappings` are the template's.
    """

    def __init__(
        self,
        pointer: str,
        branch: Branch = 1,
        loops: frozenset[str] = frozenset(),
        mappings: Any = None,
        chosen: Mapping[str, Branch] = _NONE_CHOSEN,
    ) -> None:
        self._pointer, self._branch, self._loops, self._mappings = pointer, branch, loops, mappings
        self._chosen = chosen
        self._unknown: set[str] = set()
        self._moved: dict[str, str] = {}
        self._written: dict[str, str] = {}

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
            if not (
                self._is_left_out(each, _levels(name, at)) if _may_lack(name, value, at) else self._is_nothing(each)
            )
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
        left_out = [self._is_left_out(each) for each in value]
        if all(left_out):
            # A list that is empty is seldom what is deployed: the condition is then the resource's too.
            left_out = [self._is_nothing(each) for each in value]
        for index, each in enumerate(value):
            if left_out[index]:
                continue
            here = f"{at}/{len(made)}"
            if len(made) != index:
                self._moved[here] = f"{outer}/{index}"
            made.append(self._value(each, here, f"{outer}/{index}"))
        return made

    def _taken(self, value: Mapping[str, Any]) -> int | None:
        """Return which branch of an `Fn::If` is taken: the other one where the first to take is no value at all."""
        if not _is_choice(value):
            return None
        branches = value["Fn::If"]
        branch = self._chosen.get(_condition(branches[0]), self._branch)
        return 3 - branch if branches[branch] == _NO_VALUE else branch

    def _is_nothing(self, value: Any) -> bool:
        """Say whether a value is left out whichever branch is taken."""
        if isinstance(value, dict) and (branch := self._taken(value)) is not None:
            return self._is_nothing(value["Fn::If"][branch])
        return bool(value == _NO_VALUE)

    def _is_left_out(self, value: Any, levels: int = 0) -> bool:
        """Say whether a value is left out with the branches that are taken, or all of its members are, down to as many
        `levels`: a condition operator without keys is none.
        """
        while _is_choice(value):
            branches = value["Fn::If"]
            value = branches[self._chosen.get(_condition(branches[0]), self._branch)]
        if levels and isinstance(value, dict) and value and value != _NO_VALUE:
            return all(self._is_left_out(each, levels - 1) for each in value.values())
        return bool(value == _NO_VALUE)


class TemplateForm(NamedTuple):
    """A value as some turns of its conditions make it. `supposed` says which, empty where all are true, or all false;
    those are the first forms, and the only ones of a value with one condition.
    """

    value: Any
    shape: Shape
    supposed: str = ""


def forms(
    value: Any, pointer: str, loops: frozenset[str] = frozenset(), mappings: Any = None, under: str = ""
) -> Iterator[TemplateForm]:
    """Yield a value in each form that its conditions may give it. `pointer` is where it stands in the document, `under`
    where in its policy. With more conditions than `_MOST_CONDITIONS`, only the first two: see `too_many_conditions`.
    """
    names = sorted(conditions_in(value))
    both: tuple[Branch, Branch] = (1, 2)
    mixed = product(both, repeat=len(names)) if 1 < len(names) <= _MOST_CONDITIONS else ()
    chosen: Iterator[Sequence[Branch]] = (each for each in mixed if len(set(each)) > 1)
    for branch in both[: 2 if names else 1]:
        resolving = Resolving(pointer, branch, loops, mappings)
        made = resolving.resolved(value)
        yield TemplateForm(made, resolving.shape(under))
    for each in chosen:
        resolving = Resolving(pointer, 1, loops, mappings, dict(zip(names, each, strict=True)))
        made = resolving.resolved(value)
        said = [f"{name} is {'true' if branch == 1 else 'false'}" for name, branch in zip(names, each, strict=True)]
        yield TemplateForm(made, resolving.shape(under), f"{', '.join(said[:-1])} and {said[-1]}")


def too_many_conditions(value: Any) -> int:
    """Return how many conditions a value depends on, where that is more than are tried in each combination; else 0."""
    found = len(conditions_in(value))
    return found if found > _MOST_CONDITIONS else 0


def conditions_in(value: Any) -> set[str]:
    """Return the names of the conditions that choose between what stands in a value."""
    found: set[str] = set()
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, dict):
            if _is_choice(each):
                found.add(_condition(each["Fn::If"][0]))
            left.extend(each.values())
        elif isinstance(each, list):
            left.extend(each)
    return found


def _is_choice(value: Any) -> bool:
    branches = value.get("Fn::If") if isinstance(value, dict) and len(value) == 1 else None
    return isinstance(branches, list) and len(branches) == 3


def _condition(name: Any) -> str:
    return name if isinstance(name, str) else json.dumps(name, sort_keys=True)


def _levels(name: str, at: str) -> int:
    return 2 if name == "Condition" else 1 if at.endswith("/Condition") else 0


def _may_lack(name: str, value: Mapping[str, Any], at: str) -> bool:
    """Say whether what is at `at` is still what it is without one of its members."""
    return name not in _NEEDED and (len(value) > 1 or at.endswith("/Condition"))


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


def unknown_label(text: Any) -> str | None:
    """Return how the document names what a text stands for, where all of the text stands for something unknown."""
    found = _VARIABLE.fullmatch(text) if isinstance(text, str) else None
    return found[1] if found is not None else None


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
