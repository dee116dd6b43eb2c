"""A part that is absent is unknown; a part that is there and lacks the item is absent."""

import gzip
import json
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from preflight.account.facts import Absent, Ask, Fact, Known, Unknown
from preflight.account.snapshots.snapshot import Snapshot, require_account
from preflight.data_files import folder
from preflight.declared.resource_kinds import all_kinds, load_kind
from preflight.documents.text.document import Document
from preflight.documents.text.load import load_text
from preflight.errors import InputError, PreflightError

ACCOUNT = "111122223333"
REGION = "us-east-1"
SCHEMA = json.loads((folder("schemas") / "snapshot.schema.json").read_text())


def snapshot(region: dict[str, Any] | None = None, **members: Any) -> Snapshot:
    regions = {"regions": {REGION: region}} if region is not None else {}
    document = {"version": 1, "account": ACCOUNT, **regions, **members}
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    return Snapshot(document, "facts.json")


def one(facts: Snapshot, kind: str, region: str = REGION, **key: str) -> Fact[Any]:
    return facts.read(Ask.one(kind, region, key))


def test_names_compare_without_case_where_aws_does() -> None:
    facts = snapshot({"endpoints": [{"EndpointName": "Fraud"}], "endpoint_configs": [{"EndpointConfigName": "Fraud"}]})
    assert one(facts, "sagemaker:endpoint", EndpointName="FRAUD") == Known({"EndpointName": "Fraud"})
    assert isinstance(one(facts, "sagemaker:endpoint-config", EndpointConfigName="FRAUD"), Absent)


def test_absent_part_is_unknown_and_says_what_to_add() -> None:
    fact = one(snapshot({}), "sagemaker:model", ModelName="m")
    assert isinstance(fact, Unknown)
    assert fact.reason == "facts.json doesn't contain regions.us-east-1.models"
    assert "DescribeModel" in fact.resolution


def test_empty_part_is_known() -> None:
    facts = snapshot({"models": []})
    assert isinstance(one(facts, "sagemaker:model", ModelName="m"), Absent)
    assert facts.read(Ask.all("sagemaker:model", REGION)) == Known([])


@pytest.mark.parametrize("name", [name for name in all_kinds() if load_kind(name).section("snapshot")])
def test_of_an_empty_snapshot_everything_is_unknown(name: str) -> None:
    key = dict.fromkeys(load_kind(name).identity, f"arn:aws:x::{ACCOUNT}:y")
    key |= {"PolicyType": "SERVICE_CONTROL_POLICY"} if "PolicyType" in key else {}
    for ask in (Ask.one(name, REGION, key), Ask.all(name, REGION)):
        if ask.key or name.partition(":")[0] not in ("account", "sts", "organizations"):
            fact = snapshot({}).read(ask)
            assert isinstance(fact, Unknown), fact
            assert fact.reason
            assert fact.resolution


def test_a_region_that_is_not_there_is_unknown() -> None:
    fact = one(snapshot({"models": []}), "sagemaker:model", region="eu-west-1", ModelName="m")
    assert isinstance(fact, Unknown)
    assert "eu-west-1" in fact.reason


def test_objects() -> None:
    facts = snapshot(
        {
            "buckets": [{"Name": "models", "BucketRegion": "eu-west-1"}],
            "objects": [
                {"Bucket": "models", "Key": "a/model.tar.gz"},
                {"Bucket": "other", "Key": "k", "BucketRegion": "x"},
            ],
        }
    )
    found = one(facts, "s3:object", Bucket="models", Key="a/model.tar.gz")
    assert isinstance(found, Known)
    assert found.value["BucketRegion"] == "eu-west-1"
    assert isinstance(one(facts, "s3:object", Bucket="models", Key="b"), Absent)
    assert isinstance(one(facts, "s3:object", Bucket="nowhere", Key="b"), Unknown)
    assert isinstance(one(facts, "s3:bucket", Bucket="nowhere"), Unknown)
    # A bucket with a listed object exists, and is as good as listed.
    assert one(facts, "s3:bucket", Bucket="other") == Known({"Name": "other", "BucketRegion": "x"})
    assert isinstance(one(facts, "s3:object", Bucket="other", Key="z"), Absent)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"Key": "a/"}, "a/1"),
        ({"Prefix": "a/1"}, "a/1"),
        ({"Prefix": "b"}, "b/2"),
        ({"Key": ""}, "a/1"),
        ({"Key": "c/"}, None),
        ({"Prefix": "a/2"}, None),
    ],
)
def test_prefixes(asked: dict[str, str], expected: str | None) -> None:
    keys = ["b/2", "a/1", "a0"]
    facts = snapshot({"buckets": [{"Name": "m"}], "objects": [{"Bucket": "m", "Key": key} for key in keys]})
    fact = one(facts, "s3:object", Bucket="m", **asked)
    if expected is None:
        assert isinstance(fact, Absent)
    else:
        assert isinstance(fact, Known)
        assert fact.value["Key"] == expected


