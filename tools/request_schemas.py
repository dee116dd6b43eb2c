"""Write `schemas/requests/` from botocore's model data: `python tools/request_schemas.py`.

One schema per declared operation, with all that the model asks of its members (`preflight.declared.service_models`), so
that a check reads one small file instead of a service's whole model.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from preflight.declared import service_models

ROOT = Path(__file__).parent.parent


def request_schema(operation: str) -> dict[str, Any]:
    """Return the JSON Schema of the input of `service:Operation`, by botocore's model."""
    service, name = operation.split(":")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{service}.{name}.schema.json",
        "title": f"{name} request",
        "$comment": f"Written by tools/request_schemas.py from botocore's model of {service}.",
        **service_models.request_schema(service, name),
    }


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
