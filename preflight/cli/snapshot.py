"""`preflight snapshot`: the facts of an account in a file, to check, lint, simulate and audit without credentials."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from preflight.cli.output import require_writable
from preflight.cli.reading_progress import reading
from preflight.documents.text.atomic_write import replace_file
from preflight.errors import UsageError

if TYPE_CHECKING:
    from preflight.documents.plans.plan import Plan

OPEN, INTERRUPTED = 3, 130


def snapshot(
    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="Where to write it; .gz packs it.")],
    region: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A region to look at; all that are enabled otherwise.")
    ] = None,
    plan: Annotated[
        list[str] | None,
        typer.Option(metavar="REQUEST", help="Also what this plan or request relies on; repeatable."),
    ] = None,
    principal: Annotated[
        str | None, typer.Option("--principal", "--role", metavar="ARN", help="Who makes the calls of --plan.")
    ] = None,
    from_files: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="Make it of what AWS CLI commands printed instead; repeatable."),
    ] = None,
    account: Annotated[
        str | None, typer.Option(metavar="ID", help="The account of --from-files, where they do not say it.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where an interrupted run stopped.")] = False,
    profile: Annotated[str | None, typer.Option(metavar="NAME", help="The AWS profile to use.")] = None,
    endpoint_url: Annotated[str | None, typer.Option(metavar="URL", help="Where AWS answers.")] = None,
    allow_open: Annotated[bool, typer.Option("--allow-open", help="Exit 0 though something was denied.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
) -> None:
    """Write an account's facts to a file; it only reads. Exit code 0: all is there; 3: some of it could not be read,
    and is in the file as unknown; 2: nothing was written.
    """
    require_writable(output)
    target = Path(output)
    if from_files:
        if plan or resume or profile or endpoint_url:
            raise UsageError(
                "--from-files takes the facts from files; leave out --plan, --resume, --profile and --endpoint-url"
            )
        from preflight.account.snapshots.from_cli_output import document_from

        document = document_from(from_files, account=account, region=region[0] if region else None)
        _write(target, document)
        _tell(document, output, quiet=quiet)
        return
    document = _collected(target, region or (), plan or (), principal, resume, profile, endpoint_url, quiet=quiet)
    _write(target, document)
    _tell(document, output, quiet=quiet)
    if document.get("unknown") and not allow_open:
        raise typer.Exit(OPEN)


def _collected(
    target: Path,
    regions: Sequence[str],
    requests: Sequence[str],
    principal: str | None,
    resume: bool,
    profile: str | None,
    endpoint_url: str | None,
    *,
    quiet: bool,
) -> dict[str, Any]:
    from preflight.account.live.account import LiveAccount
    from preflight.account.live.clients import Connection
    from preflight.account.snapshots.journal import Journal
    from preflight.audit.collecting import collect, enabled_regions

    plans = _plans(requests, principal)
    first = next(iter(regions), None) or next((each.region for each in plans if each.region), None)
    live = LiveAccount.open(
        Connection(profile, region=first, endpoint_url=endpoint_url, retry_mode="adaptive", attempts=8), rereads=0
    )
    journal = Journal(target)
    answers = journal.open(resume=resume)
    done = False
    try:
        with reading(wanted=not quiet) as progress:
            wanted = list(dict.fromkeys([*(regions or enabled_regions(live)), *(p.region for p in plans if p.region)]))
            document = collect(
                live, regions=wanted, plans=plans, answers=answers, journal=journal.add, progress=progress
            )
        _require_fresh(document)
        _validate(document, str(target))
        done = True
    except KeyboardInterrupt:
        again = f"preflight snapshot --output {target} --resume"
        print(f"preflight: interrupted; what was read is in {journal.path}: go on with {again}", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    finally:
        journal.close(done=done)
        live.close()
    return document


def _plans(requests: Sequence[str], principal: str | None) -> list[Plan]:
    from preflight.cli.reading import Said, read

    return [read([each], Said(None, None, principal, None, None, None))[0] for each in requests]


def _require_fresh(document: dict[str, Any]) -> None:
    """Raise `UsageError` where credentials expired on the way: the rest can be read after signing in again."""
    from preflight.audit.collecting import expired

    if reasons := expired(document):
        raise UsageError(
            f"the credentials expired half-way ({len(reasons)} reads); sign in again, and go on with --resume"
        )


def _validate(document: dict[str, Any], path: str) -> None:
    from preflight.documents.text.document import Document
    from preflight.documents.text.schema import validate

    validate(Document(path, document), "snapshot")


def _write(target: Path, document: dict[str, Any]) -> None:
    """Write the file whole, or not at all. Raises `UsageError` where it cannot be."""
    data = (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")
    if target.suffix == ".gz":
        data = gzip.compress(data, mtime=0)
    try:
        if target.exists() and not target.is_file():
            target.write_bytes(data)
        else:
            replace_file(target.absolute(), data, private=True)
    except OSError as error:
        raise UsageError(
            f"{target} cannot be written ({error.strerror}); make room, or name another --output"
        ) from None


def _tell(document: dict[str, Any], output: str, *, quiet: bool) -> None:
    unknown = document.get("unknown", ())
    if not quiet:
        iam = document.get("iam") or {}
        regions = document["regions"].values()
        endpoints = sum(len(each.get("endpoints", ())) for each in regions)
        counts = f"{len(regions)} regions, {len(iam.get('RoleDetailList', ()))} roles, {endpoints} endpoints"
        print(f"{output}: account {document['account']}, {counts}", file=sys.stderr)
    for each in list(unknown)[:10]:
        name = "/".join(each["key"].values())
        where = f" of {each['region']}" if each["region"] else ""
        print(
            f"preflight: not known: {each['kind']} {name}{where}: {each['reason']}; {each['resolution']}",
            file=sys.stderr,
        )
    if len(unknown) > 10:
        print(f"preflight: and {len(unknown) - 10} more; the file lists them as unknown", file=sys.stderr)
