"""The values of each dimension of a request, told apart by the boxes that must hold and those to be avoided.

Dimensions are the action, the resource, the caller, each condition key, and each condition with variables. Values are
taken for one class where the boxes do not tell them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from preflight.iam.conditions import Condition, Quantifier, Truth
from preflight.iam.principals import PrincipalMatch, PrincipalType, grant
from preflight.iam.proof.able import able
from preflight.iam.proof.boxes import Box, meaning
from preflight.iam.proof.callers import Person, crowd, lookup_of
from preflight.iam.proof.keys import ALWAYS_PRESENT, OF_THE_CALLER
from preflight.iam.proof.patterns.elements import action_names, resource_names
from preflight.iam.proof.patterns.names import ACTIONS, RESOURCES, Names, name_classes
from preflight.iam.proof.patterns.symbols import Symbols
from preflight.iam.proof.search import Class
from preflight.iam.proof.sought import is_sought
from preflight.iam.proof.values import Values, candidates
from preflight.iam.variables import Found as Looked
from preflight.iam.variables import Missing

REGION = "aws:requestedregion"


class Point(NamedTuple):
    """One request. `resource` may hold variables' letters until `filled` has given them values."""

    action: str
    resource: str
    person: Person | None
    context: Mapping[str, Values]


@dataclass(frozen=True)
class Space:
    """Which requests there are: whether policies name callers, the resources, the keys whose values are given."""

    callers: bool = False
    resources: tuple[Symbols, ...] = RESOURCES
    assumed: Mapping[str, Values] = field(default_factory=dict)


class SpacePart(NamedTuple):
    """A part of the space: its resources, whether the region's key is absent (None: it makes no difference), and what
    else must hold.
    """

    space: Space
    resources: tuple[Symbols, ...]
    region_absent: bool | None
    must: tuple[Box, ...] = ()


_ACTION, _RESOURCE, _CALLER = "action", "resource", "caller"


class Dimensions:
    """The classes of values of each dimension, with why there may be more; boxes to avoid have a bit each."""

    def __init__(self, must: Sequence[Box], avoid: Sequence[Box], case: SpacePart, *, thorough: bool) -> None:
        self.classes: dict[object, tuple[list[Class], str]] = {}
        self.empty = False
        self._case, self._thorough = case, thorough
        boxes = _less(avoid, must)
        self.all = (1 << len(boxes)) - 1
        self._boxes = [(1 << place, box) for place, box in enumerate(boxes)]
        self._must = must
        for step in (self._actions, self._keys, self._callers, self._resources, self._varying):
            step()
            if self.empty:
                return

    def _add(self, name: object, bits: int, classes: Sequence[Class], missing: str) -> None:
        """Take a dimension; boxes that have nothing to say there hold for all of it."""
        others = self.all & ~bits
        found = [Class(each.mask | others, each.value) for each in classes]
        if not found and not missing:
            self.empty = True
        self.classes[name] = (found, missing)
        if not missing:
            # A box that no value of this dimension is within is avoided, whatever the others are.
            met = 0
            for each in found:
                met |= each.mask
            self._boxes = [(bit, box) for bit, box in self._boxes if bit & met]

    def _named(
        self,
        dimension: str,
        must: Sequence[Names],
        boxes: Sequence[tuple[int, Names]],
        domain: tuple[Symbols, ...],
    ) -> None:
        found = name_classes(must, boxes, domain, f"{dimension}s", thorough=self._thorough)
        self._add(dimension, sum(bit for bit, _ in boxes), found.classes, found.missing)

    def _actions(self) -> None:
        must = [action_names(box.actions) for box in self._must if box.actions is not None]
        boxes = [(bit, action_names(box.actions)) for bit, box in self._boxes if box.actions is not None]
        self._named(_ACTION, must, boxes, ACTIONS)

    def _resources(self) -> None:
        must = [resource_names(box.resources) for box in self._must if box.resources is not None]
        must += [box.forms for box in self._must if box.forms is not None]
        boxes = [(bit, resource_names(box.resources)) for bit, box in self._boxes if box.resources is not None]
        self._named(_RESOURCE, must, boxes, self._case.resources)

    def _callers(self) -> None:
        if not self._case.space.callers:
            return
        everything = [*self._must, *(box for _, box in self._boxes)]
        principals = [box.principals for box in everything if box.principals is not None]
        conditions = [each for box in everything for each in box.fixed if each.key in OF_THE_CALLER]
        sought = [pattern for box in everything for pattern in box.sought]
        people = crowd(principals, conditions, sought, thorough=self._thorough)
        bits = 0
        for bit, box in self._boxes:
            about = box.statement is not None or box.callers is not None or bool(box.sought)
            bits |= bit if about or any(each.key in OF_THE_CALLER for each in box.fixed) else 0
        classes = []
        for person in able(people.people, self._must):
            if all(_possibly_calls(box, person) for box in self._must):
                mask = sum(bit for bit, box in self._boxes if bit & bits and _surely_calls(box, person))
                classes.append(Class(mask, person))
        if any(":assumed-role/" in value for each in principals for _, value in each.entries):
            # A role makes requests as one of its sessions; whether as the one that is listed is open.
            classes.sort(key=lambda each: isinstance(each.value, Person) and each.value.who.kind is PrincipalType.ROLE)
        missing = people.missing or ("" if self._thorough else "not looked at yet")
        if classes and not self._thorough:
            least = min(classes, key=lambda each: each.mask.bit_count())
            missing = "" if not least.mask and not people.missing else missing
        self._add(_CALLER, bits, classes, missing)

    def _keys(self) -> None:
        by_key: dict[str, tuple[list[Condition], list[tuple[int, Condition]]]] = {}
        for box in self._must:
            for each in box.fixed:
                by_key.setdefault(each.key, ([], []))[0].append(each)
        for bit, box in self._boxes:
            for each in box.fixed:
                by_key.setdefault(each.key, ([], []))[1].append((bit, each))
        for key, (must, boxes) in by_key.items():
            if self._case.space.callers and key in OF_THE_CALLER:
                continue
            self._key(key, must, boxes)

    def _key(self, key: str, must: Sequence[Condition], boxes: Sequence[tuple[int, Condition]]) -> None:
        space = self._case.space
        bits = 0
        for bit, _ in boxes:
            bits |= bit
        for thorough in (False, True) if self._thorough else (False,):
            missing = ""
            if key in space.assumed:
                values: Sequence[Values] = (space.assumed[key],)
            else:
                values, missing = candidates(key, [*must, *(each for _, each in boxes)], thorough=thorough)
            if key in ALWAYS_PRESENT or (key == REGION and self._case.region_absent is False):
                values = [each for each in values if each]
            elif key == REGION and self._case.region_absent:
                values = [()]
            classes = []
            for value in values:
                lookup = giving(value)
                if all(each.truth(lookup) is not Truth.FALSE for each in must):
                    mask = bits
                    for bit, each in boxes:
                        if mask & bit and each.truth(lookup) is not Truth.TRUE:
                            mask &= ~bit
                    classes.append(Class(mask, value))
            if any(not each.mask for each in classes):
                missing = ""
            if not missing:
                break
        self._add(key, bits, classes, missing)

    def _varying(self) -> None:
        """Take each condition with variables for one that may hold or not: whatever the values are, it does one."""
        of_box = [(bit, each) for bit, box in self._boxes for each in box.varying]
        for form in dict.fromkeys(_form(each) for _, each in of_box):
            wished = {_matches(each) for box in self._must for each in box.varying if _form(each) == form}
            about = [(bit, each) for bit, each in of_box if _form(each) == form]
            bits = 0
            for bit, _ in about:
                bits |= bit
            classes = []
            for matching in {True, False} if len(wished) != 1 else wished:
                mask = bits
                for bit, each in about:
                    mask &= ~bit if _matches(each) != matching else mask
                classes.append(Class(mask, matching))
            self._add(("varying", form), bits, classes if len(wished) < 2 else [], "")

    def point(self, chosen: Sequence[Class]) -> Point:
        """Return the request that one class of each dimension makes."""
        values = dict(zip(self.classes, (each.value for each in chosen), strict=True))
        person = values.get(_CALLER)
        context = {
            key: value
            for key, value in values.items()
            if isinstance(key, str) and isinstance(value, tuple) and key not in (_ACTION, _RESOURCE, _CALLER)
        }
        return Point(
            str(values[_ACTION]), str(values[_RESOURCE]), person if isinstance(person, Person) else None, context
        )


