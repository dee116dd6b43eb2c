"""What is known by shape only: decided for every name it may be, never asked of AWS, and shown as people read it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from preflight.account.facts import Ask, Fact
from preflight.account.snapshots.snapshot import Snapshot
from preflight.documents.plans.plan import Given
from preflight.documents.plans.requests import plan_of, read_plan
from preflight.documents.text.document import Document
from preflight.engine.result import Report, Result
from preflight.readiness.check import check
from preflight.report.formats import FORMATS, rendered
from preflight.report.view import View
from preflight.unresolved import DeployText, marked
from tests.readiness.worlds import ACCOUNT, DEPLOYER, EXECUTION, REGION, allow, policy, role, snapshot, trust

TEMPLATES = Path(__file__).parents[2] / "documents" / "cloudformation" / "templates"
PASSES = allow("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}})
REGIONAL = {
    "endpoints": [],
    "endpoint_configs": [{"EndpointConfigName": "c", "ProductionVariants": []}],
    "models": [],
    "quotas": [{"QuotaName": "ml.m5.large for endpoint usage", "QuotaCode": "L-1", "Value": 4}],
    "scalable_targets": [],
    "instance_types": ["ml.m5.large"],
}


class Asked(Snapshot):
    """A snapshot that remembers what it was asked."""

    def __init__(self, document: Any) -> None:
        super().__init__(document, "snapshot.json")
        self.asked: list[Ask] = []

    def read_many(self, asks: Sequence[Ask]) -> list[Fact[Any]]:
        self.asked.extend(asks)
        return super().read_many(asks)


def checked(template: dict[str, Any], *statements: dict[str, Any], **options: Any) -> tuple[Report, Asked]:
    """Check a template as the deployer with these statements."""
    roles = (role("deployer", *statements), *options.pop("roles", ()))
    account = Asked(snapshot(*roles, **{**REGIONAL, **options.pop("parts", {})}))
    text = json.dumps({"Resources": template.pop("Resources", template), **options.pop("sections", {})}, indent=1)
    given = Given(REGION, ACCOUNT, options.pop("parameters", {}))
    plan = plan_of([Document("t.json", json.loads(text), text)], given=given)
    from preflight.documents.plans.consistency import with_options

    report = check(with_options(plan, principal=DEPLOYER, region=REGION, account=ACCOUNT), account, **options)
    # What who deploys the stack needs beside is another matter.
    return replace(report, results=tuple(each for each in report.results if each.subject != "t")), account


def of(report: Report, rule: str, kind: str = "") -> list[Result]:
    return [each for each in report.results if each.rule == rule and kind in ("", each.kind.value)]


NAMED = {"Parameters": {"Name": {"Type": "String"}}}


def endpoint(name: Any = None, config: Any = "c") -> dict[str, Any]:
    properties = {"EndpointConfigName": config, **({} if name is None else {"EndpointName": name})}
    return {"E": {"Type": "AWS::SageMaker::Endpoint", "Properties": properties}}


BASE = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}"


@pytest.mark.parametrize(
    ("resources", "kind", "words"),
    [
        (f"{BASE}:endpoint*/*", "pass", "(whatever it will be)"),
        ("*", "pass", "(whatever it will be)"),
        (f"{BASE}:endpoint/prod-*", "pass", "(whatever it will be)"),
        (f"{BASE}:endpoint/prod-a*", "open", ", not on"),
        (f"{BASE}:endpoint/*-blue", "open", "depends on parameter Name"),
        (f"{BASE}:endpoint/test-*", "fail", "not on this resource"),
        (f"{BASE}:endpoint-config/*", "fail", "is not authorized"),
    ],
)
def test_allowed_whatever_it_will_be_for_some_or_never(resources: str, kind: str, words: str) -> None:
    allowed = allow("sagemaker:CreateEndpoint", [resources, f"{BASE}:endpoint-config/c"])
    report, _ = checked(endpoint({"Fn::Sub": "prod-${Name}"}), allowed, sections=NAMED, select=["PRE110"])
    (found,) = [each for each in report.results if ":endpoint/" in each.subject]
    assert (found.kind.value, words in found.message) == (kind, True), found.message
    if kind != "pass":
        assert f'"Resource": "{BASE}:endpoint/prod-*"' in found.remedy


def test_a_deny_that_may_meet_the_name() -> None:
    deny = allow("sagemaker:*", f"{BASE}:endpoint/prod-secret*", Effect="Deny")
    report, _ = checked(
        endpoint({"Fn::Sub": "prod-${Name}"}), allow("sagemaker:*"), deny, sections=NAMED, select=["PRE110"]
    )
    assert [each.kind.value for each in report.results] == ["open", "pass", "open"]


def test_what_depends_on_a_parameter_says_how_to_give_it_and_is_not_asked_for() -> None:
    report, account = checked(endpoint({"Ref": "Name"}), allow("*"), sections=NAMED, select=["PRE3"])
    found = of(report, "PRE301") + of(report, "PRE302")
    assert {each.kind.value for each in found} == {"open"}
    assert {each.remedy for each in found} == {"Give --parameters Name=VALUE."}
    assert "`${parameter Name}`" in found[0].message
    assert not any(marked(value) for ask in account.asked for _, value in ask.key)
    given, _ = checked(endpoint({"Ref": "Name"}), allow("*"), sections=NAMED, parameters={"Name": "e"}, select=["PRE3"])
    assert {each.kind.value for each in given.results} == {"pass"}


def test_a_name_that_the_deploy_makes_up_is_well_formed_and_free() -> None:
    report, _ = checked(endpoint(), allow("*"), select=["PRE3", "PRE102"])
    assert {each.kind.value for each in report.results} == {"pass"}
    assert "is free: it is generated at deployment" in of(report, "PRE302")[0].message


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("my_${Name}", "fail", "has `_` in its part `my_`"),
        ("-${Name}", "fail", "begins with `-`"),
        ("${Name}-", "fail", "ends with `-`"),
        (f"{'x' * 63}${{Name}}", "fail", "has 64 characters at least, 1 too many"),
        (f"{'x' * 62}${{Name}}", "open", "depends on parameter Name"),
        ("a${Name}-b", "open", "depends on parameter Name"),
        ("${AWS::StackName}-b", "open", "depends on parameter AWS::StackName"),
    ],
)
def test_the_form_of_a_name_that_is_known_in_part(name: str, kind: str, words: str) -> None:
    report, _ = checked(endpoint({"Fn::Sub": name}), sections=NAMED, select=["PRE301"])
    assert kind in [each.kind.value for each in report.results if words in each.message]


def test_the_arn_of_a_configuration_is_no_name() -> None:
    config = {"Type": "AWS::SageMaker::EndpointConfig", "Properties": variants()["C"]["Properties"]}
    report, _ = checked({**endpoint("e", {"Ref": "C"}), "C": config}, select=["PRE301"])
    assert any("endpoint configuration name" in each.message for each in of(report, "PRE301", "fail"))


MODEL = {"ModelName": "m", "PrimaryContainer": {"ModelDataUrl": f"s3://models-{ACCOUNT}/m.tar.gz"}}
BUCKET = {
    "buckets": [{"Name": f"models-{ACCOUNT}", "BucketRegion": REGION, "Policy": None}],
    "objects": [{"Bucket": f"models-{ACCOUNT}", "Key": "m.tar.gz", "BucketRegion": REGION}],
}


def made(*statements: dict[str, Any], **properties: Any) -> dict[str, Any]:
    """Return a template with a model and the role that it runs with."""
    inline = [{"PolicyName": "p", "PolicyDocument": policy(*statements)}] if statements else []
    execution = {"AssumeRolePolicyDocument": trust(), "Policies": inline, **properties}
    model = {**MODEL, "ExecutionRoleArn": {"Fn::GetAtt": "Role.Arn"}}
    return {
        "Role": {"Type": "AWS::IAM::Role", "Properties": execution},
        "Model": {"Type": "AWS::SageMaker::Model", "Properties": model},
    }


READS = allow("s3:GetObject", {"Fn::Sub": "arn:${AWS::Partition}:s3:::models-${AWS::AccountId}/*"})  # type: ignore[arg-type]


def test_a_role_of_the_template_is_judged_by_the_templates_policies() -> None:
    rules = {"select": ["PRE120", "PRE121", "PRE122"], "parts": BUCKET}
    report, account = checked(made(READS), PASSES, **rules)
    assert {each.kind.value for each in report.results if "s3:" in each.message or each.rule != "PRE121"} == {"pass"}
    assert "is created by the plan" in of(report, "PRE120")[0].message
    assert not any(
        ask.kind == "iam:role" and dict(ask.key).get("RoleArn", DEPLOYER) != DEPLOYER for ask in account.asked
    )
    report, _ = checked(made(), PASSES, **rules)
    assert any("s3:GetObject" in each.message for each in of(report, "PRE121", "fail"))


def test_a_trust_policy_of_the_template() -> None:
    report, _ = checked(made(AssumeRolePolicyDocument=trust("lambda.amazonaws.com")), select=["PRE120"])
    assert [each.kind.value for each in report.results] == ["fail"]


@pytest.mark.parametrize("holder", ["Role", EXECUTION.rpartition("/")[2]])
def test_a_policy_beside_the_role_that_it_is_for(holder: str) -> None:
    attached = {"PolicyName": "later", "Roles": [{"Ref": holder} if holder == "Role" else holder]}
    template = {
        **made(),
        "Later": {"Type": "AWS::IAM::Policy", "Properties": {**attached, "PolicyDocument": policy(READS)}},
    }
    if holder != "Role":
        template["Model"]["Properties"]["ExecutionRoleArn"] = EXECUTION
    report, _ = checked(template, select=["PRE121"], parts=BUCKET, roles=(role(holder),))
    assert {each.kind.value for each in report.results if "s3:GetObject" in each.message} == {"pass"}


def test_a_managed_policy_and_a_boundary_of_the_template() -> None:
    limit = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": policy(allow("logs:*"))}}
    template = {**made(READS, PermissionsBoundary={"Ref": "Limit"}), "Limit": limit}
    report, _ = checked(template, select=["PRE121"], parts=BUCKET)
    (found,) = [each for each in report.results if "s3:GetObject" in each.message]
    assert "no permissions boundary allows" in found.message


DATA = {"Type": "AWS::S3::Bucket"}


@pytest.mark.parametrize(
    ("resource", "kind"),
    [
        ({"Fn::Sub": "${Data.Arn}/*"}, "pass"),
        ({"Fn::Sub": "${Data.Arn}/m.tar.gz"}, "pass"),
        ({"Fn::Sub": "arn:aws:s3:::${Other}/*"}, "open"),
        ({"Fn::Sub": "${Data.Arn}/n.tar.gz"}, "fail"),
        ("arn:aws:s3:::data-*", "open"),
        ("arn:aws:logs:*:*:*", "fail"),
    ],
)
def test_a_policy_on_what_the_template_makes(resource: Any, kind: str) -> None:
    template = {**made(allow("s3:GetObject", resource)), "Data": DATA}
    template["Model"]["Properties"]["PrimaryContainer"] = {"ModelDataUrl": {"Fn::Sub": "s3://${Data}/m.tar.gz"}}
    report, _ = checked(template, select=["PRE121"], sections={"Parameters": {"Other": {"Type": "String"}}})
    (found,) = [each for each in report.results if "s3:GetObject" in each.message]
    assert found.kind.value == kind, found.message


def test_a_deny_of_the_templates_own_that_may_meet_the_resource() -> None:
    deny = allow("s3:*", {"Fn::Sub": "arn:aws:s3:::${Other}/*"}, Effect="Deny")  # type: ignore[arg-type]
    other = {"Parameters": {"Other": {"Type": "String"}}}
    report, _ = checked(made(READS, deny), select=["PRE121"], sections=other, parts=BUCKET)
    (found,) = [each for each in report.results if "s3:GetObject" in each.message]
    assert (found.kind.value, "depends on parameter Other" in found.message) == ("open", True)
    report, _ = checked(
        made(READS, deny), select=["PRE121"], sections=other, parts=BUCKET, parameters={"Other": f"models-{ACCOUNT}"}
    )
    assert "fail" in [each.kind.value for each in report.results if "s3:GetObject" in each.message]


def variants(**members: Any) -> dict[str, Any]:
    variant = {
        "VariantName": "v",
        "ModelName": "m",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
        **members,
    }
    config = {"Type": "AWS::SageMaker::EndpointConfig", "Properties": {"ProductionVariants": [variant]}}
    return {**endpoint("e", {"Fn::GetAtt": "C.EndpointConfigName"}), "C": config}


def test_amounts_and_types_that_are_not_known() -> None:
    count = {"Parameters": {"Count": {"Type": "Number"}}}
    report, _ = checked(variants(InitialInstanceCount={"Ref": "Count"}), sections=count, select=["PRE501"])
    (found,) = of(report, "PRE501", "open")
    assert "depends on parameter Count" in found.message and found.remedy == "Give --parameters Count=VALUE."
    kind = {"Parameters": {"Kind": {"Type": "String"}}}
    report, _ = checked(variants(InstanceType={"Ref": "Kind"}), sections=kind, select=["PRE5"])
    assert "depends on parameter Kind" in of(report, "PRE501", "open")[0].message
    assert of(report, "PRE505", "open") and not of(report, "PRE501", "pass")


def test_a_member_whose_form_is_not_known() -> None:
    network = {"Parameters": {"Groups": {"Type": "CommaDelimitedList"}}}
    template = made(READS)
    template["Model"]["Properties"]["VpcConfig"] = {"Subnets": ["subnet-1"], "SecurityGroupIds": {"Ref": "Groups"}}
    report, _ = checked(template, sections=network, select=["PRE102"])
    (found,) = of(report, "PRE102")
    assert found.message == "what VpcConfig.SecurityGroupIds of Model says depends on parameter Groups"


@pytest.mark.parametrize(
    ("condition", "kind"),
    [
        ({"Bool": {"aws:ViaAWSService": "true"}}, "pass"),
        ({"Bool": {"aws:ViaAWSService": "false"}}, "fail"),
        ({"ForAnyValue:StringEquals": {"aws:CalledVia": ["cloudformation.amazonaws.com"]}}, "pass"),
        ({"Null": {"aws:CalledVia": "true"}}, "fail"),
    ],
)
def test_cloudformation_calls_in_the_name_of_its_caller(condition: Any, kind: str) -> None:
    report, _ = checked(endpoint("e"), allow("sagemaker:*", Condition=condition), select=["PRE110"])
    assert {each.kind.value for each in report.results} == {kind}


def test_a_tag_that_is_not_known_is_not_taken_for_absent() -> None:
    template = endpoint("e")
    template["E"]["Properties"]["Tags"] = [{"Key": "stage", "Value": {"Ref": "Name"}}]
    tagged = allow("sagemaker:*", Condition={"StringEquals": {"aws:RequestTag/stage": "prod"}})
    reads = allow("sagemaker:Describe*")
    report, _ = checked(template, tagged, reads, sections=NAMED, select=["PRE110"])
    assert {each.kind.value for each in report.results if "Describe" not in each.message} == {"open"}
    report, _ = checked(template, tagged, reads, sections=NAMED, select=["PRE110"], parameters={"Name": "prod"})
    assert {each.kind.value for each in report.results} == {"pass"}


def test_a_place_in_s3_of_which_nothing_is_known() -> None:
    where = {"Parameters": {"Where": {"Type": "String"}}}
    template = made(READS)
    template["Model"]["Properties"]["PrimaryContainer"] = {"ModelDataUrl": {"Ref": "Where"}}
    report, _ = checked(template, sections=where, select=["PRE121", "PRE403", "PRE210"])
    assert not of(report, "PRE403", "fail")
    assert any("it depends on parameter Where" in each.message for each in of(report, "PRE403", "open"))
    assert any("s3:GetObject" in each.message for each in of(report, "PRE121", "open"))
    capture = {"InitialSamplingPercentage": 10, "DestinationS3Uri": {"Ref": "Where"}, "CaptureOptions": []}
    template = variants()
    template["C"]["Properties"]["DataCaptureConfig"] = {**capture, "CaptureOptions": [{"CaptureMode": "Input"}]}
    report, _ = checked(template, sections=where, select=["PRE403"])
    assert of(report, "PRE403", "open") and not of(report, "PRE403", "pass")


EITHER = {
    "Parameters": {"Stage": {"Type": "String"}},
    "Conditions": {
        "Prod": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
        "Test": {"Fn::Not": [{"Condition": "Prod"}]},
    },
}


def test_one_of_two_that_have_the_same_name() -> None:
    two = {name: {**endpoint("e")["E"], "Condition": name} for name in ("Prod", "Test")}
    report, _ = checked(dict(two), sections=EITHER, select=["PRE302"])
    assert [each.kind.value for each in report.results] == ["pass", "open"]
    report, _ = checked(dict(two), sections=EITHER, select=["PRE302"], parameters={"Stage": "prod"})
    assert [each.kind.value for each in report.results] == ["pass"]


@pytest.mark.parametrize(("stage", "kind"), [(None, "open"), ("prod", "pass"), ("test", "fail")])
def test_a_role_and_a_policy_that_may_not_be_made(stage: str | None, kind: str) -> None:
    inline = {"PolicyName": "p", "Roles": ["execution"], "PolicyDocument": policy(READS)}
    template = {
        **made(RoleName="execution"),
        "Later": {"Type": "AWS::IAM::Policy", "Condition": "Prod", "Properties": inline},
    }
    given = {} if stage is None else {"Stage": stage}
    report, _ = checked(template, sections=EITHER, select=["PRE121"], parts=BUCKET, parameters=given)
    (found,) = [each for each in report.results if "s3:GetObject" in each.message]
    assert found.kind.value == kind, found.message
    template = {**made(READS, RoleName="execution"), **endpoint("e")}
    template["Role"]["Condition"] = "Prod"
    template["Model"]["Properties"]["ExecutionRoleArn"] = f"arn:aws:iam::{ACCOUNT}:role/execution"
    report, _ = checked(template, sections=EITHER, select=["PRE120"], parameters=given)
    assert of(report, "PRE120")[0].kind.value == kind


def test_networks_keys_and_buckets_of_the_template() -> None:
    plan = read_plan([str(TEMPLATES / "asynchronous.yaml")], given=Given(REGION, ACCOUNT))
    account = Asked(snapshot(role("deployer", allow("*")), **REGIONAL))
    from preflight.documents.plans.consistency import with_options

    report = check(with_options(plan, principal=DEPLOYER), account, select=["PRE403", "PRE405", "PRE408"])
    assert {(each.rule, each.kind.value) for each in report.results} == {
        ("PRE403", "pass"), ("PRE405", "pass"), ("PRE408", "pass")
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(path.name for path in TEMPLATES.iterdir() if path.suffix in (".yaml", ".json")))
def test_no_report_shows_what_stands_for_the_unknown(name: str) -> None:
    region = "cn-north-1" if name.startswith("china") else REGION
    partition = "aws-cn" if name.startswith("china") else "aws"
    principal = f"arn:{partition}:iam::{ACCOUNT}:role/deployer"
    plan = read_plan([str(TEMPLATES / name)], given=Given(region, ACCOUNT))
    account = Asked(snapshot(role("deployer", partition=partition), region=region, partition=partition, **REGIONAL))
    from preflight.documents.plans.consistency import with_options

    report = check(with_options(plan, principal=principal), account)
    assert report.results and not any("internal error in the check" in each.message for each in report.results)
    for form in FORMATS:
        assert not marked(rendered(report, form, View(verbose=True))), form
    assert not any(marked(value) for ask in account.asked for _, value in ask.key)


def test_a_document_may_not_bring_its_own_marks() -> None:
    from preflight.errors import InputError

    for text in (DeployText.unknown("x"), json.dumps(DeployText.unknown("x"))[1:-1]):
        document = f'{{"EndpointName": "{text}", "EndpointConfigName": "c"}}'
        with pytest.raises(InputError, match="private-use characters"):
            plan_of([Document("r.json", json.loads(document), document)])
