"""The policies in Terraform plans: each where it stands, with the address of its resource."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from preflight.documents.policies.find import all_in
from preflight.documents.text.load import load

HERE = Path(__file__).parents[1] / "terraform" / "plans"


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        ("new", {("trust", "aws_iam_role.execution"), ("identity", "aws_iam_role_policy.read")}),
        (
            "modules",
            {("trust", "module.role.aws_iam_role.this[0]"), ("identity", "module.role.aws_iam_policy.read")},
        ),
        (
            "identities",
            {
                ("trust", "aws_iam_role.execution"),
                ("identity", "aws_iam_role_policy.inline"),
                ("identity", "aws_iam_group_policy.ml"),
                ("identity", "aws_iam_user_policy.mine"),
            },
        ),
        ("awscc", {("trust", "awscc_iam_role.execution"), ("identity", "awscc_iam_role.execution")}),
        ("destroy", set()),
    ],
)
def test_policies_are_found(plan: str, expected: set[tuple[str, str]]) -> None:
    document = load(str(HERE / f"{plan}.json"))
    found = all_in(document).found
    assert {(each.type, each.owner["address"]) for each in found} == expected
    lines = document.text.split("\n")
    for each in found:
        place = each.place("/Statement")
        assert place is not None
        assert lines[place[0] - 1][place[1] - 1] == "["
        assert json.loads(each.text or "") == each.value
