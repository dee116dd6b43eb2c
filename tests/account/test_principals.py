"""Every policy that bears on a principal is gathered, and whatever could not be had is named."""

from typing import Any

import pytest

from preflight.account.facts import Absent, Known, Unknown
from preflight.account.overlays.policy_overrides import Overrides, with_overrides
from preflight.account.principals import PrincipalFacts, identity_of, policies_of
from preflight.account.snapshots.snapshot import Snapshot
from preflight.documents.text.document import Document
from preflight.iam.request import PolicyType

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/deployer"
USER = f"arn:aws:iam::{ACCOUNT}:user/ann"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/ci"
MANAGED = f"arn:aws:iam::{ACCOUNT}:policy/managed"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
AWS_MANAGED = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"


def document(action: str = "s3:GetObject") -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}


def managed(arn: str) -> dict[str, Any]:
    versions = [
        {"VersionId": "v1", "IsDefaultVersion": False, "Document": document("s3:Old")},
        {"VersionId": "v2", "IsDefaultVersion": True, "Document": document()},
    ]
    return {"Arn": arn, "DefaultVersionId": "v2", "PolicyVersionList": versions}


def role(**members: Any) -> dict[str, Any]:
    return {"RoleName": "deployer", "Arn": ROLE, "RolePolicyList": [], "AttachedManagedPolicies": [], **members}


def account(iam: dict[str, Any], organization: Any = None, **members: Any) -> Snapshot:
    return Snapshot(
        {"version": 1, "account": ACCOUNT, "iam": iam, "organization": organization, **members}, "facts.json"
    )


def facts_of(snapshot: Any, arn: str = ROLE) -> PrincipalFacts:
    fact = policies_of(snapshot, arn)
    assert isinstance(fact, Known), fact
    return fact.value


def names(policies: Any) -> list[str]:
    return [policy.name for policy in policies]


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        (ROLE, ("role", {"RoleArn": ROLE})),
        (USER, ("user", {"UserArn": USER})),
        (SESSION, ("session", {"RoleName": "deployer"})),
        (f"arn:aws:iam::{ACCOUNT}:root", ("root", {})),
        ("arn:aws-cn:iam::111122223333:role/r", ("role", {"RoleArn": "arn:aws-cn:iam::111122223333:role/r"})),
        (f"arn:aws:sts::{ACCOUNT}:federated-user/ann", None),
        (f"arn:aws:iam::{ACCOUNT}:group/g", None),
        ("sagemaker.amazonaws.com", None),
        ("*", None),
    ],
)
def test_what_an_arn_names(arn: str, expected: Any) -> None:
    assert identity_of(arn) == expected


def test_a_role_with_everything() -> None:
    detail = role(
        RolePolicyList=[{"PolicyName": "inline", "PolicyDocument": document()}],
        AttachedManagedPolicies=[{"PolicyName": "managed", "PolicyArn": MANAGED}],
        PermissionsBoundary={"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": BOUNDARY},
        Tags=[{"Key": "team", "Value": "ml"}],
    )
    level = [{"name": "FullAWSAccess", "policy": document("*")}]
    organization = {
        "service_control_policies": {ACCOUNT: [level, level]},
        "resource_control_policies": {ACCOUNT: [[]]},
    }
    found = facts_of(
        account({"RoleDetailList": [detail], "Policies": [managed(MANAGED), managed(BOUNDARY)]}, organization)
    )
    assert (found.kind, found.identity_arn, found.tags) == ("role", ROLE, {"team": "ml"})
    assert names(found.policies.identity) == ["inline", MANAGED]
    assert names(found.policies.boundaries) == [BOUNDARY]
    assert [names(each) for each in found.policies.service_control or ()] == [["FullAWSAccess"], ["FullAWSAccess"]]
    assert found.policies.resource_control == ((),)
    assert dict(found.policies.unknown) == {}


def test_a_session_has_its_roles_policies() -> None:
    detail = role(RolePolicyList=[{"PolicyName": "inline", "PolicyDocument": document()}])
    found = facts_of(account({"RoleDetailList": [detail]}), SESSION)
    assert (found.arn, found.kind, found.identity_arn) == (SESSION, "session", ROLE)
    assert names(found.policies.identity) == ["inline"]
    assert found.policies.session is None


