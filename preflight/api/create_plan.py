"""`create`: check a plan, and if nothing stands in its way, make its calls and follow them to their end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from preflight.api.check_settings import Vouched, check_settings
from preflight.api.create_run import Created, CreateError, CreateInterrupted, Run, Wish
from preflight.api.facts import live, require_one_stdin
from preflight.api.requests import Said, read
from preflight.engine.result import Level

if TYPE_CHECKING:
    from preflight.create.events import Event
    from preflight.engine.result import Report


def create(
    *requests: str,
    confirm: Callable[[str], bool] | None,
    operation: str | None = None,
    parameters: Sequence[str] = (),
    principal: str | None = None,
    region: str | None = None,
    account: str | None = None,
    context: Mapping[str, str | list[str]] | None = None,
    profile: str | None = None,
    endpoint_url: str | None = None,
    wait: bool = True,
    timeout: float | None = None,
    rollback: bool = False,
    session_policies: Sequence[str] = (),
    session_tags: Mapping[str, str] | None = None,
    source_identity: str | None = None,
    sts_active: Sequence[str] = (),
    allow_unchecked: Sequence[str] = (),
    deployed: str | None = None,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    fail_on: Level = Level.ERROR,
    allow_open: bool = False,
    config_retries: int = 5,
    config_retry_delay: float = 1.0,
    poll: float = 5.0,
    show: Callable[[Report, Mapping[str, str]], None] | None = None,
    tell: Callable[[Event], None] = lambda _: None,
) -> Created:
    """Check a plan (files, `-` for stdin), make its calls, and follow what they make until it is in service.

    `confirm` is asked once before anything is created, with the question to put; None creates without asking. What is
    there as the plan has it is not created again. With `rollback`, what this run created is deleted if it fails.
    `show` is given the report of the check before the calls with the texts of the documents by path, `tell` each event.
    `timeout` (seconds) is for all of it: the check, the calls and what follows them.

    Raises `CreateInterrupted` on Ctrl-C, `CreateError` for an error after AWS was asked for something, `InputError` for
    a file that cannot be used and `UsageError` for arguments or credentials that do not fit.
    """
    from preflight.create import Pace, Patience
    from preflight.documents.config import find_config

    vouched = Vouched(
        session_policies=session_policies,
        session_tags=session_tags,
        source_identity=source_identity,
        sts_active=sts_active,
        allow_unchecked=allow_unchecked,
        deployed=deployed,
    )
    require_one_stdin([*requests, *vouched.files()])
    settings, before = check_settings(vouched, find_config(requests).check)
    said = Said(
        operation=operation, parameters=parameters, principal=principal, region=region, account=account,
        context=context, deployed=before,
    )  # fmt: skip
    plan, sources = read(requests, said)
    run = Run(
        Wish(
            select=tuple(select),
            ignore=tuple(ignore),
            fail_on=fail_on,
            settings=settings,
            allow_open=allow_open,
            wait=wait,
            timeout=timeout,
            rollback=rollback,
            pace=Pace(poll, max(poll, 30.0)),
            patience=Patience(config_retries, config_retry_delay),
            confirm=confirm,
            show=None if show is None else lambda report: show(report, sources),
            tell=tell,
        ),
        plan,
    )
    try:
        with live(plan.region, profile, endpoint_url, config_retries, config_retry_delay, timeout) as facts:
            return replace(run.go(facts), sources=sources, stats=facts.stats())
    except KeyboardInterrupt:
        raise CreateInterrupted(run.creation, run, sources) from None
    except Exception as error:
        if run.creation is None or not any(entry.called for entry in run.creation.entries):
            raise
        raise CreateError(run.creation, run, sources) from error
