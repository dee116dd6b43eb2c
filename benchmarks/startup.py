"""`preflight check` on the example snapshot, whole process, against bare Python and against importing boto3."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.timing import in_turn

EXAMPLES = Path(__file__).parent.parent / "examples"


def main() -> None:
    """Print the medians of five runs and their ratios."""
    python = sys.executable
    check = [python, "-m", "preflight", "check", str(EXAMPLES / "create-endpoint.json")]
    check += ["--snapshot", str(EXAMPLES / "snapshot.json"), "--region", "us-east-1"]
    check += ["--principal", "arn:aws:iam::111122223333:role/deployer"]
    bare, boto3, ours = in_turn(
        {
            "python -c pass": [python, "-c", "pass"],
            'python -c "import boto3"': [python, "-c", "import boto3"],
            "preflight check --snapshot": check,
        }
    )
    print(bare.row())
    print(boto3.row(bare))
    print(ours.row(bare))
    print(ours.row(boto3))


if __name__ == "__main__":
    main()
