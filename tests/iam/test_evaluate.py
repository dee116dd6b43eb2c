"""What a decision says besides its outcome: who decided, what was missing, what an open one depends on."""

from __future__ import annotations

import gc
import tracemalloc
from typing import Any

import pytest

from preflight.iam.decide import RequestError, decide
from preflight.iam.decision import Decision, Outcome
from preflight.iam.policy import Policy, parse_policy
from preflight.iam.principals import PrincipalError
from preflight.iam.request import Context, Policies, PolicyType, Request

A, B = "111122223333", "444455556666"
ROLE, USER = f"arn:aws:iam::{A}:role/r", f"arn:aws:iam::{A}:user/u"
ENDPOINT = f"arn:aws:sagemaker:us-east-1:{A}:endpoint/e"
UNKNOWN = Context(complete=False)


def policy(*statements: dict[str, Any], name: str = "p") -> Policy:
    full = [{"Effect": "Allow", "Action": "*", "Resource": "*", **each} for each in statements]
    return parse_policy({"Version": "2012-10-17", "Statement": full}, name)


ALLOW, NOTHING = policy({"Sid": "All"}), policy()
DENY = policy({"Sid": "No", "Effect": "Deny"}, name="deny")


def ask(policies: Policies, context: Context | None = None, **changes: Any) -> Decision:
    request = {"principal": ROLE, "action": "sagemaker:CreateEndpoint", "resource": ENDPOINT, **changes}
    return decide(Request(**request, context=context or Context()), policies)


def test_an_allowed_request_names_every_statement_it_rests_on() -> None:
    all_over = {"identity": (ALLOW,), "boundaries": (ALLOW,), "session": (ALLOW,)}
    found = ask(Policies(**all_over, service_control=((ALLOW,), (ALLOW,))))
    assert found.outcome is Outcome.ALLOWED
    kinds = {each.policy_type for each in found.by}
    assert kinds == {PolicyType.IDENTITY, PolicyType.BOUNDARY, PolicyType.SESSION, PolicyType.SCP}
    assert {(each.policy, each.statement, each.sid, each.effect) for each in found.by} == {("p", 0, "All", "Allow")}


def test_an_explicit_deny_names_the_denies_alone() -> None:
    found = ask(Policies(identity=(ALLOW, DENY), service_control=((ALLOW, DENY),)))
    assert found.outcome is Outcome.EXPLICIT_DENY
    assert [(each.policy_type, each.sid) for each in found.by] == [(PolicyType.SCP, "No"), (PolicyType.IDENTITY, "No")]


@pytest.mark.parametrize(
    ("policies", "missing"),
    [
        (Policies(), (PolicyType.IDENTITY,)),
        (Policies(identity=(ALLOW,), boundaries=(NOTHING,)), (PolicyType.BOUNDARY,)),
        (Policies(identity=(ALLOW,), session=(NOTHING,)), (PolicyType.SESSION,)),
        (Policies(identity=(ALLOW,), service_control=((ALLOW,), ())), (PolicyType.SCP,)),
        (Policies(identity=(ALLOW,), vpc_endpoint=(NOTHING,)), (PolicyType.VPC_ENDPOINT,)),
        (
            Policies(boundaries=(NOTHING,), service_control=((),)),
            (PolicyType.SCP, PolicyType.IDENTITY, PolicyType.BOUNDARY),
        ),
    ],
)
def test_an_implicit_denial_names_what_gave_no_allow(policies: Policies, missing: tuple[PolicyType, ...]) -> None:
    found = ask(policies)
    assert (found.outcome, found.missing, found.by) == (Outcome.IMPLICIT_DENY, missing, ())


def test_across_accounts_both_sides_are_needed() -> None:
    theirs = f"arn:aws:sqs:us-east-1:{B}:q"
    queue = policy({"Principal": {"AWS": A}})
    assert ask(Policies(identity=(ALLOW,)), resource=theirs, action="sqs:SendMessage").missing == (PolicyType.RESOURCE,)
    assert ask(Policies(resource=queue), resource=theirs, action="sqs:SendMessage").missing == (PolicyType.IDENTITY,)
    both = ask(Policies(identity=(ALLOW,), resource=queue), resource=theirs, action="sqs:SendMessage")
    assert both.outcome is Outcome.ALLOWED
    assert {each.policy_type for each in both.by} == {PolicyType.IDENTITY, PolicyType.RESOURCE}


def test_the_bucket_owner_decides_whether_s3_is_across_accounts() -> None:
    asked = {"action": "s3:GetObject", "resource": "arn:aws:s3:::b/k"}
    assert ask(Policies(identity=(ALLOW,)), **asked).outcome is Outcome.ALLOWED
    assert ask(Policies(identity=(ALLOW,)), **asked, resource_account=B).missing == (PolicyType.RESOURCE,)


