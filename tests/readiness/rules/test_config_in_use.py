from __future__ import annotations

from typing import Any

import pytest

from preflight.engine.result import Result
from tests.readiness.checking import judge, only
from tests.readiness.worlds import kinds

DELETE = ("DeleteEndpointConfig", {"EndpointConfigName": "c"})


def endpoint(name: str = "e", config: str = "c", status: str = "InService", **more: Any) -> dict[str, Any]:
    return {"EndpointName": name, "EndpointConfigName": config, "EndpointStatus": status, **more}


def result(*endpoints: dict[str, Any]) -> Result:
    return only(judge("PRE407", DELETE, endpoints=list(endpoints)))


@pytest.mark.parametrize("status", ["InService", "Creating", "Updating", "SystemUpdating", "OutOfService"])
def test_a_configuration_of_an_endpoint_that_lives_is_in_use(status: str) -> None:
    found = result(endpoint(status=status), endpoint("other", "d"))
    assert found.kind == "fail"
    assert f"in use by endpoint `e` ({status})" in found.message
    assert "other" not in found.message


@pytest.mark.parametrize("status", ["Failed", "Deleting"])
def test_a_configuration_of_an_endpoint_that_is_over_is_not(status: str) -> None:
    found = result(endpoint(status=status))
    assert found.kind == "pass"
    assert f"`e` ({status}) named it" in found.message


def test_a_configuration_that_an_update_moves_to_is_in_use() -> None:
    moving = endpoint(config="old", status="Updating", PendingDeploymentSummary={"EndpointConfigName": "c"})
    assert result(moving).kind == "fail"


def test_many_endpoints_are_not_all_listed() -> None:
    assert "and 3 more" in result(*(endpoint(f"e{number}") for number in range(8))).message


def test_endpoints_that_are_not_known_leave_it_open() -> None:
    assert only(judge("PRE407", DELETE)).kind == "open"


def test_an_endpoint_that_the_plan_creates_uses_it() -> None:
    create = ("CreateEndpoint", {"EndpointName": "new", "EndpointConfigName": "c"})
    found = judge("PRE407", create, DELETE, endpoints=[])
    assert kinds(found) == ["fail"]
    assert "`new`" in found[0].message
