"""`audit` of one account: its report, and the answers to questions about access."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from preflight.api.facts import require_one_source
from preflight.engine.result import Level
from preflight.errors import UsageError

if TYPE_CHECKING:
    from preflight.account.live.account import LiveAccount
    from preflight.audit.check import Audit
    from preflight.audit.questions.answers import AnswerLine
    from preflight.audit.questions.change import Change
    from preflight.documents.text.document import Document

OnRead = Callable[[int, str], None]


@dataclass(frozen=True, slots=True)
class AccessAnswer:
    """The answer to a question about access. `unknown` says what is not known of the account, and so not in it;
    `regions` are those that were asked about, for an action on resources of a Region.
    """

    answers: tuple[AnswerLine, ...]
    unknown: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether something is not known, of the account or of an answer."""
        return bool(self.unknown) or any(each.access.reach.value == "open" for each in self.answers)


def audit(
    *,
    snapshot: str | None = None,
    regions: Sequence[str] = (),
    profile: str | None = None,
    endpoint_url: str | None = None,
    resource_policies: bool = False,
    last_accessed: bool = False,
    running: bool = False,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    fail_on: Level = Level.ERROR,
    allow_open: bool = False,
    reading: OnRead | None = None,
) -> Audit:
    """Audit the account of a snapshot file, or of the credentials, with the settings of `[audit]`.

    `resource_policies`, `last_accessed` and `running` say what else is read of the account of the credentials, as
    `snapshot` has them. `reading` is called with how many facts were read from AWS and the kind of the last. Raises
    `InputError` for a file that is no snapshot, `UsageError` for arguments that do not go together, or a region
    without facts.
    """
    from preflight.audit.check import audit as audit_account
    from preflight.audit.settings import audit_settings
    from preflight.documents.config import find_config

    if snapshot is not None and (resource_policies or last_accessed or running):
        raise UsageError("a snapshot has what it was taken with; give these options to preflight snapshot")

    also = {"RESOURCE_POLICIES": resource_policies, "LAST_ACCESSED": last_accessed, "RUNNING": running}
    read = partial(_everything_of, [name for name, given in also.items() if given])
    document = _facts(snapshot, regions, profile, endpoint_url, reading, read)
    return audit_account(
        document,
        regions=regions,
        settings=audit_settings(find_config([document.path]).audit),
        select=select,
        ignore=ignore,
        fail_on=fail_on,
        allow_open=allow_open,
    )


def who_can(
    action: str,
    on: str | None = None,
    *,
    snapshot: str | None = None,
    regions: Sequence[str] = (),
    profile: str | None = None,
    endpoint_url: str | None = None,
    reading: OnRead | None = None,
) -> AccessAnswer:
    """Say who may do an action, for certain or perhaps, on a resource or on any. Of the account of the credentials the
    policies of its principals and of the resources that the action may be on are read.
    """
    from preflight.audit.questions.answers import action_id, unknown_to
    from preflight.audit.questions.answers import who_can as asked
    from preflight.audit.questions.asked_resources import is_regional
    from preflight.audit.questions.resource_policies import kinds_for
    from preflight.audit.questions.unread_limits import unread_limits
    from preflight.audit.scene import asked_scene

    read = partial(_access_of, kinds_for(action_id(action)))
    scene = asked_scene(_facts(snapshot, regions, profile, endpoint_url, reading, read), regions)
    found = tuple(asked(scene, action, on))
    unknown = tuple(dict.fromkeys((*unread_limits(scene, found), *unknown_to(scene, action, on))))
    return AccessAnswer(found, unknown, scene.regions if on is None and is_regional(action) else ())


def can(
    principal: str,
    *,
    snapshot: str | None = None,
    regions: Sequence[str] = (),
    profile: str | None = None,
    endpoint_url: str | None = None,
    reading: OnRead | None = None,
) -> AccessAnswer:
    """Say what a role or user (a name or an ARN) may do, for certain or perhaps. Of the account of the credentials the
    policies of its principals and resources are read.
    """
    from preflight.audit.outside.shared_resources import KINDS
    from preflight.audit.questions.answers import can as asked
    from preflight.audit.questions.answers import unknown_of
    from preflight.audit.questions.unread_limits import unread_limits
    from preflight.audit.scene import asked_scene

    read = partial(_access_of, KINDS)
    scene = asked_scene(_facts(snapshot, regions, profile, endpoint_url, reading, read), regions)
    found = tuple(asked(scene, principal))
    return AccessAnswer(found, (*unread_limits(scene, found), *unknown_of(scene, principal)))


def changes_since(
    old: str,
    *,
    snapshot: str | None = None,
    regions: Sequence[str] = (),
    profile: str | None = None,
    endpoint_url: str | None = None,
    reading: OnRead | None = None,
) -> list[Change]:
    """Say what access changed since an older snapshot, and what can't be compared since one of the two lacks it. The
    facts of now are those of `audit`.

    Raises `UsageError` where the two are not of one account.
    """
    from preflight.audit.questions.since import compared
    from preflight.documents.text.load import load

    now = _facts(snapshot, regions, profile, endpoint_url, reading, partial(_everything_of, ()))
    return compared(load(old), now, regions)


def _access_of(shared: Sequence[str], live: LiveAccount, **about: Any) -> dict[str, Any]:
    from preflight.audit.collecting import collect_access

    return collect_access(live, shared=shared, **about)


def _everything_of(also: Sequence[str], live: LiveAccount, **about: Any) -> dict[str, Any]:
    from preflight.audit.collecting import Also, collect

    return collect(live, also=frozenset(Also[each] for each in also), **about)


def _facts(
    snapshot: str | None,
    regions: Sequence[str],
    profile: str | None,
    endpoint_url: str | None,
    reading: OnRead | None,
    collect: Callable[..., dict[str, Any]],
) -> Document:
    """Return the account's snapshot: that of a file, or one that is collected now."""
    require_one_source(snapshot, profile, endpoint_url)
    if snapshot is not None:
        from preflight.documents.text.load import load

        return load(snapshot)
    from preflight.account.live.account import LiveAccount
    from preflight.account.live.clients import Connection
    from preflight.audit.collecting import enabled_regions
    from preflight.documents.text.document import Document

    connection = Connection(profile, next(iter(regions), None), endpoint_url, retry_mode="adaptive", attempts=8)
    live = LiveAccount.open(connection, rereads=0)
    try:
        enabled, unlisted = (regions, None) if regions else enabled_regions(live)
        return Document(live.source, collect(live, regions=enabled, unlisted=unlisted, progress=reading))
    finally:
        live.close()
