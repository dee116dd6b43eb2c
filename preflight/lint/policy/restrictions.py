"""Which conditions restrict what a policy grants, and which its holder, or anyone, can meet at will.

A date in the past, TLS, MFA, any region, any address but some, a key that need not be in the request, a tag that the
resource must not have: such conditions restrict nothing. What a holder can bring about is what `preflight prove
not-administrator` takes it to be; resources that no statement names have no tags.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from preflight.lint.policy.statements import ConditionEntry, StatementView

if TYPE_CHECKING:
    from preflight.iam.operators import Operator
    from preflight.iam.policy import Policy
    from preflight.iam.request import Value

NOT_THERE = ("*:ResourceTag/*", "s3:ExistingObjectTag/*", "iam:PermissionsBoundary", "kms:ViaService")
"""Patterns of keys that requests about what no statement names need not have."""
_NOT_THERE = (":resourcetag/", "s3:existingobjecttag/", "iam:permissionsboundary", "kms:viaservice")
_ACCOUNTS = frozenset({"aws:principalaccount", "aws:resourceaccount"})
_REGION = "aws:requestedregion"
_REGIONS = ("us-east-1", "eu-west-1", "us-west-2", "ap-southeast-1")
_CALLER = (
    "aws:principal",
    "aws:source",
    "aws:vpc",
    "aws:userid",
    "aws:username",
    "aws:calledvia",
    "aws:viaawsservice",
    "aws:federatedprovider",
    "aws:ec2instance",
    "aws:resourceorg",
    "aws:resourceaccount",
    "aws:currenttime",
    "aws:epochtime",
    "aws:tokenissuetime",
    "aws:multifactorauth",
    "aws:securetransport",
    "aws:useragent",
    "aws:referer",
)
_LACKED = ("aws:principaltag/", "aws:principalorg", "aws:sourcevpc", "aws:sourcearn", "aws:sourceaccount", "aws:vpc")
"""Keys that the requests of a holder lack, or may."""
_EITHER = frozenset({"aws:securetransport", "aws:multifactorauthpresent"})
_MOST_CONTEXTS = 32
_ACCOUNT_DIGITS = 12


def without_key(condition: ConditionEntry) -> bool:
    """Say whether a condition is met by a request without its key."""
    base = condition.lower_base
    if base == "null":
        return any(value.text.lower() == "true" for value in condition.values)
    qualifier = condition.qualifier.lower()
    if qualifier == "forallvalues":
        return True
    if qualifier == "foranyvalue":
        return condition.if_exists
    known = _operator(base)
    return condition.if_exists or (known is not None and known.negated)


def restricting(view: StatementView) -> tuple[ConditionEntry, ...]:
    """Return the conditions of a statement that not everyone who holds the policy can meet."""
    return view.once(_restricting) if view.raw.get("Condition") else ()


def _restricting(view: StatementView) -> tuple[ConditionEntry, ...]:
    return tuple([each for each in view.conditions if not _can_be_met(each)])


def about_caller(condition: ConditionEntry) -> bool:
    """Whether a condition limits who asks, from where and when, rather than what is asked for."""
    return condition.lower_key.startswith(_CALLER)


def under(conditions: Iterable[ConditionEntry]) -> str:
    """Return how a message names the conditions that a grant is under; empty where there are none."""
    keys = list(dict.fromkeys(each.key for each in conditions))
    return f", under a condition on {' and '.join(keys)}" if keys else ""


def contexts(policy: Policy) -> Sequence[Mapping[str, Value]]:
    """Return the values of condition keys that a holder of a policy can have a request made with, and its regions."""
    if not any(statement.conditions for statement in policy.statements):
        return [{}]
    from preflight.iam.proof.administrator import friendly

    found: dict[tuple[tuple[str, Value], ...], None] = {}
    for each in islice(friendly(policy), _MOST_CONTEXTS):
        found[tuple((key, values) for key, values in each.items() if key not in _DERIVED)] = None
    regions = _regions(policy)
    if not regions:
        return [dict(each) for each in found]
    return [{**dict(each), "aws:RequestedRegion": region} for each in found for region in regions]


_DERIVED = frozenset({"aws:principalaccount", "aws:principalarn"})


def account_named(statements: Iterable[StatementView]) -> str | None:
    """Return an account that conditions ask the caller or the resource to be in: that is the holder's own."""
    for view in statements:
        for each in view.conditions if view.raw.get("Condition") else ():
            if each.lower_key in _ACCOUNTS:
                for value in each.values:
                    if value.text.isdigit() and len(value.text) == _ACCOUNT_DIGITS:
                        return value.text
    return None


