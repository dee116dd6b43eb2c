"""`preflight audit` as its users run it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from preflight.data_files import folder as shipped
from tests.audit.generated import ACCOUNT, REGION, account
from tests.cli.conftest import EXAMPLES
from tests.cli.running import Command

SNAPSHOT = EXAMPLES / "snapshot.json"
ARN = f"arn:aws:iam::{ACCOUNT}"


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*", **each} for each in statements]}


def role(name: str, *statements: dict[str, Any], trust: Any = None) -> dict[str, Any]:
    principal = trust or {"Service": "ec2.amazonaws.com"}
    assume = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return {
        "RoleName": name,
        "Arn": f"{ARN}:role/{name}",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [assume]},
        "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": policy(*statements)}] if statements else [],
        "AttachedManagedPolicies": [],
    }


def snapshot(*roles: dict[str, Any], **region: Any) -> dict[str, Any]:
    return {
        "version": 1,
        "account": ACCOUNT,
        "regions": {REGION: {"endpoints": [], "endpoint_configs": [], "models": [], "quotas": [], **region}},
        "iam": {"RoleDetailList": list(roles), "UserDetailList": [], "GroupDetailList": [], "Policies": []},
        "organization": None,
    }


def test_the_example_in_words(preflight: Command) -> None:
    ran = preflight("audit", "--snapshot", str(SNAPSHOT))
    assert ran.code == 1 and ran.err == ""
    assert ran.out.startswith(
        "Account 111122223333: 2 roles, 0 users; us-east-1\nEndpoints: 1 can create, 1 can update\n"
    )
    assert "endpoint forecast in us-east-1 would fail its next update" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80
    assert ran.out.splitlines()[-1].startswith("FINDINGS: 1 error, ")


def test_the_example_as_data(preflight: Command) -> None:
    ran = preflight("audit", "--snapshot", str(SNAPSHOT), "--format", "json")
    found = json.loads(ran.out)
    schema = json.loads((shipped("schemas") / "audit.schema.json").read_bytes())
    assert [error.message for error in Draft202012Validator(schema).iter_errors(found)] == []
    report = json.loads((shipped("schemas") / "report.schema.json").read_bytes())
    own = {name: found[name] for name in report["properties"] if name in found}
    assert [error.message for error in Draft202012Validator(report).iter_errors(own)] == []
    creating = [each for each in found["access"] if each["action"] == "sagemaker:CreateEndpoint"]
    assert [(each["principal"], each["reach"]) for each in creating] == [(f"{ARN}:role/deployer", "some")]
    assert {each["name"]: each["used"] for each in found["quotas"]}["ml.m5.xlarge for endpoint usage"] == 6


@pytest.mark.parametrize("form", ["jsonl", "sarif", "junit", "github", "gitlab", "markdown", "csv"])
def test_every_format_has_every_failure(preflight: Command, form: str) -> None:
    ran = preflight("audit", "--snapshot", str(SNAPSHOT), "--format", form)
    assert ran.code == 1 and "ACC130" in ran.out, ran


@pytest.mark.parametrize("form", ["html", "json", "csv", "text"])
def test_a_report_is_for_its_owner_alone(preflight: Command, form: str, folder: Path) -> None:
    preflight("audit", "--snapshot", str(SNAPSHOT), "--format", form, "--output", "report")
    assert (folder / "report").stat().st_size and (folder / "report").stat().st_mode & 0o077 == 0


def test_cells_are_no_formulas(preflight: Command) -> None:
    hostile = {"EndpointName": "=cmd()", "EndpointStatus": "Failed", "EndpointConfigName": "c", "FailureReason": "=1+1"}
    ran = preflight("audit", "--snapshot", "s.json", "--format", "csv", s__json=snapshot(endpoints=[hostile]))
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert rows and not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row.values())


def test_who_can(preflight: Command) -> None:
    account = snapshot(
        role("all", {"Action": "sagemaker:*"}),
        role(
            "some",
            {
                "Action": "sagemaker:CreateEndpoint",
                "Resource": [f"arn:aws:sagemaker:*:{ACCOUNT}:{each}" for each in ("endpoint/x-*", "endpoint-config/*")],
            },
        ),
        role(
            "if", {"Action": "sagemaker:CreateEndpoint", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
        ),
        role("none", {"Action": "s3:GetObject"}),
    )
    asked = ("audit", "--snapshot", "s.json", "--who-can", "sagemaker:createendpoint", "--format", "json")
    found = {each["principal"].rpartition("/")[2]: each for each in json.loads(preflight(*asked, s__json=account).out)}
    assert {name: each["reach"] for name, each in found.items()} == {"all": "all", "some": "some", "if": "open"}
    assert found["if"]["depends_on"] == ["aws:MultiFactorAuthPresent Bool true"]
    on = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/y"
    named = json.loads(preflight(*asked, "--on", on).out)
    assert [each["principal"].rpartition("/")[2] for each in named] == ["all", "if"]


def test_who_can_knows_names_with_slashes_other_regions_and_what_was_not_read(preflight: Command) -> None:
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    account = snapshot(
        role("path", {"Action": "iam:PassRole", "Resource": f"{ARN}:role/service/x"}),
        role("far", {"Action": "lambda:InvokeFunction", "Resource": f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:f"}),
        role("tags", {"Action": "ec2:CreateTags", "Resource": f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/*"}),
        role("decrypts", {"Action": "kms:Decrypt", "Resource": key}),
        role("abroad", {"Action": "sns:Publish", "Resource": "arn:aws:sns:us-east-1:999988887777:t"}),
    )

    def who(action: str, *more: str) -> tuple[int, list[tuple[str, str]]]:
        ran = preflight(
            "audit", "--snapshot", "s.json", "--who-can", action, "--format", "json", *more, s__json=account
        )
        return ran.code, [(each["principal"].rpartition("/")[2], each["reach"]) for each in json.loads(ran.out)]

    assert who("iam:PassRole") == (0, [("path", "all")])
    # The policy of a function may allow others, and none is in the facts.
    assert who("lambda:InvokeFunction") == (3, [("far", "all")])
    assert who("lambda:InvokeFunction", "--region", "us-west-2") == (3, [])
    assert who("lambda:CreateFunction") == (0, [])
    assert who("ec2:CreateTags") == (0, [("tags", "all")])
    assert who("kms:Decrypt") == who("kms:Decrypt", "--on", key) == (3, [("decrypts", "open")])
    assert who("kms:Decrypt", "--allow-open") == (0, [("decrypts", "open")])
    assert who("sns:Publish") == (3, [("abroad", "open")])


def test_a_snapshot_of_iam_alone_answers_for_iam(preflight: Command) -> None:
    account = {**snapshot(role("maker", {"Action": "sagemaker:CreateEndpoint"})), "regions": {}}
    asked = ("audit", "--snapshot", "s.json", "--who-can", "sagemaker:CreateEndpoint", "--region", "eu-west-1")
    ran = preflight(*asked, "--format", "csv", s__json=account)
    (row,) = csv.DictReader(io.StringIO(ran.out))
    assert (
        row["principal"].endswith("role/maker") and row["access_level"] == "Write" and ":eu-west-1:" in row["resource"]
    )


def test_what_an_administrator_and_who_can_become_one_can(preflight: Command) -> None:
    account = snapshot(
        role("boss", {"Action": "*"}), role("up", {"Action": ["iam:PutRolePolicy", "sagemaker:AddTags"]})
    )
    asked = ("audit", "--snapshot", "s.json", "--can")
    assert "is an administrator" in preflight(*asked, "boss", s__json=account).out
    told = preflight(*asked, "up").out
    assert "can become an administrator: iam:PutRolePolicy on role/up, its own" in told
    assert "sagemaker\n  Tagging, Write: AddTags\n" in told
    assert preflight(*asked, "up", "--format", "csv").out.startswith("principal,action,access_level,")


def test_what_someone_can(preflight: Command) -> None:
    account = snapshot(
        role("app", {"Action": ["sts:AssumeRole", "sagemaker:InvokeEndpoint"]}),
        role("target", trust={"AWS": f"{ARN}:root"}),
        role("closed"),
    )
    ran = preflight("audit", "--snapshot", "s.json", "--can", "app", "--format", "json", s__json=account)
    assert [(each["action"], each["resource"].rpartition(":")[2]) for each in json.loads(ran.out)] == [
        ("sagemaker:InvokeEndpoint", "endpoint/?*"),
        ("sts:AssumeRole", "role/target"),
    ]


def test_the_path_to_an_administrator_is_told_step_by_step(preflight: Command) -> None:
    account = snapshot(
        role("admin", {"Action": "*"}, trust={"Service": "sagemaker.amazonaws.com"}),
        role("ml", {"Action": ["iam:PassRole", "sagemaker:CreateTrainingJob"]}, trust={"AWS": f"{ARN}:role/app"}),
        role("app", {"Action": "s3:GetObject"}),
        role("bound", {"Action": "iam:PutRolePolicy", "Resource": f"{ARN}:role/other"}),
    )
    ran = preflight("audit", "--snapshot", "s.json", "--select", "ACC110", "--format", "json", s__json=account)
    found = json.loads(ran.out)
    assert ran.code == 1
    messages = {each["subject"].rpartition("/")[2]: each["message"] for each in found["results"]}
    assert set(messages) == {"ml", "app"}
    assert messages["app"].index("assumes ml") < messages["app"].index("iam:PassRole + sagemaker:CreateTrainingJob")
    assert found["escalation"]["administrators"] == [f"{ARN}:role/admin"]


def test_what_changed_since(preflight: Command) -> None:
    before = snapshot(role("a", {"Action": "sagemaker:DeleteEndpoint"}), role("b"))
    now = snapshot(role("a"), role("b", {"Action": "sagemaker:InvokeEndpoint"}, {"Action": "*"}))
    asked = ("audit", "--snapshot", "now.json", "--since", "before.json")
    ran = preflight(*asked, "--format", "json", now__json=now, before__json=before)
    found = {(each["principal"].rpartition("/")[2], each["what"]): each["change"] for each in json.loads(ran.out)}
    assert found["a", "sagemaker:DeleteEndpoint"] == "lost"
    assert found["b", "sagemaker:InvokeEndpoint"] == found["b", "become an administrator"] == "gained"
    assert "  - sagemaker:DeleteEndpoint on " in preflight(*asked).out
    assert preflight("audit", "--snapshot", "now.json", "--since", "now.json").out.startswith("Nothing changed: ")


def test_new_principals_are_one_line_each_and_endpoints_and_quotas_are_compared(preflight: Command) -> None:
    def hosting(status: str, value: int) -> dict[str, Any]:
        quota = {"QuotaName": "ml.m5.xlarge for endpoint usage", "Value": value}
        return {"endpoints": [{"EndpointName": "e", "EndpointStatus": status}], "quotas": [quota]}

    before, now = snapshot(role("gone")), snapshot(role("fresh", {"Action": "*"}))
    before["regions"][REGION] |= hosting("InService", 4)
    now["regions"][REGION] |= hosting("Failed", 2)
    asked = ("audit", "--snapshot", "now.json", "--since", "before.json")
    lines = preflight(*asked, now__json=now, before__json=before).out.splitlines()
    assert "1 is new, 1 is gone" in lines[0] and "1 endpoint is in another state, 1 quota differs" in lines[0]
    assert any(line.startswith(f"+ {ARN}:role/fresh is new: is an administrator; is allowed *") for line in lines)
    assert len([line for line in lines if "/fresh" in line]) == len([line for line in lines if "/gone" in line]) == 1
    assert any(line.endswith("endpoint/e: InService -> Failed") for line in lines)
    assert f"~ quota ml.m5.xlarge for endpoint usage in {REGION}: 4 -> 2" in lines
    ran = preflight(*asked, "--format", "json", "--fail-on-new")
    assert ran.code == 1 and {each["change"] for each in json.loads(ran.out)} == {"gained", "lost", "changed"}


def test_what_cannot_be_compared_is_unknown(preflight: Command) -> None:
    partial = snapshot(role("a"))
    del partial["iam"]["UserDetailList"]
    asked = ("audit", "--snapshot", "now.json", "--since", "before.json")
    ran = preflight(*asked, now__json=snapshot(role("a")), before__json=partial)
    assert ran.code == 3 and "UNKNOWN: users: a snapshot doesn't have all users\n" in ran.out
    assert preflight(*asked, "--allow-open").code == 0
    told = json.loads(preflight(*asked, "--format", "json").out)
    assert [(each["principal"], each["change"]) for each in told] == [("users", "unknown")]


def test_what_changed_since_is_proved_for_every_action(preflight: Command) -> None:
    data = "arn:aws:s3:::data"
    before = snapshot(role("a", {"Action": "s3:GetObject", "Resource": f"{data}/a/*"}), role("b"), role("c"))
    now = snapshot(
        role("a", {"Action": "s3:GetObject", "Resource": f"{data}/*"}),
        role("b", trust={"AWS": "arn:aws:iam::999988887777:root"}),
        role("c"),
    )
    asked = ("audit", "--snapshot", "now.json", "--since", "before.json", "--fail-on-new")
    ran = preflight(*asked, "--format", "json", now__json=now, before__json=before)
    found = {(each["principal"].rpartition("/")[2], each["what"].partition(" by ")[0]) for each in json.loads(ran.out)}
    assert ran.code == 1 and {("a", "s3:GetObject"), ("b", "be assumed")} <= found
    assert not any(name == "c" for name, _ in found)
    assert preflight("audit", "--snapshot", "now.json", "--since", "now.json", "--fail-on-new").code == 0


def test_the_settings_say_who_is_expected(preflight: Command, folder: Path) -> None:
    (folder / "preflight.toml").write_text(f'[audit.expected]\ncreate = ["{ARN}:role/deploy-*"]\n')
    account = snapshot(
        role("deploy-1", {"Action": "sagemaker:*"}), role("intern", {"Action": "sagemaker:CreateEndpoint"})
    )
    ran = preflight("audit", "--snapshot", "s.json", "--select", "ACC101", "--format", "json", s__json=account)
    assert [each["subject"] for each in json.loads(ran.out)["results"]] == [f"{ARN}:role/intern"]


def test_what_is_not_known_is_open(preflight: Command) -> None:
    partial = snapshot()
    del partial["iam"]
    ran = preflight("audit", "--snapshot", "s.json", "--select", "ACC", s__json=partial)
    assert ran.code == 3 and "the account's users and roles are not known" in " ".join(ran.out.split())
    asked = ("audit", "--snapshot", "s.json", "--select", "ACC", "--format", "json")
    assert json.loads(preflight(*asked).out)["verdict"] == "open"
    allowed = preflight(*asked, "--allow-open")
    assert (allowed.code, json.loads(allowed.out)["verdict"]) == (0, "clean")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--who-can", "sagemaker:CreateEndpoints"), "did you mean sagemaker:CreateEndpoint?"),
        (("--who-can", "sagemaker:CreateEndpoint", "--on", "x"), "--on 'x' isn't an ARN"),
        (("--on", "arn:aws:s3:::b"), "add --who-can ACTION"),
        (("--can", "deployr"), "did you mean deployer?"),
        (("--can", "x", "--who-can", "s3:GetObject"), "ask one at a time"),
        (("--format", "jsn"), "did you mean json?"),
        (("--region", "eu-west-9"), "has no region eu-west-9; it holds us-east-1"),
        (("--select", "ACC999"), "unknown rule 'ACC999'"),
    ],
)
def test_bad_usage(preflight: Command, options: tuple[str, ...], says: str) -> None:
    ran = preflight("audit", "--snapshot", str(SNAPSHOT), *options)
    assert (ran.code, ran.out) == (2, "") and says in ran.line


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (SNAPSHOT.read_text()[:4000], "invalid JSON"),
        ("{}", "version"),
        (json.dumps({**snapshot(), "accuont": 1}), "accuont"),
    ],
)
def test_a_snapshot_that_is_truncated_or_edited_by_hand(preflight: Command, text: str, says: str) -> None:
    ran = preflight("audit", "--snapshot", "s.json", s__json=text)
    assert (ran.code, ran.out) == (2, "") and "s.json" in ran.line and says in ran.line


def test_snapshots_of_two_accounts_are_not_compared(preflight: Command) -> None:
    other = {**snapshot(), "account": "444455556666"}
    ran = preflight("audit", "--snapshot", "a.json", "--since", "b.json", a__json=snapshot(), b__json=other)
    assert (ran.code, ran.out) == (2, "") and "--since is of account 444455556666" in ran.line


def test_answers_agree_with_the_engine_for_every_role_of_a_generated_account(preflight: Command) -> None:
    """What is decided once for many roles is what is decided for each of them."""
    from preflight.account.principals import policies_of
    from preflight.account.snapshots.snapshot import Snapshot
    from preflight.audit.access.decider import _CONTEXT
    from preflight.audit.scene import Scene
    from preflight.iam.decide import decide
    from preflight.iam.request import Request

    facts = Snapshot(account(150), "generated")
    scene = Scene(facts, (REGION,))
    on = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/endpoint-7"
    reach = {"allowed": "all", "open": "open", "explicitDeny": "none", "implicitDeny": "none"}
    for action in ("sagemaker:InvokeEndpoint", "sagemaker:CreateEndpoint", "sagemaker:DeleteEndpoint"):
        for holder in scene.holders.by_arn.values():
            known: Any = policies_of(facts, holder.arn)
            request = Request(holder.arn, action, on, context=_CONTEXT, principal_tags=holder.tags)
            alone = decide(request, known.value.policies).outcome.value
            assert scene.decider.access(holder, action, on).reach.value == reach[alone], (holder.arn, action)


def test_the_same_policy_is_one_finding_with_all_who_have_it(preflight: Command) -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "All", "Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*"}],
    }
    roles = [
        {
            "RoleName": name,
            "Arn": f"arn:aws:iam::111122223333:role/{name}",
            "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": document}],
            "AttachedManagedPolicies": [],
        }
        for name in ("one", "two", "three", "four")
    ]
    account = {"version": 1, "account": "111122223333", "regions": {}, "iam": {"RoleDetailList": roles}}
    ran = preflight("audit", "--snapshot", "s.json", "--select", "IAM209", "--format", "json", s__json=account)
    (found,) = json.loads(ran.out)["results"]
    assert [each["policy"] for each in found["evidence"]] == [f"policy p of role {each['RoleName']}" for each in roles]
    assert {each["statement"] for each in found["evidence"]} == {"All"}
    assert "role one, role two, role three and 1 more" in found["message"] and found["subject"] == roles[0]["Arn"]
    for table, head in (("ways", "account,source,target"), ("administrators", "account,principal")):
        told = preflight("audit", "--snapshot", "s.json", "--format", "csv", "--table", table, s__json=account)
        assert told.out.startswith(head)
    options = ("--select", "IAM209", "--format", "csv", "--table", "evidence")
    told = preflight("audit", "--snapshot", "s.json", *options, s__json=account)
    assert [line.rsplit(",", 2)[1:] for line in told.out.splitlines()[1:]] == [
        [each["policy"], each["statement"]] for each in found["evidence"]
    ]
    refused = preflight("audit", "--snapshot", "s.json", "--table", "ways", s__json=account)
    assert refused.code == 2 and "--format csv" in refused.err


def test_what_policyuniverse_reads_differently_is_said(preflight: Command) -> None:
    statement = {
        "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::shared/*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
    }  # fmt: skip
    bucket = {"Name": "shared", "Policy": {"Version": "2012-10-17", "Statement": [statement]}}
    facts = {"version": 1, "account": ACCOUNT, "regions": {REGION: {"buckets": [bucket]}}}
    ran = preflight("audit", "--snapshot", "s.json", "--select", "ACC113", "--format", "json", s__json=facts)
    (passed,) = [each for each in json.loads(ran.out)["results"] if each["kind"] == "pass"]
    assert "policyuniverse reads differently: bucket shared (accessible to 444455556666)" in passed["message"]
