"""What went wrong in a call to AWS, sorted into what it tells: not there, not allowed, or not to be found out now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from preflight.account.facts import Unknown

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
    def unsent(self) -> bool:
        """Whether botocore refused to send the call, so that AWS never saw it."""
        return self.status == 0 and self.code in UNSENT


def failure(error: Exception) -> Failed:
    """Turn what botocore raises into a `Failed`. Raises any other error again."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    if isinstance(error, ClientError):
        answer: Mapping[str, Any] = error.response.get("Error", {})
        about: Mapping[str, Any] = error.response.get("ResponseMetadata", {})
        return Failed(
            str(answer.get("Code", "")),
            _one_line(str(answer.get("Message", "")) or str(error)),
            int(about.get("HTTPStatusCode", 0)),
            about.get("HTTPHeaders", {}),
            int(about.get("RetryAttempts", 0)) + 1,
        )
    if isinstance(error, BotoCoreError | ResponseParserError):
        # A parser's error quotes the whole answer after its first line; botocore lists a request's faults on lines.
        said = str(error) if type(error).__name__ == "ParamValidationError" else str(error).partition("\n")[0]
        return Failed(type(error).__name__, _one_line(said))
    raise error


def unknown(failed: Failed, call: str, resolution: str) -> Unknown:
    """Say why a call gives no answer. `call` is its name in messages; `resolution` is for a missing permission."""
    code = failed.code
    if failed.denied:
        return Unknown(f"{call} was denied", resolution, code)
    if code in INVALID_CREDENTIALS:
        return Unknown(
            f"{call}: AWS rejected the credentials ({code}: {failed.message})",
            "sign in again; in an opt-in region, check that the region is enabled for the account",
            code,
        )
    if code in NO_CREDENTIALS:
        return Unknown(f"{call} could not be signed: {failed.message}", "sign in again", code)
    if code in THROTTLED:
        return Unknown(
            f"{call} was throttled, {failed.attempts} times in a row ({code})",
            "run the check again a little later",
            code,
        )
    if code in ("RegionDisabledException", "OptInRequired"):
        return Unknown(f"{call}: {failed.message}", "enable the region, and activate STS in it, for the account", code)
    if code == "ParamValidationError":
        return Unknown(f"{call} cannot be made: {failed.message}", "correct what the request names", code)
    if code == "ResponseParserError":
        return Unknown(
            f"{call}: the response is not from AWS: {failed.message}", "check --endpoint-url and any proxy", code
        )
    if failed.status == 0:
        return Unknown(
            f"{call} could not reach AWS: {failed.message}", "check the network, --region and --endpoint-url", code
        )
    return Unknown(
        f"{call}: AWS returned {code}: {failed.message}", "run the check again; if the error persists, report it", code
    )


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 300 else f"{line[:297]}..."
