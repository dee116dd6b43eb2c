"""`rules/refusals.yaml`: how AWS and its tools word a refusal where they don't word it in full."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from preflight.catalog.actions import lower_action_names
from preflight.catalog.services import services
from preflight.data_files import folder, load_yaml
from preflight.declared.call_permissions import declared_needs

# Services with calls whose names are those of no action (S3's ListObjectsV2).
_OTHERWISE_NAMED = ("s3", "lambda")


@dataclass(frozen=True, slots=True)
class Form:
    """One form. `action`, `principal` and `resource` are templates: `${...}` names a group; empty if not known.

    A group `actions` is a list of actions, each of which was refused. `after_sentence` says that the form also ends a
    full sentence of AWS in place of a type of policy; `yields`, that a text of a refusal without authorization is not
    of this form.
    """

    name: str
    like: re.Pattern[str]
    action: str
    principal: str
    resource: str
    service: str
    policy_type: str | None
    unknown: str
    page: str
    example: str
    after_sentence: bool = False
    yields: bool = False


@dataclass(frozen=True, slots=True)
class ResourcePolicy:
    """Where the facts have the policy of a resource whose ARN is like this: a kind of `rules/resources/` and its key.

    `service` narrows it to actions of a service; `member` is the member of the fact that is the policy, if not all.
    """

    arn: re.Pattern[str]
    kind: str
    key: Mapping[str, str]
    service: str
    member: str


@dataclass(frozen=True, slots=True)
class Forms:
    """Everything that is declared of refusals."""

    forms: tuple[Form, ...]
    codes: frozenset[str]
    services: Mapping[str, str]
    others: tuple[tuple[re.Pattern[str], str], ...]
    resource_policies: tuple[ResourcePolicy, ...]


@cache
def forms() -> Forms:
    """Return what `rules/refusals.yaml` declares."""
    text = (folder("rules") / "refusals.yaml").read_text(encoding="utf-8")
    data: dict[str, Any] = load_yaml(text)
    return Forms(
        tuple(
            Form(
                each["name"],
                re.compile(each["like"]),
                each.get("action", ""),
                each.get("principal", ""),
                each.get("resource", ""),
                each.get("service", ""),
                each.get("policy-type"),
                each.get("unknown", ""),
                each["page"],
                each["example"],
                each.get("after-sentence", False),
                each.get("yields", False),
            )
            for each in data["forms"]
        ),
        frozenset(data["codes"]),
        data["services"],
        tuple((re.compile(each["like"]), each["means"]) for each in data["not-authorization"]),
        tuple(
            ResourcePolicy(
                re.compile(each["arn"]), each["kind"], each["key"], each.get("service", ""), each.get("member", "")
            )
            for each in data["resource-policies"]
        ),
    )


def action_of(operation: str, service: str) -> str | None:
    """Return the action that a call is authorized as, `s3:ListBucket` of `ListObjectsV2`; None if that is not certain.

    `service` is what an SDK or a message calls it, or empty: then the action is that of the only service that has one
    of this name.
    """
    operation = operation[:1].upper() + operation[1:]
    prefix = _prefix(service) if service else None
    if prefix is not None:
        return _action(prefix, operation)
    if service:
        return None
    named = [each for each in services() if operation.lower() in lower_action_names(each)]
    if not named:
        return next((found for each in _OTHERWISE_NAMED if (found := _declared(each, operation))), None)
    first = min(named, key=len, default="")
    # The calls of S3 are also those of S3 on Outposts, of S3 Express and so on: the plain service is meant.
    return f"{first}:{operation}" if all(each.startswith(first) for each in named) else None


def _declared(prefix: str, operation: str) -> str | None:
    """Return the action that `rules/calls/` names first for a call: the one that it is refused for, if anything."""
    first = next(iter(declared_needs(f"{prefix}:{operation}") or ()), {})
    return None if "of" in first else first.get("action")


def _prefix(service: str) -> str | None:
    name = service.strip().lower()
    for each in (name, forms().services.get(name, ""), name.replace(" ", "-"), name.replace(" ", "")):
        each = forms().services.get(each, each)
        if each and each in services():
            return each
    for each in ("amazon ", "aws ", "amazon", "aws"):
        if name.startswith(each) and len(name) > len(each):
            return _prefix(name[len(each) :])
    return None


def _action(prefix: str, operation: str) -> str | None:
    if declared := _declared(prefix, operation):
        return declared
    return f"{prefix}:{operation}" if operation.lower() in lower_action_names(prefix) else None
