"""STS: who calls, and where it is not active."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from typing import Any

from tests.aws.answers import Answer, AwsError, query_answer
from tests.aws.regions import status
from tests.aws.requests import AwsRequest
from tests.aws.scope import Scope
from tests.aws.state import Caller, partition_of

_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"


def serve(scope: Scope, request: AwsRequest) -> Answer | None:
    """Answer what the overlay answers of STS; None leaves a request to moto."""
    caller = scope.state.caller_of(request.access_key)
    if request.operation == "GetCallerIdentity":
        # It answers even where STS is not active: https://github.com/aws/aws-sdk-go-v2/issues/2846
        result = {"Arn": caller.arn, "UserId": caller.user_id, "Account": caller.account}
        return query_answer("GetCallerIdentity", _NAMESPACE, result)
    if request.operation == "GetSessionToken":
        _require_active(scope)
        if ":assumed-role/" in caller.arn:
            raise AwsError("AccessDenied", "Cannot call GetSessionToken with session credentials", 403)
        return query_answer("GetSessionToken", _NAMESPACE, {"Credentials": _credentials(scope, caller)})
    if request.operation == "AssumeRole":
        _require_active(scope)
        return _assume(scope, request.parameters, caller)
    if request.operation == "DecodeAuthorizationMessage":
        return query_answer(request.operation, _NAMESPACE, {"DecodedMessage": _decoded(request.parameters)})
    return None


def _decoded(parameters: Mapping[str, Any]) -> str:
    """Return what a message says that a test encoded in Base64: how AWS encodes them is not known."""
    try:
        return base64.urlsafe_b64decode(parameters["EncodedMessage"]).decode()
    except ValueError:
        raise AwsError("InvalidAuthorizationMessageException", "Message is not valid", 400) from None


def _require_active(scope: Scope) -> None:
    if scope.region in scope.state.sts_off or status(scope, scope.region) in ("DISABLED", "DISABLING"):
        raise AwsError(
            "RegionDisabledException",
            f"STS is not activated in this region for account:{scope.account}. "
            "Your account administrator can activate STS in this region using the IAM Console.",
            403,
        )


def _credentials(scope: Scope, caller: Caller) -> dict[str, str]:
    key = f"ASIA{secrets.token_hex(8).upper()}"
    scope.state.callers[key] = caller
    return {
        "AccessKeyId": key,
        "SecretAccessKey": secrets.token_hex(20),
        "SessionToken": secrets.token_hex(20),
        "Expiration": "2099-01-01T00:00:00Z",
    }


def _assume(scope: Scope, parameters: Mapping[str, Any], caller: Caller) -> Answer:
    role_arn, session = parameters["RoleArn"], parameters["RoleSessionName"]
    account, role = role_arn.split(":")[4], role_arn.rpartition("/")[2]
    if not _trusts(role_arn, account, scope.region, caller, parameters.get("ExternalId")):
        raise AwsError(
            "AccessDenied",
            f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: {role_arn}",
            403,
        )
    arn = f"arn:{partition_of(scope.region)}:sts::{account}:assumed-role/{role}/{session}"
    user_id = f"AROA{role.upper():.16}:{session}"
    user = {"AssumedRoleId": user_id, "Arn": arn}
    credentials = _credentials(scope, Caller(arn, account, user_id))
    return query_answer("AssumeRole", _NAMESPACE, {"Credentials": credentials, "AssumedRoleUser": user})


def _trusts(role_arn: str, account: str, region: str, caller: Caller, external_id: str | None) -> bool:
    """Say whether a role exists and its trust policy names the caller, its role or its account; of conditions it knows
    that of the external ID.
    """
    from moto.iam.models import iam_backends

    backend = iam_backends[account][partition_of(region)]
    found = next((role for role in backend.roles.values() if role.arn == role_arn), None)
    if found is None:
        return False
    partition = caller.arn.split(":")[1]
    names = {"*", caller.account, caller.arn, f"arn:{partition}:iam::{caller.account}:root"}
    if ":assumed-role/" in caller.arn:
        names.add(f"arn:{partition}:iam::{caller.account}:role/{caller.arn.split('/')[1]}")
    for statement in json.loads(found.assume_role_policy_document)["Statement"]:
        principal = statement.get("Principal", {})
        trusted = principal.get("AWS", []) if isinstance(principal, dict) else principal
        wanted = statement.get("Condition", {}).get("StringEquals", {}).get("sts:ExternalId", external_id)
        if (
            statement["Effect"] == "Allow"
            and wanted == external_id
            and names & set([trusted] if isinstance(trusted, str) else trusted)
        ):
            return True
    return False
