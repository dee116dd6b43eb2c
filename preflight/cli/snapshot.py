"""`preflight snapshot`: the facts of an account in a file, to check, lint, simulate and audit without credentials."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from preflight import api
from preflight.cli.options import EndpointUrl, Profile
from preflight.cli.output import require_writable
from preflight.cli.reading_progress import reading
from preflight.cli.termination import ending_as_interrupted

OPEN, INTERRUPTED = 3, 130


@ending_as_interrupted()
def snapshot(
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="The file to write; .gz compresses it.")
    ],
    region: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A Region to read; defaults to all enabled Regions.")
    ] = None,
    plan: Annotated[
        list[str] | None,
        typer.Option(metavar="REQUEST", help="Also read what this plan or request needs; repeatable."),
    ] = None,
    principal: Annotated[
        str | None,
        typer.Option("--principal", "--role", metavar="ARN", help="The role or user that makes the calls of --plan."),
    ] = None,
    from_files: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="Build it from saved AWS CLI output instead; repeatable."),
    ] = None,
    account: Annotated[
        str | None, typer.Option(metavar="ID", help="The account of --from-files, if they don't name it.")
    ] = None,
    resource_policies: Annotated[
        bool,
        typer.Option(
            "--resource-policies",
            help="Also read every bucket, key, queue, topic, repository, secret and function with its policy.",
        ),
    ] = False,
    last_accessed: Annotated[
        bool,
        typer.Option(
            "--last-accessed", help="Also read when principals, access keys and passwords were last used, for what."
        ),
    ] = False,
    running: Annotated[
        bool,
        typer.Option(
            "--running",
            help="Also read which functions, instances, notebooks, jobs, builds and stacks run with which roles.",
        ),
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Continue an interrupted run.")] = False,
    profile: Profile = None,
    endpoint_url: EndpointUrl = None,
    allow_open: Annotated[bool, typer.Option("--allow-open", help="Exit 0 even if some reads were denied.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Hide progress.")] = False,
) -> None:
    """Save an account's state to a file; only reads from AWS. Exit code 0: complete; 2: nothing was written; 3: some of
    it could not be read, and is marked unknown in the file.
    """
    require_writable(output)
    try:
        with reading(wanted=not quiet and not from_files) as progress:
            taken = api.snapshot(
                output,
                regions=region or (),
                plans=plan or (),
                principal=principal,
                from_files=from_files or (),
                account=account,
                resource_policies=resource_policies,
                last_accessed=last_accessed,
                running=running,
                resume=resume,
                profile=profile,
                endpoint_url=endpoint_url,
                progress=progress,
            )
    except api.SnapshotInterrupted as stopped:
        from preflight.cli.create import continuing
        from preflight.cli.create_progress import say

        if not stopped.journal:
            say(f"preflight: interrupted; nothing was written, and nothing is kept: {output} is not a file")
            raise typer.Exit(INTERRUPTED) from None
        again = continuing(sys.argv) + ("" if resume else " --resume")
        told = f"preflight: interrupted; what was read is in {stopped.journal}: continue with {again}"
        say(told)
        raise typer.Exit(INTERRUPTED) from None
    _tell(taken.document, output, quiet=quiet)
    if taken.unknown and not from_files and not allow_open:
        raise typer.Exit(OPEN)


def _tell(document: Mapping[str, Any], output: str, *, quiet: bool) -> None:
    """Say what was written. A screen that takes nothing more is no reason for another exit code: the file is there."""
    from preflight.cli.create_progress import say

    unknown = document.get("unknown", ())
    if not quiet:
        iam = document.get("iam") or {}
        regions = document["regions"].values()
        endpoints = sum(len(each.get("endpoints", ())) for each in regions)
        counts = f"{len(regions)} regions, {len(iam.get('RoleDetailList', ()))} roles, {endpoints} endpoints"
        say(f"{output}: account {document['account']}, {counts}")
    for each in list(unknown)[:10]:
        name = "/".join(each["key"].values())
        where = f" of {each['region']}" if each["region"] else ""
        say(f"preflight: not known: {each['kind']} {name}{where}: {each['reason']}; {each['resolution']}")
    if len(unknown) > 10:
        say(f"preflight: and {len(unknown) - 10} more; the file lists them as unknown")
