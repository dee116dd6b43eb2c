from __future__ import annotations

from typing import Any

import pytest

from preflight.account.facts import Absent, Ask, Fact, Known
from preflight.account.snapshots.snapshot import Snapshot
from tests.readiness.checking import check, judge, only, pointer
from tests.readiness.worlds import ACCOUNT, CREATE, REGION, kinds, plan

CONFIG = {"EndpointConfigName": "demo-config", "ProductionVariants": [{"VariantName": "a", "ModelName": "m"}]}


class Reading(Snapshot):
    """A snapshot whose facts took several reads."""

    def read(self, ask: Ask) -> Fact[Any]:
        fact = super().read(ask)
        if isinstance(fact, Known):
            return Known(fact.value, 3)
        return Absent(fact.detail, 6) if isinstance(fact, Absent) else fact


def test_how_many_reads_it_took_is_said() -> None:
    facts = {"version": 1, "account": ACCOUNT, "regions": {REGION: {"endpoint_configs": [CONFIG]}}}
    assert "(after 3 reads)" in only(check("PRE401", plan(CREATE), Reading(facts, "live"))).message
    facts["regions"] = {REGION: {"endpoint_configs": []}}
    missing = only(check("PRE401", plan(CREATE), Reading(facts, "live")))
    assert missing.kind == "fail"
    assert "does not exist in account 111122223333 in us-east-1 (after 6 reads)" in missing.message
    assert pointer(missing) == "/EndpointConfigName"


def test_what_the_plan_creates_exists() -> None:
    results = judge("PRE401", ("CreateEndpointConfig", CONFIG), CREATE, endpoint_configs=[])
    assert kinds(results) == ["pass"]
    assert "created by an earlier request in the plan" in results[0].message


def test_what_an_earlier_request_answers_for_is_not_said_again() -> None:
    results = judge(
        "PRE402", ("CreateEndpointConfig", CONFIG), CREATE, endpoint_configs=[], models=[{"ModelName": "m"}]
    )
    assert kinds(results) == ["pass"]


def test_models_of_every_kind_of_variant_are_looked_for() -> None:
    config = {
        **CONFIG,
        "ShadowProductionVariants": [{"VariantName": "s", "ModelName": "shadow"}],
        "ProductionVariants": [
            {"VariantName": "a", "ModelName": "m"},
            {"VariantName": "b", "ModelName": "m"},
            {"VariantName": "c", "InstancePools": [{"InstanceType": "ml.m5.large", "ModelNameOverride": "pooled"}]},
        ],
    }
    results = judge("PRE402", CREATE, endpoint_configs=[config], models=[{"ModelName": "m"}])
    said = {each.message.split("`")[1]: each for each in results}
    assert {name: each.kind.value for name, each in said.items()} == {"m": "pass", "shadow": "fail", "pooled": "fail"}
    assert "variant `a` and variant `b`" in said["m"].message
    assert "shadow variant `s`" in said["shadow"].message


def test_without_the_configuration_what_it_names_is_not_known() -> None:
    for rule in ("PRE402", "PRE403", "PRE404", "PRE405", "PRE406", "PRE505"):
        result = only(judge(rule, CREATE, endpoint_configs=[]))
        assert result.kind == "open"
        assert "depends on endpoint configuration `demo-config`, which does not exist" in result.message


def test_a_request_that_relies_on_nothing_of_the_kind() -> None:
    for rule in ("PRE403", "PRE404", "PRE405", "PRE406"):
        assert kinds(judge(rule, CREATE, endpoint_configs=[CONFIG], models=[{"ModelName": "m"}])) == ["notApplicable"]


def test_a_rule_that_cannot_concern_an_operation_says_nothing() -> None:
    assert judge("PRE405", ("CreateModel", {"ModelName": "m"})) == []
    assert judge("PRE402", ("DeleteEndpointConfig", {"EndpointConfigName": "c"}), endpoint_configs=[]) == []


def test_what_is_to_be_deleted_must_be_there() -> None:
    delete = ("DeleteEndpointConfig", {"EndpointConfigName": "demo-config"})
    assert only(judge("PRE401", delete, endpoint_configs=[])).kind == "fail"
    assert only(judge("PRE401", delete, endpoint_configs=[CONFIG])).kind == "pass"


ALARMS = {"DeploymentConfig": {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]}}}
TOPIC = f"arn:aws:sns:eu-west-1:{ACCOUNT}:done"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:credentials"
NOTIFIES = {
    "OutputConfig": {"S3OutputPath": "s3://b/", "NotificationConfig": {"SuccessTopic": TOPIC, "ErrorTopic": TOPIC}}
}
PRIVATE = {"RepositoryAccessMode": "Vpc", "RepositoryAuthConfig": {"RepositoryCredentialsProviderArn": FUNCTION}}


@pytest.mark.parametrize(
    ("request_", "region", "part", "entry"),
    [
        (("CreateEndpoint", {**CREATE[1], **ALARMS}), REGION, "alarms", {"AlarmName": "errors"}),
        (("UpdateEndpoint", {**CREATE[1], **ALARMS}), REGION, "alarms", {"AlarmName": "errors"}),
        (
            ("CreateEndpointConfig", {**CONFIG, "AsyncInferenceConfig": NOTIFIES}),
            "eu-west-1",
            "topics",
            {"TopicArn": TOPIC},
        ),
        (
            ("CreateModel", {"ModelName": "m", "PrimaryContainer": {"Image": "r.example/i", "ImageConfig": PRIVATE}}),
            REGION,
            "functions",
            {"FunctionName": "credentials", "FunctionArn": FUNCTION},
        ),
    ],
)
def test_what_else_the_request_names(request_: Any, region: str, part: str, entry: dict[str, str]) -> None:
    def judged(parts: dict[str, Any]) -> str:
        facts = {"version": 1, "account": ACCOUNT, "regions": {REGION: {}, region: parts}}
        return only(check("PRE408", plan(request_), facts)).kind

    assert judged({part: [entry]}) == "pass"
    assert judged({part: []}) == "fail"
    assert judged({}) == "open"
