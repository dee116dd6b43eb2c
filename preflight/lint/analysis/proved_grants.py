"""What a policy grants to everyone, or all of, as `preflight prove` has it: for every request, not for a sample.

The proof engine is loaded for a policy with a statement that may be such a grant. What only the deploy knows of a
template's policy is a fixed text to the proof, the same wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from preflight.lint.policy.subject import Subject

if TYPE_CHECKING:
    from preflight.iam.policy import Policy

_HIDDEN = re.compile(r"\$\{aws:PrincipalTag/unresolved\.([^{}]*)\}")
_ACCOUNT = "900000000009"
# The key of a condition of which not even that is known, and one that callers from elsewhere can't have as they like.
_UNREAD, _UNMET = "aws:PrincipalTag/unresolved", "aws:PrincipalOrgID"


def public_statements(subject: Subject) -> frozenset[int] | None:
    """Return the positions of the statements that let in callers whom the policy doesn't know; None if not decided."""
    from preflight.iam.proof import ProofVerdict, not_public

    policy = subject.once(provable)
    proof = not_public(policy, subject.type) if policy is not None else None
    if proof is None or (proof.verdict is ProofVerdict.UNKNOWN):
        return None
    return frozenset(each.statement.index for each in proof.counterexamples if each.statement is not None)


def administrator_statement(subject: Subject) -> int | None:
    """Return the position of the statement by which a policy allows everything, at most under conditions that any
    holder meets or can meet at will; None where it isn't shown that there is one.
    """
    from preflight.iam.proof import all_granted

    policy = subject.once(provable)
    found = all_granted(policy, subject.type).counterexamples if policy is not None else ()
    return next((each.statement.index for each in found if each.statement is not None), None)


def provable(subject: Subject) -> Policy | None:
    """Return a policy as the proof engine takes it, with fixed texts for what isn't known; None if AWS refuses it."""
    if subject.found.shape is None:
        return subject.policy
    from preflight.iam.errors import PolicyError
    from preflight.iam.policy import parse_policy

    try:
        return parse_policy(_fixed(subject.value, "", subject.found.owner.get("service") or "s3"), subject.found.name)
    except PolicyError:
        return None


def _fixed(value: Any, element: str, service: str) -> Any:
    """Return a value with a text in place of each of those that aren't known, such that AWS would store the policy."""
    if isinstance(value, list):
        return [_fixed(each, element, service) for each in value]
    if isinstance(value, Mapping):
        inner = element in ("Principal", "NotPrincipal", "Condition")
        return {
            _UNMET if name == _UNREAD else _HIDDEN.sub(r"unresolved-\1", name): _fixed(
                each, element if inner else name, service
            )
            for name, each in value.items()
        }
    if not isinstance(value, str):
        return value
    if element in ("Principal", "NotPrincipal"):
        return _HIDDEN.sub(_ACCOUNT, value)
    if element in ("Resource", "NotResource") and _HIDDEN.match(value):
        scope = ":" if service == "s3" else f"us-east-1:{_ACCOUNT}"
        return _HIDDEN.sub(r"unresolved-\1", f"arn:aws:{service}:{scope}:{value}")
    return _HIDDEN.sub("unresolved:any" if element in ("Action", "NotAction") else r"unresolved-\1", value)
