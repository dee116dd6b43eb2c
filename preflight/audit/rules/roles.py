"""ACC120 to ACC122: execution roles that nothing uses, roles that may do more than any endpoint or deployer needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from preflight.account.facts import Ask, Known
from preflight.audit.access.cited_statements import evidence
from preflight.audit.access.decider import Reach
from preflight.audit.access.holders import Holder
from preflight.audit.access.trusts import trust_of
from preflight.audit.scene import Scene
from preflight.audit.ways.escalation import escalation
from preflight.declared.expressions import arn_part
from preflight.engine.result import Evidence, Kind, Result
from preflight.engine.rule import Rule

_SERVICE = "sagemaker.amazonaws.com"
_FULL_ACCESS = "AmazonSageMakerFullAccess"
# What no endpoint does as its execution role, each on a resource that nobody named:
# https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html#sagemaker-roles-createmodel-perms
_NEVER = (
    ("iam:PassRole", "arn:${Partition}:iam::${Account}:role/preflight-unnamed", "pass any role"),
    ("sagemaker:CreateEndpoint", "arn:${Partition}:sagemaker:${Region}:${Account}:endpoint/preflight-unnamed",
     "create endpoints"),
    ("sagemaker:CreateTrainingJob", "arn:${Partition}:sagemaker:${Region}:${Account}:training-job/preflight-unnamed",
     "run training jobs"),
    ("s3:DeleteBucket", "arn:${Partition}:s3:::preflight-unnamed", "delete any bucket"),
    ("s3:PutObject", "arn:${Partition}:s3:::preflight-unnamed/any", "write to any bucket"),
    ("secretsmanager:GetSecretValue",
     "arn:${Partition}:secretsmanager:${Region}:${Account}:secret:preflight-unnamed-AbCdEf", "read any secret"),
    ("ec2:RunInstances", "arn:${Partition}:ec2:${Region}:${Account}:instance/*", "start instances"),
    ("lambda:CreateFunction", "arn:${Partition}:lambda:${Region}:${Account}:function:preflight-unnamed",
     "create functions"),
)  # fmt: skip


def execution_roles(scene: Scene) -> list[Holder]:
    """Return the roles that SageMaker may assume, but for those of its own."""
    return [
        holder
        for holder in scene.holders.by_arn.values()
        if holder.kind == "role" and not holder.is_service_linked and _trusts_sagemaker(holder)
    ]


def used_by(scene: Scene) -> Mapping[str, list[str]] | None:
    """Return the models that use each role, by its ARN; None where the models of a region are not known, or no region
    is.
    """
    if not scene.regions:
        return None
    found: dict[str, list[str]] = {}
    for region in scene.regions:
        fact = scene.account.read(Ask.all("sagemaker:model", region))
        if not isinstance(fact, Known):
            return None
        for model in fact.value:
            if model.get("ExecutionRoleArn"):
                found.setdefault(model["ExecutionRoleArn"], []).append(model["ModelName"])
    return found


def in_use(scene: Scene, rule: Rule) -> Iterator[Result]:
    """Say which roles that SageMaker may assume no model uses."""
    using = scene.once(used_by)
    roles = scene.once(execution_roles)
    if using is None:
        yield rule.result(
            Kind.OPEN,
            f"Can't determine whether {len(roles)} roles of SageMaker are in use: the models of a Region are unknown",
            remedy="Let preflight list and describe models, or add them to the snapshot.",
        )
        return
    spare = [role for role in roles if role.arn not in using]
    for role in spare:
        last = role.detail.get("RoleLastUsed", {}).get("LastUsedDate")
        since = f", and was last used {last}" if last else ""
        yield rule.result(
            Kind.FAIL,
            f"role {role.name}, which SageMaker can assume, isn't used by a model in {', '.join(scene.regions)}{since}",
            subject=role.arn,
            remedy="Delete it if notebooks, jobs and pipelines do not use it either.",
        )
    if roles and not spare:
        yield rule.result(Kind.PASS, f"every role that SageMaker may assume ({len(roles)}) is used by a model")


def narrow(scene: Scene, rule: Rule) -> Iterator[Result]:
    """Say which roles that models use may do what no endpoint needs."""
    using = scene.once(used_by) or {}
    administrators = scene.once(escalation).administrators
    sound = 0
    for role in (each for each in scene.once(execution_roles) if each.arn in using):
        models = using[role.arn]
        if role.arn in administrators:
            can, refs = ["do everything"], []
        else:
            granted = [
                (words, access.by)
                for action, resource, words in _NEVER
                if (access := scene.decider.access(role, action, _filled(resource, scene))).reach is Reach.ALL
            ]
            can, refs = [words for words, _ in granted], [ref for _, by in granted for ref in by]
        if not can:
            sound += 1
            continue
        yield rule.result(
            Kind.FAIL,
            f"execution role {role.name} of {len(models)} model{'s' if len(models) > 1 else ''} ({models[0]}"
            f"{', ...' if len(models) > 1 else ''}) can {', '.join(can)}",
            subject=role.arn,
            evidence=evidence(refs),
            remedy="Give the endpoints a role that reads their artifacts and images and writes logs and metrics only.",
        )
    if sound:
        yield rule.result(
            Kind.PASS, f"{sound} execution role{'s do' if sound > 1 else ' does'} what endpoints need only"
        )


def _filled(resource: str, scene: Scene) -> str:
    region = scene.regions[0] if scene.regions else "us-east-1"
    return (
        resource.replace("${Partition}", scene.partition)
        .replace("${Region}", region)
        .replace("${Account}", scene.account_id)
    )


def _trusts_sagemaker(holder: Holder) -> bool:
    trust = trust_of(holder)
    return (
        trust is not None
        and arn_part(holder.arn, "account") is not None
        and any(
            statement.allows
            and statement.principals is not None
            and not statement.principals.negated
            and ("Service", _SERVICE) in statement.principals.entries
            for statement in trust.statements
        )
    )


def full_access(scene: Scene, rule: Rule) -> Iterator[Result]:
    """Say who holds AmazonSageMakerFullAccess, directly or through a group, where a narrower policy would do."""
    groups = scene.account.read(Ask.all("iam:group", ""))
    holding = {
        group["GroupName"] for group in (groups.value if isinstance(groups, Known) else ()) if _holds_full_access(group)
    }
    found = 0
    for holder in scene.holders.by_arn.values():
        through = next((name for name in holder.detail.get("GroupList", ()) if name in holding), None)
        if through is None and not _holds_full_access(holder.detail):
            continue
        found += 1
        yield rule.result(
            Kind.FAIL,
            f"{holder.kind} {holder.name} has {_FULL_ACCESS}" + (f" through group {through}" if through else ""),
            subject=holder.arn,
            evidence=[Evidence(_FULL_ACCESS, "")],
            remedy="Print what a plan needs with preflight policy REQUEST, and attach that instead.",
        )
    if not found:
        yield rule.result(Kind.PASS, f"no principal has {_FULL_ACCESS}")


def _holds_full_access(detail: Mapping[str, Any]) -> bool:
    return any(
        str(each.get("PolicyArn", "")).endswith(f":iam::aws:policy/{_FULL_ACCESS}")
        for each in detail.get("AttachedManagedPolicies", ())
    )
