"""ACC164 to ACC168: the root user, passwords, MFA and access keys, by the account's credential report."""

from __future__ import annotations

from collections.abc import Iterator

from preflight.account.facts import Absent, Known
from preflight.audit.scene import Scene
from preflight.audit.unused.last_accessed import (
    PASSWORD_POLICY,
    REPORT,
    ROOT,
    TAKE,
    active_keys,
    days_since,
    not_read,
    report_rows,
)
from preflight.engine.result import Evidence, Kind, Result
from preflight.engine.rule import Rule

# CIS AWS Foundations Benchmark v3.0, 1.8 and 1.9.
_SHORTEST, _REMEMBERED = 14, 24


def root_user(scene: Scene, rule: Rule) -> Iterator[Result]:
    """Say whether the root user has access keys, and whether it signs in without MFA."""
    rows = report_rows(scene)
    row = next((each for each in rows or () if each["user"] == ROOT), None)
    if row is None:
        yield not_read(scene, rule, REPORT, "the root user's access keys and MFA")
        return
    arn = row.get("arn") or f"arn:{scene.partition}:iam::{scene.account_id}:root"
    keys = active_keys(row)
    if keys:
        yield rule.result(
            Kind.FAIL,
            f"the root user has {len(keys)} active access key{'s' if len(keys) > 1 else ''}",
            subject=arn,
            remedy="Sign in as the root user and delete the keys under Security credentials.",
        )
    # Without a password (centrally managed root access) no one signs in as the root user.
    signs_in = row.get("password_enabled") != "false"
    if signs_in and row.get("mfa_active") != "true":
        yield rule.result(
            Kind.FAIL,
            "the root user has no MFA device",
            subject=arn,
            remedy="Sign in as the root user and register an MFA device under Security credentials.",
        )
    elif not keys:
        has = "an MFA device" if signs_in else "no password"
        yield rule.result(Kind.PASS, f"the root user has no access keys and {has}", subject=arn)


def password_policy(scene: Scene, rule: Rule) -> Iterator[Result]:
    """Say whether the password policy asks for passwords that are long and not used again."""
    fact = scene.account.read(PASSWORD_POLICY)
    if not isinstance(fact, Known | Absent):
        yield not_read(scene, rule, PASSWORD_POLICY, "the account's password policy")
        return
    rows = report_rows(scene)
    if rows is not None and not any(each.get("password_enabled") == "true" and each["user"] != ROOT for each in rows):
        yield rule.result(Kind.NOT_APPLICABLE, "no user has a password")
        return
    found = next(iter(fact.value), None) if isinstance(fact, Known) else None
    faults = ["the account has no password policy"] if found is None else []
    if found is not None:
        if found.get("MinimumPasswordLength", 0) < _SHORTEST:
            faults.append(f"passwords can be as short as {found.get('MinimumPasswordLength', 0)} characters")
        if found.get("PasswordReusePrevention", 0) < _REMEMBERED:
            faults.append("old passwords can be used again")
    if not faults:
        yield rule.result(Kind.PASS, "the password policy requires long passwords and prevents their reuse")
        return
    yield rule.result(
        Kind.FAIL,
        "; ".join(faults),
        subject=scene.account_id,
        remedy=f"aws iam update-account-password-policy --minimum-password-length {_SHORTEST} "
        f"--password-reuse-prevention {_REMEMBERED} (with the account's other settings, which it replaces).",
    )


def key_age(scene: Scene, rule: Rule) -> Iterator[Result]:
    """Say which active access keys are older than the settings say."""
    rows = report_rows(scene)
    if rows is None or scene.account.taken_at is None:
        yield not_read(scene, rule, REPORT, "how old access keys are")
        return
    young = 0
    for row in rows:
        for number in active_keys(row):
            days = days_since(scene, row.get(f"access_key_{number}_last_rotated"))
            if days is None:
                yield rule.result(
                    Kind.OPEN,
                    f"Can't determine how old access key {number} of user {row['user']} is: the credential report "
                    "doesn't say when it was created",
                    subject=row.get("arn") or "",
                    remedy=TAKE,
                )
                continue
            if days <= scene.settings.key_age_days:
                young += 1
                continue
            yield rule.result(
                Kind.FAIL,
                f"access key {number} of user {row['user']} is {days} days old",
                subject=row.get("arn") or "",
                remedy="Use a role in place of the user, or create a new key, deploy it, and delete this one.",
            )
    if young:
        yield rule.result(Kind.PASS, f"{young} access keys are {scene.settings.key_age_days} days old at most")


def mfa(scene: Scene, rule: Rule) -> Iterator[Result]:
    """Say which users sign in with a password alone."""
    rows = report_rows(scene)
    if rows is None:
        yield not_read(scene, rule, REPORT, "which users sign in without MFA")
        return
    sound = 0
    for row in rows:
        if row["user"] == ROOT or row.get("password_enabled") != "true":
            continue
        if row.get("mfa_active") == "true":
            sound += 1
            continue
        yield rule.result(
            Kind.FAIL,
            f"user {row['user']} has a password and no MFA device",
            subject=row.get("arn") or "",
            remedy="Register an MFA device for the user, or move the user to IAM Identity Center.",
        )
    if sound:
        yield rule.result(Kind.PASS, f"{sound} users with a password have an MFA device")


def own_policies(scene: Scene, rule: Rule) -> Iterator[Result]:
    """Say which users have policies of their own, in place of a group's or a role's."""
    users = [each for each in scene.holders.by_arn.values() if each.kind == "user"]
    sound = 0
    for user in users:
        inline = [each["PolicyName"] for each in user.detail.get("UserPolicyList", ())]
        attached = [
            each.get("PolicyName") or each["PolicyArn"] for each in user.detail.get("AttachedManagedPolicies", ())
        ]
        names = [*inline, *attached]
        if not names:
            sound += 1
            continue
        yield rule.result(
            Kind.FAIL,
            f"user {user.name} has {len(names)} polic{'ies' if len(names) > 1 else 'y'} that no group gives it: "
            f"{', '.join(names[:3])}{', ...' if len(names) > 3 else ''}",
            subject=user.arn,
            evidence=[Evidence(each, "") for each in names],
            remedy="Attach the policies to a group and put the user into it, or use a role.",
        )
    if users and sound == len(users):
        yield rule.result(Kind.PASS, f"none of {sound} users has its own policies")
