"""PRE120 and PRE121: the execution roles. Do they exist, may the service assume them, may they do their work?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from preflight.account.facts import Absent, Ask, Fact, Known, Unknown
from preflight.account.principals import PrincipalFacts, parsed_policy, policies_of
from preflight.declared.expressions import arn_part
from preflight.engine.result import Kind, Result
from preflight.engine.rule import Rule
from preflight.iam.decide import decide
from preflight.iam.decision import Decision, Outcome
from preflight.iam.request import Context, Policies, PolicyType, Request
from preflight.readiness.dependency_results import place_of
from preflight.readiness.derived.deployment import StackStep
from preflight.readiness.permissions.authorization import caller_facts, keys_of
from preflight.readiness.permissions.decision_results import Matter, result_of
from preflight.readiness.permissions.partial_names import judged
from preflight.readiness.permissions.request_context import context_of_role
from preflight.readiness.permissions.resource_policies import with_resource_policy
from preflight.readiness.permissions.role_needs import RoleNeed, role_needs, trust_policy
from preflight.readiness.references import Reference, reported
from preflight.readiness.step import Step

# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
_SERVICE_LINKED = re.compile(r":role/aws-service-role/([^/]+)/")


def role_assumable(step: Step, rule: Rule) -> Iterator[Result]:
    """Say of each execution role that the request relies on whether it exists and the service may assume it."""
    found = reported(step, rule.id, "iam:role")
    if not found:
        yield rule.result(
            Kind.NOT_APPLICABLE, f"{step.operation.id} uses no execution role here", location=step.location
        )
    for reference in found:
        yield _assumable(step, rule, reference)


def role_permissions(step: Step, rule: Rule) -> Iterator[Result]:
    """Say of each action on each resource that the plan needs of an execution role whether the role may do it."""
    seen = set()
    waiting: dict[tuple[str, str], list[tuple[str, Result]]] = {}
    for need in role_needs(step):
        for action in need.actions:
            identity = (need.role, action, need.resource)
            if identity not in seen:
                seen.add(identity)
                result = _judge(step, rule, need, action)
                if result.kind is Kind.OPEN and (reason := _incomplete(step, need.role)):
                    waiting.setdefault((need.role, reason), []).append((action, result))
                else:
                    yield result
    for (role, reason), results in waiting.items():
        yield _said_once(role, results, reason)
    if not seen:
        yield rule.result(
            Kind.NOT_APPLICABLE,
            f"{step.operation.id} needs no permissions of an execution role here",
            location=step.location,
        )


def _incomplete(step: Step, role: str) -> str | None:
    """Return why a role's own policies are not known, or not all; None where they are."""
    facts = _role_facts(step, role)
    if isinstance(facts, Known):
        reason = facts.value.policies.unknown.get(PolicyType.IDENTITY)
        return None if reason is None else f"not all of its policies are known: {reason}"
    return "the role does not exist" if isinstance(facts, Absent) else str(facts.reason)


def _said_once(role: str, results: list[tuple[str, Result]], reason: str) -> Result:
    """Return one result for all that depends on the same policy of a role, which is not known."""
    first = results[0][1]
    if len(results) == 1:
        return first
    actions = ", ".join(dict.fromkeys(action for action, _ in results))
    message = f"Can't determine whether {arn_part(role, 'resource') or role} is allowed {actions}: {reason}"
    level = min((each.level for _, each in results), key=lambda each: each.rank)
    return replace(first, message=message, subject=role, level=level)


def service_role(each: StackStep, rule: Rule) -> Iterator[Result]:
    """Say whether the role that CloudFormation is to deploy with is there, and lets CloudFormation assume it."""
    if each.service_role is None or not each.asked:
        return
    ask = Ask.one("iam:role", "", {"RoleArn": each.service_role}, expected=True)
    named = Reference(
        "iam:role", dict(ask.key), "", rule.id, each.step.account.read(ask), "the service role of the stack", ({},), (),
        planned=False, covered=False,
    )  # fmt: skip
    yield _assumable(each.ways[0].asking("cloudformation"), rule, named)


def _trust_policy(service: str) -> str:
    return json.dumps(trust_policy(service), indent=2)


def _role_facts(step: Step, arn: str) -> Any:
    return step.memo.once(("policies", arn), lambda: policies_of(step.account, arn))


