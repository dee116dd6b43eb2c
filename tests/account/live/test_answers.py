"""Answers that AWS would not give: each is said to be none, and breaks nothing."""

from __future__ import annotations

import pytest

from preflight.account.facts import Ask, Unknown
from preflight.account.live.account import LiveAccount
from preflight.account.live.clients import Connection
from tests.aws.answers import Answer
from tests.aws.control import StandIn

MODEL = Ask.one("sagemaker:model", "us-east-1", {"ModelName": "m"})
BODIES = [
    (200, b"<html>Sign in</html>"),
    (200, b"{}"),
    (200, b"{"),
    (200, b"[]"),
    (200, b'{"ModelName": 7, "CreationTime": 1}'),
    (200, b'{"ModelName": "m", "CreationTime": "x"}'),
    (302, b""),
    (400, b'{"__type": ["a"], "message": {"b": 1}}'),
    (400, b'{"__type": {}, "message": 7}'),
    (403, b"<html>no</html>"),
    (503, b"<html>busy</html>"),
]


@pytest.mark.parametrize(("status", "body"), BODIES)
def test_it_is_not_known(aws: StandIn, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes) -> None:
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    aws.spoil("sagemaker:DescribeModel", lambda _: Answer(status, body, "application/x-amz-json-1.1"))
    account = LiveAccount.open(Connection(attempts=1))
    fact = account.read(MODEL)
    account.close()
    assert isinstance(fact, Unknown) and fact.reason and fact.resolution
