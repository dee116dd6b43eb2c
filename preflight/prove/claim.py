"""What is claimed of policies, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from preflight.documents.policies.found_policy import FoundPolicy
from preflight.engine.result import Location
from preflight.iam.proof import Counterexample, ProofVerdict


class Claim(StrEnum):
    """The four claims, by the names of the command line."""

    NO_NEW_ACCESS = "no-new-access"
    NOT_GRANTED = "not-granted"
    NOT_PUBLIC = "not-public"
    NOT_ADMINISTRATOR = "not-administrator"


RULES: Mapping[Claim, str] = {
    Claim.NO_NEW_ACCESS: "PRV101",
    Claim.NOT_GRANTED: "PRV102",
    Claim.NOT_PUBLIC: "PRV103",
    Claim.NOT_ADMINISTRATOR: "PRV104",
}


@dataclass(frozen=True, slots=True)
class Question:
    """A claim with what it is about. `assumed` are condition keys with their values; `today`: only actions that exist.
    `actions`, `resources` and `principals` are patterns, of `not-granted` alone; what is empty is any.
    """

    claim: Claim
    actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    principals: tuple[str, ...] = ()
    assumed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    today: bool = False


class SkippedFile(NamedTuple):
    """A file that was not looked at, and why."""

    path: str
    reason: str


class Shown(NamedTuple):
    """A request that shows that the claim fails, and where the policy grants it. `old_document` is the policy before,
    None where there is none.
    """

    counterexample: Counterexample
    policy: str
    location: Location
    document: Any
    old_document: Any = None


class Undecided(NamedTuple):
    """Why something could not be decided, where, and what would decide it if that is known."""

    reason: str
    policy: str
    location: Location | None = None
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class ProofAnswer:
    """What came of a claim about policies. `proved` are the policies that it was shown for, `files` how many were read,
    `sources` their texts by path, `notes` what is to be known of some of the proved.
    """

    claim: Claim
    verdict: ProofVerdict
    counterexamples: tuple[Shown, ...] = ()
    unknown: tuple[Undecided, ...] = ()
    proved: tuple[FoundPolicy, ...] = ()
    files: int = 0
    policies: int = 0
    skipped: tuple[SkippedFile, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Undecided, ...] = ()
