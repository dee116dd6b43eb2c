"""ACC160 to ACC163: roles, access keys, passwords and permissions for services that nothing has used for long."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from preflight.account.facts import Known
from preflight.audit.access.holders import Holder
from preflight.audit.scene import Scene
from preflight.audit.unused.last_accessed import (
    REPORT,
    ROOT,
    TAKE,
    TRACKED_DAYS,
    active_keys,
    days_since,
    not_read,
    report_rows,
    services_ask,
)
from preflight.audit.unused.narrower import narrower_policy
from preflight.engine.result import Kind, Result
from preflight.engine.rule import Rule
from preflight.iam.limits import MANAGED

_NAMED = 6
# What a row has of a kind: its name, the days since it was used (None: never) and made (None: not known), and what to
# do.
_Idle: TypeAlias = Callable[[Scene, Mapping[str, str]], Iterator[tuple[str, int | None, int | None, str]]]


def roles(scene: Scene, rule: Rule) -> Iterator[Result]:
    """Say which roles nothing has used for as long as the settings say, and that are older than that."""
    wanted = scene.settings.unused_days
    every = [each for each in scene.holders.by_arn.values() if each.kind == "role" and not each.is_service_linked]
    known = [
        each
        for each in every
        if "RoleLastUsed" in each.detail and days_since(scene, each.detail.get("CreateDate")) is not None
    ]
    if every and not known:
        yield rule.result(
            Kind.NOT_APPLICABLE,
            "Not checked: which roles are unused: the facts don't say when they were last used",
            remedy="Take the snapshot with preflight snapshot.",
        )
        return
    used = 0
    for role in known:
        age = days_since(scene, role.detail.get("CreateDate")) or 0
        idle = days_since(scene, (role.detail["RoleLastUsed"] or {}).get("LastUsedDate"))
        if (age if idle is None else idle) < wanted:
            used += 1
            continue
        said = f"was last used {idle} days ago" if idle is not None else f"has not been used in {_tracked(age)}"
        yield rule.result(
            Kind.FAIL,
            f"role {role.name} {said}",
            subject=role.arn,
            remedy=f"If nothing needs it, detach its policies and delete it: aws iam delete-role --role-name "
            f"{role.name}.",
        )
    if unclear := len(every) - len(known):
        yield rule.result(
            Kind.OPEN,
            f"Can't determine whether {unclear} roles are used: the facts don't say when they were last used",
            remedy="Take the snapshot with preflight snapshot.",
        )
    if used and used == len(every):
        yield rule.result(Kind.PASS, f"All {used} roles were used or created in the last {wanted} days")


def access_keys(scene: Scene, rule: Rule) -> Iterator[Result]:
    """Say which active access keys have not been used for as long as the settings say."""
    yield from _of_users(scene, rule, "which access keys are unused", "access key", _idle_keys)


def passwords(scene: Scene, rule: Rule) -> Iterator[Result]:
    """Say which users have a password that they have not used for as long as the settings say."""
    yield from _of_users(scene, rule, "which passwords are unused", "password", _idle_password)


def _of_users(scene: Scene, rule: Rule, what: str, thing: str, idle: _Idle) -> Iterator[Result]:
    rows = report_rows(scene)
    if rows is None or scene.account.taken_at is None:
        yield not_read(scene, rule, REPORT, what)
        return
    looked_at = unused = 0
    for row in rows:
        for name, days, since_made, remedy in idle(scene, row):
            looked_at += 1
            age = since_made if days is None else days
            if age is not None and age < scene.settings.unused_days:
                continue
            unused += 1
            if age is None:
                yield rule.result(
                    Kind.OPEN,
                    f"Can't determine whether {name} of user {row['user']} is unused: it has never been used, and the "
                    "credential report doesn't say when it was created",
                    subject=row.get("arn") or "",
                    remedy=TAKE,
                )
                continue
            said = f"was last used {days} days ago" if days is not None else "has never been used"
            yield rule.result(
                Kind.FAIL, f"{name} of user {row['user']} {said}", subject=row.get("arn") or "", remedy=remedy
            )
    if not unused:
        said = f"all {looked_at} active {thing}s are in use, or new" if looked_at else f"no user has an active {thing}"
        yield rule.result(Kind.PASS, said)


def _idle_keys(scene: Scene, row: Mapping[str, str]) -> Iterator[tuple[str, int | None, int | None, str]]:
    for number in active_keys(row) if row["user"] != ROOT else ():
        made = days_since(scene, row.get(f"access_key_{number}_last_rotated"))
        days = days_since(scene, row.get(f"access_key_{number}_last_used_date"))
        remedy = f"Deactivate it, then delete it: aws iam list-access-keys --user-name {row['user']} names it."
        yield f"access key {number}", days, made, remedy


def _idle_password(scene: Scene, row: Mapping[str, str]) -> Iterator[tuple[str, int | None, int | None, str]]:
    if row.get("password_enabled") == "true" and row["user"] != ROOT:
        made = days_since(scene, row.get("password_last_changed"))
        remedy = f"Delete it: aws iam delete-login-profile --user-name {row['user']}."
        yield "the password", days_since(scene, row.get("password_last_used")), made, remedy


def granted_services(scene: Scene, rule: Rule) -> Iterator[Result]:
    """Say which principals have permission for services that they have not used, with the policy without those."""
    wanted, narrow, unknown, refused = scene.settings.unused_days, 0, 0, False
    holders = [each for each in scene.holders.by_arn.values() if not each.is_service_linked]
    for holder in holders:
        ask = services_ask(holder.arn)
        fact = scene.account.read(ask)
        if not isinstance(fact, Known):
            unknown += 1
            refused = refused or scene.account.was_refused(ask)
            continue
        idle = {each["ServiceNamespace"]: days_since(scene, each.get("LastAuthenticated")) for each in
                fact.value["ServicesLastAccessed"]}  # fmt: skip
        used = {name for name, days in idle.items() if days is not None and days < wanted}
        spare = sorted(idle.keys() - used)
        if not spare or (days_since(scene, holder.detail.get("CreateDate")) or wanted) < wanted:
            narrow += 1
            continue
        yield _spare(rule, scene, holder, spare, used)
    if unknown == len(holders) and not refused:
        yield rule.result(
            Kind.NOT_APPLICABLE,
            "Not checked: which services principals have permission for and don't use: the facts don't say",
            remedy=TAKE,
        )
    elif unknown:
        yield rule.result(
            Kind.OPEN,
            f"Can't determine which services {unknown} of {len(holders)} principals use",
            remedy="Allow iam:GenerateServiceLastAccessedDetails and iam:GetServiceLastAccessedDetails on *, and take "
            "the snapshot again with --last-accessed.",
        )
    if narrow and narrow == len(holders):
        yield rule.result(
            Kind.PASS, f"All {narrow} principals used every service that they have permission for, or are new"
        )


def _spare(rule: Rule, scene: Scene, holder: Holder, spare: list[str], used: set[str]) -> Result:
    more = f" and {len(spare) - _NAMED} more" if len(spare) > _NAMED else ""
    document = narrower_policy(scene, holder, used) if used else None
    if not used:
        remedy = f"It uses no service: delete the {holder.kind}, or detach its policies."
    elif document is not None and len(text := json.dumps(document, separators=(",", ":"))) <= MANAGED:
        remedy = f"Replace its policies with one for what it uses ({', '.join(sorted(used)[:_NAMED])}): {text}"
    else:
        remedy = f"Remove the actions of these services from its policies; it uses {', '.join(sorted(used)[:_NAMED])}."
    return rule.result(
        Kind.FAIL,
        f"{holder.kind} {holder.name} has permission for {len(spare)} service{'s' if len(spare) > 1 else ''} that it "
        f"has not used in {scene.settings.unused_days} days: {', '.join(spare[:_NAMED])}{more}",
        subject=holder.arn,
        remedy=remedy,
    )


def _tracked(age: int) -> str:
    return f"the {TRACKED_DAYS} days that IAM tracks" if age > TRACKED_DAYS else f"the {age} days since it was created"
