"""What went wrong in a call to AWS, sorted into what it tells: not there, not allowed, or not to be found out now."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from preflight.account.facts import Unknown
from preflight.redaction import without_credentials

# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html and each service's common errors;
# botocore gives the bare status as the code where a response has no body (HEAD).
DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "AuthorizationErrorException",
        "UnauthorizedOperation",
        "Client.UnauthorizedOperation",
        "NotAuthorized",
        "Forbidden",
        "403",
    }
)
INVALID_CREDENTIALS = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "RequestExpired",
        "RequestInTheFuture",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "TokenRefreshRequired",
        "UnrecognizedClientException",
    }
)
# botocore's errors where there are no usable credentials to sign with (botocore/exceptions.py).
NO_CREDENTIALS = frozenset(
    {
        "CredentialRetrievalError",
        "LoginRefreshRequired",
        "NoAuthTokenError",
        "NoCredentialsError",
        "PartialCredentialsError",
        "SSOTokenLoadError",
        "TokenRetrievalError",
        "UnauthorizedSSOTokenError",
    }
)
# botocore's errors about a call that it does not send: it knows already that the call cannot be made.
UNSENT = NO_CREDENTIALS | frozenset(
    {"EndpointProviderError", "EndpointResolutionError", "InvalidRegionError", "NoRegionError", "ParamValidationError"}
)
# As botocore's retry handlers list them (botocore/retries/standard.py, ThrottledRetryableChecker).
THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
# What AWS says of good credentials in a region that the account has not enabled.
_OF_REGION = frozenset({"AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException"})
# https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html: a signature is good for 15 minutes
# of AWS's clock. S3 has a code of its own: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_SKEWED = frozenset({"RequestTimeTooSkewed", "RequestInTheFuture", "RequestExpired"})
_SKEW = re.compile(r"Signature (?:expired|not yet current)|is (?:not in the range|now earlier than)", re.IGNORECASE)
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"})
_PAGE = re.compile(r"<!doctype html|<html\b", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]{0,99}>([^<]{1,99})", re.IGNORECASE)
# botocore's errors about IAM Identity Center and `aws login` (botocore/exceptions.py).
_SSO = frozenset({"NoAuthTokenError", "SSOTokenLoadError", "TokenRetrievalError", "UnauthorizedSSOTokenError"})
_LOGIN = frozenset({"LoginRefreshRequired"})
_REGION_OFF = frozenset({"OptInRequired", "RegionDisabledException"})
# What of botocore takes an answer for what AWS sends, and fails in its own way where it isn't.
_READERS = ("botocore.handlers", "botocore.paginate", "botocore.parsers")
# A call whose answer was waited for no longer.
LATE = "TimeIsUp"
# Calls that botocore makes itself, to get credentials with which to sign (botocore/credentials.py, botocore/tokens.py).
CREDENTIAL_CALLS = frozenset(
    {
        "AssumeRole",
        "AssumeRoleWithSAML",
        "AssumeRoleWithWebIdentity",
        "CreateOAuth2Token",
        "CreateToken",
        "GetRoleCredentials",
    }
)


@dataclass(frozen=True, slots=True)
class Failed:
    """A call that AWS refused (`code` and `message` are AWS's) or that never reached it (`code` is botocore's)."""

    code: str
    message: str
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    attempts: int = 1

    @property
    def denied(self) -> bool:
        """Whether AWS understood the call and refused it for want of permission."""
        return self.code in DENIED

    @property
    def broken(self) -> bool:
        """Whether AWS failed itself: it may have done what was asked all the same."""
        return self.status >= 500 and self.code not in THROTTLED

    @property
    def uncertain(self) -> bool:
        """Whether AWS may have done what was asked all the same: it failed itself, or the answer is not one of its own.

        An error of AWS's has a code: what has none, and botocore names by its bare status, is a proxy's or a gateway's.
        """
        own = self.status > 0 and self.code != "ResponseParserError" and not self.code.isdigit()
        return not self.unsent and (self.broken or not own)

    @property
    def undone(self) -> bool:
        """Whether AWS did nothing for certain: it refused the caller, or it never saw the call."""
        return self.unsent or (not self.uncertain and (self.denied or self.code in THROTTLED | INVALID_CREDENTIALS))

    @property
    def unsent(self) -> bool:
        """Whether botocore refused to send the call, so that AWS never saw it."""
        return self.status == 0 and self.code in UNSENT


def failure(error: Exception, method: str) -> Failed:
    """Turn what botocore raises where boto3's `method` is called into a `Failed`. Raises any other error again."""
    from botocore import xform_name
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    if isinstance(error, ClientError):
        answer: Mapping[str, Any] = error.response.get("Error", {})
        about: Mapping[str, Any] = error.response.get("ResponseMetadata", {})
        name = error.operation_name
        if name in CREDENTIAL_CALLS and xform_name(name) != method:
            return Failed("CredentialRetrievalError", _one_line(str(error)))
        code, message = str(answer.get("Code", "")), str(answer.get("Message", "")) or str(error)
        status = int(about.get("HTTPStatusCode", 0))
        if not code or _PAGE.search(message):
            # AWS's errors have a code, and are no pages: a proxy or a gateway answered.
            code, message = "ResponseParserError", f"HTTP {status}, {_page(message) if code else 'no error code'}"
        return Failed(
            code,
            _one_line(message),
            status,
            about.get("HTTPHeaders", {}),
            int(about.get("RetryAttempts", 0)) + 1,
        )
    if isinstance(error, BotoCoreError | ResponseParserError):
        # A parser's error quotes the whole answer after its first line; botocore lists a request's faults on lines.
        said = str(error) if type(error).__name__ == "ParamValidationError" else str(error).partition("\n")[0]
        return Failed(type(error).__name__, _one_line(said))
    if of_credentials(error):
        return Failed("CredentialRetrievalError", _one_line(f"{type(error).__name__}: {error}"))
    if _raised_in(error, _READERS):
        return Failed("ResponseParserError", f"the response cannot be read ({type(error).__name__})")
    raise error


