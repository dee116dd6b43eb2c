"""What a policy allows of SageMaker hosting, for the checks of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from preflight.iam.pattern import matches_action, overlaps
from preflight.lint.policy.statements import Entry, StatementView
from preflight.lint.policy.subject import Subject

_INTEREST = (
    "sagemaker:AddTags",
    "sagemaker:CreateEndpoint",
    "sagemaker:CreateEndpointConfig",
    "sagemaker:CreateModel",
    "sagemaker:CreateProcessingJob",
    "sagemaker:CreateTrainingJob",
    "sagemaker:InvokeEndpoint",
    "sagemaker:InvokeEndpointAsync",
    "sagemaker:InvokeEndpointWithResponseStream",
    "sagemaker:UpdateEndpoint",
    "ecr:GetDownloadUrlForLayer",
    "iam:PassRole",
    "logs:PutLogEvents",
)
_SERVICES = frozenset(action.partition(":")[0] for action in _INTEREST)


def allowing(subject: Subject, action: str) -> Sequence[tuple[StatementView, Entry]]:
    """Return the statements that allow an action, each with the entry of Action that does."""
    return subject.once(hosting_grants).get(action, ())


def hosting_grants(subject: Subject) -> dict[str, list[tuple[StatementView, Entry]]]:
    """Return, for each action of interest that a policy about SageMaker allows, the statements that do."""
    found: dict[str, list[tuple[StatementView, Entry]]] = {}
    if not _about_sagemaker(subject) or any(view.allows and _nearly_all(view) for view in subject.statements):
        return found
    for view in subject.statements:
        if not view.allows:
            continue
        for entry in view.actions_where(_matched):
            for action in _matched(entry.text):
                found.setdefault(action, []).append((view, entry))
    return found


@lru_cache(maxsize=65_536)
def _matched(text: str) -> tuple[str, ...]:
    service = text.partition(":")[0].lower()
    if service not in _SERVICES and "*" not in service:
        return ()
    return tuple(action for action in _INTEREST if matches_action(text, action))


def _about_sagemaker(subject: Subject) -> bool:
    """Whether the policy names actions of SageMaker."""
    return any("sagemaker" in view.services and view.allows for view in subject.statements)


def _nearly_all(view: StatementView) -> bool:
    """Whether a statement is about every action, or all but some: other rules tell of those that allow it."""
    return bool(view.not_actions) or "*" in view.action_texts or "*:*" in view.action_texts


def is_on(kind: str, resources: Sequence[Entry]) -> bool:
    """Whether one of the resources may be of a type of SageMaker's, such as `endpoint-config`."""
    return any(_may_be(kind, each.text) for each in resources)


@lru_cache(maxsize=4096)
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
