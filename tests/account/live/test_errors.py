"""What to do about a call that failed: each reason has its own."""

from __future__ import annotations

import pytest

from preflight.account.live.errors import Failed, failure, remedy_for, unknown

CASES = [
    (Failed("ThrottlingException", "Rate exceeded", 400), "throttles"),
    (Failed("InternalFailure", "", 500), "AWS failed to answer"),
    (Failed("RequestTimeTooSkewed", "The difference is too large", 403), "clock"),
    (Failed("InvalidSignatureException", "Signature expired: 2026 is now earlier than 2026", 403), "clock"),
    (Failed("SignatureDoesNotMatch", "Signature not yet current: 2026", 403), "clock"),
    (Failed("SignatureDoesNotMatch", "The request signature does not match", 403), "Sign in again"),
    (Failed("UnauthorizedSSOTokenError", "The SSO session has expired"), "aws sso login"),
    (Failed("ExpiredTokenException", "The security token is expired", 400), "temporary credentials have expired"),
    (Failed("CredentialRetrievalError", "custom-process: no"), "how the profile gets credentials"),
    (Failed("EndpointConnectionError", "Could not connect"), "network"),
    (Failed("ResponseParserError", "the response is not JSON"), "check --endpoint-url"),
    (Failed("ValidationException", "No.", 400), ""),
]


@pytest.mark.parametrize(("failed", "says"), CASES, ids=[f"{each.code}-{each.status}" for each, _ in CASES])
def test_each_reason_has_its_own_remedy(failed: Failed, says: str) -> None:
    said = remedy_for(failed)
    assert says in said and bool(said) is bool(says)
    assert says.lower() in unknown(failed, "x:Y", "").resolution.lower() or failed.code == "ThrottlingException"


def test_a_message_of_aws_holds_no_credentials() -> None:
    from botocore.exceptions import ClientError

    said = "The canonical request is x-amz-security-token:s3cr3tT0ken host:sts.amazonaws.com, https://u:s3cr3tT0ken@h"
    refused = ClientError({"Error": {"Code": "SignatureDoesNotMatch", "Message": said}}, "GetCallerIdentity")
    assert "s3cr3tT0ken" not in failure(refused, "get_caller_identity").message


def test_what_sts_says_while_credentials_are_renewed_is_no_refusal_of_the_call() -> None:
    from botocore.exceptions import ClientError

    refused = ClientError({"Error": {"Code": "AccessDenied", "Message": "Not authorized"}}, "AssumeRole")
    renewed = failure(refused, "create_endpoint")
    assert renewed.unsent and not renewed.denied
    assert failure(refused, "assume_role").denied
