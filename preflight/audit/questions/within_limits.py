"""What a principal may do by all its policies together that it may not do by those of another time: by proof.

Its own policies allow, and its permissions boundary and each level of service control policies have to allow too. A
request is sought that all of these allow now, and that one of them did not allow, or denied, before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from preflight.audit.access.holders import Holder
from preflight.errors import PreflightError
from preflight.iam.decide import decide
from preflight.iam.policy import Policy
from preflight.iam.proof.boxes import Box, box_of
from preflight.iam.proof.checking import MOST_COUNTEREXAMPLES, Assumptions, ClaimCheck, Parts
from preflight.iam.proof.dimensions import Point
from preflight.iam.proof.scene import ProofScope, allowed, refused
from preflight.iam.proof.witness import NOTHING_KNOWN, find
from preflight.iam.request import Policies, Request
from preflight.iam.statement import Statement

_MOST_COMBINATIONS = 400


@dataclass(frozen=True, slots=True)
class NewAccess:
    """Requests that are allowed now and were not before, and what could not be decided, in words."""

    requests: tuple[Request, ...]
    unknown: tuple[str, ...]


def is_limited(before: Holder, now: Holder) -> bool:
    """Say whether a principal has, or had, a boundary or service control policies that do not just allow everything."""
    return any(not _allows_all(layer) for holder in (before, now) for layer in _limits(holder))


def is_alike(before: Holder, now: Holder) -> bool:
    """Say whether all policies of a principal say the same as before."""
    return [*map(_meaning, [_own(before), *_limits(before)])] == [*map(_meaning, [_own(now), *_limits(now)])]


def new_access(before: Holder, now: Holder) -> NewAccess:
    """Return what a principal may do now and might not before."""
    old, new = ([_own(each), *_limits(each)] for each in (before, now))
    everything = Policy("all policies", "2012-10-17", tuple(each for layer in (*old, *new) for each in layer))
    check = ClaimCheck(everything, None, "identity", Assumptions())
    scope = ProofScope("identity", {each.key: each.name for one in everything.statements for each in one.conditions})
    was, is_now = ([_parts(layer) for layer in layers] for layers in (old, new))
    denied = [each for part in is_now for each in part.denies]
    kept = {_text(each.statement) for each in denied if each.statement is not None}
    lifted = [
        each for part in was for each in part.denies
        if each.statement is not None and _text(each.statement) not in kept
    ]  # fmt: skip
    granting = [part.allows for part in is_now]
    # What was granted before, layer by layer: a request that all of it covers was allowed, unless a Deny was lifted.
    before_too = [_texts(part.allows) for part in was] if len(was) == len(is_now) else [set[str]() for _ in is_now]
    found: list[Request] = []
    unknown: dict[str, None] = {}

    def confirm(point: Point) -> bool:
        asked = scope.asked(point)
        if asked is None:
            return False
        try:
            first, second = (
                decide(asked.request, _beside(asked.beside, each.policies), nearest=False) for each in (before, now)
            )
        except PreflightError:
            return False
        if refused(first) and allowed(second):
            found.append(asked.request)
            return True
        return False

    for number, combination in enumerate(product(*granting)):
        if number >= _MOST_COMBINATIONS or len(found) >= MOST_COUNTEREXAMPLES:
            if number >= _MOST_COMBINATIONS:
                unknown["its policies can be combined in too many ways"] = None
            break
        known = all(_is_in(box, texts) for box, texts in zip(combination, before_too, strict=True))
        for must, avoid in _sought(combination, denied, () if known else was, lifted):
            result = find(must, [*avoid, *check.free], check.space, confirm, NOTHING_KNOWN, today=False)
            unknown.update(dict.fromkeys(result.missing if result.point is None else ()))
    return NewAccess(tuple({(each.action, each.resource): each for each in found}.values()), tuple(unknown))


def _sought(
    combination: tuple[Box, ...], denied: Sequence[Box], was: Sequence[Parts], lifted: Sequence[Box]
) -> Iterator[tuple[list[Box], list[Box]]]:
    """Give what a request has to be in, and in none of which it may be: one for each way not to be allowed before."""
    for part in was:
        yield [*combination], [*denied, *part.allows]
    for deny in lifted:
        yield [*combination, deny], [*denied]


def _own(holder: Holder) -> tuple[Statement, ...]:
    return tuple(each for policy in holder.policies.identity for each in policy.statements)


def _limits(holder: Holder) -> list[tuple[Statement, ...]]:
    policies = holder.policies
    levels = () if holder.is_service_linked else policies.service_control or ()
    groups = [*([policies.boundaries] if policies.boundaries else []), *levels]
    return [tuple(each for policy in group for each in policy.statements) for group in groups]


def _allows_all(layer: tuple[Statement, ...]) -> bool:
    return all(each.allows for each in layer) and any(
        each.applies_always and each.actions.everything and not each.actions.negated for each in layer
    )


def _meaning(layer: tuple[Statement, ...]) -> list[str]:
    return sorted(set(map(_text, layer)))


def _text(statement: Statement) -> str:
    """Return what a statement says, wherever it is written and whatever it is called."""
    return repr(replace(statement, index=0, sid=""))


def _texts(boxes: Sequence[Box]) -> set[str]:
    return {_text(each.statement) for each in boxes if each.statement is not None}


def _is_in(box: Box, texts: set[str]) -> bool:
    return box.statement is not None and _text(box.statement) in texts


def _parts(layer: tuple[Statement, ...]) -> Parts:
    boxes = [box_of(each) for each in layer]
    return Parts(
        [each for each in boxes if each.statement is not None and each.statement.allows],
        [each for each in boxes if each.statement is not None and not each.statement.allows],
    )


def _beside(beside: Policies, own: Policies) -> Policies:
    return replace(beside, identity=own.identity, boundaries=own.boundaries, service_control=own.service_control)