def test_a_prefix_of_another_bucket_does_not_count() -> None:
    objects = [{"Bucket": "other", "Key": "a/1"}]
    facts = snapshot({"buckets": [{"Name": "m"}, {"Name": "other"}], "objects": objects})
    assert isinstance(one(facts, "s3:object", Bucket="m", Prefix="a/"), Absent)


def test_buckets_are_found_whatever_region_lists_them() -> None:
    document = {
        "version": 1,
        "account": ACCOUNT,
        "regions": {REGION: {}, "eu-west-1": {"buckets": [{"Name": "m"}], "objects": [{"Bucket": "m", "Key": "k"}]}},
    }
    facts = Snapshot(document, "facts.json")
    assert isinstance(one(facts, "s3:object", Bucket="m", Key="k"), Known)
    assert isinstance(one(facts, "s3:object", Bucket="m", Key="z"), Absent)


def test_objects_that_no_region_of_their_bucket_lists_are_unknown() -> None:
    document = {
        "version": 1,
        "account": ACCOUNT,
        "regions": {REGION: {"buckets": [{"Name": "m"}]}, "eu-west-1": {"objects": [{"Bucket": "other", "Key": "k"}]}},
    }
    fact = one(Snapshot(document, "facts.json"), "s3:object", Bucket="m", Key="k")
    assert isinstance(fact, Unknown)
    assert "regions.us-east-1.objects" in fact.reason


def image(tag: str, repository: str = "app", registry: str = ACCOUNT) -> dict[str, str]:
    return {"registryId": registry, "repositoryName": repository, "imageTag": tag}


def test_images() -> None:
    facts = snapshot(
        {
            "repositories": [{"registryId": ACCOUNT, "repositoryName": "empty"}],
            "images": [
                {
                    "registryId": ACCOUNT,
                    "repositoryName": "app",
                    "imageTags": ["1", "latest"],
                    "imageDigest": "sha256:a",
                }
            ],
        }
    )
    assert isinstance(one(facts, "ecr:image", **image("latest")), Known)
    by_digest = {"registryId": ACCOUNT, "repositoryName": "app", "imageDigest": "sha256:a"}
    assert isinstance(one(facts, "ecr:image", **by_digest), Known)
    assert isinstance(one(facts, "ecr:image", **image("2")), Absent)
    assert isinstance(one(facts, "ecr:image", **image("1", "empty")), Absent)
    assert isinstance(one(facts, "ecr:image", **image("1", "none")), Absent)
    assert isinstance(one(facts, "ecr:image", **image("1", "app", "763104351884")), Unknown)


@pytest.mark.parametrize(
    ("kind", "part", "entry", "key"),
    [
        ("s3:bucket-policy", "buckets", {"Name": "b"}, {"Bucket": "b"}),
        (
            "ecr:repository-policy",
            "repositories",
            {"registryId": ACCOUNT, "repositoryName": "r"},
            {"registryId": ACCOUNT, "repositoryName": "r"},
        ),
        ("kms:key-policy", "kms_keys", {"KeyId": "k", "Arn": "arn:aws:kms:x"}, {"KeyId": "arn:aws:kms:x"}),
        ("lambda:function-policy", "functions", {"FunctionName": "f"}, {"FunctionName": "f"}),
        ("sns:topic-policy", "topics", {"TopicArn": "t"}, {"TopicArn": "t"}),
    ],
)
def test_policies_of_resources(kind: str, part: str, entry: dict[str, Any], key: dict[str, str]) -> None:
    document = {"Version": "2012-10-17", "Statement": []}
    assert one(snapshot({part: [{**entry, "Policy": document}]}), kind, **key) == Known(document)
    assert isinstance(one(snapshot({part: [{**entry, "Policy": None}]}), kind, **key), Absent)
    # Neither what says nothing of a policy nor what lists no such resource knows that there is none.
    for region in ({part: [entry]}, {part: []}, {}):
        fact = one(snapshot(region), kind, **key)
        assert isinstance(fact, Unknown)
        assert f"regions.us-east-1.{part}" in fact.reason
        assert not fact.code


