"""IAM280 to IAM284: policies for SageMaker hosting, as those who deploy endpoints and those endpoints run as need them.

Sources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html (which resources
an action is on) and https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html (what execution roles need).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from preflight.iam.pattern import matches_action, overlaps
from preflight.lint.finding import Finding
from preflight.lint.subject import Subject
from preflight.lint.view import Entry, StatementView

# Types whose names SageMaker writes in lower case in ARNs; rules/resources/sagemaker has the sources.
_LOWER = ("endpoint", "endpoint-config", "model")
_BOTH = ("sagemaker:CreateEndpoint", "sagemaker:UpdateEndpoint")
_PASSING = ("sagemaker:CreateModel", "sagemaker:CreateTrainingJob", "sagemaker:CreateProcessingJob")
_DEPLOYS = ("sagemaker:CreateEndpoint", "sagemaker:CreateModel")
_RUNS = ("ecr:GetDownloadUrlForLayer", "logs:PutLogEvents")
_SERVICE = "sagemaker.amazonaws.com"


def lower_case_names(subject: Subject) -> Iterator[Finding]:
    """Find ARNs of endpoints, configurations and models with upper-case names, which SageMaker's ARNs never have."""
    for view in subject.statements:
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
                    f"{parts[5]} never matches: SageMaker writes the name of every {kind} in lower case in its ARN",
                    f'write "{meant}"',
                )


def pass_role_to_sagemaker(subject: Subject) -> Iterator[Finding]:
    """Find iam:PassRole beside SageMaker's actions that take a role, without saying to which service."""
    passing = _allowing(subject, "iam:PassRole")
    free = [
        (view, entry)
        for view, entry in passing
        if not any(each.key.lower() in ("iam:passedtoservice", "iam:associatedresourcearn") for each in view.conditions)
        and view.resources
        and not any(not each.text.strip("*") for each in view.resources)
    ]
    if not free or not any(_allowing(subject, action) for action in _PASSING):
        return
    for view, entry in free:
        yield Finding(
            entry.pointer,
            f"{view.cited} lets its roles be passed to any service, where SageMaker is meant",
            f'add the condition {{"StringEquals": {{"iam:PassedToService": "{_SERVICE}"}}}}',
        )


def endpoint_with_its_config(subject: Subject) -> Iterator[Finding]:
    """Find policies that allow to create or update endpoints on endpoints, but on no configuration, or vice versa."""
    for action in _BOTH:
        found = _allowing(subject, action)
        if not found or any(view.not_resources for view, _ in found):
            continue
        on = {
            kind: [view for view, _ in found if _is_on(kind, view.resources)]
            for kind in ("endpoint", "endpoint-config")
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


def deploying_apart_from_running(subject: Subject) -> Iterator[Finding]:
    """Find policies that both deploy endpoints and do what endpoints do as their execution role."""
    deploys = [each for action in _DEPLOYS for each in _allowing(subject, action)]
    if not deploys or not all(_allowing(subject, action) for action in _RUNS):
        return
    view, entry = deploys[0]
    yield Finding(
        entry.pointer,
        f"{view.cited} deploys endpoints, in a policy that also allows what execution roles need: with it as an "
        "execution role, the code of a model can deploy",
        "give the deploying role and the execution role policies of their own",
    )


def _allowing(subject: Subject, action: str) -> Sequence[tuple[StatementView, Entry]]:
    """Return the statements that allow an action, each with the entry of Action that does."""
    return subject.once(_of_interest).get(action, ())


_INTEREST = (*_BOTH, *_PASSING, *_RUNS, "iam:PassRole")
_SERVICES = frozenset(action.partition(":")[0] for action in _INTEREST)


def _of_interest(subject: Subject) -> dict[str, list[tuple[StatementView, Entry]]]:
    found: dict[str, list[tuple[StatementView, Entry]]] = {}
    for view in subject.statements if _about_sagemaker(subject) else ():
        if not view.allows:
            continue
        for entry in view.actions:
            service = entry.text.partition(":")[0].lower()
            if service in _SERVICES or "*" in service:
                for action in _INTEREST:
                    if matches_action(entry.text, action):
                        found.setdefault(action, []).append((view, entry))
    return found


def _about_sagemaker(subject: Subject) -> bool:
    """Whether the policy names actions of SageMaker: of one that allows everything, other rules tell."""
    return any(
        entry.text[:10].lower() == "sagemaker:" for view in subject.statements if view.allows for entry in view.actions
    )


def _is_on(kind: str, resources: Sequence[Entry]) -> bool:
    return any(_may_be(kind, each.text) for each in resources)


def _may_be(kind: str, text: str) -> bool:
    if not text.strip("*"):
        return True
    parts = (_open(text) if "${" in text else text).split(":", 5)
    if len(parts) < 6:
        return "*" in text
    # Field by field: names hold no colon, though a star would match one.
    return overlaps(parts[2], "sagemaker") and overlaps(parts[5], f"{kind}/*")


def _open(text: str) -> str:
    """Return a text with a wildcard for each of its variables."""
    head, *rest = text.split("${")
    return head + "".join("*" + each.partition("}")[2] for each in rest)


def _without_variables(text: str) -> str:
    head, *rest = text.split("${")
    return head + "".join(each.partition("}")[2] for each in rest)


def _lowered(text: str) -> str:
    """Return a text in lower case, but for its variables."""
    head, *rest = text.split("${")
    return head.lower() + "".join(
        f"${{{name}}}{tail.lower()}" for name, _, tail in (each.partition("}") for each in rest)
    )
