from __future__ import annotations

from typing import Any

from tests.readiness.checking import judge, only, pointer
from tests.readiness.worlds import CREATE, kinds


def config(*types: str, **more: Any) -> tuple[str, dict[str, Any]]:
    variants = [{"VariantName": f"v{at}", "InstanceType": each} for at, each in enumerate(types)]
    return "CreateEndpointConfig", {"EndpointConfigName": "demo-config", "ProductionVariants": variants, **more}


def test_types_that_the_region_offers_and_one_that_is_misspelt() -> None:
    offered = ["ml.m5.large", "ml.g5.xlarge"]
    good, bad = judge("PRE505", config("ml.m5.large", "ml.m5.lagre"), instance_types=offered)
    assert (good.kind, bad.kind) == ("pass", "fail")
    assert "Did you mean ml.m5.large?" in bad.remedy
    assert pointer(bad) == "/ProductionVariants/1/InstanceType"


def test_pools_and_shadow_variants_are_looked_at() -> None:
    request = config(
        "ml.m5.large",
        ShadowProductionVariants=[{"VariantName": "s", "InstanceType": "ml.p9.large"}],
    )
    request[1]["ProductionVariants"].append({"VariantName": "p", "InstancePools": [{"InstanceType": "ml.q1.large"}]})
    results = judge("PRE505", request, instance_types=["ml.m5.large"])
    assert kinds(results) == ["pass", "fail", "fail"]


def test_a_quota_for_the_type_tells_that_it_is_offered() -> None:
    quotas = [{"QuotaName": "ml.m5.large for endpoint usage", "Value": 1}]
    good, unknown = judge("PRE505", config("ml.m5.large", "ml.m5.xlarge"), quotas=quotas)
    assert (good.kind, unknown.kind) == ("pass", "open")


def test_without_facts_it_is_open() -> None:
    assert only(judge("PRE505", config("ml.m5.large"))).kind == "open"


def test_a_configuration_of_the_plan_answers_for_its_endpoint() -> None:
    assert kinds(
        judge("PRE505", config("ml.m5.large"), CREATE, endpoint_configs=[], instance_types=["ml.m5.large"])
    ) == ["pass"]


def test_serverless_variants_have_no_type() -> None:
    request = (
        "CreateEndpointConfig",
        {
            "EndpointConfigName": "demo-config",
            "ProductionVariants": [
                {"VariantName": "a", "ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1}}
            ],
        },
    )
    assert kinds(judge("PRE505", request)) == ["notApplicable"]
