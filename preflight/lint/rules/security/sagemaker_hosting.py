"""Policies for SageMaker hosting, as those who deploy endpoints and those that the endpoints run as need them.

Sources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html (which resources
an action is on) and https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html (what execution roles need).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from preflight.iam.pattern import matches
from preflight.lint.analysis.condition_index import without_key
from preflight.lint.analysis.escalation_paths import ways
from preflight.lint.analysis.hosting_grants import allowing, hosting_grants, is_on
from preflight.lint.policy.finding import Finding
from preflight.lint.policy.needs import needs
from preflight.lint.policy.statements import ConditionEntry
from preflight.lint.policy.subject import Subject

# Types whose names SageMaker writes in lower case in ARNs; rules/resources/sagemaker has the sources.
_LOWER = ("endpoint", "endpoint-config", "model")
_BOTH = ("sagemaker:CreateEndpoint", "sagemaker:UpdateEndpoint")
_PASSING = ("sagemaker:CreateModel", "sagemaker:CreateTrainingJob", "sagemaker:CreateProcessingJob")
_DEPLOYS = ("sagemaker:CreateEndpoint", "sagemaker:CreateModel")
_TAGGED = ("sagemaker:CreateEndpoint", "sagemaker:CreateEndpointConfig", "sagemaker:CreateModel")
_RUNS = ("ecr:GetDownloadUrlForLayer", "logs:PutLogEvents")
_SERVICE = "sagemaker.amazonaws.com"


def lower_case_names(subject: Subject) -> Iterator[Finding]:
    """Find ARNs of endpoints, configurations and models with upper-case names, which SageMaker's ARNs never have."""
    for view in subject.statements:
        if "NotResource" not in view.raw and ":sagemaker:" not in view.resource_lines:
            continue
        for entry in (*view.resources, *view.not_resources):
            parts = entry.text.split(":", 5)
            if len(parts) < 6 or parts[2] != "sagemaker":
                continue
            kind, _, name = parts[5].partition("/")
            fixed = _without_variables(name)
            if kind in _LOWER and fixed != fixed.lower():
                meant = ":".join((*parts[:5], f"{kind}/{_lowered(name)}"))
                yield Finding(
                    entry.pointer,
                    f"{parts[5]} never matches: in ARNs, SageMaker writes {kind} names in lower case",
                    f'write "{meant}"',
                )


@needs(hosting_grants)
def pass_role_to_sagemaker(subject: Subject) -> Iterator[Finding]:
    """Find iam:PassRole beside SageMaker's actions that take a role, without saying to which service."""
    if not any(allowing(subject, action) for action in _PASSING):
        return
    others = not subject.grants.actions.keys().isdisjoint(_taking_roles_elsewhere())
    for view, entry in allowing(subject, "iam:PassRole"):
        if any(each.lower_key in ("iam:passedtoservice", "iam:associatedresourcearn") for each in view.conditions):
            continue
        if not view.resources or any(not each.text.strip("*") for each in view.resources):
            continue
        # Where other services take roles too, only the roles' names tell for which this one is.
        if others and not any("sagemaker" in each.text.lower() for each in view.resources):
            continue
        yield Finding(
            entry.pointer,
            f"{view.cited} lets its roles be passed to any service, not only SageMaker",
            f'add the condition {{"StringEquals": {{"iam:PassedToService": "{_SERVICE}"}}}}',
        )


@cache
def _taking_roles_elsewhere() -> frozenset[str]:
    """Return the actions by which roles are passed to other services."""
    return frozenset(
        action
        for way in ways()
        if way.passed_to and _SERVICE not in way.passed_to
        for action in (*way.needs, *way.creates)
        if action != "iam:PassRole"
    )


