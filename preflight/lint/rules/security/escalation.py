"""Ways to more permissions than the policy shows: `rules/lint-data/escalation.json` lists them with their sources.

A way is open where the policy allows every action of `needs` on a resource that nobody named, and every action of
`creates`, which makes a new resource of any name, on some. Roles are passed to the services of `passed-to`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache

from preflight.engine.result import Evidence
from preflight.lint.analysis.escalation_paths import Way, ways
from preflight.lint.policy.finding import Finding
from preflight.lint.policy.grants import Granted, Grants, first
from preflight.lint.policy.statements import StatementView
from preflight.lint.policy.subject import Subject

_NAMED = 3
_PASS = "iam:PassRole"


@cache
def _by_kind() -> dict[str, tuple[tuple[frozenset[str], Way], ...]]:
    found = defaultdict(list)
    for way in ways():
        if not way.audit_only:
            found[way.kind].append((frozenset((*way.needs, *way.creates)), way))
    return {kind: tuple(each) for kind, each in found.items()}


@cache
def _pivots(kind: str) -> frozenset[str]:
    return frozenset(action for actions, _ in _by_kind()[kind] for action in actions)


def is_open(way: Way, grants: Grants) -> bool:
    """Whether a policy opens a way. What takes longest to decide is asked last."""
    services = way.passed_to or ("",)
    return (
        all(grants.everywhere(action) for action in way.needs if action != _PASS)
        and (_PASS not in way.needs or all(grants.everywhere(_PASS, service) for service in services))
        and all(map(grants.somewhere, way.creates))
    )


def own_permissions(subject: Subject) -> Iterator[Finding]:
    """Find policies by which their holder can give itself any permission, or another's."""
    yield from _found(subject, "own-permissions", "can give itself more permissions")


def passed_role(subject: Subject) -> Iterator[Finding]:
    """Find policies by which their holder can run something as a role that it may not assume."""
    yield from _found(subject, "passed-role", "can act as any role that the service may assume")


def existing_role(subject: Subject) -> Iterator[Finding]:
    """Find policies by which their holder can take over what runs with a role."""
    yield from _found(subject, "existing-role", "can act as the role of a running workload")


def _found(subject: Subject, kind: str, comes_to: str) -> Iterator[Finding]:
    if _pivots(kind).isdisjoint(subject.grants.actions):
        return
    known: set[Way] = set()
    for grants, level in subject.graded_grants():
        found = [way for way in _open_ways(grants, kind) if way not in known]
        known.update(found)
        groups: dict[str, list[tuple[Way, Granted]]] = {}
        for way in found:
            pivot = first(grants.actions[way.creates[0] if kind == "passed-role" else way.needs[0]])
            groups.setdefault(pivot.view.pointer, []).append((way, pivot))
        for group in groups.values():
            way, pivot = group[0]
            decisive = _PASS if kind == "passed-role" else way.needs[0]
            under = "".join(dict.fromkeys(grants.under(view) for each, _ in group for view in _views(grants, each)))
            yield Finding(
                pivot.entry.pointer,
                f"a principal with this policy {comes_to}: {_listed([each for each, _ in group])}{under}",
                first(grants.actions[decisive]).remedy(decisive, _remedy(kind, way)),
                level=level,
                evidence=tuple(_evidence(subject, grants, way)),
                about=tuple(sorted(each.name for each, _ in group)),
            )


def _open_ways(grants: Grants, kind: str) -> list[Way]:
    """Return the ways that a policy opens, without those that need more than another one that is open too."""
    granted = grants.actions.keys()
    if not granted or granted.isdisjoint(_pivots(kind)) or grants.administrator is not None:
        return []
    open_ways = [way for actions, way in _by_kind()[kind] if actions <= granted and is_open(way, grants)]
    needs = [frozenset((*way.needs, *way.creates)) for way in open_ways]
    return [way for way, own in zip(open_ways, needs, strict=True) if not any(other < own for other in needs)]


def _views(grants: Grants, way: Way) -> list[StatementView]:
    return [first(grants.actions[action]).view for action in (*way.needs, *way.creates)]


def _listed(found: list[Way]) -> str:
    named = [f"{' + '.join((*way.needs, *way.creates))} {way.does}" for way in found[:_NAMED]]
    more = len(found) - len(named)
    return "; ".join(named) + (f"; and {more} more way{'s' * (more > 1)}" if more else "")


def _remedy(kind: str, way: Way) -> str:
    if kind == "passed-role":
        return (
            "allow iam:PassRole only on specific role ARNs, with the condition "
            f'{{"StringEquals": {{"iam:PassedToService": "{way.passed_to[0]}"}}}}'
        )
    if kind == "existing-role":
        return f"allow {way.needs[0]} only on specific resource ARNs, or with a condition such as aws:ResourceTag"
    return (
        f"allow {way.needs[0]} only on specific users, roles or policies, or require a permissions boundary with "
        "a condition on iam:PermissionsBoundary"
    )


def _evidence(subject: Subject, grants: Grants, way: Way) -> Iterator[Evidence]:
    cited = dict.fromkeys(view.cited for view in _views(grants, way))
    name = subject.found.name or subject.found.document.path
    return (Evidence(name, each) for each in cited)
