from __future__ import annotations

from typing import Any

import pytest

from preflight.declared.operations import load_operation
from preflight.engine.result import Result
from tests.readiness.checking import judge, only
from tests.readiness.worlds import CREATE, kinds

TYPE = "ml.m5.large"
OF_TYPE = f"{TYPE} for endpoint usage"
TOTAL = "Number of instances across active endpoints"
CONCURRENCY = "Maximum total concurrency that can be allocated across all serverless endpoints"
SERVERLESS = "Maximum number of serverless endpoints"
UPDATE = ("UpdateEndpoint", {"EndpointName": "old", "EndpointConfigName": "demo-config"})


def variant(name: str = "a", count: int = 1, type: str = TYPE, **more: Any) -> dict[str, Any]:
    return {"VariantName": name, "ModelName": "m", "InstanceType": type, "InitialInstanceCount": count, **more}


def serverless(concurrency: int) -> dict[str, Any]:
    shape = {"MemorySizeInMB": 2048, "MaxConcurrency": concurrency}
    return {"VariantName": "a", "ModelName": "m", "ServerlessConfig": shape}


def config(*variants: dict[str, Any], name: str = "demo-config", **more: Any) -> dict[str, Any]:
    return {"EndpointConfigName": name, "ProductionVariants": list(variants), **more}


def running(name: str = "a", desired: int = 1, current: int | None = None) -> dict[str, Any]:
    return {
        "VariantName": name,
        "DesiredInstanceCount": desired,
        "CurrentInstanceCount": desired if current is None else current,
    }


def endpoint(*variants: dict[str, Any], name: str = "old", config: str = "old", **more: Any) -> dict[str, Any]:
    state = {"EndpointStatus": "InService", **more}
    return {"EndpointName": name, "EndpointConfigName": config, "ProductionVariants": list(variants), **state}


def quota(name: str, value: float, **more: Any) -> dict[str, Any]:
    return {"QuotaName": name, "QuotaCode": "L-2F737F8D", "Value": value, **more}


def of_type(limit: float, *requests: Any, endpoints: Any = (), configs: Any = (), **more: Any) -> Result:
    return only(
        judge(
            "PRE501",
            *(requests or (CREATE,)),
            quotas=[quota(OF_TYPE, limit)],
            endpoints=list(endpoints),
            endpoint_configs=list(configs) or [config(variant())],
            **more,
        )
    )


def test_a_failure_is_told_in_the_words_of_aws_with_the_way_to_more() -> None:
    result = of_type(0)
    assert result.kind == "fail"
    assert (
        "the account-level service limit 'ml.m5.large for endpoint usage' is 0 Instances, with current utilization of "
        "0 Instances and a request delta of 1 Instances: 1 too many" in result.message
    )
    assert (
        "aws service-quotas request-service-quota-increase --service-code sagemaker --quota-code L-2F737F8D "
        "--desired-value 1 --region us-east-1" in result.remedy
    )
    assert result.subject == "arn:aws:servicequotas:us-east-1:111122223333:sagemaker/L-2F737F8D"


def test_a_pass_tells_the_headroom() -> None:
    result = of_type(
        5, endpoints=[endpoint(running(desired=2))], configs=[config(variant()), config(variant(), name="old")]
    )
    assert result.kind == "pass"
    assert "current utilization of 2 Instances and a request delta of 1 Instances: headroom of 2" in result.message


@pytest.mark.parametrize(("limit", "kind"), [(3, "pass"), (2, "fail")])
def test_desired_counts_are_what_is_in_use(limit: int, kind: str) -> None:
    scaled_out = endpoint(running(desired=2, current=1))
    assert (
        of_type(limit, endpoints=[scaled_out], configs=[config(variant()), config(variant(), name="old")]).kind == kind
    )


@pytest.mark.parametrize("status", ["Creating", "Updating", "SystemUpdating", "OutOfService", "RollingBack"])
def test_endpoints_at_work_count_with_what_their_configuration_says(status: str) -> None:
    creating = {"EndpointName": "old", "EndpointConfigName": "old", "EndpointStatus": status}
    configs = [config(variant()), config(variant(count=3), name="old")]
    assert "utilization of 3 Instances" in of_type(3, endpoints=[creating], configs=configs).message


def test_an_endpoint_scaled_to_nothing_uses_nothing() -> None:
    configs = [config(variant()), config(variant(count=3), name="old")]
    assert of_type(1, endpoints=[endpoint(running(desired=0))], configs=configs).kind == "pass"