@needs(hosting_grants)
def model_with_its_role(subject: Subject) -> Iterator[Finding]:
    """Find policies for deploying that pass SageMaker no role: every model that reads an artifact names one."""
    if not all(allowing(subject, action) for action in _DEPLOYS):
        return
    passing = allowing(subject, "iam:PassRole")
    if any(not view.conditions or not any(map(_keeps_off_sagemaker, view.conditions)) for view, _ in passing):
        return
    view, entry = allowing(subject, "sagemaker:CreateModel")[0]
    what = f"{passing[0][0].cited} allows passing roles only to other services" if passing else "no role may be passed"
    yield Finding(
        passing[0][1].pointer if passing else entry.pointer,
        f"{view.cited} allows sagemaker:CreateModel, but {what}: creating a model with an execution role is denied",
        "allow iam:PassRole on the execution role, with the condition "
        f'{{"StringEquals": {{"iam:PassedToService": "{_SERVICE}"}}}}',
    )


def _keeps_off_sagemaker(condition: ConditionEntry) -> bool:
    """Whether a condition names the services that roles are passed to, and SageMaker is none of them."""
    return (
        condition.lower_key == "iam:passedtoservice"
        and condition.lower_base in ("stringequals", "stringlike", "stringequalsignorecase")
        and bool(condition.values)
        and not any("${" in each.text or matches(each.text.lower(), _SERVICE) for each in condition.values)
    )


@needs(hosting_grants)
def tags_with_their_permission(subject: Subject) -> Iterator[Finding]:
    """Find policies that allow creating with certain tags only, and do not allow adding tags."""
    if allowing(subject, "sagemaker:AddTags"):
        return
    for action in _TAGGED:
        for view, entry in allowing(subject, action):
            demanded = next((each for each in view.conditions if _demands_tags(each)), None)
            if demanded is not None:
                yield Finding(
                    entry.pointer,
                    f"{view.cited} allows {action} only with tags ({demanded.key}), and nothing here allows "
                    "sagemaker:AddTags, which creating with tags needs: every call is denied",
                    f"allow sagemaker:AddTags too, with the condition "
                    f'{{"StringEquals": {{"sagemaker:TaggingAction": "{action.partition(":")[2]}"}}}}',
                )


def _demands_tags(condition: ConditionEntry) -> bool:
    key = condition.lower_key
    return (key == "aws:tagkeys" or key.startswith("aws:requesttag/")) and not without_key(condition)


@needs(hosting_grants)
def endpoint_with_its_config(subject: Subject) -> Iterator[Finding]:
    """Find policies that allow to create or update endpoints on endpoints, but on no configuration, or vice versa."""
    for action in _BOTH:
        found = allowing(subject, action)
        if not found or any(view.not_resources for view, _ in found):
            continue
        on = {
            kind: [view for view, _ in found if is_on(kind, view.resources)] for kind in ("endpoint", "endpoint-config")
        }
        for kind, other in (("endpoint", "endpoint-config"), ("endpoint-config", "endpoint")):
            if on[kind] and not on[other]:
                view, entry = next(each for each in found if each[0] is on[kind][0])
                article = "an endpoint" if other == "endpoint" else "an endpoint configuration"
                yield Finding(
                    entry.pointer,
                    f"{view.cited} allows {action} on {kind} ARNs, and nothing allows it on {article}: AWS needs both",
                    f"allow {action} on arn:aws:sagemaker:REGION:ACCOUNT:{other}/NAME too",
                )


@needs(hosting_grants)
def deploying_apart_from_running(subject: Subject) -> Iterator[Finding]:
    """Find policies that both deploy endpoints and do what endpoints do as their execution role."""
    deploys = [each for action in _DEPLOYS for each in allowing(subject, action)]
    if not deploys or not all(allowing(subject, action) for action in _RUNS):
        return
    view, entry = deploys[0]
    yield Finding(
        entry.pointer,
        f"{view.cited} deploys endpoints, in a policy that also allows what execution roles need: with it as an "
        "execution role, the code of a model can deploy",
        "use separate policies for the deploying role and the execution role",
    )


def _without_variables(text: str) -> str:
    head, *rest = text.split("${")
    return head + "".join(each.partition("}")[2] for each in rest)


def _lowered(text: str) -> str:
    """Return a text in lower case, but for its variables."""
    head, *rest = text.split("${")
    return head.lower() + "".join(
        f"${{{name}}}{tail.lower()}" for name, _, tail in (each.partition("}") for each in rest)
    )
