"""What `aws cloudformation package`, `sam deploy` and the CDK upload before the deploy: local paths, and assets.

https://docs.aws.amazon.com/cli/latest/reference/cloudformation/package.html lists the properties.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from preflight.documents.plans.plan import Declared
from preflight.documents.text.document import Document
from preflight.unresolved import DeployText

# The members that may hold a local path, with how the place in S3 is written there.
_BY_TYPE: Mapping[str, tuple[str, str, str]] = {
    "AWS::Lambda::Function": ("Code", "S3Bucket", "S3Key"),
    "AWS::Lambda::LayerVersion": ("Content", "S3Bucket", "S3Key"),
    "AWS::ApiGateway::RestApi": ("BodyS3Location", "Bucket", "Key"),
    "AWS::ApiGatewayV2::Api": ("BodyS3Location", "Bucket", "Key"),
    "AWS::StepFunctions::StateMachine": ("DefinitionS3Location", "Bucket", "Key"),
    "AWS::ElasticBeanstalk::ApplicationVersion": ("SourceBundle", "S3Bucket", "S3Key"),
}


def packaged(type_: str, properties: dict[str, Any], label: str) -> dict[str, Any]:
    """Return properties with a local path as the place in S3 that it is uploaded to, which is known to the deploy."""
    member, bucket, key = _BY_TYPE.get(type_, ("", "", ""))
    if not isinstance(properties.get(member), str):
        return properties
    uploaded = {bucket: unknown_upload("bucket", label), key: unknown_upload("key", label)}
    return {**properties, member: uploaded}


def uploads(type_: str, written: Any, properties: Mapping[str, Any], at: tuple[Document, str]) -> Iterator[Declared]:
    """Give the object that the deploy uploads for a local path; `written` are the properties as they are written."""
    member, bucket, key = _BY_TYPE.get(type_, ("", "", ""))
    place = properties.get(member)
    if isinstance(written, dict) and isinstance(written.get(member), str) and isinstance(place, dict):
        yield Declared("s3:object", {"Bucket": place[bucket], "Key": place[key]}, {}, *at)


def unknown_upload(what: str, label: str) -> str:
    """Return the text of a bucket or key that is made up when the template is packaged."""
    return DeployText.unknown(f"{what} that {label} is uploaded to", unique=True)
