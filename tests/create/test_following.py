"""Following: into service, or to the ways in which an endpoint does not get there."""

from __future__ import annotations

import time
from unittest.mock import Mock

import pytest

from preflight.api import CreateInterrupted
from preflight.create import Ended, Event
from preflight.create.events import NotSeen, Progress, Undone
from preflight.create.following import Arrival
from preflight.create.journal import State
from tests.aws.account import Ready
from tests.aws.control import StandIn
from tests.create.conftest import Make
from tests.create.test_making import whole

UPDATE = "sagemaker:UpdateEndpoint"


def statuses(events: list[Event]) -> list[str]:
    return [event.status for event in events if isinstance(event, Progress)]


def test_into_service(aws: StandIn, creation: Make, events: list[Event]) -> None:
    aws.endpoint_goes("Creating", "Creating", "Creating", "InService")
    run = creation()
    assert run.carry_out() is Ended.DONE
    assert statuses(events) == ["Creating", "Creating", "Creating", "InService"]
    assert run.ends[0].arrival is Arrival.REACHED


def test_failed_with_the_reason(aws: StandIn, creation: Make) -> None:
    aws.fail_endpoint("churn", "The primary container did not pass the ping health check.")
    run = creation()
    assert run.carry_out() is Ended.FAILED
    assert (run.ends[0].arrival, run.ends[0].status) == (Arrival.FAILED, "Failed")
    assert run.ends[0].reason == "The primary container did not pass the ping health check."


@pytest.mark.parametrize("status", ["OutOfService", "UpdateRollbackFailed", "Deleting"])
def test_ends_that_botocores_waiter_waits_through(aws: StandIn, creation: Make, status: str) -> None:
    aws.endpoint_goes("Creating", status)
    run = creation()
    assert run.carry_out() is Ended.FAILED
    assert run.ends[0].status == status


def test_time_is_up(aws: StandIn, creation: Make, events: list[Event]) -> None:
    aws.hold_endpoint("churn")
    run = creation()
    begun = time.monotonic()
    assert run.carry_out(timeout=2.0) is Ended.LATE
    assert 2.0 <= time.monotonic() - begun < 60
    assert (run.ends[0].arrival, run.ends[0].status) == (Arrival.LATE, "Creating")
    assert run.entries[0].state is State.MADE


def test_not_waited_for(aws: StandIn, creation: Make) -> None:
    assert creation().carry_out(wait=False) is Ended.NOT_AWAITED
    assert not aws.calls.of("sagemaker:DescribeEndpoint")


def test_it_vanishes(aws: StandIn, creation: Make) -> None:
    aws.endpoint_goes("Creating", "gone")
    run = creation()
    assert run.carry_out() is Ended.FAILED
    assert run.ends[0].arrival is Arrival.GONE


def test_it_is_not_seen_at_first(aws: StandIn, creation: Make, events: list[Event]) -> None:
    gone = 'Could not find endpoint "arn:aws:sagemaker:us-east-1:111122223333:endpoint/churn".'
    aws.error("sagemaker:DescribeEndpoint", "ValidationException", gone, times=3)
    assert creation().carry_out() is Ended.DONE
    assert len([event for event in events if isinstance(event, NotSeen)]) == 3


def test_looks_that_fail_are_passed_over(aws: StandIn, creation: Make, events: list[Event]) -> None:
    aws.throttle("sagemaker:DescribeEndpoint", 4)
    aws.endpoint_goes("Creating", "Creating", "InService")
    assert creation().carry_out() is Ended.DONE
    assert [event for event in events if isinstance(event, NotSeen)]


def test_looks_that_are_not_allowed_leave_it_unread(aws: StandIn, creation: Make) -> None:
    aws.deny("sagemaker:DescribeEndpoint")
    run = creation()
    assert run.carry_out() is Ended.UNREAD
    assert "sagemaker:DescribeEndpoint was denied" in run.ends[0].reason
    assert "allow sagemaker:DescribeEndpoint on arn:aws:sagemaker" in run.ends[0].resolution


def updating(aws: StandIn, ready: Ready) -> dict[str, str]:
    sagemaker = aws.client("sagemaker")
    sagemaker.create_endpoint(**ready.request)
    sagemaker.describe_endpoint(EndpointName="churn")
    sagemaker.create_endpoint_config(**{**ready.config_request, "EndpointConfigName": "churn-2"})
    return {"EndpointName": "churn", "EndpointConfigName": "churn-2"}


def test_an_update_is_followed(aws: StandIn, ready: Ready, creation: Make, events: list[Event]) -> None:
    update = updating(aws, ready)
    assert creation((UPDATE, update)).carry_out() is Ended.DONE
    assert statuses(events) == ["Updating", "InService"]
    again = creation((UPDATE, update))
    assert again.recognize() is None


