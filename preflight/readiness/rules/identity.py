"""PRE101: who makes the call, and is that known?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from preflight.account.caller_keys import may_set
from preflight.account.facts import Absent, Known, Unknown
from preflight.account.principals import identity_of, is_session_of
from preflight.declared.expressions import arn_part
from preflight.engine.result import Kind, Level, Result
from preflight.engine.rule import Rule
from preflight.readiness.permissions.authorization import caller_facts
from preflight.readiness.step import Step


def caller_identity(step: Step, rule: Rule) -> Iterator[Result]:
    """Say once for a plan whether the principal is known, of the right account, and who is calling now."""
    if not step.is_first:
        return
    principal = step.principal
    if principal is None:
        found = step.account.caller()
        reason = found.reason if isinstance(found, Unknown) else "the caller was not given"
        resolution = found.remedy if isinstance(found, Unknown) else ""
        yield rule.result(
            Kind.OPEN,
            f"can't determine who makes the call: {reason}",
            location=step.location,
            remedy=resolution or "Name the role or user with --principal ARN.",
        )
        return
    yield _principal(step, rule, principal)
    yield from _session(step, rule, principal)
    caller = step.account.caller()
    if isinstance(caller, Known) and not is_session_of(caller.value, principal):
        yield rule.result(
            Kind.FAIL,
            f"the credentials in use are those of {caller.value}, but the plan says that {principal} makes the call",
            level=Level.WARNING,
            subject=caller.value,
            location=step.location,
            remedy=f"Make the call with credentials of {principal}, or give --principal {caller.value}.",
        )


def _session(step: Step, rule: Rule, principal: str) -> Iterator[Result]:
    """Say which of the session tags and the source identity that were given the role's trust policy does not let be
    set: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html and
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
    """
    facts, session = caller_facts(step), step.session
    if not isinstance(facts, Known):
        return
    tags = {f"aws:requesttag/{key.lower()}": (value,) for key, value in session.tags.items()}
    asked: list[tuple[list[str], str, Mapping[str, tuple[str, ...]]]] = [
        (
            [f"--session-tag {key}={value}" for key, value in sorted(session.tags.items())],
            "sts:TagSession",
            {**tags, "aws:tagkeys": tuple(session.tags)},
        )
    ]
    if (name := session.source_identity) is not None:
        asked.append(([f"--source-identity {name}"], "sts:SetSourceIdentity", {"sts:sourceidentity": (name,)}))
    for options, action, values in asked:
        if options and may_set(facts.value, action, values) is False:
            said = " and ".join(options)
            yield rule.result(
                Kind.FAIL,
                f"{said}: no session of {facts.value.identity_arn} can have it, because its trust policy does not "
                f"allow {action} with it",
                subject=principal,
                location=step.location,
                remedy=f"Allow {action} in the trust policy of the role, or leave out {said}.",
            )


def _principal(step: Step, rule: Rule, principal: str) -> Result:
    def result(kind: Kind, message: str, remedy: str = "", level: Level = rule.level) -> Result:
        return rule.result(kind, message, subject=principal, location=step.location, remedy=remedy, level=level)

    partition, account = arn_part(principal, "partition"), arn_part(principal, "account")
    if partition != step.partition:
        return result(
            Kind.FAIL,
            f"{principal} is in partition {partition}, but the call is made in {step.partition}",
            f"Name a role or user of {step.partition}, or correct the region.",
        )
    if account != step.account_id:
        return result(
            Kind.FAIL,
            f"{principal} belongs to account {account}, but the call is made in account {step.account_id}",
            f"Name a role or user of account {step.account_id}, or correct the account.",
        )
    if identity_of(principal) is None:
        return result(
            Kind.OPEN,
            f"{principal} is neither a role, a user, an assumed-role session nor an account's root user: "
            "its policies can't be determined",
            "Name the role or user that makes the call with --principal ARN.",
        )
    facts = caller_facts(step)
    if isinstance(facts, Absent):
        return result(
            Kind.FAIL,
            f"{principal} does not exist" + (f": {facts.detail}" if facts.detail else ""),
            "Create it, or use another one with --principal ARN.",
        )
    if isinstance(facts, Unknown):
        return result(Kind.OPEN, f"{principal} cannot be read: {facts.reason}", facts.remedy)
    if facts.value.kind == "root":
        return result(
            Kind.FAIL,
            f"the call would be made by the root user of account {account}, which no policy there can restrict",
            "Make the call with a role that has just the permissions it needs "
            "(https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html).",
            Level.WARNING,
        )
    return result(Kind.PASS, f"{principal} makes the call, in account {account}")
