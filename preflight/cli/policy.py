"""`preflight policy`: the least that a plan needs to be allowed."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from preflight import api
from preflight.cli.options import (
    AccountId,
    AllowOpen,
    AllowUnchecked,
    ColorWhen,
    ContextOption,
    Deployed,
    LiveEndpointUrl,
    LiveProfile,
    OperationOption,
    Output,
    Parameters,
    Principal,
    Region,
    Requests,
    ServiceRole,
    SessionPolicies,
    SessionTags,
    SourceIdentity,
    StackName,
    StackTags,
    StsActive,
    TextOrJson,
    context_of,
    tags_of,
)
from preflight.cli.output import Color, colored, deliver, require_writable, width
from preflight.report.terminal import presentable

FAILED, OPEN = 1, 3


class Audience(StrEnum):
    """Whose policy is asked for: that of whoever makes the plan's calls, of the roles it uses, or of preflight."""

    PLAN = "plan"
    EXECUTION_ROLE = "execution-role"
    PREFLIGHT = "preflight"


class Attach(StrEnum):
    """How the policies are going to be attached, which says how long they may be."""

    MANAGED = "managed"
    ROLE = "role"
    USER = "user"
    GROUP = "group"


def policy(
    requests: Requests,
    for_: Annotated[
        Audience,
        typer.Option(
            "--for",
            help="The policy for the plan's calls, for the execution roles that it uses, or for preflight's own reads.",
        ),
    ] = Audience.PLAN,
    diff: Annotated[
        str | None,
        typer.Option(metavar="ROLE", help="Show what to add to and remove from this role's policies."),
    ] = None,
    operation: OperationOption = None,
    parameters: Parameters = None,
    principal: Principal = None,
    region: Region = None,
    account: AccountId = None,
    context: ContextOption = None,
    snapshot: Annotated[str | None, typer.Option(metavar="FILE", help="Use a snapshot file.")] = None,
    live: Annotated[bool, typer.Option("--live", help="Read from the account of the current credentials.")] = False,
    profile: LiveProfile = None,
    endpoint_url: LiveEndpointUrl = None,
    session_policy: SessionPolicies = None,
    session_tag: SessionTags = None,
    source_identity: SourceIdentity = None,
    sts_active: StsActive = None,
    allow_unchecked: AllowUnchecked = None,
    deployed: Deployed = None,
    stack_name: StackName = None,
    stack_tag: StackTags = None,
    service_role: ServiceRole = None,
    attach: Annotated[
        Attach, typer.Option(help="Managed policies, or an inline policy of a role, user or group.")
    ] = Attach.MANAGED,
    format_: Annotated[
        TextOrJson, typer.Option("--format", help="Policies to paste, or one JSON document with every detail.")
    ] = TextOrJson.TEXT,
    output: Output = None,
    allow_open: AllowOpen = False,
    color: ColorWhen = Color.AUTO,
) -> None:
    """Print the least-privilege policy that a plan needs, as JSON to paste.

    The plan with a region and an account is enough; a snapshot or --live adds what only the account knows. Exit code
    0: complete; 1: it exceeds a quota, or the role lacks permissions; 2: bad input; 3: something is UNKNOWN.
    """
    from preflight.report import policy as report

    require_writable(output)
    found = api.policy(
        *requests,
        audience=for_.value,
        diff=diff,
        attach=attach.value,
        operation=operation,
        parameters=parameters or (),
        principal=principal,
        region=region,
        account=account,
        context=context_of(context),
        snapshot=snapshot,
        live=live,
        profile=profile,
        endpoint_url=endpoint_url,
        session_policies=session_policy or (),
        session_tags=tags_of(session_tag),
        source_identity=source_identity,
        sts_active=sts_active or (),
        allow_unchecked=allow_unchecked or (),
        deployed=deployed,
        stack_name=stack_name,
        stack_tags=tags_of(stack_tag, "--stack-tag"),
        service_role=service_role,
    )
    offer, difference = found.offer, found.difference
    if format_ is TextOrJson.JSON:
        said = report.document(offer) if difference is None else report.difference_document(offer, difference)
    elif difference is None:
        said = report.text(offer)
    else:
        said = report.difference_text(offer, difference, width=width(output), color=colored(color, output))
    deliver(said, output)
    if format_ is TextOrJson.TEXT:
        print(presentable(report.notes(offer, width(None))), end="", file=sys.stderr)
    if not found.sufficient:
        raise typer.Exit(FAILED)
    if offer.doubts and not allow_open:
        raise typer.Exit(OPEN)
