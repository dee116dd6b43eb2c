"""`preflight audit`: who can do what in an account, what should not be so, what would not survive its next update."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from preflight.cli.output import Color, deliver, require_writable, viewed
from preflight.engine.result import Level, Verdict
from preflight.errors import UsageError

if TYPE_CHECKING:
    from preflight.audit.check import Audit
    from preflight.audit.questions import Answer
    from preflight.audit.scene import Scene
    from preflight.documents.document import Document

FAILED, OPEN, INTERRUPTED = 1, 3, 130


def audit(
    snapshot: Annotated[
        str | None, typer.Option(metavar="FILE", help="The account's facts; without it they are read from AWS.")
    ] = None,
    region: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Look at this region only; repeatable.")
    ] = None,
    who_can: Annotated[
        str | None,
        typer.Option(metavar="ACTION", help="Only answer who may do this, such as sagemaker:CreateEndpoint."),
    ] = None,
    on: Annotated[str | None, typer.Option(metavar="ARN", help="On which resource; with --who-can.")] = None,
    can: Annotated[
        str | None, typer.Option(metavar="PRINCIPAL", help="Only answer what this role or user may do; name or ARN.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="OLD", help="Only tell what access changed since an older snapshot.")
    ] = None,
    profile: Annotated[str | None, typer.Option(metavar="NAME", help="The AWS profile to use.")] = None,
    endpoint_url: Annotated[str | None, typer.Option(metavar="URL", help="Where AWS answers.")] = None,
    format_: Annotated[
        str, typer.Option("--format", metavar="NAME", help="text, json, jsonl, csv, sarif, junit, markdown, ...")
    ] = "text",
    output: Annotated[str | None, typer.Option(metavar="FILE", help="Where to print it instead of stdout.")] = None,
    select: Annotated[
        list[str] | None, typer.Option(metavar="ID,...", help="Check only these rules (ids or prefixes).")
    ] = None,
    ignore: Annotated[list[str] | None, typer.Option(metavar="ID,...", help="Leave these rules out.")] = None,
    fail_on: Annotated[Level, typer.Option(help="The least level at which a finding counts.")] = Level.ERROR,
    allow_open: Annotated[bool, typer.Option("--allow-open", help="Exit 0 though something is open.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show of the results only what is wrong.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show every result in full.")] = False,
    color: Annotated[Color, typer.Option(help="When to use colours.")] = Color.AUTO,
) -> None:
    """Audit an account. Exit code 0: nothing at the level of --fail-on; 1: findings; 3: something is open; 2: nothing
    could be audited.
    """
    questions = [name for name, given in (("--who-can", who_can), ("--can", can), ("--since", since)) if given]
    if len(questions) > 1:
        raise UsageError(f"{' and '.join(questions)} are questions of their own; ask one at a time")
    if on is not None and who_can is None:
        raise UsageError("--on says on which resource --who-can asks; add --who-can ACTION")
    if snapshot is not None and (profile is not None or endpoint_url is not None):
        raise UsageError("--snapshot takes the facts from a file; leave out --profile and --endpoint-url, or it")
    require_writable(output)
    _require_format(format_, question=bool(questions))
    try:
        document = _facts(snapshot, region or (), profile, endpoint_url)
        code = _go(
            document, region or (), who_can, on, can, since, format_, output, _listed(select), _listed(ignore), fail_on,
            allow_open=allow_open, quiet=quiet, verbose=verbose, color=color,
        )  # fmt: skip
    except KeyboardInterrupt:
        print("preflight: interrupted; an audit only reads, so nothing has changed", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    if code:
        raise typer.Exit(code)


def _facts(snapshot: str | None, regions: Sequence[str], profile: str | None, endpoint_url: str | None) -> Document:
    """Return the account's snapshot: that of a file, or one that is collected now."""
    if snapshot is not None:
        from preflight.documents.load import load

        return load(snapshot)
    from preflight.account.live import LiveAccount
    from preflight.account.live_clients import Connection
    from preflight.audit.collecting import collect, enabled_regions
    from preflight.documents.document import Document

    connection = Connection(profile, next(iter(regions), None), endpoint_url, retry_mode="adaptive", attempts=8)
    live = LiveAccount.open(connection, rereads=0)
    try:
        return Document(live.source, collect(live, regions=regions or enabled_regions(live)))
    finally:
        live.close()


