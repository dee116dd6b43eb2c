"""AWS validates what botocore does not: patterns, lengths, ranges and enumerations of the service's model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from tests.aws.answers import AwsError


def validate(operation: str, parameters: Mapping[str, Any]) -> None:
    """Raise AWS's ValidationException where a SageMaker request breaks the model's constraints."""
    model = _model()
    shape = model["operations"][operation]["input"]["shape"]
    found = list(_violations(model["shapes"], shape, parameters, ""))
    if found:
        errors = "1 validation error" if len(found) == 1 else f"{len(found)} validation errors"
        raise AwsError("ValidationException", f"{errors} detected: {'; '.join(found)}")


@cache
def _model() -> dict[str, Any]:
    from botocore.loaders import Loader

    loaded: dict[str, Any] = Loader().load_service_model("sagemaker", "service-2")
    return loaded


def _violations(shapes: Mapping[str, Any], name: str, value: Any, path: str) -> Iterator[str]:
    shape = shapes[name]
    kind = shape["type"]
    if kind == "structure" and isinstance(value, Mapping):
        for member, each in value.items():
            if member in shape["members"]:
                inner = f"{path}.{_camel(member)}" if path else _camel(member)
                yield from _violations(shapes, shape["members"][member]["shape"], each, inner)
    elif kind == "list" and isinstance(value, list):
        yield from _sized(shape, value, len(value), path)
        for index, each in enumerate(value, 1):
            yield from _violations(shapes, shape["member"]["shape"], each, f"{path}.{index}.member")
    elif kind == "string" and isinstance(value, str):
        yield from _sized(shape, value, len(value), path)
        if "enum" in shape and value not in shape["enum"]:
            yield _says(value, path, f"Member must satisfy enum value set: [{', '.join(shape['enum'])}]")
        pattern = _pattern(shape.get("pattern", ""))
        if pattern is not None and not pattern.fullmatch(value):
            yield _says(value, path, f"Member must satisfy regular expression pattern: {shape['pattern']}")
    elif kind in ("integer", "long", "float", "double") and isinstance(value, int | float):
        if value < shape.get("min", value):
            yield _says(value, path, f"Member must have value greater than or equal to {shape['min']}")
        if value > shape.get("max", value):
            yield _says(value, path, f"Member must have value less than or equal to {shape['max']}")


def _sized(shape: Mapping[str, Any], value: Any, size: int, path: str) -> Iterator[str]:
    if size < shape.get("min", 0):
        yield _says(value, path, f"Member must have length greater than or equal to {shape['min']}")
    if size > shape.get("max", size):
        yield _says(value, path, f"Member must have length less than or equal to {shape['max']}")


@cache
def _pattern(text: str) -> re.Pattern[str] | None:
    try:
        return re.compile(text) if text else None
    except re.error:
        return None  # Java's classes such as \p{L}


def _says(value: Any, path: str, constraint: str) -> str:
    return f"Value '{value}' at '{path}' failed to satisfy constraint: {constraint}"


def _camel(member: str) -> str:
    return member[:1].lower() + member[1:]