def _assumable(step: Step, rule: Rule, reference: Reference) -> Result:
    role, service, fact = reference.name, step.operation.service_principal, reference.fact
    via, place = f"{role}, {reference.via},", place_of(step, reference)

    def result(kind: Kind, message: str, remedy: str = "") -> Result:
        return rule.result(kind, message, subject=role, location=place, remedy=remedy)

    account = arn_part(role, "account")
    if account is not None and account != step.account_id:
        return result(
            Kind.FAIL,
            f"{via} is in account {account}: a role can be passed only within its own account",
            f"Name a role of account {step.account_id}.",
        )
    if isinstance(fact, Absent) and (linked := _SERVICE_LINKED.search(role)):
        return result(
            Kind.OPEN,
            f"{via} does not exist; it is a service-linked role, which {linked[1]} makes when it is first needed",
            f"If the service doesn't make it: aws iam create-service-linked-role --aws-service-name {linked[1]}.",
        )
    if isinstance(fact, Absent):
        return result(
            Kind.FAIL,
            f"{via} does not exist",
            f"Create the role, or name one that exists. Its trust policy:\n{_trust_policy(service or '')}",
        )
    if isinstance(fact, Unknown):
        return result(Kind.OPEN, f"{via} cannot be read: {fact.reason}", fact.remedy)
    document = fact.value.get("AssumeRolePolicyDocument")
    if service is None or document is None:
        return result(
            Kind.OPEN, f"the trust policy of {via} is not known", "Give its AssumeRolePolicyDocument in the snapshot."
        )
    trust = parsed_policy("the trust policy", document, PolicyType.RESOURCE)
    if isinstance(trust, Unknown):
        return result(Kind.OPEN, f"{via}: {trust.reason}", trust.remedy)
    facts = _role_facts(step, role)
    limits = facts.value.policies if isinstance(facts, Known) else Policies()
    policies = Policies(resource=trust, resource_control=limits.resource_control, unknown=limits.unknown)
    decision = _trusted(step, service, role, policies)
    matter = Matter(service, "sts:AssumeRole", role, caller=False, trust=True)
    outcome = result_of(rule, matter, decision, location=place)
    if outcome.kind is Kind.FAIL:
        return replace(
            outcome,
            message=f"{via} can't be assumed: {outcome.message}",
            remedy=f"Give the role this trust policy, or add its statement:\n{_trust_policy(service)}"
            if decision.outcome is Outcome.IMPLICIT_DENY
            else outcome.remedy,
        )
    if outcome.kind is Kind.PASS:
        there = "is created by the plan" if reference.planned else "exists"
        return replace(outcome, message=f"{via[:-1]}, {there} and {service} can assume it")
    return replace(
        outcome,
        remedy="AWS does not say what these keys are when the role is assumed. "
        f"Allow it without them:\n{_trust_policy(service)}"
        if decision.depends_on
        else outcome.remedy,
    )


def _trusted(step: Step, service: str, role: str, policies: Policies) -> Decision:
    """Decide whether the service may assume the role.

    AWS recommends the conditions aws:SourceAccount and aws:SourceArn, but does not say for which calls SageMaker sends
    them (https://docs.aws.amazon.com/sagemaker/latest/dg/security-confused-deputy-prevention.html). If it sends the
    account, then this one: what is denied even so is denied, what is allowed only so is open.
    """
    unsettled = Context({"aws:SecureTransport": "true"}, complete=False)
    request = Request(service, "sts:AssumeRole", role, resource_account=step.account_id, context=unsettled)
    best = Context({**unsettled.values, "aws:SourceAccount": step.account_id}, complete=False)
    decision = decide(replace(request, context=best), policies)
    if decision.outcome in (Outcome.EXPLICIT_DENY, Outcome.IMPLICIT_DENY):
        return decision
    return decide(request, policies)


def _judge(step: Step, rule: Rule, need: RoleNeed, action: str) -> Result:
    found = _judge_of(step, rule, need, action, _role_facts(step, need.role), caller=False)
    if found.kind is Kind.PASS or not need.or_caller:
        return found
    instead = caller_facts(step)
    if not isinstance(instead, Known):
        return found
    other = _judge_of(step, rule, need, action, instead, caller=True)
    if other.kind is Kind.PASS or (other.kind is Kind.OPEN and found.kind is Kind.FAIL):
        return other
    return found


def _judge_of(
    step: Step, rule: Rule, need: RoleNeed, action: str, facts: Fact[PrincipalFacts], *, caller: bool
) -> Result:
    if not isinstance(facts, Known):
        because = "the role does not exist" if isinstance(facts, Absent) else facts.reason
        return rule.result(
            Kind.OPEN,
            f"Can't determine whether {need.role} is allowed {action} on {need.resource}, to {need.to}: {because}",
            subject=need.resource,
            location=step.location,
            remedy="" if isinstance(facts, Absent) else facts.remedy,
            level=need.level,
        )
    if need.alias:
        return rule.result(
            Kind.OPEN,
            f"Can't determine whether {need.role} is allowed {action}, to {need.to}: it depends on the key of the "
            f"alias {need.resource}",
            subject=need.resource,
            location=step.location,
            remedy="Name the key by its ARN, or give its alias and its policy in the facts.",
            level=need.level,
        )
    principal: PrincipalFacts = facts.value
    held = with_resource_policy(step, principal.policies, need.kind, need.key)
    keys = keys_of(step, principal, held.policies)
    request = Request(
        principal=principal.arn,
        action=action,
        resource=need.resource,
        resource_account=held.owner,
        context=context_of_role(step, action, need.context, need.about, keys),
        # No service is documented to set tags on the sessions of an execution role.
        principal_tags=principal.tags,
    )
    matter = Matter(principal.arn, action, need.resource, to=need.to, caller=caller, held=held)
    found = judged(rule, matter, request, held.policies, location=step.location, level=need.level)
    if found.kind is Kind.FAIL and need.doubt:
        return replace(
            found, kind=Kind.OPEN, message=f"{found.message}; can't determine whether it has to be: {need.doubt}"
        )
    return found