def _go(
    document: Document,
    regions: Iterable[str],
    who_can: str | None,
    on: str | None,
    can: str | None,
    since: str | None,
    format_: str,
    output: str | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    fail_on: Level,
    *,
    allow_open: bool,
    quiet: bool,
    verbose: bool,
    color: Color,
) -> int:
    from preflight.documents.load import load

    if who_can is not None or can is not None or since is not None:
        scene = _scene(document, regions)
        if since is not None:
            _tell_changes(_scene(load(since), regions), scene, format_, output)
            return 0
        from preflight.audit.questions import can as what_can
        from preflight.audit.questions import who_can as who_may

        answers = list(who_may(scene, who_can, on) if who_can is not None else what_can(scene, can or ""))
        _tell_answers(answers, scene, format_, output)
        return 0
    from preflight.audit.check import audit as audit_account
    from preflight.audit.settings import audit_settings
    from preflight.documents.config import find_config

    settings = audit_settings(find_config([document.path]).audit)
    found = audit_account(
        document, regions=_known(document, regions), settings=settings, select=select, ignore=ignore, fail_on=fail_on
    )
    view = viewed(output, color, quiet=quiet, verbose=verbose)
    deliver(_rendered(found, format_, view), output)
    if found.report.verdict is Verdict.FINDINGS:
        return FAILED
    return OPEN if found.report.counts()["open"] and not allow_open else 0


def _rendered(found: Audit, format_: str, view: object) -> str:
    from preflight.report import audit as report
    from preflight.report.formats import rendered
    from preflight.report.view import View

    assert isinstance(view, View)
    if format_ == "json":
        return report.rendered(found)
    if format_ == "csv":
        return report.as_csv(found)
    if format_ != "text":
        return rendered(found.report, format_, view)
    from preflight.report.terminal import wrapped
    from preflight.report.text import render_checklist

    lines = [line for each in report.overview(found) for line in wrapped(each, "", "  ", max(view.width, 40))]
    return "\n".join(lines) + "\n\n" + render_checklist(found.report, view)


def _scene(document: Document, regions: Iterable[str]) -> Scene:
    from preflight.account.snapshot import Snapshot
    from preflight.audit.scene import Scene

    snapshot = Snapshot.load(document)
    return Scene(snapshot, _known(document, regions) or snapshot.regions)


def _known(document: Document, regions: Iterable[str]) -> tuple[str, ...]:
    held = document.value.get("regions", {}) if isinstance(document.value, dict) else {}
    for region in regions:
        if region not in held:
            there = f"it holds {', '.join(held)}" if held else "it holds none"
            raise UsageError(f"{document.path} has no region {region}; {there}")
    return tuple(regions)


def _tell_answers(answers: list[Answer], scene: Scene, format_: str, output: str | None) -> None:
    from preflight.report.audit import answers_as_data, answers_as_text
    from preflight.report.json import dumped

    if format_ == "json":
        deliver(dumped(answers_as_data(answers), indent=2), output)
    elif format_ == "jsonl":
        deliver("".join(dumped(each) for each in answers_as_data(answers)), output)
    else:
        lines = list(answers_as_text(answers)) or ["Nobody and nothing, as far as is known."]
        deliver("\n".join(lines) + "\n", output)
    for unknown in scene.holders.unknown:
        print(f"preflight: not known, and so not among the answers: {unknown.reason}", file=sys.stderr)


def _tell_changes(before: Scene, now: Scene, format_: str, output: str | None) -> None:
    from preflight.audit.since import changes
    from preflight.report.audit import changes_as_data, changes_as_text
    from preflight.report.json import dumped

    if before.account_id != now.account_id:
        raise UsageError(f"--since is of account {before.account_id}, and --snapshot of {now.account_id}")
    found = list(changes(before, now))
    if format_ == "json":
        deliver(dumped(changes_as_data(found), indent=2), output)
    elif format_ == "jsonl":
        deliver("".join(dumped(each) for each in changes_as_data(found)), output)
    else:
        deliver("\n".join(changes_as_text(found)) + "\n", output)


def _require_format(name: str, *, question: bool) -> None:
    from preflight.report.audit import FORMATS

    known = ("text", "json", "jsonl") if question else FORMATS
    if name not in known:
        from difflib import get_close_matches

        near = get_close_matches(name.lower(), known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        raise UsageError(f"there is no format {name!r} for this; {hint}")


def _listed(given: list[str] | None) -> tuple[str, ...]:
    return tuple(part for each in given or () for piece in each.split(",") if (part := piece.strip()))
