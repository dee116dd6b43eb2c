"""The input of any AWS operation as a schema, from botocore's model data; botocore itself is not imported.

The schemas are JSON Schema in the keywords that `preflight.documents.plans.shape_faults` judges by: `type`,
`properties`, `required`, `additionalProperties`, `items`, `enum`, `pattern` (as Java reads it), `minLength` …
`maxItems`, `minimum`, `maximum`, `propertyNames`, `minProperties`, `maxProperties`, `format` (`timestamp`), `$ref` into
`$defs` (a definition is named as AWS names the shape), and two notes: `sensitive` (never shown in a message) and
`union` (exactly one member).
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from preflight.errors import PreflightError

_SCALARS = {
    "string": "string", "character": "string", "blob": "string", "timestamp": "string", "boolean": "boolean",
    "integer": "integer", "long": "integer", "float": "number", "double": "number",
}  # fmt: skip
# How a model writes a shape's bounds, and what each kind of shape calls them in a schema.
_BOUNDS = {
    "string": ("minLength", "maxLength"),
    "list": ("minItems", "maxItems"),
    "map": ("minProperties", "maxProperties"),
    "number": ("minimum", "maximum"),
}
# A value of these shapes is written in base64 or is a file, so that its length is not that of the text.
_UNBOUNDED = ("blob", "timestamp", "boolean")


def request_schema(service: str, operation: str) -> dict[str, Any]:
    """Return the schema of the input of an operation, such as `sagemaker` and `CreateEndpoint`.

    Raises `PreflightError` for a service or an operation that botocore's data does not have.
    """
    model = service_model(service)
    if operation not in model["operations"]:
        raise PreflightError(f"botocore's model of {service} has no operation {operation}")
    name = model["operations"][operation].get("input", {}).get("shape")
    if name is None:
        return {"type": "object", "properties": {}, "additionalProperties": False}
    return input_schema(model["shapes"], name)


@cache
def service_model(service: str) -> Mapping[str, Any]:
    """Return the newest model of a service as botocore's data has it. Raises `PreflightError` where there is none."""
    found = find_spec("botocore")
    for place in found.submodule_search_locations or () if found is not None else ():
        for version in sorted((Path(place) / "data" / service).glob("*/"), reverse=True):
            for name, opened in (("service-2.json.gz", gzip.open), ("service-2.json", open)):
                if (version / name).is_file():
                    with opened(version / name, "rb") as stream:
                        model: Mapping[str, Any] = json.loads(stream.read())
                        return model
    raise PreflightError(f"botocore has no model of the service {service!r}")


def input_schema(shapes: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a structure of a service's shapes as a schema; shapes that it reaches twice or more are in `$defs`."""
    uses: dict[str, int] = {}
    _count(shapes, name, uses)
    writer = _Writer(shapes, {each for each, count in uses.items() if count > 1})
    schema = writer.written(name)
    return {**schema, "$defs": writer.definitions} if writer.definitions else schema


def _count(shapes: Mapping[str, Any], name: str, uses: dict[str, int]) -> None:
    open_ = [name]
    while open_:
        each = open_.pop()
        uses[each] = uses.get(each, 0) + 1
        if uses[each] == 1:
            open_.extend(_inner(shapes[each]))


def _inner(shape: Mapping[str, Any]) -> list[str]:
    found = [member["shape"] for member in shape.get("members", {}).values()]
    return found + [shape[part]["shape"] for part in ("member", "key", "value") if part in shape]


class _Writer:
    """Writes shapes as schemas: those of `often` that say more than their type once, by name."""

    def __init__(self, shapes: Mapping[str, Any], often: set[str]) -> None:
        self._shapes = shapes
        self._named = {each for each in shapes if "enum" in shapes[each]} | {
            each for each in often if shapes[each]["type"] in ("structure", "list", "map") or "pattern" in shapes[each]
        }
        self.definitions: dict[str, Any] = {}

    def written(self, name: str) -> dict[str, Any]:
        """Return one shape, with what it is made of."""
        shape = self._shapes[name]
        kind = shape["type"]
        schema = self._structure(shape) if kind == "structure" else self._other(shape)
        if shape.get("sensitive"):
            schema["sensitive"] = True
        return schema

    def _place(self, name: str) -> dict[str, Any]:
        if name not in self._named:
            return self.written(name)
        if name not in self.definitions:
            self.definitions[name] = {}
            self.definitions[name] = self.written(name)
        return {"$ref": f"#/$defs/{name}"}

    def _structure(self, shape: Mapping[str, Any]) -> dict[str, Any]:
        members = shape["members"]
        schema: dict[str, Any] = {
            "type": "object",
            "properties": {name: self._place(member["shape"]) for name, member in members.items()},
            "additionalProperties": False,
        }
        # botocore makes up a token that is not given.
        required = [name for name in shape.get("required", ()) if not members[name].get("idempotencyToken")]
        if required:
            schema["required"] = required
        if shape.get("union"):
            schema["union"] = True
        return schema

    def _other(self, shape: Mapping[str, Any]) -> dict[str, Any]:
        kind = shape["type"]
        if kind == "list":
            return {"type": "array", "items": self._place(shape["member"]["shape"]), **_bounds(shape, "list")}
        if kind == "map":
            names = self._place(shape["key"]["shape"])
            value = {"type": "object", "additionalProperties": self._place(shape["value"]["shape"])}
            named = {} if names == {"type": "string"} else {"propertyNames": names}
            return {**value, **named, **_bounds(shape, "map")}
        scalar = _SCALARS[kind]
        schema: dict[str, Any] = {"type": scalar}
        if kind == "timestamp":
            schema["format"] = kind
        if kind not in _UNBOUNDED:
            schema.update(_bounds(shape, "string" if scalar == "string" else "number"))
        schema.update({part: shape[part] for part in ("enum", "pattern") if part in shape})
        return schema


def _bounds(shape: Mapping[str, Any], kind: str) -> dict[str, Any]:
    least, most = _BOUNDS[kind]
    found = {name: shape[part] for name, part in ((least, "min"), (most, "max")) if shape.get(part) is not None}
    if kind != "number" and found.get(least) == 0:
        del found[least]
    return found
