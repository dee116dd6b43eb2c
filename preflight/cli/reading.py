"""Reading REQUEST arguments, with the options that complete them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from preflight.documents.plans.plan import Plan
    from preflight.documents.text.document import Document


@dataclass(frozen=True, slots=True)
class Said:
    """What the options say in place of the documents."""

    operation: str | None
    parameters: Sequence[str] | None
    principal: str | None
    region: str | None
    account: str | None
    context: Sequence[str] | None
    deployed: Document | None = None


def read(requests: Sequence[str], said: Said) -> tuple[Plan, dict[str, str]]:
    """Return the plan in REQUEST arguments, and the text of each document by its path. Raises what reading raises."""
    from preflight.documents.plans.consistency import context_of, with_options
    from preflight.documents.plans.plan import Given
    from preflight.documents.plans.requests import load_requests, plan_of

    keys = context_of(said.context or ())
    given = Given(said.region, said.account, deployed=said.deployed)
    if said.parameters:
        from preflight.documents.cloudformation.parameters import parameters_of

        given = Given(said.region, said.account, parameters_of(said.parameters), said.deployed)
    documents = load_requests(requests)
    plan = plan_of(documents, said.operation, given)
    plan = with_options(plan, principal=said.principal, region=said.region, account=said.account, context=keys)
    held = [*documents, *(each.document for each in plan.requests), *(each.document for each in plan.gaps)]
    return plan, {document.path: document.text for document in held}
