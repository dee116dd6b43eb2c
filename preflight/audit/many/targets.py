"""The accounts of an audit of many: whose facts come from AWS by a role or a profile, or from a snapshot file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from preflight.account.facts import Ask, Fact
from preflight.account.live.role_credentials import OWN, AssumedRole
from preflight.account.organization import Member, Organization
from preflight.errors import InputError, UsageError

ROLE_NAME = "OrganizationAccountAccessRole"
_ENDINGS = (".json", ".yaml", ".yml", ".json.gz", ".yaml.gz", ".yml.gz")
_DIGITS = 12
_WAYS_IN = ("role", "external-id", "profile")


@dataclass(frozen=True, slots=True)
class AuditTarget:
    """One account to audit. `key` names it in the run: its twelve digits, or the name of its snapshot file, whose
    `path` is given then. `answers` are facts that are known beforehand: the organization's policies.
    """

    key: str
    name: str = ""
    path: str = ""
    profile: str | None = None
    role: AssumedRole | None = None
    regions: tuple[str, ...] = ()
    answers: Mapping[Ask, Fact[Any]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An account that is not audited on purpose, and why."""

    key: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class AccountAccess:
    """How to get into accounts: the name or ARN of a role, an external ID, the account in which one already is, and
    the profile whose credentials assume the roles.
    """

    role: str = ROLE_NAME
    external_id: str | None = None
    home: str = ""
    profile: str | None = None

    def to(self, account: str, role: str | None = None, external_id: str | None = None) -> AssumedRole | None:
        """Return the role to assume for an account; None for the one whose credentials are at hand, unless its own role
        is told.
        """
        if account == self.home and role is None:
            return None
        named = role or self.role
        arn = named if named.startswith("arn:") else f"{OWN}iam::{account}:role/{named.lstrip('/')}"
        return AssumedRole(arn, external_id or self.external_id)


def of_organization(
    organization: Organization, access: AccountAccess, *, include: Sequence[str] = (), exclude: Sequence[str] = ()
) -> tuple[list[AuditTarget], list[LeftOut]]:
    """Return the accounts of an organization to audit, and those that are left out, each with its reason.

    `include` and `exclude` are ids of accounts, ids of units (with all below them), or patterns of names. Raises
    `UsageError` for one that is about nothing in the organization.
    """
    _require_known(organization, (*include, *exclude))
    targets, left_out = [], []
    for member in organization.members:
        reason = _reason(member, organization, include, exclude)
        if reason:
            left_out.append(LeftOut(member.account, member.name, reason))
            continue
        targets.append(
            AuditTarget(
                member.account,
                member.name,
                profile=access.profile,
                role=access.to(member.account),
                answers=organization.levels(member),
            )
        )
    return targets, left_out


def of_snapshots(folder: str) -> tuple[list[AuditTarget], list[LeftOut]]:
    """Return the snapshots of a folder and of those in it, each an account, and the files that are none by their names;
    what is hidden is passed by. Raises `InputError` where there is no snapshot.
    """
    targets, left_out = [], []
    try:
        for path in sorted(_files(Path(folder))):
            key = path.relative_to(folder).as_posix()
            if path.name.lower().endswith(_ENDINGS):
                targets.append(AuditTarget(key, path=str(path)))
            else:
                left_out.append(LeftOut(key, "", f"no snapshot by its name: they end in {', '.join(_ENDINGS)}"))
    except OSError as error:
        raise InputError(folder, f"it cannot be read ({error.strerror})", mend="make it readable") from None
    if not targets:
        raise InputError(folder, "no file in it is a snapshot", mend="put the .json or .json.gz files there")
    return targets, left_out


def _files(folder: Path) -> Iterator[Path]:
    for each in folder.iterdir():
        if each.name.startswith("."):
            continue
        if each.is_dir() and not each.is_symlink():
            yield from _files(each)
        elif each.exists():
            yield each  # a link to a folder is not followed: it is named as what it is not


