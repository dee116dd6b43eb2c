"""The request schemas are those that the tool writes from botocore's model."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from preflight.data_files import folder
from preflight.documents.plans.operation_names import known_operations, schema_name


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    path = Path(__file__).parents[3] / "tools" / "request_schemas.py"
    spec = importlib.util.spec_from_file_location("request_schemas", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("operation", known_operations())
def test_the_members_are_botocores(tool: ModuleType, operation: str) -> None:
    written = json.loads((folder("schemas") / f"{schema_name(operation)}.schema.json").read_text())
    fresh = tool.request_schema(operation)
    assert written == fresh, "run tools/request_schemas.py"
