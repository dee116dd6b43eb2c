"""Write `schemas/requests/` from botocore's model: `python tools/request_schemas.py`.

One schema per declared operation: its members and their types, nested, and which are required. Patterns, lengths and
enumerations stay out: a value that AWS would refuse is judged by a rule, with a remedy, not by a schema. What is kept
of them is whether a value may be empty or 0, since `aws ... --generate-cli-skeleton` writes those where a value is to
be filled in.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, Shape, StructureShape

ROOT = Path(__file__).parent.parent
TYPES = {
    "string": "string", "character": "string", "blob": "string", "timestamp": "string", "boolean": "boolean",
    "integer": "integer", "long": "integer", "float": "number", "double": "number",
}  # fmt: skip


def request_schema(operation: str) -> dict[str, Any]:
    """Return the JSON Schema of the input of `service:Operation`, by botocore's model."""
    service, name = operation.split(":")
    shape = botocore.session.get_session().get_service_model(service).operation_model(name).input_shape
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{service}.{name}.schema.json",
        "title": f"{name} request",
        "$comment": f"Written by tools/request_schemas.py from botocore's model of {service}.",
        **_schema(shape, ()),
    }


def _schema(shape: Shape, above: tuple[str, ...]) -> dict[str, Any]:
    if shape.name in above:
        return {"type": "object"} if isinstance(shape, StructureShape) else {}
    above = (*above, shape.name)
    if isinstance(shape, StructureShape):
        schema: dict[str, Any] = {
            "type": "object",
            "properties": {name: _schema(member, above) for name, member in shape.members.items()},
            "additionalProperties": False,
        }
        return {**schema, "required": list(shape.required_members)} if shape.required_members else schema
    if isinstance(shape, ListShape):
        schema = {"type": "array", "items": _schema(shape.member, above)}
        return {**schema, "minItems": 1} if shape.metadata.get("min", 0) > 0 else schema
    if isinstance(shape, MapShape):
        return {"type": "object", "additionalProperties": _schema(shape.value, above)}
    kind = TYPES[shape.type_name]
    if kind == "string" and not _may_be_empty(shape):
        return {"type": kind, "minLength": 1}
    if kind == "integer" and shape.metadata.get("min", 0) > 0:
        return {"type": kind, "minimum": 1}
    return {"type": kind}


def _may_be_empty(shape: Shape) -> bool:
    """Say whether AWS takes an empty string; a pattern that Python cannot read is held to take it."""
    if shape.metadata.get("min", 0) > 0 or shape.metadata.get("enum"):
        return False
    try:
        return re.fullmatch(shape.metadata.get("pattern", ""), "") is not None
    except re.error:
        return True


def declared_operations() -> list[str]:
    """Return the operations that `rules/operations/` declares."""
    files = sorted((ROOT / "rules" / "operations").glob("*/*.yaml"))
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return sorted(line.split(" ", 1)[1].strip() for line in lines if line.startswith("operation: "))


def main() -> None:
    """Write one file for each declared operation."""
    for operation in declared_operations():
        path = ROOT / "schemas" / "requests" / f"{operation.replace(':', '.')}.schema.json"
        path.write_text(json.dumps(request_schema(operation), indent=1) + "\n", encoding="utf-8")
        sys.stderr.write(f"{path.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
