"""A SAM resource as its writers take it, and the small forms that SAM writes again and again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Written: TypeAlias = Iterator[tuple[str, dict[str, Any]]]
"""Resources by their logical ids, as they stand in the template that CloudFormation gets."""
_NO_VALUE = {"Ref": "AWS::NoValue"}


@dataclass(frozen=True, slots=True)
class Serverless:
    """A resource `AWS::Serverless::<kind>`, with what Globals says of its kind among its properties.

    `template` are all resources of the template, as the user wrote them, `parameters` the defaults of its parameters.
    """

    id: str
    kind: str
    properties: Mapping[str, Any]
    template: Mapping[str, Any]
    parameters: Mapping[str, Any]

    def members(self, *left_out: str) -> dict[str, Any]:
        """Return the properties without some, which SAM writes otherwise."""
        return {name: each for name, each in self.properties.items() if name not in left_out}

    def map_of(self, name: str) -> Mapping[str, Any]:
        """Return a property that is an object; empty where it is none, or is a function."""
        return map_in(self.properties, name)


def none_where(value: Any) -> Any:
    """Return the condition under which a value is left out, a name or Fn::Not of one; None for what is always there."""
    branches = value.get("Fn::If") if isinstance(value, dict) else None
    if not isinstance(branches, list) or len(branches) != 3:
        return None
    condition, holds, fails = branches
    return condition if holds == _NO_VALUE else {"Fn::Not": [{"Condition": condition}]} if fails == _NO_VALUE else None


def filled_in(value: Any, other: Any) -> Any:
    """Return a value with another where a condition leaves it out."""
    if none_where(value) is None:
        return value
    return {"Fn::If": [other if each == _NO_VALUE else each for each in value["Fn::If"]]}


def map_in(value: Any, name: str) -> Mapping[str, Any]:
    """Return a member that is an object; empty where it is none, or is a function."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) and not is_intrinsic(found) else {}


def is_intrinsic(value: Any) -> bool:
    """Say whether a value is a function of CloudFormation's."""
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)).startswith(("Fn::", "Ref", "Condition"))


def made(type_: str, **properties: Any) -> dict[str, Any]:
    """Return a resource with the properties that are given; those that are None are left out."""
    return {"Type": type_, "Properties": {name: each for name, each in properties.items() if each is not None}}


def arn_of(id_: str) -> dict[str, Any]:
    """Return the reference to a resource's ARN."""
    return {"Fn::GetAtt": [id_, "Arn"]}


def suffixed(prefix: str, text: str) -> str:
    """Return a logical id that ends in a text, or in the hash of one that an id can't hold, as SAM writes it."""
    return prefix + text if text.isalnum() or not text else hashed(prefix, text)


def hashed(prefix: str, value: Any) -> str:
    """Return a logical id that ends in the hash of a value.

    https://github.com/aws/serverless-application-model/blob/develop/samtranslator/translator/logical_id_generator.py
    """
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), sort_keys=True)
    return prefix + hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()[:10]


def referred(value: Any) -> str:
    """Return the name of the resource that a Ref is to; empty for anything else."""
    found = value.get("Ref") if isinstance(value, dict) and len(value) == 1 else None
    return found if isinstance(found, str) else ""


def tags_of(tags: Any, by: str) -> list[Any] | None:
    """Return tags that SAM takes as an object as the list that CloudFormation takes, with SAM's own; empty: no own."""
    listed = [{"Key": name, "Value": each} for name, each in tags.items()] if isinstance(tags, dict) else []
    own = [{"Key": f"{by}:createdBy", "Value": "SAM"}] if by else []
    return [*own, *listed] or None


def location(uri: Any, bucket: str = "S3Bucket", key: str = "S3Key", version: str = "S3ObjectVersion") -> Any:
    """Return where code or a definition lies in S3; a local path as it is, which is packaged before the deploy."""
    if isinstance(uri, str) and uri.startswith("s3://"):
        first, _, rest = uri.removeprefix("s3://").partition("/")
        return {bucket: first, key: rest}
    if isinstance(uri, dict) and "Bucket" in uri:
        names = {"Bucket": bucket, "Key": key, "Version": version}
        return {names.get(name, name): each for name, each in uri.items()}
    return uri
