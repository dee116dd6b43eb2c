"""Events whose type is no name: SAM makes nothing of them, and nothing breaks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from preflight.documents.plans.requests import read_plan
from preflight.errors import InputError


@pytest.mark.parametrize("type_", [{"Ref": "AWS::Region"}, {}, [], ["Api"], None, 1])
def test_a_type_that_is_no_name(tmp_path: Path, type_: Any) -> None:
    function = {"CodeUri": "s3://b/k", "Handler": "a.b", "Runtime": "python3.12", "Events": {"E": {"Type": type_}}}
    resources = {"F": {"Type": "AWS::Serverless::Function", "Properties": function}}
    path = tmp_path / "t.json"
    path.write_text(json.dumps({"Transform": "AWS::Serverless-2016-10-31", "Resources": resources}))
    try:
        assert read_plan([str(path)]).resources
    except InputError as error:
        assert "Type" in str(error)
