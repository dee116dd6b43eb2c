"""Findings on an account's policies, with everyone whose policy it is: the same policy is one finding."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple

from preflight.documents.policies.found_policy import FoundPolicy
from preflight.documents.text.document import Document
from preflight.engine.result import Evidence, Result

_NAMED = 3
_STATEMENT = re.compile(r"/Statement/([0-9]+)")
# The lists of GetAccountAuthorizationDetails, and what each is of.
_LISTS = {"RoleDetailList": "role", "UserDetailList": "user", "GroupDetailList": "group"}
_NAMES = {"RoleDetailList": "RoleName", "UserDetailList": "UserName", "GroupDetailList": "GroupName"}


class _Holder(NamedTuple):
    """One whose policy it is: `policy` is what it calls it, `who` what messages call the holder, empty for a resource
    that the policy is named after.
    """

    policy: str
    who: str
    arn: str

    def __str__(self) -> str:
        return f"{self.policy} of {self.who}" if self.who else self.policy


class PolicyHolders:
    """Says of places in an account's snapshot whose policies are there."""

    def __init__(self, document: Document) -> None:
        """Take a validated snapshot."""
        self._iam: Mapping[str, Any] = document.value.get("iam") or {}
        self._compressed = document.path.endswith(".gz")

    def named(self, result: Result, policy: FoundPolicy, places: Sequence[str]) -> Result:
        """Return a finding on a policy that names everyone whose policy it is, and the statement."""
        holders = [each for place in places for each in self._at(place, policy)]
        if not holders:
            return result
        pointer = result.location.pointer if result.location is not None else ""
        statement = _statement(policy.value, pointer.removeprefix(policy.pointer))
        evidence = tuple(Evidence(str(each), statement) for each in holders)
        location = result.location
        if location is not None and self._compressed:
            # A line of a compressed file is no place that one can open.
            location = replace(location, line=None, column=None)
        return replace(
            result,
            message=f"{result.message} ({_listed(holders, '' if statement in result.message else statement)})",
            subject=holders[0].arn or result.subject,
            evidence=evidence,
            location=location,
        )

    @cached_property
    def _attached(self) -> Mapping[str, Sequence[_Holder]]:
        """Everyone that a managed policy is attached to, or is the boundary of, by the policy's ARN."""
        found: dict[str, list[_Holder]] = {}
        for name, kind in _LISTS.items():
            for each in self._iam.get(name) or ():
                who = f"{kind} {each.get(_NAMES[name], '')}"
                boundary = each.get("PermissionsBoundary") or {}
                attached = [one.get("PolicyArn") for one in each.get("AttachedManagedPolicies") or ()]
                for arn in filter(None, (*attached, boundary.get("PermissionsBoundaryArn"))):
                    found.setdefault(arn, []).append(_Holder(f"policy {arn.rpartition('/')[2]}", who, arn))
        return found

    def _at(self, place: str, policy: FoundPolicy) -> Iterable[_Holder]:
        parts = place.split("/")
        if len(parts) < 4 or parts[1] != "iam":
            return [_Holder(policy.name, "", "")] if policy.name else []
        entry = self._iam[parts[2]][int(parts[3])]
        arn = str(entry.get("Arn", ""))
        if parts[2] == "Policies":
            name = f"policy {entry.get('PolicyName') or arn.rpartition('/')[2]}"
            return self._attached.get(arn) or [_Holder(name, "", arn)]
        who = f"{_LISTS[parts[2]]} {entry.get(_NAMES[parts[2]], '')}"
        if parts[4] == "AssumeRolePolicyDocument":
            return [_Holder("the trust policy", who, arn)]
        return [_Holder(f"policy {entry[parts[4]][int(parts[5])].get('PolicyName', '')}", who, arn)]


def _listed(holders: Sequence[_Holder], statement: str) -> str:
    where = f"{statement} of " if statement else ""
    shown = holders[:_NAMED]
    policies = list(dict.fromkeys(each.policy for each in shown))
    if len(policies) == 1 and all(each.who for each in shown):
        words = f"{policies[0]} of {_and([each.who for each in shown], len(holders))}"
    else:
        words = _and([str(each) for each in shown], len(holders))
    return where + words


def _and(words: list[str], count: int) -> str:
    if count > len(words):
        return f"{', '.join(words)} and {count - len(words)} more"
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _statement(value: Any, pointer: str) -> str:
    """Return the statement that a pointer within a policy is in, as findings cite it."""
    found = _STATEMENT.match(pointer)
    if found is None:
        return "Statement[0]" if pointer.startswith("/Statement") else ""
    statements = value.get("Statement") if isinstance(value, Mapping) else None
    one = statements[int(found[1])] if isinstance(statements, list) and int(found[1]) < len(statements) else statements
    sid = one.get("Sid") if isinstance(one, Mapping) else None
    return sid if isinstance(sid, str) and sid else f"Statement[{found[1]}]"
