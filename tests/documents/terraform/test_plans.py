"""Terraform plans after the providers' documentation, each with the plan that is in it; and what is no such plan.

To see the plan of one: python -m tests.documents.terraform.test_plans tests/documents/terraform/plans/new.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from preflight.documents.plans.plan import Given
from preflight.documents.plans.requests import read_plan
from preflight.errors import InputError
from tests.documents.cloudformation.test_plans import described

HERE = Path(__file__).parent / "plans"
ROOT = Path(__file__).parents[3]
PLANS = sorted(path.name for path in HERE.glob("*.json"))


def plan_of(path: Path) -> dict[str, Any]:
    plan = read_plan([str(path)], given=Given())
    place = {name: value for name in ("region", "account") if (value := getattr(plan, name)) is not None}
    return {**place, **described(plan)}


@pytest.mark.parametrize("name", PLANS)
def test_the_plan_in_a_terraform_plan(name: str) -> None:
    assert plan_of(HERE / name) == json.loads((HERE / "expected" / name).read_text(encoding="utf-8"))


WHOLE = json.loads((HERE / "new.json").read_text(encoding="utf-8"))
CHANGE = WHOLE["resource_changes"][0]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"version": 4, "terraform_version": "1.9.8", "resources": []}, "it is Terraform state, not a plan"),
        ({"format_version": "1.0", "terraform_version": "1.9.8", "values": {}}, "it is Terraform state, not a plan"),
        ({**WHOLE, "format_version": "2.0"}, "format_version 2.0, which is not supported"),
        ({name: each for name, each in WHOLE.items() if name != "format_version"}, "has no format_version"),
        ({"format_version": "1.2", "terraform_version": "1.9.8"}, "it has no resource_changes"),
        ({**WHOLE, "resource_changes": {}}, "resource_changes must be a list, not an object"),
        ({**WHOLE, "resource_changes": [{"address": "a.b"}]}, "an address, a type, and a change with its actions"),
        *(
            (
                {**WHOLE, "resource_changes": [{**CHANGE, "change": {**CHANGE["change"], name: value}}]},
                f"{name} must be",
            )
            for name, value in (("before", []), ("after", [1]), ("after_unknown", [True]), ("after_unknown", True))
        ),
    ],
)
def test_what_is_no_plan_is_one_line(tmp_path: Path, given: dict[str, Any], told: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(given), encoding="utf-8")
    with pytest.raises(InputError, match=r"^[^\n]*$") as error:
        read_plan([str(path)])
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"PK\x03\x04\x14\x00\x08", "terraform show -json"),
        ((HERE / "new.json").read_bytes()[:5000], "line "),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=told):
        read_plan([str(path)])


def test_a_plan_takes_no_parameters() -> None:
    with pytest.raises(InputError, match="-var"):
        read_plan([str(HERE / "new.json")], given=Given(parameters={"a": "b"}))


def test_what_is_declared_is_what_aws_has() -> None:
    """Each call's members stand in botocore's shapes; each type is one of CloudFormation's, or says what it is."""
    import botocore.session
    import yaml

    from preflight.documents.cloudformation.types import declared_of

    session = botocore.session.get_session()
    declared = yaml.safe_load((ROOT / "rules/terraform.yaml").read_text(encoding="utf-8"))
    assert set(declared) == {"plain", "ignore", "types"}
    for name, each in declared["types"].items():
        made = declared_of(each["as"]) if "as" in each else each
        assert made, name
        calls = [(made.get("operation"), [m for m in each.get("members", {}).values() if isinstance(m, str)])]
        calls += [(each[which]["operation"], list(each[which].get("members", {}))) for which in ("update", "delete")
                  if which in each]  # fmt: skip
        for operation, wanted in calls:
            if operation is not None:
                service, _, call = operation.partition(":")
                shape = session.get_service_model(service).operation_model(call).input_shape
                assert shape is not None
                first = {member.partition(".")[0] for member in wanted}
                assert first <= set(shape.members), (name, operation)


if __name__ == "__main__":
    print(json.dumps(plan_of(Path(sys.argv[1])), indent=1))


def test_a_function_is_the_call_that_makes_it(tmp_path: Path) -> None:
    after = {
        "function_name": "f", "role": "arn:aws:iam::111122223333:role/r", "handler": "a.b", "runtime": "python3.12",
        "s3_bucket": "builds", "s3_key": "f.zip", "filename": None, "source_code_hash": "x", "package_type": "Zip",
        "environment": [{"variables": {"A": "1"}}], "kms_key_arn": "arn:aws:kms:us-east-1:111122223333:key/k",
        "vpc_config": [{"subnet_ids": ["subnet-1"], "security_group_ids": [], "ipv6_allowed_for_dual_stack": False}],
        "reserved_concurrent_executions": -1, "skip_destroy": False, "publish": False, "tags_all": {"team": "a"},
        "file_system_config": [], "dead_letter_config": [], "timeout": 3,
    }  # fmt: skip
    unknown = {"arn": True, "invoke_arn": True, "version": True, "vpc_config": [{"vpc_id": True}]}
    change = {"actions": ["create"], "before": None, "after": after, "after_unknown": unknown}
    one = {"address": "aws_lambda_function.f", "mode": "managed", "type": "aws_lambda_function", "name": "f"}
    path = tmp_path / "plan.json"
    path.write_text(json.dumps({"format_version": "1.2", "resource_changes": [{**one, "change": change}]}))
    plan = read_plan([str(path)], given=Given())
    (request,) = plan.requests
    assert request.operation == "lambda:CreateFunction"
    assert request.parameters["Code"] == {"S3Bucket": "builds", "S3Key": "f.zip"}
    assert request.parameters["VpcConfig"] == {"SubnetIds": ["subnet-1"], "Ipv6AllowedForDualStack": False}
    assert request.parameters["KMSKeyArn"].endswith("key/k")
    assert request.parameters["Tags"] == {"team": "a"}
    assert not plan.gaps


def test_what_a_plan_leaves_out_is_open(tmp_path: Path) -> None:
    def gaps(**members: Any) -> list[str]:
        path = tmp_path / "plan.json"
        path.write_text(json.dumps({"format_version": "1.2", "terraform_version": "1.14.0", **members}), "utf-8")
        return [each.message for each in read_plan([str(path)], given=Given()).gaps]

    bucket = {"address": "aws_s3_bucket.b", "mode": "managed", "type": "aws_s3_bucket", "name": "b", "values": {}}
    values = {"root_module": {"child_modules": [{"resources": [bucket]}]}}
    missing = "aws_s3_bucket.b is planned, but the plan has no change for it"
    assert gaps(planned_values=values) == gaps(planned_values=values, resource_changes=[]) == [missing]
    # What -target leaves out is as it was before.
    assert gaps(planned_values=values, prior_state={"values": values}) == []
    invoked = [{"address": "action.aws_lambda_invoke.a", "type": "aws_lambda_invoke"}, {"type": "local_command"}]
    assert gaps(planned_values={}, action_invocations=invoked) == [
        "action.aws_lambda_invoke.a is run after the changes, and its call is not checked"
    ]


def test_configuration_is_no_plan(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('resource "aws_iam_role" "r" {\n  name = "r"\n}\n')
    with pytest.raises(InputError, match=r"only a plan has; check its plan: .*terraform show -json"):
        read_plan([str(tmp_path / "main.tf")])
