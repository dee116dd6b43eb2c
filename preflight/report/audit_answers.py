"""Who can do what, the answers to a question about an account, as plain data, text and CSV."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from preflight.audit.access.decider import Access, Reach
from preflight.audit.questions.answers import AnswerLine, access_level
from preflight.audit.questions.granted_by_resources import EVERYONE
from preflight.iam.decision import StatementRef
from preflight.report.audit_rows import table
from preflight.report.terminal import clean

_HOW = {Reach.SOME: " (on some)", Reach.OPEN: " (perhaps)"}
_SHOWN = 6


def answers_as_data(answers: Iterable[AnswerLine]) -> list[dict[str, Any]]:
    """Return the answers to a question as plain data."""
    return [
        {
            "principal": each.principal,
            "action": each.action,
            "access_level": access_level(each.action),
            "resource": each.resource,
            **access_as_data(each.access),
        }
        for each in answers
    ]


def answers_as_text(answers: Sequence[AnswerLine]) -> Iterator[str]:
    """Give the answers to a question, one line each with what allows it below."""
    for each in answers:
        how = {Reach.SOME: f" (some, such as {each.access.example})", Reach.OPEN: " (perhaps)"}.get(
            each.access.reach, ""
        )
        who = "everyone (*)" if each.principal == EVERYONE else each.principal
        yield clean(f"{who}  {each.action} on {each.resource}{how}")
        if each.access.depends_on:
            yield clean(f"    if {' and '.join(each.access.depends_on)}")
        if each.access.by:
            yield clean(f"    by {_by(each.access)}")


def answers_as_csv(answers: Iterable[AnswerLine]) -> str:
    """Return the answers to a question as CSV with a head line."""
    head = ("principal", "action", "access_level", "resource", "reach", "by", "example", "depends_on")
    return table(
        head,
        (
            (
                each.principal,
                each.action,
                access_level(each.action),
                each.resource,
                each.access.reach.value,
                _by(each.access),
                each.access.example,
                " and ".join(each.access.depends_on),
            )
            for each in answers
        ),
    )


def capabilities_as_text(answers: Sequence[AnswerLine]) -> Iterator[str]:
    """Give what a principal may do: whether it is or can become an administrator, then by service and access level."""
    grouped: dict[tuple[str, str], list[AnswerLine]] = {}
    for each in answers:
        service, colon, _ = each.action.partition(":")
        if colon:
            grouped.setdefault((service, access_level(each.action)), []).append(each)
            continue
        if each.action == "administrator":
            told = "is an administrator"
        elif each.access.reach is Reach.OPEN and not each.access.example:
            told = "Can't determine whether it can become an administrator"
        else:
            told = f"can become an administrator: {each.access.example}"
        depends_on = f" (depends on: {', '.join(each.access.depends_on)})" if each.access.depends_on else ""
        yield clean(f"{each.principal}  {told}{depends_on}")
    service = ""
    for (its, level), own in sorted(grouped.items()):
        if its != service:
            service = its
            yield service
        names = [f"{each.action.partition(':')[2]}{_HOW.get(each.access.reach, '')}" for each in own]
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        yield clean(f"  {level}: {', '.join(names[:_SHOWN])}{more}")


def _by(access: Access) -> str:
    return ", ".join(f"{ref.sid or f'Statement[{ref.statement}]'} of {ref.policy}" for ref in access.by)


def access_as_data(access: Access) -> dict[str, Any]:
    """Return how far something is allowed, and by which statements."""
    return {
        "reach": access.reach.value,
        "by": statements_as_data(access.by),
        "example": access.example,
        "depends_on": list(access.depends_on),
    }


def statements_as_data(by: Iterable[StatementRef]) -> list[dict[str, str]]:
    """Return statements by the names of their policies and their own."""
    return [{"policy": each.policy, "statement": each.sid or f"Statement[{each.statement}]"} for each in by]
