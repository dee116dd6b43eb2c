"""Actions that are on several resources at once: RunInstances needs an instance, an image, a subnet, a security group
and a network interface. Who may do it on one of them alone can't do it.

AWS's reference marks what is required, and so are alternatives of one parameter (the kinds of a listener):
`rules/audit-data/required-together.json` says for which actions it means all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

from preflight.audit.access.decider import NOTHING, Access
from preflight.catalog import action as catalog_action
from preflight.catalog import resource_type
from preflight.catalog.arns import ArnForm, arn_form
from preflight.data_files import declared_json
from preflight.declared.expressions import arn_part
from preflight.iam.pattern import matches_action, overlaps


def with_the_rest(action: str, resource: str, access: Access, ask: Callable[[str, str], Access]) -> Access:
    """Return what a principal may do on a resource, as far as it may also do it on the others that an action needs.

    `ask` says what it may on resources of a type, by its name and the region.
    """
    found = access
    for type_ in _beside(action, resource) if access.possible else ():
        other = ask(type_, arn_part(resource, "region") or "")
        if not other.possible:
            return NOTHING
        found = replace(
            found,
            reach=min(found.reach, other.reach, key=lambda each: each.rank),
            by=tuple(dict.fromkeys((*found.by, *other.by))),
            depends_on=tuple(dict.fromkeys((*found.depends_on, *other.depends_on))),
        )
    return found


def form_of(service: str, type_: str) -> ArnForm | None:
    """Return the form of a type's ARNs; None where AWS's data does not have it."""
    found = resource_type(service, type_)
    return None if found is None else arn_form(found.name, found.arn)


def _beside(action: str, resource: str) -> Sequence[str]:
    """Return the required types of an action besides that of a resource."""
    required = _required(action)
    its = [name for name, form in required if _is_of(resource, form)]
    return [name for name, _ in required if name not in its]


@lru_cache(maxsize=4096)
def _required(action: str) -> Sequence[tuple[str, ArnForm]]:
    if not any(matches_action(each, action) for each in declared_json("audit-data/required-together")["actions"]):
        return ()
    service, _, name = action.partition(":")
    found = catalog_action(service, name)
    types = () if found is None else [each for each in found.resources if each.required]
    return [(each.name, form) for each in types if (form := form_of(service, each.name)) is not None]


def _is_of(resource: str, form: ArnForm) -> bool:
    return arn_part(resource, "service") == form.service and overlaps(
        form.resource, arn_part(resource, "resource") or ""
    )
