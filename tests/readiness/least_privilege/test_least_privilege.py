"""The generated policy is what the plan needs and nothing more: held against PRE110, PRE122 and neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preflight.account.snapshots.snapshot import Snapshot
from preflight.declared.operations import all_operations
from preflight.documents.plans.requests import plan_of
from preflight.documents.text.document import Document
from preflight.errors import UsageError
from preflight.iam.decide import decide
from preflight.iam.decision import Outcome
from preflight.iam.policy import parse_policy
from preflight.iam.request import Context, Policies, Request
from preflight.readiness.least_privilege import NoFacts, documents_of, needed_by, statements_of
from preflight.readiness.least_privilege.narrowing import exactly
from tests.lint.linting import findings
from tests.readiness.worlds import ACCOUNT, DEPLOYER, EXECUTION, REGION, allow, plan, policy, results, role, snapshot

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ROOT = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
THERE = {
    "endpoints": [{"EndpointName": "Demo", "EndpointStatus": "InService", "EndpointConfigName": "Plain"}],
    "endpoint_configs": [
        {"EndpointConfigName": "Plain", "ProductionVariants": []},
        {"EndpointConfigName": "Sealed", "ProductionVariants": [], "KmsKeyId": KEY},
        {"EndpointConfigName": "ByAlias", "ProductionVariants": [], "KmsKeyId": "alias/volumes"},
    ],
    "buckets": [{"Name": "code", "BucketRegion": REGION, "Policy": None}],
    "kms_keys": [{"KeyId": KEY.rpartition("/")[2], "Arn": KEY, "Policy": policy(ROOT)}],
    "kms_aliases": [{"AliasName": "alias/volumes", "TargetKeyId": KEY.rpartition("/")[2]}],
}
TAGS = [{"Key": "team", "Value": "growth and more"}, {"Key": "Cost:Center", "Value": "42"}]
VARIANT = {"VariantName": "a", "ModelName": "M-1", "InstanceType": "ml.m5.xlarge", "InitialInstanceCount": 1}
SERVERLESS = {"VariantName": "s", "ModelName": "m-2", "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}
VPC = {"Subnets": ["subnet-0a", "subnet-0b"], "SecurityGroupIds": ["sg-0a"]}


def config(*variants: Mapping[str, Any], **more: Any) -> tuple[str, dict[str, Any]]:
    return "CreateEndpointConfig", {"EndpointConfigName": "New", "ProductionVariants": list(variants), **more}


def job(name: str, parameters: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return f"Create{name}", {f"{name}Name": "Job-1", **parameters}


TRAINING: dict[str, Any] = {
    "RoleArn": EXECUTION,
    "AlgorithmSpecification": {"TrainingInputMode": "File"},
    "OutputDataConfig": {"S3OutputPath": "s3://models/out"},
    "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5},
    "StoppingCondition": {"MaxRuntimeInSeconds": 600},
    "RemoteDebugConfig": {"EnableRemoteDebug": False},
    "EnableNetworkIsolation": True,
    "EnableInterContainerTrafficEncryption": True,
}
PROCESSING: dict[str, Any] = {
    "RoleArn": EXECUTION,
    "AppSpecification": {"ImageUri": "image"},
    "ProcessingResources": {
        "ClusterConfig": {
            "InstanceType": "ml.m5.xlarge",
            "InstanceCount": 1,
            "VolumeSizeInGB": 5,
            "VolumeKmsKeyId": KEY,
        }
    },
    "NetworkConfig": {"EnableNetworkIsolation": True, "EnableInterContainerTrafficEncryption": False, "VpcConfig": VPC},
}
TRANSFORM: dict[str, Any] = {
    "ModelName": "M-1",
    "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://models/in/"}}},
    "TransformOutput": {"S3OutputPath": "s3://models/out/", "KmsKeyId": KEY},
    "TransformResources": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1},
}
SCALING = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/Demo/variant/a",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    "MinCapacity": 1,
    "MaxCapacity": 4,
}
FUNCTION: dict[str, Any] = {
    "FunctionName": "Make",
    "Role": EXECUTION,
    "Code": {"S3Bucket": "code", "S3Key": "make.zip"},
}
WEIGHT = {"VariantName": "a", "DesiredWeight": 1.0}
COMPONENT = {
    "InferenceComponentName": "Part",
    "EndpointName": "Demo",
    "Specification": {"ModelName": "M-1", "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 128}},
}
MODEL = ("CreateModel", {"ModelName": "M-1", "ExecutionRoleArn": EXECUTION})
CASES: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "endpoint": [("CreateEndpoint", {"EndpointName": "Demo", "EndpointConfigName": "Plain"})],
    "endpoint with tags": [("CreateEndpoint", {"EndpointName": "d", "EndpointConfigName": "Plain", "Tags": TAGS})],
    "endpoint with a key": [("CreateEndpoint", {"EndpointName": "d", "EndpointConfigName": "Sealed"})],
    "endpoint with an alias": [("CreateEndpoint", {"EndpointName": "d", "EndpointConfigName": "ByAlias"})],
    "update": [("UpdateEndpoint", {"EndpointName": "Demo", "EndpointConfigName": "Sealed"})],
    "delete": [("DeleteEndpointConfig", {"EndpointConfigName": "Plain"})],
    "delete endpoint": [("DeleteEndpoint", {"EndpointName": "Demo"})],
    "delete model": [("DeleteModel", {"ModelName": "M-1"})],
    "model": [MODEL],
    "model in a VPC": [(MODEL[0], {**MODEL[1], "VpcConfig": VPC, "EnableNetworkIsolation": True, "Tags": TAGS})],
    "model without role": [("CreateModel", {"ModelName": "m"})],
    "config": [config(VARIANT)],
    "config of two types": [config(VARIANT, {**VARIANT, "VariantName": "b", "InstanceType": "ml.c5.xlarge"})],
    "serverless": [config(SERVERLESS)],
    "config with all": [config(VARIANT, ExecutionRoleArn=EXECUTION, KmsKeyId=KEY, VpcConfig=VPC, Tags=TAGS)],
    "config by alias": [config(VARIANT, KmsKeyId="alias/volumes")],
    "component": [("CreateInferenceComponent", COMPONENT)],
    "component with tags": [("CreateInferenceComponent", {**COMPONENT, "Tags": TAGS})],
    "weights": [
        ("UpdateEndpointWeightsAndCapacities", {"EndpointName": "Demo", "DesiredWeightsAndCapacities": [WEIGHT]})
    ],
    "package": [("CreateModelPackage", {"ModelPackageName": "Pack", "Tags": TAGS})],
    "version of a package": [("CreateModelPackage", {"ModelPackageGroupName": "Group"})],
    "training": [job("TrainingJob", TRAINING)],
    "training with all": [job("TrainingJob", {**TRAINING, "VpcConfig": VPC, "Tags": TAGS})],
    "processing": [job("ProcessingJob", PROCESSING)],
    "transform": [job("TransformJob", TRANSFORM)],
    "scaling": [("application-autoscaling:RegisterScalableTarget", SCALING)],
    "scaling of a component": [
        ("application-autoscaling:RegisterScalableTarget", {**SCALING, "ResourceId": "inference-component/Part"})
    ],
    "function": [("lambda:CreateFunction", FUNCTION)],
    "function with tags": [("lambda:CreateFunction", {**FUNCTION, "Tags": {"team": "ml"}, "Layers": ["arn:l"]})],
    "everything": [
        MODEL,
        config(VARIANT, ExecutionRoleArn=EXECUTION, KmsKeyId=KEY, Tags=TAGS),
        ("CreateEndpoint", {"EndpointName": "Demo", "EndpointConfigName": "New", "Tags": TAGS}),
        ("UpdateEndpoint", {"EndpointName": "Demo", "EndpointConfigName": "Plain"}),
        ("DeleteEndpointConfig", {"EndpointConfigName": "New"}),
    ],
}
Requests = list[tuple[str, dict[str, Any]]]


def generated(requests: Requests) -> dict[str, Any]:
    the_plan = plan_of([Document("plan.json", plan(*requests))])
    needed = needed_by(the_plan, Snapshot(snapshot(role("deployer"), **THERE), "snapshot.json"))
    # The id of a scalable target is known only after the call.
    assert needed.doubts == () or "RegisterScalableTarget" in requests[0][0]
    (found,) = documents_of(statements_of(each.grant for each in needed.needs))
    return found.document


def judged(document: Mapping[str, Any], requests: Requests) -> set[str]:
    facts = snapshot(role("deployer", *document["Statement"]), role("endpoint-execution"), **THERE)
    found = [each for rule in ("PRE110", "PRE122") for each in results(rule, plan(*requests), facts)]
    return {each.kind.value for each in found} - {"notApplicable"}


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def with_one_less(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the policy without one of its actions, or one of its resources, in one of its statements."""
    for at, statement in enumerate(document["Statement"]):
        for element in ("Action", "Resource"):
            values = listed(statement[element])
            for value in values:
                less = deepcopy(dict(document))
                rest = [each for each in values if each != value]
                if rest:
                    less["Statement"][at][element] = rest
                else:
                    del less["Statement"][at]
                yield less


