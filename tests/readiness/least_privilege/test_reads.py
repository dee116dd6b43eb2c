"""The policy for preflight's own reads: all that a check asks of AWS is in it, and it is as narrow as AWS allows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from preflight import catalog
from preflight.account.facts import Account
from preflight.account.snapshots.snapshot import Snapshot
from preflight.data_files import folder
from preflight.documents.plans.plan import Given, Plan
from preflight.documents.plans.requests import plan_of
from preflight.documents.text.document import Document
from preflight.iam.decide import decide
from preflight.iam.decision import Outcome
from preflight.iam.policy import parse_policy
from preflight.iam.request import Policies, Request
from preflight.readiness.least_privilege import NoFacts, documents_of, reads_of, statements_of
from tests.aws.account import Ready, populate
from tests.aws.calls import Call
from tests.aws.control import StandIn
from tests.lint.linting import findings
from tests.readiness.worlds import ACCOUNT, CREATE, DEPLOYER, EXECUTION, REGION, plan, role, snapshot
from tests.scenarios.running import check, command

# What S3 authorizes these by: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html and HeadBucket.
BY = {"s3:HeadObject": "s3:GetObject", "s3:HeadBucket": "s3:ListBucket"}
SAGEMAKER = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}"
CONFIG = {"EndpointConfigName": "demo-config", "ProductionVariants": [{"VariantName": "a", "ModelName": "M"}]}
CONTAINER = {
    "Image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/serve:1",
    "ModelDataUrl": "s3://models/a*b/model.tar.gz",
}
MODEL = {"ModelName": "M", "ExecutionRoleArn": EXECUTION, "PrimaryContainer": CONTAINER}
STORED = {
    "buckets": [{"Name": "models", "BucketRegion": REGION, "Policy": None}],
    "objects": [{"Bucket": "models", "Key": "a*b/model.tar.gz", "BucketRegion": REGION}],
}
PERMISSIONS = (Path(__file__).parents[3] / "docs" / "permissions.md").read_text(encoding="utf-8")


def the_plan(*requests: Any, **more: Any) -> Plan:
    return plan_of([Document("plan.json", {**plan(*(requests or (CREATE,))), **more})])


def reads(account: Account | None = None, given: Plan | None = None) -> dict[str, list[str]]:
    """Return the resources of each action."""
    asked = given or the_plan()
    grants, doubts = reads_of(asked, account or NoFacts(asked))
    assert doubts == []
    found: dict[str, dict[str, None]] = {}
    for grant in grants:
        found.setdefault(grant.action, {})[grant.resource] = None
    return {action: list(resources) for action, resources in found.items()}


def facts(**more: Any) -> Snapshot:
    parts = {"endpoint_configs": [CONFIG], "models": [MODEL], "endpoints": [], "quotas": [], **STORED, **more}
    return Snapshot(snapshot(role("deployer"), role("endpoint-execution"), **parts), "s.json")


def test_what_is_known_is_named() -> None:
    found = reads(facts())
    assert found["sagemaker:DescribeModel"] == [f"{SAGEMAKER}:model/m"]
    assert found["iam:GetRole"] == [DEPLOYER, EXECUTION]
    assert found["ecr:DescribeImages"] == [f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/serve"]
    assert found["s3:GetObject"] == ["arn:aws:s3:::models/a${*}b/model.tar.gz"]
    assert found["s3:ListBucket"] == found["s3:GetBucketPolicy"] == ["arn:aws:s3:::models"]
    assert "iam:GetPolicy" not in found
    assert "kms:DescribeKey" not in found


def test_every_endpoint_is_looked_at_for_the_quotas() -> None:
    found = reads(facts(endpoints=[{"EndpointName": "other", "EndpointStatus": "InService"}]))
    assert found["sagemaker:ListEndpoints"] == ["*"]
    assert found["sagemaker:DescribeEndpoint"] == [f"{SAGEMAKER}:endpoint/*"]
    assert found["sagemaker:DescribeEndpointConfig"] == [f"{SAGEMAKER}:endpoint-config/*"]


def test_the_plan_alone_gives_patterns_for_what_it_leads_to() -> None:
    found = reads()
    assert found["sagemaker:DescribeModel"] == [f"{SAGEMAKER}:model/*"]
    assert found["iam:GetRole"] == [f"arn:aws:iam::{ACCOUNT}:role/*"]
    assert found["iam:GetPolicy"] == [f"arn:aws:iam::{ACCOUNT}:policy/*", "arn:aws:iam::aws:policy/*"]
    assert found["kms:DescribeKey"] == [f"arn:aws:kms:{REGION}:{ACCOUNT}:key/*"]
    assert found["sns:GetTopicAttributes"] == [f"arn:aws:sns:{REGION}:{ACCOUNT}:*"]


def test_the_plan_alone_names_what_it_names() -> None:
    given = the_plan(("DeleteEndpointConfig", {"EndpointConfigName": "Old"}))
    found = reads(given=given)
    assert found["sagemaker:DescribeEndpointConfig"] == [f"{SAGEMAKER}:endpoint-config/*"]
    model = the_plan(("CreateModel", {"ModelName": "M", "ExecutionRoleArn": EXECUTION, "PrimaryContainer": CONTAINER}))
    found = reads(given=model)
    assert found["iam:GetRole"] == [DEPLOYER, EXECUTION]
    assert found["sagemaker:DescribeModel"] == [f"{SAGEMAKER}:model/m"]
    assert "sagemaker:DescribeEndpoint" not in found


def test_what_cloud_control_reads_is_read_by_the_handler_too() -> None:
    group = {"Type": "AWS::Athena::WorkGroup", "Properties": {"Name": "w"}}
    asked = plan_of([Document("t.json", {"Resources": {"W": group}})], given=Given(REGION, ACCOUNT))
    found = {each.action: each.resource for each in reads_of(asked, NoFacts(asked))[0]}
    assert found["cloudformation:GetResource"] == found["athena:GetWorkGroup"] == "*"


def test_a_key_is_read_by_its_arn_not_by_its_alias() -> None:
    arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k-1"
    named = {"endpoint_configs": [{**CONFIG, "KmsKeyId": "alias/volumes"}]}
    known = {"kms_keys": [{"KeyId": "k-1", "Arn": arn}],
             "kms_aliases": [{"AliasName": "alias/volumes", "TargetKeyId": "k-1"}]}  # fmt: skip
    assert reads(facts(**named, **known))["kms:DescribeKey"] == [arn]
    assert reads(facts(**named))["kms:DescribeKey"] == [f"arn:aws:kms:{REGION}:{ACCOUNT}:key/*"]


def test_a_session_stands_for_a_role_whose_path_nobody_knows() -> None:
    given = the_plan(principal=f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/ana")
    assert reads(facts(), given)["iam:GetRole"] == [DEPLOYER, EXECUTION]
    assert reads(given=given)["iam:GetRole"] == [f"arn:aws:iam::{ACCOUNT}:role/*"]


def test_who_calls_has_to_be_known() -> None:
    given = plan_of([Document("plan.json", {key: value for key, value in plan(CREATE).items() if key != "principal"})])
    _, doubts = reads_of(given, facts())
    assert ["--principal ARN" in each.resolution for each in doubts] == [True]


@pytest.mark.parametrize("account", [facts(), None], ids=["snapshot", "plan alone"])
def test_every_action_is_on_what_aws_authorizes_it_on(account: Snapshot | None) -> None:
    for action, resources in reads(account).items():
        service, _, name = action.partition(":")
        known = catalog.action(service, name)
        assert known is not None, action
        assert known.access_levels <= {"Read", "List"}, action
        # Those of organizations are of the organization's own account, which a plan does not name.
        if service not in ("organizations", "account"):
            assert (resources == ["*"]) == (not known.resources), (action, resources)


def test_the_linter_has_nothing_against_it() -> None:
    def found(account: Account, ids: tuple[str, ...]) -> list[str]:
        documents = documents_of(statements_of(reads_of(the_plan(), account)[0]))
        heads = [each.head.id for document in documents for each in findings(document.document)]
        return [each for each in heads if each.startswith(ids)]

    assert found(facts(), ("IAM",)) == []
    # Where patterns stand for what is not known, security rules say so; what is written is right all the same.
    assert found(NoFacts(the_plan()), ("IAM0", "IAM1")) == []


def test_the_page_of_permissions_has_all_of_them() -> None:
    assert set(reads()) <= set(re.findall(r'"([\w-]+:\w+)"', PERMISSIONS))


def test_every_read_in_python_says_what_it_needs() -> None:
    for path in sorted((folder("rules") / "resources").rglob("*.yaml")):
        read = yaml.safe_load(path.read_text(encoding="utf-8")).get("read", {})
        assert ("permissions" in read) == ("python" in read), path


def authorized(call: Call, account: str, ready: Ready) -> str:
    """Return the ARN by which AWS authorizes a call, `*` where it does so by none."""
    given, service, place = call.parameters, call.service, f"{call.region}:{account}"
    for name in ("EndpointName", "EndpointConfigName", "ModelName"):
        if service == "sagemaker" and name in given:
            kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name.removesuffix("Name")).lower()
            return f"arn:aws:sagemaker:{place}:{kind}/{given[name].lower()}"
    match service:
        case "s3":
            # The log has no parameters of S3's calls; there is one bucket with one object.
            return f"arn:aws:s3:::{ready.bucket}" + (f"/{ready.artifact}" if call.operation == "HeadObject" else "")
        case "iam" if "RoleName" in given:
            return f"arn:aws:iam::{account}:role/{given['RoleName']}"
        case "iam":
            return str(given["PolicyArn"])
        case "ecr":
            (name,) = given.get("repositoryNames") or [given["repositoryName"]]
            return f"arn:aws:ecr:{call.region}:{given.get('registryId', account)}:repository/{name}"
        case "kms":
            key = str(given["KeyId"])
            return key if key.startswith("arn:") else f"arn:aws:kms:{place}:key/{key}"
    return "*"


@pytest.mark.parametrize("encrypted", [True, False])
@pytest.mark.parametrize("facts_from", [["--live"], []], ids=["live", "plan alone"])
def test_a_live_check_asks_for_nothing_else(
    aws: StandIn, encrypted: bool, facts_from: list[str], tmp_path: Path
) -> None:
    ready = populate(aws, encrypted=encrypted)
    (tmp_path / "plan.json").write_text(json.dumps(ready.plan()))
    printed = command(aws, "policy", str(tmp_path / "plan.json"), "--for", "preflight", *facts_from)
    assert printed.code == 0, printed
    identity = (parse_policy(json.loads(printed.out), "generated"),)
    # A key's policy lets the account's own policies decide; the other resources have none.
    of_key = {"Effect": "Allow", "Principal": {"AWS": aws.account}, "Action": "kms:*", "Resource": "*"}
    key = parse_policy({"Version": "2012-10-17", "Statement": [of_key]}, "key")
    aws.calls.clear()
    check(aws, ready.plan())
    seen = set()
    for call in aws.calls:
        if call.service != "sts":
            action, resource = BY.get(call.action, call.action), authorized(call, aws.account, ready)
            seen.add(resource)
            request = Request(ready.principal, action, resource, resource_account=aws.account)
            policies = Policies(identity=identity, resource=key if call.service == "kms" else None)
            assert decide(request, policies).outcome is Outcome.ALLOWED, (action, resource, printed.out)
    assert len(seen) > 8