def test_a_repository_that_is_not_listed_leaves_its_images_unknown() -> None:
    facts = snapshot({"images": []})
    assert isinstance(one(facts, "ecr:image", **image("1")), Unknown)


def test_keys_and_aliases() -> None:
    key = {"KeyId": "1234", "Arn": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234", "KeyState": "Enabled"}
    facts = snapshot({"kms_keys": [key], "kms_aliases": [{"AliasName": "alias/a", "TargetKeyId": "1234"}]})
    assert one(facts, "kms:key", KeyId="1234") == Known(key)
    assert one(facts, "kms:key", KeyId=key["Arn"]) == Known(key)
    assert one(facts, "kms:key", KeyId="alias/a") == Known(key)
    assert isinstance(one(facts, "kms:key", KeyId="alias/b"), Absent)
    assert isinstance(one(facts, "kms:key", KeyId="5678"), Absent)
    foreign = one(facts, "kms:key", KeyId="arn:aws:kms:us-east-1:999999999999:key/1")
    assert isinstance(foreign, Unknown)
    assert "999999999999" in foreign.reason


def test_an_alias_without_the_aliases_is_unknown() -> None:
    fact = one(snapshot({"kms_keys": []}), "kms:key", KeyId="alias/a")
    assert isinstance(fact, Unknown)
    assert "kms_aliases" in fact.reason


def test_the_region_and_its_sts() -> None:
    facts = snapshot({"RegionOptStatus": "ENABLED_BY_DEFAULT", "sts_active": False})
    assert facts.read(Ask.one("account:region", "", {"RegionName": REGION})) == Known(
        {"RegionName": REGION, "RegionOptStatus": "ENABLED_BY_DEFAULT"}
    )
    assert one(facts, "sts:regional-endpoint", RegionName=REGION) == Known({"RegionName": REGION, "active": False})


def test_quotas_without_a_service_are_sagemakers() -> None:
    quotas = [{"QuotaName": "a", "Value": 1}, {"QuotaName": "b", "Value": 2, "ServiceCode": "ec2"}]
    facts = snapshot({"quotas": quotas})
    assert facts.read(Ask.all("service-quotas:quota", REGION, ServiceCode="sagemaker")) == Known(quotas[:1])
    assert facts.read(Ask.all("service-quotas:quota", REGION, ServiceCode="ec2")) == Known(quotas[1:])


def test_instance_types() -> None:
    facts = snapshot({"instance_types": ["ml.m5.large"]})
    assert facts.read(Ask.all("sagemaker:instance-type", REGION)) == Known(["ml.m5.large"])
    assert isinstance(one(facts, "sagemaker:instance-type", InstanceType="ml.m5.large"), Known)
    assert isinstance(one(facts, "sagemaker:instance-type", InstanceType="ml.p5.48xlarge"), Absent)


def test_roles() -> None:
    role = {"RoleName": "r", "Arn": f"arn:aws:iam::{ACCOUNT}:role/team/r"}
    facts = snapshot(iam={"RoleDetailList": [role]})
    assert one(facts, "iam:role", region="", RoleName="r") == Known(role)
    assert one(facts, "iam:role", region="", RoleArn=role["Arn"]) == Known(role)
    assert isinstance(one(facts, "iam:role", region="", RoleArn=f"arn:aws:iam::{ACCOUNT}:role/r"), Absent)
    assert isinstance(one(facts, "iam:role", region="", RoleArn="arn:aws:iam::999999999999:role/r"), Unknown)
    assert isinstance(one(facts, "iam:user", region="", UserName="u"), Unknown)


LEVELS = [[{"name": "root", "policy": {"Version": "2012-10-17", "Statement": []}}], []]


@pytest.mark.parametrize(
    ("organization", "expected"),
    [
        (None, None),
        ({"MasterAccountId": ACCOUNT}, None),
        ({"service_control_policies": {ACCOUNT: None}}, None),
        ({"service_control_policies": {ACCOUNT: LEVELS}}, LEVELS),
    ],
)
def test_organization(organization: Any, expected: Any) -> None:
    facts = snapshot(organization=organization)
    fact = one(facts, "organizations:policy-levels", "", AccountId=ACCOUNT, PolicyType="SERVICE_CONTROL_POLICY")
    assert fact == Known({"levels": expected})


@pytest.mark.parametrize("organization", [{}, {"service_control_policies": {}}, {"resource_control_policies": {}}])
def test_organization_that_does_not_say_is_unknown(organization: dict[str, Any]) -> None:
    facts = snapshot(organization=organization)
    fact = one(facts, "organizations:policy-levels", "", AccountId=ACCOUNT, PolicyType="SERVICE_CONTROL_POLICY")
    assert isinstance(fact, Unknown)
    assert f"organization.service_control_policies.{ACCOUNT}" in fact.reason


def test_about_itself() -> None:
    facts = snapshot({}, partition="aws-cn")
    assert (facts.account_id(), facts.partition, facts.source) == (Known(ACCOUNT), "aws-cn", "facts.json")
    assert isinstance(facts.caller(), Unknown)
    assert snapshot({}).partition == "aws"


def test_another_account_is_refused_naming_both() -> None:
    with pytest.raises(InputError, match=r"facts.json: .*111122223333.*--account.*999999999999"):
        require_account(snapshot({}).account_id(), "999999999999", source="facts.json", said_by="--account")
    require_account(snapshot({}).account_id(), ACCOUNT, source="facts.json", said_by="--account")
    require_account(Unknown("denied"), "999999999999", source="facts.json", said_by="--account")
    require_account(snapshot({}).account_id(), None, source="facts.json", said_by="--account")


def test_an_undeclared_kind_is_an_error_not_an_answer() -> None:
    with pytest.raises(PreflightError, match="no resource kind"):
        snapshot({}).read(Ask.all("sagemaker:endpoints", REGION))


def test_large_snapshots_answer_fast() -> None:
    many = 20_000
    facts = Snapshot(
        {
            "version": 1,
            "account": ACCOUNT,
            "regions": {
                REGION: {
                    "endpoints": [{"EndpointName": f"e{n}"} for n in range(many)],
                    "buckets": [{"Name": "m"}],
                    "objects": [{"Bucket": "m", "Key": f"k/{n}/model.tar.gz"} for n in range(many)],
                }
            },
        },
        "facts.json",
    )
    started = time.thread_time()
    for n in range(0, many, 20):
        assert isinstance(one(facts, "sagemaker:endpoint", EndpointName=f"E{n}"), Known)
        assert isinstance(one(facts, "s3:object", Bucket="m", Prefix=f"k/{n}/"), Known)
    assert time.thread_time() - started < 5


@pytest.mark.parametrize(
    "wrong",
    [
        {"account": 111122223333},
        {"version": 2},
        {"region": {}},
        {"regions": {REGION: {"endpoint": []}}},
        {"regions": {REGION: {"endpoints": {}}}},
        {"regions": {REGION: {"endpoints": [{"EndpointStatus": "Failed"}]}}},
        {"regions": {"everywhere": {}}},
        {"iam": {"Roles": []}},
        {"iam": {"Policies": [{"Arn": "arn:aws:iam::aws:policy/p", "PolicyVersionList": [{"Document": "%7B%7D"}]}]}},
        {"organization": {"service_control_policies": {ACCOUNT: [{}]}}},
    ],
)
def test_the_schema_refuses(wrong: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate({"version": 1, "account": ACCOUNT, **wrong})


def written(tmp_path: Path, text: str, name: str = "facts.json") -> str:
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return str(path)


@pytest.mark.parametrize("name", ["facts.json", "facts.yaml", "facts.json.gz"])
def test_loading(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, json.dumps({"version": 1, "account": ACCOUNT, "regions": {REGION: {"models": []}}}), name)
    facts = Snapshot.load(path)
    assert facts.source == path
    assert isinstance(one(facts, "sagemaker:model", ModelName="m"), Absent)
    assert Snapshot.load(Document(path, {"version": 1, "account": ACCOUNT})).account_id() == Known(ACCOUNT)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"version": 1, "account": ACCOUNT, "regions": {REGION: {"endpoint": []}}}, "did you mean endpoints?"),
        ({"version": 1, "account": ACCOUNT, "region": {}}, "did you mean regions?"),
        ({"version": 1}, "account"),
        ({"version": 1, "account": "1234"}, "account"),
        ({"Version": "2012-10-17", "Statement": []}, "is not a snapshot; preflight snapshot --output FILE writes one"),
        ([], "an object"),
    ],
)
def test_a_file_that_is_no_snapshot_is_refused_by_place(tmp_path: Path, document: Any, words: str) -> None:
    path = written(tmp_path, json.dumps(document))
    with pytest.raises(InputError) as caught:
        Snapshot.load(path)
    message = str(caught.value)
    assert message.startswith(path)
    assert words in message
    assert "\n" not in message


