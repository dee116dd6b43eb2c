"""What comes back over HTTP, held to what AWS sends: of a size, in time, and as the API's model describes it.

A captive portal, a proxy or a broken stand-in answers 200 with a page, with half an answer, or without end. botocore
reads such an answer as one without members where it can, and raises whatever happens to fail where it cannot.
"""

from __future__ import annotations

import json
import re
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import HTTPClientError, ReadTimeoutError
from botocore.parsers import ResponseParserError, ResponseParserFactory

if TYPE_CHECKING:
    from botocore.model import Shape
    from botocore.session import Session

# Lists come in pages; the largest that AWS sends are some megabytes.
_MOST_BYTES = 64 * 1024 * 1024
_MOST_SECONDS = 60.0
_CHUNK = 256 * 1024
_XML = ("query", "ec2")
_JSON = ("json", "rest-json")
_ROOT = re.compile(rb"\s*(?:<[?!][^>]*>\s*)*<(?:[A-Za-z_][\w.-]*:)?[A-Za-z_][\w.-]*Response[\s/>]")
_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "character": str,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "boolean": bool,
    "timestamp": datetime,
}


def with_checked_answers(session: Session) -> Session:
    """Let a botocore session raise `ResponseParserError` for whatever is no answer of AWS's; returns the session."""
    session.register_component("response_parser_factory", _Parsers())
    return session


def bound(client: Any) -> None:
    """Let a client read no more of an answer than AWS would send, and no longer than AWS would take."""
    client._endpoint.http_session = _Bounded(client._endpoint.http_session)


class _Bounded:
    """botocore's HTTP session, which reads an answer itself, piece by piece."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def send(self, request: Any) -> Any:
        if request.stream_output:
            return self._session.send(request)
        request.stream_output = True  # leaves the reading to us
        try:
            answer = self._session.send(request)
        finally:
            request.stream_output = False
        begun, size, pieces = time.monotonic(), 0, []
        try:
            for piece in answer.raw.stream(_CHUNK):
                size += len(piece)
                pieces.append(piece)
                if size > _MOST_BYTES:
                    answer.raw.close()
                    raise ResponseParserError(f"the response is larger than {_MOST_BYTES // 1024**2} MB")
                if time.monotonic() - begun > _MOST_SECONDS:
                    answer.raw.close()
                    raise ReadTimeoutError(endpoint_url=request.url)
        except (ResponseParserError, ReadTimeoutError):
            raise
        except Exception as error:
            raise HTTPClientError(error=error) from error
        return AWSResponse(answer.url, answer.status_code, answer.headers, _Pieces(pieces))

    def close(self) -> None:
        self._session.close()


class _Pieces:
    """A body that was read, as botocore reads one."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    def stream(self) -> list[bytes]:
        return self._pieces


class _Parsers(ResponseParserFactory):
    """Makes botocore's parsers, each inside one that checks what it parses."""

    def create_parser(self, protocol_name: str) -> Any:
        return _Checked(super().create_parser(protocol_name), protocol_name)


class _Checked:
    def __init__(self, parser: Any, protocol: str) -> None:
        self._parser, self._protocol = parser, protocol

    def parse(self, response: Any, shape: Shape | None) -> Any:
        try:
            parsed = self._parser.parse(response, shape)
        except ResponseParserError:
            raise
        except Exception as error:
            raise ResponseParserError(f"the response cannot be parsed ({type(error).__name__})") from error
        refused = parsed.get("Error") if isinstance(parsed, dict) else None
        if isinstance(refused, dict):
            # botocore looks a code up as it came.
            refused.update({name: str(refused[name]) for name in ("Code", "Message") if name in refused})
        if response["status_code"] < 300 and shape is not None and not shape.metadata.get("exception"):
            self._require(response.get("body"), parsed, shape)
        return parsed

    def _require(self, body: Any, parsed: Any, shape: Shape) -> None:
        if self._protocol in _XML and isinstance(body, bytes) and not _ROOT.match(body):
            raise ResponseParserError("the response is not the XML of an AWS API")
        if self._protocol not in _JSON:
            return
        members = getattr(shape, "members", {})
        required = getattr(shape, "required_members", ())
        if required and not any(name in parsed for name in required):
            raise ResponseParserError(f"the response has no {required[0]}")
        if self._protocol == "json" and members and not parsed.keys() & members.keys():
            _require_object(body)
        _require_types(parsed, shape, "")


def _require_object(body: Any) -> None:
    """Raise where a body of which no member was read is not an object: botocore passes over what is no JSON."""
    try:
        whole = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        whole = None
    if not isinstance(whole, dict):
        raise ResponseParserError("the response is not JSON")


def _require_types(value: Any, shape: Any, place: str) -> None:
    kind = shape.type_name
    parts: list[tuple[Any, Any, str]] = []
    if kind in ("structure", "map"):
        fits = isinstance(value, dict)
    elif kind == "list":
        fits = isinstance(value, list)
    else:
        fits = value is None or kind not in _TYPES or isinstance(value, _TYPES[kind])
    if not fits:
        raise ResponseParserError(f"the response's {place.lstrip('.')} isn't a {kind}")
    if kind == "structure":
        parts = [(value[name], each, f"{place}.{name}") for name, each in shape.members.items() if name in value]
    elif kind == "map":
        parts = [(each, shape.value, f"{place}.{name}") for name, each in value.items()]
    elif kind == "list":
        parts = [(each, shape.member, f"{place}[{index}]") for index, each in enumerate(value)]
    for inner, of, where in parts:
        _require_types(inner, of, where)