def of_credentials(error: BaseException) -> bool:
    """Say whether botocore failed while it got credentials: a process or file of theirs is not there, or broken."""
    return _raised_in(error, ("botocore.credentials", "botocore.tokens"))


def _raised_in(error: BaseException, modules: Container[str]) -> bool:
    at = error.__traceback__
    while at is not None:
        if at.tb_frame.f_globals.get("__name__") in modules:
            return True
        at = at.tb_next
    return False


def remedy_for(failed: Failed) -> str:
    """Return what to do, as sentences; empty where the failure lies in the request itself or in a policy."""
    code = failed.code
    if code in _SKEWED or (code in INVALID_CREDENTIALS and _SKEW.search(failed.message)):
        return "Set this machine's clock: AWS accepts signatures that are at most 15 minutes off."
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


def unknown(failed: Failed, call: str, resolution: str) -> Unknown:
    """Say why a call gives no answer. `call` is its name in messages; `resolution` is for a missing permission."""
    code = failed.code
    if failed.denied:
        return Unknown(f"{call} was denied", resolution, code)
    said = remedy_for(failed)
    remedy = f"{said[:1].lower()}{said[1:].rstrip('.')}" if not said.startswith("AWS") else said.rstrip(".")
    if code in INVALID_CREDENTIALS:
        reason = f"{call}: AWS rejected the credentials ({code}: {failed.message})"
        regional = "; in an opt-in region, check that the region is enabled for the account"
        return Unknown(reason, remedy + (regional if code in _OF_REGION else ""), code)
    if code in NO_CREDENTIALS:
        return Unknown(f"{call} could not be signed: {failed.message}", remedy, code)
    if code in THROTTLED:
        return Unknown(
            f"{call} was throttled, {failed.attempts} times in a row ({code})",
            "run the check again a little later",
            code,
        )
    if code == "ParamValidationError":
        return Unknown(f"{call} cannot be made: {failed.message}", "correct what the request names", code)
    if code == "ResponseParserError":
        return Unknown(
            f"{call}: the response is not from AWS: {failed.message}", "check --endpoint-url and any proxy", code
        )
    if code in (LATE, "RegionDisabledException", "OptInRequired"):
        return Unknown(f"{call}: {failed.message}", remedy, code)
    if failed.status == 0:
        return Unknown(f"{call} could not reach AWS: {failed.message}", remedy or "check the network", code)
    return Unknown(
        f"{call}: AWS returned {code}: {failed.message}",
        remedy or "run the check again; if the error persists, report it",
        code,
    )


def _page(text: str) -> str:
    title = _TITLE.search(text)
    return f"an HTML page ({title[1].strip()})" if title else "an HTML page"


def _one_line(text: str) -> str:
    line = without_credentials(" ".join(text.split()))
    return line if len(line) <= 300 else f"{line[:297]}..."
