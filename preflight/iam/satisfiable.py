"""Which truths of several conditions on one unknown key can occur together.

The key may be absent, or have one value. For numbers, dates, addresses and Booleans a few values show every combination
there is; for strings the patterns are run together. Where neither is so, every combination is taken to occur, which can
leave a decision open but never settles it wrongly.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, product

from preflight.iam.dates import instant
from preflight.iam.operators import Test, number
from preflight.iam.pattern import combinations
from preflight.iam.wildcard import Tokens, Wild, arn_parts, tokens

_STATES = 2_000


@dataclass(frozen=True, slots=True)
class Atom:
    """A proposition: `kind` and `detail` tell it apart, `key` is the context key it is about (empty for none).

    `when_absent` is its truth in a request without the key; None where that does not settle it. `test` says its truth
    for a value of the key, where it is about one value; `detail` then is the operator and its values.
    """

    kind: str
    key: str
    detail: tuple[str, ...]
    when_absent: bool | None = None
    test: Test | None = field(default=None, compare=False)


Possible = Sequence[dict[Atom, bool]]


def possibilities(atoms: Sequence[Atom], most: int) -> list[Possible] | None:
    """Return, for each key (and each atom without one), the truths that can occur; None if there are over `most`."""
    by_key: dict[str, list[Atom]] = {}
    groups: list[Possible] = []
    for atom in atoms:
        if atom.key:
            by_key.setdefault(atom.key, []).append(atom)
        else:
            groups.append([{atom: False}, {atom: True}])
    total = 1 << len(groups)
    for group in by_key.values():
        if 1 << len(group) > most:
            return None
        groups.append(_of_key(group))
        total *= len(groups[-1])
        if total > most:
            return None
    return groups if total <= most else None


def _of_key(atoms: Sequence[Atom]) -> Possible:
    found = []
    if all(atom.when_absent is not None for atom in atoms):
        found.append({atom: bool(atom.when_absent) for atom in atoms})
    present = [atom for atom in atoms if atom.kind != "absent"]
    not_absent = {atom: False for atom in atoms if atom.kind == "absent"}
    truths = _of_value(present)
    if truths is None:
        truths = [dict(zip(present, each, strict=True)) for each in product((False, True), repeat=len(present))]
    found.extend({**not_absent, **each} for each in truths)
    return [dict(each) for each in dict.fromkeys(tuple(each.items()) for each in _ordered(found, atoms))]


def _ordered(found: Iterable[dict[Atom, bool]], atoms: Sequence[Atom]) -> Iterable[dict[Atom, bool]]:
    return ({atom: each[atom] for atom in atoms} for each in found)


def _of_value(atoms: Sequence[Atom]) -> list[dict[Atom, bool]] | None:
    """Return the truths that a present value can give; None where they cannot be told."""
    if not atoms:
        return [{}]
    if any(atom.kind != "match" or atom.test is None for atom in atoms):
        return None
    operators = {atom.detail[0] for atom in atoms}
    if operators <= {"StringEquals", "StringLike"}:
        return _of_text(atoms)
    if operators <= {"ArnEquals", "ArnLike"}:
        return _of_arn(atoms)
    values = representatives(operators, [value for atom in atoms for value in atom.detail[1:]])
    if values is None:
        return None
    return [{atom: atom.test is not None and atom.test(value) for atom in atoms} for value in values]


def _of_text(atoms: Sequence[Atom]) -> list[dict[Atom, bool]] | None:
    pairs = [(atom, value) for atom in atoms for value in atom.detail[1:]]
    if any("${" in value for _, value in pairs):
        return None
    patterns = [_exactly(value) if atom.detail[0] == "StringEquals" else tokens(value) for atom, value in pairs]
    found = combinations(patterns, (Wild.STAR,), most=_STATES)
    if found is None:
        return None
    return [
        {atom: any(hit for hit, (owner, _) in zip(hits, pairs, strict=True) if owner == atom) for atom in atoms}
        for hits in found
    ]


def _exactly(value: str) -> Tokens:
    return (value,) if value else ()


def _of_arn(atoms: Sequence[Atom]) -> list[dict[Atom, bool]] | None:
    """Combine what each of the six parts of an ARN can match; a part never holds a colon, but the last."""
    pairs = [(atom, value) for atom in atoms for value in atom.detail[1:]]
    if any("${" in value for _, value in pairs):
        return None
    split = [arn_parts(tokens(value)) for _, value in pairs]
    ways: set[tuple[bool, ...]] = {tuple(parts is not None for parts in split)}
    for place in range(6):
        patterns = [parts[place] if parts is not None else () for parts in split]
        found = combinations(patterns, (Wild.STAR,), barred="" if place == 5 else ":", most=_STATES)
        if found is None or len(ways) * len(found) > _STATES:
            return None
        ways = {tuple(a and b for a, b in zip(way, hits, strict=True)) for way in ways for hits in found}
    return [
        {atom: any(hit for hit, (owner, _) in zip(way, pairs, strict=True) if owner == atom) for atom in atoms}
        for way in ways
    ]


def representatives(operators: set[str], values: Sequence[str]) -> list[str] | None:
    """Return values that between them meet every combination of comparisons with `values`."""
    if operators == {"Bool"}:
        return ["true", "false"]
    if operators == {"IpAddress"}:
        return _addresses(values)
    if all(operator.startswith("Numeric") for operator in operators):
        limits = {limit for value in values if (limit := number(value)) is not None}
    elif all(operator.startswith("Date") for operator in operators):
        limits = {limit for value in values if (limit := instant(value)) is not None}
    else:
        return None
    if not limits:
        return ["0.5"]
    line = sorted(limits)
    between = [(low + high) / 2 for low, high in pairwise(line)]
    return [f"{value:f}" for value in (line[0] - 1, *line, *between, line[-1] + 1)]


def _addresses(values: Sequence[str]) -> list[str] | None:
    found = ["0.0.0.0", "255.255.255.255", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]
    for value in values:
        try:
            network = ipaddress.ip_network(value.strip(), strict=False)
        except ValueError:
            continue
        low, high = int(network.network_address), int(network.broadcast_address)
        make = ipaddress.IPv4Address if network.version == 4 else ipaddress.IPv6Address
        top = (1 << network.max_prefixlen) - 1
        found.extend(str(make(each)) for each in (low - 1, low, high, high + 1) if 0 <= each <= top)
    return found
