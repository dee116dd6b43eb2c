"""The request context: what the caller of `decide` gave, and the keys that the request itself determines.

A key is derived only where the request settles it for certain; what was given always wins.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html and, for the keys of
the principal, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
"""

from __future__ import annotations

from collections.abc import Mapping

from preflight.iam.pattern import matches
from preflight.iam.principals import Caller, Kind
from preflight.iam.request import Request, Value
from preflight.iam.variables import Found, Missing

_TYPES = {
    Kind.USER: "User",
    Kind.ROLE: "AssumedRole",
    Kind.SESSION: "AssumedRole",
    Kind.FEDERATED_USER: "FederatedUser",
    Kind.ROOT: "Account",
    Kind.ANONYMOUS: "Anonymous",
}
_PRINCIPAL_TAG, _RESOURCE_TAG = "aws:principaltag/", "aws:resourcetag/"


class RequestContext:
    """Looks keys up, in lower case, for one request. The given keys are folded to lower case when first needed."""

    __slots__ = ("_given", "_owner", "_request", "_who")

    def __init__(self, request: Request, who: Caller, owner: str) -> None:
        self._request, self._who, self._owner = request, who, owner
        self._given: dict[str, Value] | None = None

    def __call__(self, key: str) -> Found:
        """Return a key's values, or whether it is absent or unknown."""
        if self._given is None:
            self._given = {name.lower(): value for name, value in self._request.context.values.items()}
        found = self._given.get(key)
        if found is not None:
            return (found,) if isinstance(found, str) else tuple(found) or Missing.ABSENT
        derived = self._derived(key)
        if derived is not None:
            return derived
        context = self._request.context
        if context.complete or any(matches(pattern.lower(), key) for pattern in context.absent):
            return Missing.ABSENT
        return Missing.UNKNOWN

    def _derived(self, key: str) -> Found | None:
        if not key.startswith("aws:"):
            return (self._who.account,) if key == "kms:calleraccount" and self._who.of_account else None
        if key.startswith(_PRINCIPAL_TAG):
            return _tag(self._request.principal_tags, key[len(_PRINCIPAL_TAG) :])
        if key.startswith(_RESOURCE_TAG):
            return _tag(self._request.resource_tags, key[len(_RESOURCE_TAG) :])
        found = _PRINCIPAL.get(key)
        if found is not None:
            return found(self._who)
        if key == "aws:resourceaccount":
            return (self._owner,) if self._owner else None
        if key == "aws:requestedregion":
            parts = self._request.resource.split(":", 5)
            return (parts[3],) if len(parts) == 6 and parts[3] and not set("*?") & set(parts[3]) else None
        return None


def _tag(tags: Mapping[str, str] | None, name: str) -> Found | None:
    if tags is None:
        return None
    for key, value in tags.items():
        if key.lower() == name:
            return (value,)
    return Missing.ABSENT


def _principal_arn(who: Caller) -> Found | None:
    if who.kind is Kind.SESSION:
        # Of a session the ARN of its role; the session's own ARN does not show the role's path.
        return (f"arn:{who.partition}:iam::{who.account}:role/{who.name}",)
    return (who.text,) if who.of_account else _not_signed(who)


def _not_signed(who: Caller) -> Found | None:
    return Missing.ABSENT if who.kind in (Kind.ANONYMOUS, Kind.PROVIDER) else None


def _principal_account(who: Caller) -> Found | None:
    if who.kind is Kind.ANONYMOUS:
        return ("anonymous",)
    return (who.account,) if who.of_account else None


def _principal_type(who: Caller) -> Found | None:
    return (_TYPES[who.kind],) if who.kind in _TYPES else None


def _username(who: Caller) -> Found | None:
    return (who.name,) if who.kind is Kind.USER else Missing.ABSENT


def _userid(who: Caller) -> Found | None:
    if who.kind is Kind.ROOT:
        return (who.account,)
    if who.kind is Kind.FEDERATED_USER:
        return (f"{who.account}:{who.name}",)
    return ("anonymous",) if who.kind is Kind.ANONYMOUS else None


def _is_service(who: Caller) -> Found | None:
    if who.kind in (Kind.ANONYMOUS, Kind.PROVIDER):
        return Missing.ABSENT
    return ("true",) if who.kind is Kind.SERVICE else ("false",)


def _service_name(who: Caller) -> Found | None:
    return (who.text,) if who.kind is Kind.SERVICE else Missing.ABSENT


_PRINCIPAL = {
    "aws:principalarn": _principal_arn,
    "aws:principalaccount": _principal_account,
    "aws:principaltype": _principal_type,
    "aws:username": _username,
    "aws:userid": _userid,
    "aws:principalisawsservice": _is_service,
    "aws:principalservicename": _service_name,
}
