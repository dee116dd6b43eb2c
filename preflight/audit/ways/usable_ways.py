"""Which ways a principal may go but for passing the role: with names of its choice, or on what exists."""

from __future__ import annotations

from collections.abc import Sequence

from preflight.audit.access.holders import Holder
from preflight.audit.ways.attempts import Attempt, Attempts
from preflight.audit.ways.running import Running
from preflight.iam.statement import Statement
from preflight.lint.analysis.escalation_paths import Existing, Way

_ENOUGH = 8
"""How many resources are tried for one on which an action depends on nothing, where it does on those before."""


class UsableWays:
    """Tries ways. What allows one is the same whatever the role, so it is kept."""

    def __init__(self, attempts: Attempts, running: Running) -> None:
        self._try = attempts
        self._running = running
        self._rests: dict[tuple[str, str], Attempt | None] = {}
        self._matches: dict[tuple[int, str], Sequence[str]] = {}
        self._usables: dict[tuple[str, str], Attempt | None] = {}

    def is_listed(self, way: Way) -> bool:
        """Say whether the facts list everything that a way could take over, with its roles, or change."""
        if way.existing is None:
            return True
        found = self._running.of(way.existing.kind)
        return found.whole and (found.with_roles or way.kind != "existing-role")

    def on_any_names(self, holder: Holder, way: Way) -> Attempt | None:
        """Return what allows a principal all of a way but to pass the role, which is the same whatever the role."""
        key = holder.key, way.name
        if key not in self._rests:
            actions = [each for each in (*way.needs, *way.creates) if each != "iam:PassRole"]
            self._rests[key] = self._try.anywhere(holder, actions, dict(way.on))
        return self._rests[key]

    def on_what_exists(self, holder: Holder, way: Way) -> Attempt | None:
        """Return what allows a principal all of a way but to pass the role, on what exists: on something that the facts
        list, where the way changes something. Where what it needs beside may exist, it depends on that.
        """
        key = holder.key, way.name
        if key not in self._usables:
            self._usables[key] = self._usable(holder, way)
        return self._usables[key]

    def _usable(self, holder: Holder, way: Way) -> Attempt | None:
        rest = self.on_any_names(holder, way)
        needed = way.existing or way.within
        if rest is None or needed is None:
            return rest
        listed = self._running.of(needed.kind)
        best: Attempt | None = None
        for number, arn in enumerate(self._possible(holder, needed)):
            tried = self.on_one(holder, way, arn)
            if tried is not None and (best is None or tried.rank < best.rank):
                best = tried
            if best is not None and (not best.depends_on or number > _ENOUGH):
                break
        if best is None and way.within is not None and not listed.whole:
            best = rest.also(Attempt((), (needed.called,)))
        return best and best.also(Attempt((), way.depends_on))

    def _possible(self, holder: Holder, needed: Existing) -> Sequence[str]:
        """Return what exists on which a principal may be allowed the first action of a way that is on it, by ARN."""
        listed = self._running.of(needed.kind)
        if not needed.on:
            return tuple(listed.runs_as)
        found: dict[str, None] = {}
        for policy in holder.policies.identity:
            for statement in policy.about(needed.on[0].lower()):
                if statement.allows:
                    found.update(dict.fromkeys(self._matched(statement, needed.kind)))
        return (*found, *(arn for arn in listed.policies if arn not in found))

    def _matched(self, statement: Statement, kind: str) -> Sequence[str]:
        key = id(statement), kind
        if key not in self._matches:
            patterns = statement.resources
            self._matches[key] = tuple(
                arn
                for arn in self._running.of(kind).runs_as
                if patterns is None or patterns.varying or patterns.fixed(arn) != patterns.negated
            )
        return self._matches[key]

    def on_one(self, holder: Holder, way: Way, arn: str) -> Attempt | None:
        """Return what allows a principal all of a way but to pass the role, with what it is tried on."""
        needed = way.existing or way.within
        on = needed.on if needed is not None else ()
        policy = self._running.of(needed.kind).policies.get(arn) if needed is not None else None
        found = self._others(holder, way, on)
        for action in on if found is not None else ():
            tried = self._try.on(holder, action, arn, resource_policy=policy)
            found = None if found is None or tried is None else found.also(tried)
        return found

    def _others(self, holder: Holder, way: Way, on: Sequence[str]) -> Attempt | None:
        """Return what allows a principal those actions of a way that are not on what exists, nor pass the role."""
        key = holder.key, f"{way.name} besides"
        if key not in self._rests:
            others = [each for each in (*way.needs, *way.creates) if each not in (*on, "iam:PassRole")]
            self._rests[key] = self._try.anywhere(holder, others, dict(way.on)) if others else Attempt()
        return self._rests[key]
