"""Which roles a principal's own policies let it assume, of those whose trust policies leave it to the account."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from preflight.audit.access.holders import Holder
from preflight.audit.access.trusts import principals_of, trust_of
from preflight.audit.scene import Scene

_ASSUME = "sts:assumerole"
_OPEN = re.compile(r"[*?$]")
# Of more roles than this, a principal that may assume all of them is told so once.
FEW = 100


def leaving_roles(scene: Scene) -> Mapping[str, Holder]:
    """Return by ARN, in order, the roles whose trust policy leaves it to the account whom to allow, or is not known.
    Whom a trust policy names is asked of that.
    """
    return scene.once(_leaving_roles)


def named_roles(scene: Scene, holder: Holder) -> Iterator[Holder]:
    """Give those of the roles that a principal's policies may mean: whose ARN begins as one of the resources does that
    they allow it on.
    """
    roles, arns = leaving_roles(scene), scene.once(_arns)
    found: dict[str, None] = {}
    for policy in holder.policies.identity:
        for statement in policy.about(_ASSUME):
            texts = () if statement.resources is None or not statement.allows else statement.resources.texts
            negated = statement.resources is not None and statement.resources.negated
            for head in ("",) if negated else (_OPEN.split(text, maxsplit=1)[0] for text in texts):
                for arn in arns[bisect_left(arns, head) :]:
                    if not arn.startswith(head):
                        break
                    found[arn] = None
    yield from (roles[arn] for arn in found)


def _arns(scene: Scene) -> Sequence[str]:
    return list(leaving_roles(scene))


def _leaving_roles(scene: Scene) -> Mapping[str, Holder]:
    own = (scene.account_id, f"arn:{scene.partition}:iam::{scene.account_id}:root")
    found = {}
    for arn, role in sorted(scene.holders.by_arn.items()):
        trust = trust_of(role) if role.kind == "role" else None
        if role.kind == "role" and (trust is None or any(value in own for _, value in principals_of(trust))):
            found[arn] = role
    return found
