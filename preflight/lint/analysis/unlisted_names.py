"""Names that AWS's reference does not list although they are no mistakes, and the permissions that API operations have.

Both are data with their reasons (`rules/lint-data/unlisted.json`), read when a policy names something unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from preflight.data_files import declared_json
from preflight.iam.pattern import matches_action
from preflight.iam.wildcard import Matcher, any_of, tokens


class Unlisted(NamedTuple):
    """Why a name is not in AWS's reference: `state` is `retired`, `renamed`, `superseded` or `undocumented`."""

    state: str
    reason: str
    source: str


def unlisted_service(prefix: str) -> Unlisted | None:
    """Return what is known of a service prefix, in lower case, that AWS does not list (any more)."""
    return _first(_data()["services"], prefix)


def unlisted_action(action: str) -> Unlisted | None:
    """Return what is known of an action that AWS does not list (any more)."""
    return _first(_actions(), action)


def unlisted_key(key: str) -> Unlisted | None:
    """Return what is known of a condition key that AWS does not list (any more)."""
    return _first(_data()["keys"], key)


def permission_of(action: str) -> str | None:
    """Return the action that allows an API operation of another name: `s3:ListBucket` of `s3:ListObjectsV2`."""
    found: str | None = _permissions().get(action.lower())
    return found


def signed_as(service: str) -> str | None:
    """Return the prefix of the actions of a service that SDKs or people call otherwise: `bedrock` of
    `bedrock-runtime`, `logs` of `cloudwatchlogs`.
    """
    name = service.lower()
    found: str | None = _data()["signed-as"]["prefixes"].get(name) or _data()["called"]["prefixes"].get(name)
    return found


def unlisted_arn(arn: str) -> bool:
    """Say whether an ARN has a form that AWS documents and its reference does not list."""
    return _arns()(arn)


def _first(listed: Mapping[str, Mapping[str, Any]], name: str) -> Unlisted | None:
    for pattern, each in listed.items():
        if matches_action(pattern, name):
            return Unlisted(each["state"], each["reason"], each["source"])
    return None


@cache
def _arns() -> Matcher:
    return any_of(tokens(each["pattern"]) for each in _data()["arns"])


@cache
def _actions() -> dict[str, Any]:
    return {name: each for each in _data()["actions"] for name in each["names"]}


def _data() -> Any:
    return declared_json("lint-data/unlisted")


@cache
def _permissions() -> dict[str, str]:
    return {operation.lower(): action for operation, action in _data()["permissions"].items()}
