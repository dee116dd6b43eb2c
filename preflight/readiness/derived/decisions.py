"""Deciding what a resource or call needs: needed and denied fails, perhaps needed and denied is open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType

from preflight import catalog
from preflight.account.facts import Absent, Ask, Known, Unknown
from preflight.account.principals import parsed_policy
from preflight.declared.expressions import arn_part
from preflight.declared.operations import Permission
from preflight.engine.plan_coverage import NeedOf
from preflight.engine.result import Kind, Result
from preflight.engine.rule import Rule
from preflight.iam.decide import RequestError
from preflight.iam.policy import Policy, parse_policy
from preflight.iam.request import Policies, PolicyType
from preflight.readiness.derived.accounts import ResourceStep
from preflight.readiness.derived.arns import GLOBAL, KnownValues, main_type, resources_of
from preflight.readiness.derived.gateway_paths import gateway_paths
from preflight.readiness.derived.need import DerivedNeed
from preflight.readiness.permissions.authorization import NeededPermission, caller_facts, question
from preflight.readiness.permissions.decision_results import Matter
from preflight.readiness.permissions.partial_names import judged
from preflight.readiness.permissions.resource_policies import Held
from preflight.readiness.step import Step
from preflight.unresolved import DeployText, resolution

_TAGS = {"aws:RequestTag/*": "pairs(RequestTags)", "aws:TagKeys": "pairs(RequestTags)[*][0]"}
_UNTAGGED = {"aws:RequestTag/*": "`[]`", "aws:TagKeys": "`[]`"}
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
_SERVICE_LINKED = "iam:CreateServiceLinkedRole"
# No key has a policy yet: https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
_CREATE_KEY = "kms:CreateKey"
_ASSUME = "sts:AssumeRole"
# Services whose resources have policies of their own that must allow, as a kind of `rules/resources` knows them.
_WITH_POLICY = {"kms": ("kms:key", "KeyId")}


def results_of(each: ResourceStep, rule: Rule) -> Iterator[Result]:
    """Give the results of a rule of permissions for a resource: of what is needed one for each action and resource, of
    what is perhaps needed only what is not allowed, and of what is not needed one for all.
    """
    unneeded = []
    for need in each.needs or ():
        if _rule_of(need) != rule.id:
            continue
        if need.certainty == "not-needed":
            unneeded.append(need)
            continue
        for arn in arns_of(each, need):
            found = _judged(each, rule, need, arn)
            if need.certainty == "needed" or found.kind is not Kind.PASS:
                yield found
    if unneeded:
        names = "; ".join(f"{need.action} ({need.because})" for need in unneeded)
        yield rule.result(
            Kind.NOT_APPLICABLE, f"not needed for {each.resource.name}: {names}", subject=each.resource.name,
            location=each.location,
        )  # fmt: skip


def _rule_of(need: DerivedNeed) -> str:
    return "PRE122" if need.action == "iam:PassRole" else "PRE110"


def arns_of(each: ResourceStep, need: DerivedNeed) -> list[str]:
    """Return the ARNs that a need is about, perhaps known by shape only."""
    place = each.step.place
    if need.passed is not None:
        return [_role(need.passed, each)]
    if need.on is not None:
        return [_filled(need, each)]
    if need.action == _SERVICE_LINKED:
        unknown = DeployText.unknown("the service that asks for it", unique=True)
        if service := _linked_service(need):
            unknown = f"{service}/{DeployText.unknown(f'the role of {service}', unique=True)}"
        return [f"arn:{place.partition}:iam::{place.account}:role/aws-service-role/{unknown}"]
    if need.prefix == "apigateway" and "::" in each.resource.type:
        paths = gateway_paths(each.resource.type, need.action, each.resource.properties)
        named = [
            _filled(replace(need, on=f"arn:${{Partition}}:apigateway:${{Region}}::{path}"), each) for path in paths
        ]
        if named:
            return named
    thing = each.thing if need.own else frozenset()
    core = next(
        (other.action for other in each.needs or () if other.by == "core" and other.prefix == need.prefix), None
    )
    core = core or (need.action if need.own else None)
    generated = each.resource.properties.get("GeneratedName", "")
    told = KnownValues(
        need.values, thing, each.resource.name.rpartition("/")[2], each.resource.handler == "create", str(generated)
    )
    return resources_of(need.action, told, place, main_type(core, thing) if need.own else None)


def _linked_service(need: DerivedNeed) -> str | None:
    """Return the service that a service-linked role is made for, where the request names it."""
    named = need.values.get("AWSServiceName", need.values.get("aws_service_name"))
    return named if isinstance(named, str) and not DeployText.partial(named) and "'" not in named else None


def _role(role: str, each: ResourceStep) -> str:
    if role.startswith("arn:") or DeployText(role).begins_unknown:
        known = DeployText.partial(role)
        if known is None or not known.is_wholly_unknown:
            return role
        return f"arn:{each.step.partition}:iam::{each.step.account_id}:role/{role}"
    return f"arn:{each.step.partition}:iam::{each.step.account_id}:role/{role.removeprefix('role/')}"


def _filled(need: DerivedNeed, each: ResourceStep) -> str:
    """Return the ARN that is declared for a need; what nothing tells of it is unknown."""
    import re

    values = {name.lower(): value for name, value in each.step.place.values(need.values).items()}

    def value(match: re.Match[str]) -> str:
        found = values.get(match[1].lower())
        if isinstance(found, (str, int)):
            return str(found)
        return DeployText.unknown(f"{match[1]} of {each.resource.name}")

    return re.sub(r"\$\{(\w+)\}", value, need.on or "")


def context_of(need: DerivedNeed, step: Step) -> dict[str, object]:
    """Return what is known of the condition keys of a need: the tags that it sets, and its region."""
    region = "us-east-1" if need.prefix in GLOBAL and step.partition == "aws" else step.region
    known: dict[str, object] = {"aws:RequestedRegion": f"'{region}'", **need.context}
    if need.action == _SERVICE_LINKED and (service := _linked_service(need)):
        known["iam:AWSServiceName"] = f"'{service}'"
    if need.tagged:
        return {**known, **_TAGS}
    return {**known, **_UNTAGGED} if _reads(need) else known


def _reads(need: DerivedNeed) -> bool:
    found = catalog.action(*need.action.split(":", 1))
    return found is not None and found.access_levels <= {"Read", "List"}


def permission_of(need: DerivedNeed, step: Step) -> Permission:
    """Return a need as the permission that is decided."""
    context = context_of(need, step)
    if need.tagged and "RequestTags" not in step.request.parameters:
        context = {name: how for name, how in context.items() if name not in _TAGS}
    service = need.context.get("iam:PassedToService")
    grant = {"StringEquals": {"iam:PassedToService": str(service).strip("'")}} if service else {}
    return Permission(need.action, (), _rule_of(need), None, context, grant)


def need_of(each: ResourceStep, need: DerivedNeed, arn: str) -> tuple[Step, NeededPermission]:
    """Return a need on one resource as the decisions of declared operations take it, and the step to decide it in."""
    step = each.asking(need.prefix)
    kind, member = _WITH_POLICY.get(need.prefix, ("*", ""))
    key = {member: arn} if member and arn != "*" and DeployText.partial(arn) is None else {}
    return step, NeededPermission(permission_of(need, step), kind if key else "*", key, arn, None, None)


def _judged(each: ResourceStep, rule: Rule, need: DerivedNeed, arn: str) -> Result:
    step, asked = need_of(each, need, arn)
    found = _decision(step, asked, each, rule)
    found = replace(found, subject=each.resource.name, need=NeedOf(each.resource.type, need.action, arn, need.by))
    if found.kind is Kind.FAIL and need.certainty == "maybe":
        message = (
            f"Can't determine whether {each.resource.name} needs {need.action}, which isn't allowed: {found.message}"
        )
        return replace(found, kind=Kind.OPEN, message=message)
    if found.kind is Kind.FAIL and each.resource.depends_on:
        depends = ", ".join(each.resource.depends_on)
        message = f"Can't determine whether {each.resource.name} is created: it depends on {depends}; {found.message}"
        return replace(found, kind=Kind.OPEN, message=message)
    return found


def _decision(step: Step, need: NeededPermission, each: ResourceStep, rule: Rule) -> Result:
    permission = need.permission
    who = step.principal or "the caller"
    facts = caller_facts(step)
    location = each.location
    if not isinstance(facts, Known):
        because = f"{who} does not exist" if isinstance(facts, Absent) else facts.reason
        return rule.result(
            Kind.OPEN,
            f"Can't determine whether {who} is allowed {permission.action} on {need.resource}: {because}",
            location=location,
            remedy="Create it, or use another one with --principal ARN." if isinstance(facts, Absent) else facts.remedy,
        )
    request, held = question(step, need, facts.value)
    if held.owner is None and arn_part(need.resource, "account") is None:
        request = replace(request, resource_account=step.account_id)
    policies = held.policies
    if permission.action.startswith("kms:") and need.kind == "*":
        policies, held = _held_to_key_policy(permission.action, policies, each, held)
    if permission.action == _ASSUME:
        policies, held = _held_to_trust(policies, step, need.resource, held)
    name = each.resource.name.rpartition("/")[2]
    matter = Matter(
        facts.value.arn, permission.action, need.resource, to=f"{_VERB[each.resource.handler]} {name}",
        grant_with=permission.grant_with, held=held, trust=permission.action == _ASSUME,
    )  # fmt: skip
    try:
        return judged(rule, matter, request, policies, location=location)
    except RequestError:
        return rule.result(
            Kind.OPEN,
            f"Can't determine whether {who} is allowed {permission.action}: `{need.resource}` is not an ARN",
            location=location,
            remedy="Write the full ARN.",
        )


def _held_to_key_policy(action: str, policies: Policies, each: ResourceStep, held: Held) -> tuple[Policies, Held]:
    """Return the policies with that of a key: of one that the resource makes that of the template, else the one that
    AWS gives by default. One that AWS would not take as a policy is not known.
    """
    written = each.resource.properties.get("KeyPolicy")
    if written is None or action == _CREATE_KEY:
        return replace(policies, resource=_default_key_policy(each)), held
    text = DeployText.partial(written)
    if text is not None:
        parsed: Policy | Unknown = Unknown(f"it depends on {', '.join(text.labels)}", resolution(text.labels))
    else:
        parsed = parsed_policy("KeyPolicy", written, PolicyType.RESOURCE)
    if not isinstance(parsed, Unknown):
        return replace(policies, resource=parsed), held
    unknown = MappingProxyType({**policies.unknown, PolicyType.RESOURCE: parsed.reason})
    return replace(policies, unknown=unknown), replace(held, resolution=parsed.resolution)


def _held_to_trust(policies: Policies, step: Step, role: str, held: Held) -> tuple[Policies, Held]:
    """Return the policies with the trust policy of a role that is assumed."""
    fact = step.account.read(Ask.one("iam:role", "", {"RoleArn": role}))
    document = fact.value.get("AssumeRolePolicyDocument") if isinstance(fact, Known) else None
    if document is not None:
        parsed: Policy | Unknown = parsed_policy("the trust policy", document, PolicyType.RESOURCE)
    else:
        parsed = fact if isinstance(fact, Unknown) else Unknown(f"the trust policy of {role} was not found")
    if not isinstance(parsed, Unknown):
        return replace(policies, resource=parsed), held
    unknown = MappingProxyType({**policies.unknown, PolicyType.RESOURCE: parsed.reason})
    return replace(policies, unknown=unknown), replace(held, resolution=parsed.resolution)


def _default_key_policy(each: ResourceStep) -> Policy:
    """Return the policy that leaves the key to IAM.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    root = f"arn:{each.step.partition}:iam::{each.step.account_id}:root"
    allow = {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"}
    return parse_policy({"Version": "2012-10-17", "Statement": [allow]}, "the default key policy")


_VERB = {
    "create": "create",
    "read": "read",
    "update": "update",
    "delete": "delete",
    "call": "make the call",
    "deploy": "deploy the stack",
    "none": "make",
}
