"""Answers as AWS's protocols write them: JSON, query XML, EC2 XML, REST."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4
from xml.sax.saxutils import escape

from tests.aws.requests import AwsRequest


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back over HTTP."""

    status: int
    body: bytes
    content_type: str
    headers: tuple[tuple[str, str], ...] = ()

    def all_headers(self) -> list[tuple[str, str]]:
        """Return the headers to send, those that every answer has included."""
        return [
            ("Content-Type", self.content_type),
            ("Content-Length", str(len(self.body))),
            ("x-amzn-RequestId", str(uuid4())),
            *self.headers,
        ]

    def parts(self) -> Iterable[bytes]:
        """Return the body as it is sent."""
        return [self.body]


class AwsError(Exception):
    """A refusal by AWS: its code, its message and the HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400, **members: str) -> None:
        self.code, self.message, self.status, self.members = code, message, status, members
        super().__init__(f"{code}: {message}")


@dataclass(frozen=True, slots=True)
class Elements:
    """A list in XML, each entry under `tag`."""

    entries: Iterable[Any]
    tag: str = field(default="member")


def json_answer(value: Mapping[str, Any]) -> Answer:
    """Return a successful answer of a JSON service."""
    return Answer(200, json.dumps(value).encode(), "application/x-amz-json-1.1")


def query_answer(operation: str, namespace: str, result: Mapping[str, Any]) -> Answer:
    """Return a successful answer of a query service (STS)."""
    text = (
        f'<{operation}Response xmlns="{namespace}"><{operation}Result>{_xml(result)}</{operation}Result>'
        f"<ResponseMetadata><RequestId>{uuid4()}</RequestId></ResponseMetadata></{operation}Response>"
    )
    return Answer(200, text.encode(), "text/xml")


def error_answer(request: AwsRequest, error: AwsError) -> Answer:
    """Return a refusal in the request's protocol."""
    code, message = error.code, error.message
    if request.protocol in ("json", "rest-json"):
        body = json.dumps({"__type": code, "message": message, **error.members}).encode()
        return Answer(error.status, body, "application/x-amz-json-1.1", (("x-amzn-ErrorType", code),))
    if request.protocol == "cbor":
        return _cbor(error)
    inner = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    if request.protocol == "rest-xml":
        body = b"" if request.method == "HEAD" else f"<Error>{inner}</Error>".encode()
        return Answer(error.status, body, "application/xml")
    if request.protocol == "ec2":
        text = f"<Response><Errors><Error>{inner}</Error></Errors><RequestID>{uuid4()}</RequestID></Response>"
    else:
        text = (
            f"<ErrorResponse><Error><Type>Sender</Type>{inner}</Error><RequestId>{uuid4()}</RequestId></ErrorResponse>"
        )
    return Answer(error.status, text.encode(), "text/xml")


def _cbor(error: AwsError) -> Answer:
    def text(value: str) -> bytes:
        raw = value.encode()
        return b"\x79" + len(raw).to_bytes(2, "big") + raw

    body = b"\xa2" + text("__type") + text(error.code) + text("message") + text(error.message)
    return Answer(error.status, body, "application/cbor", (("smithy-protocol", "rpc-v2-cbor"),))


def _xml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "".join(f"<{name}>{_xml(each)}</{name}>" for name, each in value.items())
    if isinstance(value, Elements):
        return "".join(f"<{value.tag}>{_xml(each)}</{value.tag}>" for each in value.entries)
    return escape(str(value))
