"""A snapshot of what the AWS CLI printed says which of its lists are whole."""

from __future__ import annotations

import json
from pathlib import Path

from preflight.account.snapshots.from_cli_output import document_from

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
