"""`preflight check`: is this plan going to work?"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from preflight.api.check_settings import Vouched, check_settings
from preflight.cli.changed import changed_of, nothing_changed
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
from preflight.cli.output import FORMAT_NAMES, Color, deliver, format_named, looked_on, require_writable, viewed
from preflight.cli.reading import Said, read
from preflight.engine.result import Level, Report, Verdict
from preflight.errors import UsageError
from preflight.report.formats import rendered
from preflight.report.gate import summary as gate_summary

if TYPE_CHECKING:
    from preflight.account.facts import Account
    from preflight.account.live.account import LiveAccount
    from preflight.account.overlays.policy_overrides import Overrides
    from preflight.documents.plans.plan import Plan
    from preflight.engine.rule import Rule
    from preflight.engine.run import Progress

FAILED, OPEN, INTERRUPTED = 1, 3, 130


def check(
    requests: Requests,
    operation: Operation = None,
    parameters: Parameters = None,
    principal: Principal = None,
    region: Region = None,
    account: AccountId = None,
    context: Context = None,
    snapshot: Annotated[
        str | None, typer.Option(metavar="FILE", help="Facts from a file; without it they are read from AWS.")
    ] = None,
    profile: Profile = None,
    endpoint_url: EndpointUrl = None,
    identity_policy: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="Count in place of the principal's identity policies; repeatable."),
    ] = None,
    boundary: Annotated[
        str | None, typer.Option(metavar="FILE", help="Count in place of its permissions boundary.")
    ] = None,
    scp: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="Count in place of the organization's SCPs; repeatable.")
    ] = None,
    session_policy: SessionPolicies = None,
    session_tag: SessionTags = None,
    source_identity: SourceIdentity = None,
    sts_active: StsActive = None,
    allow_unchecked: AllowUnchecked = None,
    deployed: Deployed = None,
    format_: Annotated[
        str | None,
        typer.Option("--format", metavar=FORMAT_NAMES, help="How to print it: text, or github in GitHub Actions."),
    ] = None,
    output: Annotated[str | None, typer.Option(metavar="FILE", help="Where to print it instead of stdout.")] = None,
    select: Annotated[
        list[str] | None, typer.Option(metavar="ID,...", help="Check only these rules (ids or prefixes).")
    ] = None,
    ignore: Annotated[list[str] | None, typer.Option(metavar="ID,...", help="Leave these rules out.")] = None,
    fail_on: Annotated[Level, typer.Option(help="The least level at which a failure counts.")] = Level.ERROR,
    allow_open: Annotated[bool, typer.Option("--allow-open", help="Exit 0 though something is open.")] = False,
    config_retries: Annotated[
        int, typer.Option(metavar="N", min=0, help="How often to read again what AWS does not show yet.")
    ] = 5,
    config_retry_delay: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="How long to wait at first; then longer each time.")
    ] = 1.0,
    changed_only: Annotated[
        str | None, typer.Option(metavar="REF", help="Only files that have changed since REF, by git.")
    ] = None,
    summary: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write verdict, counts and rules there too, as JSON.")
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Show no progress, and of the results not what passed.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show every result in full, and what was asked of AWS.")
    ] = False,
    color: Annotated[Color, typer.Option(help="When to use colours.")] = Color.AUTO,
) -> None:
    """Is this plan going to work? Exit code 0: yes; 1: no; 3: something is open; 2: nothing could be checked."""
    name = format_named(format_)
    require_writable(output)
    require_writable(summary, "--summary")
    if changed_only is not None:
        requests = changed_of(requests, changed_only, whole=True)
        if not requests:
            print(f"preflight: {nothing_changed(changed_only)}", file=sys.stderr)
            if summary is not None:
                deliver(gate_summary(Report(Verdict.READY, ()), 0), summary, "--summary")
            return
    vouched = Vouched(
        session_policies=session_policy or (),
        session_tags=tags_of(session_tag),
        source_identity=source_identity,
        sts_active=sts_active or (),
        allow_unchecked=allow_unchecked or (),
        deployed=deployed,
    )
    require_one_stdin(*requests, snapshot, boundary, *(identity_policy or ()), *(scp or ()), *vouched.files())
    try:
        from preflight.documents.config import find_config
        from preflight.engine.selection import select_rules
        from preflight.readiness.check import FAMILY
        from preflight.readiness.check import check as check_plan

        selected, ignored = _listed(select), _listed(ignore)
        select_rules(FAMILY, selected, ignored)
        settings, before = check_settings(vouched, find_config(requests).check)
        plan, sources = read(requests, Said(operation, parameters, principal, region, account, context, before))
        overrides = _overrides(identity_policy, boundary, scp)
        with (
            facts_of(plan, snapshot, profile, endpoint_url, config_retries, config_retry_delay) as facts,
            _shown(wanted=snapshot is None and not quiet) as progress,
        ):
            report = check_plan(
                plan,
                facts,
                select=selected,
                ignore=ignored,
                fail_on=fail_on,
                overrides=overrides,
                settings=settings,
                progress=progress,
            )
            asked = asked_of_aws(facts) if verbose and snapshot is None else ""
    except KeyboardInterrupt:
        print("preflight: interrupted; a check only reads, so nothing has changed", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    view = viewed(output, color, quiet=quiet, verbose=verbose, sources=sources)
    deliver(rendered(report, name, view), output)
    code = exit_code(report, allow_open=allow_open)
    if summary is not None:
        deliver(gate_summary(report, code), summary, "--summary")
    if output is not None and not quiet:
        from preflight.report.counting import summary as in_words

        print(f"{in_words(report)} (in {output})", file=sys.stderr)
    if asked:
        print(asked, file=sys.stderr)
    if code:
        raise typer.Exit(code)


def exit_code(report: Report, *, allow_open: bool) -> int:
    """Return the exit code of a check's report: 0 ready, 1 something failed, 3 something is open."""
    if report.verdict is Verdict.BLOCKED:
        return FAILED
    if report.verdict is Verdict.OPEN and not allow_open:
        return OPEN
    return 0


