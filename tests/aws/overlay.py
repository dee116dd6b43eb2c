"""The WSGI application: names the request, lets it meet its faults, answers from the overlay or hands it to moto."""

from __future__ import annotations

import re
import socket
import struct
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.aws import cloudcontrol, endpoints, functions, iam, models, quotas, regions, sts, tags
from tests.aws.answers import Answer, AwsError, error_answer, json_answer
from tests.aws.calls import Calls
from tests.aws.faults import Faults
from tests.aws.requests import AwsRequest, Environ, identify
from tests.aws.scope import Scope
from tests.aws.state import State
from tests.aws.validation import validate

StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]
Handler = Callable[[Scope, Mapping[str, Any]], dict[str, Any] | None]

_HANDLERS: dict[str, Any] = {"sagemaker": (models, endpoints, tags), "servicequotas": (quotas,), "account": (regions,)}
_HANDLERS |= {"cloudcontrolapi": (cloudcontrol,), "lambda": (functions,)}


@dataclass(slots=True)
class World:
    """What the application works on; the control object of a test holds the same."""

    state: State = field(default_factory=State)
    faults: Faults = field(default_factory=Faults)
    calls: Calls = field(default_factory=Calls)


class Overlay:
    """moto's application with ours before it."""

    def __init__(self, moto: Application, world: World) -> None:
        self._moto = moto
        self._world = world

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        request = identify(environ)
        if request is None:
            return self._moto(environ, start_response)
        call = self._world.calls.begin(request)
        try:
            error, broken, spoils = self._world.faults.meet(request)
            if broken == "reset":
                return _break(environ)
            answer = self._answer(environ, request, error)
            if broken == "lose":
                return _break(environ)
            for spoil in spoils:
                answer = spoil(answer)
            call.status = answer.status
            start_response(f"{answer.status} ", answer.all_headers())
            return answer.parts()
        finally:
            call.end = time.monotonic()

    def _answer(self, environ: Environ, request: AwsRequest, error: AwsError | None) -> Answer:
        state = self._world.state
        scope = Scope(state, request.region, state.caller_of(request.access_key).account)
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = scope.account
        try:
            if error is not None:
                raise error
            with state.lock:
                served = _serve(scope, request)
        except AwsError as refused:
            return error_answer(request, refused)
        return served if served is not None else self._ask_moto(environ)

    def _ask_moto(self, environ: Environ) -> Answer:
        status: list[str] = []
        headers: list[tuple[str, str]] = []

        def start(given: str, given_headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            status.append(given)
            headers.extend(given_headers)

        body = b"".join(self._moto(environ, start))
        kept = [(n, v) for n, v in headers if n.lower() not in ("content-type", "content-length", "x-amzn-requestid")]
        kind = next((v for n, v in headers if n.lower() == "content-type"), "text/plain")
        if environ["REQUEST_METHOD"] == "HEAD":
            kept += [(n, v) for n, v in headers if n.lower() == "content-length"]
            return _Head(int(status[0].split()[0]), b"", kind, tuple(kept))
        return Answer(int(status[0].split()[0]), body, kind, tuple(kept))


class _Head(Answer):
    """An answer without a body that keeps the length moto gave."""

    def all_headers(self) -> list[tuple[str, str]]:
        return [("Content-Type", self.content_type), *self.headers]


def _serve(scope: Scope, request: AwsRequest) -> Answer | None:
    if request.service == "sts":
        return sts.serve(scope, request)
    if request.service == "iam":
        return iam.serve(scope, request)
    name = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", request.operation).lower()
    for module in _HANDLERS.get(request.service, ()):
        handler: Handler | None = getattr(module, name, None)
        if handler is not None:
            if request.service == "sagemaker":
                validate(request.operation, request.parameters)
            value = handler(scope, request.parameters)
            return None if value is None else json_answer(value)
    return None


def _break(environ: Environ) -> Iterable[bytes]:
    """Cut the connection without an answer, as a reset."""
    connection: socket.socket = environ["werkzeug.socket"]
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError("the stand-in cut the connection")
