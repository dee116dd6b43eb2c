"""AWS's managed policies by name, as of a date, for facts that leave their documents out."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from preflight.data_files import folder

_ARN = re.compile(r"arn:aws[a-z-]*:iam::aws:policy/(.+)")


def managed_policy(arn: str) -> Any:
    """Return the document of one of AWS's managed policies; None for an ARN that is none of theirs, or is newer."""
    found = _ARN.fullmatch(arn)
    return None if found is None else _documents().get(found[1])


def managed_policy_names() -> Iterable[str]:
    """Return the names of AWS's managed policies, each with its path, as of the same date."""
    return _documents().keys()


@cache
def _documents() -> dict[str, Any]:
    path = folder("rules") / "audit-data" / "aws-managed-policies.json.gz"
    found: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))["policies"]
    return found