def require_one_stdin(*paths: str | None) -> None:
    """Raise `UsageError` where several of the files that a command is to read are stdin."""
    if paths.count("-") > 1:
        raise UsageError("- stands for stdin, which can be read only once")


def _listed(given: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(part for each in given or () for piece in each.split(",") if (part := piece.strip()))


def _overrides(identity: Sequence[str] | None, boundary: str | None, scp: Sequence[str] | None) -> Overrides | None:
    if not identity and boundary is None and not scp:
        return None
    from preflight.account.overlays.policy_overrides import Overrides
    from preflight.documents.policies.policy_file import read_policy
    from preflight.iam.request import PolicyType

    return Overrides(
        identity=tuple(read_policy(path, PolicyType.IDENTITY).body for path in identity) if identity else None,
        boundary=None if boundary is None else read_policy(boundary, PolicyType.BOUNDARY).body,
        service_control=tuple(read_policy(path, PolicyType.SCP).body for path in scp) if scp else None,
    )


@contextmanager
def facts_of(
    plan: Plan, snapshot: str | None, profile: str | None, endpoint_url: str | None, rereads: int = 5, delay: float = 1
) -> Iterator[Account]:
    """Open the facts that a plan is held against: those of a snapshot, or of the live account.

    Raises `UsageError` where both are asked for, and what opening them raises.
    """
    if snapshot is not None:
        if profile is not None or endpoint_url is not None:
            raise UsageError("--snapshot takes the facts from a file; leave out --profile and --endpoint-url, or it")
        from preflight.account.snapshots.snapshot import Snapshot

        yield Snapshot.load(snapshot)
        return
    from preflight.account.live.account import LiveAccount
    from preflight.account.live.clients import Connection

    connection = Connection(profile, region=plan.region, endpoint_url=endpoint_url)
    account = LiveAccount.open(connection, rereads=rereads, reread_delay=delay)
    try:
        yield account
    finally:
        account.close()


@contextmanager
def _shown(*, wanted: bool) -> Iterator[Progress | None]:
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


def asked_of_aws(account: Any) -> str:
    """Say how many calls were made, of which services, and how long the longest chain of them was."""
    live: LiveAccount = account
    stats = live.stats()
    services = ", ".join(f"{name} {count}" for name, count in sorted(stats.requests.items()))
    chain = f"{stats.longest.calls} calls one after another, {stats.longest.seconds:.2f} s"
    return f"{stats.calls} requests to AWS ({services}); the longest chain: {chain}"
