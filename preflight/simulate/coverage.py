"""Which statements of the policies under test no case ever exercised."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from preflight.iam.decision import Decision, StatementRef
from preflight.iam.policy import Policy
from preflight.iam.request import Policies, PolicyType

_POLICIES_KEPT = 512


@dataclass(frozen=True, slots=True)
class Covered:
    """A statement that some case brought along, and how many decisions rested on it. `what` is its gist in words."""

    statement: StatementRef
    what: str
    decisions: int


class Coverage:
    """Gathers, over many decisions, which statements decided. Equal statements of policies of one name are one."""

    def __init__(self) -> None:
        self._count: dict[tuple[Any, ...], int] = {}
        self._shown: dict[tuple[Any, ...], tuple[StatementRef, str]] = {}
        self._seen: dict[int, tuple[Policies, dict[StatementRef, list[tuple[Any, ...]]]]] = {}

    def add(self, policies: Policies, decision: Decision) -> None:
        """Take in one decision and the policies that it was made with."""
        kept = self._seen.get(id(policies))
        if kept is None or kept[0] is not policies:
            kept = policies, self._enter(policies)
            if len(self._seen) >= _POLICIES_KEPT:
                self._seen.clear()
            self._seen[id(policies)] = kept
        for ref in decision.by:
            for key in kept[1].get(ref, ()):
                self._count[key] += 1

    def statements(self) -> list[Covered]:
        """Return every statement that came along, in the order in which they first did."""
        return [Covered(*self._shown[key], decisions) for key, decisions in self._count.items()]

    def _enter(self, policies: Policies) -> dict[StatementRef, list[tuple[Any, ...]]]:
        keys: dict[StatementRef, list[tuple[Any, ...]]] = {}
        for policy_type, policy in _each(policies):
            for statement in policy.statements:
                ref = StatementRef(policy_type, policy.name, statement.index, statement.sid, statement.effect)
                resources = statement.resources
                key = (
                    ref,
                    statement.actions.texts,
                    statement.actions.negated,
                    resources and (resources.texts, resources.negated),
                    statement.principals,
                    tuple((each.operator, each.key, each.values) for each in statement.conditions),
                )
                self._count.setdefault(key, 0)
                self._shown.setdefault(key, (ref, _gist(statement)))
                keys.setdefault(ref, []).append(key)
        return keys


def _each(policies: Policies) -> Iterator[tuple[PolicyType, Policy]]:
    for policy_type, group in (
        (PolicyType.IDENTITY, policies.identity),
        (PolicyType.BOUNDARY, policies.boundaries),
        (PolicyType.SESSION, policies.session or ()),
        (PolicyType.SCP, [policy for level in policies.service_control or () for policy in level]),
        (PolicyType.RCP, [policy for level in policies.resource_control or () for policy in level]),
        (PolicyType.RESOURCE, () if policies.resource is None else (policies.resource,)),
        (PolicyType.VPC_ENDPOINT, policies.vpc_endpoint),
    ):
        for policy in group:
            yield policy_type, policy


def _gist(statement: Any) -> str:
    actions, resources = statement.actions, statement.resources
    words = f"{statement.effect} {'all but ' if actions.negated else ''}{_few(actions.texts)}"
    if resources is not None:
        words += f" on {'all but ' if resources.negated else ''}{_few(resources.texts)}"
    return words


def _few(texts: tuple[str, ...]) -> str:
    return ", ".join(texts[:3]) + (f" and {len(texts) - 3} more" if len(texts) > 3 else "")
