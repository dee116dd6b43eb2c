"""AWS's managed policies by name, as of a date, for facts that leave their documents out."""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from typing import Any

from preflight.data_files import folder

_ARN = re.compile(r"arn:aws[a-z-]*:iam::aws:policy/(.+)")


def managed_policy(arn: str) -> Any:
    """Return the document of one of AWS's managed policies; None for an ARN that is none of theirs, or is newer."""
    found = _ARN.fullmatch(arn)
    return None if found is None else _documents().get(found[1])


@cache
def _documents() -> dict[str, Any]:
    path = folder("rules") / "audit-data" / "aws-managed-policies.json.gz"
    found: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))["policies"]
    return found
