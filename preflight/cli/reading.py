"""What `check`, `create` and `policy` read alike: REQUEST arguments and the options that complete them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

if TYPE_CHECKING:
    from preflight.documents.plans.plan import Plan

Requests: TypeAlias = Annotated[
    list[str],
    typer.Argument(metavar="REQUEST...", help="Requests, plans, templates, Terraform plans or cdk.out; - is stdin."),
]
Operation: TypeAlias = Annotated[
    str | None, typer.Option(metavar="NAME", help="What a bare request is for, such as create-endpoint-config.")
]
Parameters: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--parameters",
        "--parameter",
        metavar="NAME=VALUE|FILE",
        help="A template's parameter, or a file of them; repeatable.",
    ),
]


@dataclass(frozen=True, slots=True)
class Said:
    """What the options say in place of the documents."""

    operation: str | None
    parameters: Sequence[str] | None
    principal: str | None
    region: str | None
    account: str | None
    context: Sequence[str] | None


def read(requests: Sequence[str], said: Said) -> tuple[Plan, dict[str, str]]:
    """Return the plan in REQUEST arguments, and the text of each document by its path. Raises what reading raises."""
    from preflight.documents.plans.consistency import context_of, settle
    from preflight.documents.plans.plan import Given
    from preflight.documents.plans.requests import load_requests, plan_of

    keys = context_of(said.context or ())
    given = Given(said.region, said.account)
    if said.parameters:
        from preflight.documents.cloudformation.parameters import parameters_of

        given = Given(said.region, said.account, parameters_of(said.parameters))
    documents = load_requests(requests)
    plan = plan_of(documents, said.operation, given)
    plan = settle(plan, principal=said.principal, region=said.region, account=said.account, context=keys)
    held = [*documents, *(each.document for each in plan.requests), *(each.document for each in plan.gaps)]
    return plan, {document.path: document.text for document in held}
