"""Which service takes a role that a resource names: the value of iam:PassedToService, where that is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Each is the service principal in the trust policies that the service's guide shows; types whose roles go to services
# that are not listed are decided without the key.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
_PRINCIPALS: Mapping[str, str] = {
    "Lambda": "lambda", "StepFunctions": "states", "CodeBuild": "codebuild", "CodePipeline": "codepipeline",
    "Glue": "glue", "SageMaker": "sagemaker", "EKS": "eks", "Batch": "batch", "Firehose": "firehose",
    "KinesisFirehose": "firehose", "AppSync": "appsync", "Config": "config", "CodeDeploy": "codedeploy", "DMS": "dms",
    "Scheduler": "scheduler", "Pipes": "pipes", "IoT": "iot", "Transfer": "transfer", "Bedrock": "bedrock",
    "Backup": "backup", "EMR": "elasticmapreduce", "AppRunner": "apprunner", "Kendra": "kendra",
}  # fmt: skip
_TYPES: Mapping[str, str] = {
    "AWS::ECS::TaskDefinition": "ecs-tasks", "AWS::EC2::Instance": "ec2", "AWS::IAM::InstanceProfile": "ec2",
    "AWS::EKS::Nodegroup": "ec2", "AWS::RDS::DBInstance": "monitoring.rds", "AWS::Events::Rule": "events",
    "AWS::S3::Bucket": "s3", "AWS::CloudTrail::Trail": "cloudtrail", "AWS::EC2::FlowLog": "vpc-flow-logs",
    "AWS::ECS::Service": "ecs", "AWS::AutoScaling::LaunchConfiguration": "ec2",
}  # fmt: skip


def passed_to(type_: str) -> Mapping[str, Any]:
    """Return the condition key that says to which service a role of a resource type is passed; empty if unknown."""
    parts = type_.split("::")
    service = _TYPES.get(type_) or (_PRINCIPALS.get(parts[1]) if len(parts) > 1 and type_ not in _SEVERAL else None)
    return {"iam:PassedToService": f"'{service}.amazonaws.com'"} if service else {}


# Types that name roles for several services.
_SEVERAL = (
    "AWS::EKS::FargateProfile",
    "AWS::IoT::TopicRule",
    "AWS::Batch::JobDefinition",
    "AWS::Lambda::EventSourceMapping",
)
