"""Who makes a request, and whom a Principal element means.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import lru_cache

from preflight.errors import PreflightError
from preflight.iam.arn import Arn, ArnError
from preflight.iam.statement import Principals

_WEB_PROVIDERS = frozenset(
    {"accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com"}
)
_SERVICE_SUFFIXES = (".amazonaws.com", ".amazonaws.com.cn", ".amazon.com", ".aws.internal")


class PrincipalError(PreflightError):
    """The text names no principal; `str(error)` says what may stand there."""


class PrincipalType(StrEnum):
    """The kinds of principal that AWS tells apart when it decides."""

    USER = "user"
    ROLE = "role"
    SESSION = "assumed-role"
    FEDERATED_USER = "federated-user"
    ROOT = "root"
    SERVICE = "service"
    PROVIDER = "identity-provider"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Caller:
    """The principal of a request. `name` is the user's or role's name without path; `session` the session's name."""

    text: str
    kind: PrincipalType
    partition: str = ""
    account: str = ""
    name: str = ""
    session: str = ""
    userid: str = ""
    """What `aws:userid` is, if known: of a role whose session is not known, its id and a colon; `-` if nothing that a
    policy could name."""

    @property
    def service_linked(self) -> bool:
        """Whether the role is a service-linked one, which SCPs and RCPs do not limit.

        Source: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
        """
        if self.kind is PrincipalType.ROLE:
            return ":role/aws-service-role/" in self.text
        return self.kind is PrincipalType.SESSION and self.name.startswith("AWSServiceRoleFor")

    @property
    def of_account(self) -> bool:
        """Whether the principal belongs to an account, so that the account's own policies bear on it."""
        return bool(self.account)


@lru_cache(maxsize=4096)
def caller(text: str) -> Caller:
    """Read a request's principal: an ARN, a service principal, an identity provider or `*`.

    Raises `PrincipalError` for anything else.
    """
    if text == "*":
        return Caller(text, PrincipalType.ANONYMOUS)
    if not text.startswith("arn:"):
        if text in _WEB_PROVIDERS:
            return Caller(text, PrincipalType.PROVIDER)
        if text.endswith(_SERVICE_SUFFIXES):
            return Caller(text, PrincipalType.SERVICE)
        raise PrincipalError(
            f'"{text}" is not a principal: give the ARN of a role, user, session or account root, a service such as '
            'sagemaker.amazonaws.com, or "*"'
        )
    try:
        arn = Arn.parse(text)
    except ArnError as error:
        raise PrincipalError(str(error)) from error
    found = _of_arn(text, arn)
    if found is None:
        raise PrincipalError(
            f'"{text}" is not a principal: principals are role/NAME, user/NAME and root of iam, and '
            "assumed-role/NAME/SESSION and federated-user/NAME of sts"
        )
    if "*" in text or "?" in text:
        raise PrincipalError(f'"{text}" has a wildcard: a request is made by one principal; name it')
    if arn.region or not arn.partition.startswith("aws"):
        raise PrincipalError(f'"{text}" is not a principal: its ARN begins with arn:aws:{arn.service}::')
    if not (len(arn.account) == 12 and arn.account.isdigit()):
        raise PrincipalError(f'"{text}" has "{arn.account}" for an account: an account ID has 12 digits')
    return found


def _of_arn(text: str, arn: Arn) -> Caller | None:
    kind, _, name = arn.resource.partition("/")
    last = name.rpartition("/")[2]
    if arn.service == "iam":
        if arn.resource == "root":
            return Caller(text, PrincipalType.ROOT, arn.partition, arn.account)
        if kind in ("user", "role") and last:
            return Caller(text, PrincipalType(kind), arn.partition, arn.account, last)
        if kind in ("saml-provider", "oidc-provider") and name:
            return Caller(text, PrincipalType.PROVIDER)
    if arn.service == "sts":
        if kind == "federated-user" and name and "/" not in name:
            return Caller(text, PrincipalType.FEDERATED_USER, arn.partition, arn.account, name)
        role, _, session = name.partition("/")
        if kind == "assumed-role" and role and session and "/" not in session:
            return Caller(text, PrincipalType.SESSION, arn.partition, arn.account, role, session)
    return None


