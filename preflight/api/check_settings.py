"""What a team vouches for, from the arguments of a call and the settings of `[check]`, as one value."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from preflight.errors import UsageError

if TYPE_CHECKING:
    from preflight.documents.config import CheckTable
    from preflight.documents.text.document import Document
    from preflight.readiness.settings import CheckSettings

_ROLE = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/\S*[^\s/]")
_IDENTITY = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
"""What STS takes for a source identity: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """What is given in a call; what is empty or None is taken from the settings. Policies and `deployed` are files."""

    session_policies: Sequence[str] = ()
    session_tags: Mapping[str, str] | None = None
    source_identity: str | None = None
    sts_active: Sequence[str] = ()
    allow_unchecked: Sequence[str] = ()
    deployed: str | None = None
    service_role: str | None = None

    def files(self) -> tuple[str | None, ...]:
        """Return the files that are named here."""
        return *self.session_policies, self.deployed


def check_settings(given: Vouched, table: CheckTable) -> tuple[CheckSettings, Document | None]:
    """Return what holds for a check, and the template as it is deployed, read from the files that are named.

    Raises `InputError` for a file that cannot be used, `UsageError` for a region or a source identity that cannot be.
    """
    from preflight.account.sessions import Session
    from preflight.documents.plans.consistency import require_region
    from preflight.readiness.settings import CheckSettings

    identity = given.source_identity if given.source_identity is not None else table.source_identity
    if identity is not None and not _IDENTITY.fullmatch(identity):
        raise UsageError(
            f"--source-identity {identity!r} is not a source identity; "
            "use 2 to 64 letters, digits and the characters _ + = , . @ -"
        )
    regions = tuple(given.sts_active or table.sts_active)
    for region in regions:
        require_region(region, "--sts-active")
    session = Session(
        policy_bodies(given.session_policies or table.session_policies, "session"),
        table.session_tags if given.session_tags is None else given.session_tags,
        identity,
    )
    deployed = given.deployed or table.deployed
    role = given.service_role or table.service_role
    if role is not None and not _ROLE.fullmatch(role):
        raise UsageError(f"--service-role {role!r} is not the ARN of a role; write arn:aws:iam::ACCOUNT:role/NAME")
    settings = CheckSettings(session, regions, tuple(given.allow_unchecked or table.allow_unchecked), role)
    if deployed is None:
        return settings, None
    from preflight.documents.text.load import load

    return settings, load(deployed)


def policy_bodies(
    paths: Sequence[str], type_: Literal["identity", "permissions-boundary", "session", "service-control"]
) -> tuple[Document, ...]:
    """Read policy files, for what takes the place of an account's policies or is laid over them."""
    if not paths:
        return ()
    from preflight.documents.policies.policy_file import read_policy
    from preflight.iam.request import PolicyType

    return tuple(read_policy(path, PolicyType(type_)).body for path in paths)
