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
class Plan:
    """Requests in the order in which they will be made.

    `region`, `account` and `principal` (an IAM ARN) are None where nobody has said them yet; `context` holds request
    context keys that the user vouches for, values being strings or lists of strings.
    """

    requests: tuple[PlannedRequest, ...]
    region: str | None = None
    account: str | None = None
    principal: str | None = None
    context: Mapping[str, str | list[str]] = field(default_factory=dict)
