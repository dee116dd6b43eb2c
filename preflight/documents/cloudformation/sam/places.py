"""Where a property that SAM writes stands in the template that the user wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_WRITTEN_AS: Mapping[str, tuple[str, ...]] = {
    "Body": ("DefinitionBody",),
    "BodyS3Location": ("DefinitionUri",),
    "Code": ("CodeUri", "ImageUri", "InlineCode"),
    "Content": ("ContentUri",),
    "DeadLetterConfig": ("DeadLetterQueue",),
    "DefinitionS3Location": ("DefinitionUri",),
    "DefinitionString": ("Definition",),
    "RoleArn": ("Role",),
    "StateMachineName": ("Name",),
    "StateMachineType": ("Type",),
    "TracingConfig": ("Tracing",),
    "TracingConfiguration": ("Tracing",),
}
"""Properties that SAM makes of others.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html and beside it
"""
_PREFIX = "AWS::Serverless::"


def written_at(document: Any, pointer: str) -> Iterator[str]:
    """Give the pointers at which a property may stand that SAM writes otherwise, or takes from Globals."""
    parts = pointer.split("/")
    if len(parts) < 5 or (parts[1], parts[3]) != ("Resources", "Properties"):
        return
    resources = document.get("Resources") if isinstance(document, Mapping) else None
    resource = resources.get(parts[2]) if isinstance(resources, Mapping) else None
    type_ = resource.get("Type") if isinstance(resource, Mapping) else None
    if not isinstance(type_, str) or not type_.startswith(_PREFIX):
        return
    rest = "".join(f"/{each}" for each in parts[5:])
    names = _WRITTEN_AS.get(parts[4], ())
    own = "/".join(parts[:4])
    yield from (f"{own}/{name}{rest}" for name in names)
    yield from (f"/Globals/{type_.removeprefix(_PREFIX)}/{name}{rest}" for name in (parts[4], *names))
