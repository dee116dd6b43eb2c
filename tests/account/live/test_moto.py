"""The same reads against a server that holds state as AWS does: IAM, S3, KMS, ECR, Organizations."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from preflight.account.facts import Absent, Ask, Fact, Known, Unknown
from preflight.account.live.account import LiveAccount
from preflight.account.live.clients import Connection
from preflight.account.principals import PrincipalFacts, policies_of
from tests.account.live.faulty import Faulty

REGION = "us-east-1"
ACCOUNT = "123456789012"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    yield f"http://{host}:{port}"
    moto.stop()


@pytest.fixture
def url(server: str) -> str:
    import requests

    requests.post(f"{server}/moto-api/reset", timeout=10)
    return server


def client(service: str, url: str) -> Any:
    return boto3.client(service, region_name=REGION, endpoint_url=url)  # type: ignore[call-overload]


def live(url: str) -> LiveAccount:
    return LiveAccount.open(Connection(region=REGION, endpoint_url=url, attempts=1))


def document(action: str = "s3:GetObject") -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def facts_of(account: LiveAccount, arn: str) -> PrincipalFacts:
    fact = policies_of(account, arn)
    assert isinstance(fact, Known), fact
    return fact.value


def test_a_role_with_inline_managed_and_boundary_policies(url: str) -> None:
    iam = client("iam", url)
    managed = iam.create_policy(PolicyName="managed", PolicyDocument=document())["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=managed, PolicyDocument=document("s3:PutObject"), SetAsDefault=True)
    boundary = iam.create_policy(PolicyName="boundary", PolicyDocument=document("*"))["Policy"]["Arn"]
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    tags = [{"Key": "team", "Value": "ml"}]
    role = iam.create_role(
        RoleName="r", Path="/team/", AssumeRolePolicyDocument=trust, PermissionsBoundary=boundary, Tags=tags
    )["Role"]["Arn"]
    iam.put_role_policy(RoleName="r", PolicyName="inline", PolicyDocument=document())
    iam.attach_role_policy(RoleName="r", PolicyArn=managed)
    account = live(url)
    found = facts_of(account, role)
    assert [policy.name for policy in found.policies.identity] == ["inline", managed]
    assert [policy.name for policy in found.policies.boundaries] == [boundary]
    assert (found.tags, dict(found.policies.unknown)) == ({"team": "ml"}, {})
    assert found.policies.service_control is None
    detail = account.read(Ask.one("iam:policy", "", {"PolicyArn": managed}))
    assert isinstance(detail, Known)
    assert detail.value["PolicyVersionList"][0]["Document"] == json.loads(document("s3:PutObject"))
    session = facts_of(account, f"arn:aws:sts::{ACCOUNT}:assumed-role/r/ci")
    assert (session.kind, session.identity_arn) == ("session", role)
    requests = account.stats().requests
    assert requests["iam.GetRole"] == requests["iam.ListRolePolicies"] == 1
    assert requests["iam.GetPolicyVersion"] == 2
    assert account.stats().longest.calls <= 4


def test_a_user_in_a_group(url: str) -> None:
    iam = client("iam", url)
    arn = iam.create_user(UserName="ann")["User"]["Arn"]
    iam.create_group(GroupName="ml")
    iam.add_user_to_group(GroupName="ml", UserName="ann")
    iam.put_group_policy(GroupName="ml", PolicyName="groups", PolicyDocument=document())
    iam.put_user_policy(UserName="ann", PolicyName="own", PolicyDocument=document())
    found = facts_of(live(url), arn)
    assert [policy.name for policy in found.policies.identity] == ["own", "groups"]


def test_who_is_not_there(url: str) -> None:
    account = live(url)
    assert isinstance(policies_of(account, f"arn:aws:iam::{ACCOUNT}:role/none"), Absent)
    assert isinstance(policies_of(account, "arn:aws:iam::999999999999:role/none"), Unknown)


def test_service_control_policies_of_a_member_account(url: str) -> None:
    organizations = client("organizations", url)
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    status = organizations.create_account(AccountName="m", Email="m@example.com")["CreateAccountStatus"]
    member = status["AccountId"]
    policy = organizations.create_policy(
        Content=document("sagemaker:*"), Description="", Name="sagemaker-only", Type="SERVICE_CONTROL_POLICY"
    )["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=policy, TargetId=member)
    account = live(url)

    def levels(target: str) -> Fact[Any]:
        key = {"AccountId": target, "PolicyType": "SERVICE_CONTROL_POLICY"}
        return account.read(Ask.one("organizations:policy-levels", "", key))

    found = levels(member)
    assert isinstance(found, Known)
    names = [[each["name"] for each in level] for level in found.value["levels"]]
    assert len(names) == 2
    assert "sagemaker-only" in names[1]
    assert levels(ACCOUNT) == Known({"levels": None})


def test_buckets_objects_and_prefixes(url: str) -> None:
    s3 = client("s3", url)
    s3.create_bucket(Bucket="models-eu", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="models-eu", Key="a/model.tar.gz", Body=b"x")
    account = live(url)
    bucket = account.read(Ask.one("s3:bucket", REGION, {"Bucket": "models-eu"}))
    assert isinstance(bucket, Known)
    assert bucket.value["BucketRegion"] == "eu-west-1"
    keys = [{"Key": "a/model.tar.gz"}, {"Key": "a/"}, {"Prefix": "a"}, {"Key": "b"}, {"Key": "b/"}, {"Prefix": "b"}]
    facts = account.read_many([Ask.one("s3:object", REGION, {"Bucket": "models-eu", **key}) for key in keys])
    assert [type(fact) for fact in facts] == [Known, Known, Known, Absent, Absent, Absent]
    nowhere = account.read_many(
        [
            Ask.one("s3:bucket", REGION, {"Bucket": "not-a-bucket"}),
            Ask.one("s3:object", REGION, {"Bucket": "not-a-bucket", "Key": "k"}),
            Ask.one("s3:object", REGION, {"Bucket": "not-a-bucket", "Prefix": "k"}),
        ]
    )
    assert [type(fact) for fact in nowhere] == [Absent, Absent, Absent]


def test_keys_aliases_images_and_networks(url: str) -> None:
    kms, ec2, ecr = client("kms", url), client("ec2", url), client("ecr", url)
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/models", TargetKeyId=key)
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    ecr.create_repository(repositoryName="app")
    account = live(url)
    repository = {"registryId": ACCOUNT, "repositoryName": "app"}

    def read(kind: str, **key: str) -> Fact[Any]:
        return account.read(Ask.one(kind, REGION, key))

    by_alias = read("kms:key", KeyId="alias/models")
    assert isinstance(by_alias, Known)
    assert by_alias.value["KeyId"] == key
    assert isinstance(read("kms:key", KeyId="alias/none"), Absent)
    assert isinstance(read("ec2:subnet", SubnetId=subnet), Known)
    assert isinstance(read("ec2:subnet", SubnetId="subnet-0123456789abcdef0"), Absent)
    assert isinstance(read("ec2:security-group", GroupId=group), Known)
    assert isinstance(read("ec2:security-group", GroupId="sg-0123456789abcdef0"), Absent)
    assert isinstance(read("ecr:repository", **repository), Known)
    assert isinstance(read("ecr:image", **repository, imageTag="1"), Absent)
    assert isinstance(read("ecr:image", registryId=ACCOUNT, repositoryName="none", imageTag="1"), Absent)
    assert account.read(
        Ask.all("application-autoscaling:scalable-target", REGION, ServiceNamespace="sagemaker")
    ) == Known([])


def test_an_alarm_a_topic_a_secret_and_a_log_group(url: str) -> None:
    topic = client("sns", url).create_topic(Name="t")["TopicArn"]
    client("secretsmanager", url).create_secret(Name="s", SecretString="x")
    client("logs", url).create_log_group(logGroupName="/aws/sagemaker/Endpoints/a")
    client("cloudwatch", url).put_metric_alarm(
        AlarmName="a",
        Namespace="n",
        MetricName="m",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Period=60,
        Statistic="Sum",
        Threshold=1,
    )
    account = live(url)
    asked = [
        ("sns:topic", {"TopicArn": topic}, {"TopicArn": topic + "x"}),
        ("secretsmanager:secret", {"SecretId": "s"}, {"SecretId": "x"}),
        (
            "logs:log-group",
            {"logGroupName": "/aws/sagemaker/Endpoints/a"},
            {"logGroupName": "/aws/sagemaker/Endpoints"},
        ),
        ("cloudwatch:alarm", {"AlarmName": "a"}, {"AlarmName": "b"}),
    ]
    for kind, there, missing in asked:
        assert isinstance(account.read(Ask.one(kind, REGION, there)), Known), kind
        assert isinstance(account.read(Ask.one(kind, REGION, missing)), Absent), kind


WAITING = """
import sys
from preflight.account.facts import Ask
from preflight.account.live.account import LiveAccount
from preflight.account.live.clients import Connection
account = LiveAccount.open(Connection(region="us-east-1", endpoint_url=sys.argv[1], attempts=1))
print("asking", flush=True)
account.read(Ask.one("sagemaker:model", "us-east-1", {"ModelName": "m"}))
"""


@pytest.mark.slow
def test_ctrl_c_does_not_wait_for_aws(faults: Faulty) -> None:
    faults.latency = 120
    waiting = subprocess.Popen(
        [sys.executable, "-c", WAITING, faults.url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert waiting.stdout is not None
    assert waiting.stdout.readline() == b"asking\n"
    time.sleep(0.5)
    waiting.send_signal(signal.SIGINT)
    _, errors = waiting.communicate(timeout=60)
    assert b"KeyboardInterrupt" in errors
