"""What an account's facts say of use: of each principal's services, of users' passwords and keys, of roles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from preflight.account.facts import Ask, Known
from preflight.account.snapshots.recorder import Recorder
from preflight.account.snapshots.snapshot import moment
from preflight.audit.scene import Scene
from preflight.engine.result import Kind, Result
from preflight.engine.rule import Rule

REPORT = Ask.all("iam:credential-report", "")
PASSWORD_POLICY = Ask.all("iam:password-policy", "")
TAKE = "Take the snapshot with --last-accessed."
ROOT = "<root_account>"
"""How the credential report names the root user."""
# How far back IAM looks: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html
TRACKED_DAYS = 400
_BATCH = 200
_NEVER = ("N/A", "no_information", "not_supported", "")


def services_ask(arn: str) -> Ask:
    """Return the question when a principal last used which service."""
    return Ask.one("iam:service-last-accessed", "", {"Arn": arn})


def collect_last_accessed(recorder: Recorder) -> None:
    """Read the credential report, the password policy, and of every role and user when it last used which service."""
    recorder.read_many([REPORT, PASSWORD_POLICY])
    arns = [
        each["Arn"]
        for kind in ("iam:role", "iam:user")
        if isinstance(listed := recorder.read(Ask.all(kind, "")), Known)
        for each in listed.value
        if ":role/aws-service-role/" not in each["Arn"]
    ]
    for start in range(0, len(arns), _BATCH):
        recorder.read_many([services_ask(each) for each in arns[start : start + _BATCH]])


def report_rows(scene: Scene) -> Sequence[Mapping[str, str]] | None:
    """Return the rows of the credential report; None where the facts don't have it."""
    fact = scene.account.read(REPORT)
    return fact.value if isinstance(fact, Known) else None


def active_keys(row: Mapping[str, str]) -> list[str]:
    """Return which access keys of a row of the credential report are active: "1", "2"."""
    return [number for number in ("1", "2") if row.get(f"access_key_{number}_active") == "true"]


def not_read(scene: Scene, rule: Rule, ask: Ask, what: str) -> Result:
    """Return the one result of a rule whose facts are missing: unknown where they were asked for and refused."""
    fact = scene.account.read(ask)
    if scene.account.was_refused(ask):
        reason, remedy = getattr(fact, "reason", ""), getattr(fact, "remedy", "") or TAKE
        return rule.result(Kind.OPEN, f"Can't determine {what}: {reason}", remedy=remedy)
    return rule.result(Kind.NOT_APPLICABLE, f"Not checked: {what}: the facts don't have it", remedy=TAKE)


def days_since(scene: Scene, text: str | None) -> int | None:
    """Return how many days before the facts were read a time was; None for what is no time."""
    now, then = scene.account.taken_at, _time(text)
    return None if now is None or then is None else max((now - then).days, 0)


def _time(text: str | None) -> datetime | None:
    return None if text in _NEVER else moment(text)
