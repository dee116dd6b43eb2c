"""Who can become an administrator: small accounts, each with one way or with none, after public catalogues of ways."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from preflight.audit.check import audit
from preflight.audit.scene import scene_of
from preflight.audit.ways.escalation import escalation
from preflight.audit.ways.steps import ADMINISTRATOR, Escalation, EscalationStep, joined
from preflight.documents.text.document import Document
from preflight.engine.result import Kind
from tools.managed_policies import PATH, content

HERE = Path(__file__).parent
CASES = [json.loads(line) for line in (HERE / "escalation.jsonl").read_text().splitlines()]
FURTHER = [json.loads(line) for line in (HERE / "what_ways_rest_on.jsonl").read_text().splitlines()]
ACCOUNT = "111122223333"


def found_in(snapshot: dict[str, Any]) -> Escalation:
    return escalation(scene_of(Document("snapshot.json", snapshot)))


def named(name: str) -> Escalation:
    return found_in(json.loads((HERE / f"{name}.json").read_text()))


def last(arn: str) -> str:
    return arn.rpartition("/")[2]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_accounts_with_one_way_or_none(case: dict[str, Any]) -> None:
    found = found_in(case["snapshot"])
    who = {last(arn) for arn in (*found.administrators, *found.steps)}
    assert (case["from"] in who) is case["a_way_to_administrator"]
    if "ExternalId" in case["id"] or "MFA condition" in case["id"]:
        (step,) = (step for arn, step in found.steps.items() if last(arn) == case["from"])
        assert step.depends_on


@pytest.mark.parametrize("case", FURTHER, ids=lambda case: str(case["id"]))
def test_what_a_way_rests_on(case: dict[str, Any]) -> None:
    """Groups joined, versions restored, boundaries and denials taken off, principals created, tags, trust, regions."""
    found = found_in(case["snapshot"])
    way = "s" in {last(arn) for arn in (*found.administrators, *found.steps)}
    unknown = "s" in {last(arn) for arn in (*found.undecided, *found.unseen, *found.central)}
    assert ("way" if way else "open" if unknown else "none") == case["expect"]


def test_administrators_under_conditions_are_listed_with_them() -> None:
    found = named("conditional-administrators")
    conditions = {last(arn): each for arn, each in found.conditions.items()}
    assert conditions["mfaadmin"] == ("aws:MultiFactorAuthPresent Bool true",)
    assert set(conditions) == {"denyip", "denyregion", "denymfa", "ipadmin", "mfaadmin", "regionadmin"}
    assert {last(each) for each in found.administrators} == {*conditions, "plain", "trustmfa"}
    assert {last(arn): step.depends_on for arn, step in found.steps.items()} == {
        "putmfa": ("aws:MultiFactorAuthPresent Bool true",),
        "dev": ("aws:MultiFactorAuthPresent Bool true",),
    }


def test_a_policy_of_aws_without_its_document_is_known_by_name_and_another_is_undecided() -> None:
    found = named("missing-documents")
    assert {last(each) for each in found.administrators} == {"boss"}
    assert {last(each) for each in found.undecided} == {"lucy"}


def test_an_instance_profile_is_reached_by_who_may_open_a_shell() -> None:
    (step,) = named("instance-profile").steps.values()
    assert (last(step.source), last(step.target), step.kind) == ("ops", "ec2admin", "existing-role")
    assert step.depends_on == ("an instance that runs with instance profile ec2admin",)


def user(name: str, *statements: dict[str, Any], groups: tuple[str, ...] = ()) -> dict[str, Any]:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return {
        "UserName": name,
        "Arn": f"arn:aws:iam::{ACCOUNT}:user/{name}",
        "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": document}] if statements else [],
        "GroupList": list(groups),
        "AttachedManagedPolicies": [],
    }


def allow(action: str | list[str], resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def account(*users: dict[str, Any], roles: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    iam = {"UserDetailList": list(users), "GroupDetailList": [], "RoleDetailList": list(roles), "Policies": []}
    return {"version": 1, "account": ACCOUNT, "partition": "aws", "iam": iam, "organization": None, "regions": {}}


def test_several_hops_and_all_ways_of_a_principal() -> None:
    boss = user("boss", allow("*"))
    far = user("far", allow("iam:CreateAccessKey", f"arn:aws:iam::{ACCOUNT}:user/near"))
    near = user("near", allow(["iam:CreateAccessKey", "iam:UpdateLoginProfile"], f"arn:aws:iam::{ACCOUNT}:user/boss"))
    near["UserPolicyList"][0]["PolicyDocument"]["Statement"].append(
        allow("iam:PutUserPolicy", f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}")
    )
    found = found_in(account(boss, far, near))
    path = [(last(each.source), last(each.target)) for each in found.path(far["Arn"])]
    assert path == [("far", "near"), ("near", ADMINISTRATOR)]
    others = [each.how for each in found.others[near["Arn"]]]
    assert others == ["iam:CreateAccessKey on user boss", "iam:UpdateLoginProfile on user boss"]


def test_the_statement_that_closes_most_ways_comes_first() -> None:
    shared = [user(f"dev{number}", allow("iam:PutUserPolicy")) for number in range(3)]
    found = found_in(account(user("boss", allow("*")), *shared))
    assert len(found.steps) == 3
    assert sum(count for _, count in found.closing()) >= 1


def test_a_name_that_is_chosen_must_fit_all_actions_of_a_way() -> None:
    role = {
        "RoleName": "admin",
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/admin",
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        },
        "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [allow("*")]}}],
        "AttachedManagedPolicies": [],
    }
    functions = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function"

    def found(created: str, invoked: str) -> bool:
        dev = user(
            "dev",
            allow("iam:PassRole"),
            allow("lambda:CreateFunction", f"{functions}:{created}"),
            allow("lambda:InvokeFunction", f"{functions}:{invoked}"),
        )
        return bool(found_in(account(dev, roles=(role,))).steps)

    assert found("dev-*", "dev-*")
    assert found("dev-*", "*-one")
    assert not found("dev-*", "prod-*")


def test_the_copy_of_managed_policies_is_readable_and_has_what_moto_has() -> None:
    import gzip

    kept = json.loads(gzip.decompress(PATH.read_bytes()))
    assert kept == content(), "run python tools/managed_policies.py"


def test_ways_that_were_not_looked_at_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = {"Effect": "Allow", "Action": "iam:AddUserToGroup", "Resource": "*"}
    harmless = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    version = "2012-10-17"
    user = {
        "UserName": "u", "Arn": f"arn:aws:iam::{ACCOUNT}:user/u", "GroupList": [], "AttachedManagedPolicies": [],
        "UserPolicyList": [{"PolicyName": "p", "PolicyDocument": {"Version": version, "Statement": [allowed]}}],
    }  # fmt: skip
    group = {
        "GroupName": "g", "Arn": f"arn:aws:iam::{ACCOUNT}:group/g", "AttachedManagedPolicies": [],
        "GroupPolicyList": [{"PolicyName": "q", "PolicyDocument": {"Version": version, "Statement": [harmless]}}],
    }  # fmt: skip
    iam = {"UserDetailList": [user], "GroupDetailList": [group], "RoleDetailList": [], "Policies": []}
    facts = {"version": 1, "account": ACCOUNT, "regions": {}, "iam": iam, "organization": None}
    assert found_in(facts).undecided == {}
    monkeypatch.setattr("preflight.audit.ways.escalation._MOST_CHANGES", 0)
    assert list(found_in(facts).undecided) == [user["Arn"]]


def test_each_step_cites_the_policies_of_its_own_principal() -> None:
    """The same statement in policies of other names is decided once, and cited by each by its own name."""
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*"}],
    }
    shared = f"arn:aws:iam::{ACCOUNT}:policy/shared"
    version = {"Document": document, "VersionId": "v1", "IsDefaultVersion": True}
    inline = [{"PolicyName": "own", "PolicyDocument": json.loads(json.dumps(document))}]

    def role(name: str, policies: list[Any], attached: list[Any]) -> dict[str, Any]:
        arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
        return {"RoleName": name, "Arn": arn, "RolePolicyList": policies, "AttachedManagedPolicies": attached}

    roles = [role("a", inline, []), role("b", [], [{"PolicyArn": shared}])]
    iam = {
        "RoleDetailList": roles, "UserDetailList": [], "GroupDetailList": [],
        "Policies": [{"Arn": shared, "PolicyName": "shared", "PolicyVersionList": [version]}],
    }  # fmt: skip
    found = found_in({"version": 1, "account": ACCOUNT, "regions": {}, "iam": iam, "organization": None})
    cited = {last(arn): {each.policy for each in step.by} for arn, step in found.steps.items()}
    assert cited == {"a": {"own of role a"}, "b": {shared}}


def test_a_session_name_of_ones_own_is_no_condition() -> None:
    case = next(each for each in FURTHER if each["id"] == "session name own")
    (step,) = found_in(case["snapshot"]).steps.values()
    assert step.depends_on == ()


def test_a_function_that_runs_with_a_role_is_taken_over_where_the_facts_list_it() -> None:
    code = {"Effect": "Allow", "Action": "lambda:UpdateFunctionCode", "Resource": "*"}
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    boss = f"arn:aws:iam::{ACCOUNT}:role/boss"
    role = {
        "RoleName": "boss",
        "Arn": boss,
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "RolePolicyList": [
            {"PolicyName": "all", "PolicyDocument": {"Version": "2012-10-17", "Statement": [everything]}}
        ],
        "AttachedManagedPolicies": [],
    }
    iam = {"RoleDetailList": [role], "UserDetailList": [user("s", code)], "GroupDetailList": [], "Policies": []}

    def found(*roles: str) -> Escalation:
        arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"
        functions = [{"FunctionName": "f", "FunctionArn": arn, "Role": each} for each in roles]
        regions = {"us-east-1": {"functions": functions}}
        return found_in({"version": 1, "account": ACCOUNT, "regions": regions, "iam": iam, "organization": None})

    (step,) = found(boss).steps.values()
    assert (step.how, step.depends_on) == ("lambda:UpdateFunctionCode on f, which runs as boss", ())
    other = found(f"{boss}-of-another")
    assert not other.steps and not other.unseen


def admin_role(name: str, *services: str, **more: Any) -> dict[str, Any]:
    trust = {"Effect": "Allow", "Principal": {"Service": list(services)}, "Action": "sts:AssumeRole"}
    return {
        "RoleName": name,
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/{name}",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [allow("*")]}}],
        "AttachedManagedPolicies": [],
        **more,
    }


@pytest.mark.parametrize(
    ("actions", "service", "part", "entry"),
    [
        (
            ["lambda:UpdateFunctionConfiguration", "lambda:UpdateFunctionCode"],
            "lambda",
            "functions",
            {"FunctionName": "f", "FunctionArn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f", "Role": "r"},
        ),
        (["codebuild:UpdateProject", "codebuild:StartBuild"], "codebuild", "build_projects", {"name": "p"}),
        (
            ["states:UpdateStateMachine", "states:StartExecution"],
            "states",
            "state_machines",
            {"name": "m", "stateMachineArn": f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:m"},
        ),
        (["cloudformation:UpdateStack"], "cloudformation", "stacks", {"StackName": "s"}),
        (
            ["sagemaker:UpdateNotebookInstance", "sagemaker:CreatePresignedNotebookInstanceUrl"],
            "sagemaker",
            "notebook_instances",
            {"NotebookInstanceName": "n"},
        ),
    ],
)
def test_a_role_is_passed_to_what_exists(actions: list[str], service: str, part: str, entry: dict[str, Any]) -> None:
    facts = account(
        user("s", allow(["iam:PassRole", *actions])), roles=(admin_role("boss", f"{service}.amazonaws.com"),)
    )

    def found(region: dict[str, Any]) -> str:
        facts["regions"] = {"us-east-1": region}
        said = found_in(facts)
        return "way" if said.steps else "open" if said.unseen else "none"

    assert found({part: [entry]}) == "way"
    assert found({part: [entry], "incomplete": [part]}) == "way"
    assert found({part: []}) == "none"
    assert found({}) == "open"
    assert found({part: [], "incomplete": [part]}) == "open"


def test_a_role_is_given_to_pods_of_a_cluster_that_exists() -> None:
    actions = ["iam:PassRole", "eks:CreatePodIdentityAssociation"]
    entered = [*actions, "eks:CreateAccessEntry", "eks:AssociateAccessPolicy"]
    role = admin_role("boss", "pods.eks.amazonaws.com")
    facts = account(user("pods", allow(actions)), user("entered", allow(entered)), roles=(role,))

    def depends_on(clusters: list[dict[str, Any]] | None) -> dict[str, tuple[str, ...]]:
        facts["regions"] = {"us-east-1": {} if clusters is None else {"eks_clusters": clusters}}
        return {last(arn): step.depends_on for arn, step in found_in(facts).steps.items()}

    assert depends_on(None) == {
        "pods": ("an EKS cluster", "permission of the cluster to create pods in it"),
        "entered": ("an EKS cluster",),
    }
    assert depends_on([{"name": "c"}]) == {
        "pods": ("permission of the cluster to create pods in it",),
        "entered": (),
    }
    assert depends_on([]) == {}


def test_an_instance_that_the_facts_list_is_no_condition() -> None:
    profile = {"InstanceProfileName": "p", "Arn": f"arn:aws:iam::{ACCOUNT}:instance-profile/p"}
    role = admin_role("boss", "ec2.amazonaws.com", InstanceProfileList=[profile])
    facts = account(user("s", allow("ssm:SendCommand")), roles=(role,))
    facts["regions"] = {
        "us-east-1": {"instances": [{"InstanceId": "i-1", "IamInstanceProfile": {"Arn": profile["Arn"]}}]}
    }
    (step,) = found_in(facts).steps.values()
    assert step.depends_on == ()
    facts["regions"] = {"us-east-1": {"instances": [{"InstanceId": "i-1", "IamInstanceProfile": None}]}}
    assert not found_in(facts).steps


def test_what_exists_was_looked_for_in_the_regions_of_the_facts() -> None:
    facts = account(user("s", allow("lambda:UpdateFunctionCode")), roles=(admin_role("boss", "lambda.amazonaws.com"),))
    facts["regions"] = {"us-east-1": {"functions": []}}
    (result,) = audit(Document("snapshot.json", facts), select=["ACC110"]).report.results
    assert result.kind is Kind.PASS
    assert result.message.endswith("; what they could take over was looked for in us-east-1")


def test_who_can_become_someone_unknown_is_unknown() -> None:
    code = user("code", allow("lambda:UpdateFunctionCode"))
    far = user("far", allow("iam:CreateAccessKey", code["Arn"]))
    farther = user("farther", allow("iam:CreateAccessKey", far["Arn"]))
    found = found_in(account(code, far, farther, roles=(admin_role("boss", "lambda.amazonaws.com"),)))
    assert {last(each) for each in found.unseen} == {"code"}
    assert {last(arn): reason for arn, reason in found.undecided.items()} == {
        "far": "it can act as user/code, of which it is not known",
        "farther": "it can act as user/far, of which it is not known",
    }


def test_what_the_facts_lack_is_unknown() -> None:
    adds = user("adds", allow("iam:AddUserToGroup"))
    facts = account(adds)
    del facts["iam"]["GroupDetailList"]
    assert {last(arn): each for arn, each in found_in(facts).undecided.items()} == {
        "adds": "the account's groups are not known"
    }
    boss = admin_role("boss")
    del boss["AssumeRolePolicyDocument"]
    assert found_in(account(adds, roles=(boss,))).unknown_trust == (boss["Arn"],)


def test_the_words_of_steps_that_are_made_of_steps_do_not_double() -> None:
    step = EscalationStep("a", "b", "own-permissions", "iam:PutRolePolicy on role/b", (), ("aws:SourceIp IpAddress x",))
    for _ in range(64):
        step = joined(step, step)
    assert len(step.how) < 2_100 and step.how.endswith(", and so on")
    assert step.depends_on == ("aws:SourceIp IpAddress x",)
