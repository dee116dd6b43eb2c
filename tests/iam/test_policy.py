"""Parsing: what AWS refuses is refused with its place and mend; what it takes is taken; work is shared."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from preflight.iam.caches import ABOUT, POLICIES, STATEMENTS, Kept
from preflight.iam.decide import ask
from preflight.iam.errors import PolicyError
from preflight.iam.policy import parse_policy
from preflight.iam.policy_types import PolicyType
from preflight.iam.request import Policies, Request


def statement(**elements: Any) -> dict[str, Any]:
    body = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **elements}
    return {"Version": "2012-10-17", "Statement": [{name: body[name] for name in body if body[name] is not ...}]}


@pytest.mark.parametrize(
    ("document", "pointer", "says"),
    [
        ([], "", "a policy is an object, not a list"),
        ({"Version": "2012-10-17"}, "", "has no Statement"),
        ({"Statement": "x"}, "/Statement", "Statement is a string"),
        ({"Statement": [[]]}, "/Statement/0", "a statement is an object, not a list"),
        ({"Version": "2012-10-18", "Statement": []}, "/Version", "'2012-10-18' is not a version"),
        ({"Id": 1, "Statement": []}, "/Id", "Id is a number"),
        ({"Statment": []}, "/Statment", "did you mean Statement?"),
        (statement(Effect="allow"), "/Statement/0/Effect", "Effect is 'allow'"),
        (statement(Effect=...), "/Statement/0", "has no Effect"),
        (statement(Sid=3), "/Statement/0/Sid", "Sid is a number"),
        (statement(Action=...), "/Statement/0", "neither Action nor NotAction"),
        (statement(NotAction="s3:*"), "/Statement/0/NotAction", "exclude each other"),
        (statement(Action=["s3:*", 3]), "/Statement/0/Action/1", "Action is a number"),
        (statement(Action="GetObject"), "/Statement/0/Action", 'write "service:GetObject"'),
        (statement(Resource=...), "/Statement/0", "neither Resource nor NotResource"),
        (statement(Resource=None), "/Statement/0/Resource", "Resource is null"),
        (statement(NotResource="*"), "/Statement/0/NotResource", "exclude each other"),
        (statement(Principal="me"), "/Statement/0/Principal", '"me" is not a principal'),
        (statement(Principal={"Aws": "*"}), "/Statement/0/Principal/Aws", "did you mean AWS?"),
        (statement(Principal="*", NotPrincipal="*"), "/Statement/0/NotPrincipal", "exclude each other"),
        (statement(Condition=[]), "/Statement/0/Condition", "Condition is a list"),
        (statement(Condition={"StringEqual": {"a": "b"}}), "/Statement/0/Condition/StringEqual", "StringEquals?"),
        (
            statement(Condition={"NullIfExists": {"a": "true"}}),
            "/Statement/0/Condition/NullIfExists",
            "is not a condition",
        ),
        (statement(Condition={"Bool": "x"}), "/Statement/0/Condition/Bool", "Bool is a string"),
        (
            statement(Condition={"StringEquals": {"aws:RequestTag/a~b": ["x", {}]}}),
            "/Statement/0/Condition/StringEquals/aws:RequestTag~1a~0b/1",
            "is an object",
        ),
        (statement(Efect="x"), "/Statement/0/Efect", "did you mean Effect?"),
    ],
)
def test_what_aws_refuses(document: Any, pointer: str, says: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy(document, "p")
    assert caught.value.pointer == pointer
    assert says in str(caught.value)
    assert caught.value.mend


OF_IDENTITIES = (PolicyType.IDENTITY, PolicyType.BOUNDARY, PolicyType.SESSION, PolicyType.SCP)
WITH_PRINCIPALS = (PolicyType.RESOURCE, PolicyType.VPC_ENDPOINT, PolicyType.RCP)


@pytest.mark.parametrize("of", OF_IDENTITIES)
@pytest.mark.parametrize("element", ["Principal", "NotPrincipal"])
def test_policies_of_identities_name_no_principal(of: PolicyType, element: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy(statement(**{element: "*"}), "p", of)
    assert caught.value.pointer == f"/Statement/0/{element}"
    parse_policy(statement(), "p", of)


@pytest.mark.parametrize("of", WITH_PRINCIPALS)
def test_resource_policies_name_one(of: PolicyType) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy(statement(), "p", of)
    assert caught.value.pointer == "/Statement/0"
    parse_policy(statement(Principal="*"), "p", of)


@pytest.mark.parametrize("action", ["*:GetObject", "s*:GetObject", "s?:*", "*:Get*"])
@pytest.mark.parametrize("element", ["Action", "NotAction"])
def test_the_service_of_an_action_has_no_wildcard(action: str, element: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy(statement(**{"Action": ..., element: ["s3:*", action]}), "p")
    assert caught.value.pointer == f"/Statement/0/{element}/1"


def test_session_policies_take_whole_arns_only() -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy(statement(Resource=["*", "arn:aws:sqs"]), "p", PolicyType.SESSION)
    assert caught.value.pointer == "/Statement/0/Resource/1"
    parse_policy(statement(Resource="arn:aws:sqs:us-east-1:*"), "p", PolicyType.SESSION)
    parse_policy(statement(Resource="arn:aws:sqs"), "p", PolicyType.IDENTITY)


@pytest.mark.parametrize(
    "document",
    [
        {"Statement": []},
        {"Statement": statement()["Statement"][0]},
        statement(Action=[], Resource=[]),
        statement(Resource=..., Principal={"AWS": []}),
        statement(Condition={"NumericEquals": {"a": 1}, "bool": {"b": True}, "foranyvalue:stringlike": {"c": []}}),
    ],
)
def test_what_aws_takes(document: dict[str, Any]) -> None:
    parse_policy(document, "p")


def test_the_same_content_is_compiled_once() -> None:
    first = parse_policy(statement(), "p")
    assert parse_policy(copy.deepcopy(statement()), "p") is first
    renamed = parse_policy(statement(), "q")
    assert (renamed.name, renamed.statements[0]) == ("q", first.statements[0])


def test_content_that_only_looks_equal_is_told_apart() -> None:
    # True == 1 in Python; in a policy they are the texts "true" and "1".
    one, true = (parse_policy(statement(Condition={"StringEquals": {"k": each}}), "p") for each in (1, True))
    assert one.statements[0].conditions[0].values == ("1",)
    assert true.statements[0].conditions[0].values == ("true",)


def test_a_changed_document_is_compiled_anew() -> None:
    document = statement()
    before = parse_policy(document, "p")
    document["Statement"][0]["Action"] = "s3:PutObject"
    assert parse_policy(document, "p").statements[0].actions.texts == ("s3:PutObject",)
    assert before.statements[0].actions.texts == ("s3:GetObject",)


def test_statements_about_an_action() -> None:
    document = statement(Action=["s3:Get*"])
    document["Statement"] += [
        {"Effect": "Deny", "NotAction": "s3:GetObject", "Resource": "*"},
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
    ]
    policy = parse_policy(document, "p")
    assert [each.index for each in policy.about("s3:getobject")] == [0, 2]
    assert [each.index for each in policy.about("s3:putobject")] == [1, 2]


def test_what_is_kept_is_bounded() -> None:
    for number in range(3000):
        parse_policy(statement(Sid=f"s{number}"), "p").about("s3:getobject")
    assert len(POLICIES) <= 1024 and len(STATEMENTS) <= 4096 and len(ABOUT) <= 1024
    kept: Kept[int, int] = Kept(2)
    assert [kept.keep(number, number) for number in (1, 2, 3)] == [1, 2, 3]
    assert kept == {3: 3}


def test_policies_and_what_is_evaluated_of_them_are_the_same_for_the_same_content() -> None:
    policies = [Policies(identity=(parse_policy(statement(), "p"),)) for _ in range(2)]
    request = Request("arn:aws:iam::111122223333:user/ann", "s3:GetObject", "arn:aws:s3:::b/k")
    assert ask(request, policies[0]) is ask(request, policies[1])
    other = Policies(identity=policies[0].identity, unknown={PolicyType.SCP: "not read"})
    assert ask(request, other) is not ask(request, policies[0])