def test_every_operation_has_a_case() -> None:
    names = {name for requests in CASES.values() for name, _ in requests}
    assert {name if ":" in name else f"sagemaker:{name}" for name in names} == set(all_operations())


@pytest.mark.parametrize("requests", CASES.values(), ids=CASES)
def test_it_passes_the_check_and_with_anything_less_fails_it(requests: Requests) -> None:
    document = generated(requests)
    assert judged(document, requests) == {"pass"}
    for less in with_one_less(document):
        assert "fail" in judged(less, requests), less


@pytest.mark.parametrize("requests", CASES.values(), ids=CASES)
def test_the_linter_finds_nothing_in_it(requests: Requests) -> None:
    assert findings(generated(requests)) == []


CHANGES: dict[str, tuple[Requests, dict[str, Any]]] = {
    "another endpoint": (CASES["endpoint"], {"EndpointName": "demo-2"}),
    "a shorter name": (CASES["endpoint"], {"EndpointName": "dem"}),
    "another configuration": (CASES["endpoint"], {"EndpointConfigName": "Sealed"}),
    "tags where there were none": (CASES["endpoint"], {"Tags": TAGS}),
    "no tags": (CASES["endpoint with tags"], {"Tags": []}),
    "another value": (CASES["endpoint with tags"], {"Tags": [{"Key": "team", "Value": "x"}, TAGS[1]]}),
    "one tag more": (CASES["endpoint with tags"], {"Tags": [*TAGS, {"Key": "x", "Value": "y"}]}),
    "one tag less": (CASES["endpoint with tags"], {"Tags": TAGS[:1]}),
    "another role": (CASES["model"], {"ExecutionRoleArn": EXECUTION + "-2"}),
    "no isolation": (CASES["model in a VPC"], {"EnableNetworkIsolation": False}),
    "another subnet": (CASES["model in a VPC"], {"VpcConfig": {**VPC, "Subnets": ["subnet-0c"]}}),
    "no VPC": (CASES["model in a VPC"], {"VpcConfig": None}),
    "another type": (CASES["config"], {"ProductionVariants": [{**VARIANT, "InstanceType": "ml.p5.48xlarge"}]}),
    "serverless, too": (CASES["config"], {"ProductionVariants": [SERVERLESS]}),
    "another model": (CASES["config"], {"ProductionVariants": [{**VARIANT, "ModelName": "M-2"}]}),
    "more concurrency": (CASES["serverless"], {"ProductionVariants": [
        {**SERVERLESS, "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 6}}]}),
    "no key": (CASES["config with all"], {"KmsKeyId": None}),
}  # fmt: skip


@pytest.mark.parametrize(("requests", "change"), CHANGES.values(), ids=CHANGES)
def test_it_does_not_allow_a_neighbour(requests: Requests, change: dict[str, Any]) -> None:
    ((name, parameters),) = requests
    changed = {key: value for key, value in {**parameters, **change}.items() if value is not None}
    assert "fail" in judged(generated(requests), [(name, changed)])


@pytest.mark.parametrize(
    ("action", "resource", "key", "meant", "other"),
    [
        ("iam:PassRole", EXECUTION, "iam:PassedToService", "sagemaker.amazonaws.com", "ec2.amazonaws.com"),
        ("kms:CreateGrant", KEY, "kms:GrantIsForAWSResource", "true", "false"),
    ],
)
def test_it_does_not_allow_another_use(action: str, resource: str, key: str, meant: str, other: str) -> None:
    parsed = parse_policy(generated([MODEL, *CASES["endpoint with a key"]]), "generated")
    root = parse_policy(policy(ROOT), "key")
    fixed = {"kms:ViaService": f"sagemaker.{REGION}.amazonaws.com"}
    for values, outcome in (({key: meant}, Outcome.ALLOWED), ({key: other}, Outcome.IMPLICIT_DENY), ({}, None)):
        request = Request(DEPLOYER, action, resource, context=Context({**fixed, **values}))
        decided = decide(request, Policies(identity=(parsed,), resource=root)).outcome
        assert decided == (outcome or Outcome.IMPLICIT_DENY)


NAMES = st.from_regex(r"[a-zA-Z0-9](-?[a-zA-Z0-9]){0,20}", fullmatch=True)
TAG = st.fixed_dictionaries({
    "Key": st.text("abcXYZ019 _.:/=+-@é日", min_size=1, max_size=8), "Value": st.text("abZ9 _.:/=+-@é日", max_size=8),
})  # fmt: skip
TAGGED = st.lists(TAG, max_size=4, unique_by=lambda tag: str(tag["Key"]).lower())
TYPES = st.sampled_from(["ml.m5.xlarge", "ml.c5.large", "ml.g5.2xlarge"])


@st.composite
def several(draw: st.DrawFn) -> Requests:
    model, name, endpoint = draw(NAMES), draw(NAMES), draw(NAMES)
    types = draw(st.lists(TYPES, min_size=1, max_size=3))
    variants = [{**VARIANT, "VariantName": f"v{at}", "ModelName": model, "InstanceType": each}
                for at, each in enumerate(types)]  # fmt: skip
    if draw(st.booleans()):
        variants.append({**SERVERLESS, "ModelName": model})
    more: dict[str, Any] = {"KmsKeyId": KEY} if draw(st.booleans()) else {}
    more |= {"VpcConfig": VPC} if draw(st.booleans()) else {}
    more["Tags"] = draw(TAGGED)
    found: Requests = [
        ("CreateModel", {"ModelName": model, "ExecutionRoleArn": EXECUTION, "Tags": draw(TAGGED)}),
        ("CreateEndpointConfig", {"EndpointConfigName": name, "ProductionVariants": variants, **more}),
        ("CreateEndpoint", {"EndpointName": endpoint, "EndpointConfigName": name, "Tags": draw(TAGGED)}),
    ]  # fmt: skip
    return found[: draw(st.integers(1, 3))]


@settings(max_examples=40, deadline=None)
@given(several())
@pytest.mark.slow
def test_whatever_the_plan_says(requests: Requests) -> None:
    document = generated(requests)
    assert judged(document, requests) == {"pass"}
    for less in with_one_less(document):
        assert "fail" in judged(less, requests)
    assert len({each["Sid"] for each in document["Statement"]}) == len(document["Statement"])
    assert all(each["Sid"].isalnum() and each["Sid"].isascii() for each in document["Statement"])


@pytest.mark.parametrize("name", ["a*", "${aws:username}", "a?b", "$", "plain"])
def test_a_pattern_for_a_name_matches_only_it(name: str) -> None:
    arn = f"arn:aws:s3:::bucket/{name}"
    parsed = parse_policy(policy(allow("s3:GetObject", f"arn:aws:s3:::bucket/{exactly(name)}")), "p")

    def allows(resource: str) -> bool:
        request = Request(DEPLOYER, "s3:GetObject", resource, resource_account=ACCOUNT)
        return decide(request, Policies(identity=(parsed,))).outcome is Outcome.ALLOWED

    assert allows(arn)
    assert not any(allows(f"arn:aws:s3:::bucket/{other}") for other in ("ab", "axb", "deployer", "x", "abc"))


def alone(*requests: tuple[str, Mapping[str, Any]], **more: Any) -> Any:
    the_plan = plan_of([Document("plan.json", {**plan(*requests), **more})])
    return needed_by(the_plan, NoFacts(the_plan))


def test_the_plan_alone_says_what_it_can_and_what_it_cannot() -> None:
    needed = alone(*CASES["endpoint"])
    assert [each.grant.action for each in needed.needs] == ["sagemaker:CreateEndpoint"] * 2
    (doubt,) = needed.doubts
    assert "kms:CreateGrant depends on endpoint configuration `Plain`" in doubt.message
    assert "--snapshot FILE or --live" in doubt.resolution


def test_a_plan_that_makes_its_configuration_says_all() -> None:
    needed = alone(
        config(VARIANT, KmsKeyId=KEY), ("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "New"})
    )
    assert needed.doubts == ()
    assert (needed.needs[-1].grant.action, needed.needs[-1].grant.resource) == ("kms:CreateGrant", KEY)


def test_a_configuration_that_is_not_there_is_told_of() -> None:
    the_plan = plan_of(
        [Document("plan.json", plan(("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "x"})))]
    )
    (doubt,) = needed_by(the_plan, Snapshot(snapshot(role("deployer"), **THERE), "s.json")).doubts
    assert "endpoint configuration `x`: it does not exist" in doubt.message
    assert "put the request" in doubt.resolution.lower()


@pytest.mark.parametrize(("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
def test_the_partition_is_that_of_the_region(region: str, partition: str) -> None:
    needed = alone(*CASES["delete"], region=region, principal=f"arn:{partition}:iam::{ACCOUNT}:role/deployer")
    assert needed.needs[0].grant.resource == f"arn:{partition}:sagemaker:{region}:{ACCOUNT}:endpoint-config/plain"


@pytest.mark.parametrize("lacking", ["region", "account"])
def test_region_and_account_have_to_be_known(lacking: str) -> None:
    document = {key: value for key, value in plan(MODEL).items() if key not in (lacking, "principal")}
    with pytest.raises(UsageError, match=f"give --{lacking}, --snapshot or --live"):
        NoFacts(plan_of([Document("plan.json", document)]))
