"""ACC101 to ACC110: who has access, who can get more than was given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from preflight.audit.access.cited_statements import evidence
from preflight.audit.access.decider import Access, Reach
from preflight.audit.access.holders import Holder
from preflight.audit.access.hosting_actions import HostingAction
from preflight.audit.scene import Scene
from preflight.audit.ways.escalation import escalation
from preflight.audit.ways.steps import ADMINISTRATOR, Escalation, EscalationStep
from preflight.audit.ways.unknown_ways import OF_ANOTHER
from preflight.engine.result import Kind, Result
from preflight.engine.rule import Rule
from preflight.iam.decision import StatementRef
from preflight.iam.request import PolicyType
from preflight.iam.wildcard import arn_matcher, tokens

_GROUPS = {"ACC101": "create", "ACC102": "update", "ACC103": "delete", "ACC104": "invoke"}
_ENDPOINT = "endpoint"
_NAMED = 3
_PASS = "iam:PassRole"


def expected_access(scene: Scene, rule: Rule) -> Iterator[Result]:
    """Say who may do a group of actions on endpoints and should not, by the settings."""
    group = _GROUPS[rule.id]
    having = scene.once(_by_group)[group]
    expected = scene.settings.expected.get(group)
    if expected is None:
        yield rule.result(
            Kind.NOT_APPLICABLE,
            f"{_number(len(having), 'principal')} can {group} endpoints; the expected principals aren't configured",
            remedy=f'List them in the settings: [tool.preflight.audit.expected] {group} = ["arn:...:role/deploy-*"].',
        )
        return
    matchers = [arn_matcher(tokens(each)) for each in expected]
    unexpected = [each for each in having if not any(fits(each[0].arn) for fits in matchers)]
    for holder, grants in unexpected:
        sure = any(access.reach is not Reach.OPEN for _, _, access in grants)
        action, region, access = next((each for each in grants if each[2].reach is not Reach.OPEN), grants[0])
        on = f"every {action.type} of {region}" if access.reach is Reach.ALL else f"{access.example}"
        hangs = f", if {access.depends_on[0]}" if access.depends_on else ""
        yield rule.result(
            Kind.FAIL if sure else Kind.OPEN,
            f"{holder.kind} {holder.name} can {group} endpoints and is not expected to: {action.action} on {on}{hangs}",
            subject=holder.arn,
            evidence=evidence(access.by),
            remedy=f"Take {action.action} from {_from(access.by)}, or add {holder.arn} to the expected principals.",
        )
    if not unexpected:
        yield rule.result(Kind.PASS, f"all who can {group} endpoints ({len(having)}) are expected to")


def can_become_administrator(scene: Scene, rule: Rule) -> Iterator[Result]:
    """Say who can get every permission, by which steps, and of whom that is not known."""
    found = scene.once(escalation)
    for arn in found.steps:
        holder, path = scene.holders.by_arn[arn], found.path(arn)
        ends = "" if path[-1].target == ADMINISTRATOR else ", an administrator"
        depends_on = found.depends_on(arn)
        conditions = f" (depends on: {_listed(depends_on)})" if depends_on else ""
        first = path[0]
        yield rule.result(
            Kind.FAIL,
            f"{holder.kind} {holder.name} can become an administrator: {_steps(path)}{ends}{conditions}",
            subject=arn,
            evidence=evidence(ref for each in path for ref in each.by),
            remedy=_remedy(first.kind, _from(first.by)),
        )
    for arn, reason in found.undecided.items():
        holder = scene.holders.by_arn[arn]
        yield rule.result(
            Kind.OPEN,
            f"Can't determine whether {holder.kind} {holder.name} can become an administrator: {reason}",
            subject=arn,
            remedy="Find out what that principal can become."
            if reason.endswith(OF_ANOTHER)
            else "Take the snapshot with permission to read every policy (preflight policy --for preflight).",
        )
    if found.unseen:
        names = _listed(_named(scene, arn) for arn in found.unseen)
        among = found.unseen.values()
        actions = sorted({action for way in among for action in (*way.needs, *way.creates) if action != _PASS})
        kinds = sorted({way.existing.called for way in among if way.existing is not None})
        yield rule.result(
            Kind.OPEN,
            f"Can't determine whether {names} can become an administrator by what exists already ({_listed(actions)}): "
            f"the facts don't list all {_listed(kinds)}",
            remedy="Take the snapshot with --running, check which roles the rest runs with, or limit the actions to "
            "specific resources.",
        )
    if found.central:
        names = _listed(_named(scene, arn) for arn in found.central)
        actions = sorted({action for each in found.central.values() for action in each})
        yield rule.result(
            Kind.OPEN,
            f"Can't determine whether {names} can become an administrator by changing permission sets "
            f"({_listed(actions)}): the facts don't say whether this account manages IAM Identity Center",
            remedy="If it does, allow these actions only to its administrators. Otherwise they change nothing here.",
        )
    yield from _not_known(scene, rule, found)
    if not (
        found.steps or found.undecided or found.unseen or found.central or found.unknown_trust or scene.holders.unknown
    ):
        yield rule.result(
            Kind.PASS,
            f"Besides {_number(len(found.administrators), 'administrator')}{_administrators(scene)}, no role or user "
            f"can become one by a known way{_looked_at(scene)}",
        )


def _looked_at(scene: Scene) -> str:
    """Return where it was looked for what a principal could take over, if that decides: it may exist elsewhere."""
    by_region = scene.once(escalation).by_region
    return f"; what they could take over was looked for in {_listed(scene.regions)}" if by_region else ""


def _not_known(scene: Scene, rule: Rule, found: Escalation) -> Iterator[Result]:
    for unknown in scene.holders.unknown:
        yield rule.result(
            Kind.OPEN,
            f"Can't determine who can become an administrator: {unknown.reason}",
            remedy="Take the snapshot with permission to read every role and user (preflight policy --for preflight).",
        )
    if found.unknown_trust:
        names = _listed(_named(scene, arn) for arn in found.unknown_trust)
        yield rule.result(
            Kind.OPEN,
            f"Can't determine who can become an administrator by assuming {names}: the trust policy is not known",
            remedy="Take the snapshot with permission to read every policy (preflight policy --for preflight).",
        )


def _administrators(scene: Scene) -> str:
    found = scene.once(escalation)
    names = [
        _named(scene, arn) + (" (under conditions)" if arn in found.conditions else "")
        for arn in sorted(found.administrators)
    ]
    return f" ({_listed(names)})" if names else ""


def _named(scene: Scene, arn: str) -> str:
    holder = scene.holders.by_arn[arn]
    return f"{holder.kind} {holder.name}"


def _by_group(scene: Scene) -> dict[str, list[tuple[Holder, list[tuple[HostingAction, str, Access]]]]]:
    """Return, for each group of actions, who may do one of them on endpoints, with what they may do."""
    found: dict[str, list[tuple[Holder, list[tuple[HostingAction, str, Access]]]]] = {
        group: [] for group in _GROUPS.values()
    }
    for holder in scene.holders.by_arn.values():
        if holder.is_service_linked:
            continue
        grants: dict[str, list[tuple[HostingAction, str, Access]]] = {}
        for action, region, access in scene.may(holder):
            if action.type == _ENDPOINT and action.group in found:
                grants.setdefault(action.group, []).append((action, region, access))
        for group, each in grants.items():
            found[group].append((holder, each))
    return found


def _steps(path: Iterable[EscalationStep]) -> str:
    return "; then ".join(each.how for each in path)


def _remedy(kind: str, where: str) -> str:
    if kind == "existing-role":
        return f"Allow the action only on specific instances: {where}."
    if kind == "user-credentials":
        return f"Allow it only on the caller's own user (${{aws:username}}): {where}."
    if kind == "assume-role":
        return f"Limit the role's trust policy, or sts:AssumeRole in {where}."
    if kind == "passed-role":
        return f"Allow iam:PassRole only on specific roles: {where}."
    return f"Limit the action to specific resources, or require a permissions boundary: {where}."


def _from(refs: Iterable[StatementRef]) -> str:
    own = [each for each in refs if each.policy_type in (PolicyType.IDENTITY, PolicyType.RESOURCE)]
    cited = [f"{each.statement} of {each.policy}" for each in evidence(own)]
    return _listed(cited) or "its policies"


def _listed(given: Iterable[str]) -> str:
    found = list(given)
    more = len(found) - _NAMED
    return ", ".join(found[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
