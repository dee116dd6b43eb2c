"""What an undecided request depends on: unknown conditions as propositions, and the outcomes over all their truths.

Taking each unknown condition for itself would call a request open that is decided either way, such as one allowed by
one statement if a tag is "a" and by another if it is not. So equal conditions are one proposition, a negated operator
is its negation, and only those truths of the conditions on one key are gone through that some value of the key gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from preflight.iam.candidates import Candidate, Evaluation
from preflight.iam.conditions import Condition, Quantifier, is_left
from preflight.iam.decision import Dependency
from preflight.iam.key_facts import is_multivalued
from preflight.iam.principals import Perhaps
from preflight.iam.request import Policies, PolicyType
from preflight.iam.satisfiable import Atom, Possible, possibilities
from preflight.iam.variables import Constrained, Found, Lookup, Missing

_MOST = 4096
"""Beyond this many ways the unknown is not gone through; every unknown condition then counts as deciding."""

Literal = tuple[Atom, bool]
Clause = tuple[Literal, ...]


def clause(condition: Condition, lookup: Lookup, policies: Policies) -> Clause:
    """Return an unknown condition as literals of which one must hold.

    A key that any of the policies tests with a set operator may have several values.
    """
    key, base = condition.key, condition.base
    absent = Atom("absent", key, (), when_absent=True)
    found = lookup(key)
    key_unknown = found is Missing.UNKNOWN
    plain = condition.quantifier is Quantifier.NONE and base.name != "Null"
    if condition.several or condition.odd or (plain and (_many(found) or (key_unknown and policies.sets(key)))):
        # What AWS makes of it is not known, so nothing follows for other conditions.
        when_absent = condition.without_key if key_unknown else None
        return ((Atom("opaque", key, (condition.operator, *condition.values), when_absent), True),)
    if base.name == "Null":
        return ((absent, condition.without_key),)
    detail = (base.positive, *sorted(condition.values))
    if condition.quantifier is not Quantifier.NONE:
        shape = (condition.quantifier.value, base.name, str(condition.if_exists), *detail)
        return ((Atom("set", key, shape, condition.without_key if key_unknown else None), True),)
    when_absent = False if key_unknown else None
    value_unknown = key_unknown or isinstance(found, Constrained)
    match = Atom("match", key, detail, when_absent, condition.test if value_unknown else None)
    if base.negated:
        return ((match, False),)
    if condition.if_exists and key_unknown:
        return ((match, True), (absent, True))
    return ((match, True),)


def _many(found: Found) -> bool:
    return isinstance(found, tuple) and len(found) > 1


@dataclass(frozen=True, slots=True)
class Residual:
    """A statement that may apply: it does if in each clause a literal holds. `dependencies` says it for people."""

    bit: int
    clauses: tuple[Clause, ...]
    dependencies: tuple[tuple[Clause, Dependency], ...]


def residual(
    candidate: Candidate,
    conditions: Iterable[Condition],
    lookup: Lookup,
    policies: Policies,
    *,
    principal: Perhaps | None = None,
    resource: str | None = None,
    why: str = "",
) -> Residual:
    """Describe why a candidate may or may not apply.

    `conditions` are those that are unknown, `principal` is why it is not known whether the caller is meant, `resource`
    is given where it is not known whether it is covered, `why` says so where patterns and variables do not.
    """
    statement, ref = candidate.statement, candidate.ref
    found: list[tuple[Clause, Dependency]] = []
    if principal is not None:
        negated = statement.principals is not None and statement.principals.negated
        # The type of an endpoint says it of all its statements, however they name the account.
        endpoint = ref.policy_type is PolicyType.VPC_ENDPOINT
        named = (ref.policy,) if endpoint else principal.values
        atom = Atom("principal", "", (str(ref.policy_type), *named))
        element = "NotPrincipal" if negated else "Principal"
        found.append(
            (((atom, not negated),), Dependency(principal.key, element, principal.values, ref, principal.reason))
        )
    if resource is not None and statement.resources is not None:
        patterns = statement.resources
        reasons = (why,) if why else patterns.doubts(resource, lookup)
        told = (*patterns.texts, str(ref.policy_type)) if reasons else patterns.texts
        literal: Clause = ((Atom("resource", "", told), not patterns.negated),)
        names = {
            variable.name: None for each in patterns.varying for variable in each.variables if is_left(variable, lookup)
        }
        element = "NotResource" if patterns.negated else "Resource"
        found.extend((literal, Dependency(element, element, patterns.texts, ref, reason)) for reason in reasons)
        found.extend(
            (literal, Dependency(name, element, patterns.texts, ref, _as_variable(name)))
            for name in names
            if not reasons or _as_variable(name)
        )
    for each in conditions:
        literal = clause(each, lookup, policies)
        names = dict.fromkeys(each.unknown_keys(lookup))
        reason = each.reason(lookup)
        found.extend((literal, Dependency(name, each.operator, each.values, ref, reason)) for name in names)
    return Residual(candidate.bit, tuple(dict.fromkeys(each for each, _ in found)), tuple(found))


def _as_variable(name: str) -> str:
    several = is_multivalued(name.lower())
    return f"{name} is a multivalued key, which AWS does not support as a variable" if several else ""


@dataclass(frozen=True, slots=True)
class Outlook:
    """The outcomes over everything that may be: `always` allowed, `never` allowed, always explicitly `denied`; and
    what makes the difference.
    """

    always: bool = False
    never: bool = False
    denied: bool = False
    depends_on: tuple[Dependency, ...] = ()
    unknown: tuple[tuple[PolicyType, str], ...] = ()


def outlook(asked: Evaluation, sure: int, doubts: Sequence[Residual]) -> Outlook:
    """Go through every way the unknown may turn out, when the statements of `sure` apply in any case."""
    perhaps = 0
    for bit in (*(each.bit for each in doubts), *(bit for bit, _, _ in asked.unknown)):
        perhaps |= bit
    denies = sum(bool(each.bit & asked.deny) for each in doubts)
    if denies < 2 and not asked.permits(sure | (perhaps & ~asked.deny)):
        return Outlook(never=True)
    if asked.permits(sure | (perhaps & asked.deny)):
        return Outlook(always=True)
    types = [(Atom("type", "", (str(bit),)), bit, kind, reason) for bit, kind, reason in asked.unknown]
    atoms = list(dict.fromkeys(atom for each in doubts for each_clause in each.clauses for atom, _ in each_clause))
    atoms.extend(atom for atom, *_ in types)
    groups = possibilities(atoms, _MOST)
    if groups is None:
        if not asked.permits(sure | (perhaps & ~asked.deny)):
            return Outlook(never=True)
        return _open(lambda _: True, set(atoms), doubts, types)
    forms = [(each.bit, each.clauses) for each in doubts]
    forms.extend((bit, (((atom, True),),)) for atom, bit, _, _ in types)
    bits_of: dict[tuple[int, ...], int] = {}
    for choice in product(*(range(len(group)) for group in groups)):
        truth: dict[Atom, bool] = {}
        for group, which in zip(groups, choice, strict=True):
            truth.update(group[which])
        bits = sure
        for bit, clauses in forms:
            if all(any(truth[atom] == wanted for atom, wanted in each) for each in clauses):
                bits |= bit
        bits_of[choice] = bits
    permitted = {choice: asked.permits(bits) for choice, bits in bits_of.items()}
    if all(permitted.values()):
        return Outlook(always=True)
    if not any(permitted.values()):
        return Outlook(never=True, denied=all(bits & asked.deny for bits in bits_of.values()))
    pivotal = {
        bit
        for bit, _ in forms
        if any(asked.permits(bits ^ bit) != permitted[choice] for choice, bits in bits_of.items())
    }
    return _open(pivotal.__contains__, _deciding(groups, permitted), doubts, types)


def _deciding(groups: Sequence[Possible], permitted: Mapping[tuple[int, ...], bool]) -> set[Atom]:
    """Return the propositions that differ between two possibilities of one key that are decided differently."""
    found: set[Atom] = set()
    for choice, outcome in permitted.items():
        for position, group in enumerate(groups):
            now = group[choice[position]]
            for which, other in enumerate(group):
                if permitted[(*choice[:position], which, *choice[position + 1 :])] != outcome:
                    found.update(atom for atom, truth in now.items() if truth != other[atom])
    return found


def _open(
    pivotal: Callable[[int], bool],
    deciding: set[Atom],
    doubts: Sequence[Residual],
    types: Sequence[tuple[Atom, int, PolicyType, str]],
) -> Outlook:
    dependencies = dict.fromkeys(
        dependency
        for each in doubts
        if pivotal(each.bit)
        for each_clause, dependency in each.dependencies
        if any(atom in deciding for atom, _ in each_clause)
    )
    reasons = dict.fromkeys((kind, reason) for atom, bit, kind, reason in types if atom in deciding and pivotal(bit))
    return Outlook(depends_on=tuple(dependencies), unknown=tuple(reasons))
