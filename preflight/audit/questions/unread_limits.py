"""What an answer says of an organization's policies that the facts don't have.

They can only take away: who is not listed may not, whatever they say, and who is listed may be denied by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from preflight.account.facts import Unknown
from preflight.account.principals import policy_levels
from preflight.audit.questions.answers import AnswerLine
from preflight.audit.scene import Scene
from preflight.iam.service_rules import rcp_services

_NAMES = {"SERVICE_CONTROL_POLICY": "SCPs", "RESOURCE_CONTROL_POLICY": "RCPs"}


def unread_limits(scene: Scene, answers: Iterable[AnswerLine]) -> Iterator[str]:
    """Give, in words, which of an organization's policies are not known and may deny what the answers list; none where
    the account is in no organization, or manages one.
    """
    lines = list(answers)
    kinds = []
    holders = (scene.holders.by_arn.get(each.principal) for each in lines)
    if any(each is not None and not each.is_service_linked for each in holders):
        kinds.append("SERVICE_CONTROL_POLICY")
    if any(each.action.partition(":")[0] in rcp_services() for each in lines):
        kinds.append("RESOURCE_CONTROL_POLICY")
    facts = {kind: scene.account.read(policy_levels(scene.account_id, kind)) for kind in kinds}
    unread = {kind: fact for kind, fact in facts.items() if isinstance(fact, Unknown)}
    if unread:
        names = " and ".join(_NAMES[kind] for kind in unread)
        fact = next(iter(unread.values()))
        more = f"; {fact.resolution}" if fact.resolution else ""
        yield f"{names} were not read, and may deny what is listed: {fact.reason}{more}"
