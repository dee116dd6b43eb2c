"""PRE103: is every resource of the plan, and every call, accounted for?"""

from __future__ import annotations

from collections.abc import Iterator

from preflight.engine.result import Kind, Location, Result
from preflight.engine.rule import Rule
from preflight.readiness.derived.accounts import ResourceStep

_SAYS = {
    "full": "is checked in full",
    "permissions": "is checked for the permissions that it needs",
    "other": "makes no AWS calls",
}


def accounted_for(each: ResourceStep, rule: Rule) -> Iterator[Result]:
    """Say of a resource how far it is checked; one of which nothing is known leaves the verdict open."""
    resource = each.resource
    where = Location(resource.document.path, resource.pointer)
    if each.accepted:
        message = f"{resource.name} isn't checked, which was accepted for {resource.type}: {each.why}"
        yield rule.result(Kind.NOT_APPLICABLE, message, subject=resource.name, location=where)
        return
    if each.level == "not_checked":
        yield rule.result(
            Kind.OPEN,
            f"{resource.name} isn't checked: {each.why}",
            subject=resource.name,
            location=where,
            remedy=f"Review it yourself, and accept it with --allow-unchecked '{resource.type}'.",
        )
        return
    kind = Kind.NOT_APPLICABLE if each.level == "other" else Kind.PASS
    message = f"{resource.name} ({resource.type}) {_SAYS[each.level]}"
    yield rule.result(kind, message, subject=resource.name, location=where)
