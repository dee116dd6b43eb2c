"""The four claims: nothing new is granted, nothing of a kind, nothing to everyone, not everything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from preflight.iam.decision import Outcome, StatementRef
from preflight.iam.policy import Policy
from preflight.iam.proof.administrator import friendly
from preflight.iam.proof.boxes import Box, box_of, meaning, zone
from preflight.iam.proof.dimensions import Point, Space
from preflight.iam.proof.names import RESOURCES, ROLES
from preflight.iam.proof.scene import (
    NAMING,
    Asked,
    DocumentType,
    ProofScope,
    allowed,
    case,
    granted,
    policy_type,
    refused,
)
from preflight.iam.proof.solve import Solution, solve
from preflight.iam.proof.sought import check_sought
from preflight.iam.proof.strangers import strangers, users_of_apps
from preflight.iam.proof.values import Values
from preflight.iam.proof.witness import NOTHING_KNOWN, KnownNames, find
from preflight.iam.request import Request
from preflight.iam.service_rules import NO_PERMISSION_NEEDED, OWN_OBJECTS, RCP_SERVICES, RCP_SPARES
from preflight.iam.statement import Statement

MOST_COUNTEREXAMPLES = 10
NOTHING = Policy("nothing", "2012-10-17")
"""A policy that grants nothing, and denies nothing."""


class ProofVerdict(StrEnum):
    """Whether a claim holds for every request, fails for one that is shown, or could not be decided."""

    HOLDS = "holds"
    FAILS = "fails"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A request for which a claim fails, as the engine decides it.

    `asked` is the request with what surrounds the policy, `old` the decision by the policy before where there is one.
    `statement` is the one of the policy that grants it, `exists` whether the action does, as far as is known.
    `by_account`: the policy hands the decision to the caller's account, whose own policies have to allow it too.
    """

    asked: Asked
    new: Outcome
    by: tuple[StatementRef, ...]
    statement: Statement | None
    old: Outcome | None = None
    exists: bool | None = None
    by_account: bool = False
    type: DocumentType = "identity"

    def case(self, document: Any, name: str) -> dict[str, Any]:
        """Return the request, with a policy of the type, as a case of `preflight simulate`."""
        return case(self.type, self.asked, document, name)


