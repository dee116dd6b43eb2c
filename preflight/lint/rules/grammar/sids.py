"""Sids: their characters, and that no two statements have the same one.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from preflight.lint.policy.finding import Edit, Faults, Finding, no_faults, shown
from preflight.lint.policy.needs import needs
from preflight.lint.policy.subject import Subject

_REFUSED = re.compile(r"[^A-Za-z0-9]+", re.ASCII)


def _faults(subject: Subject) -> Faults:
    found = no_faults()
    first: dict[str, str] = {}
    for view in subject.statements:
        sid, place = view.sid, f"{view.pointer}/Sid"
        if not sid:
            continue
        if not (sid.isalnum() and sid.isascii()):
            problem = f"the Sid {shown(sid)} contains characters other than letters and digits"
            found["characters"].append(Finding(place, problem, *_other(sid, place, subject)))
        if sid in first:
            problem = f"the Sid {shown(sid)} is also used in {first[sid]}"
            new = _free(sid, subject)
            edits = (Edit("replace", place, new),)
            found["repeated"].append(Finding(place, problem, f'use a different one, such as "{new}"', edits=edits))
        else:
            first[sid] = f"Statement[{view.index}]"
    return found


@needs(_faults)
def characters(subject: Subject) -> Iterable[Finding]:
    """Find Sids with other characters than letters and digits."""
    return subject.once(_faults).get("characters", ())


@needs(_faults)
def repeated(subject: Subject) -> Iterable[Finding]:
    """Find Sids that stand in more than one statement."""
    return subject.once(_faults).get("repeated", ())


def empty(subject: Subject) -> Iterator[Finding]:
    """Find Sids that are empty."""
    for view in subject.statements:
        if view.raw.get("Sid") == "":
            place = f"{view.pointer}/Sid"
            yield Finding(place, "the Sid is empty", edits=(Edit("remove", place),))


def _other(sid: str, place: str, subject: Subject) -> tuple[str, bool, None, tuple[()], tuple[Edit, ...]]:
    """Return the remedy and the edit (and what stands between them) for a Sid with characters that it cannot have."""
    parts = [part for part in _REFUSED.split(sid) if part]
    meant = "".join(part if index == 0 else part[0].upper() + part[1:] for index, part in enumerate(parts))
    if not meant:
        return "remove it, or use letters and digits only", False, None, (), (Edit("remove", place),)
    meant = _free(meant, subject, at_least=1)
    return f'write "{meant}"', False, None, (), (Edit("replace", place, meant),)


def _free(sid: str, subject: Subject, *, at_least: int = 2) -> str:
    taken = {view.sid for view in subject.statements}
    count = at_least
    while (new := sid if count < 2 else f"{sid}{count}") in taken:
        count += 1
    return new
