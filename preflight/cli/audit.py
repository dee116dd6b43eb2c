"""`preflight audit`: who can do what in an account, what should not be so, what would fail its next update."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from preflight.api import Level
from preflight.cli.audit_options import AuditOptions, EngineName
from preflight.cli.options import AllowOpen, ColorWhen, EndpointUrl, FailOn, Ignore, Output, Profile, Select, listed
from preflight.cli.output import Color, require_writable

INTERRUPTED = 130


def audit(
    snapshot: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Use a snapshot file, or a folder of them, instead of reading from AWS."),
    ] = None,
    region: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Audit only this Region; repeatable.")
    ] = None,
    who_can: Annotated[
        str | None,
        typer.Option(metavar="ACTION", help="Only list who can do this action, such as sagemaker:CreateEndpoint."),
    ] = None,
    on: Annotated[str | None, typer.Option(metavar="ARN", help="The resource for --who-can.")] = None,
    can: Annotated[
        str | None, typer.Option(metavar="PRINCIPAL", help="Only list what this role or user can do; name or ARN.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="OLD", help="Only list access that changed since this older snapshot.")
    ] = None,
    fail_on_new: Annotated[
        bool, typer.Option("--fail-on-new", help="Exit 1 if access was gained; with --since.")
    ] = False,
    resource_policies: Annotated[
        bool,
        typer.Option("--resource-policies", help="Also read every bucket, key, queue, ... with its policy from AWS."),
    ] = False,
    last_accessed: Annotated[
        bool, typer.Option("--last-accessed", help="Also read from AWS when access was last used, and for what.")
    ] = False,
    running: Annotated[bool, typer.Option("--running", help="Also read from AWS what runs with which roles.")] = False,
    organization: Annotated[
        bool, typer.Option("--organization", help="Audit every account of the organization; needs --into.")
    ] = False,
    accounts: Annotated[
        str | None, typer.Option(metavar="FILE", help="Audit the accounts listed in this file; needs --into.")
    ] = None,
    into: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Folder for the accounts' results; a second run does only what is missing."),
    ] = None,
    role_name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The role to assume in each account; defaults to OrganizationAccountAccessRole."
        ),
    ] = None,
    external_id: Annotated[
        str | None, typer.Option(metavar="ID", help="The external ID that the role's trust policy requires.")
    ] = None,
    include: Annotated[
        list[str] | None, typer.Option(metavar="ID,...", help="Only these accounts or OUs of the organization.")
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(metavar="ID,...", help="All but these accounts or OUs of the organization.")
    ] = None,
    threads: Annotated[
        int, typer.Option(metavar="N", min=1, max=256, help="How many accounts to read in parallel.")
    ] = 8,
    engine: Annotated[EngineName, typer.Option(help="Where to run the audits of many accounts.")] = EngineName.THREADS,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="The Dask scheduler, such as tcp://host:8786.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Audit accounts again that --into already has.")] = False,
    keep_snapshots: Annotated[
        bool, typer.Option("--keep-snapshots", help="Also save each account's snapshot in --into.")
    ] = False,
    profile: Profile = None,
    endpoint_url: EndpointUrl = None,
    format_: Annotated[
        str, typer.Option("--format", metavar="NAME", help="text, json, jsonl, csv, parquet, html, sarif, ...")
    ] = "text",
    table: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="With csv: results, evidence, access, administrators, ways, closing or quotas."
        ),
    ] = "results",
    output: Output = None,
    select: Select = None,
    ignore: Ignore = None,
    fail_on: FailOn = Level.ERROR,
    allow_open: AllowOpen = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Hide passed results.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show every result in full.")] = False,
    color: ColorWhen = Color.AUTO,
) -> None:
    """Audit one account or many. Exit code 0: nothing at the level of --fail-on; 1: findings; 2: an account could not
    be audited; 3: something is UNKNOWN.
    """
    options = AuditOptions(
        snapshot=snapshot, regions=tuple(region or ()), who_can=who_can, on=on, can=can, since=since,
        fail_on_new=fail_on_new, resource_policies=resource_policies, last_accessed=last_accessed, running=running,
        organization=organization, accounts=accounts, into=into, role_name=role_name, external_id=external_id,
        include=listed(include), exclude=listed(exclude), threads=threads, engine=engine, scheduler=scheduler,
        again=again, keep_snapshots=keep_snapshots, profile=profile, endpoint_url=endpoint_url, format=format_,
        table=table, output=output, select=listed(select), ignore=listed(ignore), fail_on=fail_on,
        allow_open=allow_open,
        quiet=quiet, verbose=verbose, color=color,
    )  # fmt: skip
    options.require_sound()
    require_writable(output)
    try:
        if options.many:
            from preflight.cli.audit_many import audit_many as report
        else:
            from preflight.cli.audit_one import audit_one as report
        code = report(options)
    except KeyboardInterrupt:
        kept = (
            f"what is done is in {into}: the same command does the rest"
            if options.many
            else "an audit only reads, so nothing has changed"
        )
        print(f"preflight: interrupted; {kept}", file=sys.stderr, flush=True)
        if options.many:
            # Threads of libraries that still wait for an answer would be waited for.
            os._exit(INTERRUPTED)
        raise typer.Exit(INTERRUPTED) from None
    if code:
        raise typer.Exit(code)
