"""The answer to an authorization question, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from preflight.iam.request import PolicyType


class Outcome(StrEnum):
    """AWS's three answers, and open: it depends on something that is not known."""

    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicitDeny"
    IMPLICIT_DENY = "implicitDeny"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class StatementRef:
    """A statement that took part. `statement` is its index in the policy, from 0; `sid` may be empty."""

    policy_type: PolicyType
    policy: str
    statement: int
    sid: str
    effect: str


@dataclass(frozen=True, slots=True)
class Dependency:
    """A condition that an open decision depends on: `key operator values`, in `statement`.

    `reason` says why it cannot be decided where the key's value is not what is missing: a form that AWS does not
    support, or whose meaning it does not document.
    """

    key: str
    operator: str
    values: tuple[str, ...]
    statement: StatementRef
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NearMiss:
    """An Allow that nearly applied. `why` says in words what kept it from applying.

    `kind` is `resource` (allows the action on other resources), `condition` (a condition is not met), `case` (the
    resource differs from the pattern only in upper and lower case) or `action` (the resource matches, the action does
    not, but a similar one does).
    """

    statement: StatementRef
    kind: str
    why: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided.

    `by` are the statements that decided (all denies that matched; or the allows). `missing` are the policy types that
    gave no allow where one was needed. `depends_on` are the unknown conditions an open decision depends on, `unknown`
    the policy types that are not known and could change it, with reasons.
    """

    outcome: Outcome
    by: tuple[StatementRef, ...] = ()
    missing: tuple[PolicyType, ...] = ()
    depends_on: tuple[Dependency, ...] = ()
    unknown: tuple[tuple[PolicyType, str], ...] = ()
    near_misses: tuple[NearMiss, ...] = ()
    reason: str = ""
    """Why the request is denied whatever policies allow, where that is so: nobody can change AWS's own objects."""
