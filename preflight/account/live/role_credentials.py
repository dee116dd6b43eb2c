"""The credentials of a role in another account: assumed with those at hand, and again before they expire."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from preflight.account.live.errors import DENIED, INVALID_CREDENTIALS, THROTTLED, Failed, failure
from preflight.errors import UsageError
from preflight.redaction import without_credentials

if TYPE_CHECKING:
    import boto3
    from botocore.config import Config

OWN = "arn::"
_SESSION_NAME = "preflight"


@dataclass(frozen=True, slots=True)
class AssumedRole:
    """A role to assume: its ARN, and the external ID that its trust policy asks for, if it does. An ARN that begins
    with `OWN` is of the partition in which one is (`aws-cn` in China): the region says which.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """

    arn: str
    external_id: str | None = None

    def within(self, partition: str) -> AssumedRole:
        """Return the role with its whole ARN."""
        return replace(self, arn=f"arn:{partition}:{self.arn.removeprefix(OWN)}") if self.arn.startswith(OWN) else self


def assume(session: boto3.Session, role: AssumedRole, *, endpoint_url: str | None, config: Config) -> None:
    """Let a session sign with a role's credentials from now on, its own being those that assume the role.

    They are renewed by botocore, some minutes before they expire (botocore/credentials.py,
    DeferredRefreshableCredentials). Raises `UsageError` where the role cannot be assumed.
    """
    from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials

    from preflight.account.live.answers import bound

    source = session.get_credentials()

    def client(service: str, **_: Any) -> Any:
        return session.client(service, endpoint_url=endpoint_url, config=config)  # type: ignore[call-overload]

    extra = {"RoleSessionName": _SESSION_NAME}
    if role.external_id is not None:
        extra["ExternalId"] = role.external_id
    try:
        made = client("sts")
        bound(made)
        fetcher = AssumeRoleCredentialFetcher(lambda *_, **__: made, source, role.arn, extra_args=extra)
        assumed = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")
        assumed.get_frozen_credentials()
    except Exception as error:
        failed = _failure(error)
        raise UsageError(
            f"{role.arn} cannot be assumed: {failed.code}: {failed.message}; {_mend(failed.code, role)}"
        ) from error
    session._session._credentials = assumed  # type: ignore[attr-defined]


def _failure(error: Exception) -> Failed:
    """Say what went wrong. Raises any error that is not about the call again."""
    if isinstance(error, KeyError):  # botocore takes it that an answer has the credentials
        return Failed("ResponseParserError", f"the response has no {error.args[0]}")
    if isinstance(error, ValueError):
        return Failed(type(error).__name__, without_credentials(" ".join(str(error).split())))
    return failure(error, "assume_role")


def _mend(code: str, role: AssumedRole) -> str:
    if code in DENIED:
        also = "" if role.external_id is None else ", with this external ID"
        return (
            "the role must exist, its trust policy must allow sts:AssumeRole to the caller"
            f"{also}, and the caller's policies must allow it on the role"
        )
    if code in INVALID_CREDENTIALS:
        return "sign in again"
    if code in THROTTLED:
        return "run it again a little later, with fewer --threads"
    if code == "ValidationError":
        return "correct the role's name or the external ID"
    return "check the network, the region and --endpoint-url"
