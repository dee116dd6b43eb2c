"""Proofs about policies, for every request there can be.

    from preflight.iam.policy import parse_policy
    from preflight.iam.proof import Given, Verdict, no_new_access, policy_type

    of = policy_type("identity")
    proof = no_new_access(parse_policy(old, "old", of), parse_policy(new, "new", of), "identity")
    proof.verdict                   # Verdict.HOLDS, FAILS or UNKNOWN
    proof.counterexamples[0].asked.request   # a request that the engine allows by the new policy and not by the old
    proof.unknown                   # what could not be decided, in words

Four claims: `no_new_access(old, new, type)`, `not_granted(policy, type, actions, resources, principals)`,
`not_public(policy, type)` and `not_administrator(policy, type)`. `equivalent(one, other, type)` says whether two
policies are shown to allow and to deny the same, `redundant(policy, type)` yields the statements that can go without
changing anything. HOLDS is exhaustive: there is no request that the engine decides otherwise. Every counterexample was
decided by `preflight.iam.decide`, as `Counterexample` says. `Given(known=...)` passes in what exists in AWS, so that
counterexamples name actions that do (`preflight.iam` lies below the catalogue).

How it is done: a statement is a box, one condition for each of action, resource, caller and context key (`boxes`).
`solve` looks for a point in some boxes and outside others, from classes of values of each dimension (`dimensions`,
`values`, `callers`) that patterns run as automata tell apart (`patterns`); `search` combines them. `scene` puts what is
found to the engine, `witness` looks for one that people believe, `strangers`, `token_holders`, `administrator` and
`self_grants` say what public and administrator mean, and `claims` asks.
"""

from preflight.iam.proof.checking import Assumptions, Counterexample, Proof, ProofVerdict
from preflight.iam.proof.claims import (
    NOTHING,
    all_granted,
    equivalent,
    no_new_access,
    not_administrator,
    not_granted,
    not_public,
    redundant,
)
from preflight.iam.proof.scene import DocumentType, policy_type
from preflight.iam.proof.witness import KnownNames

__all__ = [
    "NOTHING",
    "Assumptions",
    "Counterexample",
    "DocumentType",
    "KnownNames",
    "Proof",
    "ProofVerdict",
    "all_granted",
    "equivalent",
    "no_new_access",
    "not_administrator",
    "not_granted",
    "not_public",
    "policy_type",
    "redundant",
]
