"""Writes `rules/audit-data/aws-managed-policies.json.gz`: AWS's managed policies, for snapshots that leave them out.

Source: moto's copy of what IAM lists (https://github.com/getmoto/moto, Apache-2.0), as it is installed.
Run it after moto is updated: python tools/managed_policies.py
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

PATH = Path(__file__).parent.parent / "rules" / "audit-data" / "aws-managed-policies.json.gz"


def content() -> dict[str, Any]:
    """Return the default version of each policy by its path and name, and the date of the newest."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    listed = json.loads(aws_managed_policies_data)
    return {
        "source": "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html",
        "as_of": max(each["UpdateDate"] for each in listed.values())[:10],
        "policies": {f"{each['Path'].lstrip('/')}{name}": each["Document"] for name, each in sorted(listed.items())},
    }


def main() -> None:
    """Write the file, the same bytes for the same policies."""
    text = json.dumps(content(), separators=(",", ":"), sort_keys=True)
    PATH.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


if __name__ == "__main__":
    main()
