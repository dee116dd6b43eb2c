"""What an undecided request hangs on: unknown conditions as propositions, and the outcomes over all their truths.

Taking each unknown condition for itself would call a request open that is decided either way, such as one allowed by
one statement if a tag is "a" and by another if it is not. So equal conditions are one proposition, a negated operator
is its negation, and a key that is absent settles every condition on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from preflight.iam.conditions import Condition, Quantifier
from preflight.iam.decision import Dependency
from preflight.iam.question import Candidate, Question
from preflight.iam.request import PolicyType
from preflight.iam.variables import Lookup, Missing

_MOST = 10
"""Beyond this many propositions their 2^n truths are not gone through; each then counts as bearing on the outcome."""


@dataclass(frozen=True, slots=True)
class Atom:
    """A proposition: `kind` and `detail` tell it apart, `key` is the context key it is about (empty for none).

    `when_absent` is its truth in a request without the key; None where that does not settle it.
    """

    kind: str
    key: str
    detail: tuple[str, ...]
    when_absent: bool | None = None


Literal = tuple[Atom, bool]
Clause = tuple[Literal, ...]


def clause(condition: Condition, lookup: Lookup) -> Clause:
    """Return an unknown condition as literals of which one must hold."""
    key, base = condition.key, condition.base
    absent = Atom("absent", key, (), True)
    if base.name == "Null":
        return ((absent, condition.without_key),)
    key_unknown = lookup(key) is Missing.UNKNOWN
    detail = (base.positive, *sorted(condition.values))
    if condition.quantifier is not Quantifier.NONE:
        shape = (condition.quantifier.value, base.name, str(condition.if_exists), *detail)
        return ((Atom("set", key, shape, condition.without_key if key_unknown else None), True),)
    match = Atom("match", key, detail, False if key_unknown else None)
    if base.negated:
        return ((match, False),)
    if condition.if_exists and key_unknown:
        return ((match, True), (absent, True))
    return ((match, True),)


@dataclass(frozen=True, slots=True)
class Doubt:
    """A statement that may apply: it does if in each clause a literal holds. `dependencies` says it for people."""

    bit: int
    clauses: tuple[Clause, ...]
    dependencies: tuple[tuple[Clause, Dependency], ...]


def doubt(candidate: Candidate, conditions: Iterable[Condition], resource_unknown: bool, lookup: Lookup) -> Doubt:
    """Describe why a candidate may or may not apply: its conditions that are unknown, and its resource if that is."""
    statement, ref = candidate.statement, candidate.ref
    found: list[tuple[Clause, Dependency]] = []
    if candidate.unsure and statement.principals is not None:
        ids = tuple(value for kind, value in statement.principals.entries if kind == "CanonicalUser")
        atom = Atom("principal", "", ids)
        found.append((((atom, not statement.principals.negated),), Dependency("CanonicalUser", "Principal", ids, ref)))
    if resource_unknown and statement.resources is not None:
        patterns = statement.resources
        literal: Clause = ((Atom("resource", "", patterns.texts), not patterns.negated),)
        names = {
            variable.name: None
            for each in patterns.varying
            for variable in each.variables
            if variable.key and lookup(variable.key) is Missing.UNKNOWN
        }
        element = "NotResource" if patterns.negated else "Resource"
        found.extend((literal, Dependency(name, element, patterns.texts, ref)) for name in names)
    for each in conditions:
        literal = clause(each, lookup)
        names = dict.fromkeys(each.unknown_keys(lookup))
        found.extend((literal, Dependency(name, each.operator, each.values, ref)) for name in names)
    return Doubt(candidate.bit, tuple(dict.fromkeys(each for each, _ in found)), tuple(found))


@dataclass(frozen=True, slots=True)
class Outlook:
    """The outcomes over every truth of the propositions: `never` and `always` allowed, and what makes a difference."""

    always: bool
    never: bool
    depends_on: tuple[Dependency, ...] = ()
    unknown: tuple[tuple[PolicyType, str], ...] = ()


def outlook(asked: Question, sure: int, doubts: Sequence[Doubt]) -> Outlook:
    """Go through every way the unknown may turn out, when the statements of `sure` apply in any case."""
    perhaps = 0
    for bit in (*(each.bit for each in doubts), *(bit for bit, _, _ in asked.unknown)):
        perhaps |= bit
    if not asked.permits(sure | (perhaps & ~asked.deny)):
        return Outlook(always=False, never=True)
    if asked.permits(sure | (perhaps & asked.deny)):
        return Outlook(always=True, never=False)
    types = [(Atom("type", "", (str(bit),)), bit, kind, reason) for bit, kind, reason in asked.unknown]
    atoms = list(dict.fromkeys(atom for each in doubts for each_clause in each.clauses for atom, _ in each_clause))
    atoms.extend(atom for atom, *_ in types)
    if len(atoms) > _MOST:
        return _open(set(atoms), doubts, types)
    place = {atom: position for position, atom in enumerate(atoms)}
    forms = [(each.bit, [[(place[a], wanted) for a, wanted in c] for c in each.clauses]) for each in doubts]
    forms.extend((bit, [[(place[atom], True)]]) for atom, bit, _, _ in types)
    results: list[bool] = []
    possible: set[bool] = set()
    for truths in range(1 << len(atoms)):
        bits = sure
        for bit, clauses in forms:
            if all(any((truths >> at & 1) == wanted for at, wanted in each) for each in clauses):
                bits |= bit
        results.append(asked.permits(bits))
        if _consistent(truths, atoms, place):
            possible.add(results[truths])
    if len(possible) == 1:
        return Outlook(always=True in possible, never=False in possible)
    relevant = {
        atom
        for atom, position in place.items()
        if any(result != results[truths ^ (1 << position)] for truths, result in enumerate(results))
    }
    return _open(relevant, doubts, types)


def _consistent(truths: int, atoms: Sequence[Atom], place: Mapping[Atom, int]) -> bool:
    for atom, position in place.items():
        if atom.kind != "absent" or not truths >> position & 1:
            continue
        for other in atoms:
            if other.key == atom.key and other.when_absent not in (None, bool(truths >> place[other] & 1)):
                return False
    return True


def _open(
    relevant: set[Atom],
    doubts: Sequence[Doubt],
    types: Sequence[tuple[Atom, int, PolicyType, str]],
) -> Outlook:
    dependencies = dict.fromkeys(
        dependency
        for each in doubts
        for each_clause, dependency in each.dependencies
        if any(atom in relevant for atom, _ in each_clause)
    )
    reasons = dict.fromkeys((kind, reason) for atom, _, kind, reason in types if atom in relevant)
    return Outlook(False, False, tuple(dependencies), tuple(reasons))