@pytest.mark.parametrize("status", ["Failed", "Deleting"])
def test_endpoints_that_may_not_count_leave_it_open_only_where_they_decide(status: str) -> None:
    configs = [config(variant()), config(variant(), name="old")]
    gone = endpoint(running(desired=2), EndpointStatus=status)
    assert of_type(3, endpoints=[gone], configs=configs).kind == "pass"
    hanging = of_type(2, endpoints=[gone], configs=configs)
    assert hanging.kind == "open"
    assert f"endpoint `old` is {status}" in hanging.message
    assert of_type(0, endpoints=[gone], configs=configs).kind == "fail"


def test_shadow_variants_count_as_asked_for_and_as_in_use() -> None:
    shadowed = config(variant(), ShadowProductionVariants=[variant("shadow", 2)])
    assert "request delta of 3" in of_type(9, configs=[shadowed]).message
    there = endpoint(running(), ShadowProductionVariants=[running("shadow", 4)])
    old = config(variant(), name="old", ShadowProductionVariants=[variant("shadow")])
    assert "utilization of 5" in of_type(9, endpoints=[there], configs=[config(variant()), old]).message


def test_each_type_has_its_own_quota() -> None:
    both = config(variant("a"), variant("b", 2, "ml.g5.xlarge"), variant("c", 3))
    quotas = [quota(OF_TYPE, 4), quota("ml.g5.xlarge for endpoint usage", 1)]
    results = judge("PRE501", CREATE, quotas=quotas, endpoints=[], endpoint_configs=[both])
    assert [(each.kind.value, each.message.split("'")[1]) for each in results] == [
        ("pass", OF_TYPE),
        ("fail", "ml.g5.xlarge for endpoint usage"),
    ]
    total = only(judge("PRE502", CREATE, quotas=[quota(TOTAL, 5)], endpoints=[], endpoint_configs=[both]))
    assert (total.kind, "request delta of 6 Instances: 1 too many" in total.message) == ("fail", True)


def test_the_configuration_of_an_endpoint_is_gone() -> None:
    there = [endpoint(running(desired=2))]
    assert of_type(3, endpoints=there).kind == "pass"
    open_ = of_type(2, endpoints=there)
    assert open_.kind == "open"
    assert "the configuration of endpoint `old` is gone" in open_.message
    assert of_type(0, endpoints=there).kind == "fail"
    total = only(
        judge("PRE502", CREATE, quotas=[quota(TOTAL, 3)], endpoints=there, endpoint_configs=[config(variant())])
    )
    assert total.kind == "pass"


def test_an_endpoint_of_which_nothing_is_known_has_no_upper_bound() -> None:
    nothing = {"EndpointName": "old", "EndpointConfigName": "old", "EndpointStatus": "Creating"}
    result = of_type(99, endpoints=[nothing])
    assert result.kind == "open"
    assert "at least 0" in result.message


def test_pools_may_take_their_instances_from_any_type() -> None:
    pooled = config(
        {
            "VariantName": "a",
            "ModelName": "m",
            "InitialInstanceCount": 2,
            "InstancePools": [{"InstanceType": TYPE}, {"InstanceType": "ml.m5.xlarge"}],
        }
    )
    quotas = [quota(OF_TYPE, 2), quota("ml.m5.xlarge for endpoint usage", 1)]
    enough, perhaps = judge("PRE501", CREATE, quotas=quotas, endpoints=[], endpoint_configs=[pooled])
    assert (enough.kind, perhaps.kind) == ("pass", "open")
    assert "several pools" in perhaps.message
    total = only(judge("PRE502", CREATE, quotas=[quota(TOTAL, 2)], endpoints=[], endpoint_configs=[pooled]))
    assert (total.kind, "request delta of 2 Instances" in total.message) == ("pass", True)


def test_pools_that_run_tell_what_they_have() -> None:
    pools = [
        {"InstanceType": TYPE, "CurrentInstanceCount": 1},
        {"InstanceType": "ml.m5.xlarge", "CurrentInstanceCount": 1},
    ]
    there = endpoint({**running(desired=2), "InstancePools": pools})
    declared = {"VariantName": "a", "InstancePools": [{"InstanceType": TYPE}, {"InstanceType": "ml.m5.xlarge"}]}
    result = of_type(3, endpoints=[there], configs=[config(variant()), config(declared, name="old")])
    assert "current utilization of 1 to 2 Instances" in result.message