@dataclass(frozen=True, slots=True)
class Proof:
    """The answer to a claim. It holds for every request there can be; or `counterexamples` show that it does not, at
    most ten; or `unknown` says in words what could not be decided.
    """

    verdict: ProofVerdict
    counterexamples: tuple[Counterexample, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Assumptions:
    """What a proof takes for given: what exists, condition keys whose values are fixed (names in lower case), and
    whether only actions that exist `today` count.
    """

    known: KnownNames = NOTHING_KNOWN
    assumed: Mapping[str, Values] = field(default_factory=dict)
    today: bool = False


_NOTHING_GIVEN = Assumptions()
_WITH_TOKEN = "sts:AssumeRoleWithWebIdentity"
"""The only action on a role that a caller with a token of an identity provider has."""


def no_new_access(old: Policy, new: Policy, type_: DocumentType, given: Assumptions = _NOTHING_GIVEN) -> Proof:
    """Prove that a policy allows no request that another one does not allow."""
    judge = _Judge(new, old, type_, given)
    before, after = judge.parts(old), judge.parts(new)
    known = {_meaning(each) for each in before.allows}
    denied = {_meaning(each) for each in after.denies}
    lifted = [each for each in before.denies if _meaning(each) not in denied]
    for each in after.allows:
        if _meaning(each) not in known and judge.found([each], [*after.denies, *before.allows], each):
            continue
        for deny in lifted:
            if judge.found([each, deny], after.denies, each):
                break
    return judge.proof()


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
    judge = _Judge(policy, None, type_, given)
    parts = judge.parts(policy)
    for each in parts.allows:
        judge.found([each, asked], parts.denies, each)
    return judge.proof()


def not_public(policy: Policy, type_: DocumentType, given: Assumptions = _NOTHING_GIVEN) -> Proof:
    """Prove that a policy grants nothing to everyone: to callers of accounts that it does not name, to anonymous ones
    or through a public identity provider, whatever else such a request can bring along.
    """
    if type_ not in NAMING:
        return Proof(ProofVerdict.HOLDS)
    judge = _Judge(policy, None, type_, given)
    parts, by_token = judge.parts(policy), (_WITH_TOKEN,) if type_ == "trust" else ()
    for each in parts.allows:
        for ways in strangers(policy, by_token):
            if judge.first([[each, one] for one in ways], parts.denies, each):
                break
    proof = judge.proof()
    if proof.verdict is ProofVerdict.HOLDS:
        for host, box in users_of_apps(policy, by_token):
            if none_allowed(policy, type_, box, given).verdict is not ProofVerdict.HOLDS:
                judge.missing[
                    f"it depends on who can sign in to the app or identity pool that the conditions on {host} name"
                ] = None
    return judge.proof()


def not_administrator(policy: Policy, type_: DocumentType, given: Assumptions = _NOTHING_GIVEN) -> Proof:
    """Prove that a policy does not allow all actions on all resources, be it under conditions that any holder meets or
    can meet at will.
    """
    judge = _Judge(policy, None, type_, given)
    parts = judge.parts(policy)
    everything = zone()
    for context in friendly(policy):
        space = Space(type_ in NAMING, judge.space.resources, {**context, **given.assumed})
        lacking = _lacking(parts, everything, space, judge)
        if lacking.point is None and not lacking.missing:
            for each in parts.allows:
                if judge.found([each], parts.denies, each, space):
                    break
            break
        if lacking.point is None:
            judge.missing.update(dict.fromkeys(lacking.missing))
    return judge.proof()


def equivalent(one: Policy, other: Policy, type_: DocumentType) -> bool:
    """Whether two policies are shown to decide every request alike, whatever other policies say beside them: they allow
    the same, and deny the same explicitly.
    """
    return all(
        _denies_all_of(old, new, type_) and no_new_access(old, new, type_).verdict is ProofVerdict.HOLDS
        for old, new in ((one, other), (other, one))
    )


def _denies_all_of(policy: Policy, other: Policy, type_: DocumentType) -> bool:
    """Whether a policy is shown to deny everything that another one denies."""
    judge = _Judge(policy, None, type_, _NOTHING_GIVEN)
    denies, others = judge.parts(policy).denies, judge.parts(other).denies
    known = {_meaning(each) for each in denies}
    for each in others:
        if _meaning(each) not in known:
            found = solve([each], denies, judge.space, lambda _: True)
            if found.point is not None or found.missing:
                return False
    return True


def redundant(policy: Policy, type_: DocumentType) -> Iterator[Statement]:
    """Yield the statements without each of which, alone, a policy is shown to be equivalent to what it is."""
    for each in policy.statements:
        rest = tuple(other for other in policy.statements if other is not each)
        if equivalent(policy, Policy(policy.name, policy.version, rest), type_):
            yield each


class _Parts:
    """What a policy allows and what it denies, as boxes."""

    def __init__(self, allows: Sequence[Box], denies: Sequence[Box]) -> None:
        self.allows, self.denies = allows, denies


def _lacking(parts: _Parts, everything: Box, space: Space, judge: _Judge) -> Solution:
    """Find a request that is not allowed: one that no Allow is about, or that a Deny is about."""
    found = solve([everything], [*parts.allows, *judge.free], space, lambda _: True)
    missing = dict.fromkeys(found.missing)
    if found.point is not None:
        return found
    for each in parts.denies:
        found = solve([everything, each], judge.free, space, lambda _: True)
        if found.point is not None:
            return found
        missing.update(dict.fromkeys(found.missing))
    return Solution(None, tuple(missing))


class _Judge:
    """Gathers the counterexamples of one claim about one policy, and what could not be decided."""

    def __init__(self, policy: Policy, old: Policy | None, type_: DocumentType, given: Assumptions) -> None:
        self._policy, self._old, self._type, self._given = policy, old, type_, given
        conditions = [each for one in (policy, old) if one is not None for s in one.statements for each in s.conditions]
        self._scene = ProofScope(type_, {each.key: each.name for each in conditions})
        self.space = Space(type_ in NAMING, ROLES if type_ == "trust" else RESOURCES, given.assumed)
        self.free = [zone(sorted(NO_PERMISSION_NEEDED))]
        if type_ not in NAMING:
            self.free += [zone(sorted(actions), patterns) for actions, patterns in OWN_OBJECTS]
        self.missing: dict[str, None] = {}
        self._shown: list[Counterexample] = []
        self._candidate: Counterexample | None = None

    def parts(self, policy: Policy) -> _Parts:
        """Return a policy's statements as boxes. AWS attaches a resource control policy that allows everything beside
        every other, which bear on some services only.
        """
        boxes = [box_of(each) for each in policy.statements]
        denies = [each for each in boxes if each.statement is not None and not each.statement.allows]
        if self._type == "rcp":
            everything = Box(zone(sorted(f"{service}:*" for service in RCP_SERVICES)).actions)
            plain = [Box(each.actions, each.resources, None, each.conditions) for each in denies]
            return _Parts([everything], [*plain, zone(sorted(RCP_SPARES))])
        return _Parts([each for each in boxes if each.statement is not None and each.statement.allows], denies)

    def found(self, must: Sequence[Box], avoid: Sequence[Box], granting: Box, space: Space | None = None) -> bool:
        """Look for a counterexample, and keep it, or what could not be decided."""
        if len(self._shown) >= MOST_COUNTEREXAMPLES:
            return True
        spared = [each for each in avoid if not _unsupported(each)]
        given = self._given
        result = find(
            must, [*spared, *self.free], space or self.space,
            lambda point: self._confirm(point, granting), given.known, today=given.today,
        )  # fmt: skip
        if result.point is None:
            self.missing.update(dict.fromkeys(result.missing))
            return False
        assert self._candidate is not None
        self._shown.append(self._candidate)
        return True

    def first(self, ways: Sequence[Sequence[Box]], avoid: Sequence[Box], granting: Box) -> bool:
        """Look for a counterexample in several ways, of which the last has all that the others have."""
        for must in ways[:-1]:
            missing = dict(self.missing)
            if self.found(must, avoid, granting):
                return True
            self.missing = missing
        return self.found(ways[-1], avoid, granting)

    def _confirm(self, point: Point, granting: Box) -> bool:
        """Have the engine decide a request; keep it as a counterexample if it is one."""
        asked = self._scene.asked(point)
        if asked is None:
            return False
        new = self._scene.decided(self._policy, asked)
        old = self._scene.decided(self._old, asked) if self._old is not None else None
        if new is None:
            return False
        by_account = False
        outcomes = new.outcome, old.outcome if old is not None else None
        if not (allowed(new) and (self._old is None or refused(old))):
            if self._type != "resource" or not allowed(new) or not granted(self._policy, asked.request):
                return False
            if self._old is not None and granted(self._old, asked.request):
                return False
            by_account = True
            outcomes = Outcome.ALLOWED, Outcome.IMPLICIT_DENY if self._old is not None else None
        wanted = policy_type(self._type)
        by = tuple(each for each in new.by if each.policy_type is wanted)
        if by_account and granting.statement is not None:
            one = granting.statement
            by = (StatementRef(wanted, self._policy.name, one.index, one.sid, one.effect),)
        exists = self._exists(point.action)
        named = asked._replace(request=_spelled(asked.request, self._given.known, granting))
        self._candidate = Counterexample(
            named, outcomes[0], by, granting.statement, outcomes[1], exists, by_account, self._type
        )
        return True

    def _exists(self, action: str) -> bool | None:
        known = self._given.known
        if known is NOTHING_KNOWN:
            return None
        service, _, name = action.lower().partition(":")
        return any(each.lower() == name for each in known.actions(service))

    def proof(self) -> Proof:
        """Return what was found."""
        if self._shown:
            return Proof(ProofVerdict.FAILS, tuple(self._shown), tuple(self.missing))
        return Proof(ProofVerdict.UNKNOWN if self.missing else ProofVerdict.HOLDS, (), tuple(self.missing))


def _unsupported(box: Box) -> bool:
    """Whether the box is of an Allow with NotPrincipal, which AWS does not support."""
    return box.statement is not None and box.statement.allows and box.principals is not None and box.principals.negated


def _spelled(request: Request, known: KnownNames, granting: Box) -> Request:
    """Return a request with its action as AWS writes it, or else as the statement does."""
    service, _, name = request.action.partition(":")
    lower = request.action.lower()
    names = (*(f"{service}:{each}" for each in known.actions(service)), *_texts(granting))
    return replace(request, action=next((each for each in names if each.lower() == lower), f"{service}:{name}"))


def _texts(box: Box) -> Iterable[str]:
    return box.actions.texts if box.actions is not None else ()


def _meaning(box: Box) -> tuple[object, ...]:
    """Return a box in a form that is equal for two that hold for the same requests."""
    actions, resources, principals = box.actions, box.resources, box.principals
    return (
        None if actions is None else (frozenset(map(str.lower, actions.texts)), actions.negated),
        None if resources is None else (frozenset(each.parts for each in resources.templates), resources.negated),
        None if principals is None else (frozenset(principals.entries), principals.negated),
        frozenset(meaning(each) for each in box.conditions),
    )
