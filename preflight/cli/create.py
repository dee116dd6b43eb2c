"""`preflight create`: check a plan, show what was found, ask, make its calls and follow them to their end."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from preflight import api
from preflight.api import Level
from preflight.cli.check import asked_of_aws
from preflight.cli.options import (
    AccountId,
    AllowUnchecked,
    ColorWhen,
    ConfigRetries,
    ConfigRetryDelay,
    ContextOption,
    Deployed,
    EndpointUrl,
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
    SessionPolicies,
    SessionTags,
    SourceIdentity,
    StsActive,
    Verbose,
    context_of,
    listed,
    tags_of,
)
from preflight.cli.output import Color, deliver, format_named, printed, require_writable, viewed
from preflight.cli.termination import ending_as_interrupted
from preflight.errors import UsageError
from preflight.report.formats import rendered

if TYPE_CHECKING:
    from preflight.api import Created, CreateError, CreateInterrupted, Report, Result

INTERRUPTED = 130
_KEPT = "Created by this run and left, because something else uses it or may use it:"
_CODES = {"created": 0, "blocked": 1, "declined": 1, "open": 3, "unread": 3, "failed": 4}


@ending_as_interrupted()
def create(
    requests: Requests,
    operation: OperationOption = None,
    parameters: Parameters = None,
    principal: Principal = None,
    region: Region = None,
    account: AccountId = None,
    context: ContextOption = None,
    profile: Profile = None,
    endpoint_url: EndpointUrl = None,
    session_policy: SessionPolicies = None,
    session_tag: SessionTags = None,
    source_identity: SourceIdentity = None,
    sts_active: StsActive = None,
    allow_unchecked: AllowUnchecked = None,
    deployed: Deployed = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before calling AWS.")] = False,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Don't wait for the resources.")] = False,
    timeout: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", min=0, help="Stop after this time, the check included, with exit code 4."),
    ] = None,
    rollback: Annotated[
        bool, typer.Option("--rollback", help="On failure, delete what this run created, and nothing else.")
    ] = False,
    format_: ReportFormat = None,
    output: Output = None,
    select: Select = None,
    ignore: Ignore = None,
    fail_on: Annotated[Level, typer.Option(help="The lowest level that stops the run.")] = Level.ERROR,
    allow_open: Annotated[bool, typer.Option("--allow-open", help="Continue even if something is UNKNOWN.")] = False,
    config_retries: ConfigRetries = 5,
    config_retry_delay: ConfigRetryDelay = 1.0,
    poll: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.01, help="First polling interval; grows up to 30 s.")
    ] = 5.0,
    quiet: Quiet = False,
    verbose: Verbose = False,
    color: ColorWhen = Color.AUTO,
) -> None:
    """Check a plan and, if it passes, make its calls and wait until the resources are in service.

    Run it again after an interruption to continue: resources that already exist as planned are not created again.
    """
    from preflight.cli.create_progress import EventDisplay, say

    name = format_named(format_)
    require_writable(output)
    from_stdin = "-" in requests
    if not yes and (from_stdin or sys.stdin is None or not sys.stdin.isatty()):
        raise UsageError("create asks for confirmation, and there is no terminal; add --yes")
    shown = _Shown(name, output, color, quiet=quiet, verbose=verbose)
    ended: Created | CreateError | CreateInterrupted | None = None
    try:
        with EventDisplay(quiet=quiet, color=None if color is Color.AUTO else color is Color.ALWAYS) as progress:

            def show(report: Report, sources: Mapping[str, str]) -> None:
                progress.stop()
                shown.show(report, sources, last=False)

            try:
                ended = api.create(
                    *requests,
                    confirm=None if yes else _confirmed,
                    operation=operation,
                    parameters=parameters or (),
                    principal=principal,
                    region=region,
                    account=account,
                    context=context_of(context),
                    profile=profile,
                    endpoint_url=endpoint_url,
                    wait=not no_wait,
                    timeout=timeout,
                    rollback=rollback,
                    session_policies=session_policy or (),
                    session_tags=tags_of(session_tag),
                    source_identity=source_identity,
                    sts_active=sts_active or (),
                    allow_unchecked=allow_unchecked or (),
                    deployed=deployed,
                    select=listed(select),
                    ignore=listed(ignore),
                    fail_on=fail_on,
                    allow_open=allow_open,
                    config_retries=config_retries,
                    config_retry_delay=config_retry_delay,
                    poll=poll,
                    show=show,
                    tell=progress.tell,
                )
            except (api.CreateInterrupted, api.CreateError) as stopped:
                ended = stopped
    except KeyboardInterrupt:
        if ended is None:
            say("Interrupted. No calls were made.")
            raise typer.Exit(INTERRUPTED) from None
        # Only the line that moves was being taken away.
    if isinstance(ended, api.CreateInterrupted):
        _tell_begun("Interrupted", ended, shown, from_stdin=from_stdin)
        raise typer.Exit(INTERRUPTED)
    if isinstance(ended, api.CreateError):
        _tell_begun("Stopped by an error", ended, shown, from_stdin=from_stdin)
        raise ended.__cause__ or ended from None
    done = ended
    try:
        _say_all("Created by this run and still there; to delete it:", done.left)
        _say_all(_KEPT, done.kept)
        _say_all("May exist because of this run:", done.unclear)
        if done.outcome is api.CreateOutcome.DECLINED:
            say("Nothing was created.")
        else:
            shown.show(done.report, done.sources, last=True)
    except KeyboardInterrupt:
        _say_all("Interrupted before the report was printed. Results of this run's calls:", _of_calls(done.report))
        shown.show_late(done.report, done.sources)
        raise typer.Exit(INTERRUPTED) from None
    if verbose and done.stats is not None:
        say(asked_of_aws(done.stats))
    code = 0 if allow_open and done.outcome is api.CreateOutcome.UNREAD else _CODES[done.outcome.value]
    if code:
        raise typer.Exit(code)


def _confirmed(question: str) -> bool:
    from preflight.report.terminal import presentable

    print(f"{presentable(question)} [y/N] ", end="", file=sys.stderr)
    sys.stderr.flush()
    answer = sys.stdin.readline()
    return answer.strip().lower() in ("y", "yes")


def _tell_begun(how: str, stopped: CreateError | CreateInterrupted, shown: _Shown, *, from_stdin: bool) -> None:
    """Say what exists now and how to go on, and show the report. Another interruption says what is known without asking
    AWS, and one while that is said ends.
    """
    from preflight.cli.create_progress import say

    if stopped.began:
        _tell_calls(how, stopped, from_stdin=from_stdin)
    else:
        say(f"{how}. No call was made that changes anything.")
    with suppress(KeyboardInterrupt):
        if (report := stopped.report()) is not None and (stopped.began or not shown.for_people):
            shown.show(report, stopped.sources, last=True)


def _tell_calls(how: str, stopped: CreateError | CreateInterrupted, *, from_stdin: bool) -> None:
    from preflight.cli.create_progress import say

    try:
        say(f"{how}. Calls of this run:")
        lines = stopped.standing()
    except KeyboardInterrupt:
        lines = stopped.remembered()
    for line in lines:
        say(f"  {line}")
    say("To continue (existing resources are not created again):")
    say(f"  {continuing(sys.argv)}" + (" < the same input" if from_stdin else ""))
    _say_all("To delete what exists of it:", stopped.undo())
    _say_all(_KEPT, stopped.kept())
    _say_all("May exist because of this run:", stopped.unclear())


def _say_all(heading: str, lines: Sequence[str]) -> None:
    from preflight.cli.create_progress import say

    if lines:
        say("\n".join([heading, *(f"  {line}" for line in lines)]))


def _of_calls(report: Report) -> list[str]:
    return [each.message for each in report.results if each.rule in ("PRE901", "PRE902")]


def continuing(argv: Sequence[str]) -> str:
    """Return the command that goes on where this one stopped: the same one."""
    return shlex.join(["preflight", *argv[1:]])


class _Shown:
    """Shows reports: the last one in any format; one before the calls only as text, for people to read."""

    def __init__(self, name: str, output: str | None, color: Color, *, quiet: bool, verbose: bool) -> None:
        self._name, self._output, self._color = name, output, color
        self._quiet, self._verbose = quiet, verbose
        self._seen: set[Result] = set()
        self._lost = self._printing = False

    @property
    def for_people(self) -> bool:
        """Whether what is shown is read as it comes, by the one who runs the command."""
        return self._name == "text" and self._output is None

    def show(self, report: Report, sources: Mapping[str, str], *, last: bool) -> None:
        output, results = self._output, report.results
        if self.for_people:
            # Who has just read what the checks say reads on with what came of the calls.
            report = replace(report, results=tuple(each for each in results if each not in self._seen))
        elif not last:
            return
        view = viewed(output, self._color, quiet=self._quiet, verbose=self._verbose, sources=sources)
        text = rendered(report, self._name, view)
        if output is None or not _written(output, text):
            self._printing = last
            self._lost |= not printed(text)
            self._seen = set(results)
        if self._lost and last:
            _say_all("The report could not be printed. Results of this run's calls:", _of_calls(report))

    def show_late(self, report: Report, sources: Mapping[str, str]) -> None:
        """Show the last report after an interruption of that, unless a part of it is on stdout already."""
        if not self._printing:
            with suppress(KeyboardInterrupt):
                self.show(report, sources, last=True)


def _written(output: str, text: str) -> bool:
    """Write the report. What was done at AWS must be told all the same where that fails, with the code it has."""
    from preflight.cli.create_progress import say

    try:
        deliver(text, output)
    except UsageError as error:
        say(f"{error}; the report follows")
        return False
    return True
