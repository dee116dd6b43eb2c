"""`policy`: the least that a plan needs to be allowed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from preflight.api.check_settings import Vouched, check_settings
from preflight.api.facts import facts_of, require_one_source, require_one_stdin
from preflight.api.requests import Said, read, require_stacks
from preflight.errors import UsageError
from preflight.unresolved import DeployText

if TYPE_CHECKING:
    from preflight.account.facts import Account
    from preflight.documents.plans.plan import Plan
    from preflight.readiness.least_privilege import Attachment, Difference, Needed
    from preflight.readiness.settings import CheckSettings
    from preflight.report.policy import Offer, RoleOffer


@dataclass(frozen=True, slots=True)
class LeastPrivilege:
    """The policies that a plan needs, and with `diff` what a role lacks and has too much of."""

    offer: Offer
    difference: Difference | None = None

    @property
    def sufficient(self) -> bool:
        """Whether the policies fit their quotas, and the role of `diff` lacks nothing."""
        fits = all(each.fits for each in self.offer.policies)
        return fits and (self.difference is None or not (self.difference.lacking or self.difference.blocked))


def policy(
    *requests: str,
    audience: Literal["plan", "execution-role", "preflight"] = "plan",
    diff: str | None = None,
    attach: Literal["managed", "role", "user", "group"] = "managed",
    operation: str | None = None,
    parameters: Sequence[str] = (),
    principal: str | None = None,
    region: str | None = None,
    account: str | None = None,
    context: Mapping[str, str | list[str]] | None = None,
    snapshot: str | None = None,
    live: bool = False,
    profile: str | None = None,
    endpoint_url: str | None = None,
    session_policies: Sequence[str] = (),
    session_tags: Mapping[str, str] | None = None,
    source_identity: str | None = None,
    sts_active: Sequence[str] = (),
    allow_unchecked: Sequence[str] = (),
    deployed: str | None = None,
    stack_name: str | None = None,
    stack_tags: Mapping[str, str] | None = None,
    service_role: str | None = None,
) -> LeastPrivilege:
    """Work out the least-privilege policies for a plan's calls, for the execution roles that it uses, or for what
    preflight reads to check it (`audience`). Those of the roles come with the plan's, too (`offer.roles`).

    The plan alone suffices, with region and account; a snapshot or the live account adds what only the account knows.
    `diff` holds a role's policies against the plan. Raises `InputError` for a file that cannot be used and `UsageError`
    for arguments that do not go together.
    """
    vouched = Vouched(
        session_policies=session_policies,
        session_tags=session_tags,
        source_identity=source_identity,
        sts_active=sts_active,
        allow_unchecked=allow_unchecked,
        deployed=deployed,
        service_role=service_role,
    )
    require_one_stdin([*requests, snapshot, *vouched.files()])
    _require_fitting(audience, diff, principal)
    from preflight.documents.config import find_config

    settings, before = check_settings(vouched, find_config(requests).check)
    said = Said(
        operation=operation, parameters=parameters, principal=principal, region=region, account=account,
        context=context, deployed=before, stack_name=stack_name, stack_tags=stack_tags,
    )  # fmt: skip
    plan, _ = read(requests, said)
    require_stacks(plan, service_role)
    with _facts(plan, snapshot, profile, endpoint_url, live=live, diff=diff) as facts:
        return _worked_out(plan, facts, audience, diff, attach, settings)


def _require_fitting(audience: str, diff: str | None, principal: str | None) -> None:
    if diff is None:
        return
    if not diff.strip():
        raise UsageError("--diff needs a role; give its name or ARN")
    if audience != "plan":
        raise UsageError(f"--diff can't be combined with --for {audience}")
    if principal is not None:
        raise UsageError("--diff can't be combined with --principal: it names the role itself")


@contextmanager
def _facts(
    plan: Plan, snapshot: str | None, profile: str | None, endpoint_url: str | None, *, live: bool, diff: str | None
) -> Iterator[Account]:
    if snapshot is not None and live:
        raise UsageError("--snapshot can't be combined with --live")
    require_one_source(snapshot, profile, endpoint_url)
    if snapshot is not None or live or profile is not None or endpoint_url is not None:
        with facts_of(plan.region, snapshot, profile, endpoint_url) as facts:
            yield facts
        return
    if diff is not None:
        raise UsageError("--diff needs the policies that the role has; give --snapshot FILE or --live")
    from preflight.readiness.least_privilege import NoFacts

    yield NoFacts(plan)


def _worked_out(
    plan: Plan, facts: Account, audience: str, diff: str | None, attach: str, settings: CheckSettings
) -> LeastPrivilege:
    from preflight.readiness.call_site import settled
    from preflight.readiness.least_privilege import (
        Attachment,
        NoFacts,
        difference,
        documents_of,
        needed_by,
        reads_of,
        statements_of,
    )
    from preflight.report.policy import Offer

    attachment = Attachment(attach)
    found, note = None, ""
    roles: tuple[RoleOffer, ...] = ()
    if diff is not None:
        found = difference(plan, facts, diff, settings.session)
        grants, doubts = [each.grant for each in found.lacking], list(found.doubts)
    elif audience == "preflight":
        grants, doubts = reads_of(plan, facts)
        if isinstance(facts, NoFacts):
            note = "resources that the plan doesn't name are given as patterns; --snapshot FILE or --live names them"
    else:
        needed = needed_by(plan, facts, settings.session, settings.service_role)
        grants, doubts = [each.grant for each in needed.needs], list(needed.doubts)
        roles = _of_roles(needed, attachment)
        note = _note_on(roles, audience)
        if audience == "plan" and not (grants or doubts or note):
            note = "the plan needs no permissions"
    place = settled(plan, facts)
    about = {"region": place.region, "account": place.account}
    principal = plan.principal if found is None else found.principal
    if principal is not None:
        about["principal"] = principal
    if audience == "execution-role":
        policies = tuple(each for role in roles for each in role.policies)
        doubts = [each for role in roles for each in role.doubts]
    else:
        policies = documents_of(statements_of(grants), attachment) if grants else ()
    return LeastPrivilege(Offer(audience, about, attachment, policies, doubts, note, roles), found)


def _of_roles(needed: Needed, attachment: Attachment) -> tuple[RoleOffer, ...]:
    from preflight.readiness.least_privilege import documents_of, needed_of_roles, statements_of
    from preflight.readiness.permissions.role_needs import trust_policy
    from preflight.report.policy import RoleOffer

    return tuple(
        RoleOffer(
            DeployText(each.role).shown,
            trust_policy(each.service),
            documents_of(statements_of(each.grants), attachment) if each.grants else (),
            each.doubts,
        )
        for each in needed_of_roles(needed.steps)
    )


def _note_on(roles: Sequence[RoleOffer], audience: str) -> str:
    """Say whose the policies are, or that those of the roles are not among them."""
    names = " and ".join(each.role for each in roles if each.policies or each.doubts)
    if audience == "plan":
        return f"{names} needs a policy, too: --for execution-role prints it" if names else ""
    if not roles:
        return "the plan uses no execution role"
    if len(roles) == 1:
        return f"this is for {names}"
    counted = ", ".join(f"{len(each.policies)} for {each.role}" for each in roles)
    return f"the policies are, in this order: {counted}"
