"""The arguments of a resource as the members that AWS gives them: `model_data_url` is `ModelDataUrl`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from preflight.unresolved import DeployText

_EMPTY: tuple[Any, ...] = (None, "", [], {})


def request_members(
    values: Mapping[str, Any], schema: str, members: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the members of a request that arguments make, found by their names in the request's schema, and the
    arguments that it has no place for, by path. `members` are those that are named otherwise.

    A block that may stand once is a list of one to the provider, and tags are an object. What is null or empty is not
    sent.
    """
    from preflight.documents.text.schema import load_schema

    root, left = load_schema(schema), dict[str, str]()
    return _object(values, root, root, members, "", left), left


def _object(
    values: Mapping[str, Any], schema: Any, root: Any, members: Mapping[str, Any], path: str, left: dict[str, str]
) -> dict[str, Any]:
    known = schema.get("properties", {})
    found: dict[str, Any] = {}
    for argument, value in values.items():
        if value in _EMPTY:
            continue
        name: str | None = members.get(argument) or _named(argument, known)
        outer, _, inner = (name or "").partition(".")
        if inner and outer in known:
            place = _resolved(known[outer], root).get("properties", {})
            found.setdefault(outer, {})[inner] = _value(value, place[inner], root, f"{path}{argument}", left)
        elif name is not None and name in known:
            found[name] = _value(value, known[name], root, f"{path}{argument}", left)
        else:
            left[f"{path}{argument}"] = argument
    return found


def _value(value: Any, schema: Any, root: Any, path: str, left: dict[str, str]) -> Any:
    schema = _resolved(schema, root)
    kind = schema.get("type")
    if DeployText.partial(value) and kind in ("object", "array"):
        return value
    if kind == "object" and isinstance(value, str):
        return parsed(value)
    if kind == "object":
        inner = value[0] if isinstance(value, list) and len(value) == 1 else value
        if "properties" not in schema or not isinstance(inner, dict):
            return (
                {name: each for name, each in inner.items() if each is not None} if isinstance(inner, dict) else inner
            )
        return _object(inner, schema, root, {}, f"{path}.", left)
    if kind == "array":
        items = _resolved(schema.get("items", {}), root)
        if isinstance(value, dict) and set(items.get("properties", ())) == {"Key", "Value"}:
            return [{"Key": name, "Value": each} for name, each in value.items() if each is not None]
        listed = value if isinstance(value, list) else [value]
        return [_value(each, items, root, f"{path}[{at}]", left) for at, each in enumerate(listed)]
    return value


def _resolved(schema: Any, root: Any) -> Any:
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema


def _named(argument: str, known: Mapping[str, Any]) -> str | None:
    folded = argument.replace("_", "").lower()
    by_fold = _folded(tuple(known))
    # A block that may stand several times is named in the singular.
    return by_fold.get(folded) or by_fold.get(f"{folded}s")


@cache
def _folded(names: tuple[str, ...]) -> Mapping[str, str]:
    return {name.lower(): name for name in names}


def properties(values: Mapping[str, Any], members: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the properties, as CloudFormation has them, that arguments make; without `members`, by their own names, as
    those of the provider awscc. A text of JSON that is a policy is read.
    """
    found: dict[str, Any] = {}
    for argument, value in values.items():
        if value is None or value == "":
            continue
        declared = _pascal(argument) if members is None else members.get(argument)
        if declared is None:
            continue
        name, inner = (declared["to"], declared["members"]) if isinstance(declared, dict) else (declared, None)
        found[name] = _property(name, value, inner if members is not None else None, pascal=members is None)
    return found


def named_as(argument: str, members: Mapping[str, Any] | None) -> str | None:
    """Return what AWS calls an argument, without looking at a schema: as `members` say, or by its own name."""
    name = _pascal(argument) if members is None else members.get(argument)
    return name if isinstance(name, str) else None


def _property(name: str, value: Any, inner: Mapping[str, Any] | None, *, pascal: bool) -> Any:
    if name.endswith(("PolicyDocument", "KeyPolicy")) and isinstance(value, str):
        return parsed(value)
    if name == "Tags" and isinstance(value, dict):
        return [{"Key": key, "Value": each} for key, each in value.items() if each is not None]
    if inner is not None or pascal:
        if isinstance(value, list):
            return [_property(name, each, inner, pascal=pascal) for each in value if each not in _EMPTY]
        if isinstance(value, dict) and name not in ("PolicyDocument", "AssumeRolePolicyDocument"):
            return properties(value, inner)
    return value


def parsed(text: str) -> Any:
    """Return what a text of JSON holds; the text itself where it is none, or is not wholly known."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, (dict, list)) else text


def _pascal(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))
