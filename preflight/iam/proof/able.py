"""Which callers can make the requests that boxes are about: what the engine bars, whatever policies say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from preflight.iam.credentials import barred
from preflight.iam.principals import PrincipalType
from preflight.iam.proof.boxes import Box
from preflight.iam.proof.callers import Person, lookup_of
from preflight.iam.proof.keys import OF_THE_CALLER
from preflight.iam.service_rules import unsigned_services
from preflight.iam.variables import Missing

_PARTITION = re.compile(r"arn:([a-z-]+):")


def able(people: Iterable[Person], must: Sequence[Box]) -> list[Person]:
    """Return the callers that can make some request that all boxes are about, those first that surely can.

    Few services take requests that nobody signed, so everyone comes last where others are meant.
    """
    actions = [box.actions.texts for box in must if box.actions is not None and not box.actions.negated]
    exact = [each for texts in actions if not any(set("*?") & set(text) for text in texts) for each in texts]
    partitions = _partitions(must)
    found = [
        each
        for each in people
        if not (each.who.of_account and partitions and each.who.partition not in partitions)
        and not (exact and all(barred(each.who, action.lower(), "*") for action in exact))
    ]
    keys = {
        variable.key
        for box in must
        if box.resources is not None
        for each in box.resources.varying
        for variable in each.variables
        if variable.key in OF_THE_CALLER and variable.default is None
    }
    if keys:
        # A variable without a value matches no resource.
        found.sort(key=lambda each: any(lookup_of(each)(key) is Missing.ABSENT for key in keys))
    heads = {text.lower().partition(":")[0] for text in min(actions, key=len, default=())}
    if heads and heads <= unsigned_services():
        return found
    return sorted(found, key=lambda each: each.who.kind is PrincipalType.ANONYMOUS)


def _partitions(must: Sequence[Box]) -> set[str]:
    """Return the partitions of the resources that a box is about; none where a pattern leaves that open."""
    for box in must:
        if box.resources is not None and not box.resources.negated:
            heads = [_PARTITION.match(text) for text in box.resources.texts]
            if all(heads):
                return {each[1] for each in heads if each is not None}
    return set()
