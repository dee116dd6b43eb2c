"""Who may be allowed an action on a resource: an index of the statements of everyone in an account."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Set

from preflight.audit.access.covering import Covering
from preflight.audit.access.holders import Holder
from preflight.audit.scene import Scene
from preflight.iam.conditions import Truth
from preflight.iam.policy import Policy
from preflight.iam.statement import Statement
from preflight.iam.variables import Found, Missing

_WILDCARD = re.compile(r"[*?]")


class AllowedActions:
    """The principals of an account in a fixed order, with which of the given actions each may be allowed at all."""

    def __init__(self, scene: Scene, actions: Iterable[str]) -> None:
        self._covering = Covering(sorted(actions))
        self.holders: list[Holder] = []
        self.by_key: dict[str, Holder] = {}
        self.order: dict[str, int] = {}
        self.by_name: dict[str, str] = {}
        self.powers: dict[str, frozenset[str]] = {}
        self.able: dict[str, set[str]] = {}
        self._allowing: dict[str, _Allowing] = {}
        self._for: dict[tuple[int, frozenset[str]], bool] = {}

        for holder in scene.holders.by_arn.values():
            if not holder.is_service_linked:
                self.add(holder)

    def add(self, holder: Holder) -> None:
        """Add a principal."""
        self._allowing.clear()
        if holder.kind == "role":
            self.by_name.setdefault(holder.name, holder.arn)
        self.order[holder.key] = len(self.holders)
        self.holders.append(holder)
        self.by_key[holder.key] = holder
        self.powers[holder.key] = self.powers_of(holder)
        for power in self.powers[holder.key]:
            self.able.setdefault(power, set()).add(holder.key)

    def powers_of(self, holder: Holder) -> frozenset[str]:
        """Return the actions, in lower case, that a principal's policies and its boundary allow on anything at all."""
        granted = frozenset[str]().union(*map(self._covering.allowed, holder.policies.identity))
        for boundary in holder.policies.boundaries or () if granted else ():
            granted &= self._covering.allowed(boundary)
        return granted

    def able_to(self, actions: Iterable[str]) -> set[str]:
        """Return everyone, by key, whose policies allow one of the actions on anything at all."""
        return set().union(*(self.able.get(each.lower(), set()) for each in actions))

    def allowed(self, policy: Policy) -> frozenset[str]:
        """Return the actions, in lower case, that a policy allows on anything at all."""
        return self._covering.allowed(policy)

    def who(
        self, action: str, resource: str, among: Set[str], where: Callable[[Statement], bool] | None = None
    ) -> Iterator[Holder]:
        """Give everyone among those given whom a statement, of those that `where` takes, may allow an action."""
        able = self.able.get(action.lower())
        if able and not able.isdisjoint(among):
            if action not in self._allowing:
                self._allowing[action] = _Allowing(self.holders, action)
            yield from self.in_order(self._allowing[action].arns(resource, among, where) & able)

    def in_order(self, arns: Iterable[str]) -> Iterator[Holder]:
        """Give principals in the order of the account."""
        yield from (self.by_key[arn] for arn in sorted(arns, key=self.order.__getitem__))

    def is_for(self, statement: Statement, services: frozenset[str]) -> bool:
        """Say whether a statement's conditions leave it open that it is about passing a role to one of the services."""
        key = id(statement), services
        known = self._for.get(key)
        if known is None:
            known = self._for[key] = any(
                all(each.truth(_passed_to(service)) is not Truth.FALSE for each in statement.conditions)
                for service in services
            )
        return known


class _Allowing:
    """The statements that allow an action, each once, with the ARNs of those who hold them.

    Most name resources by patterns of which the beginning is plain text: a resource is looked up by its own beginnings.
    """

    def __init__(self, holders: Iterable[Holder], action: str) -> None:
        held: dict[int, tuple[Statement, set[str]]] = {}
        lower = action.lower()
        for holder in holders:
            for policy in holder.policies.identity:
                for statement in policy.about(lower):
                    if statement.allows:
                        held.setdefault(id(statement), (statement, set()))[1].add(holder.key)
        self._any = [each for each in held.values() if not _is_plain(each[0])]
        self._by_head: dict[str, list[tuple[Statement, set[str]]]] = {}
        for each in held.values():
            resources = each[0].resources
            if resources is not None and _is_plain(each[0]):
                for head in {_WILDCARD.split(text, maxsplit=1)[0] for text in resources.texts}:
                    self._by_head.setdefault(head, []).append(each)

    def arns(self, resource: str, among: Set[str], where: Callable[[Statement], bool] | None = None) -> set[str]:
        """Return everyone among those given whom a statement, of those that `where` takes, may allow the action on a
        resource.
        """
        found: set[str] = set()
        heads = (self._by_head.get(resource[:end], ()) for end in range(len(resource) + 1))
        for statement, held_by in (*self._any, *(each for listed in heads for each in listed)):
            patterns = statement.resources
            if where is not None and not where(statement):
                continue
            if patterns is None or patterns.varying or patterns.fixed(resource) != patterns.negated:
                found |= held_by & among
        return found


def _is_plain(statement: Statement) -> bool:
    return statement.resources is not None and not statement.resources.negated and not statement.resources.varying


def _passed_to(service: str) -> Callable[[str], Found]:
    """Return what is known of the request context where a role is passed to a service."""
    return lambda key: (service,) if key == "iam:passedtoservice" else Missing.UNKNOWN