def test_a_user_has_its_groups_policies_too() -> None:
    user = {
        "UserName": "ann",
        "Arn": USER,
        "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": document()}],
        "AttachedManagedPolicies": [{"PolicyArn": MANAGED}],
        "GroupList": ["ml", "lost"],
    }
    group = {
        "GroupName": "ml",
        "GroupPolicyList": [{"PolicyName": "groups", "PolicyDocument": document()}],
        "AttachedManagedPolicies": [{"PolicyArn": MANAGED}],
    }
    iam = {"UserDetailList": [user], "GroupDetailList": [group], "Policies": [managed(MANAGED)]}
    found = facts_of(account(iam), USER)
    assert names(found.policies.identity) == ["own", "groups", MANAGED]
    assert "group lost was not found" in found.policies.unknown[PolicyType.IDENTITY]


def test_root_has_only_the_organizations_policies() -> None:
    level = [{"name": "scp", "policy": document("*")}]
    organization = {"service_control_policies": {ACCOUNT: [level]}, "resource_control_policies": {ACCOUNT: None}}
    found = facts_of(account({}, organization), f"arn:aws:iam::{ACCOUNT}:root")
    assert found.kind == "root"
    assert found.policies.identity == ()
    assert [names(each) for each in found.policies.service_control or ()] == [["scp"]]


def test_an_aws_managed_policy_that_is_not_in_the_snapshot_is_known_by_name() -> None:
    detail = role(AttachedManagedPolicies=[{"PolicyArn": AWS_MANAGED}])
    found = facts_of(account({"RoleDetailList": [detail], "Policies": []}))
    assert [each.name for each in found.policies.identity] == [AWS_MANAGED]
    assert found.policies.unknown == {}


def test_an_aws_managed_policy_that_is_newer_than_the_copy_is_named() -> None:
    newer = "arn:aws:iam::aws:policy/NewerThanTheCopy"
    detail = role(AttachedManagedPolicies=[{"PolicyArn": newer}])
    found = facts_of(account({"RoleDetailList": [detail], "Policies": []}))
    assert newer in found.policies.unknown[PolicyType.IDENTITY]


def test_a_managed_policy_that_is_in_no_list_is_named() -> None:
    detail = role(AttachedManagedPolicies=[{"PolicyArn": MANAGED}])
    assert MANAGED in facts_of(account({"RoleDetailList": [detail]})).policies.unknown[PolicyType.IDENTITY]


@pytest.mark.parametrize("policy", [{"Arn": MANAGED}, {"Arn": MANAGED, "PolicyVersionList": [{"VersionId": "v1"}]}])
def test_a_managed_policy_without_its_document_is_named(policy: dict[str, Any]) -> None:
    detail = role(AttachedManagedPolicies=[{"PolicyArn": MANAGED}])
    found = facts_of(account({"RoleDetailList": [detail], "Policies": [policy]}))
    assert MANAGED in found.policies.unknown[PolicyType.IDENTITY]


def test_a_boundary_that_cannot_be_read_is_unknown_not_missing() -> None:
    detail = role(PermissionsBoundary={"PermissionsBoundaryArn": BOUNDARY})
    found = facts_of(account({"RoleDetailList": [detail], "Policies": []}))
    assert found.policies.boundaries == ()
    assert BOUNDARY in found.policies.unknown[PolicyType.BOUNDARY]


@pytest.mark.parametrize("broken", [{"Statement": [{"Effect": "Maybe"}]}, {"Statement": 7}, {}])
def test_a_stored_policy_that_does_not_parse_is_unknown(broken: dict[str, Any]) -> None:
    detail = role(RolePolicyList=[{"PolicyName": "broken", "PolicyDocument": broken}])
    found = facts_of(account({"RoleDetailList": [detail]}))
    assert "broken" in found.policies.unknown[PolicyType.IDENTITY]


def test_without_an_organization_part_scps_and_rcps_are_unknown() -> None:
    snapshot = Snapshot({"version": 1, "account": ACCOUNT, "iam": {"RoleDetailList": [role()]}}, "facts.json")
    found = facts_of(snapshot)
    assert set(found.policies.unknown) == {PolicyType.SCP, PolicyType.RCP}
    assert found.policies.service_control is None


def test_who_is_not_there() -> None:
    facts = account({"RoleDetailList": [], "UserDetailList": []})
    assert isinstance(policies_of(facts, ROLE), Absent)
    assert isinstance(policies_of(facts, USER), Absent)
    assert isinstance(policies_of(account({}), ROLE), Unknown)


@pytest.mark.parametrize("arn", ["sagemaker.amazonaws.com", f"arn:aws:sts::{ACCOUNT}:federated-user/ann", "*", "ann"])
def test_who_has_no_policies_of_its_own(arn: str) -> None:
    fact = policies_of(account({"RoleDetailList": []}), arn)
    assert isinstance(fact, Unknown)
    assert arn in fact.reason


