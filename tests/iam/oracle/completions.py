"""Requests whose context is not fully known: try every way to complete it and see whether the answer changes.

For each key that a policy asks about and the request does not give, the ways are: absent, a value that meets each
policy value, one beside it, and for the set operators pairs of them.
"""

from __future__ import annotations

import ipaddress
import itertools
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.iam.oracle.conditions import as_list, instant
from tests.iam.oracle.evaluation import Case, Values, decide_known, listed, request_context


def decide(case: Case) -> str:
    """Return allowed, explicitDeny, implicitDeny or open."""
    answers = possible_decisions(case)
    if len(answers) == 1:
        return answers.pop()
    return "open" if "allowed" in answers else "implicitDeny"


def possible_decisions(case: Case) -> set[str]:
    """Return every answer that some completion of the context gives."""
    context = request_context(case)
    if case.get("complete_context", True):
        return {decide_known(case, context)}
    unknown = {key: ways for key, ways in candidates(case).items() if key not in context}
    answers = set()
    for chosen in itertools.product(*unknown.values()):
        completed: Values = dict(context)
        completed.update({key: values for key, values in zip(unknown, chosen, strict=True) if values})
        answers.add(decide_known(case, completed))
    return answers


def candidates(case: Case) -> dict[str, list[list[str]]]:
    """Return, for each key that any policy of the case asks about, the value lists worth trying."""
    singles: dict[str, set[str]] = {}
    many: set[str] = set()
    given = {value for values in request_context(case).values() for value in values}
    for policy in every_policy(case):
        for statement in listed(policy["Statement"]):
            for operator, keys in statement.get("Condition", {}).items():
                for key, values in keys.items():
                    mine = singles.setdefault(key.lower(), set())
                    many |= {key.lower()} if ":" in operator else set()
                    for value in as_list(values):
                        mine |= examples(operator, value)
                        for variable in variables_in(value):
                            singles.setdefault(variable, set()).update({"something-else", "x"} | given)
            for pattern in listed(statement.get("Resource", [])) + listed(statement.get("NotResource", [])):
                for variable in variables_in(pattern):
                    singles.setdefault(variable, set()).update({"something-else"} | pieces(case["resource"]))
    return {
        key: [
            [],
            *([value] for value in sorted(values)),
            *(map(list, itertools.combinations(sorted(values), 2)) if key in many else ()),
        ]
        for key, values in singles.items()
    }


def variables_in(text: str) -> list[str]:
    """Return the keys, in lower case, of the variables in a text."""
    return [name.strip().lower() for name in re.findall(r"\$\{([^},]{2,})", text)]


def pieces(resource: str) -> set[str]:
    """Return what a variable in a pattern may stand for: whatever lies between two separators of the ARN."""
    ends = [0, *(match.end() for match in re.finditer("[:/]", resource)), len(resource) + 1]
    return {resource[start : end - 1] for start, end in itertools.combinations(ends, 2)}


def examples(operator: str, value: str) -> set[str]:
    """Return values that meet a policy value, and values just beside it."""
    bare = operator.rpartition(":")[2]
    if bare == "Null":
        return {"true"}  # of any type: only whether there is a value counts
    if bare.startswith("Numeric"):
        return {str(Decimal(value) + step) for step in (-1, 0, 1)}
    if bare.startswith("Date"):
        moments = [int(instant(value)) + step for step in (-1, 0, 1)]
        return {datetime.fromtimestamp(moment, UTC).isoformat() for moment in moments}
    if "IpAddress" in bare:
        network = ipaddress.ip_network(value, strict=False)
        return {str(network[0]), str(network[-1]), "198.51.100.77", "2001:db8:ffff::1"}
    if bare.startswith("Bool"):
        return {"true", "false"}
    without_variables = re.sub(r"\$\{[^}]*\}", "x", value)
    return {
        "something-else",
        without_variables,
        without_variables.replace("*", "").replace("?", "x"),
        without_variables.replace("*", "y"),
    }


def every_policy(case: Case) -> list[Any]:
    """Return every policy document of a case."""
    lists = ("identity_policies", "permissions_boundaries", "session_policies", "vpc_endpoint_policies")
    policies = [named["policy"] for name in lists for named in case.get(name) or []]
    for name in ("service_control_policies", "resource_control_policies"):
        policies += [named["policy"] for level in case.get(name) or [] for named in level]
    if case.get("resource_policy") is not None:
        policy = case["resource_policy"]
        policies.append(policy.get("policy", policy))
    return policies
