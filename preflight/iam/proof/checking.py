"""What a claim about a policy has come to: counterexamples that the engine confirmed, and what was not decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from preflight.iam.decision import Outcome, StatementRef
from preflight.iam.own_objects import own_objects
from preflight.iam.policy import Policy
from preflight.iam.proof.boxes import Box, box_of, meaning, zone
from preflight.iam.proof.dimensions import Point, Space
from preflight.iam.proof.patterns.names import RESOURCES, ROLES
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
from preflight.iam.proof.self_grants import action_groups, self_grant
from preflight.iam.proof.values import Values
from preflight.iam.proof.witness import NOTHING_KNOWN, KnownNames, find
from preflight.iam.request import Request
from preflight.iam.service_rules import no_permission_needed, rcp_services, rcp_spares
from preflight.iam.statement import Statement

MOST_COUNTEREXAMPLES = 10
_MOST_CONTEXTS = 32


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
    `self_grant`: the holder gives itself by it what the policy leaves out.
    """

    asked: Asked
    new: Outcome
    by: tuple[StatementRef, ...]
    statement: Statement | None
    old: Outcome | None = None
    exists: bool | None = None
    by_account: bool = False
    self_grant: bool = False
    type: DocumentType = "identity"

    def case(self, document: Any, name: str) -> dict[str, Any]:
        """Return the request, with a policy of the type, as a case of `preflight simulate`."""
        return case(self.type, self.asked, document, name)


@dataclass(frozen=True, slots=True)
class Proof:
    """The answer to a claim. It holds for every request there can be; or `counterexamples` show that it does not, at
    most ten; or `unknown` says in words what could not be decided.

    `lifted`, of `no_new_access` where it holds, are the statements of the old policy that denied something which the
    new one does not: the new policy does not grant that, but others that apply to the request may.
    """

    verdict: ProofVerdict
    counterexamples: tuple[Counterexample, ...] = ()
    unknown: tuple[str, ...] = ()
    lifted: tuple[Statement, ...] = ()


@dataclass(frozen=True)
class Assumptions:
    """What a proof takes for given: what exists, condition keys whose values are fixed (names in lower case), and
    whether only actions that exist `today` count.
    """

    known: KnownNames = NOTHING_KNOWN
    assumed: Mapping[str, Values] = field(default_factory=dict)
    today: bool = False


class Parts:
    """What a policy allows and what it denies, as boxes."""

    def __init__(self, allows: Sequence[Box], denies: Sequence[Box]) -> None:
        self.allows, self.denies = allows, denies


class ClaimCheck:
    """Gathers the counterexamples of one claim about one policy, and what could not be decided."""

    def __init__(self, policy: Policy, old: Policy | None, type_: DocumentType, given: Assumptions) -> None:
        self._policy, self._old, self._type, self._given = policy, old, type_, given
        conditions = [each for one in (policy, old) if one is not None for s in one.statements for each in s.conditions]
        self._scene = ProofScope(type_, {each.key: each.name for each in conditions})
        self.space = Space(type_ in NAMING, ROLES if type_ == "trust" else RESOURCES, given.assumed)
        self.free = [zone(sorted(no_permission_needed()))]
        if type_ not in NAMING:
            self.free += [zone(sorted(each.actions), each.patterns) for each in own_objects()]
        self.missing: dict[str, None] = {}
        self._shown: list[Counterexample] = []
        self._candidate: Counterexample | None = None

    def parts(self, policy: Policy) -> Parts:
        """Return a policy's statements as boxes. AWS attaches a policy that allows everything beside every resource
        control policy, which bear on some services only, and beside service control policies that only deny.

        Source: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
        """
        boxes = [box_of(each) for each in policy.statements]
        denies = [each for each in boxes if each.statement is not None and not each.statement.allows]
        if self._type == "rcp":
            everything = Box(zone(sorted(f"{service}:*" for service in rcp_services())).actions)
            plain = [Box(each.actions, each.resources, None, each.conditions) for each in denies]
            return Parts([everything], [*plain, zone(sorted(rcp_spares()))])
        allows = [each for each in boxes if each.statement is not None and each.statement.allows]
        return Parts(allows or ([Box()] if self._type == "scp" else []), denies)

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

    def shown_by(self, point: Point, granting: Box) -> bool:
        """Whether a request is a counterexample, other than one that needs no permission, or that is about AWS's own
        objects.
        """
        action = point.action.lower()
        spared = any(each.actions is not None and each.actions.fixed(action) for each in self.free)
        return not spared and self._confirm(point, granting)

    def first(self, ways: Sequence[Sequence[Box]], avoid: Sequence[Box], granting: Box) -> bool:
        """Look for a counterexample in several ways, of which the last has all that the others have."""
        for must in ways[:-1]:
            missing = dict(self.missing)
            if self.found(must, avoid, granting):
                return True
            self.missing = missing
        return self.found(ways[-1], avoid, granting)

    def grants_itself(self, contexts: Sequence[Mapping[str, Values]]) -> bool:
        """Look for a request by which a holder of the policy grants itself what the policy leaves out; keep it, or what
        that depends on. `contexts` are values of condition keys that it can have.
        """
        groups = action_groups(self._policy, self._given.known)
        if not groups.most:
            return False
        for context in contexts[:_MOST_CONTEXTS]:
            found = self_grant(self._policy, self._scene, {**context, **self._given.assumed}, groups)
            if found is not None and found.doubt:
                self.missing[found.doubt] = None
            elif found is not None:
                by = tuple(each for each in found.decision.by if each.policy_type is policy_type(self._type))
                statement = self._policy.statements[by[0].statement] if by else None
                one = Counterexample(found.asked, found.decision.outcome, by, statement, type=self._type)
                self._shown.append(replace(one, exists=True, self_grant=True))
                return True
        if len(contexts) > _MOST_CONTEXTS:
            self.missing["its conditions can be met in too many ways"] = None
        return False

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
        by = tuple(each for each in new.by if each.policy_type is wanted and each.policy == self._policy.name)
        if by_account and granting.statement is not None:
            one = granting.statement
            by = (StatementRef(wanted, self._policy.name, one.index, one.sid, one.effect),)
        exists = self._exists(point.action)
        named = asked._replace(request=_spelled(asked.request, self._given.known, granting))
        self._candidate = Counterexample(
            named, outcomes[0], by, granting.statement, outcomes[1], exists, by_account, type=self._type
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


def meaning_of(box: Box) -> tuple[object, ...]:
    """Return a box in a form that is equal for two that hold for the same requests."""
    actions, resources, principals = box.actions, box.resources, box.principals
    return (
        None if actions is None else (frozenset(map(str.lower, actions.texts)), actions.negated),
        None if resources is None else (frozenset(each.parts for each in resources.templates), resources.negated),
        None if principals is None else (frozenset(principals.entries), principals.negated),
        frozenset(meaning(each) for each in box.conditions),
    )
