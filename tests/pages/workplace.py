"""A folder and an account like those that the pages speak of: every file that a command on a page names is there."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.audit.many.organized import organize
from tests.aws.account import Ready, populate
from tests.aws.control import ACCESS_KEY, SECRET_KEY, StandIn
from tests.pages.blocks import ROOT

READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}
WRITE = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::reports/*"}
TERRAFORM = """
data "aws_iam_policy_document" "reports" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::reports/*"]
  }
}
"""
TEMPLATE = """
Parameters: {Stage: {Type: String, Default: dev}, Team: {Type: String}}
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties: {QueueName: !Sub "jobs-${Team}-${Stage}"}
  Reader:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Action: "sqs:ReceiveMessage", Resource: !GetAtt Jobs.Arn}]
"""
# Programs of others that pages call, as far as a page needs them.
PROGRAMS = {
    "terraform": """
import pathlib, sys
if sys.argv[1] == "plan":
    pathlib.Path("plan.bin").write_text("plan")
elif sys.argv[1] == "show":
    print(pathlib.Path("examples/terraform/plan.json").read_text())
else:
    print("Error: reading IAM Role (web): operation error IAM: GetRole, https response error StatusCode: 403, "
          "api error AccessDenied: User: arn:aws:iam::111122223333:user/ann is not authorized to perform: "
          "iam:GetRole on resource: role web because no identity-based policy allows the iam:GetRole action",
          file=sys.stderr)
""",
    "aws": """
import json, sys, boto3
service, operation, *rest = sys.argv[1:]
def camel(option): return "".join(word.title() for word in option.strip("-").split("-"))
named = {camel(rest[at]): rest[at + 1] for at in range(0, len(rest), 2)}
answer = getattr(boto3.client(service), operation.replace("-", "_"))(**named)
answer.pop("ResponseMetadata")
print(json.dumps(answer, default=str))
""",
    "gh": "",
    "duckdb": "",
}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def account(aws: StandIn) -> Ready:
    """Put together the account that the credentials are of, in an organization, with a role that audits it."""
    ready = populate(aws)
    config = {**ready.config_request, "EndpointConfigName": "c"}
    aws.client("sagemaker").create_endpoint_config(**config)
    for each in aws.client("ec2").describe_regions(AllRegions=True)["Regions"]:
        if each["RegionName"] not in ("us-east-1", "eu-west-1"):
            aws.region(each["RegionName"], "DISABLED")
    organization = organize(aws)
    for name in ("SecurityAudit", "auditor"):
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{aws.account}:root"},
            "Action": "sts:AssumeRole",
        }
        member = organization.members.get("web") or organization.member("web")
        organization.role(member, name, trust=trust)
    aws.calls.clear()
    return ready


def folder(at: Path, ready: Ready) -> None:
    """Write every file that the pages name."""
    shutil.copytree(ROOT / "examples", at / "examples")
    snapshot = (ROOT / "examples" / "snapshot.json").read_text(encoding="utf-8")
    for name in ("account.json", "snapshot.json", "today.json", "last-week.json"):
        (at / name).write_text(snapshot)
    (at / "snapshots").mkdir()
    (at / "snapshots" / "444455556666.json.gz").write_bytes(
        gzip.compress(snapshot.replace("111122223333", "444455556666").encode())
    )
    (at / "account.json.gz").write_bytes(gzip.compress(snapshot.encode()))
    (at / "plan.yaml").write_text(yaml.safe_dump(ready.plan()))
    (at / "create-endpoint.json").write_text(json.dumps(ready.request))
    (at / "old.json").write_text(policy(READ))
    (at / "new.json").write_text(policy(READ, WRITE))
    (at / "policy.json").write_text(policy(READ))
    for name in ("policies", "infrastructure", "modules"):
        (at / name).mkdir()
    (at / "policies" / "reports.json").write_text(policy(READ, WRITE))
    for name in ("infrastructure/main.tf", "modules/main.tf", "main.tf"):
        (at / name).write_text(TERRAFORM)
    (at / "template.yaml").write_text(TEMPLATE)
    (at / "parameters.json").write_text(json.dumps([{"ParameterKey": "Team", "ParameterValue": "growth"}]))
    shutil.copytree(ROOT / "examples" / "cdk" / "cdk.out", at / "cdk.out")
    event = {
        "eventSource": "s3.amazonaws.com", "eventName": "GetBucketPolicy", "errorCode": "AccessDenied",
        "errorMessage": "Access Denied", "userIdentity": {"arn": "arn:aws:iam::111122223333:role/deployer"},
        "requestParameters": {"bucketName": "churn-models"},
    }  # fmt: skip
    (at / "cloudtrail-event.json").write_text(json.dumps(event))
    (at / "deploy.log").write_text(
        f"12:00:01 CREATE_FAILED User: {ready.principal} is not authorized to perform: sqs:CreateQueue on resource: "
        "arn:aws:sqs:us-east-1:123456789012:jobs because no identity-based policy allows the sqs:CreateQueue action\n"
    )


def programs(at: Path) -> None:
    """Put `preflight` and the programs of others into a folder for PATH."""
    at.mkdir()
    for name, script in {
        "preflight": "from preflight.cli.app import main\nif __name__ == '__main__':\n    main()\n",
        **PROGRAMS,
    }.items():
        (at / name).write_text(f"#!{sys.executable}\n{script}")
        (at / name).chmod(0o755)


def environment(at: Path, aws: StandIn) -> dict[str, str]:
    """Return what a shell needs to run a page's commands against the stand-in, with a home of its own."""
    home = at / "home"
    (home / ".aws").mkdir(parents=True)
    keys = f"aws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n"
    (home / ".aws" / "config").write_text(f"[profile staging]\n{keys}[profile data]\n{keys}")
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "PREFLIGHT_CACHE_DIR") if name in os.environ}
    changed = {"HOME": str(home), "AWS_CONFIG_FILE": str(home / ".aws" / "config"), "PYTHONPATH": str(ROOT)}
    return {
        **kept,
        **aws.environment(),
        **changed,
        "PATH": f"{at / 'bin'}:{os.environ['PATH']}",
        "GIT_CONFIG_GLOBAL": "/dev/null",
    }


def git(at: Path, environment: dict[str, str]) -> None:
    """Make a repository with a branch main, whose policies grant more than those in the folder now."""
    named = ["-c", "user.name=n", "-c", "user.email=n@example.com"]
    for command in (["init", "-q", "-b", "main"], ["add", "policies"], [*named, "commit", "-qm", "policies"]):
        subprocess.run(["git", *command], cwd=at, env=environment, check=True, capture_output=True)
    (at / "policies" / "reports.json").write_text(policy(READ))


def listed(aws: StandIn, page: str) -> str:
    """Return `accounts.yaml` as a page shows it, with the ids of accounts that the stand-in has."""
    ids = {each["Name"]: each["Id"] for each in aws.client("organizations").list_accounts()["Accounts"]}
    return page.replace("222233334444", ids["web"])
