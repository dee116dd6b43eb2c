"""Pairs of policies as formulas, to ask an SMT solver whether the new one grants something that the old one does not.

Written from AWS's documentation, apart from the package: strings as strings, numbers as reals, keys that may be absent.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
SPOKEN_OF = (
    r"[a-z]+:[a-z]+",
    r"\*|arn:[a-z]+:(s3|[a-zA-Z]+):(:|us-east-1:444455556666|example:example):[a-zA-Z][a-zA-Z/]*",
)
"""The actions and resources that the formulas speak of."""
LEFT_OUT = ("${", "k:m", "IgnoreCase", "RequestedRegion", "Source", "k:d")
"""What the formulas have no words for."""


class Formulas:
    """Policies in the terms of a solver: `z3`, or `cvc5.pythonic`, which has the same functions."""

    def __init__(self, solver: Any) -> None:
        self._of = solver
        self._action, self._resource = solver.String("action"), solver.String("resource")
        self._present: dict[str, Any] = {}
        self._values: dict[str, Any] = {}

    def new_access(self, old: Json, new: Json, milliseconds: int) -> str:
        """Return `sat` if some request is allowed by the new policy and not by the old one, `unsat`, or `unknown`."""
        of = self._of
        question = of.Solver()
        if of.__name__ == "z3":
            question.set("timeout", milliseconds)
        else:
            question.setOption("tlimit-per", milliseconds)
            question.setOption("strings-exp", True)
        letters = of.Union(of.Range("a", "z"), of.Range("A", "Z"))
        word = of.Plus(of.Range("a", "z"))
        question.add(of.InRe(self._action, of.Concat(word, of.Re(":"), word)))
        name = of.Star(of.Union(letters, of.Re("/")))
        place = of.Union(of.Re(":"), of.Re("us-east-1:444455556666"), of.Re("example:example"))
        services = of.Union(of.Re("s3"), of.Plus(letters))
        whole = of.Concat(of.Re("arn:"), word, of.Re(":"), services, of.Re(":"), place, of.Re(":"), letters, name)
        question.add(of.InRe(self._resource, of.Union(of.Re("*"), whole)))
        question.add(self._allowed(new), of.Not(self._allowed(old)))
        return str(question.check())

    def _allowed(self, policy: Json) -> Any:
        of = self._of
        by_effect: dict[str, list[Any]] = {"Allow": [], "Deny": []}
        for each in policy["Statement"]:
            by_effect[each["Effect"]].append(self._statement(each))
        allow, deny = (of.Or(*by_effect[effect], of.BoolVal(False)) for effect in ("Allow", "Deny"))
        return of.And(allow, of.Not(deny))

    def _statement(self, one: Json) -> Any:
        of = self._of
        parts = []
        for element, text in (("Action", self._action), ("Resource", self._resource)):
            for name, negated in ((element, False), (f"Not{element}", True)):
                if name in one:
                    barred = "" if element == "Action" else ":"
                    hit = of.Or(*(of.InRe(text, self._pattern(each, barred)) for each in one[name]), of.BoolVal(False))
                    parts.append(of.Not(hit) if negated else hit)
        for operator, keys in one.get("Condition", {}).items():
            parts.extend(self._condition(operator, key, values) for key, values in keys.items())
        return of.And(*parts)

    def _pattern(self, pattern: str, barred: str = "") -> Any:
        """A wildcard does not reach beyond a colon, unless it is the last of its segment."""
        of = self._of
        letter = of.Range("!", "~")
        inside = of.Union(of.Range("!", "9"), of.Range(";", "~")) if barred else letter
        parts = [of.Re("")]
        for place, each in enumerate(pattern):
            last = place == len(pattern) - 1 or pattern[place + 1] == ":"
            if each == "*":
                parts.append(of.Star(letter if last else inside))
            else:
                parts.append(inside if each == "?" else of.Re(each))
        return of.Concat(*parts) if len(parts) > 1 else parts[0]

    def _condition(self, operator: str, key: str, values: list[str]) -> Any:
        of = self._of
        present = self._present.setdefault(key, of.Bool(f"has {key}"))
        name = operator.removesuffix("IfExists")
        if name == "Null":
            return of.Or(*(of.Not(present) if value == "true" else present for value in values))
        negated = "Not" in name
        if name.startswith("Numeric"):
            number = self._values.setdefault(key, of.Real(key))
            compared = {
                "NumericLessThan": lambda value: number < value,
                "NumericGreaterThanEquals": lambda value: number >= value,
                "NumericNotEquals": lambda value: number == value,
            }[name]
            hit = of.Or(*(compared(of.RealVal(value)) for value in values))
        elif name == "Bool":
            truth = self._values.setdefault(key, of.Bool(key))
            hit = of.Or(*(truth if value == "true" else of.Not(truth) for value in values))
        else:
            text = self._values.setdefault(key, of.String(key))
            if name.endswith("Like"):
                hit = of.Or(*(of.InRe(text, self._pattern(each)) for each in values))
            else:
                hit = of.Or(*(text == of.StringVal(each) for each in values))
        holds = of.Not(hit) if negated else hit
        if negated or operator.endswith("IfExists"):
            return of.Or(of.Not(present), holds)
        return of.And(present, holds)
