"""Condition blocks: parsed once, decided against a request's context in three values.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from preflight.iam.operators import OPERATORS, Operator, Resolved, Test
from preflight.iam.variables import Lookup, Missing, Template, fixed, is_open, resolve, template


class Quantifier(StrEnum):
    """The set operators' qualifiers, and none."""

    NONE = ""
    ALL = "ForAllValues"
    ANY = "ForAnyValue"


class Truth(StrEnum):
    """The answer to a condition; unknown where it depends on a key whose value nobody gave."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Condition:
    """One `operator: {key: values}` of a statement.

    `operator` and `name` are as written, `key` is the name in lower case. `version` is that of the policy language,
    empty where the operator takes no variables. Values are taken apart when first asked for.
    """

    operator: str
    name: str
    values: tuple[str, ...]
    key: str
    base: Operator
    quantifier: Quantifier
    if_exists: bool
    version: str

    @cached_property
    def templates(self) -> tuple[Template, ...]:
        """The values taken apart into text and variables."""
        return tuple(template(value, self.version) for value in self.values)

    @cached_property
    def test(self) -> Test | None:
        """Whether one request value matches any of the values; None where variables make that differ by request."""
        if all(map(fixed, self.templates)):
            return self.base.build([each.parts for each in self.templates])
        return None

    def truth(self, lookup: Lookup) -> Truth:
        """Decide the condition against the values that `lookup` gives for keys in lower case."""
        found = lookup(self.key)
        if found is Missing.UNKNOWN:
            settled = self.base.name == "Null" and self.test is not None and self.test("true") == self.test("false")
            return _truth(self.without_key) if settled else Truth.UNKNOWN
        values = found if isinstance(found, tuple) else ()
        if self.base.name == "Null":
            assert self.test is not None
            return _truth(self.test("false" if values else "true"))
        if self.quantifier is not Quantifier.NONE and values == ("",):
            # AWS takes an empty string for an empty set here.
            values = ()
        if not values:
            return _truth(self.without_key)
        test = self.test
        if test is None:
            resolved = self._resolved(values, lookup)
            if isinstance(resolved, Truth):
                return resolved
            test = resolved
        return _truth(self._over(values, test))

    @property
    def without_key(self) -> bool:
        """What the condition says of a request without the key."""
        if self.base.name == "Null":
            return self.test is not None and self.test("true")
        if self.quantifier is Quantifier.ALL:
            return True
        if self.quantifier is Quantifier.ANY:
            return self.if_exists
        return self.if_exists or self.base.negated

    def _over(self, values: tuple[str, ...], test: Test) -> bool:
        if self.quantifier is Quantifier.NONE:
            return any(map(test, values)) != self.base.negated
        results = (test(value) != self.base.negated for value in values)
        return all(results) if self.quantifier is Quantifier.ALL else any(results)

    def _resolved(self, values: tuple[str, ...], lookup: Lookup) -> Test | Truth:
        """Build the test for one request. A value with an unset variable matches nothing, nor does its negation."""
        resolved: list[Resolved] = []
        possible: list[Resolved] = []
        for each in self.templates:
            parts = resolve(each, lookup)
            if not isinstance(parts, Missing):
                (possible if is_open(parts) else resolved).append(parts)
            elif self.base.negated:
                return Truth.FALSE
        test = self.base.build(resolved)
        if not possible:
            return test
        return self._whatever(values, test, self.base.build([*resolved, *possible]))

    def _whatever(self, values: tuple[str, ...], least: Test, most: Test) -> Truth:
        """Decide whatever the unknown variables are, if that can be: they match at least `least`, at most `most`."""
        wild = self.base.positive not in ("StringEquals", "StringEqualsIgnoreCase", "Bool")
        first, second = self._over(values, least), self._over(values, most)
        if first != self.base.negated:
            # The known values match already; what else may match cannot change that.
            return _truth(first)
        return _truth(first) if wild and first == second else Truth.UNKNOWN

    def unknown_keys(self, lookup: Lookup) -> Iterator[str]:
        """Name the keys, as written, that the condition reads and whose value is not known."""
        if lookup(self.key) is Missing.UNKNOWN:
            yield self.name
        for each in self.templates:
            for variable in each.variables:
                if variable.key and lookup(variable.key) is Missing.UNKNOWN:
                    yield variable.name


def _truth(value: bool) -> Truth:
    return Truth.TRUE if value else Truth.FALSE


def condition(operator: str, name: str, values: tuple[str, ...], version: str) -> Condition | None:
    """Compile one condition; None where AWS has no such operator. Operators and keys compare without case."""
    rest, quantifier = operator, Quantifier.NONE
    for each in (Quantifier.ALL, Quantifier.ANY):
        if operator.lower().startswith(f"{each.lower()}:"):
            rest, quantifier = operator[len(each) + 1 :], each
    if_exists = rest.lower().endswith("ifexists")
    base = OPERATORS.get(rest[: -len("IfExists")].lower() if if_exists else rest.lower())
    if base is None or (base.name == "Null" and if_exists):
        return None
    taken = version if base.variables else ""
    return Condition(operator, name, values, name.lower(), base, quantifier, if_exists, taken)
