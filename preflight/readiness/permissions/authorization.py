"""PRE110 and PRE122: is every action that the call needs allowed to its caller, on every resource?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from preflight.account.caller_keys import CallerKeys, caller_keys
from preflight.account.facts import Absent, Ask, Fact, Known, Unknown
from preflight.account.principals import PrincipalFacts, is_session_of, policies_of
from preflight.account.sessions import in_session
from preflight.declared.expressions import evaluate
from preflight.declared.operations import Permission, Target, keys_in
from preflight.declared.resource_kinds import ResourceKind, load_kind
from preflight.engine.result import Kind, Result
from preflight.engine.rule import Rule
from preflight.iam.decide import RequestError, decide
from preflight.iam.decision import Outcome
from preflight.iam.request import Policies, Request
from preflight.readiness.permissions.decision_results import Matter
from preflight.readiness.permissions.partial_names import judged
from preflight.readiness.permissions.request_context import context_of_call
from preflight.readiness.permissions.resource_policies import Held, with_resource_policy
from preflight.readiness.permissions.uncertain_keys import why_uncertain
from preflight.readiness.references import Reference, described_arn, references
from preflight.readiness.step import Step


@dataclass(frozen=True, slots=True)
class NeededPermission:
    """One action on one resource that the caller must be allowed. `tags` are the resource's, None if not known."""

    permission: Permission
    kind: str
    key: Mapping[str, str]
    resource: str
    tags: Mapping[str, str] | None
    fact: Fact[Any] | None


def caller_facts(step: Step) -> Fact[PrincipalFacts]:
    """Return the caller and the policies that bear on it, gathered once for a step."""
    principal = step.principal
    if principal is None:
        return Unknown("the caller was not given", "name the role or user with --principal ARN")
    return step.memo.once(("caller", principal), lambda: _caller(step, principal))


def _caller(step: Step, principal: str) -> Fact[PrincipalFacts]:
    facts = in_session(policies_of(step.account, principal), step.session)
    if not isinstance(facts, Known) or facts.value.kind not in ("role", "session"):
        return facts
    using = step.account.read(Ask("sts:caller-identity", ""))
    if not isinstance(using, Known) or not is_session_of(str(using.value["Arn"]), principal):
        return facts
    # These are the credentials that the call will be made with, so its session is this one.
    return Known(replace(facts.value, user_id=str(using.value["UserId"])), facts.reads)


def needs(step: Step, permission: Permission, target: Target) -> Iterator[NeededPermission | Reference]:
    """Give what one target of a permission comes to; a reference whose fact is unknown stands for what it may name."""
    if target.kind == "*":
        yield NeededPermission(permission, "*", {}, "*", {}, None)
        return
    if target.within is None:
        values = step.place.values(step.request.parameters)
        own = load_kind(target.kind)
        if target.each is None:
            each = "[{" + ", ".join(f"{name}: {name}" for name in own.identity) + "}]"
        else:
            each = target.each
        for key, _ in keys_in(each, values):
            if not (permission.only_if_absent and isinstance(_made(step, target.kind, key), Known)):
                yield _need(step, permission, target.kind, key)
        return
    for reference in references(step):
        if reference.kind != target.within:
            continue
        if isinstance(reference.fact, Unknown):
            yield reference
        elif isinstance(reference.fact, Known):
            for key, _ in keys_in(str(target.each), step.place.values(reference.fact.value)):
                yield _need(step, permission, target.kind, key)


def question(step: Step, need: NeededPermission, caller: PrincipalFacts) -> tuple[Request, Held]:
    """Return what is to be decided for a need of a caller, and the policies to decide it by."""
    permission = need.permission
    held = with_resource_policy(step, caller.policies, need.kind, need.key)
    keys = keys_of(step, caller, held.policies)
    tags = None if why_uncertain(permission.action, "aws:ResourceTag/") else need.tags
    request = Request(
        principal=caller.arn,
        action=permission.action,
        resource=need.resource,
        resource_account=held.owner,
        context=context_of_call(step, permission.action, permission.context, need.resource, tags, keys),
        principal_tags=keys.tags,
        resource_tags=tags,
    )
    return request, held


def keys_of(step: Step, caller: PrincipalFacts, policies: Policies) -> CallerKeys:
    """Return the condition keys that follow from who calls; worked out once for the same policies.

    A role that the call passes may be the caller's own: of the caller the session may be known, of the role it is not.
    """
    name = (caller_keys, caller.arn, caller.user_id, policies.content)
    return step.memo.once(name, lambda: caller_keys(caller, policies))


def required(step: Step) -> Iterator[Permission]:
    """Give the permissions that the call needs as it is requested: those whose `when` holds."""
    for permission in step.operation.permissions():
        if permission.when is None or evaluate(permission.when, step.place.values(step.request.parameters)):
            yield permission


def unresolved(kind: ResourceKind, key: Mapping[str, str]) -> bool:
    """Say whether an identity is an alias: the ARN that is authorized is that of what it stands for."""
    aliases = (kind.section("snapshot") or {}).get("aliases")
    return aliases is not None and bool(evaluate(aliases["when"], key))


