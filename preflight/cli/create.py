"""`preflight create`: check a plan, show what was found, ask, make its calls and follow them to their end."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from preflight.api.check_settings import Vouched, check_settings
from preflight.cli.check import asked_of_aws, require_one_stdin
from preflight.cli.options import (
    AccountId,
    AllowUnchecked,
    Context,
    Deployed,
    EndpointUrl,
    Operation,
    Parameters,
    Principal,
    Profile,
    Region,
    Requests,
    SessionPolicies,
    SessionTags,
    SourceIdentity,
    StsActive,
    tags_of,
)
from preflight.cli.output import FORMAT_NAMES, Color, deliver, format_named, require_writable, viewed
from preflight.cli.reading import Said, read
from preflight.engine.result import Level, Report
from preflight.errors import UsageError
from preflight.report.formats import rendered

if TYPE_CHECKING:
    from preflight.cli.create_run import Run
    from preflight.documents.plans.plan import Plan
    from preflight.report.view import View


def create(
    requests: Requests,
    operation: Operation = None,
    parameters: Parameters = None,
    principal: Principal = None,
    region: Region = None,
    account: AccountId = None,
    context: Context = None,
    profile: Profile = None,
    endpoint_url: EndpointUrl = None,
    session_policy: SessionPolicies = None,
    session_tag: SessionTags = None,
    source_identity: SourceIdentity = None,
    sts_active: StsActive = None,
    allow_unchecked: AllowUnchecked = None,
    deployed: Deployed = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before calling AWS.")] = False,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Do not follow what the calls make.")] = False,
    timeout: Annotated[
        float | None, typer.Option(metavar="SECONDS", min=0, help="Stop following after so long; exit code 4.")
    ] = None,
    rollback: Annotated[
        bool, typer.Option("--rollback", help="If it fails, delete what this run created, and only that.")
    ] = False,
    format_: Annotated[
        str | None,
        typer.Option("--format", metavar=FORMAT_NAMES, help="How to print it: text, or github in GitHub Actions."),
    ] = None,
    output: Annotated[str | None, typer.Option(metavar="FILE", help="Where to print it instead of stdout.")] = None,
    select: Annotated[str, typer.Option(metavar="ID,...", help="Check only these rules (ids or prefixes).")] = "",
    ignore: Annotated[str, typer.Option(metavar="ID,...", help="Leave these rules out.")] = "",
    fail_on: Annotated[Level, typer.Option(help="The least level at which a failure stops it.")] = Level.ERROR,
    allow_open: Annotated[bool, typer.Option("--allow-open", help="Go on though something is open.")] = False,
    config_retries: Annotated[
        int, typer.Option(metavar="N", min=0, help="How often to try again while AWS does not see the config yet.")
    ] = 5,
    config_retry_delay: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="How long to wait at first; then longer each time.")
    ] = 1.0,
    poll: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.01, help="How long between looks at first; up to 30 s later.")
    ] = 5.0,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Show no progress, and of the results not what passed.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show every result in full, and what was asked of AWS.")
    ] = False,
    color: Annotated[Color, typer.Option(help="When to use colours.")] = Color.AUTO,
) -> None:
    """Check a plan, and if nothing stands in its way, make its calls and follow them to their end.

    Running it again after an interruption goes on where it stopped: what is there as the plan has it is not made again.
    """
    from preflight.cli.create_progress import say
    from preflight.cli.create_run import INTERRUPTED, Run, Wish

    run: Run | None = None
    vouched = Vouched(
        session_policies=session_policy or (),
        session_tags=tags_of(session_tag),
        source_identity=source_identity,
        sts_active=sts_active or (),
        allow_unchecked=allow_unchecked or (),
        deployed=deployed,
    )
    try:
        from preflight.create import Pace, Patience
        from preflight.documents.config import find_config

        name = format_named(format_)
        from_stdin = "-" in requests
        if not yes and (from_stdin or not sys.stdin.isatty()):
            raise UsageError("create asks before it calls AWS, and there is no terminal to ask on; give --yes")
        require_one_stdin(*requests, *vouched.files())
        settings, before = check_settings(vouched, find_config(requests).check)
        plan, sources = read(requests, Said(operation, parameters, principal, region, account, context, before))
        wish = Wish(
            select=_listed(select),
            ignore=_listed(ignore),
            fail_on=fail_on,
            settings=settings,
            allow_open=allow_open,
            yes=yes,
            wait=not no_wait,
            timeout=timeout,
            rollback=rollback,
            quiet=quiet,
            pace=Pace(poll, max(poll, 30.0)),
            patience=Patience(config_retries, config_retry_delay),
            from_stdin=from_stdin,
            color=None if color is Color.AUTO else color is Color.ALWAYS,
            show=_shower(name, output, viewed(output, color, quiet=quiet, verbose=verbose, sources=sources)),
        )
        run = Run(wish)
        code = _go(run, plan, profile, endpoint_url, verbose=verbose)
    except KeyboardInterrupt:
        if run is None:
            say("Interrupted. Nothing was asked of AWS.")
        code = INTERRUPTED if run is None else run.interrupted()
    if code:
        raise typer.Exit(code)


def _go(run: Run, plan: Plan, profile: str | None, endpoint_url: str | None, *, verbose: bool) -> int:
    from preflight.account.live.account import LiveAccount
    from preflight.account.live.clients import Connection

    patience = run.wish.patience
    account = LiveAccount.open(
        Connection(profile, region=plan.region, endpoint_url=endpoint_url),
        rereads=patience.retries,
        reread_delay=patience.delay,
    )
    try:
        code = run.go(plan, account)
        if verbose:
            from preflight.cli.create_progress import say

            say(asked_of_aws(account))
        return code
    finally:
        account.close()


def _shower(name: str, output: str | None, view: View) -> Callable[[Report, bool], None]:
    """Return what shows a report: the last one in any format; one before the calls only as text, for people to read."""
    require_writable(output)
    earlier: list[Report] = []

    def show(report: Report, last: bool) -> None:
        if name == "text" and output is None:
            # Who has just read what the checks say reads on with what came of the calls.
            seen = set(earlier[0].results) if earlier else set()
            report = replace(report, results=tuple(each for each in report.results if each not in seen))
            earlier.append(report)
        elif not last:
            return
        text = rendered(report, name, view)
        if output is None or not _written(output, text):
            deliver(text, None)

    return show


def _written(output: str, text: str) -> bool:
    """Write the report. What was done at AWS must be told all the same where that fails, with the code it has."""
    from preflight.cli.create_progress import say

    try:
        deliver(text, output)
    except UsageError as error:
        say(f"{error}; the report follows")
        return False
    return True


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part for each in text.split(",") if (part := each.strip()))
