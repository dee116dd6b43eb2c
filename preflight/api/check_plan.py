"""`check`: is this plan going to work?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from preflight.api.check_settings import Vouched, check_settings, policy_bodies
from preflight.api.facts import facts_of, require_one_source, require_one_stdin
from preflight.api.requests import Said, read, require_stacks
from preflight.engine.result import Level, Report, Verdict

if TYPE_CHECKING:
    from preflight.account.live.account import Stats
    from preflight.account.overlays.policy_overrides import Overrides
    from preflight.engine.rule import Rule


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check gave. `sources` are the texts of the documents by their paths; `stats` says what was asked of AWS,
    None where the facts came from a snapshot. `unchanged` says that nothing was checked, since nothing has changed.
    """

    report: Report
    sources: Mapping[str, str] = field(default_factory=dict)
    stats: Stats | None = None
    unchanged: bool = False


def check(
    *requests: str,
    operation: str | None = None,
    parameters: Sequence[str] = (),
    principal: str | None = None,
    region: str | None = None,
    account: str | None = None,
    context: Mapping[str, str | list[str]] | None = None,
    snapshot: str | None = None,
    profile: str | None = None,
    endpoint_url: str | None = None,
    identity_policies: Sequence[str] = (),
    boundary: str | None = None,
    scps: Sequence[str] = (),
    session_policies: Sequence[str] = (),
    session_tags: Mapping[str, str] | None = None,
    source_identity: str | None = None,
    sts_active: Sequence[str] = (),
    allow_unchecked: Sequence[str] = (),
    deployed: str | None = None,
    stack_name: str | None = None,
    stack_tags: Mapping[str, str] | None = None,
    service_role: str | None = None,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    fail_on: Level = Level.ERROR,
    config_retries: int = 5,
    config_retry_delay: float = 1.0,
    timeout: float | None = None,
    changed_since: str | None = None,
    progress: Callable[[int, int, Rule], None] | None = None,
) -> Checked:
    """Check requests, plans and templates (files, `-` for stdin) against a snapshot, or against the live account.

    The arguments are the options of `preflight check`; policies are files. What AWS has not told after `timeout`
    seconds is unknown. `progress` is called with how many checks
    are done, how many there are, and the rule of the last one. Raises `InputError` for a file that cannot be used and
    `UsageError` for arguments that do not go together.
    """
    files: Sequence[str] = requests
    if changed_since is not None:
        from preflight.api.changed import changed_of

        files = changed_of(requests, changed_since, whole=True)
        if not files:
            return Checked(Report(Verdict.READY, ()), unchanged=True)
    vouched = Vouched(
        session_policies=session_policies,
        session_tags=session_tags,
        source_identity=source_identity,
        sts_active=sts_active,
        allow_unchecked=allow_unchecked,
        deployed=deployed,
        service_role=service_role,
    )
    require_one_stdin([*files, snapshot, boundary, *identity_policies, *scps, *vouched.files()])
    require_one_source(snapshot, profile, endpoint_url)
    from preflight.documents.config import find_config
    from preflight.engine.selection import select_rules
    from preflight.readiness.check import FAMILY
    from preflight.readiness.check import check as check_plan

    select_rules(FAMILY, select, ignore)
    settings, before = check_settings(vouched, find_config(files).check)
    said = Said(
        operation=operation, parameters=parameters, principal=principal, region=region, account=account,
        context=context, deployed=before, stack_name=stack_name, stack_tags=stack_tags,
    )  # fmt: skip
    plan, sources = read(files, said)
    require_stacks(plan, service_role)
    overrides = _overrides(identity_policies, boundary, scps)
    with facts_of(plan.region, snapshot, profile, endpoint_url, config_retries, config_retry_delay, timeout) as facts:
        report = check_plan(
            plan,
            facts,
            select=select,
            ignore=ignore,
            fail_on=fail_on,
            overrides=overrides,
            settings=settings,
            progress=progress,
        )
        stats = facts.stats() if facts.waits else None  # type: ignore[attr-defined]
    return Checked(report, sources, stats)


def _overrides(identity: Sequence[str], boundary: str | None, scps: Sequence[str]) -> Overrides | None:
    if not identity and boundary is None and not scps:
        return None
    from preflight.account.overlays.policy_overrides import Overrides

    return Overrides(
        identity=policy_bodies(identity, "identity") or None,
        boundary=None if boundary is None else policy_bodies([boundary], "permissions-boundary")[0],
        service_control=policy_bodies(scps, "service-control") or None,
    )
