"""Which statements of a policy change nothing, as the proof engine has it: for every request there can be.

The engine is loaded for a policy with a statement of which others may say everything, told quickly: each of its actions
on each of its resources is within one of them, under conditions on no other keys.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

from preflight.iam.pattern import overlaps
from preflight.kept_property import kept_property
from preflight.lint.analysis.pattern_coverage import WILD, PatternList
from preflight.lint.analysis.proved_grants import provable
from preflight.lint.policy.statements import StatementView, strings
from preflight.lint.policy.subject import Subject

_MOST_PROVED = 40
"""Of a policy with more statements, one covers another only if its lists and conditions do, which needs no proof."""
_MOST_TRIED = 5
_MOST_PAIRS = 2000
"""Among more actions on more resources than this, a statement is compared with no union of others."""
_POSITIVE = frozenset({"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"})


def adds_nothing(subject: Subject, view: StatementView, by: Sequence[StatementView]) -> bool:
    """Whether a statement is shown to change nothing beside others, for any request: it allows, or denies, what they
    do, or allows only what they deny.
    """
    if len(subject.statements) > _MOST_PROVED or _plainly(subject, view, by):
        return True
    from preflight.iam.policy import Policy
    from preflight.iam.proof import equivalent

    policy = subject.once(provable)
    if policy is None:
        return False
    others = {each.index for each in by}
    rest = tuple(each for each in policy.statements if each.index in others)
    both = tuple(each for each in policy.statements if each.index in others or each.index == view.index)
    without, beside = (Policy(policy.name, policy.version, each) for each in (rest, both))
    return equivalent(beside, without, subject.type)


def _plainly(subject: Subject, view: StatementView, by: Sequence[StatementView]) -> bool:
    """Whether lists of patterns and equal conditions show it by themselves: then the engine need not be loaded."""
    reach = subject.once(reaches)
    own = reach[view.index].conditions
    return all(each.listed and each.conditions <= own for each in [reach[other.index] for other in by])


def covered_by(subject: Subject, view: StatementView, among: Sequence[StatementReach]) -> tuple[StatementView, ...]:
    """Return what a statement adds nothing to: one other statement if there is one, or several together; else none."""
    tried = 0
    first = next(iter(view.lower_actions), "")
    about = [each for each in among if each.has_action(first)]
    for each in about:
        by = covering(subject, view, (each,))
        if by and tried < _MOST_TRIED:
            tried += 1
            if adds_nothing(subject, view, by):
                return by
    by = covering(subject, view, among) if about and len(among) > 1 else ()
    return by if len(by) > 1 and adds_nothing(subject, view, by) else ()


def reaches(subject: Subject) -> dict[int, StatementReach]:
    """Return what each statement is about, by its position."""
    return {view.index: StatementReach(view) for view in subject.statements}


def begun_elsewhere(subject: Subject) -> list[StatementView]:
    """Return the statements whose first action is one of another statement too: none of the others is covered."""
    naming: dict[str, int] = defaultdict(int)
    wild = []
    for reach in subject.once(reaches).values():
        if reach.lists_names:
            for action in frozenset(reach.view.lower_actions):
                naming[action] += 1
        else:
            wild.append(reach)
    found = []
    for reach in subject.once(reaches).values():
        actions = reach.view.lower_actions
        if actions and (
            naming.get(actions[0], 0) > reach.lists_names
            or any(each is not reach and each.has_action(actions[0]) for each in wild)
        ):
            found.append(reach.view)
    return found


def covering(subject: Subject, view: StatementView, among: Sequence[StatementReach]) -> tuple[StatementView, ...]:
    """Return statements among others that together may say everything that a statement says; none if they can't."""
    if not view.action_texts or "NotResource" in view.raw:
        return ()
    own = subject.once(reaches)[view.index]
    if len(subject.statements) <= _MOST_PROVED:
        others = [each for each in among if each.keys <= own.keys]
    else:
        others = [each for each in among if each.listed and each.conditions <= own.conditions]
    resources = view.resource_texts or ("",)
    if not others or len(view.action_texts) * len(resources) > _MOST_PAIRS:
        return ()
    by = _within(view, resources, others)
    if any(own.apart_from(each) for each in by):
        by = _within(view, resources, [each for each in others if not own.apart_from(each)])
    return tuple([each.view for each in by])


