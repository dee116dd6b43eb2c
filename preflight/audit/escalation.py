"""Who can become an administrator, on the account as it is: step by step, by every known way.

The graph is searched backwards from those who can do everything, so that only principals on a way to them are looked
at. A way is tried on what exists: one's own ARN, groups and policies, every user and role that can do more; it counts
only if it gains something, which is decided for the principal as it would be afterwards, with its boundary and the
organization's policies. Conditions that the facts do not decide make a step depend on them.

The ways are those of `rules/lint-data/escalation.json`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

from preflight.audit.attempts import Attempt, Attempts
from preflight.audit.grants import Grants
from preflight.audit.holders import Holder
from preflight.audit.own_ways import PROBES, WRITES, OwnWays
from preflight.audit.scene import Scene
from preflight.audit.steps import ADMINISTRATOR, Escalation, Step, joined, named
from preflight.audit.ways_into import WaysInto, actions_of
from preflight.audit.what_if import boundary_of
from preflight.lint.analysis.escalation_paths import ways

_MOST_OTHERS = 8
_MOST_SOURCES = 5_000


def escalation(scene: Scene) -> Escalation:
    """Find everyone who can become an administrator, by the fewest steps."""
    return _Search(scene).found()


class _Search:
    def __init__(self, scene: Scene) -> None:
        attempts = Attempts(scene)
        # Which of the actions of ways someone's policies allow on anything at all: most ways are ruled out by that.
        actions = {"sts:AssumeRole", *PROBES, *(each for way in ways() for each in (*way.needs, *way.creates))}
        self._grants = Grants(scene, actions)
        self._own = OwnWays(scene, self._grants, attempts)
        self._into = WaysInto(scene, self._grants, attempts)

    def found(self) -> Escalation:
        standing = {each.arn: found for each in self._grants.holders if (found := self._own.standing(each)) is not None}
        steps: dict[str, Step] = {}
        for holder in self._grants.holders:
            if holder.arn not in standing and (own := self._own.of(holder)):
                steps[holder.arn] = own[0]
        reached = [*sorted(standing), *steps]
        left = set(self._grants.order) - {*standing, *steps}
        while reached:
            closer: dict[str, list[Step]] = {}
            for arn in reached:
                for step in self._into.best(self._grants.by_arn[arn], left):
                    closer.setdefault(step.source, []).append(step)
            if not closer:
                for step in self._writing(left):
                    closer.setdefault(step.source, []).append(step)
            for source, possible in closer.items():
                steps[source] = min(possible, key=lambda each: each.rank)
            left -= closer.keys()
            reached = sorted(closer, key=self._grants.order.__getitem__)
        others = self._others(standing, steps) if len(steps) <= _MOST_SOURCES else {}
        conditions = {arn: found.depends_on for arn, found in standing.items() if found.depends_on}
        undecided = {
            arn: "; ".join(dict.fromkeys(self._grants.by_arn[arn].policies.unknown.values()))
            for arn in sorted(left, key=self._grants.order.__getitem__)
            if self._grants.by_arn[arn].policies.unknown
        }
        return Escalation(frozenset(standing), steps, conditions, others, undecided, self._unseen(left))

    def _unseen(self, left: Set[str]) -> dict[str, tuple[str, ...]]:
        """Return who may take over what runs already with a role: functions, notebooks, builds, tasks, stacks."""
        found: dict[str, tuple[str, ...]] = {}
        possible = [way for way in ways() if way.kind == "existing-role" and not way.runs_as]
        for arn in sorted(left, key=self._grants.order.__getitem__):
            for way in possible:
                if (
                    actions_of(way) <= self._grants.powers[arn]
                    and self._into.rest(self._grants.by_arn[arn], way) is not None
                ):
                    found[arn] = way.needs
                    break
        return found

    def _others(self, standing: Mapping[str, Attempt], steps: Mapping[str, Step]) -> dict[str, tuple[Step, ...]]:
        """Return the further next steps of those who are on a way, those that depend on nothing first."""
        found: dict[str, list[Step]] = {}
        for arn in steps:
            found[arn] = [each for each in self._own.of(self._grants.by_arn[arn]) if each != steps[arn]]
        among = set(steps)
        for arn in (*sorted(standing), *steps):
            among_here = {each for each in among if len(found[each]) < _MOST_OTHERS}
            for step in self._into.best(self._grants.by_arn[arn], among_here) if among_here else ():
                if step != steps[step.source] and not self._leads_back(step, steps):
                    found[step.source].append(step)
        return {
            arn: tuple(sorted(each, key=lambda step: step.rank)[:_MOST_OTHERS]) for arn, each in found.items() if each
        }

    def _leads_back(self, step: Step, steps: Mapping[str, Step]) -> bool:
        arn = step.target
        while arn in steps:
            if arn == step.source:
                return True
            arn = steps[arn].target
        return False

    def _writing(self, left: Set[str]) -> Iterator[Step]:
        """Give everyone who can write permissions into another principal and then act as it."""
        writers = set().union(
            *(self._grants.able.get(action.lower(), set()) for actions in WRITES.values() for action in actions)
        )
        among = writers & left
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
            if gain is None:
                continue
            for step in self._chains(target, set(able)):
                how, tried = able[step.source]
                both = tried.also(Attempt(step.by, (*step.depends_on, *gain.depends_on)))
                words = f"{how}, then {step.how}"
                yield Step(step.source, ADMINISTRATOR, "own-permissions", words, both.by, both.depends_on)

    def _chains(self, target: Holder, sources: set[str], most: int = 4) -> Iterator[Step]:
        """Give one step for each source that gets to a target, whose words tell of all steps on the way."""
        waiting, seen = set(sources), {target.arn}
        reached: list[tuple[Holder, Step | None]] = [(target, None)]
        for _ in range(most):
            closer: list[tuple[Holder, Step | None]] = []
            for arrived, onward in reached:
                for step in self._into.best(arrived, set(self._grants.order) - seen):
                    whole = step if onward is None else joined(step, onward)
                    seen.add(step.source)
                    closer.append((self._grants.by_arn[step.source], whole))
                    if step.source in waiting:
                        waiting.discard(step.source)
                        yield whole
            if not waiting:
                return
            reached = closer
