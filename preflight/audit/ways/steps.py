"""What a search for ways to administrator gives: steps, and everyone who is on a way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from preflight.iam.decision import StatementRef
from preflight.iam.request import PolicyType
from preflight.lint.analysis.escalation_paths import Way

ADMINISTRATOR = "administrator"
_LONGEST = 2_000
_GRANTING = (PolicyType.IDENTITY, PolicyType.RESOURCE)


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """One step of a way: `source` (an ARN) gets to `target` (a principal's ARN, or `administrator`).

    `kind` is `own-permissions`, `assume-role`, `trust-policy`, `user-credentials`, `passed-role` or `existing-role`;
    `how` says it in words; `by` are the statements that allow it; `depends_on` are conditions that the facts do not
    decide, in words, empty where there are none.
    """

    source: str
    target: str
    kind: str
    how: str
    by: tuple[StatementRef, ...]
    depends_on: tuple[str, ...] = ()

    @property
    def rank(self) -> tuple[bool, int]:
        """Sorts steps that depend on nothing first."""
        return (bool(self.depends_on), len(self.depends_on))


@dataclass(frozen=True, slots=True)
class Escalation:
    """`administrators` are those who can do everything already, some under the `conditions` of their ARN.

    `steps` are the best next step of everyone else who can get there, by ARN; `others` their other next steps.
    `undecided` are those of whom some policies are not known and who are on no way that is known, with the reason.
    `unseen` are those, on no known way, who may take over or change something of which the facts do not list all, with
    the way. `central` are those, on no known way either, who may change permission sets of IAM Identity Center, if this
    account manages them, with the actions. `unknown_trust` are the roles on a way of which it is not known whom they
    trust. `by_region` is whether someone is on no way only as far as the facts list what exists: in their regions.
    """

    administrators: frozenset[str]
    steps: Mapping[str, EscalationStep]
    conditions: Mapping[str, tuple[str, ...]]
    others: Mapping[str, tuple[EscalationStep, ...]]
    undecided: Mapping[str, str]
    unseen: Mapping[str, Way]
    central: Mapping[str, tuple[str, ...]]
    unknown_trust: tuple[str, ...] = ()
    by_region: bool = False

    def path(self, arn: str) -> tuple[EscalationStep, ...]:
        """Return the steps from a principal to everything, in order; none for one that gets nowhere or is there."""
        found: list[EscalationStep] = []
        while arn in self.steps:
            found.append(self.steps[arn])
            arn = found[-1].target
        return tuple(found)

    def depends_on(self, arn: str) -> tuple[str, ...]:
        """Return what a principal's way depends on: its steps, and what the administrator at its end is one under."""
        path = self.path(arn)
        end = self.conditions.get(path[-1].target, ()) if path else ()
        return tuple(dict.fromkeys((*(each for step in path for each in step.depends_on), *end)))

    def all_steps(self) -> Iterator[EscalationStep]:
        """Give every known step on a way, the best of each principal first."""
        for arn, step in self.steps.items():
            yield step
            yield from self.others.get(arn, ())

    def closing(self, most: int = 5) -> list[tuple[StatementRef, int]]:
        """Return the statements without which most principals would have no way, with the number of those."""
        found: Counter[StatementRef] = Counter()
        for arn, step in self.steps.items():
            needed = set(step.by)
            for other in self.others.get(arn, ()):
                needed &= set(other.by)
            # What only limits (the organization's policies, boundaries) is not what to take away.
            found.update(each for each in needed if each.policy_type in _GRANTING)
        return sorted(found.items(), key=lambda each: (-each[1], each[0].policy, each[0].statement))[:most]


def in_words(how: str) -> str:
    """Return the words of a step. Those of steps that are made of many others, which are made of many others, would
    double with each: of more than can be read, the beginning.
    """
    return how if len(how) <= _LONGEST else f"{how[:_LONGEST].rpartition(', ')[0]}, and so on"


def joined(first: EscalationStep, onward: EscalationStep) -> EscalationStep:
    """Return two steps as one, from the first's source to where the second gets."""
    by = tuple(dict.fromkeys((*first.by, *onward.by)))
    depends_on = tuple(dict.fromkeys((*first.depends_on, *onward.depends_on)))
    how = in_words(f"{first.how}, then {onward.how}" if onward.how else first.how)
    return replace(first, target=onward.target, how=how, by=by, depends_on=depends_on)


def named(arn: str) -> str:
    """Return an ARN as people call it: `role/deployer`."""
    return arn.split(":", 5)[-1]
