"""Reading requests, plans and templates, with what is said in place of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from preflight.documents.plans.plan import Plan
    from preflight.documents.text.document import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is said in place of the documents. `parameters` are `NAME=VALUE` or files of a template's parameters."""

    operation: str | None = None
    parameters: Sequence[str] = ()
    principal: str | None = None
    region: str | None = None
    account: str | None = None
    context: Mapping[str, str | list[str]] | None = None
    deployed: Document | None = None


def read(requests: Sequence[str], said: Said) -> tuple[Plan, dict[str, str]]:
    """Return the plan in REQUEST files, and the text of each document by its path. Raises what reading raises."""
    from preflight.documents.plans.consistency import with_options
    from preflight.documents.plans.plan import Given
    from preflight.documents.plans.requests import load_requests, plan_of

    given = Given(said.region, said.account, deployed=said.deployed)
    if said.parameters:
        from preflight.documents.cloudformation.parameters import parameters_of

        given = Given(said.region, said.account, parameters_of(said.parameters), said.deployed)
    documents = load_requests(requests)
    plan = plan_of(documents, said.operation, given)
    plan = with_options(plan, principal=said.principal, region=said.region, account=said.account, context=said.context)
    held = [*documents, *(each.document for each in plan.requests), *(each.document for each in plan.gaps)]
    return plan, {document.path: document.text for document in held}