class PrincipalMatch(IntEnum):
    """How a Principal element means a caller, which decides what else must allow.

    An ACCOUNT entry hands the decision to that account's identity policies. A ROLE entry grants on its own, but
    boundaries and session policies limit it. A DIRECT one (user, session, service, everyone) is limited by nothing.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
    """

    NONE = 0
    UNSURE = 1
    ACCOUNT = 2
    ROLE = 3
    DIRECT = 4


def grant(principals: Principals | None, who: Caller, *, bounded: bool = False) -> PrincipalMatch:
    """Return how a Principal element means a caller. A statement without one means nobody.

    UNSURE: it names no caller for certain, but perhaps this one (see `perhaps`). A NotPrincipal means everyone it does
    not list, and always whoever has a permissions boundary (`bounded`).
    """
    if principals is None:
        return PrincipalMatch.NONE
    if principals.negated:
        return PrincipalMatch.DIRECT if bounded and who.of_account else _but(principals, who)
    if len(principals.entries) == 1:
        return _entry(*principals.entries[0], who)
    return max((_entry(kind, value, who) for kind, value in principals.entries), default=PrincipalMatch.NONE)


def _but(principals: Principals, who: Caller) -> PrincipalMatch:
    """Return whom NotPrincipal means. Of an account, a role and a session listed together the narrowest counts: the
    wider ones have to be listed for the narrow one to have any effect.

    AWS says that it may deny a principal whose account, or a session whose role, is not listed with it: UNSURE.
    """
    found = {_entry(kind, value, who) for kind, value in principals.entries}
    listed = [value for kind, value in principals.entries if kind == "AWS"]
    if PrincipalMatch.DIRECT in found:
        return PrincipalMatch.NONE if _with_its_account(listed, found, who) else PrincipalMatch.UNSURE
    if any(_entry("AWS", value, who) is PrincipalMatch.UNSURE for value in listed):
        # It is that session, or has that unique id, and is spared; or it is another and is not.
        return PrincipalMatch.UNSURE
    if PrincipalMatch.ROLE in found:
        sessions = f"arn:{who.partition}:sts::{who.account}:assumed-role/{who.name}/"
        if who.kind is PrincipalType.SESSION and any(value.startswith(sessions) for value in listed):
            return PrincipalMatch.DIRECT
        return PrincipalMatch.NONE if PrincipalMatch.ACCOUNT in found else PrincipalMatch.UNSURE
    if PrincipalMatch.ACCOUNT in found:
        own = f"::{who.account}:"
        narrower = any(own in value and not value.endswith(":root") for value in listed)
        return PrincipalMatch.DIRECT if narrower else PrincipalMatch.NONE
    return PrincipalMatch.UNSURE if PrincipalMatch.UNSURE in found else PrincipalMatch.DIRECT


def _with_its_account(listed: list[str], found: set[PrincipalMatch], who: Caller) -> bool:
    """Whether NotPrincipal, which lists a caller, lists what contains it: its account and, of a session, its role."""
    if "*" in listed or who.kind is PrincipalType.ROOT or not who.of_account:
        return True
    needed = (
        {PrincipalMatch.ACCOUNT, PrincipalMatch.ROLE} if who.kind is PrincipalType.SESSION else {PrincipalMatch.ACCOUNT}
    )
    return needed <= found


def _entry(kind: str, value: str, who: Caller) -> PrincipalMatch:
    if kind == "AWS":
        return _aws(value, who)
    if kind == "Service":
        matches = who.kind is PrincipalType.SERVICE and value in (who.text, "*")
    elif kind == "Federated":
        matches = who.kind is PrincipalType.PROVIDER and value in (who.text, "*")
    else:
        return PrincipalMatch.UNSURE if who.of_account else PrincipalMatch.NONE
    return PrincipalMatch.DIRECT if matches else PrincipalMatch.NONE


