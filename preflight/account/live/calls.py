"""One call to AWS: what it is, and making it. All pages of a list are one call with one answer."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from preflight.account.live.clients import Clients
from preflight.account.live.errors import Failed, failure
from preflight.account.live.incomplete import Members


@dataclass(frozen=True, slots=True)
class Call:
    """`operation` is boto3's method of `service`; `region` is empty for the region of the session.

    `attempt` tells re-reads of the same thing apart and `delay` is how many seconds to wait before it. `discard` throws
    the response away where only success matters: credentials must not stay in memory.
    """

    service: str
    operation: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    region: str = ""
    pages: bool = True
    page_size: int | None = None
    attempt: int = 1
    delay: float = 0.0
    discard: bool = False

    @property
    def identity(self) -> tuple[str, ...]:
        """What makes two calls the same, so that none is made twice."""
        parameters = json.dumps(self.parameters, sort_keys=True, default=str)
        return (self.service, self.region, self.operation, parameters, str(self.attempt))


@dataclass(frozen=True, slots=True)
class Answered:
    """AWS's response, the pages of a list put together. `operation` is what messages call it: `iam:GetRole`."""

    response: Mapping[str, Any]
    operation: str = ""

    @property
    def members(self) -> Members:
        """The response, to read what must be in it: what is not there raises `IncompleteAnswerError`."""
        return Members(self.operation, self.response)


CallOutcome: TypeAlias = Answered | Failed


def perform(clients: Clients, call: Call) -> tuple[CallOutcome, int]:
    """Make a call; return what came of it and how many requests it took one after another, pages included."""
    if call.delay:
        time.sleep(call.delay)
    try:
        client = clients.get(call.service, call.region)
        if call.pages and client.can_paginate(call.operation):
            return _all_pages(client, call)
        response = getattr(client, call.operation)(**call.parameters)
    except Exception as error:
        return failure(error, call.operation), 1
    return Answered({} if call.discard else response, _named(client, call)), 1


def _named(client: Any, call: Call) -> str:
    return f"{call.service}:{client.meta.method_to_api_mapping[call.operation]}"


def _all_pages(client: Any, call: Call) -> tuple[CallOutcome, int]:
    paginator = client.get_paginator(call.operation)
    size = {"PageSize": call.page_size} if call.page_size else {}
    whole: dict[str, Any] = {}
    pages = 0
    try:
        for page in paginator.paginate(**call.parameters, PaginationConfig=size):
            pages += 1
            for member, value in page.items():
                if isinstance(value, list) and isinstance(whole.get(member), list):
                    whole[member] = [*whole[member], *value]
                else:
                    whole.setdefault(member, value)
    except Exception as error:
        return failure(error, call.operation), pages + 1
    return Answered(whole, _named(client, call)), pages
