"""Small reports of each kind, for the tests of what shows them."""

from __future__ import annotations

import json

from preflight.engine.result import Evidence, Kind, Level, Location, Report, Result, Verdict
from preflight.engine.rule import Rule, load_rule
from preflight.iam.access_denied_message import no_policy_allows, not_authorized
from preflight.iam.request import PolicyType

PLAN = {"region": "us-east-1", "account": "111122223333", "principal": "arn:aws:iam::111122223333:role/deployer"}
HERE = Location("plan.json", "/requests/0", 3, 5)
ENDPOINT = "arn:aws:sagemaker:us-east-1:111122223333:endpoint/demo"


def statement(resource: str) -> str:
    granted = {"Effect": "Allow", "Action": "sagemaker:CreateEndpoint", "Resource": resource}
    return "Attach a policy to role/deployer with this statement:\n" + json.dumps(granted, indent=2)


def denied(resource: str) -> str:
    action, who = "sagemaker:CreateEndpoint", "arn:aws:iam::111122223333:role/deployer"
    return f"{not_authorized(who, action, resource)} {no_policy_allows(action, [PolicyType.IDENTITY])}"


PASSED = load_rule("PRE201").result(Kind.PASS, "us-east-1 is enabled by default in partition aws and offers sagemaker")
READY = Report(
    Verdict.READY,
    (
        *(
            load_rule("PRE110").result(
                Kind.PASS,
                f"role/deployer is allowed sagemaker:{action} on {ENDPOINT}: Endpoints of the identity policy deploy",
                subject=ENDPOINT,
                location=HERE,
            )
            for action in ("CreateEndpoint", "AddTags", "DescribeEndpoint")
        ),
        PASSED,
        load_rule("PRE405").result(Kind.NOT_APPLICABLE, "the request relies on nothing of the kind"),
    ),
    PLAN,
)
BLOCKED = Report(
    Verdict.BLOCKED,
    (
        load_rule("PRE110").result(
            Kind.FAIL,
            denied(ENDPOINT),
            subject=ENDPOINT,
            location=HERE,
            evidence=[Evidence("deploy", "Endpoints")],
            remedy=statement(ENDPOINT),
        ),
        load_rule("PRE110").result(
            Kind.FAIL,
            denied("arn:aws:sagemaker:us-east-1:111122223333:endpoint-config/demo-config"),
            location=HERE,
            remedy=statement("arn:aws:sagemaker:us-east-1:111122223333:endpoint-config/demo-config"),
        ),
        load_rule("PRE302").result(
            Kind.FAIL,
            "endpoint `Demo` exists in account 111122223333 in us-east-1, status Failed as `demo`",
            location=Location("plan.json", "/requests/0/parameters/EndpointName", 4, 24),
            remedy="Delete it: aws sagemaker delete-endpoint --endpoint-name demo --region us-east-1.",
        ),
        load_rule("PRE101").result(
            Kind.FAIL,
            "the credentials in use are those of another role",
            level=Level.WARNING,
            remedy="Make the call with credentials of role/deployer.",
        ),
        PASSED,
    ),
    PLAN,
)
OPEN = Report(
    Verdict.OPEN,
    (
        load_rule("PRE210").result(
            Kind.OPEN,
            "whether STS is active in us-east-1 is not known",
            location=Location("-"),
            remedy="Look in the IAM console under Account settings.",
        ),
        PASSED,
    ),
    {"region": "us-east-1", "account": "111122223333"},
)
NASTY = Report(
    Verdict.BLOCKED,
    (
        load_rule("PRE302").result(
            Kind.FAIL,
            "endpoint `\x1b[2J\x1b]0;owned\x07[red]x[/red]\u202eevil\x9b1m\r` is taken",
            location=Location("pl\x1b[31man\n.json", "", 1, 1),
            remedy='Run \x1b[8mrm\x1b[0m.\n{\n  "Effect": "\x1b[5mAllow"\n}',
        ),
        load_rule("PRE402").result(Kind.PASS, "model `a\x1b[1A\u2028b` exists"),
    ),
    {"region": "us-east-1", "account": "111122223333", "principal": "arn:aws:iam::111122223333:role/a\x1b[0mb"},
)


POLICY = """{
  "Version": "2012-10-18",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": ["s3:GetObject", "sagemaker:CreateEndpont"],
      "Resource": "*"
    }
  ]
}
"""
VERSION_KNOWN = Rule(
    id="ABC003",
    name="version-known",
    level=Level.ERROR,
    category="grammar",
    summary="The version is one that there is",
    why="The version names the policy language. IAM refuses a policy with any other, also the date of the day.",
    remedy='Write "2012-10-17", the current version.',
    family="lint",
    references=("https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html",),
    aliases=("INVALID_VERSION",),
)
SID_HELPS = Rule(
    id="ABC300",
    name="sid-helps",
    level=Level.NOTE,
    category="security",
    summary="Every statement has a Sid",
    why="Who reads what happened wants to know by which statement.",
    remedy="Give it one.",
    family="lint",
)
RULES = {rule.id: rule for rule in (VERSION_KNOWN, SID_HELPS)}
FINDINGS = Report(
    Verdict.FINDINGS,
    (
        VERSION_KNOWN.result(
            Kind.FAIL,
            "the version `2012-10-18` is none of the policy language",
            location=Location("policies/deploy.json", "/Version", 2, 14),
            remedy='Write "2012-10-17", the current version.',
        ),
        Result(
            "ABC101",
            "action-known",
            Kind.FAIL,
            Level.WARNING,
            "there is no action `sagemaker:CreateEndpont`",
            location=Location("policies/deploy.json", "/Statement/0/Action/1", 6, 34),
            remedy="Did you mean sagemaker:CreateEndpoint?",
            aliases=("INVALID_ACTION",),
        ),
        SID_HELPS.result(
            Kind.FAIL,
            "the statement has no Sid",
            subject="readers",
            location=Location("policies/more of it.yaml", "/Statement/0", 4, 5),
            evidence=[Evidence("readers", "Statement[0]")],
        ),
        VERSION_KNOWN.result(
            Kind.FAIL,
            "the version `2012-10-18` is none of the policy language",
            location=Location("-", "/Version", 1, 13),
        ),
    ),
)
SOURCES = {
    "policies/deploy.json": POLICY,
    "policies/more of it.yaml": "# of the readers\nVersion: '2012-10-17'\nStatement:\n  - Effect: Allow\n",
    "-": '{"Version": "2012-10-18"}',
    "plan.json": '{\n  "requests": [\n    {\n       "EndpointName": "Demo"\n    }\n  ]\n}\n',
}
CLEAN = Report(Verdict.CLEAN, ())
MIXED = Report(Verdict.BLOCKED, (*READY.results, *OPEN.results, *BLOCKED.results), PLAN)
