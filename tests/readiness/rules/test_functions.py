"""Lambda functions and model packages: what their roles and their callers need, layers and dead letters."""

from __future__ import annotations

from typing import Any

from tests.readiness.worlds import ACCOUNT, EXECUTION, REGION, allow, plan, results, role, snapshot, trust

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
LAYER = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:shared:3"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/serve:1"
FUNCTION: dict[str, Any] = {
    "FunctionName": "f",
    "Role": EXECUTION,
    "Runtime": "python3.13",
    "Handler": "a.b",
    "Code": {"S3Bucket": "code", "S3Key": "f.zip"},
}
VPC = {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
OWN = {"Version": "2012-10-17", "Statement": [allow("kms:*", Principal=ROOT)]}
POLICIES = {"kms_keys": [{"KeyId": KEY.rpartition("/")[2], "Arn": KEY, "Policy": OWN}]}


def said(
    rule: str, operation: str, request: Any, *, execution: Any = (), caller: Any = (), **parts: Any
) -> dict[str, str]:
    """Return the kinds of one rule's results by the action they name; by their number where they name none."""
    roles = (
        role("endpoint-execution", *execution, AssumeRolePolicyDocument=trust("lambda.amazonaws.com")),
        role("deployer", *caller),
    )
    found = results(rule, plan((operation, request)), snapshot(*roles, **parts))
    named = [each.message.partition(" on ")[0].rpartition(" ")[2] for each in found]
    return {
        name if ":" in name else str(at): each.kind.value
        for at, (name, each) in enumerate(zip(named, found, strict=True))
    }


def of_role(execution: Any = (), **members: Any) -> dict[str, str]:
    return said("PRE121", "lambda:CreateFunction", {**FUNCTION, **members}, execution=execution)


def of_caller(caller: Any = (), **members: Any) -> dict[str, str]:
    return said("PRE110", "lambda:CreateFunction", {**FUNCTION, **members}, caller=caller, **POLICIES)


def test_the_role_connects_the_function_to_its_vpc() -> None:
    assert "ec2:CreateNetworkInterface" not in of_role()
    assert of_role(VpcConfig=VPC)["ec2:CreateNetworkInterface"] == "fail"
    assert of_role([allow("ec2:*")], VpcConfig=VPC)["ec2:CreateNetworkInterface"] == "pass"


def test_the_role_sends_dead_letters_and_traces_and_mounts() -> None:
    queue = {"DeadLetterConfig": {"TargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"}}
    assert of_role(**queue)["sqs:SendMessage"] == "open"
    assert of_role([allow("sqs:SendMessage")], **queue)["sqs:SendMessage"] == "pass"
    topic = {"DeadLetterConfig": {"TargetArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:dead"}}
    assert of_role([allow("sns:Publish")], **topic)["sns:Publish"] == "pass"
    assert "sqs:SendMessage" not in of_role(**topic)
    traced = {"TracingConfig": {"Mode": "Active"}}
    assert of_role(**traced)["xray:PutTraceSegments"] == "fail"
    assert of_role([allow("xray:*")], **traced)["xray:PutTraceSegments"] == "pass"
    assert "xray:PutTraceSegments" not in of_role(TracingConfig={"Mode": "PassThrough"})
    point = f"arn:aws:elasticfilesystem:{REGION}:{ACCOUNT}:access-point/fsap-12345678901234567"
    mounts = {"FileSystemConfigs": [{"Arn": point, "LocalMountPath": "/mnt/a"}], "VpcConfig": VPC}
    assert of_role(**mounts)["elasticfilesystem:ClientMount"] == "open"
    assert of_role([allow("elasticfilesystem:*")], **mounts)["elasticfilesystem:ClientMount"] == "pass"


def test_the_caller_reads_the_image_and_the_layers_and_grants_the_key() -> None:
    image = {"PackageType": "Image", "Code": {"ImageUri": IMAGE}, "Runtime": None, "Handler": None}
    image = {name: value for name, value in {**FUNCTION, **image}.items() if value is not None}
    found = said("PRE110", "lambda:CreateFunction", image, repositories=[])
    assert found["ecr:BatchGetImage"] in ("fail", "open")
    assert of_caller(Layers=[LAYER])["lambda:GetLayerVersion"] == "fail"
    assert of_caller([allow("lambda:*")], Layers=[LAYER])["lambda:GetLayerVersion"] == "pass"
    assert of_caller(KMSKeyArn=KEY)["kms:CreateGrant"] == "fail"
    assert of_caller([allow("kms:CreateGrant")], KMSKeyArn=KEY)["kms:CreateGrant"] == "pass"


def test_layers_exist_in_the_region_of_the_function() -> None:
    def layers(arn: str, **parts: Any) -> set[str]:
        return set(said("PRE408", "lambda:CreateFunction", {**FUNCTION, "Layers": [arn]}, **parts).values())

    assert layers(LAYER, layers=[{"LayerVersionArn": LAYER}]) == {"pass"}
    assert layers(LAYER, layers=[]) == {"fail"}
    assert layers(LAYER) == {"open"}
    away = LAYER.replace(REGION, "eu-west-1")
    assert "fail" in layers(away, layers=[{"LayerVersionArn": away}])


def test_a_model_that_names_a_function_needs_nothing_of_the_functions_role() -> None:
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:credentials"
    access = {"RepositoryAccessMode": "Vpc", "RepositoryAuthConfig": {"RepositoryCredentialsProviderArn": function}}
    model = {
        "ModelName": "m",
        "ExecutionRoleArn": EXECUTION,
        "PrimaryContainer": {"Image": "r/i", "ImageConfig": access},
    }
    there = [{"FunctionName": "credentials", "FunctionArn": function, "VpcConfig": VPC, "Role": EXECUTION}]
    found = said("PRE121", "sagemaker:CreateModel", model, functions=there)
    assert "lambda:InvokeFunction" in found and "logs:CreateLogGroup" not in found


def test_the_role_of_a_packages_validation() -> None:
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/in/"}}
    job = {"TransformInput": {"DataSource": source}, "TransformOutput": {"S3OutputPath": "s3://results/out"}}
    validation = {
        "ValidationRole": EXECUTION,
        "ValidationProfiles": [{"ProfileName": "p", "TransformJobDefinition": job}],
    }
    package = {"ModelPackageName": "p", "ValidationSpecification": validation}
    buckets = [{"Name": name, "BucketRegion": REGION, "Policy": None} for name in ("data", "results")]
    found = said("PRE121", "sagemaker:CreateModelPackage", package, buckets=buckets)
    assert {found[each] for each in ("s3:GetObject", "s3:ListBucket", "s3:PutObject")} == {"fail"}
    held = said("PRE121", "sagemaker:CreateModelPackage", package, execution=[allow("s3:*")], buckets=buckets)
    assert set(held.values()) == {"pass"}
    assert said("PRE122", "sagemaker:CreateModelPackage", package)["iam:PassRole"] == "fail"
    assert said("PRE120", "sagemaker:CreateModelPackage", package) == {"sts:AssumeRole": "fail"}


def test_the_repository_lets_lambda_pull_or_lambda_adds_itself() -> None:
    image = {"FunctionName": "f", "Role": EXECUTION, "PackageType": "Image", "Code": {"ImageUri": IMAGE}}
    pull = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    shared = {"Version": "2012-10-17", "Statement": [allow(pull, Principal={"Service": "lambda.amazonaws.com"})]}
    # A repository's policy has no Resource.
    shared["Statement"][0].pop("Resource")
    for policy, caller, kind in (
        (None, [allow(pull)], "open"),
        (None, [allow("ecr:*")], "pass"),
        (shared, [allow(pull)], "pass"),
    ):
        repository = {"registryId": ACCOUNT, "repositoryName": "serve", "Policy": policy}
        found = said("PRE110", "lambda:CreateFunction", image, caller=caller, repositories=[repository])
        asked = [value for name, value in found.items() if name not in ("lambda:CreateFunction", *pull)]
        assert asked and set(asked) == {kind}, (policy, caller, found)


def test_a_version_of_a_package_has_no_name_and_a_group() -> None:
    request = {"ModelPackageGroupName": "g", "InferenceSpecification": {"Containers": [{"Image": IMAGE}]}}
    assert said("PRE302", "sagemaker:CreateModelPackage", request) == {"0": "notApplicable"}
    for groups, kind in (([{"ModelPackageGroupName": "g"}], "pass"), ([], "fail")):
        found = said("PRE408", "sagemaker:CreateModelPackage", request, model_package_groups=groups)
        assert set(found.values()) == {kind}


def test_an_adapter_has_a_base() -> None:
    specification = {"BaseInferenceComponentName": "base", "Container": {"ArtifactUrl": "s3://code/a.tar.gz"}}
    request = {"InferenceComponentName": "ic", "EndpointName": "e", "Specification": specification}
    for components, kind in (([{"InferenceComponentName": "base", "EndpointName": "e"}], "pass"), ([], "fail")):
        found = said("PRE408", "sagemaker:CreateInferenceComponent", request, inference_components=components)
        assert set(found.values()) == {kind}