def of_file(path: str, access: AccountAccess) -> list[AuditTarget]:
    """Return the accounts that a file lists (`schemas/accounts.schema.json`), or a text of one account id a line.

    Raises `InputError` for what is no such list, and for an account that it has twice.
    """
    from preflight.documents.text.load import decode, load_text, read_bytes
    from preflight.documents.text.schema import validate

    text = decode(read_bytes(path), path)
    if path.endswith((".txt", ".csv")) or not path.endswith(_ENDINGS):
        targets = list(_of_lines(text, path, access))
    else:
        document = load_text(text, path)
        validate(document, "accounts")
        entries = document.value if isinstance(document.value, list) else document.value["accounts"]
        beside = str(Path(path).parent)
        whole = [each if isinstance(each, dict) else {"account": each} for each in entries]
        for entry in whole:
            if "snapshot" in entry and (idle := next((name for name in _WAYS_IN if name in entry), None)):
                problem = f"account {entry['account']} has a snapshot, so its {idle} would not be used"
                raise InputError(path, problem, mend="leave out one of them")
        targets = [_entry(each, access, beside) for each in whole]
    seen: set[str] = set()
    for each in targets:
        if each.key in seen:
            raise InputError(path, f"it has account {each.key} twice", mend="leave one of them out")
        seen.add(each.key)
    if not targets:
        raise InputError(path, "it names no account", mend="list the accounts to audit")
    return targets


def _entry(entry: Mapping[str, Any], access: AccountAccess, beside: str) -> AuditTarget:
    account = str(entry["account"])
    if "snapshot" in entry:
        path = str(Path(beside, entry["snapshot"]))
        return AuditTarget(account, str(entry.get("name", "")), path=path, regions=tuple(entry.get("regions", ())))
    profile = entry.get("profile")
    role = entry.get("role")
    # A profile of its own is a way in already; a role is assumed only where it is told.
    assumed = None if profile is not None and role is None else access.to(account, role, entry.get("external-id"))
    return AuditTarget(
        account,
        str(entry.get("name", "")),
        profile=profile if profile is not None else access.profile,
        role=assumed,
        regions=tuple(entry.get("regions", ())),
    )


def _of_lines(text: str, path: str, access: AccountAccess) -> Iterator[AuditTarget]:
    for number, line in enumerate(text.splitlines(), start=1):
        account, _, name = line.partition("#")[0].strip().replace(",", " ").partition(" ")
        if not account:
            continue
        if len(account) != _DIGITS or not (account.isascii() and account.isdigit()):
            raise InputError(
                path,
                f"{account!r} is not an account ID",
                place=f"line {number}",
                mend="write its 12 digits; for more than the ID, see docs/organizations.md",
            )
        yield AuditTarget(account, name.strip(), profile=access.profile, role=access.to(account))


def _reason(member: Member, organization: Organization, include: Sequence[str], exclude: Sequence[str]) -> str:
    """Say why an account is left out; empty where it is not."""
    if member.status not in ("ACTIVE", ""):
        return f"it is {member.status.lower().replace('_', ' ')}"
    if include and not any(_about(each, member, organization) for each in include):
        return "not among --include"
    hit = next((each for each in exclude if _about(each, member, organization)), None)
    return f"--exclude {hit}" if hit is not None else ""


def _about(told: str, member: Member, organization: Organization) -> bool:
    if told == member.account or told in member.above:
        return True
    names = (member.name, *(organization.units.get(each, "") for each in member.above))
    return any(fnmatchcase(name, told) for name in names if name)


def _require_known(organization: Organization, told: Iterable[str]) -> None:
    for each in told:
        if each not in organization.units and not any(
            _about(each, member, organization) for member in organization.members
        ):
            raise UsageError(
                f"{each!r} isn't an account, OU or account name of organization {organization.id}; write a "
                "12-digit account ID, an OU ID (ou-...), or a pattern of names"
            )
