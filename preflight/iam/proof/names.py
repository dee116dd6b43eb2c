"""Names of actions and resources that show how the patterns of boxes overlap.

For each pattern of the narrowest box that must hold, first some names that cost nothing to make: where one of them is
outside everything that the pattern can leave, there is no better one. Where that is not enough, all patterns that
overlap are run together, which shows every combination.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from preflight.iam.proof.automaton import words
from preflight.iam.proof.search import Class
from preflight.iam.proof.symbols import COLON, ONE, RUN, Symbol, Symbols, has_variable, instances, literal, widened
from preflight.iam.wildcard import Matcher

_RUN_IN_PART, _ONE_IN_PART = Symbol("run", COLON), Symbol("one", COLON)
_PART: Symbols = (_ONE_IN_PART, _RUN_IN_PART)

ACTIONS: tuple[Symbols, ...] = ((*_PART, *literal(":"), *_PART),)
"""Every action there can be: a service, a colon and a name, neither of which has a colon."""

RESOURCES: tuple[Symbols, ...] = (
    literal("*"),
    (
        *literal("arn:"),
        *_PART,
        *literal(":"),
        *_PART,
        *literal(":"),
        _RUN_IN_PART,
        *literal(":"),
        _RUN_IN_PART,
        *literal(":"),
        ONE,
        RUN,
    ),
)
"""Every resource of a request: an ARN, or `*` for an action without resource-level permissions."""

REGIONLESS: tuple[Symbols, ...] = (
    RESOURCES[0],
    (*literal("arn:"), *_PART, *literal(":"), *_PART, *literal("::"), _RUN_IN_PART, *literal(":"), ONE, RUN),
)
"""Every resource whose ARN names no region."""

ROLES: tuple[Symbols, ...] = (
    (
        *literal("arn:"),
        *_PART,
        *literal(":iam::"),
        *(Symbol("is", frozenset("0123456789")),) * 12,
        *literal(":role/"),
        ONE,
        RUN,
    ),
)
"""Every role: the resource of a trust policy."""


@dataclass(frozen=True)
class Names:
    """The patterns of one element of a statement. `hit` says whether one of the `fixed` ones matches a name; `varying`
    are those with variables.
    """

    fixed: tuple[Symbols, ...]
    varying: tuple[Symbols, ...]
    negated: bool
    hit: Matcher
    maybe: Matcher
    """Whether a pattern matches a name for some value of its variables."""

    def surely(self, name: str) -> bool:
        """Whether the element holds for a name without variables, whatever their values are.

        A Not element with a variable that has no value is about nothing at all.
        """
        return not self.varying and not self.hit(name) if self.negated else self.hit(name)

    def possibly(self, name: str) -> bool:
        """Whether the element holds for a name without variables, for some values of them."""
        return not self.hit(name) if self.negated else self.maybe(name)


@dataclass(frozen=True)
class NameClasses:
    """The classes of names that were found; `missing` says why there may be more."""

    classes: list[Class]
    missing: str = ""


def name_classes(
    must: Sequence[Names], boxes: Sequence[tuple[int, Names]], domain: Sequence[Symbols], what: str, *, thorough: bool
) -> NameClasses:
    """Return classes of the names of a domain that all of `must` hold for, told apart by the elements of `boxes`, each
    with its bit. Boxes without the element are not among them: they hold for every name.
    """
    positive = [each for each in must if not each.negated]
    base = min(positive, key=_width) if positive else None
    others = [each for each in must if each is not base]
    patterns = (*base.fixed, *base.varying) if base is not None else tuple(domain)
    found: list[Class] = []
    missing = ""
    for pattern in dict.fromkeys(patterns):
        with_variable = has_variable(pattern)
        if with_variable and others:
            # What a variable is worth decides what else holds: anything may.
            pattern, with_variable = widened(pattern), False
        if not with_variable:
            quick = list(_quick(pattern, others, boxes, domain))
            found += quick
            if _least(pattern, quick, boxes):
                continue
        if not thorough:
            missing = "not looked at yet"
            continue
        classes, whole = _all(pattern, others, boxes, domain, with_variable=with_variable)
        found += classes
        if not whole:
            missing = f"the patterns for {what} are too entangled"
    return NameClasses(found, missing)


def _width(names: Names) -> tuple[int, int]:
    patterns = (*names.fixed, *names.varying)
    wild = sum(any(each.kind != "is" for each in pattern) for pattern in patterns)
    shortest = min((sum(each.kind == "is" for each in pattern) for pattern in patterns), default=0)
    return -shortest if wild else -1000, len(patterns)


_FILLS = (("example", "x"), ("Example/x", "y"), ("", "z"), ("q", "q"), ("exam:ple", "w"))


def _quick(
    pattern: Symbols, others: Sequence[Names], boxes: Sequence[tuple[int, Names]], domain: Sequence[Symbols]
) -> Iterator[Class]:
    seen: set[str] = set()
    simple = all(each.kind == "is" for each in pattern)
    shapes = [pattern]
    if not simple and pattern not in domain:
        shapes += [shape for form in domain if (shape := _within(pattern, form)) is not None]
    for shape in shapes:
        for name in instances(shape, _FILLS[:1] if simple else _FILLS):
            if name in seen:
                continue
            seen.add(name)
            if _in_domain(name, domain) and all(each.possibly(name) for each in others):
                yield Class(sum(bit for bit, each in boxes if each.surely(name)), name)


def _within(pattern: Symbols, form: Symbols) -> Symbols | None:
    """Return the form of a domain where the pattern is a whole run, after a text that the form begins with."""
    if pattern and pattern[-1] == RUN and all(each.kind == "is" for each in pattern[:-1]):
        head = pattern[:-1]
        if len(head) <= len(form) and form[: len(head)] == head:
            return form
        colons = sum(each == literal(":")[0] for each in head)
        places = [at for at, each in enumerate(form) if each == literal(":")[0]]
        if head and colons and len(places) >= colons and head[-1] == literal(":")[0]:
            return (*head, *form[places[colons - 1] + 1 :])
        if head and len(places) > colons >= 0:
            return (*head, _RUN_IN_PART, *form[places[colons] :])
    return None


def _in_domain(name: str, domain: Sequence[Symbols]) -> bool:
    if domain is ACTIONS:
        service, _, rest = name.partition(":")
        return bool(service and rest) and ":" not in rest
    if name == "*":
        return domain is not ROLES
    parts = name.split(":", 5)
    if len(parts) < 6 or parts[0] != "arn" or not (parts[1] and parts[2] and parts[5]):
        return False
    if domain is REGIONLESS:
        return not parts[3]
    if domain is ROLES:
        return (
            parts[2] == "iam"
            and not parts[3]
            and len(parts[4]) == 12
            and parts[4].isdecimal()
            and parts[5].startswith("role/")
            and len(parts[5]) > len("role/")
        )
    return True


def _least(pattern: Symbols, quick: Sequence[Class], boxes: Sequence[tuple[int, Names]]) -> bool:
    """Whether one of the classes is in no box that the pattern can leave."""
    if all(each.kind == "is" for each in pattern):
        return True
    for each in sorted(quick, key=lambda one: one.mask.bit_count())[:1]:
        if all(not each.mask & bit or _covers(names, pattern) for bit, names in boxes):
            return True
    return False


def _covers(names: Names, pattern: Symbols) -> bool:
    """Whether an element surely holds for every name that a pattern matches, shown by one of its patterns."""
    if names.negated:
        return False
    return any(each == (RUN,) or each == pattern or _begins(each, pattern) for each in names.fixed)


def _begins(wide: Symbols, pattern: Symbols) -> bool:
    return bool(wide) and wide[-1] == RUN and pattern[: len(wide) - 1] == wide[:-1] and _literal(wide[:-1])


def _literal(pattern: Symbols) -> bool:
    return all(each.kind == "is" for each in pattern)


def _all(
    pattern: Symbols,
    others: Sequence[Names],
    boxes: Sequence[tuple[int, Names]],
    domain: Sequence[Symbols],
    *,
    with_variable: bool,
) -> tuple[list[Class], bool]:
    """Return the classes of all names that a pattern matches, and whether these are all of them."""
    groups: list[Sequence[Symbols]] = [[pattern]]
    wanted: list[bool | None] = [True]
    if not with_variable:
        groups.append(domain)
        wanted.append(True)
        for each in others:
            groups.append(each.fixed if each.negated else (*each.fixed, *map(widened, each.varying)))
            wanted.append(not each.negated)
    bits: list[tuple[int, int, bool]] = []
    always = 0
    shape = widened(pattern)
    for bit, each in boxes:
        if _covers(each, pattern):
            always |= bit
            continue
        if each.negated and each.varying:
            continue
        if with_variable and each.negated:
            # Surely outside only where no value of the variable could bring the name inside.
            apart = words([[shape], each.fixed], [True, True])
            always |= bit if apart.whole and not apart.words else 0
            continue
        told = (*each.fixed, *each.varying) if with_variable else each.fixed
        near = [one for one in told if _may_meet(shape, one)]
        if not near:
            always |= bit if each.negated else 0
            continue
        bits.append((1 << len(groups), bit, each.negated))
        groups.append(near)
        wanted.append(None)
    found = words(groups, wanted)
    classes = [
        Class(always | sum(bit for place, bit, negated in bits if bool(shown & place) != negated), name)
        for shown, name in found.words.items()
    ]
    return classes, found.whole


def _may_meet(one: Symbols, other: Symbols) -> bool:
    """Whether two patterns do not already differ in what they begin with."""
    for first, second in zip(one, other, strict=False):
        if first.kind != "is" or second.kind != "is":
            return True
        if not first.letters & second.letters:
            return False
    return True
