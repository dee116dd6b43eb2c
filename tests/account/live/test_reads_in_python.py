"""The reads that take several calls: who calls, STS, principals, the organization."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from preflight.account.facts import Absent, Known, Unknown
from preflight.account.live.calls import Call
from preflight.account.live.errors import Failed
from tests.account.live.scripted import ACCOUNT, CALLER, DENIED, Scripted

NO_SUCH = Failed("NoSuchEntity", "cannot be found", 404)
EXPIRED = Failed("InvalidClientTokenId", "The security token included in the request is invalid", 403)
DISABLED = Failed("RegionDisabledException", "STS is not activated in this region for account", 403)


def document(action: str = "*") -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}


def test_the_caller() -> None:
    assert Scripted({}).one("sts:caller-identity", "") == Known(CALLER)
    refused = Scripted({"sts:GetCallerIdentity": EXPIRED}).one("sts:caller-identity", "")
    assert isinstance(refused, Unknown)
    assert "AWS rejected the credentials" in refused.reason


def test_the_caller_is_asked_at_home_where_the_region_does_not_know_it() -> None:
    aws = Scripted({"sts:GetCallerIdentity": lambda call: CALLER if call.region else EXPIRED}, region="me-south-1")
    assert aws.one("sts:caller-identity", "") == Known(CALLER)
    assert [call.region for call in aws.made] == ["", "us-east-1"]


def sts(region: str, status: str | None, token: Any = None) -> Any:
    script: dict[str, Any] = {"sts:GetSessionToken": token} if token is not None else {}
    if status:
        script["account:GetRegionOptStatus"] = {"RegionName": region, "RegionOptStatus": status}
    aws = Scripted(script, long_term_credentials=token is not None)
    return aws.one("sts:regional-endpoint", region, RegionName=region)


@pytest.mark.parametrize(
    ("region", "status", "token", "active"),
    [
        ("eu-west-1", "ENABLED_BY_DEFAULT", {}, True),
        ("eu-west-1", "ENABLED_BY_DEFAULT", DISABLED, False),
        ("us-east-1", "ENABLED_BY_DEFAULT", DISABLED, False),
        ("us-east-1", "ENABLED_BY_DEFAULT", None, True),
        ("us-east-1", None, None, True),
        ("eu-south-1", "ENABLED", None, True),
        ("eu-south-1", "DISABLED", None, False),
        ("eu-south-1", "DISABLED", EXPIRED, False),
        ("eu-west-1", None, {}, True),
    ],
)
def test_whether_sts_is_active(region: str, status: str | None, token: Any, active: bool) -> None:
    assert sts(region, status, token) == Known({"RegionName": region, "active": active})


@pytest.mark.parametrize(
    ("status", "token"),
    [("ENABLED_BY_DEFAULT", None), (None, None), ("ENABLED_BY_DEFAULT", DENIED), ("ENABLING", None)],
)
def test_sts_that_nothing_tells_of_is_unknown(status: str | None, token: Any) -> None:
    fact = sts("eu-west-1", status, token)
    assert isinstance(fact, Unknown)
    assert fact.resolution


def test_the_token_is_thrown_away_and_no_role_is_assumed() -> None:
    aws = Scripted({"sts:GetSessionToken": {"Credentials": {}}}, long_term_credentials=True)
    aws.one("sts:regional-endpoint", "eu-west-1", RegionName="eu-west-1")
    asked = [call for call in aws.made if call.service == "sts"]
    assert [
        (call.operation, call.region, call.discard) for call in asked if call.operation != "get_caller_identity"
    ] == [("get_session_token", "eu-west-1", True)]


ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/r"
MANAGED = f"arn:aws:iam::{ACCOUNT}:policy/m"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/b"


def role_script(**changes: Any) -> dict[str, Any]:
    role = {
        "RoleName": "r",
        "Arn": ROLE,
        "AssumeRolePolicyDocument": document(),
        "PermissionsBoundary": {"PermissionsBoundaryArn": BOUNDARY},
    }
    return {
        "iam:GetRole": {"Role": role},
        "iam:ListRolePolicies": {"PolicyNames": ["one", "two"]},
        "iam:ListAttachedRolePolicies": {"AttachedPolicies": [{"PolicyName": "m", "PolicyArn": MANAGED}]},
        "iam:GetRolePolicy": lambda call: {**call.parameters, "PolicyDocument": document()},
        "iam:GetPolicy": lambda call: {"Policy": {"Arn": call.parameters["PolicyArn"], "DefaultVersionId": "v3"}},
        "iam:GetPolicyVersion": {
            "PolicyVersion": {"VersionId": "v3", "IsDefaultVersion": True, "Document": document()}
        },
        **changes,
    }


def test_a_role_has_the_shape_of_the_account_authorization_details() -> None:
    fact = Scripted(role_script()).one("iam:role", "", RoleArn=ROLE)
    assert isinstance(fact, Known)
    assert fact.value["RolePolicyList"] == [
        {"PolicyName": "one", "PolicyDocument": document()},
        {"PolicyName": "two", "PolicyDocument": document()},
    ]
    assert fact.value["AttachedManagedPolicies"] == [{"PolicyName": "m", "PolicyArn": MANAGED}]
    assert "Unread" not in fact.value


def test_a_role_and_its_policies_take_three_latencies() -> None:
    def at_once(*operations: str) -> dict[str, Any]:
        """Answers that wait until as many are under way as operations are named."""
        together = threading.Barrier(len(operations), timeout=60)

        def answered(given: Any) -> Callable[[Call], Any]:
            def answer(call: Call) -> Any:
                together.wait()
                return given(call) if callable(given) else given

            return answer

        return {each: answered(role_script()[each]) for each in operations}

    stages = (
        at_once("iam:GetRole", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies")
        | at_once(*["iam:GetRolePolicy", "iam:GetPolicy"] * 2)
        | at_once(*["iam:GetPolicyVersion"] * 2)
    )
    aws = Scripted(role_script(**stages))
    aws.one("iam:role", "", RoleArn=ROLE)
    policies = [aws.one("iam:policy", "", PolicyArn=arn) for arn in (MANAGED, BOUNDARY)]
    assert all(isinstance(policy, Known) for policy in policies)
    assert aws.reads.longest.calls == 3
    assert len(aws.made) == len({call.identity for call in aws.made}) == 10


def test_what_may_not_be_read_of_a_role_is_named() -> None:
    aws = Scripted(role_script(**{"iam:ListRolePolicies": DENIED, "iam:ListAttachedRolePolicies": DENIED}))
    fact = aws.one("iam:role", "", RoleArn=ROLE)
    assert isinstance(fact, Known)
    assert {(each["Member"], each["Resolution"]) for each in fact.value["Unread"]} == {
        ("RolePolicyList", f"allow iam:ListRolePolicies on {ROLE}"),
        ("AttachedManagedPolicies", f"allow iam:ListAttachedRolePolicies on {ROLE}"),
    }


def test_an_inline_policy_that_may_not_be_read_is_named() -> None:
    def denied_two(call: Call) -> Any:
        return DENIED if call.parameters["PolicyName"] == "two" else {"PolicyDocument": document()}

    fact = Scripted(role_script(**{"iam:GetRolePolicy": denied_two})).one("iam:role", "", RoleName="r")
    assert isinstance(fact, Known)
    assert [each["PolicyName"] for each in fact.value["RolePolicyList"]] == ["one"]
    assert [each["Member"] for each in fact.value["Unread"]] == ["RolePolicyList"]


def test_roles_that_are_not_there() -> None:
    assert isinstance(Scripted(role_script(**{"iam:GetRole": NO_SUCH})).one("iam:role", "", RoleName="r"), Absent)
    elsewhere = Scripted(role_script()).one("iam:role", "", RoleArn=f"arn:aws:iam::{ACCOUNT}:role/r")
    assert isinstance(elsewhere, Absent)
    assert ROLE in elsewhere.detail
    denied = Scripted(role_script(**{"iam:GetRole": DENIED})).one("iam:role", "", RoleArn=ROLE)
    assert isinstance(denied, Unknown)
    assert denied.resolution == f"allow iam:GetRole on {ROLE}"
    foreign = Scripted(role_script()).one("iam:role", "", RoleArn="arn:aws:iam::999999999999:role/team/r")
    assert isinstance(foreign, Unknown)
    assert "999999999999" in foreign.reason


def test_a_user_and_its_groups() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:user/ann"
    script = {
        "iam:GetUser": {"User": {"UserName": "ann", "Arn": arn}},
        "iam:ListUserPolicies": {"PolicyNames": ["own"]},
        "iam:ListAttachedUserPolicies": {"AttachedPolicies": []},
        "iam:ListGroupsForUser": {"Groups": [{"GroupName": "ml"}]},
        "iam:GetUserPolicy": {"PolicyDocument": document()},
        "iam:GetGroup": {"Group": {"GroupName": "ml", "Arn": "arn"}, "Users": []},
        "iam:ListGroupPolicies": {"PolicyNames": ["groups"]},
        "iam:ListAttachedGroupPolicies": {"AttachedPolicies": []},
        "iam:GetGroupPolicy": {"PolicyDocument": document()},
    }
    aws = Scripted(script)
    user = aws.one("iam:user", "", UserArn=arn)
    group = aws.one("iam:group", "", GroupName="ml")
    assert isinstance(user, Known)
    assert isinstance(group, Known)
    assert user.value["GroupList"] == ["ml"]
    assert user.value["UserPolicyList"] == [{"PolicyName": "own", "PolicyDocument": document()}]
    assert group.value["GroupPolicyList"] == [{"PolicyName": "groups", "PolicyDocument": document()}]
    assert aws.reads.longest.calls == 3


def test_managed_policies_that_are_not_to_be_had() -> None:
    assert isinstance(Scripted({"iam:GetPolicy": NO_SUCH}).one("iam:policy", "", PolicyArn=MANAGED), Absent)
    script = role_script(**{"iam:GetPolicyVersion": DENIED})
    fact = Scripted(script).one("iam:policy", "", PolicyArn=MANAGED)
    assert isinstance(fact, Unknown)
    assert fact.resolution == f"allow iam:GetPolicyVersion on {MANAGED}"


SCP = "SERVICE_CONTROL_POLICY"


def organization(**changes: Any) -> dict[str, Any]:
    parents = {ACCOUNT: ("ou-1", "ORGANIZATIONAL_UNIT"), "ou-1": ("r-1", "ROOT")}
    policies = {ACCOUNT: ["p-full", "p-account"], "ou-1": ["p-full"], "r-1": ["p-full", "p-root"]}

    def parent(call: Call) -> Any:
        identity, kind = parents[call.parameters["ChildId"]]
        return {"Parents": [{"Id": identity, "Type": kind}]}

    def attached(call: Call) -> Any:
        assert call.parameters["Filter"] == SCP
        return {"Policies": [{"Id": each, "Name": each[2:]} for each in policies[call.parameters["TargetId"]]]}

    return {
        "organizations:DescribeOrganization": {
            "Organization": {"MasterAccountId": "999999999999", "FeatureSet": "ALL"}
        },
        "organizations:ListRoots": {"Roots": [{"Id": "r-1", "PolicyTypes": [{"Type": SCP, "Status": "ENABLED"}]}]},
        "organizations:ListParents": parent,
        "organizations:ListPoliciesForTarget": attached,
        "organizations:DescribePolicy": lambda call: {
            "Policy": {"Content": json.dumps(document(call.parameters["PolicyId"]))}
        },
        **changes,
    }


def levels(script: dict[str, Any]) -> Any:
    return Scripted(script).one("organizations:policy-levels", "", AccountId=ACCOUNT, PolicyType=SCP)


def test_the_levels_of_the_organization_from_the_root_down() -> None:
    aws = Scripted(organization())
    fact = aws.one("organizations:policy-levels", "", AccountId=ACCOUNT, PolicyType=SCP)
    assert isinstance(fact, Known)
    assert [[each["name"] for each in level] for level in fact.value["levels"]] == [
        ["full", "root"],
        ["full"],
        ["full", "account"],
    ]
    assert fact.value["levels"][0][1]["policy"] == document("p-root")
    assert aws.labels.count("organizations:DescribePolicy") == 3
    assert aws.reads.longest.calls == 4


@pytest.mark.parametrize(
    "change",
    [
        {"organizations:DescribeOrganization": Failed("AWSOrganizationsNotInUseException", "not a member", 400)},
        {"organizations:DescribeOrganization": {"Organization": {"MasterAccountId": ACCOUNT, "FeatureSet": "ALL"}}},
        {"organizations:DescribeOrganization": {"Organization": {"FeatureSet": "CONSOLIDATED_BILLING"}}},
        {"organizations:ListRoots": {"Roots": [{"Id": "r-1", "PolicyTypes": []}]}},
    ],
)
def test_where_no_organization_policies_apply(change: dict[str, Any]) -> None:
    assert levels(organization(**change)) == Known({"levels": None})


@pytest.mark.parametrize(
    "denied", ["DescribeOrganization", "ListRoots", "ListParents", "ListPoliciesForTarget", "DescribePolicy"]
)
def test_organization_policies_that_may_not_be_read_are_unknown(denied: str) -> None:
    fact = levels(organization(**{f"organizations:{denied}": DENIED}))
    assert isinstance(fact, Unknown)
    assert f"organizations:{denied} was denied" in fact.reason
    assert "--scp" in fact.resolution
    assert "organizations:ListPoliciesForTarget" in fact.resolution


def test_the_account_at_the_root_has_two_levels() -> None:
    at_root = {"organizations:ListParents": {"Parents": [{"Id": "r-1", "Type": "ROOT"}]}}
    fact = levels(organization(**at_root))
    assert isinstance(fact, Known)
    assert len(fact.value["levels"]) == 2


SCPS = {
    "organizations:DescribeOrganization": {"Organization": {"Id": "o-1", "MasterAccountId": "444455556666"}},
    "organizations:ListRoots": {
        "Roots": [{"Id": "r-1", "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]}]
    },
    "organizations:ListParents": {"Parents": [{"Id": "r-1", "Type": "ROOT"}]},
    "organizations:ListPoliciesForTarget": {"Policies": [{"Id": "p-1", "Name": "Full"}]},
    "organizations:DescribePolicy": {"Policy": {"Content": json.dumps(document())}},
}
REPORT = {
    "iam:GenerateServiceLastAccessedDetails": {"JobId": "j"},
    "iam:GetServiceLastAccessedDetails": {"JobStatus": "COMPLETED", "ServicesLastAccessed": []},
}
CREDENTIALS = {
    "iam:GenerateCredentialReport": {"State": "COMPLETE"},
    "iam:GetCredentialReport": {"Content": b"user,arn\nann,x\n"},
}
ROLE_READS = {
    "iam:GetRole": {"Role": {"RoleName": "r", "Arn": f"arn:aws:iam::{ACCOUNT}:role/r"}},
    "iam:ListRolePolicies": {"PolicyNames": ["p"]},
    "iam:GetRolePolicy": {"PolicyDocument": document()},
    "iam:ListAttachedRolePolicies": {"AttachedPolicies": [{"PolicyName": "m", "PolicyArn": MANAGED}]},
}
POLICY_READS = {
    "iam:GetPolicy": {"Policy": {"DefaultVersionId": "v1"}},
    "iam:GetPolicyVersion": {"PolicyVersion": {"Document": document()}},
}
READS: list[tuple[str, dict[str, str], dict[str, Any]]] = [
    ("organizations:policy-levels", {"AccountId": ACCOUNT, "PolicyType": "SERVICE_CONTROL_POLICY"}, SCPS),
    ("iam:service-last-accessed", {"Arn": f"arn:aws:iam::{ACCOUNT}:role/r"}, REPORT),
    ("iam:credential-report", {}, CREDENTIALS),
    ("iam:role", {"RoleName": "r"}, ROLE_READS),
    ("iam:policy", {"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/p"}, POLICY_READS),
    ("sts:caller-identity", {}, {"sts:GetCallerIdentity": CALLER}),
]


def lacking(value: Any) -> list[Any]:
    """Return a value without each of its members, one after another."""
    found: list[Any] = []
    if isinstance(value, dict):
        for name, each in value.items():
            found.append({key: kept for key, kept in value.items() if key != name})
            if name not in ("Content", "PolicyDocument", "Document"):
                found += [{**value, name: less} for less in lacking(each)]
    elif isinstance(value, list):
        found = [
            [*value[:index], less, *value[index + 1 :]] for index, each in enumerate(value) for less in lacking(each)
        ]
    return found


@pytest.mark.parametrize(("kind", "key", "script"), READS, ids=[each[0] for each in READS])
def test_an_incomplete_answer_is_unknown_and_no_defect(kind: str, key: dict[str, str], script: dict[str, Any]) -> None:
    whole = Scripted(script).one(kind, "", **key)
    assert isinstance(whole, Known), whole
    for call, answer in script.items():
        for less in lacking(answer):
            fact = Scripted({**script, call: less}).one(kind, "", **key)
            known = isinstance(fact, Known) and not (isinstance(fact.value, dict) and fact.value.get("Unread"))
            assert not known or fact == whole or OPTIONAL & _lost(answer, less), (call, less, fact)


OPTIONAL = {"MasterAccountId", "Id", "PolicyTypes", "Type", "Status", "RoleName", "PolicyName"}


def _lost(whole: Any, less: Any) -> set[str]:
    """Return the names of the members that something lacks."""
    if isinstance(whole, list):
        return set().union(*(_lost(one, other) for one, other in zip(whole, less, strict=True)))
    if not isinstance(whole, dict):
        return set()
    return (whole.keys() - less.keys()).union(
        *(_lost(each, less[name]) for name, each in whole.items() if name in less)
    )


@pytest.mark.parametrize("content", ["{", "[" * 100_000, "x"])
def test_an_organizations_policy_that_is_no_json_is_unknown(content: str) -> None:
    script = {**SCPS, "organizations:DescribePolicy": {"Policy": {"Content": content}}}
    fact = Scripted(script).one(READS[0][0], "", **READS[0][1])
    assert isinstance(fact, Unknown) and "isn't JSON" in fact.reason
