"""Policies of those who call SageMaker's endpoints.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
"""

from __future__ import annotations

from collections.abc import Iterator

from preflight.lint.analysis.hosting_grants import allowing, hosting_grants, is_on
from preflight.lint.policy.finding import Finding
from preflight.lint.policy.needs import needs
from preflight.lint.policy.subject import Subject

_INVOKING = (
    "sagemaker:InvokeEndpoint",
    "sagemaker:InvokeEndpointAsync",
    "sagemaker:InvokeEndpointWithResponseStream",
)


@needs(hosting_grants)
def invoking_on_endpoints(subject: Subject) -> Iterator[Finding]:
    """Find policies that allow to invoke inference components, but no endpoint."""
    for action in _INVOKING:
        found = [each for each in allowing(subject, action) if each[1].text.lower() == action.lower()]
        if not found or any(view.not_resources for view, _ in allowing(subject, action)):
            continue
        if any(is_on("endpoint", view.resources) for view, _ in allowing(subject, action)):
            continue
        on = [each for each in found if is_on("inference-component", each[0].resources)]
        for view, entry in on[:1]:
            yield Finding(
                entry.pointer,
                f"{view.cited} allows {action} on inference components, and nothing allows it on their endpoint: AWS "
                "needs both",
                "allow the action on arn:aws:sagemaker:REGION:ACCOUNT:endpoint/NAME too",
            )


def invoking_named_endpoints(subject: Subject) -> Iterator[Finding]:
    """Find who may invoke every endpoint there is, where the policy names the action."""
    for view in subject.statements if "sagemaker" in subject.services else ():
        if not view.allows or view.raw.get("Condition") or all(text.strip("*") for text in view.resource_texts):
            continue
        for entry in view.actions:
            if entry.text[:19].lower() == "sagemaker:invokeend":
                yield Finding(
                    entry.pointer,
                    f"{view.cited} allows {entry.text} on every endpoint of the account",
                    "name the endpoints, such as arn:aws:sagemaker:REGION:ACCOUNT:endpoint/NAME, or demand a tag by "
                    'a condition on "aws:ResourceTag/NAME"',
                )
                break
