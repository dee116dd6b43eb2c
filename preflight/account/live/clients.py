"""boto3 clients: one for each service and region, made when first needed and shared by all threads."""

from __future__ import annotations

import os
import threading
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args
from urllib.parse import urlsplit

from preflight.account.live.botocore_loader import with_fast_loader
from preflight.account.live.errors import of_credentials
from preflight.account.live.role_credentials import AssumedRole, assume
from preflight.errors import UsageError

if TYPE_CHECKING:
    import boto3
    from botocore.config import Config

RetryMode = Literal["standard", "adaptive"]
_ACCOUNT_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach AWS; times are in seconds.

    `retry_mode` and `attempts` (the first try counts) are the environment's or the profile's where they are None, and
    where those say nothing `standard` and 5. `role` is assumed with the profile's or the environment's credentials.
    """

    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    connect_timeout: float = 5.0
    read_timeout: float = 20.0
    retry_mode: RetryMode | None = None
    attempts: int | None = None
    role: AssumedRole | None = None


class Clients:
    """Makes clients with one session and one configuration, and counts the requests they send, retries included."""

    def __init__(self, connection: Connection, *, connections: int) -> None:
        """Open a session; `connections` is how many requests may be under way at once.

        Raises `UsageError` for a profile that does not exist, for missing credentials, for a region that is missing or
        none, for settings that boto3 cannot use, and for a role that cannot be assumed.
        """
        self._connection = connection
        self._session = _session(connection)
        self._config = _config(connection, self._session, connections)
        self.region = _region(self._session)
        self.partition = _partition(self._session, self.region)
        self.long_term_credentials = _require_credentials(self._session, connection)
        if connection.role is not None:
            role = connection.role.within(self.partition)
            assume(self._session, role, endpoint_url=connection.endpoint_url, config=self._config)
            self.long_term_credentials = False
        self._clients: dict[tuple[str, str], Any] = {}
        self._making = threading.Lock()
        self._counting = threading.Lock()
        self.requests: Counter[str] = Counter()

    def get(self, service: str, region: str = "") -> Any:
        """Return the client of a service in a region (the session's where none is named).

        Raises `UsageError` for an endpoint URL that is none.

        Making a client is work for the processor alone, so threads would gain nothing from making several at once, and
        botocore's session is not made for it: one lock guards it, and requests under way go on meanwhile.
        """
        name = (service, region or self.region)
        client = self._clients.get(name)
        if client is None:
            with self._making:
                client = self._clients.get(name)
                if client is None:
                    client = self._clients[name] = self._make(*name)
        return client

    def _make(self, service: str, region: str) -> Any:
        from botocore.exceptions import BotoCoreError

        from preflight.account.live.answers import bound

        if service == "sts":
            # Whether STS is active in a region only the region's own endpoint tells, and with
            # AWS_STS_REGIONAL_ENDPOINTS=legacy botocore calls the global one for regions that are older than 2019:
            # https://docs.aws.amazon.com/sdkref/latest/guide/feature-sts-regionalized-endpoints.html
            self._session._session.set_config_variable("sts_regional_endpoints", "regional")
        try:
            client = self._session.client(  # type: ignore[call-overload]
                service, region_name=region, endpoint_url=self._connection.endpoint_url, config=self._config
            )
            urlsplit(client.meta.endpoint_url).port  # noqa: B018 -- raises where it is none
        except (ValueError, BotoCoreError) as error:
            said = (
                "--endpoint-url" if self._connection.endpoint_url else "AWS_ENDPOINT_URL or the profile's endpoint_url"
            )
            raise UsageError(f"can't create a client for {service}: {error}; correct {said}") from error
        bound(client)
        client.meta.events.register(f"before-send.{service}", self._count)
        if service == "s3control":
            client.meta.events.register("before-sign.s3-control", _without_account)
        return client

    def _count(self, *, event_name: str, **_: Any) -> None:
        with self._counting:
            self.requests[event_name.removeprefix("before-send.")] += 1


def _without_account(request: Any, **_: Any) -> None:
    """Take away what s3control puts before the host of every endpoint, the account: an address has no such names.

    Source: the rule set of its endpoints (botocore, s3control-2018-08-20)
    """
    parts = urlsplit(str(request.url))
    before, dot, host = (parts.hostname or "").partition(".")
    if dot and before.isdigit() and len(before) == _ACCOUNT_DIGITS and host.replace(".", "").isdigit():
        request.url = f"{parts.scheme}://{parts.netloc.partition('.')[2]}{parts.path}"


def _config(connection: Connection, session: boto3.Session, connections: int) -> Config:
    from botocore.config import Config

    from preflight import __version__

    profile = session._session.get_scoped_config()
    mode = connection.retry_mode or os.environ.get("AWS_RETRY_MODE") or profile.get("retry_mode") or "standard"
    attempts = connection.attempts or os.environ.get("AWS_MAX_ATTEMPTS") or profile.get("max_attempts") or 5
    if mode not in get_args(RetryMode) or not str(attempts).isdecimal() or int(attempts) < 1:
        known = " or ".join(get_args(RetryMode))
        raise UsageError(f"AWS retries {mode!r}, {attempts!r} attempts: the mode is {known}, the attempts at least 1")
    retries: Any = {"mode": mode, "total_max_attempts": int(attempts)}
    return Config(
        connect_timeout=connection.connect_timeout,
        read_timeout=connection.read_timeout,
        retries=retries,
        max_pool_connections=connections,
        user_agent_extra=f"preflight/{__version__}",
    )


def _session(connection: Connection) -> boto3.Session:
    import boto3
    from botocore.exceptions import BotoCoreError
    from botocore.session import get_session

    from preflight.account.live.answers import with_checked_answers

    try:
        session = get_session()
        if connection.profile is not None:
            session.set_config_variable("profile", connection.profile)
        with_checked_answers(with_fast_loader(session))
        # The AWS CLI and other SDKs read AWS_REGION, and before AWS_DEFAULT_REGION; boto3 reads the latter alone:
        # https://docs.aws.amazon.com/sdkref/latest/guide/feature-region.html
        region = connection.region or os.environ.get("AWS_REGION")
        return boto3.Session(profile_name=connection.profile, region_name=region, botocore_session=session)
    except BotoCoreError as error:
        raise UsageError(f"invalid AWS configuration: {error}") from error


def _region(session: boto3.Session) -> str:
    if not session.region_name:
        raise UsageError("no AWS region is set; give --region, or set AWS_REGION")
    return str(session.region_name)


def _partition(session: boto3.Session, region: str) -> str:
    from botocore.exceptions import BotoCoreError

    try:
        return str(session.get_partition_for_region(region))
    except BotoCoreError as error:
        raise UsageError(f"{region!r} is not an AWS region; give --region, such as us-east-1") from error


def _require_credentials(session: boto3.Session, connection: Connection) -> bool:
    """Return whether the credentials are long-term ones, a user's access key, rather than a session's."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        credentials = session.get_credentials()
        frozen = credentials.get_frozen_credentials() if credentials else None
    except Exception as error:
        if not isinstance(error, BotoCoreError | ClientError) and not of_credentials(error):
            raise
        said = " ".join(str(error).split()) or type(error).__name__
        raise UsageError(
            f"the AWS credentials cannot be used: {said}; correct how the profile or the environment gets them"
        ) from error
    if frozen is None or not frozen.access_key:
        raise UsageError(
            "no AWS credentials were found"
            + (f" in profile {connection.profile}" if connection.profile else "")
            + "; sign in, name a --profile, or check against a file with --snapshot"
        )
    return not frozen.token
