"""An AWS made of botocore's models: answers any operation with an answer of its shape, in its service's protocol.

Nothing goes over a network, so that a call costs what botocore costs. The stand-in of `tests/aws` behaves as AWS does;
this one behaves in no way at all, but knows every operation.
"""

from __future__ import annotations

import json
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

import pytest

from tests.aws.answers import Answer

ACCOUNT = "111122223333"
POLICY = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/*"}]}
)
# What a text is by how its member's name ends; a member of another name holds "x".
_TEXTS = {
    "arn": f"arn:aws:iam::{ACCOUNT}:role/deployer",
    "account": ACCOUNT,
    "accountid": ACCOUNT,
    "policy": POLICY,
    "document": POLICY,
    "content": POLICY,
    "regionname": "us-east-1",
    "endpointname": "churn",
    "endpointconfigname": "churn-config",
    "modelname": "churn-model",
    "status": "InService",
}  # fmt: skip
# What says that there is more of a list.
_MORE = ("token", "marker", "istruncated", "hasmorestreams", "lastevaluatedtablename", "position")
# What an answer says where only one of the values that its model allows leads on.
_VALUES: dict[str, dict[str, Any]] = {
    "iam:GenerateCredentialReport": {"State": "COMPLETE"},
    "iam:GenerateServiceLastAccessedDetails": {"JobId": "0" * 36},
    "iam:GetCredentialReport": {"Content": b"user,arn\ndeployer,arn:aws:iam::111122223333:user/deployer\n"},
    "iam:GetServiceLastAccessedDetails": {"JobStatus": "COMPLETED"},
    "organizations:ListOrganizationalUnitsForParent": {"OrganizationalUnits": []},
    "sts:AssumeRole": {
        "Credentials": {
            "AccessKeyId": "ASIAIOSFODNN7EXAMPLE",
            "SecretAccessKey": "x",
            "SessionToken": "x",
            "Expiration": datetime(2099, 1, 1, tzinfo=UTC),
        }
    },
}
_DEEPEST = 7
_DATE = datetime(2026, 1, 1, tzinfo=UTC)

Spoiling = Callable[["Call", Answer], Answer]


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked for: botocore's model of the operation, and the URL."""

    model: Any
    url: str

    @property
    def service(self) -> str:
        """The name of the service as boto3 knows it: `service-quotas`."""
        return str(self.model.service_model.service_name)

    @property
    def operation(self) -> str:
        """`service:Operation`."""
        return f"{self.service}:{self.model.name}"


@dataclass(slots=True)
class Modelled:
    """Answers each call with `values[operation]` in its model's answer; `spoil` makes another answer of it."""

    values: dict[str, dict[str, Any]] = field(default_factory=lambda: dict(_VALUES))
    spoil: Spoiling | None = None
    calls: list[str] = field(default_factory=list)
    absent: dict[str, Answer] = field(default_factory=dict)
    then: dict[str, Callable[[], None]] = field(default_factory=dict)

    def answer(self, call: Call) -> Answer:
        """Return what goes back over HTTP: `absent[operation]`, or an answer of the model. After it `then` is done."""
        self.calls.append(call.operation)
        shape = call.model.output_shape
        value = {} if shape is None else {**made(shape), **self.values.get(call.operation, {})}
        answer = self.absent.get(call.operation) or written(call.model, value)
        self.then.get(call.operation, lambda: None)()
        return answer if self.spoil is None else self.spoil(call, answer)


def installed(aws: Modelled, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let botocore ask `aws`, once for each call. Whoever sleeps is at once where the clock would be then."""
    from botocore.awsrequest import AWSResponse, HeadersDict
    from botocore.endpoint import Endpoint
    from botocore.httpsession import URLLib3Session

    under_way = threading.local()
    make_request = Endpoint.make_request

    def asked(self: Any, operation_model: Any, request_dict: Any) -> Any:
        under_way.model = operation_model
        return make_request(self, operation_model, request_dict)

    def sent(_: Any, request: Any) -> Any:
        answer = aws.answer(Call(under_way.model, request.url))
        return AWSResponse(request.url, answer.status, HeadersDict(dict(answer.all_headers())), _Body(answer.body))

    monkeypatch.setattr(Endpoint, "make_request", asked)
    monkeypatch.setattr(URLLib3Session, "send", sent)
    asked_once(monkeypatch)
    clock = _Clock(time.monotonic)
    monkeypatch.setattr(time, "sleep", clock.sleep)
    monkeypatch.setattr(time, "monotonic", clock.now)
    for name, value in {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "x"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_REGION", "us-east-1")


def asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let clients make no call again, whatever was answered."""
    from botocore.config import Config

    from preflight.account.live import clients

    once = Config(retries={"total_max_attempts": 1}, max_pool_connections=32)
    monkeypatch.setattr(clients, "_config", lambda *_: once)


class _Clock:
    """A clock that is at once where it would be after a sleep."""

    def __init__(self, real: Callable[[], float]) -> None:
        self._real, self._slept = real, 0.0

    def sleep(self, seconds: float) -> None:
        self._slept += max(seconds, 0.001)

    def now(self) -> float:
        return self._real() + self._slept


class _Body:
    """The body of an answer, as urllib3 gives it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: object) -> Iterator[bytes]:
        yield self._body

    def close(self) -> None:
        return


def made(shape: Any, name: str = "", depth: int = 0) -> Any:
    """Return a value of a shape, with all its members and one entry in each list."""
    kind = shape.type_name
    if kind == "structure":
        members = [*shape.members.items()][: 1 if getattr(shape, "is_tagged_union", False) else None]
        if depth >= _DEEPEST:
            return {}
        return {each: made(of, each, depth + 1) for each, of in members if not each.lower().endswith(_MORE)}
    if kind == "list":
        return [made(shape.member, name.removesuffix("s"), depth + 1)] if depth < _DEEPEST else []
    if kind == "map":
        return {"Policy": made(shape.value, "Policy", depth + 1)} if depth < _DEEPEST else {}
    if kind == "string":
        known = next((text for end, text in _TEXTS.items() if name.lower().endswith(end)), "x")
        return known if not shape.enum or known in shape.enum else shape.enum[0]
    return {"boolean": True, "timestamp": _DATE, "blob": b"x", "float": 1.0, "double": 1.0}.get(kind, 1)


def written(model: Any, value: dict[str, Any]) -> Answer:
    """Return a value as the protocol of its operation has it."""
    protocol, shape = model.service_model.resolved_protocol, model.output_shape
    members = {} if shape is None else shape.members
    headers = tuple(
        (of.serialization["name"], _text(value[each]))
        for each, of in members.items()
        if of.serialization.get("location") == "header" and each in value
    )
    body = {each: value[each] for each, of in members.items() if each in value and "location" not in of.serialization}
    payload = None if shape is None else shape.serialization.get("payload")
    if model.http.get("method") == "HEAD":
        return Answer(200, b"", "application/xml", headers)
    if payload is not None and members[payload].type_name in ("string", "blob"):
        return Answer(200, _text(value[payload]).encode(), "application/octet-stream", headers)
    if protocol == "smithy-rpc-v2-cbor":
        return Answer(200, cbor(body), "application/cbor", (("smithy-protocol", "rpc-v2-cbor"),))
    if protocol in ("json", "rest-json"):
        inner = body if payload is None else body[payload]
        return Answer(200, json.dumps(_plain(inner)).encode(), "application/x-amz-json-1.1", headers)
    text = "" if shape is None else "".join(_xml(of, body[each], each) for each, of in members.items() if each in body)
    if protocol == "query":
        wrapper = None if shape is None else shape.serialization.get("resultWrapper")
        text = f"<{wrapper}>{text}</{wrapper}>" if wrapper else text
    root = f"{model.name}Response" if protocol != "rest-xml" or shape is None else _root(shape, payload)
    return Answer(200, f"<{root}>{text}</{root}>".encode(), "text/xml", headers)


def cbor(value: Any) -> bytes:
    """Return a value in CBOR (RFC 8949)."""
    if isinstance(value, bool) or value is None:
        return b"\xf6" if value is None else b"\xf5" if value else b"\xf4"
    if isinstance(value, datetime):
        return b"\xc1" + cbor(value.timestamp())
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, int):
        return b"\x1b" + value.to_bytes(8, "big") if value >= 0 else b"\x3b" + (-1 - value).to_bytes(8, "big")
    head = {str: 0x7A, bytes: 0x5A, list: 0x9A, dict: 0xBA}[type(value)]
    data = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
    begin = bytes([head]) + len(data).to_bytes(4, "big")
    if isinstance(value, dict):
        return begin + b"".join(cbor(name) + cbor(each) for name, each in value.items())
    return begin + (b"".join(map(cbor, value)) if isinstance(value, list) else data)


def _root(shape: Any, payload: str | None) -> str:
    return str(shape.serialization.get("name", shape.name)) if payload is None else payload


def _xml(shape: Any, value: Any, name: str) -> str:
    tag = shape.serialization.get("name", name)
    if shape.type_name == "structure":
        inner = "".join(_xml(of, value[each], each) for each, of in shape.members.items() if each in value)
    elif shape.type_name == "list":
        flat = shape.serialization.get("flattened")
        of = shape.member.serialization.get("name", tag if flat else "member")
        inner = "".join(_xml(shape.member, each, of) for each in value)
        return inner if flat else f"<{tag}>{inner}</{tag}>"
    elif shape.type_name == "map":
        pairs = (
            _xml(shape.key, each, shape.key.serialization.get("name", "key"))
            + _xml(shape.value, of, shape.value.serialization.get("name", "value"))
            for each, of in value.items()
        )
        entry = tag if shape.serialization.get("flattened") else "entry"
        inner = "".join(f"<{entry}>{pair}</{entry}>" for pair in pairs)
        return inner if entry == tag else f"<{tag}>{inner}</{tag}>"
    else:
        inner = escape(_text(value))
    return f"<{tag}>{inner}</{tag}>"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        return value.timestamp()
    return "eA==" if isinstance(value, bytes) else value