@pytest.mark.parametrize("resource", ["iam::999999999999:role/deployer", "sts::999999999999:assumed-role/deployer/s"])
def test_a_principal_of_another_account_is_unknown(resource: str) -> None:
    fact = policies_of(account({"RoleDetailList": [role()]}), f"arn:aws:{resource}")
    assert isinstance(fact, Unknown)
    assert "999999999999" in fact.reason
    assert ACCOUNT in fact.reason


def test_what_could_not_be_read_of_a_role_is_unknown_by_type_with_the_permission() -> None:
    unread = [
        {
            "Member": "RolePolicyList",
            "Reason": "iam:ListRolePolicies was denied",
            "Resolution": "allow iam:ListRolePolicies",
        },
        {"Member": "PermissionsBoundary", "Reason": "not read", "Resolution": "allow iam:GetRole"},
    ]
    found = facts_of(account({"RoleDetailList": [role(Unread=unread)]}))
    assert "(allow iam:ListRolePolicies)" in found.policies.unknown[PolicyType.IDENTITY]
    assert "(allow iam:GetRole)" in found.policies.unknown[PolicyType.BOUNDARY]


def given(name: str) -> Document:
    return Document(name, document("*"))


@pytest.mark.parametrize("arn", [ROLE, SESSION])
def test_given_identity_policies_take_the_place_of_all_others(arn: str) -> None:
    detail = role(
        RolePolicyList=[{"PolicyName": "inline", "PolicyDocument": document()}],
        AttachedManagedPolicies=[{"PolicyArn": AWS_MANAGED}],
        PermissionsBoundary={"PermissionsBoundaryArn": BOUNDARY},
    )
    below = account({"RoleDetailList": [detail], "Policies": [managed(BOUNDARY)]})
    found = facts_of(with_overrides(below, arn, Overrides(identity=(given("new.json"),))), arn)
    assert names(found.policies.identity) == ["new.json"]
    assert names(found.policies.boundaries) == [BOUNDARY]
    assert PolicyType.IDENTITY not in found.policies.unknown


def test_given_policies_replace_a_users_groups_too() -> None:
    user = {"UserName": "ann", "Arn": USER, "GroupList": ["lost"]}
    below = account({"UserDetailList": [user]})
    found = facts_of(with_overrides(below, USER, Overrides(identity=(given("new.json"),))), USER)
    assert names(found.policies.identity) == ["new.json"]
    assert dict(found.policies.unknown) == {}


def test_a_given_boundary() -> None:
    detail = role(PermissionsBoundary={"PermissionsBoundaryArn": BOUNDARY})
    below = account({"RoleDetailList": [detail]})
    found = facts_of(with_overrides(below, ROLE, Overrides(boundary=given("boundary.json"))))
    assert len(found.policies.boundaries) == 1
    assert PolicyType.BOUNDARY not in found.policies.unknown


def test_given_scps_are_one_level_for_everybody() -> None:
    below = Snapshot({"version": 1, "account": ACCOUNT, "iam": {"RoleDetailList": [role()]}}, "facts.json")
    overrides = Overrides(service_control=(given("a.json"), given("b.json")))
    found = facts_of(with_overrides(below, None, overrides))
    assert [names(level) for level in found.policies.service_control or ()] == [["a.json", "b.json"]]
    assert set(found.policies.unknown) == {PolicyType.RCP}


def test_a_role_that_is_yet_to_be_made() -> None:
    overrides = Overrides(identity=(given("new.json"),))
    planned = facts_of(with_overrides(account({"RoleDetailList": []}), ROLE, overrides))
    assert (names(planned.policies.identity), planned.tags, dict(planned.policies.unknown)) == (["new.json"], None, {})
    unread = facts_of(with_overrides(account({}), SESSION, overrides), SESSION)
    assert names(unread.policies.identity) == ["new.json"]
    assert set(unread.policies.unknown) == {PolicyType.BOUNDARY}


def test_other_principals_keep_their_policies() -> None:
    other = role(RoleName="other", Arn=f"arn:aws:iam::{ACCOUNT}:role/other")
    below = account({"RoleDetailList": [role(), other]})
    over = with_overrides(below, ROLE, Overrides(identity=(given("new.json"),)))
    assert facts_of(over, other["Arn"]).policies.identity == ()
    assert (over.partition, over.source, over.account_id()) == ("aws", "facts.json", Known(ACCOUNT))
    assert isinstance(over.caller(), Unknown)


def test_nothing_given_is_the_account_itself() -> None:
    below = account({})
    assert with_overrides(below, ROLE, Overrides()) is below
