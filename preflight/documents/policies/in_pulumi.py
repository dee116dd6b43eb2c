"""The policies in what `pulumi preview --json` and `pulumi stack export` print: values of its providers' resources.

Those of `aws` are Terraform's with other names, those of `aws-native` CloudFormation's. Sources:
https://www.pulumi.com/docs/cli/commands/pulumi_preview/ and https://www.pulumi.com/docs/cli/commands/pulumi_stack_export/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from preflight.documents.policies.found_policy import FoundPolicy, PassedOver
from preflight.documents.policies.in_terraform import SearchedResource
from preflight.documents.policies.terraform_places import kinds, snake
from preflight.documents.text.document import Document

_TYPE = re.compile(r"aws:(?P<module>\w+)/\w+:(?P<name>\w+)|aws-native:(?P<service>\w+):(?P<resource>\w+)")
# What the engine writes for a value that is not known before the update (sdk/go/common/resource/plugin/rpc.go).
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def of_pulumi(document: Document) -> Iterator[FoundPolicy | PassedOver]:
    """Yield the policies of the resources that a preview makes or keeps, or that a stack has."""
    steps = document.value.get("steps")
    if isinstance(steps, list):
        for index, step in enumerate(steps):
            if isinstance(step, dict) and isinstance(step.get("newState"), dict):
                yield from _of_resource(document, step["newState"], f"/steps/{index}/newState")
        return
    resources = document.value["deployment"].get("resources")
    for index, each in enumerate(resources if isinstance(resources, list) else ()):
        if isinstance(each, dict):
            yield from _of_resource(document, each, f"/deployment/resources/{index}")


def _of_resource(document: Document, state: Mapping[str, Any], at: str) -> Iterator[FoundPolicy | PassedOver]:
    values, urn = state.get("inputs"), str(state.get("urn"))
    if isinstance(values, dict):
        kind = _kind(str(state.get("type")))
        resource = {"type": kind, "address": urn.rpartition("::")[2] or urn}
        yield from SearchedResource(document, resource, values, f"{at}/inputs", snake).policies(_unknown(values))


def _kind(type_: str) -> str:
    """Return the type of Terraform's that one is: `aws_iam_role_policy` of `aws:iam/rolePolicy:RolePolicy`."""
    found = _TYPE.fullmatch(type_)
    if found is None:
        return type_
    if found["service"]:
        return f"awscc_{found['service'].lower()}_{snake(found['resource'])}"
    name = snake(found["name"])
    for kind in (f"aws_{found['module']}_{name}", f"aws_{name}"):
        if (known := _by_letters().get(kind.replace("_", ""))) is not None:
            return known
    return f"aws_{found['module']}_{name}"


@cache
def _by_letters() -> Mapping[str, str]:
    return {each.replace("_", ""): each for each in kinds()}


def _unknown(value: Any) -> Any:
    """Return true at the values that are not known before the update, as a plan of Terraform's has it."""
    if isinstance(value, dict):
        return {name: _unknown(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_unknown(each) for each in value]
    return value == _UNKNOWN
