"""What other tools find has a rule here: by alias, and for ways to more permissions by what is found in a policy.

`tools/other_tools.json` has the names, `tools/rules_page.py` the page that is made of them.
"""

from __future__ import annotations

import json
import re

import pytest

from preflight.engine.rule import load_rules, rule_ids
from tests.lint.linting import findings
from tools.rules_page import OTHERS, Aliases

OTHER = json.loads(OTHERS.read_text(encoding="utf-8"))
TITLES = {title for titles in OTHER["access-analyzer"].values() for title in titles}
PARLIAMENT = {each for ids in OTHER["parliament"].values() for each in ids}
CLOUDSPLAINING = set(OTHER["cloudsplaining"])
CODES_OF_TITLES = {
    "NOT_ACTION": "NOTACTION",
    "NOT_RESOURCE": "NOTRESOURCE",
    "NOT_PRINCIPAL": "NOTPRINCIPAL",
    "NOT_IP_ADDRESS": "NOTIPADDRESS",
}
"""How AWS's codes part words that its titles write as one."""

# Rhino Security Labs' methods, which parliament and cloudsplaining have, and those that cloudsplaining 0.9.1 adds, by
# the actions that they need: https://github.com/salesforce/cloudsplaining (cloudsplaining/shared/constants.py).
WAYS = """
iam:CreateAccessKey
iam:CreateLoginProfile
iam:UpdateLoginProfile
iam:AddUserToGroup
iam:CreatePolicyVersion
iam:SetDefaultPolicyVersion
iam:AttachUserPolicy
iam:AttachGroupPolicy
iam:AttachRolePolicy
iam:PutUserPolicy
iam:PutGroupPolicy
iam:PutRolePolicy
iam:UpdateAssumeRolePolicy
iam:PassRole ec2:RunInstances
iam:PassRole lambda:CreateFunction lambda:InvokeFunction
iam:PassRole lambda:CreateFunction lambda:CreateEventSourceMapping
iam:PassRole lambda:CreateFunction lambda:AddPermission
iam:PassRole glue:CreateDevEndpoint
iam:PassRole cloudformation:CreateStack
iam:PassRole datapipeline:CreatePipeline datapipeline:PutPipelineDefinition datapipeline:ActivatePipeline
glue:UpdateDevEndpoint
lambda:UpdateFunctionCode
bedrock-agentcore:StartCodeInterpreterSession bedrock-agentcore:InvokeCodeInterpreter
cloudformation:CreateChangeSet cloudformation:ExecuteChangeSet
ec2:ModifyInstanceAttribute ec2:StopInstances ec2:StartInstances
ec2:CreateLaunchTemplateVersion ec2:ModifyLaunchTemplate
ec2-instance-connect:SendSSHPublicKey ec2:DescribeInstances
ecs:ExecuteCommand ecs:DescribeTasks
sagemaker:CreatePresignedNotebookInstanceUrl
sagemaker:CreateNotebookInstanceLifecycleConfig sagemaker:StopNotebookInstance sagemaker:UpdateNotebookInstance \
sagemaker:StartNotebookInstance
iam:PassRole apprunner:CreateService
iam:PassRole bedrock-agentcore:CreateCodeInterpreter bedrock-agentcore:StartCodeInterpreterSession \
bedrock-agentcore:InvokeCodeInterpreter
iam:PassRole cloudformation:CreateStackSet cloudformation:CreateStackInstances
iam:PassRole cloudformation:UpdateStackSet
iam:PassRole codebuild:CreateProject codebuild:StartBuild
iam:PassRole codebuild:CreateProject codebuild:StartBuildBatch
iam:PassRole ec2:RequestSpotInstances
iam:PassRole ecs:CreateCluster ecs:RegisterTaskDefinition ecs:CreateService
iam:PassRole ecs:RegisterTaskDefinition ecs:CreateService
iam:PassRole ecs:RegisterTaskDefinition ecs:RunTask
iam:PassRole ecs:RegisterTaskDefinition ecs:StartTask
iam:PassRole ecs:RunTask
iam:PassRole glue:CreateJob glue:StartJobRun
iam:PassRole glue:CreateJob glue:CreateTrigger
iam:PassRole glue:UpdateJob glue:StartJobRun
iam:PassRole glue:UpdateJob glue:CreateTrigger
iam:PassRole sagemaker:CreateNotebookInstance
iam:PassRole sagemaker:CreateTrainingJob
iam:PassRole sagemaker:CreateProcessingJob
batch:SubmitJob
bedrock-agentcore:InvokeAgentRuntimeCommand
codedeploy:CreateDeployment codedeploy:RegisterApplicationRevision codedeploy:GetDeploymentConfig
iam:PassRole braket:CreateJob
iam:PassRole glue:CreateSession glue:RunStatement
iam:PassRole omics:CreateWorkflow omics:StartRun
"""


@pytest.fixture(scope="module")
def aliases() -> Aliases:
    return Aliases(load_rules(rule_ids()), {})


@pytest.mark.parametrize("finding", sorted((TITLES | PARLIAMENT | CLOUDSPLAINING) - set(OTHER["without-a-rule"])))
def test_a_finding_has_a_rule(aliases: Aliases, finding: str) -> None:
    assert aliases.rules(finding)


def test_every_alias_is_a_name_of_another_tool() -> None:
    codes = {re.sub(r"[^A-Z0-9]+", "_", title.upper()) for title in TITLES}
    known = codes | PARLIAMENT | CLOUDSPLAINING
    found = {alias for rule in load_rules(rule_ids("lint")) for alias in rule.aliases}

    def plain(alias: str) -> str:
        for code, title in CODES_OF_TITLES.items():
            alias = alias.replace(code, title)
        return alias

    assert {alias for alias in found if alias not in known and plain(alias) not in known} == set()


def test_what_has_no_rule_has_a_reason() -> None:
    assert all(len(reason.split()) > 3 for reason in OTHER["without-a-rule"].values())
    assert set(OTHER["without-a-rule"]) <= TITLES | PARLIAMENT | CLOUDSPLAINING
    rules = set(rule_ids("lint"))
    for each in OTHER["not-decided-offline"]:
        assert each["what"] and each["why"] and set(each["rules"]) <= rules


@pytest.mark.parametrize("way", [line for line in WAYS.strip().splitlines() if line])
def test_a_way_to_more_permissions_is_found(way: str) -> None:
    policy = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": way.split(), "Resource": "*"}}
    found = {each.head.id for each in findings(policy, select="IAM2")}
    assert found & {"IAM209", "IAM214", "IAM215"}


@pytest.mark.parametrize("way", ["iam:PassRole ec2:RunInstances", "iam:PutRolePolicy", "batch:SubmitJob"])
def test_a_way_that_a_denial_closes_is_not(way: str) -> None:
    allowed = {"Effect": "Allow", "Action": way.split(), "Resource": "*"}
    denied = {"Effect": "Deny", "Action": way.split()[0], "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [allowed, denied]}
    assert not {each.head.id for each in findings(policy, select="IAM2")} & {"IAM209", "IAM214", "IAM215"}
