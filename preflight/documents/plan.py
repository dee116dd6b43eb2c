"""A plan: the AWS calls that someone is about to make, in order, and as whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from preflight.documents.document import Document


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """One call. `operation` is `service:Operation` (`sagemaker:CreateEndpoint`), `parameters` its AWS request shape.

    `pointer` is where the parameters stand in `document`, for locations.
    """

    operation: str
    parameters: Mapping[str, Any]
    document: Document
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class Declared:
    """A resource that a template makes beside the requests, as a role or its policies: it exists for all of them.

    `kind` is a kind of `rules/resources` (`iam:role`), `key` what identifies it there, `value` how AWS will describe
    it; `pointer` is where it stands in `document`. `deleted`: the deploy takes it away instead.
    """

    kind: str
    key: Mapping[str, str]
    value: Mapping[str, Any]
    document: Document
    pointer: str = ""
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Requests in the order in which they will be made.

    `region`, `account` and `principal` (an IAM ARN) are None where nobody has said them yet; `context` holds request
    context keys that the user vouches for, values being strings or lists of strings. `declared` are the resources that
    a template makes beside the requests. Texts may be known by shape only (`preflight.documents.unresolved`).
    """

    requests: tuple[PlannedRequest, ...]
    region: str | None = None
    account: str | None = None
    principal: str | None = None
    context: Mapping[str, str | list[str]] = field(default_factory=dict)
    declared: tuple[Declared, ...] = ()
