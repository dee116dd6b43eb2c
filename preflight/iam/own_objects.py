"""Objects and names that are AWS's own: nobody else can change or take them, whatever policies allow.

They are declared in `rules/authorization/objects-of-aws.json`, each with its page.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from preflight.data_files import declared_json
from preflight.iam.principals import Caller

_DELETES_A_SERVICE_LINKED_ROLE = "iam:deleteservicelinkedrole"


@dataclass(frozen=True, slots=True)
class OwnObjects:
    """Objects of AWS: by what comes before their names in an ARN, and how the names begin, in any case.

    `actions`, in lower case, change or create them. `by_its_service`: the service that is named next may do so.
    """

    actions: frozenset[str]
    place: str
    begins: tuple[str, ...]
    why: str
    by_its_service: bool

    @property
    def patterns(self) -> tuple[str, ...]:
        """Patterns of their ARNs."""
        return tuple(f"arn:*{self.place}{start}*" for start in self.begins)


@cache
def own_objects() -> tuple[OwnObjects, ...]:
    """Return the objects that are AWS's own."""
    return tuple(
        OwnObjects(
            frozenset(name.lower() for name in each["actions"]),
            each["place"],
            tuple(each.get("begins", [""])),
            each["why"],
            each.get("by_its_service", False),
        )
        for each in declared_json("authorization/objects-of-aws")
    )


@cache
def _by_action() -> dict[str, tuple[OwnObjects, ...]]:
    actions = sorted({action for each in own_objects() for action in each.actions})
    return {action: tuple(each for each in own_objects() if action in each.actions) for action in actions}


def may_be_of_aws(action: str) -> bool:
    """Whether it matters, for an action in lower case, if its object is AWS's own."""
    return action in _by_action() or action == _DELETES_A_SERVICE_LINKED_ROLE


def of_aws(action: str, resource: str, caller: str) -> str:
    """Say why nobody can make a change to an object that is AWS's own, whatever policies allow; empty if it is not.

    `action` is in lower case; `caller` is the principal as text. AWS changes its roles itself: the service that a
    service-linked role belongs to, and IAM Identity Center the roles under `aws-reserved`.
    """
    for each in _by_action().get(action, ()):
        _, found, name = resource.partition(each.place)
        if found and name.lower().startswith(each.begins):
            service = name.partition("/")[0]
            own = each.by_its_service and (caller == service or f":role/aws-service-role/{service}/" in caller)
            return "" if own else f"{each.why}: {resource}"
    return ""


def unsettled(action: str, resource: str, who: Caller) -> str:
    """Say what AWS's pages leave open of a change to an object of AWS's; empty if nothing.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
    """
    _, found, rest = resource.partition(":role/aws-service-role/")
    if action != _DELETES_A_SERVICE_LINKED_ROLE or not found or not who.service_linked:
        return ""
    own = f":role/aws-service-role/{rest.partition('/')[0]}/" in who.text
    return "" if own else f"AWS does not say that another service's role can delete {resource}"
