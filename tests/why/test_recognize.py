"""Refusals as AWS, its SDKs and deployment tools print them: who, what, on which resource, refused by which policy."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from preflight.data_files import folder
from preflight.iam.request import PolicyType
from preflight.why.forms import action_of, forms
from preflight.why.recognize import Refusal, recognize

# Messages that users quoted in public reports, with accounts and names replaced; each line has its source.
CASES = [json.loads(line) for line in (Path(__file__).parent / "refusals.jsonl").read_text().splitlines()]
TYPES = {
    "identity": PolicyType.IDENTITY,
    "resource": PolicyType.RESOURCE,
    "scp": PolicyType.SCP,
    "rcp": PolicyType.RCP,
    "boundary": PolicyType.BOUNDARY,
    "session": PolicyType.SESSION,
    "vpce": PolicyType.VPC_ENDPOINT,
    "policy": "trust",
}
WHO = "arn:aws:sts::111122223333:assumed-role/deployer/ci"
SENTENCE = (
    f"User: {WHO} is not authorized to perform: sqs:SendMessage on resource: arn:aws:sqs:us-east-1:111122223333:q"
)


def only(text: str) -> Refusal:
    found = recognize(text).refusals
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_reported_messages(case: dict[str, Any]) -> None:
    found, *others = recognize(case["text"]).refusals
    assert len(others) == case.get("count", 1) - 1, others
    for member in ("principal", "action", "resource", "policy_arn"):
        if case.get(member) or case["id"].startswith("r"):
            assert (getattr(found, member) or "").lower() == (case.get(member) or "").lower()
    effect, _, kind = case["reason_type"].partition("_")
    if kind in TYPES:
        assert found.policy_type == TYPES[kind]
    if effect in ("implicit", "explicit"):
        assert found.effect == f"{effect}Deny"
    if kind not in TYPES:
        assert found.policy_type is None and found.unknown


def test_the_declared_forms_fit_their_schema() -> None:
    declared = yaml.safe_load((folder("rules") / "refusals.yaml").read_text())
    schema = json.loads((folder("schemas") / "refusals.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(declared)


@pytest.mark.parametrize("form", forms().forms, ids=lambda form: str(form.name))
def test_each_form_recognizes_its_own_example(form: Any) -> None:
    found = next(each for each in forms().forms if each.like.search(" ".join(form.example.split())))
    assert found.name == form.name
    refusal = recognize(form.example).refusals[0]
    assert refusal.unknown
    if form.action and "${" not in form.action:
        assert refusal.action == form.action


@pytest.mark.parametrize(
    ("tail", "policy_type", "effect", "arn"),
    [
        (" because no session policy allows the sqs:SendMessage action", PolicyType.SESSION, "implicitDeny", None),
        (
            " because no service control policy allows the sqs:SendMessage action",
            PolicyType.SCP,
            "implicitDeny",
            None,
        ),
        (
            " because no VPC endpoint policy allows the sqs:SendMessage action",
            PolicyType.VPC_ENDPOINT,
            "implicitDeny",
            None,
        ),
        (" with an explicit deny in a resource control policy", PolicyType.RCP, "explicitDeny", None),
        (
            " with an explicit deny in a session policy: arn:aws:iam::111122223333:policy/limits.",
            PolicyType.SESSION,
            "explicitDeny",
            "arn:aws:iam::111122223333:policy/limits",
        ),
        (" due to an explicit deny in a Service Control Policy", PolicyType.SCP, "explicitDeny", None),
        ("", None, None, None),
    ],
)
def test_every_type_of_policy_that_aws_names(
    tail: str, policy_type: PolicyType | None, effect: str | None, arn: str | None
) -> None:
    found = only(SENTENCE + tail)
    assert (found.policy_type, found.effect, found.policy_arn) == (policy_type, effect, arn)


def test_several_refusals_of_a_log_are_one_report() -> None:
    other = SENTENCE.replace("sqs:SendMessage", "sqs:GetQueueUrl")
    log = f"12:00:01 ERROR {SENTENCE}\n12:00:02 INFO fine\n12:00:03 ERROR {SENTENCE}\n12:00:04 ERROR {other}\n"
    log += "An error occurred (AccessDenied) when calling the GetBucketPolicy operation: Access Denied\n"
    assert [each.action for each in recognize(log).refusals] == [
        "sqs:SendMessage",
        "sqs:GetQueueUrl",
        "s3:GetBucketPolicy",
    ]


def test_a_refusal_that_is_told_twice_is_the_fuller_one() -> None:
    found = only(f"{SENTENCE}\n{SENTENCE} because no session policy allows the sqs:SendMessage action\n{SENTENCE}")
    assert found.policy_type is PolicyType.SESSION


def test_cloudtrail_records_tell_what_their_message_leaves_out() -> None:
    record = {
        "eventSource": "s3.amazonaws.com",
        "eventName": "HeadObject",
        "userIdentity": {"type": "AssumedRole", "arn": WHO},
        "errorCode": "AccessDenied",
        "errorMessage": "Access Denied",
        "requestParameters": {"bucketName": "models", "key": "churn/model.tar.gz"},
    }
    fine = {**record, "errorCode": None}
    found = only(json.dumps({"Records": [fine, record]}))
    assert (found.principal, found.action, found.resource) == (
        WHO,
        "s3:GetObject",
        "arn:aws:s3:::models/churn/model.tar.gz",
    )
    assert found.inferred


def test_a_decoded_authorization_message() -> None:
    decoded = {
        "allowed": False,
        "explicitDeny": True,
        "matchedStatements": {"items": []},
        "context": {
            "principal": {"id": "AROAEXAMPLE:ci", "arn": WHO},
            "action": "ec2:RunInstances",
            "resource": "arn:aws:ec2:us-east-1:111122223333:instance/*",
            "conditions": {"items": [{"key": "ec2:InstanceType", "values": {"items": [{"value": "m5.large"}]}}]},
        },
    }
    found = only(json.dumps({"DecodedMessage": json.dumps(decoded)}))
    assert (found.principal, found.action, found.effect) == (WHO, "ec2:RunInstances", "explicitDeny")
    assert found.context == {"ec2:InstanceType": ("m5.large",)}


@pytest.mark.parametrize(
    "text",
    [
        "Everything is deployed.",
        "An error occurred (ExpiredToken) when calling the ListBuckets operation: The provided token has expired.",
        "An error occurred (ValidationException) when calling the CreateEndpoint operation: no such configuration",
        "An error occurred (ThrottlingException) when calling the ListRoles operation: Rate exceeded",
        "api error InvalidClientTokenId: The security token included in the request is invalid.",
        "Error: Could not assume role with OIDC: No OpenIDConnect provider found in your account for https://a.example",
        "An error occurred (InvalidCiphertextException) when calling the Decrypt operation: ",
        'Error from server (Forbidden): pods is forbidden: User "arn:aws:iam::111122223333:user/a" cannot list pods',
    ],
)
def test_what_is_no_refusal_of_authorization(text: str) -> None:
    assert recognize(text).refusals == ()


def test_what_refuses_in_place_of_a_policy_is_named() -> None:
    blocked = (
        "because public access control lists (ACLs) are blocked by the BlockPublicAcls block public access setting"
    )
    assert "BlockPublicAcls" in only(f"{SENTENCE} {blocked}").unknown
    assert "declarative policy" in only("This action is denied due to an organizational policy in effect").unknown


@pytest.mark.parametrize(
    ("name", "action", "resource"),
    [
        ("ecr-pull", "ecr:BatchGetImage", "arn:aws:ecr:us-east-1:111122223333:repository/app"),
        ("sqs-queue", "sqs:SendMessage", "arn:aws:sqs:us-east-1:111122223333:jobs"),
        ("terraform-s3-state", "s3:GetObject", "arn:aws:s3:::example-state/prod/terraform.tfstate"),
        ("athena-results", "s3:PutObject", "arn:aws:s3:::example-results/out/q.csv"),
        ("redshift-assume-role", "sts:AssumeRole", "arn:aws:iam::111122223333:role/copy"),
    ],
)
def test_forms_that_name_the_resource_in_another_way(name: str, action: str, resource: str) -> None:
    (form,) = (each for each in forms().forms if each.name == name)
    found = only(form.example)
    assert (found.action, found.resource, found.inferred) == (action, resource, True)


def test_the_partition_of_a_resource_follows_its_region() -> None:
    image = "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/team/app@sha256:abc"
    assert only(f"failed to resolve ref {image}: 403 Forbidden").resource == (
        "arn:aws-cn:ecr:cn-north-1:111122223333:repository/team/app"
    )


@pytest.mark.parametrize("action", ["sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"])
@pytest.mark.parametrize("between", ["", " "])
def test_an_action_may_contain_a_word_that_begins_the_reason(action: str, between: str) -> None:
    role = "arn:aws:iam::111122223333:role/r"
    found = only(f"User: {WHO} is not authorized to perform: {action} on resource: {role}")
    assert (found.action, found.resource) == (action, role)
    assert only(f"User: {WHO} is not authorized to perform: {action}{between}with an explicit deny").action == action


@pytest.mark.parametrize(
    ("operation", "service", "action"),
    [
        ("ListObjectsV2", "Amazon S3", "s3:ListBucket"),
        ("getBucketLocation", "", "s3:GetBucketLocation"),
        ("CreateEndpointConfig", "", "sagemaker:CreateEndpointConfig"),
        ("ReceiveMessage", "SQS", "sqs:ReceiveMessage"),
        ("CreateLogGroup", "CloudWatch Logs", "logs:CreateLogGroup"),
        ("ListPolicies", "", None),
        ("NoSuchThing", "SQS", None),
    ],
)
def test_the_action_of_a_call(operation: str, service: str, action: str | None) -> None:
    assert action_of(operation, service) == action


PIECES = [
    "User: ",
    " is not authorized to perform: ",
    " on resource: ",
    '"',
    "\\",
    "{",
    "[",
    "arn:aws:iam::111122223333:role/",
    " because no ",
    "An error occurred (",
    ") when calling the ",
    "│ ",
    "\n",
    " " * 60,
    "a" * 60,
    "s3://",
    "[[[[",
    "[a ",
    "<a ",
    "<<a>",
    "[a]" * 20,
    "`",
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=20)), max_size=40).map("".join))
def test_whatever_the_text_recognition_ends_without_an_error(text: str) -> None:
    recognize(text)
    recognize(json.dumps({"message": text}))


@pytest.mark.parametrize(
    "piece", [*PIECES, "User: x is not authorized to perform: ", "make sure all images included in the model "]
)
def test_time_is_linear_in_the_text(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    begun = time.thread_time()
    recognize(text)
    assert time.thread_time() - begun < 20
