"""Answers that AWS would not give: each is said to be none, and breaks nothing."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterable
from typing import Any

import pytest

from preflight.account.facts import Ask, Fact, Unknown
from preflight.account.live import answers
from preflight.account.live.account import LiveAccount
from preflight.account.live.clients import Connection
from tests.aws.answers import Answer
from tests.aws.control import StandIn

MODEL = Ask.one("sagemaker:model", "us-east-1", {"ModelName": "m"})
JSON = "application/x-amz-json-1.1"
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
    fact = read(aws, monkeypatch, Answer(status, body, JSON))
    assert isinstance(fact, Unknown) and fact.reason and fact.resolution


PROXY = b"<!DOCTYPE html>\n<html>\n<title>502\n Bad Gateway</title>\n<body>" + b"<p>x</p>\n" * 99 + b"</body></html>"


@pytest.mark.parametrize("status", [200, 403, 502])
def test_the_page_of_a_proxy_is_one_line(aws: StandIn, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    fact = read(aws, monkeypatch, Answer(status, PROXY, "text/html"))
    assert isinstance(fact, Unknown) and "\n" not in fact.reason and "<p>" not in fact.reason
    assert "the response is not from AWS" in fact.reason and "proxy" in fact.resolution


def read(aws: StandIn, monkeypatch: pytest.MonkeyPatch, answer: Answer) -> Fact[Any]:
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    aws.spoil("sagemaker:DescribeModel", lambda _: answer)
    account = LiveAccount.open(Connection(attempts=1))
    fact = account.read(MODEL)
    account.close()
    return fact


class Dripping(Answer):
    """An answer that comes a byte at a time."""

    def parts(self) -> Iterable[bytes]:
        for each in self.body:
            yield bytes([each])
            time.sleep(0.05)


def test_no_answer_is_read_that_is_larger_than_awss(aws: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    assert answers._MOST_BYTES == 64 * 1024 * 1024
    monkeypatch.setattr(answers, "_MOST_BYTES", 1024 * 1024)
    fact = read(aws, monkeypatch, Answer(200, b'{"ModelName": "' + b"m" * 2 * 1024 * 1024 + b'"}', JSON))
    assert isinstance(fact, Unknown) and "the response is larger than 1 MB" in fact.reason


def test_no_answer_is_unpacked(aws: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = gzip.compress(b" " * 64 * 1024 * 1024)
    fact = read(aws, monkeypatch, Answer(200, bomb, JSON, (("Content-Encoding", "gzip"),)))
    assert isinstance(fact, Unknown)


def test_no_answer_is_waited_for_longer_than_awss(aws: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    assert answers._MOST_SECONDS == 60
    monkeypatch.setattr(answers, "_MOST_SECONDS", 0.5)
    monkeypatch.setattr(answers, "_CHUNK", 1)
    begun = time.monotonic()
    fact = read(aws, monkeypatch, Dripping(200, b'{"ModelName": "' + b"m" * 4000 + b'"}', JSON))
    assert isinstance(fact, Unknown) and time.monotonic() - begun < 100
