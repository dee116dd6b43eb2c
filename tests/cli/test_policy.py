"""`preflight policy` as people run it: what it prints, where to, and how it ends."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from preflight.cli.app import invoke
from preflight.data_files import folder
from tests.aws.account import populate
from tests.aws.control import StandIn
from tests.cli.conftest import EXAMPLES
from tests.cli.running import Command
from tests.scenarios.running import command
from tests.test_imports import loaded

ACCOUNT, REGION = "111122223333", "us-east-1"
HERE = ("--region", REGION, "--account", ACCOUNT)
SNAPSHOT = str(EXAMPLES / "snapshot.json")
ENDPOINT = {"EndpointName": "Churn-New", "EndpointConfigName": "churn-v2-config"}
MODEL = {"ModelName": "M", "ExecutionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/endpoint-execution"}
SCHEMA = json.loads((folder("schemas") / "least-privilege.schema.json").read_text(encoding="utf-8"))


def document(text: str) -> Any:
    found = json.loads(text)
    assert not list(Draft202012Validator(SCHEMA).iter_errors(found))
    return found


def many(number: int) -> dict[str, Any]:
    models = [{"ModelName": f"{'m' * 50}-{at}", "ExecutionRoleArn": MODEL["ExecutionRoleArn"]} for at in range(number)]
    requests = [{"operation": "sagemaker:CreateModel", "parameters": model} for model in models]
    return {"region": REGION, "account": ACCOUNT, "requests": requests}


def test_the_plan_alone_suffices_for_what_it_says_itself(preflight: Command) -> None:
    ran = preflight("policy", "m.json", *HERE, m__json=MODEL)
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "CreateModel",
                "Effect": "Allow",
                "Action": "sagemaker:CreateModel",
                "Resource": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model/m",
            },
            {
                "Sid": "PassRoleForCreateModel",
                "Effect": "Allow",
                "Action": "iam:PassRole",
                "Resource": MODEL["ExecutionRoleArn"],
                "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
            },
        ],
    }


def test_what_is_not_known_is_open(preflight: Command) -> None:
    ran = preflight("policy", "e.json", *HERE, e__json=ENDPOINT)
    assert ran.code == 3
    assert json.loads(ran.out)["Statement"][0]["Action"] == "sagemaker:CreateEndpoint"
    assert ran.err.startswith("UNKNOWN: whether sagemaker:CreateEndpoint needs kms:CreateGrant depends on")
    assert "--snapshot FILE or --live" in ran.err
    assert preflight("policy", "e.json", *HERE, "--allow-open").code == 0


def test_a_snapshot_tells_the_rest(preflight: Command) -> None:
    ran = preflight("policy", "e.json", "--snapshot", SNAPSHOT, e__json=ENDPOINT)
    assert (ran.code, ran.err.splitlines()[-1]) == (0, "  --for execution-role prints it")
    ran = preflight("policy", "e.json", "--snapshot", SNAPSHOT, "--format", "json")
    found = document(ran.out)
    assert found["plan"] == {"region": REGION, "account": ACCOUNT}
    assert (found["for"], found["attach"], found["quota"], found["open"]) == ("plan", "managed", 6144, [])
    assert found["policies"][0]["characters"] == len(json.dumps(found["policies"][0]["policy"], separators=(",", ":")))


def test_it_is_what_the_check_wants(preflight: Command) -> None:
    asked = ("e.json", "--snapshot", SNAPSHOT, "--principal", f"arn:aws:iam::{ACCOUNT}:role/deployer")
    assert preflight("policy", *asked, "--output", "p.json", e__json=ENDPOINT).code == 0
    rules = ("--identity-policy", "p.json", "--select", "PRE110,PRE122")
    assert preflight("check", *asked, *rules).code == 0
    other = {**ENDPOINT, "EndpointName": "churn-2"}
    assert preflight("check", *asked, *rules, e__json=other).code == 1


def test_several_documents_where_one_would_be_too_long(preflight: Command) -> None:
    ran = preflight("policy", "p.json", p__json=many(80))
    assert ran.code == 0
    policies = [json.loads(text) for text in ran.out.split("\n\n")]
    assert len(policies) == 2
    assert all(len(json.dumps(each, separators=(",", ":"))) <= 6144 for each in policies)
    assert (
        ran.err
        == "note: 2 policies, because a managed policy can have at most 6,144 characters;\n  attach all of them\n"
    )
    resources = [name for each in policies for part in each["Statement"] if part["Sid"].startswith("CreateModel")
                 for name in part["Resource"]]  # fmt: skip
    assert len(resources) == len(set(resources)) == 80


def test_more_policies_than_a_role_takes(preflight: Command) -> None:
    assert "a role can have 10 unless its quota is raised" in " ".join(
        preflight("policy", "p.json", p__json=many(700)).err.split()
    )


@pytest.mark.parametrize(("kind", "code"), [("role", 0), ("group", 1), ("user", 1), ("managed", 0)])
def test_an_inline_policy_has_to_fit(preflight: Command, kind: str, code: int) -> None:
    ran = preflight("policy", "p.json", "--attach", kind, p__json=many(60))
    assert ran.code == code
    assert ("error: the policy has" in ran.err and "--attach managed" in ran.err) == bool(code)
    json.loads(ran.out) if kind != "managed" else None


def test_for_preflight(preflight: Command) -> None:
    asked = ("e.json", "--for", "preflight", "--principal", f"arn:aws:iam::{ACCOUNT}:role/deployer")
    alone = preflight("policy", *asked, "--region", REGION, e__json=ENDPOINT)
    assert alone.code == 0
    assert alone.err.startswith("note: resources that the plan doesn't name are given as patterns")
    assert f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model/*" in alone.out
    known = preflight("policy", *asked, "--snapshot", SNAPSHOT, "--format", "json")
    assert (known.code, known.err) == (0, "")
    (found,) = document(known.out)["policies"]
    resources = {each["Sid"]: each["Resource"] for each in found["policy"]["Statement"]}
    assert resources["ReadModel"] == f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model/churn-v2"
    unsaid = preflight("policy", "e.json", "--for", "preflight", "--snapshot", SNAPSHOT)
    assert unsaid.code == 3
    assert "--principal ARN" in unsaid.err


def test_the_difference_to_a_role_that_has_too_much(preflight: Command) -> None:
    ran = preflight("policy", "e.json", "--snapshot", SNAPSHOT, "--diff", "deployer", e__json=ENDPOINT)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        f"arn:aws:iam::{ACCOUNT}:role/deployer has all of the 2 permissions that the\n"
        "  plan needs\n"
        "\n"
        "To remove, if nothing but this plan needs it\n"
        "  deploy-churn\n"
        "    Endpoints\n"
        "-     sagemaker:CreateModel\n"
        "-     sagemaker:CreateEndpointConfig\n"
        "-     sagemaker:AddTags\n"
        "-     arn:aws:sagemaker:us-east-1:111122223333:model/churn-*\n"
        "-   PassExecutionRole\n"
        f"  arn:aws:iam::{ACCOUNT}:policy/preflight-read: none of it is needed, detach\n"
        "    or delete it\n"
        "-   ReadForPreflight\n"
    )


def test_the_difference_to_a_role_that_has_too_little(preflight: Command) -> None:
    asked = ("policy", "m.json", "--snapshot", SNAPSHOT, "--diff", f"arn:aws:iam::{ACCOUNT}:role/endpoint-execution")
    ran = preflight(*asked, m__json=MODEL)
    assert ran.code == 1
    assert ran.out.startswith(f"arn:aws:iam::{ACCOUNT}:role/endpoint-execution lacks 2 of the 2 permissions")
    assert f"+ sagemaker:CreateModel on arn:aws:sagemaker:{REGION}:{ACCOUNT}:model/m\n" in ran.out
    pasted = json.loads(ran.out[ran.out.index("{") : ran.out.rindex("\n}\n") + 2])
    assert [each["Action"] for each in pasted["Statement"]] == ["sagemaker:CreateModel", "iam:PassRole"]
    found = document(preflight(*asked, "--format", "json").out)
    assert [each["action"] for each in found["difference"]["lacking"]] == ["sagemaker:CreateModel", "iam:PassRole"]
    assert found["policies"][0]["policy"] == pasted
    assert found["plan"]["principal"] == found["difference"]["principal"]


def test_what_is_withheld_is_told(preflight: Command) -> None:
    snapshot = json.loads(Path(SNAPSHOT).read_text(encoding="utf-8"))
    deny = {"Sid": "No", "Effect": "Deny", "Action": "sagemaker:*", "Resource": "*"}
    snapshot["iam"]["RoleDetailList"][0]["RolePolicyList"][0]["PolicyDocument"]["Statement"].append(deny)
    ran = preflight("policy", "m.json", "--snapshot", "s.json", "--diff", "deployer", m__json=MODEL, s__json=snapshot)
    assert ran.code == 1
    assert "Withheld by other policies, whatever the role's own allow" in ran.out
    assert "denied by No of the identity-based policy deploy-churn" in " ".join(ran.out.split())
    coloured = preflight("policy", "m.json", "--snapshot", "s.json", "--diff", "deployer", "--color", "always").out
    assert "\x1b[33m! sagemaker:CreateModel on" in coloured


def test_the_output_file_is_whole_or_untouched(preflight: Command, folder: Path) -> None:
    (folder / "out.json").write_text("before")
    assert preflight("policy", "bad.json", *HERE, "--output", "out.json", bad__json="{").code == 2
    assert (folder / "out.json").read_text() == "before"
    ran = preflight("policy", "m.json", *HERE, "--output", "out.json", m__json=MODEL)
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert json.loads((folder / "out.json").read_text())["Version"] == "2012-10-17"
    assert sorted(path.name for path in folder.glob("*out*")) == ["out.json"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Missing argument"),
        (("none.json",), "none.json"),
        (("m.json",), "the account is not known: the plan names none; give --account, --snapshot or --live"),
        (("m.json", "--account", ACCOUNT), "the region is not known"),
        (("m.json", "--account", "12", "--region", REGION), "--account: the account '12' is not a 12-digit account ID"),
        (("m.json", *HERE, "--diff", "deployer"), "--diff needs the policies that the role has; give --snapshot FILE"),
        (("m.json", "--snapshot", SNAPSHOT, "--diff", "x"), "--diff x: there is no such role or user"),
        (("m.json", "--snapshot", SNAPSHOT, "--diff", ""), "--diff needs a role"),
        (("m.json", "--snapshot", SNAPSHOT, "--diff", "x", "--for", "preflight"), "combined with --for preflight"),
        (("m.json", "--snapshot", SNAPSHOT, "--diff", "x", "--principal", "y"), "can't be combined with --principal"),
        (("m.json", "--snapshot", SNAPSHOT, "--live"), "can't be combined with --live"),
        (("m.json", "--snapshot", SNAPSHOT, "--profile", "p"), "can't be combined with --profile"),
        (("m.json", "--snapshot", SNAPSHOT, "--account", "444455556666"), "facts belong to account 111122223333"),
        (("m.json", "--snapshot", "none.json"), "none.json"),
        (("m.json", *HERE, "--for", "nobody"), "--for"),
        (("m.json", *HERE, "--format", "sarif"), "--format"),
        (("m.json", *HERE, "--attach", "wall"), "--attach"),
        (("m.json", *HERE, "--output", "none/p.json"), "--output none/p.json"),
        (("m.json", *HERE, "--context", "x"), "is not key=value"),
        (("-", "--snapshot", "-"), "- (stdin)"),
        (("p.json",), "is a policy"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line(preflight: Command, arguments: tuple[str, ...], said: str) -> None:
    ran = preflight("policy", *arguments, m__json=MODEL, p__json={"Version": "2012-10-17", "Statement": []})
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.line, ran.line


def test_it_loads_nothing_that_talks_to_aws() -> None:
    heavy = {"boto3", "botocore", "rich", "policyuniverse", "requests"}
    for more in ([], ["--for", "preflight"], ["--snapshot", SNAPSHOT, "--diff", "deployer"]):
        code, names = loaded("policy", str(EXAMPLES / "plan.yaml"), *more)
        assert code == 0
        assert names.isdisjoint(heavy), names & heavy


@pytest.mark.parametrize("form", ["text", "json"])
def test_live(aws: StandIn, tmp_path: Path, form: str) -> None:
    ready = populate(aws, encrypted=True)
    (tmp_path / "plan.json").write_text(json.dumps(ready.plan()))
    ran = command(aws, "policy", str(tmp_path / "plan.json"), "--live", "--format", form)
    assert ran.code == 0, ran
    assert "kms:CreateGrant" in ran.out
    found = command(aws, "policy", str(tmp_path / "plan.json"), "--live", "--diff", "deployer")
    assert found.code == 0, found
    assert "Read" in found.out
    assert {call.action.split(":")[1][:3] for call in aws.calls} <= {"Get", "Des", "Lis", "Hea", "Bat"}


def test_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    os.environ.setdefault("COLUMNS", "120")
    assert invoke(["policy", "--help"]) == 0
    out = capsys.readouterr().out
    assert all(option in out for option in ("--for", "--diff", "--attach", "--live", "--snapshot", "--allow-open"))


def test_the_policy_of_an_execution_role(preflight: Command) -> None:
    model = {**MODEL, "PrimaryContainer": {"Image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/serve:1"}}
    ran = preflight("policy", "m.json", *HERE, "--for", "execution-role", m__json=model)
    assert ran.code == 0
    assert ran.err == f"note: this is for {MODEL['ExecutionRoleArn']}\n"
    assert {"ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"} <= {
        action for each in json.loads(ran.out)["Statement"] for action in each["Action"]
    }
    whole = preflight("policy", "m.json", *HERE, "--format", "json", m__json=model)
    (role,) = document(whole.out)["roles"]
    assert (role["role"], role["policies"][0]["policy"]) == (MODEL["ExecutionRoleArn"], json.loads(ran.out))
    said = " ".join(preflight("policy", "m.json", *HERE, m__json=model).err.split())
    assert said == f"note: {MODEL['ExecutionRoleArn']} needs a policy, too: --for execution-role prints it"
