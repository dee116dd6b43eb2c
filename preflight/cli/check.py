"""`preflight check`: is this plan going to work?"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from preflight import api
from preflight.api import Level, Report, Verdict
from preflight.cli.options import (
    AccountId,
    AllowOpen,
    AllowUnchecked,
    ChangedOnly,
    ColorWhen,
    ConfigRetries,
    ConfigRetryDelay,
    ContextOption,
    Deployed,
    EndpointUrl,
    FailOn,
    Ignore,
    OperationOption,
    Output,
    Parameters,
    Principal,
    Profile,
    Quiet,
    Region,
    ReportFormat,
    Requests,
    Select,
    ServiceRole,
    SessionPolicies,
    SessionTags,
    SourceIdentity,
    StackName,
    StackTags,
    StsActive,
    Summary,
    Verbose,
    context_of,
    listed,
    nothing_changed,
    tags_of,
)
from preflight.cli.output import Color, deliver, format_named, looked_on, require_writable, viewed
from preflight.report.formats import rendered
from preflight.report.gate import summary as gate_summary

if TYPE_CHECKING:
    from preflight.api import Rule, Stats

FAILED, OPEN, INTERRUPTED = 1, 3, 130


def check(
    requests: Requests,
    operation: OperationOption = None,
    parameters: Parameters = None,
    principal: Principal = None,
    region: Region = None,
    account: AccountId = None,
    context: ContextOption = None,
    snapshot: Annotated[
        str | None, typer.Option(metavar="FILE", help="Use a snapshot file instead of reading from AWS.")
    ] = None,
    profile: Profile = None,
    endpoint_url: EndpointUrl = None,
    identity_policy: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="Use instead of the principal's identity-based policies; repeatable."),
    ] = None,
    boundary: Annotated[
        str | None, typer.Option(metavar="FILE", help="Use instead of the principal's permissions boundary.")
    ] = None,
    scp: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="Use instead of the organization's SCPs; repeatable.")
    ] = None,
    session_policy: SessionPolicies = None,
    session_tag: SessionTags = None,
    source_identity: SourceIdentity = None,
    sts_active: StsActive = None,
    allow_unchecked: AllowUnchecked = None,
    deployed: Deployed = None,
    stack_name: StackName = None,
    stack_tag: StackTags = None,
    service_role: ServiceRole = None,
    format_: ReportFormat = None,
    output: Output = None,
    select: Select = None,
    ignore: Ignore = None,
    fail_on: FailOn = Level.ERROR,
    allow_open: AllowOpen = False,
    config_retries: ConfigRetries = 5,
    config_retry_delay: ConfigRetryDelay = 1.0,
    timeout: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", min=0.001, help="Stop reading from AWS after this; the rest is UNKNOWN."),
    ] = None,
    changed_only: ChangedOnly = None,
    summary: Summary = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    color: ColorWhen = Color.AUTO,
) -> None:
    """Will this plan work? Exit code 0: yes; 1: no; 2: nothing could be checked; 3: something is UNKNOWN."""
    name = format_named(format_)
    require_writable(output)
    require_writable(summary, "--summary")
    try:
        with _shown(wanted=snapshot is None and not quiet) as progress:
            done = api.check(
                *requests,
                operation=operation,
                parameters=parameters or (),
                principal=principal,
                region=region,
                account=account,
                context=context_of(context),
                snapshot=snapshot,
                profile=profile,
                endpoint_url=endpoint_url,
                identity_policies=identity_policy or (),
                boundary=boundary,
                scps=scp or (),
                session_policies=session_policy or (),
                session_tags=tags_of(session_tag),
                source_identity=source_identity,
                sts_active=sts_active or (),
                allow_unchecked=allow_unchecked or (),
                deployed=deployed,
                stack_name=stack_name,
                stack_tags=tags_of(stack_tag, "--stack-tag"),
                service_role=service_role,
                select=listed(select),
                ignore=listed(ignore),
                fail_on=fail_on,
                config_retries=config_retries,
                config_retry_delay=config_retry_delay,
                timeout=timeout,
                changed_since=changed_only,
                progress=progress,
            )
    except KeyboardInterrupt:
        print("preflight: interrupted; a check only reads, so nothing has changed", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    if done.unchanged:
        print(f"preflight: {nothing_changed(changed_only)}", file=sys.stderr)
        if summary is not None:
            deliver(gate_summary(done.report, 0), summary, "--summary")
        return
    report = done.report
    view = viewed(output, color, quiet=quiet, verbose=verbose, sources=done.sources)
    deliver(rendered(report, name, view), output)
    code = exit_code(report, allow_open=allow_open)
    if summary is not None:
        deliver(gate_summary(report, code), summary, "--summary")
    if output is not None and not quiet:
        from preflight.report.counting import summary as in_words

        print(f"{in_words(report)} (in {output})", file=sys.stderr)
    if verbose and done.stats is not None:
        print(asked_of_aws(done.stats), file=sys.stderr)
    if code:
        raise typer.Exit(code)


def exit_code(report: Report, *, allow_open: bool) -> int:
    """Return the exit code of a check's report: 0 ready, 1 something failed, 3 something is open."""
    if report.verdict is Verdict.BLOCKED:
        return FAILED
    if report.verdict is Verdict.OPEN and not allow_open:
        return OPEN
    return 0


@contextmanager
def _shown(*, wanted: bool) -> Iterator[Callable[[int, int, Rule], None] | None]:
    """Show on a terminal how far the checks are; nothing is left of it afterwards."""
    if not wanted or not looked_on():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn())
    with Bar(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("asking AWS", total=None)

        def show(done: int, total: int, rule: Rule) -> None:
            bar.update(task, completed=done, total=total, description=f"checked {rule.name}")

        yield show


def asked_of_aws(stats: Stats) -> str:
    """Say how many calls were made, of which services, and how long the longest chain of them was."""
    services = ", ".join(f"{name} {count}" for name, count in sorted(stats.requests.items()))
    chain = f"{stats.longest.calls} calls one after another, {stats.longest.seconds:.2f} s"
    return f"{stats.calls} requests to AWS ({services}); the longest chain: {chain}"
