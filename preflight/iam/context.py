"""The request context: what the caller of `decide` gave, and the keys that the request itself determines.

A key is derived only where the request settles it for certain; what was given always wins.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html and, for the keys of
the principal, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from time import time

from preflight.iam.dates import instant
from preflight.iam.key_facts import of_another_service
from preflight.iam.pattern import matches
from preflight.iam.principals import Caller, PrincipalType
from preflight.iam.request import Request, Value
from preflight.iam.variables import Constrained, Found, Missing
from preflight.iam.wildcard import Wild

_TYPES = {
    PrincipalType.USER: "User",
    PrincipalType.ROLE: "AssumedRole",
    PrincipalType.SESSION: "AssumedRole",
    PrincipalType.FEDERATED_USER: "FederatedUser",
    PrincipalType.ROOT: "Account",
    PrincipalType.ANONYMOUS: "Anonymous",
}
_PRINCIPAL_TAG, _RESOURCE_TAG = "aws:principaltag/", "aws:resourcetag/"


class RequestContext:
    """Looks keys up, in lower case, for one request. The given keys are folded to lower case when first needed."""

    __slots__ = ("_given", "_now", "_owner", "_request", "_who")

    def __init__(self, request: Request, who: Caller, owner: str) -> None:
        self._request, self._who, self._owner = request, who, owner
        self._given: dict[str, Value] | None = None
        self._now: Decimal | None = None

    def __call__(self, key: str) -> Found:
        """Return a key's values, what is known of its one value, or whether it is absent or unknown."""
        if self._given is None:
            self._given = _folded(self._request.context.values)
        found = self._given.get(key)
        if found is not None:
            return (found,) if isinstance(found, str) else tuple(found) or Missing.ABSENT
        derived = self._derived(key)
        if derived is not None:
            return derived
        context = self._request.context
        if context.complete or any(matches(pattern.lower(), key) for pattern in context.absent):
            return Missing.ABSENT
        if of_another_service(key, self._request.action.partition(":")[0].lower()):
            return Missing.ABSENT
        return Missing.UNKNOWN

    def identified(self) -> Caller:
        """Return the caller with its `aws:userid`, as far as that is known."""
        found = self("aws:userid")
        if isinstance(found, Constrained):
            # Of a role: its id, a colon, and the name of a session that is not known.
            head = found.patterns[0][0]
            return replace(self._who, userid=head) if isinstance(head, str) and head.endswith(":") else self._who
        if found is Missing.UNKNOWN:
            return self._who
        return replace(self._who, userid=found[0] if isinstance(found, tuple) else "-")

    def now(self) -> Decimal:
        """Return when the request is made, in seconds since 1970: as its context says, else now."""
        if self._now is None:
            stated = self("aws:currenttime") if "aws:currenttime" in (self._given or ()) else None
            given = instant(stated[0]) if isinstance(stated, tuple) else None
            self._now = given if given is not None else Decimal(int(time()))
        return self._now

    def _derived(self, key: str) -> Found | None:
        who, request = self._who, self._request
        if not key.startswith("aws:"):
            caller = key == "kms:calleraccount" and who.of_account and request.action[:4].lower() == "kms:"
            return (who.account,) if caller else None
        if key.startswith(_PRINCIPAL_TAG):
            return _tag(request.principal_tags, key[len(_PRINCIPAL_TAG) :])
        if key.startswith(_RESOURCE_TAG):
            return _tag(request.resource_tags, key[len(_RESOURCE_TAG) :])
        found = _PRINCIPAL.get(key)
        if found is not None:
            return found(who)
        if key == "aws:principalarn":
            return _principal_arn(who, request)
        if key == "aws:userid":
            return _userid(who, request.principal_id)
        if key == "aws:tokenissuetime":
            return self._token_issue_time()
        if key == "aws:currenttime":
            return (datetime.fromtimestamp(int(self.now()), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),)
        if key == "aws:epochtime":
            return (str(int(self.now())),)
        if key == "aws:resourceaccount":
            return (self._owner,) if self._owner else None
        if key == "aws:requestedregion":
            parts = request.resource.split(":", 5)
            if len(parts) == 6 and parts[3]:
                return (parts[3],) if not set("*?") & set(parts[3]) else None
            return (_GLOBAL,) if who.partition == "aws" and _is_global(request.action.lower()) else None
        return None

    def _token_issue_time(self) -> Found | None:
        """Temporary credentials carry the time of their issue, which is at most as long ago as they can last.

        Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
        """
        if self._who.kind in (PrincipalType.ROLE, PrincipalType.SESSION, PrincipalType.FEDERATED_USER):
            return Constrained(period=(self.now() - _LONGEST_SESSION, self.now()))
        context = self._request.context
        told = context.complete or any(matches(each.lower(), "aws:tokenissuetime") for each in context.absent)
        if self._who.kind in (PrincipalType.USER, PrincipalType.ROOT) and not told:
            # A user may have got temporary credentials, too (GetSessionToken).
            return Constrained(period=(self.now() - _LONGEST_SESSION, self.now()), optional=True)
        return Missing.ABSENT if self._who.kind is PrincipalType.ANONYMOUS else None