def test_keys_and_trust_must_themselves_allow() -> None:
    key = f"arn:aws:kms:us-east-1:{A}:key/1"
    role = f"arn:aws:iam::{A}:role/other"
    for action, resource in (("kms:Decrypt", key), ("sts:AssumeRole", role)):
        delegated = policy({"Action": action, "Principal": {"AWS": f"arn:aws:iam::{A}:root"}})
        direct = policy({"Action": action, "Principal": {"AWS": USER}})
        asked = {"action": action, "resource": resource, "principal": USER}
        assert ask(Policies(identity=(ALLOW,)), **asked).missing == (PolicyType.RESOURCE,)
        assert ask(Policies(resource=delegated), **asked).missing == (PolicyType.IDENTITY,)
        assert ask(Policies(identity=(ALLOW,), resource=delegated), **asked).outcome is Outcome.ALLOWED
        assert ask(Policies(resource=direct), **asked).outcome is Outcome.ALLOWED
    assert ask(Policies(identity=(ALLOW,)), action="kms:ListKeys", resource="*").outcome is Outcome.ALLOWED
    assert ask(Policies(identity=(ALLOW,)), action="iam:PassRole", resource=role).outcome is Outcome.ALLOWED


def test_an_open_decision_names_the_conditions_it_depends_on_and_no_others() -> None:
    found = ask(
        Policies(
            identity=(
                policy(
                    {"Condition": {"StringEquals": {"aws:RequestTag/Team": ["a", "b"]}}},
                    {"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, "Resource": "arn:aws:s3:::other"},
                ),
            )
        ),
        UNKNOWN,
    )
    assert found.outcome is Outcome.OPEN
    (hangs,) = found.depends_on
    assert (hangs.key, hangs.operator, hangs.values) == ("aws:RequestTag/Team", "StringEquals", ("a", "b"))
    assert (hangs.statement.policy, hangs.statement.statement) == ("p", 0)


@pytest.mark.parametrize(
    ("statements", "outcome"),
    [
        # Allowed in any case: one way by its value, one way without it.
        ([{"Condition": {"StringEquals": {"k": "a"}}}, {"Condition": {"StringNotEquals": {"k": "a"}}}], "allowed"),
        ([{"Condition": {"Null": {"k": "true"}}}, {"Condition": {"Null": {"k": "false"}}}], "allowed"),
        ([{}, {"Condition": {"Bool": {"k": "true"}}}], "allowed"),
        ([{"Condition": {"Bool": {"k": "true"}}}, {"Condition": {"BoolIfExists": {"k": "false"}}}], "allowed"),
        (
            [
                {"Condition": {"NumericLessThan": {"k": "5"}}},
                {"Condition": {"NumericGreaterThanEquals": {"k": "3"}}},
                {"Condition": {"Null": {"k": "true"}}},
            ],
            "allowed",
        ),
        # Never allowed: what allows is denied as well, or allows exclude each other.
        ([{"Effect": "Deny", "Condition": {"StringEquals": {"k": "a"}}}], "implicitDeny"),
        (
            [{"Condition": {"StringLike": {"k": "ab*"}}}, {"Effect": "Deny", "Condition": {"StringLike": {"k": "a*"}}}],
            "implicitDeny",
        ),
        ([{"Condition": {"StringEquals": {"k": "a"}, "StringLike": {"K": "b*"}}}], "implicitDeny"),
        (
            [
                {"Condition": {"IpAddress": {"k": "10.1.0.0/16"}}},
                {"Effect": "Deny", "Condition": {"IpAddress": {"k": "10.0.0.0/8"}}},
            ],
            "implicitDeny",
        ),
        (
            [
                {"Condition": {"ArnLike": {"k": "arn:aws:s3:::b"}}},
                {"Effect": "Deny", "Condition": {"ArnLike": {"k": "arn:*:s3:::*"}}},
            ],
            "implicitDeny",
        ),
        # Denied explicitly whatever the key is.
        (
            [
                {"Effect": "Deny", "Condition": {"StringEquals": {"k": "a"}}},
                {"Effect": "Deny", "Condition": {"StringNotEquals": {"k": "a"}}},
            ],
            "explicitDeny",
        ),
        # Truly open.
        (
            [{"Condition": {"StringLike": {"k": "a*"}}}, {"Effect": "Deny", "Condition": {"StringLike": {"k": "ab*"}}}],
            "open",
        ),
        ([{}, {"Effect": "Deny", "Condition": {"StringEquals": {"k": "a"}}}], "open"),
    ],
)
def test_open_only_where_the_outcome_depends_on_the_unknown(statements: list[dict[str, Any]], outcome: str) -> None:
    found = ask(Policies(identity=(policy(*statements),)), UNKNOWN)
    assert found.outcome == outcome
    assert bool(found.depends_on) == (outcome == "open")


def test_an_unknown_variable_in_a_resource() -> None:
    own = policy({"Resource": f"arn:aws:sagemaker:*:{A}:endpoint/${{aws:PrincipalTag/team}}-*"})
    named = f"arn:aws:sagemaker:us-east-1:{A}:endpoint/ml-x"
    found = ask(Policies(identity=(own,)), UNKNOWN, resource=named)
    assert found.outcome is Outcome.OPEN
    assert [(each.key, each.operator) for each in found.depends_on] == [("aws:PrincipalTag/team", "Resource")]
    assert ask(Policies(identity=(own,)), UNKNOWN).outcome is Outcome.IMPLICIT_DENY
    known = decide(
        Request(ROLE, "sagemaker:CreateEndpoint", named, context=UNKNOWN, principal_tags={"team": "ml"}),
        Policies(identity=(own,)),
    )
    assert known.outcome is Outcome.ALLOWED


@pytest.mark.parametrize(
    ("kind", "policies", "outcome"),
    [
        (PolicyType.SCP, {"identity": (ALLOW,)}, Outcome.OPEN),
        (PolicyType.SCP, {}, Outcome.IMPLICIT_DENY),
        (PolicyType.SCP, {"identity": (ALLOW, DENY)}, Outcome.EXPLICIT_DENY),
        (PolicyType.IDENTITY, {}, Outcome.OPEN),
        (PolicyType.IDENTITY, {"boundaries": (NOTHING,)}, Outcome.IMPLICIT_DENY),
        (PolicyType.BOUNDARY, {"identity": (ALLOW,)}, Outcome.OPEN),
        (PolicyType.SESSION, {"identity": (ALLOW,)}, Outcome.OPEN),
        (PolicyType.RESOURCE, {}, Outcome.OPEN),
        (PolicyType.RESOURCE, {"identity": (ALLOW,)}, Outcome.OPEN),
        (PolicyType.VPC_ENDPOINT, {"identity": (ALLOW,)}, Outcome.OPEN),
        # SageMaker does not take part in resource control policies.
        (PolicyType.RCP, {"identity": (ALLOW,)}, Outcome.ALLOWED),
    ],
)
def test_policies_that_could_not_be_read(kind: PolicyType, policies: dict[str, Any], outcome: Outcome) -> None:
    found = ask(Policies(**policies, unknown={kind: "not allowed to read"}))
    assert found.outcome is outcome
    assert found.unknown == (((kind, "not allowed to read"),) if outcome is Outcome.OPEN else ())


def test_service_linked_roles_are_not_limited_by_the_organization() -> None:
    linked = f"arn:aws:iam::{A}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"
    limits = Policies(
        identity=(ALLOW,), service_control=((),), resource_control=((policy({"Effect": "Deny", "Principal": "*"}),),)
    )
    asked = {"action": "s3:GetObject", "resource": "arn:aws:s3:::b/k"}
    assert ask(limits, principal=linked, **asked).outcome is Outcome.ALLOWED
    assert ask(limits, **asked).outcome is Outcome.EXPLICIT_DENY


def test_what_no_policy_takes_away() -> None:
    asked = {"action": "sts:GetCallerIdentity", "resource": "*"}
    assert ask(Policies(identity=(DENY,)), **asked).outcome is Outcome.ALLOWED
    bucket = policy({"Effect": "Deny", "Principal": "*"})
    root = {"principal": f"arn:aws:iam::{A}:root", "resource": "arn:aws:s3:::b", "resource_account": A}
    assert ask(Policies(resource=bucket), action="s3:DeleteBucketPolicy", **root).outcome is Outcome.ALLOWED
    assert ask(Policies(resource=bucket), action="s3:DeleteBucket", **root).outcome is Outcome.EXPLICIT_DENY


@pytest.mark.parametrize("action", ["CreateEndpoint", "sagemaker:", ":x", "s3:Get*", ""])
def test_impossible_actions(action: str) -> None:
    with pytest.raises(RequestError, match="is not an action"):
        ask(Policies(), action=action)


@pytest.mark.parametrize("resource", ["", "endpoint/e", "arn:aws:s3", "arn"])
def test_impossible_resources(resource: str) -> None:
    with pytest.raises(RequestError, match="is not a resource"):
        ask(Policies(), resource=resource)


def test_an_impossible_principal_is_refused_each_time() -> None:
    policies = Policies()
    for _ in range(2):
        with pytest.raises(PrincipalError):
            ask(policies, principal="bob")


@pytest.mark.slow
def test_memory_stays_flat_however_many_requests_are_decided() -> None:
    policies = Policies(
        identity=(policy({"Action": "sagemaker:*", "Resource": f"arn:aws:sagemaker:*:{A}:endpoint/*"}),)
    )

    def some(start: int) -> None:
        for number in range(start, start + 4000):
            ask(policies, action=f"sagemaker:Create{number}", resource=f"{ENDPOINT}{number}")
            ask(Policies(identity=(policy({"Sid": str(number)}),)), principal=f"{ROLE}{number}")

    some(0)
    gc.collect()
    tracemalloc.start()
    some(4000)
    gc.collect()
    first = tracemalloc.get_traced_memory()[0]
    some(8000)
    gc.collect()
    second = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert second - first < 3_000_000