def test_an_update_that_is_under_way_counts_both_fleets() -> None:
    pending = {
        "EndpointConfigName": "new",
        "ProductionVariants": [{**running(desired=3, current=1), "InstanceType": TYPE}],
    }
    there = endpoint(running(desired=2), EndpointStatus="Updating", PendingDeploymentSummary=pending)
    configs = [config(variant()), config(variant(), name="old"), config(variant(count=3), name="new")]
    result = of_type(9, endpoints=[there], configs=configs)
    assert "current utilization of 2 to 5 Instances" in result.message
    assert of_type(5, endpoints=[there], configs=configs).kind == "open"
    assert of_type(6, endpoints=[there], configs=configs).kind == "pass"


@pytest.mark.parametrize("shown", [(), (running(desired=0, current=0),)])
def test_an_endpoint_that_is_being_created_has_one_fleet(shown: Any) -> None:
    pending = {
        "EndpointConfigName": "old",
        "ProductionVariants": [{**running(desired=3, current=0), "InstanceType": TYPE}],
    }
    there = endpoint(*shown, EndpointStatus="Creating", PendingDeploymentSummary=pending)
    result = of_type(4, endpoints=[there], configs=[config(variant()), config(variant(count=3), name="old")])
    assert result.kind == "pass"
    assert "current utilization of 3 Instances" in result.message


def test_what_earlier_requests_of_the_plan_take_is_in_use() -> None:
    other = ("CreateEndpoint", {"EndpointName": "other", "EndpointConfigName": "demo-config"})
    parts: dict[str, Any] = {
        "quotas": [quota(OF_TYPE, 3)],
        "endpoints": [],
        "endpoint_configs": [config(variant(count=2))],
    }
    assert kinds(judge("PRE501", CREATE, other, **parts)) == ["pass", "fail"]


def test_a_configuration_of_the_same_plan_is_counted() -> None:
    made = ("CreateEndpointConfig", config(variant(count=2)))
    parts: dict[str, Any] = {"quotas": [quota(OF_TYPE, 1)], "endpoints": [], "endpoint_configs": []}
    assert kinds(judge("PRE501", made, CREATE, **parts)) == ["fail"]


@pytest.mark.parametrize(("limit", "kind"), [(4, "pass"), (3, "fail")])
def test_an_update_runs_its_new_fleet_beside_the_old_one(limit: int, kind: str) -> None:
    configs = [config(variant(count=2)), config(variant(), name="old")]
    assert of_type(limit, UPDATE, endpoints=[endpoint(running(desired=2))], configs=configs).kind == kind


def rolling(size: int, how: str = "INSTANCE_COUNT") -> tuple[str, dict[str, Any]]:
    policy = {"MaximumBatchSize": {"Type": how, "Value": size}, "WaitIntervalInSeconds": 0}
    return "UpdateEndpoint", {**UPDATE[1], "DeploymentConfig": {"RollingUpdatePolicy": policy}}


@pytest.mark.parametrize(
    ("request_", "limit", "kind"),
    [
        (rolling(1), 5, "pass"),
        (rolling(1), 4, "fail"),
        (rolling(50, "CAPACITY_PERCENT"), 6, "pass"),
        (rolling(50, "CAPACITY_PERCENT"), 5, "fail"),
    ],
)
def test_a_rolling_update_adds_one_batch(request_: Any, limit: int, kind: str) -> None:
    configs = [config(variant(count=4)), config(variant(count=4), name="old")]
    assert of_type(limit, request_, endpoints=[endpoint(running(desired=4))], configs=configs).kind == kind


def test_a_rolling_update_to_another_type_needs_all_of_it() -> None:
    configs = [config(variant(count=4)), config(variant(count=4, type="ml.m5.xlarge"), name="old")]
    result = of_type(3, rolling(1), endpoints=[endpoint(running(desired=4))], configs=configs)
    assert (result.kind, "request delta of 4 Instances" in result.message) == ("fail", True)


def test_a_rolling_update_to_a_larger_fleet_is_between_its_growth_and_a_batch_more() -> None:
    configs = [config(variant(count=4)), config(variant(count=2), name="old")]
    result = of_type(9, rolling(1), endpoints=[endpoint(running(desired=2))], configs=configs)
    assert "request delta of 2 to 3 Instances" in result.message