def without_caller(statements: Sequence[StatementView]) -> tuple[list[StatementView], dict[int, str]]:
    """Return the statements as they are for those who meet all conditions on the caller, and what each is under, by
    its place. Nothing is under a condition where that changes nothing.
    """
    found, names = [], {}
    lifted: list[ConditionEntry] = []
    for view in statements:
        if not view.raw.get("Condition"):
            found.append(view)
        elif view.denies:
            of_caller = [each for each in view.conditions if about_caller(each)]
            lifted += of_caller
            if not of_caller:
                found.append(view)
        else:
            met = [each for each in restricting(view) if about_caller(each)]
            if met:
                names[view.index] = met
            found.append(StatementView(view.index, view.pointer, _without(view.raw, met)) if met else view)
    told = {view.index: under([*names.get(view.index, ()), *lifted]) for view in found}
    return found, told if names or lifted else {}


def _without(raw: Mapping[str, Any], met: Sequence[ConditionEntry]) -> Mapping[str, Any]:
    dropped = {(each.operator, each.key) for each in met}
    left = {
        operator: {key: value for key, value in keys.items() if (operator, key) not in dropped}
        for operator, keys in raw["Condition"].items()
        if isinstance(keys, Mapping)
    }
    rest = {operator: keys for operator, keys in left.items() if keys}
    plain = {name: value for name, value in raw.items() if name != "Condition"}
    return {**plain, "Condition": rest} if rest else plain


def _can_be_met(each: ConditionEntry) -> bool:
    """Whether some holder can bring a condition about, or it holds of most that is not named. What proves it is loaded
    for those that have to be tried.
    """
    key = each.lower_key
    known = _operator(each.lower_base)
    if known is None:
        return False
    if key == _REGION or (key in _ACCOUNTS and not known.negated):
        return True
    if not key.startswith(_CALLER) or key.startswith("aws:resource"):
        return without_key(each) and any(part in key for part in _NOT_THERE)
    if key.startswith(_LACKED):
        return without_key(each)
    if each.lower_base == "bool" and key in _EITHER:
        return True
    return _meetable(each.operator, each.key, _written(each.raw))


@lru_cache(maxsize=1024)
def _operator(base: str) -> Operator | None:
    # Loaded for the first policy that has conditions.
    from preflight.iam.operators import OPERATORS

    return OPERATORS.get(base)


def _written(raw: Any) -> tuple[str, ...]:
    many = raw if isinstance(raw, list) else [raw]
    return tuple(str(each).lower() if isinstance(each, bool) else str(each) for each in many)


@lru_cache(maxsize=16_384)
def _meetable(operator: str, key: str, values: tuple[str, ...]) -> bool:
    """Whether some holder can bring a condition about."""
    from preflight.iam.conditions import Truth, condition
    from preflight.iam.proof.administrator import at_will
    from preflight.iam.variables import Found, Missing

    compiled = condition(operator, key, values, "2012-10-17")
    ways = at_will(compiled.key, [compiled]) if compiled is not None else None
    if compiled is None or ways is None:
        return False

    def holds(value: tuple[str, ...]) -> bool:
        def lookup(asked: str) -> Found:
            return (value or Missing.ABSENT) if asked == compiled.key else Missing.UNKNOWN

        return compiled.truth(lookup) is Truth.TRUE

    return any(map(holds, ways))


def _regions(policy: Policy) -> Sequence[str]:
    """Return regions to try where conditions are about them."""
    about = [each for statement in policy.statements for each in statement.conditions if each.key == _REGION]
    named = [value for each in about for value in each.values if not set("*?$") & set(value)]
    return tuple(dict.fromkeys([*named[:_MOST_REGIONS], *_REGIONS])) if about else ()


_MOST_REGIONS = 4
