"""The policies of the resources themselves: a bucket's, a repository's, a key's, where they are known.

In the account of the principal an identity policy suffices for most resources, and the resource's own policy matters
only where it denies. For a KMS key and for a resource of another account it must allow
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html): where it is not known then,
neither is the decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import Any

from preflight.account.facts import Known, Unknown
from preflight.account.kinds import Kind, load_kind
from preflight.account.principals import parsed_policy
from preflight.expressions import evaluate
from preflight.iam.policy import Policy, parse_policy
from preflight.iam.request import Policies, PolicyType
from preflight.readiness.references import name_of, references
from preflight.readiness.step import Step


def with_resource_policy(
    step: Step, policies: Policies, kind_id: str, key: Mapping[str, str], action: str
) -> tuple[Policies, str | None, str]:
    """Return the policies with the resource's own among them, the account that owns it, and a note for who reads.

    The owner is None where the ARN says it or nobody knows. A policy that could matter and is not known is named in
    `Policies.unknown` where an Allow is needed from it, and in the note where it could only deny.
    """
    declared = {} if kind_id == "*" else load_kind(kind_id).declared.get("resource-policy", {})
    if not declared:
        return policies, None, ""
    holder = load_kind(declared["of"]["kind"]) if "of" in declared else load_kind(kind_id)
    held = evaluate(declared["of"]["key"], key) if "of" in declared else dict(key)
    owner = evaluate(declared["owner"], key) if "owner" in declared else step.account_id
    if owner in declared.get("shared-by-aws", ()):
        return replace(policies, resource=_everybody()), owner, ""
    what = f"the policy of {holder.label} `{name_of(holder.id, held)}`"
    described = _described(step, holder, held)
    if isinstance(described, Mapping) and "Policy" in described:
        document = described["Policy"]
        if document is None:
            return policies, owner, ""
        parsed = parsed_policy(what, document)
        if isinstance(parsed, Unknown):
            return _not_known(policies, parsed.reason), owner, ""
        return replace(policies, resource=parsed), owner, ""
    if holder.id == "s3:bucket" and described is None:
        return _not_known(policies, f"{what} was not read, nor is it known whose the bucket is"), None, ""
    if owner == step.account_id and not action.startswith("kms:"):
        return policies, owner, f"{what} was not read, and could still deny it"
    return (
        _not_known(policies, f"{what} was not read" + ("" if owner == step.account_id else f" (account {owner})")),
        owner,
        "",
    )


def _not_known(policies: Policies, reason: str) -> Policies:
    unknown = MappingProxyType({**policies.unknown, PolicyType.RESOURCE: reason})
    return replace(policies, unknown=unknown)


def _described(step: Step, holder: Kind, key: Mapping[str, str]) -> Any:
    """Return how the resource is described, from what the request relies on; None where it is not known."""
    for each in references(step):
        if each.kind == holder.id and dict(each.key) == dict(key):
            return each.fact.value if isinstance(each.fact, Known) else None
    return None


@cache
def _everybody() -> Policy:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "*"}
    return parse_policy({"Version": "2012-10-17", "Statement": [statement]}, "AWS's public registry")
