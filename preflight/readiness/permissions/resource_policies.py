"""The policies of the resources themselves: a bucket's, a repository's, a key's.

In the account of the principal an identity policy suffices for most resources, and the resource's own policy matters
only where it denies. For a KMS key and for a resource of another account it must allow
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html). A policy that AWS did not
show may do either, so the decision is open then.

Two allowances are made, and what passes says so. Snapshots need not hold the policies of buckets, repositories and
functions: where one leaves out that of a resource of its own account, the policy is taken not to matter. Nor is that of
the bucket to which the deploy itself uploads local code, which is only known then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

from preflight.account.facts import Absent, Known, Unknown
from preflight.account.principals import parsed_policy
from preflight.declared.expressions import evaluate
from preflight.declared.registries import is_of_aws
from preflight.declared.resource_kinds import load_kind
from preflight.iam.policy import Policy, parse_policy
from preflight.iam.request import Policies, PolicyType
from preflight.readiness.references import Reference, name_of, policy_asked_for, references
from preflight.readiness.step import Step
from preflight.unresolved import DeployText, uploads


@dataclass(frozen=True, slots=True)
class Held:
    """The policies of a decision with the resource's own among them.

    `owner` is the account that has the resource, None where the ARN says it or nobody knows. `note` is a sentence for
    what passes, `resolution` what would show a policy that is not known, and `must` what such a policy must do.
    """

    policies: Policies
    owner: str | None
    note: str = ""
    resolution: str = ""
    must: str = "must allow"


def with_resource_policy(step: Step, policies: Policies, kind_id: str, key: Mapping[str, str]) -> Held:
    """Return the policies with that of a resource among them; one that is not known is in `Policies.unknown`."""
    kind = None if kind_id == "*" else load_kind(kind_id)
    declared = {} if kind is None else kind.section("resource-policy") or {}
    own = step.operation.effect == "create" and step.operation.kind.id == kind_id
    if not declared or (own and step.operation.key(step.request.parameters) == dict(key)):
        # What the call creates has no policy yet.
        return Held(policies, None)
    itself = _reference(step, kind_id, key)
    described = itself.fact.value if itself is not None and isinstance(itself.fact, Known) else {}
    values = step.place.values({**described, **key})
    owner = evaluate(declared["owner"], values) if "owner" in declared else None
    if "shared-by-aws" in declared and owner is not None and is_of_aws(owner):
        return Held(replace(policies, resource=_everybody()), owner)
    region = step.region if itself is None or not itself.region else itself.region
    ask = policy_asked_for(step, kind_id, values, region)
    if ask is None:
        return _not_known(policies, Unknown(f"which {load_kind(kind_id).label} it is was not found"), owner)
    what = f"the {load_kind(ask.kind).label} `{name_of(ask.kind, dict(ask.key))}`"
    if any(uploads(DeployText(each).labels) for each in key.values()):
        return Held(policies, step.account_id, note=f"{what} was not read, and could still deny it")
    fact = step.account.read(ask)
    if "of" in declared:
        # AWS shows a bucket's policy only within the account that has the bucket.
        holder = _reference(step, declared["of"], dict(ask.key))
        there = holder is not None and isinstance(holder.fact, Known)
        shown = not isinstance(fact, Unknown) or (there and not fact.code)
        owner = step.account_id if shown else None
    if isinstance(fact, Known):
        parsed = parsed_policy(what, fact.value, PolicyType.RESOURCE)
        if isinstance(parsed, Unknown):
            return _not_known(policies, parsed, owner)
        return Held(replace(policies, resource=parsed), owner)
    if isinstance(fact, Absent):
        return Held(policies, owner)
    if owner == step.account_id and not fact.code and not declared.get("must-allow"):
        return Held(policies, owner, note=f"{what} was not read, and could still deny it")
    reason = f"{what} was not read: {fact.reason}" + ("" if owner in (None, step.account_id) else f" (account {owner})")
    held = _not_known(policies, Unknown(reason, fact.resolution), owner)
    if declared.get("must-allow") or owner not in (None, step.account_id):
        return held
    return replace(held, must="must not deny, and where no policy of the role or user allows it must allow,")


def _not_known(policies: Policies, fact: Unknown, owner: str | None) -> Held:
    unknown = MappingProxyType({**policies.unknown, PolicyType.RESOURCE: fact.reason})
    return Held(replace(policies, unknown=unknown), owner, resolution=fact.resolution)


def _reference(step: Step, kind_id: str, key: Mapping[str, str]) -> Reference | None:
    return next((each for each in references(step) if each.kind == kind_id and dict(each.key) == dict(key)), None)


@cache
def _everybody() -> Policy:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "*"}
    return parse_policy(
        {"Version": "2012-10-17", "Statement": [statement]}, "AWS's public registry", PolicyType.RESOURCE
    )
