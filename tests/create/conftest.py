from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from preflight.account.live.account import LiveAccount
from preflight.account.live.clients import Connection
from preflight.create import Creation, Event, Pace, Patience
from preflight.declared.operations import Environment
from preflight.documents.plans.plan import Plan, PlannedRequest
from preflight.documents.text.document import Document
from tests.aws.account import Ready, populate
from tests.aws.control import StandIn

Make = Callable[..., Creation]


@pytest.fixture
def ready(aws: StandIn, monkeypatch: pytest.MonkeyPatch) -> Ready:
    """An account in which the endpoint can be created, with the SDK's environment pointed at it."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    return populate(aws, encrypted=False)


def plan_of(*requests: tuple[str, dict[str, Any]]) -> Plan:
    document = Document("plan.json", {}, "json")
    planned = tuple(PlannedRequest(operation, parameters, document) for operation, parameters in requests)
    return Plan(planned, region="us-east-1")


@pytest.fixture
def account(ready: Ready) -> Iterator[LiveAccount]:
    opened = LiveAccount.open(Connection(attempts=2))
    yield opened
    opened.close()


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def creation(ready: Ready, account: LiveAccount, events: list[Event]) -> Make:
    """Makes a run of these requests, or of CreateEndpoint alone, that is never slow."""

    def make(*requests: tuple[str, dict[str, Any]]) -> Creation:
        wanted = requests or (("sagemaker:CreateEndpoint", ready.request),)
        place = Environment("aws", "us-east-1", "111122223333")
        pace, patience = Pace(0.01, 0.02), Patience(retries=3, delay=0.01)
        return Creation(plan_of(*wanted), account, place, tell=events.append, pace=pace, patience=patience)

    return make
