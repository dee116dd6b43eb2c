"""Proofs about policies, for every request there can be.

from preflight.api.proofs import no_new_access, prove

no_new_access(old_document, new_document).verdict       # "holds", "fails" or "unknown"
prove("not-public", ["policies/"]).counterexamples      # as `preflight prove not-public policies/` has them
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from preflight.errors import UsageError

if TYPE_CHECKING:
    from preflight.iam.proof import Assumptions, DocumentType, Proof
    from preflight.prove.claim import ProofAnswer

Assumed = Mapping[str, str | Sequence[str]]


def prove(
    claim: str,
    paths: Sequence[str],
    *,
    against: str | None = None,
    type_: str | None = None,
    actions: Sequence[str] = (),
    resources: Sequence[str] = (),
    principals: Sequence[str] = (),
    assume: Assumed | None = None,
    today: bool = False,
) -> ProofAnswer:
    """Prove a claim about the policies in files and directories, as `preflight prove` does.

    `claim` is `no-new-access` (with two paths, OLD and NEW, or with the files to look at and `against`, a commit of
    git), `not-granted` (of `actions`, `resources` and `principals`, patterns), `not-public` or `not-administrator`.
    `type_` is the type of policies that nothing around them tells the type of. `assume` fixes condition keys; `today`
    counts actions that exist today only. Raises `PreflightError` where something cannot be read or used.
    """
    from preflight.documents.policies.found_policy import POLICY_TYPES
    from preflight.prove.claim import Claim, Question
    from preflight.prove.prove import prove as prove_all
    from preflight.prove.prove import prove_against

    if claim not in list(Claim):
        raise UsageError(f"unknown claim {claim!r}; there are {', '.join(Claim)}")
    if claim != Claim.NOT_GRANTED and (actions or resources or principals):
        raise UsageError("--action, --resource and --principal are for not-granted")
    if claim != Claim.NO_NEW_ACCESS and against is not None:
        raise UsageError("--against is for no-new-access")
    for action in actions:
        if ":" not in action and action.strip("*"):
            raise UsageError(f'--action {action} has no service prefix; write "service:{action}"')
    wanted = next((each for each in POLICY_TYPES if each == type_), None)
    if type_ is not None and wanted is None:
        raise UsageError(f"unknown policy type {type_!r}; there are {', '.join(POLICY_TYPES)}")
    question = Question(Claim(claim), tuple(actions), tuple(resources), tuple(principals), _values(assume or {}), today)
    if against is not None:
        return prove_against(question, against, paths, wanted)
    return prove_all(question, paths, wanted)


def no_new_access(
    old: Any, new: Any, type_: DocumentType = "identity", *, assume: Assumed | None = None, today: bool = False
) -> Proof:
    """Prove that a policy document grants nothing that another one does not. Raises `PolicyError` for one that AWS
    would refuse, as the functions below do.
    """
    from preflight.iam import proof
    from preflight.iam.policy import parse_policy

    given = _given(assume, today=today)
    of = proof.policy_type(type_)
    return proof.no_new_access(parse_policy(old, "old", of), parse_policy(new, "new", of), type_, given)


def not_granted(
    policy: Any,
    actions: Sequence[str] = (),
    resources: Sequence[str] = (),
    principals: Sequence[str] = (),
    type_: DocumentType = "identity",
    *,
    assume: Assumed | None = None,
    today: bool = False,
) -> Proof:
    """Prove that a policy document grants none of some actions on any of some resources; what is empty is any."""
    from preflight.iam import proof
    from preflight.iam.policy import parse_policy

    given = _given(assume, today=today)
    return proof.not_granted(
        parse_policy(policy, "policy", proof.policy_type(type_)), type_, actions, resources, principals, given
    )


def not_public(
    policy: Any, type_: DocumentType = "resource", *, assume: Assumed | None = None, today: bool = False
) -> Proof:
    """Prove that a policy document grants nothing to everyone."""
    from preflight.iam import proof
    from preflight.iam.policy import parse_policy

    return proof.not_public(
        parse_policy(policy, "policy", proof.policy_type(type_)), type_, _given(assume, today=today)
    )


def not_administrator(policy: Any, type_: DocumentType = "identity", *, assume: Assumed | None = None) -> Proof:
    """Prove that a policy document does not grant all actions on all resources."""
    from preflight.iam import proof
    from preflight.iam.policy import parse_policy

    return proof.not_administrator(parse_policy(policy, "policy", proof.policy_type(type_)), type_, _given(assume))


def _given(assume: Assumed | None, *, today: bool = False) -> Assumptions:
    from preflight.iam.proof import Assumptions
    from preflight.prove.known import KNOWN

    return Assumptions(KNOWN, _values(assume or {}), today)


def _values(assume: Assumed) -> dict[str, tuple[str, ...]]:
    return {key.lower(): (value,) if isinstance(value, str) else tuple(value) for key, value in assume.items()}
