"""The calls: accepted, refused, tried again, lost on the way; never made twice."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

import pytest

from preflight.account.facts import Known
from preflight.create import Ended, Event, making
from preflight.create.clock import Clock
from preflight.create.creation import commands, unclear
from preflight.create.events import Accepted, Again, Calling, Refused, There
from preflight.create.journal import State
from preflight.errors import UsageError
from tests.aws.account import Ready
from tests.aws.answers import Answer
from tests.aws.control import StandIn
from tests.create.conftest import Make

CREATE = "sagemaker:CreateEndpoint"


def whole(ready: Ready, **tags: str) -> list[tuple[str, dict[str, Any]]]:
    """A plan of all three, under other names than those that are there."""
    model = {**ready.model_request, "ModelName": "churn-new"}
    config = {**ready.config_request, "EndpointConfigName": "churn-new"}
    config["ProductionVariants"] = [{**config["ProductionVariants"][0], "ModelName": "churn-new"}]
    endpoint: dict[str, Any] = {"EndpointName": "churn-new", "EndpointConfigName": "churn-new"}
    if tags:
        endpoint["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
    return [("sagemaker:CreateModel", model), ("sagemaker:CreateEndpointConfig", config), (CREATE, endpoint)]


def test_all_three_are_made_in_order(aws: StandIn, ready: Ready, creation: Make, events: list[Event]) -> None:
    run = creation(*whole(ready))
    assert run.carry_out() is Ended.DONE
    made = [call.operation for call in aws.calls if call.operation.startswith("Create")]
    assert made == ["CreateModel", "CreateEndpointConfig", "CreateEndpoint"]
    assert [event.what for event in events if isinstance(event, Accepted)] == [
        "model `churn-new`",
        "endpoint configuration `churn-new`",
        "endpoint `churn-new`",
    ]
    assert [entry.state for entry in run.entries] == [State.MADE] * 3
    assert aws.endpoint("churn-new") == {
        "EndpointName": "churn-new",
        "EndpointConfigName": "churn-new",
        "EndpointStatus": "InService",
    }


def test_a_configuration_that_is_not_seen_yet_is_tried_again(aws: StandIn, creation: Make, events: list[Event]) -> None:
    aws.stale(creates=2)
    assert creation().carry_out() is Ended.DONE
    assert [event.attempt for event in events if isinstance(event, Again)] == [1, 2]
    assert len(aws.calls.of(CREATE)) == 3


def test_a_configuration_that_is_never_seen_is_given_up(aws: StandIn, creation: Make, events: list[Event]) -> None:
    aws.stale(creates=99)
    run = creation()
    assert run.carry_out() is Ended.REFUSED
    assert len(aws.calls.of(CREATE)) == 4
    assert "Could not find endpoint configuration" in run.refusals[0].message
    assert run.entries[0].state is State.REFUSED
    assert isinstance(events[-1], Refused)


def test_throttling_that_outlasts_botocore_is_waited_for(aws: StandIn, creation: Make) -> None:
    aws.throttle(CREATE, 3)
    assert creation().carry_out() is Ended.DONE
    assert len(aws.calls.of(CREATE)) == 4


def test_throttling_that_does_not_end_is_given_up(aws: StandIn, creation: Make) -> None:
    aws.throttle(CREATE)
    run = creation()
    assert run.carry_out() is Ended.REFUSED
    assert run.refusals[0].code == "ThrottlingException"
    assert aws.endpoint("churn") is None


def test_a_lost_answer_that_botocore_asks_for_again_is_no_failure(aws: StandIn, creation: Make) -> None:
    aws.latency(0.4, CREATE)
    aws.lose_answer(CREATE, times=1)
    run = creation()
    assert run.carry_out() is Ended.DONE
    assert len(aws.calls.of(CREATE)) == 2
    assert [call.status for call in aws.calls.of(CREATE)] == [0, 400]
    assert run.entries[0].state is State.MADE


def test_answers_that_are_all_lost_are_no_failure(aws: StandIn, creation: Make) -> None:
    aws.latency(0.4, CREATE)
    aws.lose_answer(CREATE)
    run = creation()
    assert run.carry_out() is Ended.DONE
    assert run.entries[0].state is State.MADE


def test_a_call_that_never_arrives_leaves_open_what_became_of_it(aws: StandIn, creation: Make) -> None:
    aws.cut(CREATE)
    run = creation()
    assert run.carry_out() is Ended.REFUSED
    assert run.entries[0].state is State.ASKED
    assert run.refusals[0].status == 0


def test_a_name_that_somebody_else_took_meanwhile_is_a_failure(aws: StandIn, ready: Ready, creation: Make) -> None:
    other = {**ready.config_request, "EndpointConfigName": "churn-other"}
    aws.client("sagemaker").create_endpoint_config(**other)
    aws.client("sagemaker").create_endpoint(EndpointName="Churn", EndpointConfigName="churn-other")
    run = creation()
    assert run.carry_out() is Ended.REFUSED
    assert "already existing" in run.refusals[0].message
    assert run.take_back()
    assert aws.endpoint("churn") is not None


def test_what_is_there_as_the_plan_has_it_is_not_created_again(
    aws: StandIn, ready: Ready, creation: Make, events: list[Event]
) -> None:
    assert creation(*whole(ready, team="ml")).carry_out(wait=False) is Ended.NOT_AWAITED
    aws.calls.clear()
    events.clear()
    again = creation(*whole(ready, team="ml"))
    assert again.recognize() is None
    assert [event.what for event in events if isinstance(event, There)] == [entry.label for entry in again.entries]
    assert again.carry_out() is Ended.DONE
    assert not [call for call in aws.calls if call.operation.startswith(("Create", "Delete"))]
    assert not [event for event in events if isinstance(event, Calling)]
    assert again.take_back()
    assert aws.endpoint("churn-new") is not None


def test_only_what_is_missing_is_left(aws: StandIn, ready: Ready, creation: Make) -> None:
    aws.client("sagemaker").create_model(**whole(ready)[0][1])
    run = creation(*whole(ready))
    left = run.recognize()
    assert left is not None
    assert [request.operation for request in left.requests] == ["sagemaker:CreateEndpointConfig", CREATE]
    assert run.carry_out() is Ended.DONE


@pytest.mark.parametrize(
    "difference",
    [
        {"EndpointConfigName": "churn-other"},
        {"EndpointName": "Churn"},
        {"Tags": [{"Key": "team", "Value": "ops"}]},
        {"Tags": []},
    ],
)
def test_what_is_there_otherwise_is_not_taken_for_ones_own(
    aws: StandIn, ready: Ready, creation: Make, difference: dict[str, Any]
) -> None:
    aws.client("sagemaker").create_endpoint_config(**{**ready.config_request, "EndpointConfigName": "churn-other"})
    there = {**ready.request, "Tags": [{"Key": "team", "Value": "ml"}]}
    aws.client("sagemaker").create_endpoint(**there)
    assert creation((CREATE, there)).recognize() is None
    assert creation((CREATE, {**there, **difference})).recognize() is not None


def test_tags_that_may_not_be_read_leave_it_unrecognized(aws: StandIn, ready: Ready, creation: Make) -> None:
    there = {**ready.request, "Tags": [{"Key": "team", "Value": "ml"}]}
    aws.client("sagemaker").create_endpoint(**there)
    aws.deny("sagemaker:ListTags")
    assert creation((CREATE, there)).recognize() is not None


def test_a_failed_endpoint_is_not_ones_own(aws: StandIn, ready: Ready, creation: Make) -> None:
    aws.endpoint_goes("Failed", name="churn", reason="No capacity.")
    aws.client("sagemaker").create_endpoint(**ready.request)
    assert creation().recognize() is not None


def test_a_plan_that_deletes_is_refused(creation: Make) -> None:
    with pytest.raises(UsageError, match="DeleteEndpointConfig deletes"):
        creation(("sagemaker:DeleteEndpointConfig", {"EndpointConfigName": "churn-config"}))


def models(aws: StandIn) -> set[str]:
    return {each["ModelName"] for each in aws.client("sagemaker").list_models()["Models"]}


def refuse_next(aws: StandIn, ready: Ready) -> None:
    """Let the configuration that needs the model be refused, so that a run rolls back."""
    aws.error("sagemaker:CreateEndpointConfig", "ValidationException", "No.")


def test_a_plain_refusal_speaks_of_anothers_however_young_it_is(aws: StandIn, ready: Ready, creation: Make) -> None:
    run = creation(*whole(ready))
    run.recognize()
    aws.client("sagemaker").create_model(**whole(ready)[0][1])
    refuse_next(aws, ready)
    assert run.carry_out() is Ended.REFUSED
    assert run.entries[0].state is State.THERE
    assert run.take_back()
    assert "churn-new" in models(aws)


def test_two_plans_that_share_a_model_leave_it_to_the_one_that_made_it(
    aws: StandIn, ready: Ready, creation: Make
) -> None:
    requests = whole(ready)
    other = [requests[0], ("sagemaker:CreateEndpointConfig", {**requests[1][1], "EndpointConfigName": "other"})]
    first, second = creation(*requests), creation(*other)
    assert (first.recognize(), second.recognize()) != (None, None)
    ends: dict[str, Ended] = {}
    aws.error("sagemaker:CreateEndpoint", "ValidationException", "No.")
    threads = [
        threading.Thread(target=lambda name=name, run=run: ends.update({name: run.carry_out()}))
        for name, run in (("first", first), ("second", second))
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert ends == {"first": Ended.REFUSED, "second": Ended.DONE}
    owners = [run for run in (first, second) if run.entries[0].state is State.MADE]
    assert len(owners) == 1
    first.take_back()
    assert "churn-new" in models(aws)
    assert aws.client("sagemaker").describe_endpoint_config(EndpointConfigName="other")


def test_what_was_there_before_the_first_attempt_is_not_claimed_after_a_lost_answer(
    aws: StandIn, ready: Ready, creation: Make
) -> None:
    run = creation(*whole(ready))
    run.recognize()
    aws.client("sagemaker").create_model(**whole(ready)[0][1])
    time.sleep(0.2)
    aws.cut("sagemaker:CreateModel", times=1)
    refuse_next(aws, ready)
    assert run.carry_out() is Ended.REFUSED
    assert run.entries[0].state in (State.THERE, State.UNPROVED)
    run.take_back()
    assert "churn-new" in models(aws)


@pytest.mark.parametrize("trouble", ["fail_after", "lose_answer"])
def test_what_a_call_did_that_failed_is_this_runs_where_it_is_proved(
    aws: StandIn, ready: Ready, creation: Make, trouble: str
) -> None:
    aws.latency(0.4, "sagemaker:CreateModel")
    getattr(aws, trouble)("sagemaker:CreateModel")
    refuse_next(aws, ready)
    run = creation(*whole(ready))
    assert run.carry_out() is Ended.REFUSED
    assert run.entries[0].state is State.MADE
    assert run.take_back()
    assert "churn-new" not in models(aws)


def test_reads_that_are_late_do_not_make_it_anothers(aws: StandIn, ready: Ready, creation: Make) -> None:
    aws.latency(0.4, "sagemaker:CreateModel")
    aws.fail_after("sagemaker:CreateModel")
    missing = ("ValidationException", 'Could not find model "churn-new".')
    aws.error("sagemaker:DescribeModel", *missing, times=2)
    refuse_next(aws, ready)
    run = creation(*whole(ready))
    run.carry_out()
    assert run.entries[0].state is State.MADE


@pytest.mark.parametrize("body", [b"<html>Sign in</html>", b"{}", b"{", b'{"EndpointArn": 7}', b"\xff\xfe{"])
def test_an_answer_that_says_nothing_is_no_yes_and_no_no(
    aws: StandIn, ready: Ready, creation: Make, body: bytes
) -> None:
    aws.latency(0.4, CREATE)
    aws.spoil(CREATE, lambda answer: replace(answer, body=body))
    run = creation(*whole(ready))
    assert run.carry_out() is Ended.DONE
    assert [entry.state for entry in run.entries] == [State.MADE] * 3


def test_an_unclear_outcome_stops_the_rollback_of_what_it_may_rely_on(
    aws: StandIn, ready: Ready, creation: Make
) -> None:
    aws.lose_answer(CREATE)
    aws.error("sagemaker:DescribeEndpoint", "ValidationException", 'Could not find endpoint "churn-new".')
    run = creation(*whole(ready))
    assert run.carry_out() is Ended.REFUSED
    assert run.entries[2].state is State.ASKED
    assert not run.take_back()
    assert not [call for call in aws.calls if call.operation.startswith("Delete")]
    (line,) = unclear(run.entries)
    assert "endpoint `churn-new` may exist; look: aws sagemaker describe-endpoint" in line


def test_what_was_made_anew_by_another_is_not_deleted(aws: StandIn, ready: Ready, creation: Make) -> None:
    aws.error("sagemaker:CreateEndpointConfig", "ValidationException", "No.")
    run = creation(*whole(ready))
    run.carry_out()
    time.sleep(1.3)
    sagemaker = aws.client("sagemaker")
    sagemaker.delete_model(ModelName="churn-new")
    sagemaker.create_model(**whole(ready)[0][1])
    time.sleep(1.3)
    assert not run.take_back()
    assert "churn-new" in models(aws)


def test_the_clocks_are_compared_no_longer_than_there_is_time() -> None:
    looks: list[int] = []
    Clock(0.0, 1.0).narrow(lambda: looks.append(1), lambda: False, lambda _: False)
    assert not looks


def test_an_answer_without_end_is_waited_for_as_long_as_there_is_time(
    aws: StandIn, creation: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "_ANSWER", 0.5)
    aws.hang(CREATE, seconds=120)
    begun = time.monotonic()
    run = creation()
    assert run.carry_out(timeout=0.5) is Ended.REFUSED
    assert time.monotonic() - begun < 60
    assert run.entries[0].state is State.ASKED
    aws.mend()


@pytest.mark.parametrize(
    ("other", "state"),
    [
        ({"EnableNetworkIsolation": True}, State.UNPROVED),
        ({"ExecutionRoleArn": "arn:aws:iam::111122223333:role/other"}, State.REFUSED),
    ],
)
def test_anothers_under_the_name_of_a_call_that_was_lost_is_not_claimed(
    aws: StandIn, ready: Ready, creation: Make, other: dict[str, Any], state: State
) -> None:
    model = {**ready.model_request, "ModelName": "churn-new", **other}
    done: list[int] = []

    def replaced(answer: Answer) -> Answer:
        done.append(1)
        if len(done) > 1:
            return answer
        sagemaker = aws.client("sagemaker")
        sagemaker.delete_model(ModelName="churn-new")
        time.sleep(1.2)
        sagemaker.create_model(**model)
        return replace(answer, status=500)

    aws.spoil("sagemaker:CreateModel", replaced)
    run = creation(*whole(ready))
    refuse_next(aws, ready)
    assert run.carry_out() is Ended.REFUSED
    assert run.entries[0].state is state
    assert run.take_back() is (state is State.REFUSED)
    assert "churn-new" in models(aws)


def test_what_the_first_attempt_made_is_this_runs_after_a_later_one(aws: StandIn, ready: Ready, creation: Make) -> None:
    statuses = [500, 429, 400]

    def spoilt(answer: Answer) -> Answer:
        status = statuses.pop(0)
        if status == 400:
            return answer
        code = "ThrottlingException" if status == 429 else "InternalFailure"
        return replace(answer, status=status, body=f'{{"__type": "{code}", "message": "x"}}'.encode())

    aws.latency(0.4, "sagemaker:CreateModel")
    aws.spoil("sagemaker:CreateModel", spoilt)
    refuse_next(aws, ready)
    run = creation(*whole(ready))
    assert run.carry_out() is Ended.REFUSED and not statuses
    assert run.entries[0].state is State.MADE


TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/churn/variant/blue",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    "MinCapacity": 1,
    "MaxCapacity": 2,
}


def targets(aws: StandIn) -> list[int]:
    found = aws.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="sagemaker")
    return [each["MaxCapacity"] for each in found["ScalableTargets"]]


def test_a_scalable_target_is_found_by_its_resource_and_taken_back(creation: Make, aws: StandIn) -> None:
    run = creation(("application-autoscaling:RegisterScalableTarget", TARGET))
    assert run.recognize() is not None
    assert run.carry_out() is Ended.DONE
    ((_, fact),) = run.standing()
    assert isinstance(fact, Known)
    assert fact.value.described["ResourceId"] == TARGET["ResourceId"]
    assert "describe-scalable-targets --service-namespace sagemaker --resource-ids endpoint/" in (
        run.entries[0].look_command()
    )
    assert targets(aws) == [2]
    assert run.take_back()
    assert targets(aws) == []


def test_a_scalable_target_that_the_run_only_changed_is_not_taken_back(creation: Make, aws: StandIn) -> None:
    aws.client("application-autoscaling").register_scalable_target(**TARGET)
    run = creation(("application-autoscaling:RegisterScalableTarget", {**TARGET, "MaxCapacity": 5}))
    assert run.recognize() is not None
    assert run.carry_out() is Ended.DONE
    assert run.entries[0].undo_command() == ""
    assert commands(run.entries) == []
    run.take_back()
    assert targets(aws) == [5]


@pytest.mark.parametrize(("status", "body"), [(403, b"<html>Blocked</html>"), (302, b""), (408, b""), (413, b"{}")])
def test_an_answer_that_is_not_from_aws_is_no_refusal(
    aws: StandIn, ready: Ready, creation: Make, status: int, body: bytes
) -> None:
    aws.spoil(CREATE, lambda _: Answer(status, body, "text/html"))
    aws.error("sagemaker:DescribeEndpoint", "ValidationException", 'Could not find endpoint "churn-new".')
    run = creation(*whole(ready))
    assert run.carry_out() is Ended.REFUSED
    assert run.entries[2].state is State.ASKED
    assert not run.take_back()
    assert not [call for call in aws.calls if call.operation.startswith("Delete")]


@pytest.mark.parametrize(("lost", "state"), [(False, State.REFUSED), (True, State.ASKED)])
def test_an_interruption_offers_to_delete_only_what_this_run_made(
    aws: StandIn, ready: Ready, creation: Make, monkeypatch: pytest.MonkeyPatch, lost: bool, state: State
) -> None:
    interruptions = iter([KeyboardInterrupt()])
    waited = making.wait

    def wait(*given: Any, timeout: float) -> Any:
        for each in interruptions:
            raise each
        return waited(*given, timeout=timeout)

    run = creation(*whole(ready))
    aws.client("sagemaker").create_model(**whole(ready)[0][1])
    aws.latency(0.2, "sagemaker:CreateModel")
    if lost:
        aws.lose_answer("sagemaker:CreateModel")
    monkeypatch.setattr(making, "wait", wait)
    with pytest.raises(KeyboardInterrupt):
        run.carry_out()
    assert run.entries[0].state is state
    assert commands(run.entries) == []
    assert len(unclear(run.entries)) == int(lost)