def _less(avoid: Sequence[Box], must: Sequence[Box]) -> list[Box]:
    """Return the boxes to avoid without what holds anyway, since one that must hold says it in the same words."""
    held = {meaning(each) for box in must for each in box.conditions}
    actions = {box.actions for box in must}
    resources = {box.resources for box in must}
    return [
        replace(
            box,
            actions=None if box.actions in actions else box.actions,
            resources=None if box.resources in resources else box.resources,
            conditions=tuple(each for each in box.conditions if meaning(each) not in held),
        )
        for box in avoid
    ]


def giving(values: Values) -> Callable[[str], Looked]:
    """Return what gives these values, whatever key it is asked for; none where there are none."""
    found: Looked = values or Missing.ABSENT
    return lambda _: found


def _form(each: Condition) -> tuple[object, ...]:
    """Return what a condition with variables asks. Without qualifiers, one operator and its negation ask the same."""
    plain = each.quantifier is Quantifier.NONE and not each.if_exists
    name = each.base.positive if plain else each.base.name
    return name, each.quantifier, each.if_exists, each.key, frozenset(value.parts for value in each.templates)


def _matches(each: Condition) -> bool:
    """Say whether the condition holds where what `_form` asks is so."""
    return not (each.base.negated and each.quantifier is Quantifier.NONE and not each.if_exists)


def _of_caller(box: Box) -> Iterator[Condition]:
    return (each for each in box.fixed if each.key in OF_THE_CALLER)


def _possibly_calls(box: Box, person: Person) -> bool:
    context = lookup_of(person)
    who = context.identified()
    if box.callers is not None and not box.callers(who):
        return False
    if box.sought and not is_sought(box.sought, who):
        return False
    if box.statement is not None and grant(box.principals, who) is PrincipalMatch.NONE:
        return False
    return all(each.truth(context) is not Truth.FALSE for each in _of_caller(box))


def _surely_calls(box: Box, person: Person) -> bool:
    context = lookup_of(person)
    who = context.identified()
    if box.callers is not None and not box.callers(who):
        return False
    if box.sought and not is_sought(box.sought, who):
        return False
    if box.statement is not None and grant(box.principals, who) in (PrincipalMatch.NONE, PrincipalMatch.UNSURE):
        return False
    return all(each.truth(context) is Truth.TRUE for each in _of_caller(box))