def _within(
    view: StatementView, resources: Sequence[str], others: Sequence[StatementReach]
) -> tuple[StatementReach, ...]:
    """Return those of other statements that each action on each resource is within one of; none where one isn't."""
    used: dict[int, StatementReach] = {}
    for action in view.lower_actions:
        about = [each for each in others if each.has_action(action)]
        for resource in resources if about else ():
            found = next((each for each in about if each.has_resource(resource)), None)
            if found is None:
                return ()
            used[found.view.index] = found
        if not about:
            return ()
    return tuple(used.values())


class StatementReach:
    """What a statement is about: its actions, its resources, and the keys of its conditions. Of most statements nothing
    is asked but whether they list names alone.
    """

    def __init__(self, view: StatementView) -> None:
        self.view = view

    @property
    def lists_names(self) -> bool:
        """Whether the statement has a list of actions without wildcards: it is about these and no others."""
        lines = self.view.action_lines
        return bool(lines) and "*" not in lines and "?" not in lines and "NotAction" not in self.view.raw

    @kept_property
    def keys(self) -> frozenset[str]:
        """The keys of its conditions, in lower case."""
        return frozenset([each.lower_key for each in self.view.conditions])

    @kept_property
    def conditions(self) -> frozenset[tuple[str, str, frozenset[str]]]:
        """Its conditions: operator and key in lower case, and values."""
        return frozenset(
            [
                (each.operator.lower(), each.lower_key, frozenset([value.text for value in each.values]))
                for each in self.view.conditions
            ]
        )

    @kept_property
    def compared(self) -> dict[str, list[_Compared]]:
        """What its conditions compare with given texts, one of which a request has to have, by key in lower case."""
        found: dict[str, list[_Compared]] = defaultdict(list)
        for each in self.view.conditions:
            texts = frozenset([text.lower() for text in strings(each.raw)])
            if (
                each.lower_base in _POSITIVE
                and not each.qualifier
                and texts
                and not any("${" in text for text in texts)
            ):
                found[each.lower_key].append(_Compared(texts, each.if_exists))
        return found

    def apart_from(self, other: StatementReach) -> bool:
        """Whether no request has one value of a key that meets both: passing a role to one service, and to another."""
        return any(
            not (mine.if_exists and theirs.if_exists) and _apart(mine.texts, theirs.texts)
            for key in self.compared.keys() & other.compared.keys()
            for mine in self.compared[key]
            for theirs in other.compared[key]
        )

    @property
    def listed(self) -> bool:
        """Whether it lists its actions and resources, rather than all others."""
        return not self.view.not_actions and not self.view.not_resources

    @kept_property
    def has_action(self) -> Callable[[str], bool]:
        """What tells whether it is about an action, in lower case."""
        return _listed(self.view.lower_actions, [each.text.lower() for each in self.view.not_actions])

    @kept_property
    def has_resource(self) -> Callable[[str], bool]:
        """What tells whether it is about a resource."""
        return _listed(self.view.resource_texts, [each.text for each in self.view.not_resources])


class _Compared(NamedTuple):
    """The texts of a condition in lower case, and whether it is met by requests without its key."""

    texts: frozenset[str]
    if_exists: bool


def _apart(some: frozenset[str], others: frozenset[str]) -> bool:
    """Whether no text is matched by one of some patterns and one of others; not told of very many."""
    if not some.isdisjoint(others) or len(some) * len(others) > _MOST_PAIRS:
        return False
    return not any(overlaps(one, other) for one in some for other in others if not WILD.isdisjoint(one + other))


def _listed(texts: Sequence[str], spared: Sequence[str]) -> Callable[[str], bool]:
    """Return what tells whether a text is within a list, or outside of one that spares; the proof has the last word."""
    if spared:
        but = PatternList(spared)
        return lambda text: not but.has(text)
    inside = PatternList(texts)
    if texts and not inside.heads and not inside.others:
        return inside.exact.__contains__
    return lambda text: inside.has(text) if texts else not text
