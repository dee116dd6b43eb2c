"""Names of actions and resources that show how the patterns of boxes overlap.

For each pattern of the narrowest box that must hold, first some names that cost nothing to make: where one of them is
outside everything that the pattern can leave, there is no better one. Where that is not enough, all patterns that
overlap are run together, which shows every combination.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from preflight.iam.proof.patterns.automaton import words
from preflight.iam.proof.patterns.symbols import (
    COLON,
    ONE,
    RUN,
    Symbol,
    Symbols,
    after_run,
    aligned,
    has_variable,
    instances,
    literal,
    widened,
)
from preflight.iam.proof.search import Class
from preflight.iam.resource_patterns import has_colon_in_name
from preflight.iam.wildcard import Matcher

_MOST_STATES_OF_TWO = 400
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

BUCKETS: tuple[Symbols, ...] = (literal("arn:aws:s3:::*"),)
"""All buckets, which listing them is decided on."""

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


NAMED: Symbols = (
    *(symbol for _ in range(5) for symbol in (_RUN_IN_PART, *literal(":"))),
    Symbol("run", frozenset(":/")),
    *literal("/"),
    _RUN_IN_PART,
    *literal(":"),
    RUN,
)
"""The ARNs whose name has a colon, as the key of an object may (`resource_patterns.has_colon_in_name`)."""


@dataclass(frozen=True)
class Names:
    """The patterns of one element of a statement.

    `fixed` are those without variables, as far as it is documented what they match; `loose` are the same where their
    wildcards also take the colons in a name, which is not documented. `varying` are those with variables. `unclear` are
    all that patterns may match besides: by the value of a variable, or as AWS may read them.
    """

    negated: bool
    fixed: tuple[Symbols, ...]
    strictly: Matcher
    loose: tuple[Symbols, ...] = ()
    loosely: Matcher | None = None
    varying: tuple[Symbols, ...] = ()
    unclear: tuple[Symbols, ...] = ()
    perhaps: Matcher | None = None

    def held(self, name: str) -> bool:
        """Whether the element holds for a name, or may for a colon in it: no request then shows that it does not."""
        if self.negated:
            return not self.strictly(name) and not (self.perhaps is not None and self.perhaps(name))
        return self.strictly(name) or self._by_colon(name)

    def may_hold(self, name: str) -> bool:
        """Whether the element holds for a name, or may for another reason than a colon in it."""
        if self.negated:
            return not self.strictly(name) and not self._by_colon(name)
        return self.strictly(name) or (self.perhaps is not None and self.perhaps(name))

    def _by_colon(self, name: str) -> bool:
        return self.loosely is not None and has_colon_in_name(name) and self.loosely(name)


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
    patterns = _patterns(base) if base is not None else tuple(domain)
    found: list[Class] = []
    missing = ""
    for pattern in dict.fromkeys(patterns):
        with_variable = has_variable(pattern)
        if with_variable and (others or after_run(pattern)):
            # What a variable is worth decides what else holds, or how far a * before it goes: anything may.
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
            missing = f"the patterns for {what} overlap in too many ways"
    return NameClasses(found, missing)


def _patterns(names: Names) -> tuple[Symbols, ...]:
    """Return the patterns of an element that must hold."""
    return tuple(map(aligned, (*names.fixed, *names.varying, *names.unclear)))


def _width(names: Names) -> tuple[int, int]:
    patterns = _patterns(names)
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
            if _in_domain(name, domain) and all(each.may_hold(name) for each in others):
                yield Class(sum(bit for bit, each in boxes if each.held(name)), name)


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
    if domain is BUCKETS:
        return name == "arn:aws:s3:::*"
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
    return any(each == (RUN,) or aligned(each) == pattern or _begins(aligned(each), pattern) for each in names.fixed)


def _begins(wide: Symbols, pattern: Symbols) -> bool:
    return bool(wide) and wide[-1] == RUN and pattern[: len(wide) - 1] == wide[:-1]


@lru_cache(maxsize=8192)
def _contains(wide: Symbols, pattern: Symbols) -> bool:
    """Whether a pattern matches every name that another one does; False where that takes too long to say."""
    outside = words([[pattern], [wide]], [True, False], _MOST_STATES_OF_TWO)
    return outside.whole and not outside.words


def _all(
    pattern: Symbols,
    others: Sequence[Names],
    boxes: Sequence[tuple[int, Names]],
    domain: Sequence[Symbols],
    *,
    with_variable: bool,
) -> tuple[list[Class], bool]:
    """Return the classes of all names that a pattern matches, and whether these are all of them."""
    groups = _Groups(pattern)
    if not with_variable:
        groups.must(domain)
        for each in others:
            groups.must_hold(each)
    always = 0
    shape = widened(pattern)
    tests: list[tuple[int, Callable[[int], bool]]] = []
    for bit, each in boxes:
        if _covers(each, pattern) or (
            not each.negated and any(_may_meet(shape, one) and _contains(one, pattern) for one in each.fixed)
        ):
            always |= bit
        elif with_variable and each.negated:
            # Surely outside only where no value of the variable could bring the name inside.
            inside = (*each.fixed, *map(widened, each.varying), *each.unclear)
            apart = words([[shape], inside], [True, True])
            always |= bit if apart.whole and not apart.words else 0
        else:
            tests.append((bit, groups.told(each, shape, with_variable=with_variable)))
    found = words(groups.all, groups.wanted)
    classes = [
        Class(always | sum(bit for bit, test in tests if test(shown)), name) for shown, name in found.words.items()
    ]
    return classes, found.whole


class _Groups:
    """The groups of patterns that are run together, with what is wanted of each."""

    def __init__(self, base: Symbols) -> None:
        self.all: list[Sequence[Symbols]] = [[base]]
        self.wanted: list[bool | None] = [True]
        self._named = 0

    def must(self, patterns: Sequence[Symbols], *, match: bool = True) -> None:
        """Take patterns of which one must match, or none."""
        self.all.append(patterns)
        self.wanted.append(match)

    def must_hold(self, names: Names) -> None:
        """Take an element that must hold."""
        if names.negated:
            self.must(names.fixed, match=False)
        else:
            self.must([*map(aligned, (*names.fixed, *map(widened, names.varying), *names.unclear))])

    def _tell(self, patterns: Sequence[Symbols]) -> int:
        self.all.append(patterns)
        self.wanted.append(None)
        return 1 << (len(self.all) - 1)

    def told(self, names: Names, shape: Symbols, *, with_variable: bool) -> Callable[[int], bool]:
        """Take an element to be told; return how to read from what matches whether it holds."""
        if names.negated:
            inside = (*names.fixed, *map(widened, names.varying), *names.unclear)
            near = [one for one in inside if _may_meet(shape, one)]
            if not near:
                return lambda _: True
            match = self._tell(near)
            return lambda shown: not shown & match
        inside = (*names.fixed, *names.varying) if with_variable else names.fixed
        near = [one for one in inside if _may_meet(shape, one)]
        loose = [one for one in names.loose if _may_meet(shape, one)] if not with_variable else []
        match = self._tell(near) if near else 0
        if not loose:
            return lambda shown: bool(shown & match)
        self._named = self._named or self._tell([NAMED])
        match_loosely, named = self._tell(loose), self._named
        return lambda shown: bool(shown & match) or bool(shown & named and shown & match_loosely)


def _may_meet(one: Symbols, other: Symbols) -> bool:
    """Whether two patterns do not already differ in what they begin with."""
    for first, second in zip(one, other, strict=False):
        if first.kind != "is" or second.kind != "is":
            return True
        if not first.letters & second.letters:
            return False
    return True
