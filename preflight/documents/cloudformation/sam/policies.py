"""SAM's policy templates, written out: `S3ReadPolicy: {BucketName: models}` as the statements that SAM makes of it.

Their list: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-policy-templates.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from preflight.data_files import folder
from preflight.documents.policies.attachments import sam_templates
from preflight.documents.text.schema import suggestion
from preflight.unresolved import DeployText


def is_template(name: str) -> bool:
    """Say whether SAM has a policy template of a name."""
    return name in sam_templates()


def written_out(policy: Any) -> list[Any]:
    """Return the statements of an item of `Policies` that is neither a policy nor the name of one.

    What SAM would refuse, a template that it does not have or a parameter that is missing, is unknown and says so.
    """
    name, given = next(iter(policy.items()), ("", None)) if isinstance(policy, dict) else ("", None)
    declared = sam_templates().get(name)
    if declared is None:
        hint = suggestion(name, sam_templates())
        return [DeployText.unknown(f"SAM's policy template {name}, which does not exist{f' ({hint})' if hint else ''}")]
    values = given if isinstance(given, dict) else {}
    if missing := [each for each in declared["parameters"] if each not in values]:
        return [DeployText.unknown(f"{', '.join(missing)} of SAM's policy template {name}")]
    return [_filled(each, values) for each in declared["statements"]]


def _filled(value: Any, given: Mapping[str, Any]) -> Any:
    """Return a template's value with its parameters filled in; what is filled in is not read as a template again."""
    if isinstance(value, list):
        return [_filled(each, given) for each in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and isinstance(value.get("Ref"), str) and value["Ref"] in given:
        return given[value["Ref"]]
    return {name: _filled(each, given) for name, each in value.items()}


def arn_named(name: str) -> Any:
    """Return the ARN of AWS's managed policy of a name, with the path that it has; one that AWS doesn't have as it is.

    https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
    """
    path = _paths().get(name, name)
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:iam::aws:policy/{path}"}


@cache
def _paths() -> Mapping[str, str]:
    import gzip

    path = folder("rules") / "audit-data" / "aws-managed-policies.json.gz"
    listed = json.loads(gzip.decompress(path.read_bytes()))["policies"]
    return {each.rpartition("/")[2]: each for each in listed}
