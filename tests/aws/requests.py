"""Which AWS operation an HTTP request asks for."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote

Environ = dict[str, Any]

_CREDENTIAL = re.compile(r"Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
# Signing names that differ from the prefix of the service's IAM actions.
_PREFIXES = {"monitoring": "cloudwatch"}
_RESTFUL = {"account": "rest-json", "s3": "rest-xml", "lambda": "rest-json"}


@dataclass(frozen=True, slots=True)
class AwsRequest:
    """One request: `service` is the prefix of its IAM actions (`servicequotas`), `protocol` how errors are written.

    `parameters` are empty where the body is not read: services that only moto serves.
    """

    service: str
    operation: str
    region: str
    access_key: str
    protocol: str
    method: str
    parameters: Mapping[str, Any]

    @property
    def action(self) -> str:
        """`service:Operation`."""
        return f"{self.service}:{self.operation}"


def identify(environ: Environ) -> AwsRequest | None:
    """Say what a request asks for; None for a request that is not signed for AWS. Leaves the body to be read again."""
    credential = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    if credential is None:
        return None
    access_key, region, signing_name = credential.groups()
    service = _PREFIXES.get(signing_name, signing_name)
    operation, protocol, parameters = _operation(environ, signing_name)
    return AwsRequest(service, operation, region, access_key, protocol, environ["REQUEST_METHOD"], parameters)


def _operation(environ: Environ, signing_name: str) -> tuple[str, str, Mapping[str, Any]]:
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    path = environ.get("PATH_INFO", "")
    if target:
        return target.rpartition(".")[2], "json", _json(environ)
    if environ.get("HTTP_SMITHY_PROTOCOL"):
        return path.rpartition("/")[2], "cbor", {}
    if signing_name in _RESTFUL:
        parameters = {} if signing_name == "s3" else _json(environ)
        return _restful(environ, signing_name), _RESTFUL[signing_name], parameters
    form = dict(parse_qsl(_body(environ).decode(), keep_blank_values=True))
    return form.get("Action", ""), "ec2" if signing_name == "ec2" else "query", form


def _body(environ: Environ) -> bytes:
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _json(environ: Environ) -> Mapping[str, Any]:
    parsed: Mapping[str, Any] = json.loads(_body(environ) or b"{}")
    return parsed


def _restful(environ: Environ, service: str) -> str:
    path, query = unquote(environ.get("PATH_INFO", "")), environ.get("QUERY_STRING", "")
    given = dict(parse_qsl(query, keep_blank_values=True))
    for name, method, pattern, required in _routes(service):
        if method == environ["REQUEST_METHOD"] and pattern.fullmatch(path) and required.items() <= given.items():
            return name
    return f"{environ['REQUEST_METHOD']} {path}"


@cache
def _routes(service: str) -> list[tuple[str, str, re.Pattern[str], dict[str, str]]]:
    """Return every operation's method, path and required query as botocore's model has them, most particular first."""
    from botocore.loaders import Loader

    found = []
    for name, operation in Loader().load_service_model(service, "service-2")["operations"].items():
        if operation.get("deprecated") or name in ("CopyObject", "UploadPartCopy"):
            continue
        path, _, query = operation["http"]["requestUri"].partition("?")
        pattern = re.sub(r"\\\{[^}]+\\\+\\\}", ".+", re.escape(path))
        pattern = re.sub(r"\\\{[^}]+\\\}", "[^/]+", pattern)
        required = dict(parse_qsl(query, keep_blank_values=True))
        found.append((name, operation["http"]["method"], re.compile(pattern + "/?"), required))
    return sorted(found, key=lambda route: (-len(route[3]), -len(route[2].pattern)))
