"""The request schemas are those that the tool writes from botocore's model."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from preflight.data_files import folder
from preflight.documents.plans.operation_names import known_operations, schema_name
from preflight.documents.plans.requests import plan_of
from preflight.documents.text.load import load_text
from preflight.errors import InputError


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    path = Path(__file__).parents[3] / "tools" / "request_schemas.py"
    spec = importlib.util.spec_from_file_location("request_schemas", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def members(schema: dict[str, Any], above: str = "") -> dict[str, tuple[str, tuple[str, ...]]]:
    found = {above: (schema.get("type", ""), tuple(schema.get("required", ())))}
    for name, inner in schema.get("properties", {}).items():
        found |= members(inner, f"{above}/{name}")
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), dict):
            found |= members(schema[keyword], f"{above}/*")
    return found


@pytest.mark.parametrize("operation", known_operations())
def test_the_members_are_botocores(tool: ModuleType, operation: str) -> None:
    written = json.loads((folder("schemas") / f"{schema_name(operation)}.schema.json").read_text())
    fresh = tool.request_schema(operation)
    assert members(written) == members(fresh)
    assert written == fresh, "run tools/request_schemas.py"
    assert len(members(written)) > len(written["properties"])


def skeleton(schema: dict[str, Any]) -> Any:
    """Return what `aws ... --generate-cli-skeleton` would print for a request of this shape."""
    kind = schema["type"]
    if kind == "object":
        return {name: skeleton(inner) for name, inner in schema.get("properties", {}).items()}
    if kind == "array":
        return [skeleton(schema["items"])]
    return {"string": "", "integer": 0, "number": 0.0, "boolean": True}[kind]


@pytest.mark.parametrize("operation", known_operations())
def test_an_unfilled_skeleton_is_refused(operation: str) -> None:
    schema = json.loads((folder("schemas") / f"{schema_name(operation)}.schema.json").read_text())
    document = load_text(json.dumps(skeleton(schema)), "skeleton.json")
    with pytest.raises(InputError) as caught:
        plan_of([document], operation)
    assert "is empty; give it a value" in str(caught.value)
