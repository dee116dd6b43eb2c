"""Whom a policy lets in from outside the trusted accounts, by proof: for every request that an outsider can send.

A condition counts by what it lets through, not by its key: an outsider does not bring the values that the policy fixes
(an external ID, an organization, a network), and has any name, tag or other value that the policy asks for.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass

from preflight.declared.expressions import arn_part
from preflight.iam.policy import Policy
from preflight.iam.proof.checking import Proof
from preflight.iam.proof.claims import none_allowed
from preflight.iam.proof.scene import DocumentType
from preflight.iam.proof.strangers import outsider
from preflight.iam.statement import Statement

EVERYONE, ANY_ACCOUNT = "everyone", "any AWS account"
NOT_SUPPORTED = "AWS does not support NotPrincipal with Effect Allow, and does not say what it means"


@dataclass(frozen=True, slots=True)
class Outsiders:
    """Who is let in: `statements` by account number, or by EVERYONE or ANY_ACCOUNT, those that let it in. `unknown`
    says what could not be decided.
    """

    statements: dict[str, tuple[Statement, ...]]
    unknown: tuple[str, ...] = ()

    def who(self, most: int = 3) -> str:
        """Return in words who it is."""
        if EVERYONE in self.statements:
            return "everyone (public)"
        if ANY_ACCOUNT in self.statements:
            return ANY_ACCOUNT
        accounts = list(self.statements)
        more = f" and {len(accounts) - most} more" if len(accounts) > most else ""
        return f"account{'s' if len(accounts) > 1 else ''} {', '.join(accounts[:most])}{more}"

    def cited(self) -> tuple[Statement, ...]:
        """Return the statements that let anyone in, each once, in the policy's order."""
        found = {each.index: each for statements in self.statements.values() for each in statements}
        return tuple(found[index] for index in sorted(found))


NO_ONE = Outsiders({})


def outsiders(policy: Policy, type_: DocumentType, trusted: Container[str]) -> Outsiders:
    """Return whom a policy lets in of accounts that are not trusted."""
    if _negated(policy):
        return Outsiders({}, (NOT_SUPPORTED,))
    named = sorted({each for each in _accounts(policy) if each not in trusted and each != "*"})
    if not named and "*" not in _accounts(policy):
        return NO_ONE
    asked = {ANY_ACCOUNT: outsider(policy, None), **{each: outsider(policy, {each}) for each in named}}
    if type_ != "trust":
        asked = {EVERYONE: outsider(policy, None, anonymous=True), **asked}
    if "*" not in _accounts(policy):
        del asked[ANY_ACCOUNT]
        asked.pop(EVERYONE, None)
    found: dict[str, tuple[Statement, ...]] = {}
    unknown: dict[str, None] = {}
    for who, box in asked.items():
        proof = none_allowed(policy, type_, box)
        if statements := _granting(proof):
            found[who] = statements
        unknown.update(dict.fromkeys(proof.unknown))
    return Outsiders(found, tuple(unknown))


def _granting(proof: Proof) -> tuple[Statement, ...]:
    found = {each.statement.index: each.statement for each in proof.counterexamples if each.statement is not None}
    return tuple(found[index] for index in sorted(found))


def _accounts(policy: Policy) -> set[str]:
    """Return the accounts that a policy's statements allow, `*` for any."""
    return set(_allowed(policy))


def _allowed(policy: Policy) -> Iterator[str]:
    for statement in policy.statements:
        if statement.allows and statement.principals is not None:
            for kind, value in statement.principals.entries:
                if kind in ("AWS", "*"):
                    account = arn_part(value, "account") or value
                    # A unique id of a principal that is gone, or an account: what is not a number is not an account.
                    if account == "*" or account.isdigit():
                        yield account


def _negated(policy: Policy) -> bool:
    return any(each.allows and each.principals is not None and each.principals.negated for each in policy.statements)
