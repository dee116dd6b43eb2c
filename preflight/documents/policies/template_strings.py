"""A policy that a template holds as JSON text inside `Fn::Sub` or `Fn::Join`: read as it is with the values put in.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-sub.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from preflight.documents.policies.found_policy import FoundPolicy
from preflight.documents.policies.policy_type import type_of
from preflight.documents.policies.template_values import Shape, is_partly_unknown, text_of
from preflight.documents.text.document import Document
from preflight.documents.text.load import load_text
from preflight.errors import InputError
from preflight.json_pointer import escape


def of_function(document: Document, pointer: str, value: Mapping[str, Any]) -> Iterator[FoundPolicy]:
    """Yield the policy whose JSON text a function makes, if it is one. Nothing is told of a text that cannot be read
    before deployment has put its values in.
    """
    name = next(iter(value))
    argument = value[name]
    made = text_of(value)
    if name not in ("Fn::Sub", "Fn::Join") or not made.text.lstrip().startswith("{") or "Statement" not in made.text:
        return
    try:
        policy = load_text(made.text, "").value
        written = load_text(made.written, "").value
    except InputError:
        return
    if not isinstance(policy, dict) or not _same_shape(policy, written):
        return
    unknown: set[str] = set()
    shown: dict[str, str] = {}
    for at, text, source in _texts(policy, written, ""):
        if text != source:
            shown[text] = source
        if is_partly_unknown(text):
            unknown.add(at)
    where = f"{pointer}/{name}"
    listed = name == "Fn::Sub" and isinstance(argument, list)
    yield FoundPolicy(
        document,
        policy,
        type_of(policy),
        f"{where}/0" if listed else where,
        text=made.written,
        shape=Shape(frozenset(unknown), {}, shown),
    )


def _same_shape(one: Any, other: Any, within: str = "") -> bool:
    """Say whether a text and what is made of it have one form: only keys of conditions may have unknown names."""
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and len(one) == len(other)
            and (within == "Condition" or list(one) == list(other))
            and all(
                _same_shape(one[name], other[outer], within if within == "Condition" else name)
                for name, outer in zip(one, other, strict=True)
            )
        )
    return not isinstance(one, list) or all(
        _same_shape(each, its, within) for each, its in zip(one, other, strict=True)
    )


def _texts(value: Any, source: Any, at: str) -> Iterator[tuple[str, str, str]]:
    if isinstance(value, str) and isinstance(source, str):
        yield at, value, source
    elif isinstance(value, dict):
        for (name, each), (outer, written) in zip(value.items(), source.items(), strict=True):
            if name != outer:
                yield at, name, outer
            yield from _texts(each, written, f"{at}/{escape(name)}")
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _texts(each, source[index], f"{at}/{index}")
