"""Reading requests, plans and templates, with what is said in place of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from preflight.errors import UsageError

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
    stack_name: str | None = None
    stack_tags: Mapping[str, str] | None = None


def require_stacks(plan: Plan, service_role: str | None) -> None:
    """Raise `UsageError` where a service role is named for what CloudFormation doesn't deploy."""
    if service_role is not None and not plan.stacks:
        raise UsageError("--service-role is for CloudFormation, SAM and the CDK; none of these deploys what is given")


def read(requests: Sequence[str], said: Said) -> tuple[Plan, dict[str, str]]:
    """Return the plan in REQUEST files, and the text of each document by its path. Raises what reading raises."""
    from preflight.declared.expressions import arn_part
    from preflight.documents.plans.consistency import require_stack_name, with_options
    from preflight.documents.plans.plan import Given
    from preflight.documents.plans.requests import load_requests, plan_of

    if said.stack_name is not None:
        require_stack_name(said.stack_name)
    # Who calls is nearly always of the account that is deployed to: so a template need not be read twice.
    account = said.account or arn_part(said.principal, "account")
    given = Given(said.region, account, deployed=said.deployed, stack_name=said.stack_name)
    if said.parameters:
        from preflight.documents.cloudformation.parameters import stack_input_of

        parameters, tags = stack_input_of(said.parameters)
        given = replace(given, parameters=parameters, stack_tags=tags)
    if said.stack_tags:
        given = replace(given, stack_tags={**given.stack_tags, **said.stack_tags})
    documents = load_requests(requests)
    plan = plan_of(documents, said.operation, given)
    if said.account is None and plan.account == account:
        plan = replace(plan, account=None)
    plan = with_options(plan, principal=said.principal, region=said.region, account=said.account, context=said.context)
    held = [*documents, *(each.document for each in plan.requests), *(each.document for each in plan.gaps)]
    return plan, {document.path: document.text for document in held}
