"""What a policy of a template grants at least, and at most, whatever the deploy puts into it.

What only the deploy knows is written as a variable of a request (see `documents.policies.template_values`). Where that
is what the language has variables for, in resources and in values of conditions, a proof can treat it so: it is the
same text wherever it stands. For the rest, and to be sure of a counterexample, the policy is bounded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_MARK = "aws:PrincipalTag/unresolved."
_UNKNOWN = re.compile(r"\$\{aws:PrincipalTag/unresolved\.([^{}]*)\}")
_LISTS = ("Action", "NotAction", "Resource", "NotResource")


def named_plainly(text: str) -> str:
    """Return a message with what is not known under its own name."""
    return _UNKNOWN.sub(r"${\1}", text).replace(_MARK, "")


def unknown_parts(document: Any) -> tuple[str, ...]:
    """Return the names of what is not known of a policy, each once."""
    return tuple(dict.fromkeys(_UNKNOWN.findall(json.dumps(document))))


def only_in_values(document: Any) -> bool:
    """Whether what is not known stands only where the language takes variables."""
    for statement in _statements(document):
        for name, value in statement.items():
            if name in ("Resource", "NotResource"):
                continue
            if name == "Condition" and isinstance(value, dict):
                named = [key for keys in value.values() if isinstance(keys, dict) for key in keys]
                operators = [
                    each
                    for each, keys in value.items()
                    if not each.split(":")[-1].startswith(("String", "Arn")) and unknown_parts(keys)
                ]
                if operators or unknown_parts(named):
                    return False
                continue
            if unknown_parts(value):
                return False
    return True


def unknown_statements(document: Any) -> bool:
    """Whether only the deploy knows a whole statement, or all of them, so that nothing bounds the policy."""
    body = document.get("Statement") if isinstance(document, dict) else document
    return any(isinstance(each, str) and unknown_parts(each) for each in _listed(body))


def at_least(document: Any) -> dict[str, Any]:
    """Return a policy that grants nothing that the given one might not grant."""
    return _bounded(document, {"Allow": "narrow", "Deny": "wide"})


def as_written(document: Any) -> dict[str, Any]:
    """Return a policy whose Allows are as they are, with variables for what is not known, and that denies all that the
    given one might deny.
    """
    return _bounded(document, {"Deny": "wide"})


def resources_at_most(statement: Any) -> list[str] | None:
    """Return patterns of all resources that a statement may be about, where nothing else of it is unknown."""
    rest = {name: value for name, value in statement.items() if name != "Resource"}
    if "Resource" not in statement or unknown_parts(rest):
        return None
    return [_UNKNOWN.sub("*", str(each)) for each in _listed(statement["Resource"])]


def at_most(document: Any) -> dict[str, Any]:
    """Return a policy that grants everything that the given one might grant."""
    return _bounded(document, {"Allow": "wide", "Deny": "narrow"})


def _bounded(document: Any, ways: dict[str, str]) -> dict[str, Any]:
    found = []
    for each in _statements(document):
        statement = each
        if unknown_parts(each.get("Effect")):
            # It allows or denies: taken for what bounds the policy.
            statement = {**each, "Effect": "Allow" if ways.get("Allow") == "wide" else "Deny"}
        way = ways.get(str(statement.get("Effect")))
        if way is None and isinstance(statement.get("Principal"), str) and unknown_parts(statement["Principal"]):
            # The language knows no variable there.
            way = "narrow"
        bounded = statement if way is None else _wide(statement) if way == "wide" else _narrow(statement)
        found.append(_nothing(statement) if bounded is None else bounded)
    rest = {name: value for name, value in document.items() if name != "Statement"}
    return {**rest, "Statement": found}


def _nothing(statement: dict[str, Any]) -> dict[str, Any]:
    """Return a statement about nothing, to stand in the place of one."""
    named = {"Principal": "*"} if {"Principal", "NotPrincipal"} & statement.keys() else {}
    return {**named, "Effect": statement.get("Effect"), "Action": "*", "NotResource": "*"}


def _statements(document: Any) -> Iterator[dict[str, Any]]:
    body = document.get("Statement") if isinstance(document, dict) else None
    for each in body if isinstance(body, list) else [body]:
        if isinstance(each, dict):
            yield each


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _wide(statement: dict[str, Any]) -> dict[str, Any]:
    """Return a statement that is about everything that the given one may be about."""
    found = dict(statement)
    for name in _LISTS:
        if name not in found or not unknown_parts(found[name]):
            continue
        value = found.pop(name)
        known = [each for each in _listed(value) if not unknown_parts(each)]
        if not name.startswith("Not"):
            found[name] = [*known, *(_UNKNOWN.sub("*", str(each)) for each in _listed(value) if unknown_parts(each))]
        elif known:
            found[name] = known
        else:
            found[name.removeprefix("Not")] = "*"
    if unknown_parts(found.get("Principal")):
        found["Principal"] = "*"
    if unknown_parts(found.get("NotPrincipal")):
        del found["NotPrincipal"]
        found["Principal"] = "*"
    conditions = found.get("Condition")
    if isinstance(conditions, dict) and unknown_parts(conditions):
        kept = {
            operator: {key: value for key, value in keys.items() if not unknown_parts([key, value])}
            for operator, keys in conditions.items()
            if isinstance(keys, dict) and not unknown_parts(operator)
        }
        found["Condition"] = {operator: keys for operator, keys in kept.items() if keys}
    return found


def _narrow(statement: dict[str, Any]) -> dict[str, Any] | None:
    """Return a statement that is about nothing that the given one may not be about; None for nothing at all."""
    found = dict(statement)
    for name in ("Action", "Resource"):
        if name in found and unknown_parts(found[name]):
            found[name] = [each for each in _listed(found[name]) if not unknown_parts(each)]
            if not found[name]:
                return None
    return None if unknown_parts(found) else found
