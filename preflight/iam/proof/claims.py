"""The four claims: nothing new is granted, nothing of a kind, nothing to everyone, not everything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from preflight.iam.policy import Policy
from preflight.iam.proof.administrator import friendly, memberships
from preflight.iam.proof.boxes import Box, box_of, zone
from preflight.iam.proof.checking import (
    Assumptions,
    ClaimCheck,
    Parts,
    Proof,
    ProofVerdict,
    meaning_of,
)
from preflight.iam.proof.dimensions import Space
from preflight.iam.proof.plain_requests import plain_request
from preflight.iam.proof.scene import (
    NAMING,
    DocumentType,
)
from preflight.iam.proof.solve import Solution, solve
from preflight.iam.proof.sought import check_sought
from preflight.iam.proof.strangers import strangers, users_of_apps
from preflight.iam.proof.values import Values
from preflight.iam.statement import Statement

NOTHING = Policy("nothing", "2012-10-17")
"""A policy that grants nothing, and denies nothing."""

_NOTHING_GIVEN = Assumptions()
_GRANTING_NOTHING = frozenset({"scp", "rcp", "vpc-endpoint"})
"""The types of policy that only limit what others grant, and by default allow everything."""

_ALLOWED_BY_NO_OTHER = frozenset({"trust", "vpc-endpoint"})
"""The types of policy that have to allow a request themselves, whatever others do."""

_WITH_TOKEN = "sts:AssumeRoleWithWebIdentity"
"""The only action on a role that a caller with a token of an identity provider has."""


def no_new_access(old: Policy, new: Policy, type_: DocumentType, given: Assumptions = _NOTHING_GIVEN) -> Proof:
    """Prove that a policy allows no request that another one does not allow."""
    check = ClaimCheck(new, old, type_, given)
    before, after = check.parts(old), check.parts(new)
    known = {meaning_of(each) for each in before.allows}
    denied = {meaning_of(each) for each in after.denies}
    lifted = [each for each in before.denies if meaning_of(each) not in denied]
    for each in after.allows:
        if meaning_of(each) not in known and check.found([each], [*after.denies, *before.allows], each):
            continue
        for deny in lifted:
            if check.found([each, deny], after.denies, each):
                break
    proof = check.proof()
    if proof.verdict is not ProofVerdict.HOLDS or type_ in _ALLOWED_BY_NO_OTHER:
        return proof
    return replace(proof, lifted=tuple(_lifted(lifted, after.denies, check.space)))


def _lifted(denies: Sequence[Box], others: Sequence[Box], space: Space) -> Iterator[Statement]:
    """Yield the statements that are not shown to deny only what others deny, too."""
    for each in denies:
        found = solve([each], others, space, lambda _: True)
        if each.statement is not None and (found.point is not None or found.missing):
            yield each.statement


def not_granted(
    policy: Policy,
    type_: DocumentType,
    actions: Sequence[str] = (),
    resources: Sequence[str] = (),
    principals: Sequence[str] = (),
    given: Assumptions = _NOTHING_GIVEN,
) -> Proof:
    """Prove that none of some actions on any of some resources is allowed to any of some principals, all of them
    patterns; what is left empty is any. Raises `PrincipalError` for a pattern that no caller matches.
    """
    for pattern in principals:
        check_sought(pattern)
    return none_allowed(policy, type_, zone(actions, resources, sought=principals), given)


def none_allowed(policy: Policy, type_: DocumentType, asked: Box, given: Assumptions = _NOTHING_GIVEN) -> Proof:
    """Prove that a policy allows none of the requests in a box. A counterexample is shown for each statement."""
    check = ClaimCheck(policy, None, type_, given)
    parts = check.parts(policy)
    for each in parts.allows:
        check.found([each, asked], parts.denies, each)
    return check.proof()


def not_public(policy: Policy, type_: DocumentType, given: Assumptions = _NOTHING_GIVEN) -> Proof:
    """Prove that a policy grants nothing to everyone: to callers of accounts that it does not name, to anonymous ones
    or through a public identity provider, whatever else such a request can bring along.
    """
    if type_ not in NAMING:
        return Proof(ProofVerdict.HOLDS)
    check = ClaimCheck(policy, None, type_, given)
    parts, by_token = check.parts(policy), (_WITH_TOKEN,) if type_ == "trust" else ()
    for each in parts.allows:
        for ways in strangers(policy, by_token):
            if check.first([[each, one] for one in ways], parts.denies, each):
                break
    proof = check.proof()
    if proof.verdict is ProofVerdict.HOLDS:
        for host, box in users_of_apps(policy, by_token):
            if none_allowed(policy, type_, box, given).verdict is not ProofVerdict.HOLDS:
                check.missing[
                    f"it depends on who can sign in to the app or identity pool that the conditions on {host} name"
                ] = None
    return check.proof()


def not_administrator(policy: Policy, type_: DocumentType, given: Assumptions = _NOTHING_GIVEN) -> Proof:
    """Prove that a policy does not allow all actions on all resources, nor so much that its holder can grant itself the
    rest, be it under conditions that any holder meets or can meet at will.

    What exists is needed for the second: without `given.known` only the first is looked at. Policies that limit what
    others grant make no one an administrator.
    """
    if type_ in _GRANTING_NOTHING:
        return Proof(ProofVerdict.HOLDS)
    proof = _administrator(ClaimCheck(policy, None, type_, given), policy, friendly(policy))
    if proof.verdict is not ProofVerdict.HOLDS:
        return proof
    keys = memberships(policy)
    if keys:
        of_members = _administrator(ClaimCheck(policy, None, type_, given), policy, friendly(policy, members=True))
        if of_members.verdict is not ProofVerdict.HOLDS:
            return Proof(ProofVerdict.UNKNOWN, (), (f"it depends on the account of its holders ({', '.join(keys)})",))
    return proof


def all_granted(policy: Policy, type_: DocumentType, given: Assumptions = _NOTHING_GIVEN) -> Proof:
    """Prove that a policy does not allow every action, whether it exists or not, on every resource."""
    check = ClaimCheck(policy, None, type_, given)
    _look_for_everything(check, policy, friendly(policy))
    return check.proof()


def _administrator(check: ClaimCheck, policy: Policy, contexts: Iterable[Mapping[str, Values]]) -> Proof:
    contexts = tuple({tuple(each.items()): each for each in contexts}.values())
    if not _look_for_everything(check, policy, contexts):
        check.grants_itself(contexts)
    return check.proof()


def _look_for_everything(check: ClaimCheck, policy: Policy, contexts: Iterable[Mapping[str, Values]]) -> bool:
    """Look for values of condition keys with which everything is allowed."""
    parts, everything = check.parts(policy), zone()
    for context in contexts:
        space = replace(check.space, assumed={**context, **check.space.assumed})
        lacking = _lacking(parts, everything, space, check)
        if lacking.point is None and not lacking.missing:
            if any(check.found([each], parts.denies, each, space) for each in parts.allows):
                return True
        elif lacking.point is None:
            check.missing.update(dict.fromkeys(lacking.missing))
    return False


def equivalent(one: Policy, other: Policy, type_: DocumentType) -> bool:
    """Whether two policies are shown to decide every request alike, whatever other policies say beside them: they allow
    the same, and deny the same explicitly.
    """
    both = (one, other), (other, one)
    return not any(_plainly_more(old, new, type_) for old, new in both) and all(
        _denies_all_of(old, new, type_) and no_new_access(old, new, type_).verdict is ProofVerdict.HOLDS
        for old, new in both
    )


def _plainly_more(old: Policy, new: Policy, type_: DocumentType) -> bool:
    """Whether a request that a statement is plainly about shows that a policy allows what another one does not."""
    known = {meaning_of(box_of(each)) for each in old.statements if each.allows}
    more = [box for each in new.statements if each.allows and meaning_of(box := box_of(each)) not in known]
    if not more or type_ in NAMING:
        return False
    keys = {each.key for policy in (old, new) for statement in policy.statements for each in statement.conditions}
    check = ClaimCheck(new, old, type_, _NOTHING_GIVEN)
    return any(
        point is not None and check.shown_by(point, box) for box in more for point in (plain_request(box, keys),)
    )


def _denies_all_of(policy: Policy, other: Policy, type_: DocumentType) -> bool:
    """Whether a policy is shown to deny everything that another one denies."""
    check = ClaimCheck(policy, None, type_, _NOTHING_GIVEN)
    denies, others = check.parts(policy).denies, check.parts(other).denies
    known = {meaning_of(each) for each in denies}
    for each in others:
        if meaning_of(each) not in known:
            found = solve([each], denies, check.space, lambda _: True)
            if found.point is not None or found.missing:
                return False
    return True


def redundant(policy: Policy, type_: DocumentType) -> Iterator[Statement]:
    """Yield the statements without each of which, alone, a policy is shown to be equivalent to what it is."""
    for each in policy.statements:
        rest = tuple(other for other in policy.statements if other is not each)
        if equivalent(policy, Policy(policy.name, policy.version, rest), type_):
            yield each


def _lacking(parts: Parts, everything: Box, space: Space, check: ClaimCheck) -> Solution:
    """Find a request that is not allowed: one that no Allow is about, or that a Deny is about.

    What a NotAction spares is looked at first: to tell all its patterns apart takes a hundred times as long.
    """
    spared = [each.actions.texts[0] for each in parts.allows if each.actions is not None and each.actions.negated]
    for text in dict.fromkeys(spared):
        found = solve([everything, zone([text])], [*parts.allows, *check.free], space, lambda _: True)
        if found.point is not None:
            return found
    found = solve([everything], [*parts.allows, *check.free], space, lambda _: True)
    missing = dict.fromkeys(found.missing)
    if found.point is not None:
        return found
    for each in parts.denies:
        found = solve([everything, each], check.free, space, lambda _: True)
        if found.point is not None:
            return found
        missing.update(dict.fromkeys(found.missing))
    return Solution(None, tuple(missing))
