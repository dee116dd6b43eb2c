"""`snapshot`: the facts of an account in a file, to check, lint, simulate and audit without credentials."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from preflight.errors import UsageError

if TYPE_CHECKING:
    from preflight.account.live.account import LiveAccount
    from preflight.account.snapshots.journal import Identity
    from preflight.audit.collecting import Also
    from preflight.documents.plans.plan import Plan


@dataclass(frozen=True, slots=True)
class Taken:
    """A snapshot that was written to `path`; `unknown` is what of the account could not be read."""

    path: str
    document: Mapping[str, Any]

    @property
    def unknown(self) -> Sequence[Mapping[str, Any]]:
        """What could not be read, each with its reason and what would settle it."""
        return list(self.document.get("unknown", ()))


class SnapshotInterrupted(KeyboardInterrupt):
    """Ctrl-C while an account is read: what was read is kept in `journal`, and `resume=True` goes on from there. It is
    empty where nothing is kept, since the output is no file.
    """

    def __init__(self, journal: str) -> None:
        super().__init__(journal)
        self.journal = journal


def snapshot(
    output: str,
    *,
    regions: Sequence[str] = (),
    plans: Sequence[str] = (),
    principal: str | None = None,
    from_files: Sequence[str] = (),
    account: str | None = None,
    resource_policies: bool = False,
    last_accessed: bool = False,
    running: bool = False,
    resume: bool = False,
    profile: str | None = None,
    endpoint_url: str | None = None,
    progress: Callable[[int, str], None] | None = None,
) -> Taken:
    """Write an account's facts to a file, whole or not at all; AWS is only read. A name that ends in .gz packs it.

    `plans` are requests and plans whose resources are read as well, `from_files` what AWS CLI commands printed, to take
    in place of AWS. With `resource_policies` every bucket, key, queue, topic, repository, secret and function is read
    with its policy, with `last_accessed` when principals last used what they may use, with `running` what runs with a
    role: functions, instances, notebooks, jobs, builds, stacks and state machines. `progress` is called with how many
    facts were read and the kind of the last. Raises `SnapshotInterrupted` on Ctrl-C, `UsageError` where credentials
    expire or the file cannot be written.
    """
    target = Path(output)
    if from_files:
        if plans or resume or profile or endpoint_url or resource_policies or last_accessed or running:
            raise UsageError(
                "--from-files can't be combined with --plan, --resource-policies, --last-accessed, --running, "
                "--resume, --profile or --endpoint-url"
            )
        from preflight.account.snapshots.from_cli_output import document_from

        document = document_from(from_files, account=account, region=regions[0] if regions else None)
        _write(target, document, "make room, or name another --output")
    else:
        from preflight.audit.collecting import Also

        wanted = {
            Also.NAMES: True,
            Also.RESOURCE_POLICIES: resource_policies,
            Also.LAST_ACCESSED: last_accessed,
            Also.RUNNING: running,
        }
        also = frozenset(each for each, given in wanted.items() if given)
        document = _collected(
            target, regions, _plans(plans, principal), also, profile, endpoint_url, progress, resume=resume
        )
    return Taken(output, document)


def _collected(
    target: Path,
    regions: Sequence[str],
    plans: Sequence[Plan],
    also: frozenset[Also],
    profile: str | None,
    endpoint_url: str | None,
    progress: Callable[[int, str], None] | None,
    *,
    resume: bool,
) -> dict[str, Any]:
    from preflight.account.live.account import LiveAccount
    from preflight.account.live.clients import Connection
    from preflight.account.snapshots.journal import SnapshotJournal
    from preflight.audit.collecting import collect, enabled_regions
    from preflight.report.written import takes_as_it_comes

    if resume and takes_as_it_comes(target):
        raise UsageError(f"--resume continues from a file beside the output, and {target} is not a file; leave it out")
    first = next(iter(regions), None) or next((each.region for each in plans if each.region), None)
    live = LiveAccount.open(
        Connection(profile, region=first, endpoint_url=endpoint_url, retry_mode="adaptive", attempts=8), rereads=0
    )
    try:
        identity = _identity(live)
        # Beside a pipe or a device nothing can be kept for another run.
        journal = None if takes_as_it_comes(target) else SnapshotJournal(Path(os.path.realpath(target)), identity)
        answers = journal.open(resume=resume) if journal is not None else {}
    except BaseException:
        live.close()
        raise
    again = "continue with --resume" if journal is not None else "run it again"
    done = False
    try:
        enabled, unlisted = (regions, None) if regions else enabled_regions(live)
        wanted = list(dict.fromkeys([*enabled, *(each.region for each in plans if each.region)]))
        document = collect(
            live, regions=wanted, plans=plans, also=also, answers=answers, unlisted=unlisted,
            journal=None if journal is None else journal.add, progress=progress,
        )  # fmt: skip
        _require_fresh(document, again)
        _validate(document, str(target))
        # Only then does what was read go: a full disk or an interruption here loses nothing.
        kept = "" if journal is None else f"what was read is kept in {journal.path}: "
        _write(target, document, f"{kept}make room, and {again}")
        done = True
    except KeyboardInterrupt:
        raise SnapshotInterrupted("" if journal is None else str(journal.path)) from None
    finally:
        if journal is not None:
            journal.close(done=done)
        live.close()
    return document


def _identity(live: LiveAccount) -> Identity:
    """Return who reads. Raises `UsageError` where that cannot be told."""
    from preflight.account.facts import Known, Unknown
    from preflight.account.snapshots.journal import Identity

    account, caller = live.account_id(), live.caller()
    if not isinstance(account, Known) or not isinstance(caller, Known):
        reason = account.reason if isinstance(account, Unknown) else "AWS did not say"
        remedy = (account.resolution if isinstance(account, Unknown) else "") or "sign in again"
        raise UsageError(f"can't determine the account: {reason}; {remedy}")
    # A session has another name each time its role is assumed.
    principal = caller.value.rpartition("/")[0] if ":assumed-role/" in caller.value else caller.value
    return Identity(live.partition, account.value, principal)


def _plans(requests: Sequence[str], principal: str | None) -> list[Plan]:
    from preflight.api.requests import Said, read

    return [read([each], Said(principal=principal))[0] for each in requests]


def _require_fresh(document: dict[str, Any], again: str) -> None:
    """Raise `UsageError` where credentials expired on the way: the rest can be read after signing in again."""
    from preflight.audit.collecting import expired

    if reasons := expired(document):
        raise UsageError(f"the credentials expired partway ({len(reasons)} reads); sign in again, and {again}")


def _validate(document: dict[str, Any], path: str) -> None:
    from preflight.documents.text.document import Document
    from preflight.documents.text.schema import validate

    validate(Document(path, document), "snapshot")


def _write(target: Path, document: Mapping[str, Any], otherwise: str) -> None:
    """Write the file whole, or not at all. Raises `UsageError` where it cannot be; `otherwise` is what to do then."""
    from preflight.report.written import write

    data = (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")
    if target.suffix == ".gz":
        data = gzip.compress(data, mtime=0)
    try:
        write(target, data, private=True)
    except OSError as error:
        raise UsageError(f"{target} cannot be written ({error.strerror}); {otherwise}") from None
