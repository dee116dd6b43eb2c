"""Requests whose context is not fully known: try every way to complete it and see whether the answer changes.

For each key that a policy asks about and the request does not give, the ways are: absent, a value that meets each
policy value, one beside it, and for the set operators pairs of them.
"""

from __future__ import annotations

import ipaddress
import itertools
import re
from collections.abc import Hashable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.iam.oracle.conditions import as_list, instant, readable
from tests.iam.oracle.doubts import every_way
from tests.iam.oracle.evaluation import Case, Values, decide_known, listed, request_context
from tests.iam.oracle.principals import kind_of, role_name
from tests.iam.oracle.text import MULTIVALUED, account_of, matches


def decide(case: Case) -> str:
    """Return allowed, explicitDeny, implicitDeny or open."""
    answers, _ = possible(case)
    if len(answers) == 1:
        return answers.pop()
    return "open" if "allowed" in answers else "implicitDeny"


def possible_decisions(case: Case) -> set[str]:
    """Return every answer that some completion of the context, and some reading of AWS's pages, gives."""
    return possible(case)[0]


def possible(case: Case) -> tuple[set[str], set[Hashable]]:
    """Return the possible answers, and what they depend on: unknown keys, and what AWS's pages leave open."""
    context = request_context(case)
    ways = present(case, context)
    if not case.get("complete_context", True):
        others = candidates(case)
        ways |= {key: found for key, found in others.items() if key not in context and key not in ways}
    answers: set[str] = set()
    depends: set[Hashable] = {key for key, found in ways.items() if len(found) > 1}
    for chosen in itertools.product(*ways.values()):
        completed: Values = dict(context)
        completed.update({key: values for key, values in zip(ways, chosen, strict=True) if values})
        found, asked = every_way(lambda doubts, values=completed: decide_known(case, values, doubts))
        answers |= found
        depends |= asked
    return answers, depends


def present(case: Case, context: Values) -> dict[str, list[list[str]]]:
    """Return the keys that the request certainly has, and the values they may have: one, which is not known.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
    """
    principal, ways = case["principal"], {}
    kind = kind_of(principal)
    asked = candidates(case)
    given = {key.lower() for key in case.get("context", {})}

    def mentioned(key: str) -> set[str]:
        return {values[0] for values in asked.get(key, []) if len(values) == 1}

    # A user may have got temporary credentials, too.
    perhaps = kind in ("user", "root") and not case.get("complete_context", True)
    if (perhaps or kind in ("role", "session", "federated")) and "aws:tokenissuetime" not in given:
        now = instant(context["aws:currenttime"][0])
        dates = filter(readable(instant), mentioned("aws:tokenissuetime"))
        near = {value for value in dates if 0 <= now - instant(value) <= 36 * 3600}
        values = [[value] for value in sorted({str(int(now) - 3600), *near})]
        ways["aws:tokenissuetime"] = [*([[]] if perhaps else []), *values]
    if kind in ("user", "role", "session") and "aws:userid" not in given:
        form = {"user": "AIDA.*", "role": "AROA.*:.+", "session": f"AROA.*:{re.escape(principal.split('/')[-1])}"}[kind]
        ids = set(unique_ids(case)) | {"AROAOTHER", "AIDAOTHER"}
        names = {"x", "s1", principal.split("/")[-1]}
        values = ids | {f"{one}:{name}" for one in ids if ":" not in one for name in names} | mentioned("aws:userid")
        ways["aws:userid"] = [[value] for value in sorted(values) if re.fullmatch(form, value)]
    if kind == "session" and not case.get("complete_context", True) and "aws:principalarn" not in given:
        account, name = account_of(principal), role_name(principal)
        form = f"arn:aws:iam::{account}:role/(.+/)?{name}"
        arns = {f"arn:aws:iam::{account}:role/{path}{name}" for path in ("", "zzz/", "x/")} | mentioned(
            "aws:principalarn"
        )
        ways["aws:principalarn"] = [[value] for value in sorted(arns) if re.fullmatch(form, value)]
    return ways


def unique_ids(case: Case) -> set[str]:
    """Return the unique ids that Principal elements of a case name."""
    return set(re.findall(r"\b(?:AROA|AIDA)[A-Z0-9]*(?::\w+)?", repr(every_policy(case))))


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
                            if variable in MULTIVALUED:
                                singles.setdefault(variable, set()).add("x")  # whatever it is, it is not supported
                                continue
                            singles.setdefault(variable, set()).update({"something-else", "x"} | given)
            for pattern in listed(statement.get("Resource", [])) + listed(statement.get("NotResource", [])):
                for variable in variables_in(pattern):
                    if variable in MULTIVALUED:
                        singles.setdefault(variable, set()).add("x")
                        continue
                    singles.setdefault(variable, set()).update({"something-else"} | pieces(pattern, variable, case))
    own = case["action"].partition(":")[0].lower()
    # Requests to a service carry no keys of another (of those in these tests).
    foreign = tuple(f"{service}:" for service in ("s3", "iam") if service != own)
    singles = {key: values for key, values in singles.items() if not key.startswith(foreign)}
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


def pieces(pattern: str, variable: str, case: Case) -> set[str]:
    """Return what a variable in a pattern may stand for: what lies between two separators of the ARN, if it fits."""
    resource = case["resource"]
    ends = [0, *(match.end() for match in re.finditer("[:/]", resource)), len(resource) + 1]
    between = {resource[start : end - 1] for start, end in itertools.combinations(ends, 2)}

    def filled(piece: str) -> str:
        return re.sub(
            r"\$\{([^},]{2,})[^}]*\}",
            lambda found: piece if found.group(1).strip().lower() == variable else "*",
            pattern,
        )

    return {piece for piece in between if matches(filled(piece), resource)}


def examples(operator: str, value: str) -> set[str]:
    """Return values that meet a policy value, and values just beside it."""
    bare = operator.rpartition(":")[2]
    try:
        return typed_examples(bare, value)
    except (ValueError, ArithmeticError):
        # The policy's value is not of the operator's type; that of a request that comes is.
        instead = (
            "2026-01-01T00:00:00Z" if bare.startswith("Date") else "1" if bare.startswith("Numeric") else "192.0.2.0/24"
        )
        return typed_examples(bare, instead)


def typed_examples(bare: str, value: str) -> set[str]:
    """Return values of an operator's type."""
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
