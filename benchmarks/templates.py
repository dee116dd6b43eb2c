"""`preflight check` and `lint` of a CDK template of 500 resources, whole process, against `cfn-lint` on the same one.

cfn-lint is taken from the path, or from the variable CFN_LINT; without it only our own figures are given.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.timing import costs, in_turn

EXAMPLES = Path(__file__).parent.parent / "examples"
ENDPOINTS, FUNCTIONS = 25, 58


def main() -> None:
    """Print the medians of three runs, their ratios, and how much memory each takes."""
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "Fleet.template.json"
        template.write_text(json.dumps(fleet(), indent=1), encoding="utf-8")
        size = template.stat().st_size >> 10
        print(f"{len(fleet()['Resources'])} resources, {size} KiB")
        check = [sys.executable, "-m", "preflight", "check", str(template), "--quiet", "--region", "us-east-1"]
        check += ["--snapshot", str(EXAMPLES / "snapshot.json")]
        check += ["--principal", "arn:aws:iam::111122223333:role/deployer"]
        commands = {
            "preflight check": check,
            "preflight lint": [sys.executable, "-m", "preflight", "lint", str(template)],
        }
        peer = os.environ.get("CFN_LINT") or shutil.which("cfn-lint")
        if peer is not None:
            commands["cfn-lint"] = [peer, str(template)]
        found = in_turn(commands, runs=3)
        baseline = found[-1] if peer is not None else None
        for each, command in zip(found, commands.values(), strict=True):
            print(f"{each.row(baseline)}  {costs(command)[1]:.0f} MB")


def fleet() -> dict[str, Any]:
    """Return a template as the CDK writes it: endpoints with all that belongs to them, and functions with theirs."""
    resources: dict[str, Any] = {}
    for at in range(ENDPOINTS):
        _role(resources, f"Role{at}", "sagemaker.amazonaws.com", f"Data{at}")
        resources[f"Model{at}"] = _of(
            "AWS::SageMaker::Model",
            ExecutionRoleArn=_att(f"Role{at}", "Arn"),
            PrimaryContainer={
                "Image": {"Fn::Join": ["", [{"Ref": "AWS::AccountId"}, ".dkr.ecr.us-east-1.amazonaws.com/serving:1"]]},
                "ModelDataUrl": {"Fn::Join": ["", ["s3://", {"Ref": f"Data{at}"}, "/model.tar.gz"]]},
            },
        )
        variant = {"VariantName": "all", "ModelName": _att(f"Model{at}", "ModelName"), "InstanceType": "ml.m5.xlarge"}
        variants = [{**variant, "InitialInstanceCount": 1, "InitialVariantWeight": 1}]
        resources[f"Config{at}"] = _of("AWS::SageMaker::EndpointConfig", ProductionVariants=variants)
        config = _att(f"Config{at}", "EndpointConfigName")
        resources[f"Endpoint{at}"] = _of("AWS::SageMaker::Endpoint", EndpointConfigName=config)
    for at in range(FUNCTIONS):
        name = f"Function{at}"
        _role(resources, f"{name}Role", "lambda.amazonaws.com", f"{name}Data")
        code = {"ZipFile": "def handler(event, context): pass"}
        resources[name] = _of("AWS::Lambda::Function", Code=code, Role=_att(f"{name}Role", "Arn"),
                              Handler="index.handler", Runtime="python3.13")  # fmt: skip
        logs = {"Fn::Join": ["", ["/aws/lambda/", {"Ref": name}]]}
        resources[f"{name}Logs"] = _of("AWS::Logs::LogGroup", LogGroupName=logs, RetentionInDays=30)
        resources[f"{name}Errors"] = _of(
            "AWS::CloudWatch::Alarm", ComparisonOperator="GreaterThanThreshold", EvaluationPeriods=1, Threshold=1,
            Namespace="AWS/Lambda", MetricName="Errors", Period=60, Statistic="Sum",
            Dimensions=[{"Name": "FunctionName", "Value": {"Ref": name}}],
        )  # fmt: skip
    resources["Topic"] = _of("AWS::SNS::Topic")
    root = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}
    everything = {"Action": "kms:*", "Effect": "Allow", "Principal": {"AWS": root}, "Resource": "*"}
    resources["Key"] = _of("AWS::KMS::Key", KeyPolicy=_policy(everything))
    return {"Resources": resources}


def _role(resources: dict[str, Any], name: str, service: str, data: str) -> None:
    trust = _policy({"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": service}})
    resources[name] = _of("AWS::IAM::Role", AssumeRolePolicyDocument=trust)
    objects = [_att(data, "Arn"), {"Fn::Join": ["", [_att(data, "Arn"), "/*"]]}]
    resources[f"{name}Policy"] = _of(
        "AWS::IAM::Policy",
        PolicyName=f"{name}Policy",
        Roles=[{"Ref": name}],
        PolicyDocument=_policy(
            {"Action": ["s3:GetObject*", "s3:List*"], "Effect": "Allow", "Resource": objects},
            {"Action": "ecr:GetAuthorizationToken", "Effect": "Allow", "Resource": "*"},
        ),
    )
    resources[data] = _of("AWS::S3::Bucket")


def _of(type_: str, **properties: Any) -> dict[str, Any]:
    return {"Type": type_, **({"Properties": properties} if properties else {})}


def _att(name: str, attribute: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [name, attribute]}


def _policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


if __name__ == "__main__":
    main()