def _need(step: Step, permission: Permission, kind_id: str, key: dict[str, str]) -> NeededPermission | Reference:
    kind = load_kind(kind_id)
    reference = next((each for each in references(step) if each.kind == kind_id and dict(each.key) == key), None)
    fact = None if reference is None else reference.fact
    described = None if fact is None else described_arn(kind, fact)
    if reference is not None and described is None and unresolved(kind, key):
        return reference
    arn = described or kind.arn(key, partition=step.partition, region=step.region, account=step.account_id) or "*"
    return NeededPermission(permission, kind_id, key, arn, _tags(step, kind_id, key, fact), fact)


def _tags(step: Step, kind_id: str, key: Mapping[str, str], fact: Fact[Any] | None) -> dict[str, str] | None:
    """Return a resource's tags where they are known.

    For a resource that the call creates those of the request count: aws:ResourceTag is in "requests that create a
    resource with an attached tag" (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resourcetag).
    """
    operation = step.operation
    if operation.effect == "create" and kind_id == operation.kind.id and operation.key(step.request.parameters) == key:
        listed = step.request.parameters.get("Tags") or []
    elif isinstance(fact, Known) and isinstance(fact.value, Mapping):
        listed = fact.value.get("Tags")
    else:
        listed = None
    if isinstance(listed, Mapping):
        return {str(name): str(value) for name, value in listed.items()}
    return None if listed is None else {str(tag["Key"]): str(tag["Value"]) for tag in listed}


def _judge(step: Step, rule: Rule, need: NeededPermission) -> Result:
    permission = need.permission
    who = step.principal or "the caller"
    facts = caller_facts(step)
    if not isinstance(facts, Known):
        because = f"{who} does not exist" if isinstance(facts, Absent) else facts.reason
        return rule.result(
            Kind.OPEN,
            f"Can't determine whether {who} is allowed {permission.action} on {need.resource}: {because}",
            subject=need.resource,
            location=step.location,
            remedy="Create it, or use another one with --principal ARN." if isinstance(facts, Absent) else facts.remedy,
        )
    request, held = question(step, need, facts.value)
    matter = Matter(facts.value.arn, permission.action, need.resource, grant_with=permission.grant_with, held=held)
    try:
        found = judged(rule, matter, request, held.policies, location=step.location)
        if found.kind is Kind.PASS or not (permission.doubt or permission.only_if_absent):
            return found
        if found.kind is Kind.FAIL and (unread := _unread(step, need)):
            doubted = f"{found.message}; can't determine whether it has to be: {unread.reason}"
            return replace(found, kind=Kind.OPEN, message=doubted, remedy=found.remedy or unread.remedy)
        if service := _granted_to(need, held):
            message = f"{permission.action} on {need.resource} is not needed: its policy allows it to {service}"
            return rule.result(Kind.PASS, message, subject=need.resource, location=step.location)
        if not permission.doubt:
            return found
        doubted = f"{found.message}; can't determine whether it has to be: {permission.doubt}"
        return replace(found, kind=Kind.OPEN, message=doubted if found.kind is Kind.FAIL else found.message)
    except RequestError:
        return rule.result(
            Kind.OPEN,
            f"Can't determine whether {who} is allowed {permission.action}: `{need.resource}` is not an ARN",
            subject=need.resource,
            location=step.location,
            remedy="Write the full ARN in the request.",
        )


def _made(step: Step, kind_id: str, key: Mapping[str, str]) -> Fact[Any]:
    """Return what is known of a resource that a permission makes."""
    region = "" if load_kind(kind_id).declared.get("global") else step.region
    return step.account.read(Ask.one(kind_id, region, dict(key)))


def _unread(step: Step, need: NeededPermission) -> Unknown | None:
    """Return why it is not known whether what a permission makes exists, where that decides."""
    made = _made(step, need.kind, need.key) if need.permission.only_if_absent else None
    return made if isinstance(made, Unknown) else None


def _granted_to(need: NeededPermission, held: Held) -> str | None:
    """Return a service that the resource's own policy lets do what makes a permission of the caller needless."""
    policies = Policies(resource=held.policies.resource)
    for service, actions in need.permission.unless_granted_to.items():
        asked = (Request(service, each, need.resource, resource_account=held.owner) for each in actions)
        if held.policies.resource and all(decide(each, policies).outcome is Outcome.ALLOWED for each in asked):
            return service
    return None


def _cannot_tell(step: Step, rule: Rule, permission: Permission, reference: Reference) -> Result:
    fact = reference.fact
    reason, remedy = (fact.reason, fact.remedy) if isinstance(fact, Unknown) else ("it was not found", "")
    return rule.result(
        Kind.OPEN,
        f"what {step.principal or 'the caller'} needs of {permission.action} depends on {reference.label}: {reason}",
        subject=reference.arn(step),
        location=step.location,
        remedy=remedy,
    )
