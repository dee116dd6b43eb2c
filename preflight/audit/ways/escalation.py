"""Who can become an administrator, on the account as it is: step by step, by every known way.

The graph is searched backwards from those who can do everything, so that only principals on a way to them are looked
at. A way is tried on what exists: one's own ARN, groups and policies, every user and role that can do more; it counts
only if it gains something, which is decided for the principal as it would be afterwards, with its boundary and the
organization's policies. Conditions that the facts do not decide make a step depend on them.

The ways are those of `rules/lint-data/escalation.json`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace
from typing import NamedTuple

from preflight.audit.access.holders import Holder
from preflight.audit.scene import Scene
from preflight.audit.ways.attempts import PROBES, Attempt, Attempts
from preflight.audit.ways.changes import ACTIONS as CHANGES
from preflight.audit.ways.grants import AllowedActions
from preflight.audit.ways.new_principals import ACTIONS as NEW
from preflight.audit.ways.own_ways import WRITES, OwnWays
from preflight.audit.ways.steps import ADMINISTRATOR, Escalation, EscalationStep, in_words, joined, named
from preflight.audit.ways.unknown_ways import UnknownWays
from preflight.audit.ways.ways_into import WaysInto
from preflight.audit.ways.what_if import boundary_of
from preflight.lint.analysis.escalation_paths import ways

_MOST_OTHERS = 8
_MOST_CHANGES = 2_000
_MOST_SOURCES = 5_000
_LONGEST_CHAIN = 32


def escalation(scene: Scene) -> Escalation:
    """Find everyone who can become an administrator, by the fewest steps."""
    return _Search(scene).found()


class _Changed(NamedTuple):
    """A principal as others can make it: as whom they act then, how they change it, and who can, by key."""

    target: Holder
    how: str
    able: Mapping[str, Attempt]


class _Search:
    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        attempts = Attempts(scene)
        # Which of the actions of ways someone's policies allow on anything at all: most ways are ruled out by that.
        actions = {"sts:AssumeRole", "iam:AddRoleToInstanceProfile", *PROBES, *CHANGES, *NEW}
        actions.update(each for way in ways() for each in (*way.needs, *way.creates))
        self._grants = AllowedActions(scene, actions)
        self._into = WaysInto(scene, self._grants, attempts)
        self._own = OwnWays(scene, self._grants, attempts, self._into.usable.on_what_exists)
        # Principals as they can make themselves, each with the step that makes them so.
        self._made: dict[str, EscalationStep] = {}
        # Principals as others can make them: as which they are then, how, and who can.
        self._changed: dict[str, _Changed] = {}
        self._entered: dict[str, Sequence[EscalationStep]] = {}
        # Those whose ways were not all looked at, with the reason.
        self._cut: dict[str, str] = {}

    def found(self) -> Escalation:
        holders = tuple(self._grants.holders)
        standing = {each.arn: found for each in holders if (found := self._own.standing(each)) is not None}
        steps: dict[str, EscalationStep] = {}
        for holder in holders:
            if holder.arn not in standing and (own := self._own.of(holder)):
                steps[holder.arn] = own[0]
        for holder in holders:
            if holder.arn not in standing and holder.arn not in steps:
                self._add_changes(holder)
        steps.update(
            self._add_changes_by_others(
                [each for each in holders if each.arn not in standing and each.arn not in steps], {*standing, *steps}
            )
        )
        conditional = {arn for arn, found in standing.items() if found.depends_on}
        reached = [*sorted(standing), *steps]
        left = set(self._grants.order) - {*standing, *steps}
        while left:
            closer: dict[str, list[EscalationStep]] = {}
            for key in reached:
                for step in self._steps_to(key, left):
                    closer.setdefault(step.source, []).append(step)
            if not closer:
                for step in self._writing(left):
                    closer.setdefault(step.source, []).append(step)
            if not closer:
                break
            for source, possible in closer.items():
                steps[source] = min(possible, key=lambda each: (each.target in conditional, each.rank))
            left -= closer.keys()
            reached = sorted(closer, key=self._grants.order.__getitem__)
        imagined = {*self._made, *self._changed}
        steps = {key: self._whole(step, steps) for key, step in steps.items() if key not in imagined}
        left -= imagined
        others = self._others(standing, steps) if len(steps) <= _MOST_SOURCES else {}
        conditions = {arn: found.depends_on for arn, found in standing.items() if found.depends_on}
        undecided = {
            arn: "; ".join(dict.fromkeys(self._grants.by_key[arn].policies.unknown.values()))
            for arn in sorted(left, key=self._grants.order.__getitem__)
            if self._grants.by_key[arn].policies.unknown
        }
        undecided |= {arn: reason for arn, reason in (*self._cut.items(), *self._into.cut.items()) if arn in left}
        unknown_ways = UnknownWays(self._scene, self._grants, self._into, self._own)
        undecided |= unknown_ways.unread(left - undecided.keys())
        undecided |= unknown_ways.leading_to(undecided.keys(), left)
        unseen = unknown_ways.unseen(left - undecided.keys(), {*standing, *steps, *undecided})
        central = unknown_ways.central(left - unseen.keys())
        undecided |= unknown_ways.leading_to({*unseen, *central}, left - undecided.keys())
        untrusted = tuple(arn for arn in (*sorted(standing), *steps) if self._into.is_trust_unknown(arn))
        return Escalation(
            frozenset(standing),
            steps,
            conditions,
            others,
            undecided,
            unseen,
            central,
            untrusted,
            unknown_ways.is_by_region(left),
        )

    def _add_changes(self, holder: Holder, depth: int = 2) -> None:
        """Add a principal as it can make itself, where that is more than it is."""
        for change, _ in self._own.changes(holder) if depth else ():
            if len(self._made) >= _MOST_CHANGES:
                self._cut[holder.arn] = f"it can change itself in more ways than the {_MOST_CHANGES:,} that are tried"
                break
            if change.after.key not in self._grants.order:
                self._grants.add(change.after)
                self._made[change.after.key] = change.attempt.step(
                    holder.key, change.after.key, "own-permissions", change.change.words
                )
                self._add_changes(change.after, depth - 1)

    def _add_changes_by_others(
        self, holders: Sequence[Holder], settled: Set[str]
    ) -> Iterator[tuple[str, EscalationStep]]:
        """Add principals as others of them can make them, and give those that can do everything then."""
        changers = list(self._grants.in_order(self._grants.able_to(CHANGES) - settled))
        found: list[tuple[Holder, _Changed]] = []
        for target in holders if changers else ():
            for change, able in self._own.changes_by(changers, target):
                if len(found) >= _MOST_CHANGES:
                    self._cut[target.arn] = f"it can be changed in more ways than the {_MOST_CHANGES:,} that are tried"
                    break
                after = replace(change.after, variant=f"{change.after.variant} by another")
                found.append((after, _Changed(target, f"{change.words} ({named(target.arn)})", able)))
        for after, changed in found:
            self._grants.add(after)
            self._changed[after.key] = changed
            gain = self._own.after(after)
            if gain is not None:
                yield after.key, gain.step(after.key, ADMINISTRATOR, "own-permissions", "")

    def _steps_to(self, key: str, among: Set[str]) -> Iterator[EscalationStep]:
        made, changed = self._made.get(key), self._changed.get(key)
        if changed is not None:
            if key not in self._entered:
                self._entered[key] = ()  # while it is worked out: a way by way of itself is none
                able = {each: (changed.how, tried) for each, tried in changed.able.items()}
                self._entered[key] = list(self._by_both(changed.target, key, able, Attempt()))
            yield from (each for each in self._entered[key] if each.source in among)
        elif made is None:
            yield from self._into.best(self._grants.by_key[key], among)
        elif made.source in among:
            yield made

    def _whole(self, step: EscalationStep, steps: Mapping[str, EscalationStep]) -> EscalationStep:
        """Return a step to a principal that exists, or to everything."""
        while step.target in self._made or step.target in self._changed:
            step = joined(step, steps[step.target])
        return step

    def _others(
        self, standing: Mapping[str, Attempt], steps: Mapping[str, EscalationStep]
    ) -> dict[str, tuple[EscalationStep, ...]]:
        """Return the further next steps of those who are on a way, those that depend on nothing first."""
        found: dict[str, list[EscalationStep]] = {}
        for arn in steps:
            found[arn] = [each for each in self._own.of(self._grants.by_key[arn]) if each != steps[arn]]
        among = {arn for arn in steps if len(found[arn]) < _MOST_OTHERS}
        for arn in (*sorted(standing), *steps):
            steps_into = list(self._into.every(self._grants.by_key[arn], among)) if among else ()
            for step in steps_into:
                others = found[step.source]
                if step not in (steps[step.source], *others) and not self._leads_back(step, steps):
                    others.append(step)
                    if len(others) >= _MOST_OTHERS:
                        among.discard(step.source)
        return {
            arn: tuple(sorted(each, key=lambda step: step.rank)[:_MOST_OTHERS]) for arn, each in found.items() if each
        }

    def _leads_back(self, step: EscalationStep, steps: Mapping[str, EscalationStep]) -> bool:
        arn = step.target
        while arn in steps:
            if arn == step.source:
                return True
            arn = steps[arn].target
        return False

    def _writing(self, left: Set[str]) -> Iterator[EscalationStep]:
        """Give everyone who can write permissions into another principal and then act as it."""
        among = self._grants.able_to(action for actions in WRITES.values() for action in actions) & left
        for target in self._grants.holders if among else ():
            able: dict[str, tuple[str, Attempt]] = {}
            for kind, arn in self._own.targets(target):
                for action in WRITES[kind]:
                    for holder in self._grants.who(action, arn, among - {target.arn}):
                        for written, tried in self._own.writes(holder, kind, arn, boundary_of(target)):
                            known = able.get(holder.arn)
                            if known is None or tried.rank < known[1].rank:
                                able[holder.arn] = (f"{written} on {named(arn)}", tried)
            gain = self._own.gain(target) if able else None
            if gain is not None:
                yield from (each for each in self._by_both(target, ADMINISTRATOR, able, gain) if each.source in left)

    def _by_both(
        self, target: Holder, key: str, able: Mapping[str, tuple[str, Attempt]], gain: Attempt
    ) -> Iterator[EscalationStep]:
        """Give everyone who can both change a principal, as those that are `able`, and then act as it."""
        inward = self._back([target])
        # Who writes and who gets in need not be one principal: it is enough that someone can become both.
        writers_by = self._back([self._grants.by_key[each] for each in able]) if inward else {}
        for source, step in inward.items():
            if not (source in able or source in writers_by):
                continue
            before = None if source in able else writers_by[source]
            how, tried = able[source if before is None else before.target]
            words = f"{how}, then {step.how}" if before is None else f"{before.how}, {how}; then {step.how}"
            both = tried.also(Attempt(step.by, (*step.depends_on, *gain.depends_on)))
            if before is not None:
                both = Attempt(before.by, before.depends_on).also(both)
            yield both.step(source, key, "own-permissions", in_words(words))

    def _back(self, targets: Sequence[Holder]) -> dict[str, EscalationStep]:
        """Return one step for each source that gets to a target, whose words tell of all steps on the way."""
        found: dict[str, EscalationStep] = {}
        seen = {each.key for each in targets}
        reached = list(targets)
        for _ in range(_LONGEST_CHAIN):
            closer: list[Holder] = []
            for arrived in reached:
                for step in self._steps_to(arrived.key, set(self._grants.order) - seen):
                    found[step.source] = joined(step, found[arrived.key]) if arrived.key in found else step
                    seen.add(step.source)
                    closer.append(self._grants.by_key[step.source])
            reached = closer
        for each in reached:
            # Who gets to these by further steps is not looked for.
            self._cut[each.arn] = f"it is at the end of a chain of more than {_LONGEST_CHAIN} steps"
        return found
