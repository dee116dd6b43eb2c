"""Who can do an action: by identity-based policies, by the policies of resources, by trust; and what is not known."""

from __future__ import annotations

from typing import Any

import pytest

from preflight.audit.questions.answers import can, unknown_to, who_can
from preflight.audit.questions.resource_policies import _not_read, _read
from preflight.audit.questions.unread_limits import unread_limits
from preflight.audit.scene import asked_scene
from preflight.catalog import resource_type
from preflight.documents.text.document import Document
from preflight.errors import UsageError

ACCOUNT, OTHER, REGION = "111122223333", "999988887777", "us-east-1"
ARN = f"arn:aws:iam::{ACCOUNT}"
ROOT, X, OUTSIDE = {"AWS": f"{ARN}:root"}, {"AWS": f"{ARN}:role/x"}, {"AWS": f"arn:aws:iam::{OTHER}:root"}
QUEUE, TOPIC = f"arn:aws:sqs:{REGION}:{ACCOUNT}:q", f"arn:aws:sns:{REGION}:{ACCOUNT}:t"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:s-AbCdEf"
KEYS = [f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{number}234abcd-12ab-34cd-56ef-1234567890ab" for number in (1, 2)]
R = f"{ARN}:role/r"
NO_RESOURCES: dict[str, Any] = {
    each: [] for each in ("buckets", "kms_keys", "queues", "topics", "repositories", "secrets", "functions")
}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]}


def own(action: str, **more: Any) -> dict[str, Any]:
    return {"Action": action, "Resource": "*", **more}


def objects(principal: Any, **more: Any) -> dict[str, Any]:
    return {"Principal": principal, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", **more}


def launching(*types: str) -> dict[str, Any]:
    """Return a statement that allows RunInstances on these types."""
    accounts = {"image": ""}
    return {
        "Action": "ec2:RunInstances",
        "Resource": [f"arn:aws:ec2:*:{accounts.get(each, ACCOUNT)}:{each}/*" for each in types],
    }


def trust(principal: Any, **more: Any) -> dict[str, Any]:
    return policy({"Principal": principal, "Action": "sts:AssumeRole", **more})


def role(name: str, *statements: dict[str, Any], by: Any = None, id_: str = "") -> dict[str, Any]:
    return {
        "RoleName": name.rpartition("/")[2],
        "RoleId": id_ or f"AROA{name.upper():X<17}",
        "Arn": f"{ARN}:role/{name}",
        "AssumeRolePolicyDocument": by or trust(ROOT),
        "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": policy(*statements)}] if statements else [],
        "AttachedManagedPolicies": [],
        "Tags": [],
    }


def account(*roles: dict[str, Any], buckets: Any = None, rcp: Any = None, **region: Any) -> dict[str, Any]:
    parts = {**NO_RESOURCES, **region}
    if buckets is not None:
        parts["buckets"] = [{"Name": "b", "BucketRegion": REGION, "Policy": buckets}]
    levels = [[{"name": "rcp", "policy": rcp}]]
    organization = {"service_control_policies": {ACCOUNT: None}, "resource_control_policies": {ACCOUNT: levels}}
    return {
        "version": 1,
        "account": ACCOUNT,
        "regions": {REGION: parts},
        "iam": {"RoleDetailList": list(roles), "UserDetailList": [], "GroupDetailList": [], "Policies": []},
        "organization": organization if rcp else None,
    }


def keys(*policies: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"KeyId": arn.rpartition("/")[2], "Arn": arn, "Policy": each} for arn, each in zip(KEYS, policies, strict=False)
    ]