def test_a_large_file_loads_fast(tmp_path: Path) -> None:
    roles = [
        {
            "RoleName": f"r{n}",
            "Arn": f"arn:aws:iam::{ACCOUNT}:role/r{n}",
            "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": []}}],
            "AttachedManagedPolicies": [],
        }
        for n in range(5_000)
    ]
    path = written(tmp_path, json.dumps({"version": 1, "account": ACCOUNT, "iam": {"RoleDetailList": roles}}))
    started = time.thread_time()
    facts = Snapshot.load(path)
    assert isinstance(one(facts, "iam:role", "", RoleName="r4999"), Known)
    assert time.thread_time() - started < 10


@pytest.mark.parametrize(
    ("kind", "parts", "there", "missing"),
    [
        (
            "s3:object",
            {"objects": [{"Bucket": "b", "Key": "k"}]},
            {"Bucket": "b", "Key": "k"},
            {"Bucket": "b", "Key": "z"},
        ),
        (
            "s3:object",
            {"objects": [{"Bucket": "b", "Key": "a/k"}]},
            {"Bucket": "b", "Key": "a/"},
            {"Bucket": "b", "Key": "z/"},
        ),
        ("sagemaker:model", {"models": [{"ModelName": "m"}]}, {"ModelName": "m"}, {"ModelName": "z"}),
        (
            "ecr:image",
            {"images": [{"registryId": ACCOUNT, "repositoryName": "r", "imageTags": ["1"], "imageDigest": "sha256:0"}]},
            {"registryId": ACCOUNT, "repositoryName": "r", "imageTag": "1"},
            {"registryId": ACCOUNT, "repositoryName": "r", "imageTag": "2"},
        ),
        (
            "kms:key",
            {"kms_keys": [{"KeyId": "k"}], "kms_aliases": [{"AliasName": "alias/k", "TargetKeyId": "k"}]},
            {"KeyId": "alias/k"},
            {"KeyId": "alias/z"},
        ),
    ],
)
def test_what_a_list_that_is_not_complete_lacks_is_unknown(
    kind: str, parts: dict[str, Any], there: dict[str, str], missing: dict[str, str]
) -> None:
    incomplete = snapshot({**parts, "incomplete": list(parts)})
    assert isinstance(one(incomplete, kind, **there), Known)
    fact = one(incomplete, kind, **missing)
    assert isinstance(fact, Unknown) and "is not complete" in fact.reason
    assert isinstance(one(snapshot(parts), kind, **missing), Absent)
    assert isinstance(incomplete.read(Ask.all(kind, REGION)), Unknown)
    # What is said to be absent is absent all the same.
    document = {"version": 1, "account": ACCOUNT, "regions": {REGION: {**parts, "incomplete": list(parts)}}}
    told = {**document, "absent": [{"kind": kind, "region": REGION, "key": missing}]}
    assert isinstance(one(Snapshot(told, "facts.json"), kind, **missing), Absent)


def test_every_list_of_a_region_may_be_incomplete() -> None:
    schema = json.loads((folder("schemas") / "snapshot.schema.json").read_text(encoding="utf-8"))
    members = schema["$defs"]["region"]["properties"]
    lists = {name for name, each in members.items() if each.get("type") == "array"} - {"incomplete", "names_only"}
    assert set(members["incomplete"]["items"]["enum"]) == lists


def test_what_early_versions_called_settle_is_read() -> None:
    entry = {"kind": "sagemaker:model", "region": "us-east-1", "key": {"ModelName": "m"}, "reason": "denied"}
    ask = Ask.one("sagemaker:model", "us-east-1", {"ModelName": "m"})
    for name in ("settle", "resolution"):
        document = {"version": 1, "account": "111122223333", "regions": {}, "unknown": [{**entry, name: "allow it"}]}
        fact = Snapshot.load(load_text(json.dumps(document), "s.json")).read(ask)
        assert isinstance(fact, Unknown) and fact.resolution == "allow it"