def test_an_update_under_way_is_recognized(aws: StandIn, ready: Ready, creation: Make) -> None:
    update = updating(aws, ready)
    aws.hold_endpoint("churn")
    aws.client("sagemaker").update_endpoint(**update)
    run = creation((UPDATE, update))
    assert run.recognize() is None
    aws.release_endpoint("churn")
    assert run.carry_out() is Ended.DONE


def test_an_update_that_is_rolled_back_is_a_failure(aws: StandIn, ready: Ready, creation: Make) -> None:
    update = updating(aws, ready)
    aws.endpoint_goes("Updating", "RollingBack", "InService", name="churn", reason="An alarm went off.")
    run = creation((UPDATE, update))
    assert run.carry_out() is Ended.FAILED
    assert run.ends[0].arrival is Arrival.REVERTED
    assert "EndpointConfigName is `churn-config`, not `churn-2`" in run.ends[0].reason
    assert "An alarm went off." in run.ends[0].reason


def test_a_lost_answer_to_an_update_is_no_failure(aws: StandIn, ready: Ready, creation: Make) -> None:
    update = updating(aws, ready)
    aws.lose_answer(UPDATE, times=1)
    assert creation((UPDATE, update)).carry_out() is Ended.DONE


def test_what_the_run_created_is_taken_back_last_first(aws: StandIn, ready: Ready, creation: Make) -> None:
    requests = whole(ready)
    aws.client("sagemaker").create_model(**requests[0][1])
    aws.fail_endpoint("churn-new", "InsufficientInstanceCapacity")
    run = creation(*requests)
    run.recognize()
    assert run.carry_out() is Ended.FAILED
    assert run.take_back()
    deleted = [call.operation for call in aws.calls if call.operation.startswith("Delete")]
    assert deleted == ["DeleteEndpoint", "DeleteEndpointConfig"]
    assert [entry.state for entry in run.entries] == [State.THERE, State.UNDONE, State.UNDONE]
    assert aws.client("sagemaker").describe_model(ModelName="churn-new")["ModelName"] == "churn-new"


def test_taking_back_stops_where_it_is_not_allowed(aws: StandIn, ready: Ready, creation: Make) -> None:
    aws.fail_endpoint("churn-new")
    aws.deny("sagemaker:DeleteEndpoint")
    run = creation(*whole(ready))
    assert run.carry_out() is Ended.FAILED
    assert not run.take_back()
    assert not aws.calls.of("sagemaker:DeleteEndpointConfig")
    assert [entry.state for entry in run.entries] == [State.MADE] * 3


def test_what_exists_is_looked_up(aws: StandIn, ready: Ready, creation: Make) -> None:
    aws.hold_endpoint("churn-new")
    run = creation(*whole(ready))
    run.carry_out(wait=False)
    assert [(entry.name, fact.value.status) for entry, fact in run.standing()] == [  # type: ignore[union-attr]
        ("churn-new", ""),
        ("churn-new", ""),
        ("churn-new", "Creating"),
    ]


def test_taking_back_ends_where_it_may_not_be_looked_at(
    aws: StandIn, ready: Ready, creation: Make, events: list[Event]
) -> None:
    aws.error("sagemaker:CreateEndpointConfig", "ValidationException", "No.")
    aws.deny("sagemaker:DescribeModel")
    run = creation(*whole(ready))
    run.carry_out()
    assert not run.take_back()
    end = events[-1]
    assert isinstance(end, Undone) and "sagemaker:DescribeModel was denied" in end.reason


def test_an_interruption_says_what_was_deleted_again(aws: StandIn, ready: Ready, creation: Make) -> None:
    aws.error("sagemaker:CreateEndpointConfig", "ValidationException", "No.")
    run = creation(*whole(ready))
    run.carry_out()
    assert run.take_back()
    stopped = CreateInterrupted(run)
    assert stopped.began and stopped.undo() == []
    assert stopped.standing() == stopped.remembered() == ["model `churn-new` was created and deleted again"]


def test_an_interruption_of_a_deletion_says_that_it_was_begun(
    aws: StandIn, ready: Ready, creation: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.error("sagemaker:CreateEndpointConfig", "ValidationException", "No.")
    run = creation(*whole(ready))
    run.carry_out()
    monkeypatch.setattr("preflight.create.creation.ask", Mock(side_effect=KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        run.take_back()
    (line,) = CreateInterrupted(run).standing()
    assert line.startswith("model `churn-new` exists") and line.endswith("; its deletion was begun")


def test_what_may_not_be_deleted_is_not_taken_for_gone(aws: StandIn, ready: Ready, creation: Make) -> None:
    aws.error("sagemaker:CreateEndpointConfig", "ValidationException", "No.")
    aws.deny("sagemaker:DeleteModel")
    run = creation(*whole(ready))
    run.carry_out()
    aws.error("sagemaker:DescribeModel", "ValidationException", 'Could not find model "churn-new".')
    assert not run.take_back()
    assert run.entries[0].state is State.MADE
