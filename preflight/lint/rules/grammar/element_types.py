"""Whether every value of a policy is of the type that its element takes.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from preflight.documents.text.schema import word_for
from preflight.json_pointer import escape
from preflight.lint.policy.finding import Edit, Finding, shown
from preflight.lint.policy.statements import StatementView
from preflight.lint.policy.subject import Subject

_LISTS = frozenset({"Action", "NotAction", "Resource", "NotResource"})
_TEXT, _VALUES = frozenset({str}), frozenset({str, bool, int, float})


def typed(subject: Subject) -> Iterator[Finding]:
    """Find values of another type than their element takes; principals have a rule of their own."""
    policy = subject.value
    if not isinstance(policy, dict):
        yield Finding("", f"the policy is {word_for(policy)}", "write an object with Version and Statement")
        return
    if "Id" in policy and not isinstance(policy["Id"], str):
        yield _mistyped("/Id", "Id", policy["Id"], "a string")
    written = policy.get("Statement", [])
    if isinstance(written, list) and len(written) != len(subject.statements):
        for index, each in enumerate(written):
            if not isinstance(each, dict):
                what = "an object with Effect, Action and Resource"
                yield _mistyped(f"/Statement/{index}", f"Statement[{index}]", each, what)
    elif not isinstance(written, (dict, list)):
        yield _mistyped("/Statement", "Statement", written, "an object or a list of objects")
    # CloudFormation makes texts of the numbers of a YAML template.
    is_template = subject.found.document.syntax == "yaml" and bool(subject.found.pointer)
    for view in subject.statements:
        yield from _statement(view, as_text=is_template)


def _statement(view: StatementView, *, as_text: bool) -> Iterator[Finding]:
    for name, written in view.raw.items():
        if name == "Condition":
            yield from _condition(written, f"{view.pointer}/Condition")
        elif isinstance(written, str):
            continue
        elif name in _LISTS:
            if not isinstance(written, list) or not _TEXT.issuperset(map(type, written)):
                yield from _texts(written, f"{view.pointer}/{name}", name)
        elif name == "Effect":
            yield _mistyped(f"{view.pointer}/Effect", "Effect", written, '"Allow" or "Deny"')
        elif name == "Sid" and not (as_text and type(written) is int):
            place = f"{view.pointer}/Sid"
            edits = (Edit("replace", place, str(written)),) if type(written) is int else ()
            yield _mistyped(place, "Sid", written, "a string", edits)


def _texts(written: Any, place: str, name: str) -> Iterator[Finding]:
    if not isinstance(written, list):
        yield _mistyped(place, name, written, "a string or a list of strings")
        return
    for index, each in enumerate(written):
        if not isinstance(each, str):
            yield _mistyped(f"{place}/{index}", f"an entry of {name}", each, "a string")


def _condition(block: Any, place: str) -> Iterator[Finding]:
    if not isinstance(block, dict):
        example = 'an object such as {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}'
        yield _mistyped(place, "Condition", block, example)
        return
    for operator, keys in block.items():
        if not isinstance(keys, dict):
            at = f"{place}/{escape(operator)}"
            yield _mistyped(at, operator, keys, 'an object such as {"aws:RequestedRegion": "us-east-1"}')
            continue
        for key, written in keys.items():
            many = isinstance(written, list)
            if _VALUES.issuperset(map(type, written)) if many else type(written) in _VALUES:
                continue
            for index, each in enumerate(written if many else (written,)):
                if not isinstance(each, (str, bool, int, float)):
                    at = f"{place}/{escape(operator)}/{escape(key)}" + (f"/{index}" if many else "")
                    what = "a string, a number, true or false" + ("" if many else ", or a list of them")
                    yield _mistyped(at, f"a value of {key}", each, what)


def _mistyped(place: str, name: str, value: Any, wanted: str, edits: tuple[Edit, ...] = ()) -> Finding:
    return Finding(place, f"{name} is {word_for(value)}, {shown(value)}", f"write {wanted}", edits=edits)
