"""Condition blocks: parsed once, decided against a request's context in three values.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from preflight.iam.constrained import meets
from preflight.iam.key_facts import is_multivalued
from preflight.iam.operators import OPERATORS, Operator, Resolved, Test, other_form
from preflight.iam.variables import (
    Constrained,
    Found,
    Lookup,
    Missing,
    Variable,
    VariableText,
    as_text,
    fixed,
    is_open,
    resolve,
    template,
)
from preflight.iam.wildcard import any_of, tokens
from preflight.kept_property import kept_property


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

    @kept_property
    def templates(self) -> tuple[VariableText, ...]:
        """The values taken apart into text and variables."""
        return tuple(template(value, self.version) for value in self.values)

    @kept_property
    def test(self) -> Test | None:
        """Whether one request value matches any of the values; None where variables make that differ by request."""
        if all(map(fixed, self.templates)):
            return self.base.build([each.parts for each in self.templates])
        return None

    @kept_property
    def several(self) -> bool:
        """Whether the key holds several values and no set operator says how they count: AWS does not support that.

        Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
        """
        return self.quantifier is Quantifier.NONE and self.base.name != "Null" and is_multivalued(self.key)

    @kept_property
    def odd(self) -> bool:
        """Whether a value without variables is of another type than the operator's, in a way that may matter."""
        wanted = self.base.wanted
        return wanted is not None and not all(wanted(each.text) for each in self.templates if fixed(each))

    def truth(self, lookup: Lookup) -> Truth:
        """Decide the condition against the values that `lookup` gives for keys in lower case."""
        found = lookup(self.key)
        if self.base.name == "Null":
            return self._null(found)
        if not isinstance(found, tuple):
            if found is Missing.ABSENT:
                return _truth(self.without_key)
            return self._constrained(found) if isinstance(found, Constrained) else Truth.UNKNOWN
        if self.quantifier is not Quantifier.NONE:
            if not found or found == ("",):
                # AWS takes an empty string for an empty set here.
                return _truth(self.without_key)
        elif self.several or len(found) != 1:
            return Truth.UNKNOWN if found else _truth(self.without_key)
        test = self.test
        return self._resolved(found, lookup) if test is None else self._over(found, test, odd=self.odd)

    def _null(self, found: Found) -> Truth:
        assert self.test is not None
        if self.test("true") and self.test("false"):
            return Truth.TRUE
        if found is Missing.UNKNOWN or (isinstance(found, Constrained) and found.optional):
            return Truth.UNKNOWN if self.odd or self.test("true") or self.test("false") else Truth.FALSE
        if self.test("true" if found is Missing.ABSENT or not found else "false"):
            return Truth.TRUE
        return Truth.UNKNOWN if self.odd else Truth.FALSE

    def _constrained(self, found: Constrained) -> Truth:
        """Decide for a key of which a little is known: for its value, and for its absence where it may be absent."""
        within = self._within(found)
        return within if not found.optional or within is _truth(self.without_key) else Truth.UNKNOWN

    def _within(self, found: Constrained) -> Truth:
        """Decide for a key that is in the request, where the little that is known of its value is enough."""
        if self.several or self.test is None or self.odd:
            return Truth.UNKNOWN
        match = meets(found, self.base.positive, self.values, self.test)
        if match is None:
            return Truth.UNKNOWN
        return _truth(match != self.base.negated)

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

    def _over(self, values: tuple[str, ...], test: Test, *, odd: bool) -> Truth:
        """Combine what the test says of each value, as the quantifier has it."""
        base = self.base
        if base.wanted is None and base.positive != "IpAddress":
            if self.quantifier is Quantifier.NONE:
                return _truth(test(values[0]) != base.negated)
            results = (test(value) != base.negated for value in values)
            return _truth(all(results) if self.quantifier is Quantifier.ALL else any(results))
        found = {self._one(value, test, odd=odd) for value in values}
        decisive = Truth.FALSE if self.quantifier is Quantifier.ALL else Truth.TRUE
        if decisive in found:
            return decisive
        return Truth.UNKNOWN if Truth.UNKNOWN in found else found.pop()

    def _one(self, value: str, test: Test, *, odd: bool) -> Truth:
        """Decide for one value of a typed operator: what is of another type may match or not."""
        base = self.base
        if base.positive == "IpAddress" and self._by_form(value, test):
            return Truth.UNKNOWN
        if test(value):
            return _truth(not base.negated)
        if base.given is None:
            return _truth(base.negated)
        if base.positive.startswith("Arn") and not base.negated:
            return Truth.UNKNOWN if odd and self._loosely(value) else Truth.FALSE
        return Truth.UNKNOWN if odd or not base.given(value) else _truth(base.negated)

    def _by_form(self, value: str, test: Test) -> bool:
        """Whether it matters if AWS takes an IPv4 address that is written as IPv6 for the IPv4 address.

        Its pages do not say. An IPv4 address meets only such ranges of IPv6 as are written for it.
        """
        if ":" not in value and not any("ffff:" in each.lower() for each in self.values):
            return False
        other = other_form(value)
        return other is not None and test(other) != test(value)

    def _loosely(self, value: str) -> bool:
        """Whether an ARN pattern that lacks parts would match if AWS completed it, or read it as plain text."""
        wanted = self.base.wanted
        short = [each.text for each in self.templates if wanted is not None and not wanted(each.text)]
        return any_of([tokens(each) for text in short for each in (text, f"{text}:*")])(value)

    def _resolved(self, values: tuple[str, ...], lookup: Lookup) -> Truth:
        """Decide for one request. A variable without a value equals nothing and is like nothing.

        Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value
        """
        resolved: list[Resolved] = []
        possible: list[Resolved] = []
        for each in self.templates:
            parts = resolve(each, lookup)
            if not isinstance(parts, Missing):
                (possible if is_open(parts) else resolved).append(parts)
        wanted = self.base.wanted
        odd = wanted is not None and not all(wanted(as_text(each)) for each in resolved)
        test = self.base.build(resolved)
        least = self._over(values, test, odd=odd)
        if not possible or least is _truth(not self.base.negated):
            # What else may match cannot change that.
            return least
        return self._whatever(values, resolved, possible, least, odd=odd)

    def _whatever(
        self, values: tuple[str, ...], resolved: list[Resolved], possible: list[Resolved], least: Truth, *, odd: bool
    ) -> Truth:
        """Decide whatever the unknown variables are, if that can be: they match at most what a wildcard would."""
        if self.base.positive not in ("StringEquals", "StringLike", "ArnEquals", "ArnLike"):
            return Truth.UNKNOWN
        most = self._over(values, OPERATORS[_LIKE[self.base.positive]].build([*resolved, *possible]), odd=odd)
        return least if least is most else Truth.UNKNOWN

    def unknown_keys(self, lookup: Lookup) -> Iterator[str]:
        """Name the keys, as written, that the condition reads and whose value is not known."""
        found = lookup(self.key)
        names = [variable.name for each in self.templates for variable in each.variables if is_left(variable, lookup)]
        if not isinstance(found, Missing) or found is Missing.UNKNOWN:
            # A known value is in doubt only if no variable is: for how it, or the policy's value, is to be read.
            known = isinstance(found, tuple) and bool(names)
            yield from () if known else (self.name,)
        yield from names

    def reason(self, lookup: Lookup) -> str:
        """Say why AWS's pages leave open what the condition says of this request; empty if a value is just unknown."""
        found = lookup(self.key)
        if self.several or (self.quantifier is Quantifier.NONE and isinstance(found, tuple) and len(found) > 1):
            return f"{self.name} is a multivalued key, which needs ForAllValues or ForAnyValue"
        for each in self.templates:
            for variable in each.variables:
                if is_multivalued(variable.key):
                    return f"{variable.name} is a multivalued key, which AWS does not support as a variable"
        test = self.test if self.base.positive == "IpAddress" else None
        if test is not None and isinstance(found, tuple) and any(self._by_form(each, test) for each in found):
            return "AWS does not say whether an IPv4 address written as IPv6 (::ffff:192.0.2.1) is the IPv4 address"
        kind = _KINDS.get(self.base.positive[:3])
        if kind is not None and isinstance(found, tuple) and (self.odd or not all(map(self.base.given or bool, found))):
            return f"{self.base.name} compares {kind}, and not every value is one"
        return f"{self.base.name} takes true and false" if self.base.name == "Null" and self.odd else ""


_LIKE = {"StringEquals": "stringlike", "StringLike": "stringlike", "ArnEquals": "arnlike", "ArnLike": "arnlike"}
_KINDS = {"Arn": "ARNs", "Boo": "true and false", "Num": "numbers", "Dat": "dates", "IpA": "IP addresses"}


def is_left(variable: Variable, lookup: Lookup) -> bool:
    """Whether a variable has no value that AWS would fill in, known or not."""
    if not variable.key:
        return False
    found = lookup(variable.key)
    return found is not Missing.ABSENT and (
        not isinstance(found, tuple) or len(found) != 1 or is_multivalued(variable.key)
    )


def _truth(value: bool) -> Truth:  # noqa: FBT001 -- what it turns
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