DELEGATED = policy({"Principal": ROOT, "Action": "kms:*", "Resource": "*"})
PUBLIC = policy(objects("*"))
ORGANIZATION = {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}
BY_NAME = {"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{OTHER}:role/y"}}
ON_B = "arn:aws:s3:::b/k"
CASES: dict[str, tuple[dict[str, Any], str, str | None, set[tuple[str, str]]]] = {
    "a bucket names a role": (account(role("x"), role("y"), buckets=policy(objects(X))), "s3:GetObject", None,
                              {("x", "all")}),
    "a prefix of a bucket": (account(role("x"), buckets=policy(objects(X, Resource="arn:aws:s3:::b/a/b/*"))),
                             "s3:GetObject", None, {("x", "some")}),
    "a bucket leaves it to the account": (account(role("x"), buckets=policy(objects(ROOT))), "s3:GetObject", ON_B,
                                          set()),
    "a bucket denies one": (
        account(role("x", own("s3:*")), role("y", own("s3:*")), buckets=policy(objects(X, Effect="Deny"))),
        "s3:GetObject", ON_B, {("y", "all")},
    ),
    "all that a role may is denied by the bucket": (
        account(role("x", own("s3:GetObject", Resource="arn:aws:s3:::b/*")), buckets=policy(objects(X, Effect="Deny"))),
        "s3:GetObject", None, set(),
    ),
    "a public bucket": (account(role("x"), buckets=PUBLIC), "s3:GetObject", None, {("*", "all")}),
    "public within an organization": (
        account(buckets=policy(objects("*"), objects("*", Effect="Deny", Condition=ORGANIZATION))),
        "s3:GetObject", None, {("*", "open")},
    ),
    "everyone of the account": (
        account(role("x"), buckets=policy(objects("*", Condition={"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}))),
        "s3:GetObject", None, {("x", "all")},
    ),
    "another account": (account(buckets=policy(objects(OUTSIDE))), "s3:GetObject", ON_B, {(f"{OTHER}:root", "all")}),
    "a role of another account": (
        account(buckets=policy(objects({"AWS": f"arn:aws:iam::{OTHER}:role/y"}))), "s3:GetObject", None,
        {("y", "open")},
    ),
    "another account, but for the organization's RCP": (
        account(
            buckets=policy(objects(OUTSIDE)),
            rcp=policy(own("s3:*", Effect="Deny", Principal="*",
                           Condition={"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}})),
        ),
        "s3:GetObject", None, set(),
    ),
    "NotPrincipal": (account(buckets=policy({"NotPrincipal": X, "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"})),
                     "s3:GetObject", None, {("*", "open")}),
    "a queue": (account(role("x"), queues=[{"QueueUrl": f"https://sqs/{ACCOUNT}/q", "QueueArn": QUEUE,
                                            "Policy": policy(own("sqs:SendMessage", Principal=X))}]),
                "sqs:SendMessage", QUEUE, {("x", "all")}),
    "a topic": (account(role("x"), topics=[{"TopicArn": TOPIC, "Policy": policy(own("sns:Publish", Principal=X))}]),
                "sns:Publish", None, {("x", "all")}),
    "a function and a service": (
        account(role("x"), functions=[{"FunctionName": "f", "FunctionArn": FUNCTION, "Policy": policy(
            own("lambda:InvokeFunction", Principal={"Service": "s3.amazonaws.com"}),
            own("lambda:InvokeFunction", Principal=X))}]),
        "lambda:InvokeFunction", FUNCTION, {("x", "all"), ("s3.amazonaws.com", "all")},
    ),
    "a secret": (account(role("x"), secrets=[{"ARN": SECRET, "Name": "s", "Policy": policy(
        own("secretsmanager:GetSecretValue", Principal=X))}]), "secretsmanager:GetSecretValue", SECRET, {("x", "all")}),
    "keys": (account(role("x", own("kms:Decrypt")), role("y"),
                     kms_keys=keys(DELEGATED, policy(own("kms:*", Principal={"AWS": f"{ARN}:role/y"})))),
             "kms:Decrypt", None, {("x", "some"), ("y", "all")}),
    "a key that leaves nothing to the account": (
        account(role("x", own("kms:Decrypt")), kms_keys=keys(policy(own("kms:*", Principal=OUTSIDE)))),
        "kms:Decrypt", KEYS[0], {(f"{OTHER}:root", "all")},
    ),
    "no keys": (account(role("x", own("kms:Decrypt"))), "kms:Decrypt", None, set()),
    "trust by name": (account(role("x"), role("y"), role("r", by=trust(X))), "sts:AssumeRole", R, {("x", "all")}),
    "trust by unique id": (account(role("x", id_="AROA1XXXXXXXXXXXXXXXX"), role("r", by=trust(
        {"AWS": "AROA1XXXXXXXXXXXXXXXX"}))), "sts:AssumeRole", None, {("x", "all")}),
    "trust in someone who is gone": (account(role("x"), role("r", by=trust({"AWS": "AROA2XXXXXXXXXXXXXXXX"}))),
                                     "sts:AssumeRole", R, set()),
    "trust in a session": (account(role("x"), role("r", by=trust(
        {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/x/s"}))), "sts:AssumeRole", None, {("x", "open")}),
    "trust in another account": (account(role("r", by=trust({"AWS": OTHER}))), "sts:AssumeRole", R,
                                 {(f"{OTHER}:root", "all")}),
    "trust in a role by condition": (account(role("r", by=trust({"AWS": "*"}, Condition=BY_NAME))), "sts:AssumeRole",
                                     None, {(f"{OTHER}:root", "all")}),
    "trust in a service": (account(role("x", own("*")), role("r", by=trust({"Service": "lambda.amazonaws.com"}))),
                           "sts:AssumeRole", R, {("lambda.amazonaws.com", "all")}),
    "a folder of one's own": (
        account(role("x", own("s3:GetObject", Resource="arn:aws:s3:::b/${aws:PrincipalTag/team}/a/*"))),
        "s3:GetObject", None, set(),
    ),
    "a folder of a session's own": (
        account(role("x", own("s3:GetObject", Resource="arn:aws:s3:::b/home/${aws:userid}/*"))), "s3:GetObject", None,
        {("x", "open")},
    ),
    "a resource of another type": (
        account(role("x", own("sagemaker:CreateEndpoint", Resource=f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model/*"))),
        "sagemaker:CreateEndpoint", None, set(),
    ),
    "an action on no resource": (
        account(role("x", own("sagemaker:ListEndpoints", Resource=f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/*"))),
        "sagemaker:ListEndpoints", None, set(),
    ),
    "an action that needs no permission": (account(role("x")), "sts:GetCallerIdentity", None, {("x", "all")}),
    "trust in a provider": (account(role("x", own("*")), role("r", by=policy({
        "Principal": {"Federated": f"{ARN}:saml-provider/p"}, "Action": "sts:AssumeRoleWithSAML"}))),
        "sts:AssumeRoleWithSAML", R, {("p", "all")}),
}  # fmt: skip


def asked(snapshot: dict[str, Any], action: str, on: str | None = None) -> tuple[set[tuple[str, str]], list[str]]:
    scene = asked_scene(Document("s.json", snapshot))
    found = {
        (each.principal.rpartition("/")[2].removeprefix("arn:aws:iam::"), each.access.reach.value)
        for each in who_can(scene, action, on)
    }
    return found, list(unknown_to(scene, action, on))


@pytest.mark.parametrize(("snapshot", "action", "on", "expected"), CASES.values(), ids=CASES)
def test_whom_policies_of_resources_allow(
    snapshot: dict[str, Any], action: str, on: str | None, expected: set[tuple[str, str]]
) -> None:
    assert asked(snapshot, action, on) == (expected, [])


@pytest.mark.parametrize(
    ("region", "action", "on"),
    [
        ({}, "s3:GetObject", None),
        ({}, "sqs:SendMessage", QUEUE),
        ({**NO_RESOURCES, "incomplete": ["queues"]}, "sqs:SendMessage", None),
        ({**NO_RESOURCES, "names_only": ["functions"]}, "lambda:InvokeFunction", FUNCTION),
        ({**NO_RESOURCES, "buckets": [{"Name": "b", "BucketRegion": REGION}]}, "s3:GetObject", ON_B),
        (NO_RESOURCES, "s3:GetObject", "arn:aws:s3:::of-another-account/k"),
        (NO_RESOURCES, "dynamodb:GetItem", None),
        (NO_RESOURCES, "dynamodb:GetItem", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/t"),
        (NO_RESOURCES, "sqs:SendMessage", f"arn:aws:sqs:{REGION}:{OTHER}:q"),
    ],
)
def test_a_policy_that_was_not_read_may_allow_others(region: dict[str, Any], action: str, on: str | None) -> None:
    found, unknown = asked({**account(role("x")), "regions": {REGION: region}}, action, on)
    assert found == set() and len(unknown) == 1 and "may allow others" in unknown[0]


def test_an_action_that_makes_a_resource_depends_on_no_policy_of_it() -> None:
    assert asked({**account(role("x")), "regions": {}}, "s3:CreateBucket") == (set(), [])


@pytest.mark.parametrize(
    ("action", "on", "says"),
    [
        ("s3:GetObject", "arn:aws:s3:::b", "s3:GetObject isn't on arn:aws:s3:::b; it's on "),
        ("s3:GetObject", "arn:aws:s3", "it has 3 of 6 parts"),
        ("s3:GetObject", "arn:aws-cn:s3:::b/k", "is of partition aws-cn"),
        ("sqs:SendMessage", f"arn:aws:sqs:{REGION}:1:q", "an account ID has 12 digits"),
        ("sqs:SendMessage", f"arn:aws:sqs:*:{ACCOUNT}:q", "has a wildcard before the resource's name"),
        ("sagemaker:ListEndpoints", f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/e", "leave out --on"),
        ("sts:AssumeRole", f"{ARN}:role/ex", f"has no role {ARN}:role/ex; did you mean {ARN}:role/x?"),
        ("s3:Get*", None, "ask about one action"),
    ],
)
def test_questions_without_an_answer(action: str, on: str | None, says: str) -> None:
    with pytest.raises(UsageError) as raised:
        asked(account(role("x")), action, on)
    assert says in str(raised.value)


def test_what_policies_of_resources_allow_a_role() -> None:
    scene = asked_scene(Document("s.json", account(role("x"), buckets=policy(objects(X)))))
    assert [(each.action, each.resource) for each in can(scene, "x")] == [("s3:GetObject", "arn:aws:s3:::b/?*")]


def test_who_may_assume_many_roles_is_told_once() -> None:
    many = account(role("boss", own("*")), role("one", own("sts:AssumeRole", Resource=f"{ARN}:role/r7")),
                   *(role(f"r{number}") for number in range(120)))  # fmt: skip
    found, _ = asked(many, "sts:AssumeRole")
    assert found == {("boss", "some"), ("one", "all")}


def test_types_with_policies_are_aws_s() -> None:
    types = [(kind.partition(":")[0], each) for kind, names in _read().items() for each in names]
    types += [(service, each) for service, names in _not_read().items() for each in names]
    assert [each for each in types if resource_type(*each) is None] == []


def test_an_action_on_several_resources_needs_all_of_them() -> None:
    """RunInstances: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html."""
    needed = ("instance", "image", "subnet", "security-group", "network-interface")
    one_subnet = {"Action": "ec2:RunInstances", "Resource": f"arn:aws:ec2:{REGION}:{ACCOUNT}:subnet/subnet-1"}
    facts = account(
        role("all", own("ec2:RunInstances")),
        role("needed", launching(*needed)),
        role("one-subnet", launching(*(each for each in needed if each != "subnet")), one_subnet),
        role("instances", launching("instance")),
        role("no-image", launching(*(each for each in needed if each != "image"))),
        role(
            "listener",
            own("elasticloadbalancing:ModifyListener")
            | {"Resource": "arn:aws:elasticloadbalancing:*:*:listener/net/*"},
        ),
    )
    can_launch = {("all", "all"), ("needed", "all"), ("one-subnet", "some")}
    on_instances = f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/*"
    assert asked(facts, "ec2:RunInstances")[0] == can_launch
    assert {name for name, _ in asked(facts, "ec2:RunInstances", on_instances)[0]} == {name for name, _ in can_launch}
    # The kinds of a listener are marked as required too, and are alternatives.
    assert {name for name, _ in asked(facts, "elasticloadbalancing:ModifyListener")[0]} == {"listener"}


def test_an_endpoint_needs_its_configuration_too() -> None:
    def creating(*kinds: str) -> dict[str, Any]:
        resources = [f"arn:aws:sagemaker:*:{ACCOUNT}:{each}" for each in kinds]
        return own("sagemaker:CreateEndpoint", Resource=resources)

    facts = account(
        role("both", creating("endpoint/*", "endpoint-config/*")),
        role("some", creating("endpoint/a-*"), creating("endpoint-config/b")),
        role("endpoints", creating("endpoint/*")),
        role("configurations", creating("endpoint-config/*")),
        role("pattern", creating("endpoint*")),
    )
    expected = {("both", "all"), ("some", "some"), ("pattern", "all")}
    assert asked(facts, "sagemaker:CreateEndpoint")[0] == expected


@pytest.mark.parametrize(
    ("resources", "able"),
    [
        (("database/db", "table/db/*"), True),
        (("database/other", "table/db/*"), False),
        (("database/other", "database/db", "table/db/t"), True),
        (("database/d*", "table/db/*"), True),
        (("database/*b", "table/d*"), True),  # some name begins with d and ends with b
        (("database/e*", "table/d*/t"), False),
        (("database/other", "table*"), True),
        (("database/other", "*"), True),
    ],
)
def test_a_table_and_its_database_are_of_one_name(resources: tuple[str, ...], *, able: bool) -> None:
    """GetTable: https://docs.aws.amazon.com/glue/latest/dg/glue-specifying-resource-arns.html."""
    arns = [each if each == "*" else f"arn:aws:glue:{REGION}:{ACCOUNT}:{each}" for each in ("catalog", *resources)]
    facts = account(role("r", own("glue:GetTable", Resource=arns)))
    assert bool(asked(facts, "glue:GetTable")[0]) == able
    if "table/db/*" in resources and "database/d*" not in resources:
        of_other = f"arn:aws:glue:{REGION}:{ACCOUNT}:table/unnamed/t"
        assert asked(facts, "glue:GetTable", of_other)[0] == set()


def test_an_organization_that_was_not_read_is_said_of_who_is_listed() -> None:
    facts = account(role("r", own("s3:GetObject")))
    for organization, said in (({}, True), (None, False), ({"MasterAccountId": ACCOUNT}, False)):
        scene = asked_scene(Document("s.json", facts | {"organization": organization}))
        lines = list(who_can(scene, "s3:GetObject"))
        told = list(unread_limits(scene, lines))
        assert lines and len(told) == said
        assert all(each.startswith("SCPs and RCPs were not read, and may deny what is listed: ") for each in told)
        assert not list(unread_limits(scene, who_can(scene, "iam:DeleteRole")))