def test_the_last_deployment_configuration_may_be_retained() -> None:
    policy = rolling(1)[1]["DeploymentConfig"]
    there = endpoint(running(desired=4), LastDeploymentConfig=policy)
    configs = [config(variant(count=4)), config(variant(count=4), name="old")]
    retained = ("UpdateEndpoint", {**UPDATE[1], "RetainDeploymentConfig": True})
    assert of_type(5, retained, endpoints=[there], configs=configs).kind == "pass"
    assert of_type(5, UPDATE, endpoints=[there], configs=configs).kind == "fail"


def test_variants_may_keep_the_counts_they_have() -> None:
    configs = [config(variant(count=1)), config(variant(), name="old")]
    there = [endpoint(running(desired=5))]
    keep = {**UPDATE[1], "RetainAllVariantProperties": True}
    assert "request delta of 5" in of_type(9, ("UpdateEndpoint", keep), endpoints=there, configs=configs).message
    but = {**keep, "ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DesiredInstanceCount"}]}
    assert "request delta of 1" in of_type(9, ("UpdateEndpoint", but), endpoints=there, configs=configs).message
    assert "request delta of 1" in of_type(9, UPDATE, endpoints=there, configs=configs).message


def test_scaling_that_may_take_more_is_mentioned() -> None:
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "endpoint/old/variant/a",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
        "MaxCapacity": 6,
    }
    configs = [config(variant()), config(variant(), name="old")]
    result = of_type(3, endpoints=[endpoint(running(desired=2))], configs=configs, scalable_targets=[target])
    assert result.kind == "pass"
    assert "scaling may take up to 4 more (variant `a` of endpoint `old`), more than is left" in result.message


def test_managed_instance_scaling_is_mentioned() -> None:
    scaling = {"Status": "ENABLED", "MinInstanceCount": 1, "MaxInstanceCount": 4}
    result = of_type(9, configs=[config(variant(ManagedInstanceScaling=scaling))])
    assert "scaling may take up to 3 more (variant `a` of endpoint `Demo`), which fits too" in result.message


def test_a_default_is_not_taken_for_the_limit_of_the_account() -> None:
    parts: dict[str, Any] = {"endpoints": [], "endpoint_configs": [config(variant())]}
    for limit in (0, 9):
        result = only(judge("PRE501", CREATE, quotas=[quota(OF_TYPE, limit, Default=True)], **parts))
        assert result.kind == "open"
        assert "AWS's default" in result.message


def test_quotas_that_are_not_listed_leave_it_open() -> None:
    parts: dict[str, Any] = {"endpoints": [], "endpoint_configs": [config(variant())]}
    missing = only(judge("PRE501", CREATE, quotas=[], **parts))
    assert (missing.kind, "lists no such quota" in missing.message) == ("open", True)
    unknown = only(judge("PRE501", CREATE, **parts))
    assert (unknown.kind, "quotas" in unknown.message) == ("open", True)


def test_the_endpoints_in_use_are_not_known() -> None:
    parts: dict[str, Any] = {"endpoint_configs": [config(variant(count=2))]}
    assert only(judge("PRE501", CREATE, quotas=[quota(OF_TYPE, 9)], **parts)).kind == "open"
    assert only(judge("PRE501", CREATE, quotas=[quota(OF_TYPE, 1)], **parts)).kind == "fail"


def test_without_the_configuration_the_need_is_not_known() -> None:
    for rule in ("PRE501", "PRE502", "PRE504"):
        result = only(
            judge(rule, CREATE, quotas=[quota(OF_TYPE, 9), quota(TOTAL, 9)], endpoints=[], endpoint_configs=[])[:1]
        )
        assert result.kind == "open"
        assert "the configuration of endpoint `Demo` does not exist" in result.message


def test_a_quota_that_aws_does_not_raise() -> None:
    fixed = [quota(OF_TYPE, 0, Adjustable=False)]
    result = only(judge("PRE501", CREATE, quotas=fixed, endpoints=[], endpoint_configs=[config(variant())]))
    assert result.remedy.startswith("AWS does not raise this quota.")


def test_serverless_endpoints_draw_on_their_own_quotas() -> None:
    parts: dict[str, Any] = {"endpoints": [], "endpoint_configs": [config(serverless(8))]}
    quotas = [quota(CONCURRENCY, 7), quota(SERVERLESS, 1)]
    concurrency, number = judge("PRE504", CREATE, quotas=quotas, **parts)
    assert (concurrency.kind, number.kind) == ("fail", "pass")
    assert "request delta of 8 concurrent invocations: 1 too many" in concurrency.message
    for rule in ("PRE501", "PRE502"):
        assert kinds(judge(rule, CREATE, quotas=[quota(OF_TYPE, 0), quota(TOTAL, 0)], **parts)) == ["notApplicable"]


