"""Policies that stand in a document of no kind that is known: what keeps a file from counting as one without policies.

A list of policies, a Kubernetes resource with one, an event with what a call sent: they are named, not passed by.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from preflight.documents.policies.found_policy import PassedOver
from preflight.documents.policies.grants.declared import grant_of
from preflight.documents.policies.in_string import looks_like_policy
from preflight.documents.text.load import load_text
from preflight.errors import InputError
from preflight.json_pointer import escape

_SIGNS = ("tatement", "Effect", "\\u00", "\\x")
# Of the cases of `preflight simulate` and the examples of rules, whose policies are made up.
_OF_CASES = frozenset(
    {"identity_policies", "permissions_boundaries", "session_policies", "service_control_policies",
     "resource_control_policies", "resource_policy", "vpc_endpoint_policies", "examples"}
)  # fmt: skip
_DEEPEST = 200


def policies_elsewhere(value: Any, text: str) -> Iterator[PassedOver]:
    """Yield what there is to say of policies, and statements of policies, that stand anywhere in a document."""
    if text and not any(sign in text for sign in _SIGNS):
        return
    found = list(_places(value))
    if len(found) == 1:
        yield PassedOver(f"there is a policy at {found[0] or 'its root'}, a place where policies aren't looked for")
    elif found:
        first = found[0] or "its root"
        yield PassedOver(f"there are {len(found)} policies, the first at {first}, where policies aren't looked for")


def in_template_text(text: str, where: str) -> Iterator[PassedOver]:
    """Yield what there is to say of a text that is a whole template, as a stack set has one: that its policies are not
    read, if it has any. `where` says what the text is.
    """
    try:
        value = load_text(text, "", [], short_forms=True).value
    except InputError as error:
        yield PassedOver(f"the template in {where} is not read: {error.problem}")
        return
    resources = value.get("Resources") if isinstance(value, dict) else None
    kinds = [each.get("Type") for each in (resources.values() if isinstance(resources, dict) else ())
             if isinstance(each, dict)]  # fmt: skip
    number = len(list(_places(value))) + sum(isinstance(each, str) and grant_of(each) is not None for each in kinds)
    if number:
        yield PassedOver(f"the template in {where} is not read, and has {number} polic{'y' if number == 1 else 'ies'}")


def _places(value: Any) -> Iterator[str]:
    left: list[tuple[Any, str, int]] = [(value, "", 0)]
    while left:
        each, at, depth = left.pop()
        if isinstance(each, str):
            if _is_policy_text(each):
                yield at
        elif (isinstance(each, dict) and _is_policy(each)) or (
            isinstance(each, list) and any(map(_is_statement, each))
        ):
            yield at
        elif depth < _DEEPEST and isinstance(each, dict):
            inside = [(one, f"{at}/{escape(str(name))}", depth + 1) for name, one in each.items()
                      if name not in _OF_CASES]  # fmt: skip
            left += reversed(inside)
        elif depth < _DEEPEST and isinstance(each, list):
            left += reversed([(one, f"{at}/{index}", depth + 1) for index, one in enumerate(each)])


def _is_policy(value: dict[str, Any]) -> bool:
    body = value.get("Statement")
    many = body if isinstance(body, list) else [body]
    return _is_statement(value) or any(map(_is_statement, many))


def _is_statement(value: Any) -> bool:
    return isinstance(value, dict) and value.get("Effect") in ("Allow", "Deny") and bool(
        {"Action", "NotAction"} & value.keys()
    )  # fmt: skip


def _is_policy_text(text: str) -> bool:
    begun = text[:200].lstrip()
    if begun[:1] == "{" and "tatement" in text:
        return looks_like_policy(text)
    return begun[:1] == "%" and "tatement" in text and looks_like_policy(unquote(text))
