"""Who is calling, and whether STS is active in a region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from preflight.account.facts import Ask, Known, Unknown
from preflight.account.live.calls import Answered, Call
from preflight.account.live.concurrent_reads import ReadPlan, Wanted
from preflight.account.live.declared_reads import DeclaredRead
from preflight.account.live.errors import INVALID_CREDENTIALS, Failed, unknown
from preflight.errors import PreflightError

if TYPE_CHECKING:
    from preflight.account.live.account import LiveAccount

# Where a partition's STS answers every account, opted in or not: botocore's partition defaults.
_HOME = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}


def caller_identity(question: DeclaredRead) -> ReadPlan:
    """Read whose credentials are in use: GetCallerIdentity's Account, Arn and UserId. It needs no permission."""
    (outcome,) = yield [Call("sts", "get_caller_identity")]
    world = question.world
    home = _HOME.get(world.partition)
    if isinstance(outcome, Failed) and outcome.code in INVALID_CREDENTIALS and home not in (None, world.region):
        # A region that is not enabled for the account knows none of its credentials.
        (elsewhere,) = yield [Call("sts", "get_caller_identity", region=str(home))]
        outcome = elsewhere if isinstance(elsewhere, Answered) else outcome
    if isinstance(outcome, Failed):
        return unknown(outcome, "sts:GetCallerIdentity", "remove the policy that denies sts:GetCallerIdentity")
    return Known({name: outcome.members[name] for name in ("Account", "Arn", "UserId")})


def regional_endpoint(question: DeclaredRead) -> ReadPlan:
    """Find out whether STS is active in a region, for the account of the caller, without changing anything.

    AWS has no call that reads this setting, and GetCallerIdentity succeeds even where STS is not active. What tells:

    - the region is not enabled: not active; the region is an opt-in region and enabled: active, for there STS cannot be
      deactivated by hand, and the same holds for the regions that the kind lists as always active;
    - GetSessionToken in the region, where the credentials are a user's own access key: RegionDisabledException or
      success. It needs no permission and changes nothing; the token is thrown away unread. Credentials of a session
      cannot call it, and assuming some role to find out is not done behind anybody's back.
    """
    region = question.ask["RegionName"]
    wanted: list[Wanted] = [Ask.one("account:region", "", {"RegionName": region})]
    if question.world.long_term_credentials:
        wanted.append(Call("sts", "get_session_token", {"DurationSeconds": 900}, region=region, discard=True))
    state, *tokens = yield wanted
    token = tokens[0] if tokens else None
    status = state.value.get("RegionOptStatus") if isinstance(state, Known) else None
    if isinstance(token, Answered):
        return _active(region, active=True)
    if (isinstance(token, Failed) and token.code == "RegionDisabledException") or status == "DISABLED":
        return _active(region, active=False)
    if status == "ENABLED" or region in question.kind.declared["always-active"]:
        return _active(region, active=True)
    if isinstance(token, Failed):
        return unknown(token, f"sts:GetSessionToken in {region}", f"remove the policy that denies it in {region}")
    return Unknown(
        f"no AWS call shows whether STS is active in {region}, and temporary credentials can't test it",
        "look in the IAM console, Account settings, Security Token Service (STS); or check with a user's access key",
    )


def _active(region: str, *, active: bool) -> Known[dict[str, object]]:
    return Known({"RegionName": region, "active": active})


def decode_authorization_message(account: LiveAccount, encoded: str) -> str:
    """Return what an encoded authorization message says, as JSON text, from sts:DecodeAuthorizationMessage.

    Raises `PreflightError` where AWS refuses to decode it.
    https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
    """
    outcome = account.call(Call("sts", "decode_authorization_message", {"EncodedMessage": encoded}))
    if isinstance(outcome, Failed):
        said = f"{outcome.code}: {outcome.message}"
        invalid = outcome.code == "InvalidAuthorizationMessageException"
        advice = "give the whole message" if invalid else "the caller needs sts:DecodeAuthorizationMessage"
        raise PreflightError(f"the message can't be decoded ({said}); {advice}")
    return str(outcome.members["DecodedMessage"])