def test_serverless_concurrency_in_use_is_that_of_the_endpoints() -> None:
    there = endpoint({"VariantName": "a", "CurrentServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 3}})
    configs = [config(serverless(4)), config(serverless(3), name="old")]
    results = judge(
        "PRE504",
        CREATE,
        quotas=[quota(CONCURRENCY, 7), quota(SERVERLESS, 2)],
        endpoints=[there],
        endpoint_configs=configs,
    )
    assert kinds(results) == ["pass", "pass"]
    assert "utilization of 3 concurrent invocations" in results[0].message
    assert "utilization of 1 Endpoints" in results[1].message


def test_instances_draw_nothing_on_serverless_quotas() -> None:
    result = only(judge("PRE504", CREATE, quotas=[], endpoints=[], endpoint_configs=[config(variant())]))
    assert result.kind == "notApplicable"


def test_an_update_of_a_serverless_endpoint_takes_no_further_endpoint() -> None:
    there = endpoint({"VariantName": "a", "CurrentServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 3}})
    configs = [config(serverless(5)), config(serverless(3), name="old")]
    parts: dict[str, Any] = {"endpoints": [there], "endpoint_configs": configs}
    quotas = [quota(SERVERLESS, 1)]
    (concurrency,) = judge("PRE504", UPDATE, quotas=[quota(CONCURRENCY, 5), *quotas], **parts)
    assert concurrency.kind == "open"
    assert "request delta of 2 to 5" in concurrency.message
    assert judge("PRE504", UPDATE, quotas=[quota(CONCURRENCY, 4), *quotas], **parts)[0].kind == "fail"
    assert judge("PRE504", UPDATE, quotas=[quota(CONCURRENCY, 8), *quotas], **parts)[0].kind == "pass"


def test_the_number_of_endpoints_counts_where_there_is_a_quota_for_it() -> None:
    parts: dict[str, Any] = {"endpoints": [endpoint()], "endpoint_configs": []}
    assert only(judge("PRE503", CREATE, quotas=[quota("Number of endpoints", 1)], **parts)).kind == "fail"
    assert only(judge("PRE503", CREATE, quotas=[quota("Number of endpoints", 2)], **parts)).kind == "pass"
    assert only(judge("PRE503", CREATE, quotas=[quota(OF_TYPE, 2)], **parts)).kind == "notApplicable"
    assert only(judge("PRE503", CREATE, **parts)).kind == "open"


def test_operations_that_draw_on_no_quota_say_nothing() -> None:
    assert judge("PRE501", ("CreateModel", {"ModelName": "m"})) == []


def test_updates_draw_on_the_same_quotas_as_creates() -> None:
    update, create = (load_operation(f"sagemaker:{name}Endpoint").declared["quotas"] for name in ("Update", "Create"))
    assert update == create


def weights(**changes: Any) -> tuple[str, dict[str, Any]]:
    changed = [{"VariantName": "a", **changes}]
    return "UpdateEndpointWeightsAndCapacities", {"EndpointName": "old", "DesiredWeightsAndCapacities": changed}


@pytest.mark.parametrize(
    ("changes", "limit", "kind"),
    [
        ({"DesiredInstanceCount": 5}, 5, "pass"),
        ({"DesiredInstanceCount": 5}, 4, "fail"),
        ({"DesiredInstanceCount": 1}, 1, "notApplicable"),
        ({"DesiredWeight": 2.0}, 0, "notApplicable"),
    ],
)
def test_capacities_change_in_place_and_only_what_is_more_counts(changes: Any, limit: int, kind: str) -> None:
    there = {"endpoints": [endpoint(running("a", 2))], "configs": [config(variant(), name="old")]}
    assert of_type(limit, weights(**changes), **there).kind.value == kind


def test_serverless_concurrency_changes_in_place() -> None:
    there = {"VariantName": "a", "CurrentServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}
    for limit, kind in ((20, "pass"), (19, "fail")):
        found = judge(
            "PRE504",
            weights(ServerlessUpdateConfig={"MaxConcurrency": 20}),
            quotas=[quota(CONCURRENCY, limit)],
            endpoints=[endpoint(there)],
            endpoint_configs=[config(serverless(5), name="old")],
        )
        assert only(found).kind.value == kind
