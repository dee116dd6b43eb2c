"""`preflight policy`: the least that a plan needs to be allowed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from preflight.api.check_settings import Vouched, check_settings
from preflight.cli.check import FAILED, OPEN, facts_of, require_one_stdin
from preflight.cli.options import (
    AccountId,
    AllowUnchecked,
    Context,
    Deployed,
    Operation,
    Parameters,
    Principal,
    Region,
    Requests,
    SessionPolicies,
    SessionTags,
    SourceIdentity,
    StsActive,
    tags_of,
)
from preflight.cli.output import Color, colored, deliver, require_writable, width
from preflight.cli.reading import Said, read
from preflight.errors import UsageError

if TYPE_CHECKING:
    from preflight.account.facts import Account
    from preflight.documents.plans.plan import Plan
    from preflight.readiness.least_privilege import Difference
    from preflight.readiness.settings import CheckSettings
    from preflight.report.policy import Offer


class Format(StrEnum):
    """How the policies are printed."""

    TEXT = "text"
    JSON = "json"


class Audience(StrEnum):
    """Whose policy is asked for: that of whoever makes the plan's calls, or of whoever runs preflight."""

    PLAN = "plan"
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
        Audience, typer.Option("--for", help="The policy for the plan's calls, or for what preflight reads itself.")
    ] = Audience.PLAN,
    diff: Annotated[
        str | None,
        typer.Option(metavar="ROLE", help="Show what to add to, and what could be removed from, a role's policies."),
    ] = None,
    operation: Operation = None,
    parameters: Parameters = None,
    principal: Principal = None,
    region: Region = None,
    account: AccountId = None,
    context: Context = None,
    snapshot: Annotated[str | None, typer.Option(metavar="FILE", help="Facts from a file.")] = None,
    live: Annotated[bool, typer.Option("--live", help="Facts from the account of the AWS credentials.")] = False,
    profile: Annotated[str | None, typer.Option(metavar="NAME", help="The AWS profile to use; means --live.")] = None,
    endpoint_url: Annotated[str | None, typer.Option(metavar="URL", help="Where AWS answers; means --live.")] = None,
    session_policy: SessionPolicies = None,
    session_tag: SessionTags = None,
    source_identity: SourceIdentity = None,
    sts_active: StsActive = None,
    allow_unchecked: AllowUnchecked = None,
    deployed: Deployed = None,
    attach: Annotated[
        Attach, typer.Option(help="As managed policies, or as an inline policy of a role, user or group.")
    ] = Attach.MANAGED,
    format_: Annotated[
        Format, typer.Option("--format", help="Policies to paste, or one document of all there is to say.")
    ] = Format.TEXT,
    output: Annotated[str | None, typer.Option(metavar="FILE", help="Where to print it instead of stdout.")] = None,
    allow_open: Annotated[bool, typer.Option("--allow-open", help="Exit 0 though something is not known.")] = False,
    color: Annotated[Color, typer.Option(help="When to use colours.")] = Color.AUTO,
) -> None:
    """Print the least-privilege policy that a plan needs, as JSON to paste.

    The plan alone suffices, with region and account; a snapshot or --live adds what only the account knows. Exit code
    0: that is all; 1: it does not fit the quota, or the role lacks something; 3: something is not known; 2: bad input.
    """
    from preflight.documents.config import find_config
    from preflight.report import policy as report

    require_writable(output)
    vouched = Vouched(
        session_policies=session_policy or (),
        session_tags=tags_of(session_tag),
        source_identity=source_identity,
        sts_active=sts_active or (),
        allow_unchecked=allow_unchecked or (),
        deployed=deployed,
    )
    require_one_stdin(*requests, snapshot, *vouched.files())
    _require_fitting(for_, diff, principal)
    settings, before = check_settings(vouched, find_config(requests).check)
    plan, _ = read(requests, Said(operation, parameters, principal, region, account, context, before))
    with _facts(plan, snapshot, profile, endpoint_url, live=live, needed_by="" if diff is None else "--diff") as facts:
        offer, difference = _worked_out(plan, facts, for_, diff, attach, settings)
    if format_ is Format.JSON:
        said = report.document(offer) if difference is None else report.difference_document(offer, difference)
    elif difference is None:
        said = report.text(offer)
    else:
        said = report.difference_text(offer, difference, width=width(output), color=colored(color, output))
    deliver(said, output)
    if format_ is Format.TEXT:
        print(report.notes(offer, width(None)), end="", file=sys.stderr)
    if code := _exit_code(offer, difference, allow_open=allow_open):
        raise typer.Exit(code)


def _require_fitting(audience: Audience, diff: str | None, principal: str | None) -> None:
    if diff is None:
        return
    if not diff.strip():
        raise UsageError("--diff names no role; give the name or the ARN of one")
    if audience is Audience.PREFLIGHT:
        raise UsageError("--diff holds a role against the plan's calls; leave out --for preflight, or --diff")
    if principal is not None:
        raise UsageError("--diff says whose policies are meant; leave out --principal")


@contextmanager
def _facts(
    plan: Plan, snapshot: str | None, profile: str | None, endpoint_url: str | None, *, live: bool, needed_by: str
) -> Iterator[Account]:
    if snapshot is not None and live:
        raise UsageError("--snapshot takes the facts from a file; leave out --live, or it")
    if snapshot is not None or live or profile is not None or endpoint_url is not None:
        with facts_of(plan, snapshot, profile, endpoint_url) as facts:
            yield facts
        return
    if needed_by:
        raise UsageError(f"{needed_by} needs the policies that the role has; give --snapshot FILE or --live")
    from preflight.readiness.least_privilege import NoFacts

    yield NoFacts(plan)


def _worked_out(
    plan: Plan, facts: Account, audience: Audience, diff: str | None, attach: Attach, settings: CheckSettings
) -> tuple[Offer, Difference | None]:
    from preflight.readiness.call_site import settled
    from preflight.readiness.least_privilege import (
        Attachment,
        NoFacts,
        difference,
        documents_of,
        needed_by,
        reads_of,
        statements_of,
    )
    from preflight.report.policy import Offer

    found, note = None, ""
    if diff is not None:
        found = difference(plan, facts, diff, settings.session)
        grants, doubts = [each.grant for each in found.lacking], list(found.doubts)
    elif audience is Audience.PREFLIGHT:
        grants, doubts = reads_of(plan, facts)
        if isinstance(facts, NoFacts):
            note = "what the plan does not name is given by pattern; with --snapshot FILE or --live it is named"
    else:
        needed = needed_by(plan, facts, settings.session)
        grants, doubts = [each.grant for each in needed.needs], list(needed.doubts)
    place = settled(plan, facts)
    about = {"region": place.region, "account": place.account}
    principal = plan.principal if found is None else found.principal
    if principal is not None:
        about["principal"] = principal
    attachment = Attachment(attach.value)
    policies = documents_of(statements_of(grants), attachment) if grants else ()
    return Offer(audience.value, about, attachment, policies, doubts, note), found


def _exit_code(offer: Offer, difference: Difference | None, *, allow_open: bool) -> int:
    if not all(each.fits for each in offer.policies):
        return FAILED
    if difference is not None and (difference.lacking or difference.blocked):
        return FAILED
    return OPEN if offer.doubts and not allow_open else 0
