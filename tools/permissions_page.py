"""Writes the reads that rules declare into the policy of docs/permissions.md: python tools/permissions_page.py.

The first statement is what every check may read; what only an option of `snapshot` reads has a statement of its own.
What is no longer declared stays until someone takes it out: other reads are made by code.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "permissions.md"
_POLICY = re.compile(r"```json\n(.*?)\n```", re.DOTALL)
_DECLARED = re.compile(r"permission: *([\w-]+:\w+)")
# What the options of `preflight snapshot` read that nothing else does.
OPTIONS = {
    "ForResourcePolicies": {"s3:GetAccountPublicAccessBlock", "s3:GetBucketPublicAccessBlock"},
    "ForLastAccessed": {
        "iam:GenerateCredentialReport",
        "iam:GenerateServiceLastAccessedDetails",
        "iam:GetAccountPasswordPolicy",
        "iam:GetCredentialReport",
        "iam:GetServiceLastAccessedDetails",
    },
    "ForRunning": {
        "batch:DescribeJobDefinitions",
        "codebuild:BatchGetProjects",
        "codebuild:ListProjects",
        "ec2:DescribeInstances",
        "ecs:ListTaskDefinitions",
        "glue:GetDevEndpoints",
        "glue:GetJobs",
        "sagemaker:DescribeNotebookInstance",
        "sagemaker:ListNotebookInstances",
        "states:DescribeStateMachine",
    },
}


def declared() -> set[str]:
    """Return the permissions of all declared reads."""
    paths = (ROOT / "rules" / "resources").rglob("*.yaml")
    return {each for path in paths for each in _DECLARED.findall(path.read_text(encoding="utf-8"))}


def written(page: str) -> str:
    """Return the page with every declared permission in its policy, in order."""
    found = _POLICY.search(page)
    if found is None:
        raise SystemExit(f"{PAGE.name} has no policy")
    policy = json.loads(found[1])
    first = policy["Statement"][0]
    first["Action"] = sorted({*first["Action"], *declared()}.difference(*OPTIONS.values()))
    others = [
        {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": "*"} for sid, actions in OPTIONS.items()
    ]
    policy["Statement"] = [first, *others]
    return f"{page[: found.start(1)]}{json.dumps(policy, indent=2)}{page[found.end(1) :]}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
