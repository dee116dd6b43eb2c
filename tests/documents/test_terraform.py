"""Terraform plans after the providers' documentation, each with the plan that is in it; and what is no such plan.

To see the plan of one: python -m tests.documents.test_terraform tests/documents/terraform/new.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from preflight.documents.plan import Given
from preflight.documents.requests import read_plan
from tests.documents.test_cloudformation import described

HERE = Path(__file__).parent / "terraform"
PLANS = sorted(path.name for path in HERE.glob("*.json"))


def plan_of(path: Path) -> dict[str, Any]:
    plan = read_plan([str(path)], given=Given())
    place = {name: value for name in ("region", "account") if (value := getattr(plan, name)) is not None}
    return {**place, **described(plan)}


@pytest.mark.parametrize("name", PLANS)
def test_the_plan_in_a_terraform_plan(name: str) -> None:
    assert plan_of(HERE / name) == json.loads((HERE / "expected" / name).read_text(encoding="utf-8"))


if __name__ == "__main__":
    print(json.dumps(plan_of(Path(sys.argv[1])), indent=1))