_LONGEST_SESSION = 36 * 3600
_GLOBAL = "us-east-1"


def _is_global(action: str) -> bool:
    """Whether an action is called at the one endpoint of a service of the aws partition, which lies in us-east-1.

    Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-requestedregion
    and https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_deny-requested-region.html
    """
    # The service to which a role is passed asks for iam:PassRole, in its own Region.
    return action.partition(":")[0] in ("cloudfront", "iam", "route53", "support") and action != "iam:passrole"


def _folded(values: Mapping[str, Value]) -> dict[str, Value]:
    """Return the given keys in lower case. Tag keys that differ in case only are one condition key, with all values."""
    found = {name.lower(): value for name, value in values.items()}
    if len(found) == len(values):
        return found
    several: dict[str, list[str]] = {}
    for name, value in values.items():
        several.setdefault(name.lower(), []).extend([value] if isinstance(value, str) else value)
    return {name: tuple(dict.fromkeys(each)) for name, each in several.items()}


def _tag(tags: Mapping[str, str] | None, name: str) -> Found | None:
    if tags is None:
        return None
    for key, value in tags.items():
        if key.lower() == name:
            return (value,)
    return Missing.ABSENT


def _principal_arn(who: Caller, request: Request) -> Found | None:
    if who.kind is not PrincipalType.SESSION:
        return (who.text,) if who.of_account else _not_signed(who)
    # Of a session the ARN of its role; the session's own ARN does not show the role's path.
    if request.principal_arn is not None:
        return (request.principal_arn,)
    roles = f"arn:{who.partition}:iam::{who.account}:role/"
    if request.context.complete:
        return (roles + who.name,)
    return Constrained(((roles + who.name,), (roles, Wild.ONE, Wild.STAR, f"/{who.name}")))


def _userid(who: Caller, unique: str | None) -> Found | None:
    if who.kind is PrincipalType.USER:
        return (unique,) if unique else Constrained((("AIDA", Wild.STAR),))
    if who.kind is PrincipalType.ROLE:
        return Constrained(((f"{unique}:" if unique else "AROA", Wild.ONE, Wild.STAR),))
    if who.kind is PrincipalType.SESSION:
        return (f"{unique}:{who.session}",) if unique else Constrained((("AROA", Wild.STAR, f":{who.session}"),))
    if who.kind is PrincipalType.ROOT:
        return (who.account,)
    if who.kind is PrincipalType.FEDERATED_USER:
        return (f"{who.account}:{who.name}",)
    return ("anonymous",) if who.kind is PrincipalType.ANONYMOUS else None


def _not_signed(who: Caller) -> Found | None:
    return Missing.ABSENT if who.kind in (PrincipalType.ANONYMOUS, PrincipalType.PROVIDER) else None


def _principal_account(who: Caller) -> Found | None:
    if who.kind is PrincipalType.ANONYMOUS:
        return ("anonymous",)
    return (who.account,) if who.of_account else None


def _principal_type(who: Caller) -> Found | None:
    return (_TYPES[who.kind],) if who.kind in _TYPES else None


def _username(who: Caller) -> Found | None:
    return (who.name,) if who.kind is PrincipalType.USER else Missing.ABSENT


def _is_service(who: Caller) -> Found | None:
    if who.kind in (PrincipalType.ANONYMOUS, PrincipalType.PROVIDER):
        return Missing.ABSENT
    return ("true",) if who.kind is PrincipalType.SERVICE else ("false",)


def _service_name(who: Caller) -> Found | None:
    return (who.text,) if who.kind is PrincipalType.SERVICE else Missing.ABSENT


_PRINCIPAL = {
    "aws:principalaccount": _principal_account,
    "aws:principaltype": _principal_type,
    "aws:username": _username,
    "aws:principalisawsservice": _is_service,
    "aws:principalservicename": _service_name,
}
