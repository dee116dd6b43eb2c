"""What another run uses by now is left by a rollback, although this run made it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from preflight.create import Creation, Ended, Event, in_use
from preflight.create.creation import commands, kept
from preflight.create.events import Undone
from preflight.create.journal import State
from preflight.create.results import results
from tests.aws.account import Ready
from tests.aws.control import StandIn
from tests.create.conftest import Make
from tests.create.test_making import whole

Failed = Callable[[], Creation]


@pytest.fixture
def failed(aws: StandIn, ready: Ready, creation: Make) -> Failed:
    """Makes a run of all three whose endpoint has failed, and is yet to be taken back."""

    def make() -> Creation:
        aws.fail_endpoint("churn-new")
        run = creation(*whole(ready))
        assert run.carry_out() is Ended.FAILED
        return run

    return make


def another(aws: StandIn, ready: Ready, name: str = "other", model: str = "churn-new") -> None:
    config = {**ready.config_request, "EndpointConfigName": name}
    config["ProductionVariants"] = [{**config["ProductionVariants"][0], "ModelName": model}]
    aws.client("sagemaker").create_endpoint_config(**config)


def states(run: Creation) -> list[State]:
    return [entry.state for entry in run.entries]


def test_a_model_that_another_configuration_names_is_left(
    aws: StandIn, ready: Ready, failed: Failed, events: list[Event]
) -> None:
    run = failed()
    another(aws, ready)
    assert not run.take_back()
    assert states(run) == [State.MADE, State.UNDONE, State.UNDONE]
    assert not aws.calls.of("sagemaker:DeleteModel")
    assert events[-1] == Undone("model `churn-new`", "endpoint configuration `other` uses it")
    assert (commands(run.entries), kept(run.entries)) == (
        [],
        [
            "model `churn-new`: endpoint configuration `other` uses it; look: aws sagemaker describe-endpoint-config "
            "--endpoint-config-name other --region us-east-1; if nothing uses it, delete it: aws sagemaker "
            "delete-model --model-name churn-new --region us-east-1"
        ],
    )
    first = next(results(run, awaited=True))
    assert first.message.endswith("(not deleted again: endpoint configuration `other` uses it)")


def test_a_configuration_that_another_endpoint_has_is_left_with_its_model(
    aws: StandIn, ready: Ready, failed: Failed
) -> None:
    run = failed()
    aws.hold_endpoint("other")
    aws.client("sagemaker").create_endpoint(EndpointName="other", EndpointConfigName="churn-new")
    assert not run.take_back()
    assert states(run) == [State.MADE, State.MADE, State.UNDONE]
    assert commands(run.entries) == []
    assert [line.split("; ")[0] for line in kept(run.entries)] == [
        "model `churn-new`: endpoint configuration `churn-new` may use it",
        "endpoint configuration `churn-new`: endpoint `other` uses it",
    ]


def test_an_endpoint_on_its_way_to_a_configuration_has_it(aws: StandIn, ready: Ready, failed: Failed) -> None:
    sagemaker = aws.client("sagemaker")
    sagemaker.create_endpoint(EndpointName="other", EndpointConfigName=ready.config)
    for _ in range(2):
        sagemaker.describe_endpoint(EndpointName="other")
    run = failed()
    aws.hold_endpoint("other")
    sagemaker.update_endpoint(EndpointName="other", EndpointConfigName="churn-new")
    assert not run.take_back()
    assert states(run) == [State.MADE, State.MADE, State.UNDONE]


def test_what_a_failed_endpoint_has_is_deleted(aws: StandIn, failed: Failed) -> None:
    run = failed()
    aws.endpoint_goes("Failed", name="other")
    aws.client("sagemaker").create_endpoint(EndpointName="other", EndpointConfigName="churn-new")
    assert run.take_back()
    assert states(run) == [State.UNDONE] * 3


def test_only_what_is_new_is_looked_at(aws: StandIn, ready: Ready, failed: Failed) -> None:
    another(aws, ready, "older", ready.model)
    another(aws, ready, "newer", ready.model)
    for hosting in aws.state.hosting.values():
        hosting.configs["older"]["CreationTime"] -= 3600
    run = failed()
    aws.calls.clear()
    assert run.take_back()
    read = {call.parameters.get("EndpointConfigName") for call in aws.calls.of("sagemaker:DescribeEndpointConfig")}
    assert read >= {"newer"} and "older" not in read


def test_an_inference_component_holds_the_model(aws: StandIn, ready: Ready, failed: Failed) -> None:
    run = failed()
    aws.state.inference_components.append(
        {
            "InferenceComponentName": "copies",
            "InferenceComponentArn": "arn:aws:sagemaker:us-east-1:111122223333:inference-component/copies",
            "EndpointName": "somewhere",
            "Specification": {"ModelName": "churn-new"},
            "CreationTime": aws.state.now(),
            "LastModifiedTime": aws.state.now(),
        }
    )
    assert not run.take_back()
    assert kept(run.entries)[0].startswith("model `churn-new`: inference component `copies` uses it")


def slow(aws: StandIn, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(in_use, "_TIME", 0.3)
    aws.hang("sagemaker:ListEndpointConfigs")


DENIED = "was denied; allow sagemaker:"


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (lambda aws, _: aws.deny("sagemaker:ListEndpointConfigs"), f"{DENIED}ListEndpointConfigs on *"),
        (lambda aws, _: aws.deny("sagemaker:ListInferenceComponents"), f"{DENIED}ListInferenceComponents on *"),
        (lambda aws, _: aws.throttle("sagemaker:ListEndpointConfigs"), "was throttled"),
        (lambda _, patch: patch.setattr(in_use, "_MOST", 0), "2 of them are new, and preflight looks at 0 at most"),
        (slow, "AWS did not answer in time"),
    ],
)
def test_what_cannot_be_told_is_no_leave_to_delete(
    aws: StandIn, ready: Ready, failed: Failed, monkeypatch: pytest.MonkeyPatch, trouble: Any, words: str
) -> None:
    run = failed()
    another(aws, ready, model=ready.model)
    trouble(aws, monkeypatch)
    assert not run.take_back()
    assert run.entries[0].state is State.MADE
    (line,) = [each for each in kept(run.entries) if each.startswith("model")]
    assert "can't determine whether another" in line and words in line and "look: aws sagemaker list-" in line
