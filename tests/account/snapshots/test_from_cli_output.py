"""A snapshot of what the AWS CLI printed says which of its lists are whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from preflight.account.snapshots.from_cli_output import document_from
from preflight.errors import InputError

ARN = "arn:aws:sagemaker:us-east-1:111122223333"
ENDPOINT = {"EndpointName": "e", "EndpointArn": f"{ARN}:endpoint/e", "EndpointStatus": "InService"}
CONFIG = {"EndpointConfigName": "c", "EndpointConfigArn": f"{ARN}:endpoint-config/c", "ProductionVariants": []}


def written(folder: Path, **outputs: object) -> list[str]:
    paths = [folder / f"{name}.json" for name in outputs]
    for path, value in zip(paths, outputs.values(), strict=True):
        path.write_text(json.dumps(value))
    return [str(path) for path in paths]


def test_a_list_is_whole_and_a_description_is_not(tmp_path: Path) -> None:
    paths = written(tmp_path, listed={"Endpoints": [ENDPOINT]}, described=CONFIG)
    region = document_from(paths, account=None, region=None)["regions"]["us-east-1"]
    assert region["incomplete"] == ["endpoint_configs"]
    paths = written(tmp_path, all={"EndpointConfigs": [CONFIG]}, one=CONFIG)
    assert "incomplete" not in document_from(paths, account=None, region=None)["regions"]["us-east-1"]


def test_a_page_of_a_list_is_not_whole(tmp_path: Path) -> None:
    paths = written(tmp_path, page={"Endpoints": [ENDPOINT], "NextToken": "x"})
    assert document_from(paths, account=None, region=None)["regions"]["us-east-1"]["incomplete"] == ["endpoints"]


def test_of_a_file_with_several_accounts_one_is_taken_and_the_rest_is_said(tmp_path: Path) -> None:
    def role(account: str, name: str) -> dict[str, Any]:
        return {"RoleName": name, "Arn": f"arn:aws:iam::{account}:role/{name}", "RolePolicyList": []}

    roles = [role("111122223333", "a"), role("111122223333", "b"), role("444455556666", "c")]
    (tmp_path / "iam.json").write_text(json.dumps({"RoleDetailList": roles, "UserDetailList": []}))
    found = document_from([str(tmp_path / "iam.json")], account=None, region=None)
    assert found["account"] == "111122223333"
    assert [each["RoleName"] for each in found["iam"]["RoleDetailList"]] == ["a", "b"]
    (left,) = found["unknown"]
    assert (
        left["kind"] == "iam:role" and left["key"] == {"RoleArn": roles[2]["Arn"]} and "444455556666" in left["reason"]
    )
    other = document_from([str(tmp_path / "iam.json")], account="444455556666", region=None)
    assert [each["RoleName"] for each in other["iam"]["RoleDetailList"]] == ["c"] and len(other["unknown"]) == 2


@pytest.mark.parametrize("listed", [{"a": 1}, ["role"], [{"Arn": 7}], "roles", None])
def test_authorization_details_whose_lists_are_none_are_an_error_of_the_file(tmp_path: Path, listed: object) -> None:
    (path,) = written(tmp_path, iam={"RoleDetailList": listed, "UserDetailList": []})
    with pytest.raises(InputError, match="RoleDetailList is not a list as AWS gives it"):
        document_from([path], account="111122223333", region=None)


def test_what_is_listed_and_described_is_one_entry(tmp_path: Path) -> None:
    other = {**ENDPOINT, "EndpointName": "f"}
    paths = written(tmp_path, a={"Endpoints": [ENDPOINT, other]}, b={**ENDPOINT, "FailureReason": "none"})
    region = document_from(paths, account=None, region=None)["regions"]["us-east-1"]
    assert region["endpoints"] == [{**ENDPOINT, "FailureReason": "none"}, other]
