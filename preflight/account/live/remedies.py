"""What to do about a call that failed for a reason that lies neither in the request nor in a policy."""

from __future__ import annotations

import re

from preflight.account.live.errors import INVALID_CREDENTIALS, LATE, NO_CREDENTIALS, THROTTLED, Failed

# https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html: a signature is good for 15 minutes
# of AWS's clock. S3 has a code of its own: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_SKEWED = frozenset({"RequestTimeTooSkewed", "RequestInTheFuture", "RequestExpired"})
_SKEW = re.compile(r"Signature (?:expired|not yet current)|is (?:not in the range|now earlier than)", re.IGNORECASE)
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"})
# botocore's errors about IAM Identity Center and `aws login` (botocore/exceptions.py).
_SSO = frozenset({"NoAuthTokenError", "SSOTokenLoadError", "TokenRetrievalError", "UnauthorizedSSOTokenError"})
_LOGIN = frozenset({"LoginRefreshRequired"})
_REGION_OFF = frozenset({"OptInRequired", "RegionDisabledException"})


def remedy_for(failed: Failed) -> str:
    """Return what to do, as sentences; empty where the failure lies in the request itself or in a policy."""
    code = failed.code
    if code in _SKEWED or (code in INVALID_CREDENTIALS and _SKEW.search(failed.message)):
        return "Set this machine's clock: AWS accepts signatures within 15 minutes of its own time."
    if code in _SSO or "UnauthorizedSSOToken" in failed.message or "SSO session" in failed.message:
        return "Sign in to IAM Identity Center again: aws sso login, with the --profile in use."
    if code in _LOGIN:
        return "Sign in again: aws login, with the --profile in use."
    if code in _EXPIRED:
        return "Sign in again: the temporary credentials have expired."
    if code == "CredentialRetrievalError":
        return "Correct how the profile gets credentials (its role, credential process or web identity token)."
    if code in NO_CREDENTIALS or code in INVALID_CREDENTIALS:
        return "Sign in again, or name the --profile to use."
    if code in _REGION_OFF:
        return "Enable the region, and activate STS in it, for the account."
    if code in THROTTLED:
        return "AWS throttles the account's calls: wait a few minutes."
    if failed.broken:
        return "AWS failed to answer: wait a few minutes; see https://health.aws.amazon.com if it persists."
    if code == "ResponseParserError":
        return "The response is not from AWS: check --endpoint-url and any proxy."
    if code == LATE:
        return "Give more time with --timeout."
    if failed.status == 0 and not failed.unsent:
        return "Check the network, --region and --endpoint-url."
    return ""