def _aws(value: str, who: Caller) -> PrincipalMatch:
    if value == "*" or value == who.text:
        return PrincipalMatch.ROLE if who.kind is PrincipalType.ROLE and value != "*" else PrincipalMatch.DIRECT
    if not who.of_account:
        return PrincipalMatch.NONE
    if value.startswith(_UNIQUE_IDS):
        return _unique(value, who)
    if value == who.account or value == f"arn:{who.partition}:iam::{who.account}:root":
        return PrincipalMatch.DIRECT if who.kind is PrincipalType.ROOT else PrincipalMatch.ACCOUNT
    if who.kind is PrincipalType.SESSION:
        head, _, name = value.rpartition("/")
        if name == who.name and head.startswith(f"arn:{who.partition}:iam::{who.account}:role"):
            return PrincipalMatch.ROLE
    elif who.kind is PrincipalType.ROLE and value.startswith(
        f"arn:{who.partition}:sts::{who.account}:assumed-role/{who.name}/"
    ):
        # A role makes requests as one of its sessions.
        return PrincipalMatch.UNSURE
    return PrincipalMatch.NONE


_UNIQUE_IDS = ("AROA", "AIDA")
_BY_PREFIX = {"AIDA": (PrincipalType.USER,), "AROA": (PrincipalType.ROLE, PrincipalType.SESSION)}


def _unique(value: str, who: Caller) -> PrincipalMatch:
    """Say whether a unique id is the caller's: of a user, of a role, or of a role with a session's name.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
    """
    if who.kind not in _BY_PREFIX[value[:4]]:
        return PrincipalMatch.NONE
    listed, colon, name = value.partition(":")
    if not who.userid:
        return PrincipalMatch.NONE if colon and who.session and name != who.session else PrincipalMatch.UNSURE
    own, _, session = who.userid.partition(":")
    if listed != own:
        return PrincipalMatch.NONE
    if not colon:
        return PrincipalMatch.DIRECT if who.kind is PrincipalType.USER else PrincipalMatch.ROLE
    if not session:
        return PrincipalMatch.UNSURE
    return PrincipalMatch.DIRECT if name == session else PrincipalMatch.NONE


@dataclass(frozen=True, slots=True)
class Perhaps:
    """Why it is not known whether a Principal element means a caller: `values` of it, which depend on `key`."""

    key: str
    values: tuple[str, ...]
    reason: str = ""


def perhaps(principals: Principals | None, who: Caller) -> dict[PrincipalMatch, Perhaps]:
    """Return how an element may mean a caller that it does not name for certain, with the entries in question.

    A canonical user id is another name for an account, and which one cannot be told from the policies.
    """
    if principals is None or (principals.negated and grant(principals, who) is not PrincipalMatch.UNSURE):
        return {}
    found: dict[PrincipalMatch, Perhaps] = {}
    for kind, value in principals.entries:
        if _entry(kind, value, who) is PrincipalMatch.UNSURE:
            how, key = _if_meant(kind, value, who)
            if principals.negated:
                how = PrincipalMatch.DIRECT
            known = found.get(how, Perhaps(key, ()))
            found[how] = Perhaps(known.key, (*known.values, value))
    if principals.negated and not found:
        listed = tuple(value for _, value in principals.entries)
        found[PrincipalMatch.DIRECT] = Perhaps("NotPrincipal", listed, _WITHOUT_ITS_ACCOUNT)
    return found


_WITHOUT_ITS_ACCOUNT = (
    "AWS may deny a principal that NotPrincipal lists without the ARN of its account, or a session without its role's"
)


def _if_meant(kind: str, value: str, who: Caller) -> tuple[PrincipalMatch, str]:
    if kind != "AWS":
        return (PrincipalMatch.DIRECT if who.kind is PrincipalType.ROOT else PrincipalMatch.ACCOUNT), kind
    if value.startswith("arn:"):
        return PrincipalMatch.DIRECT, "the session name"
    return (PrincipalMatch.DIRECT if value.startswith("AIDA") or ":" in value else PrincipalMatch.ROLE), "aws:userid"
