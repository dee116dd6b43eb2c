"""Actions that are on several resources at once: RunInstances needs an instance, an image, a subnet, a security group
and a network interface. Who may do it on one of them alone can't do it.

AWS's reference marks what is required, and so are alternatives of one parameter (the kinds of a listener):
`rules/audit-data/required-together.json` says for which actions it means all of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import combinations

from preflight.audit.access.decider import NOTHING, Access
from preflight.audit.access.holders import Holder
from preflight.catalog import action as catalog_action
from preflight.catalog import resource_type
from preflight.catalog.arns import ArnForm, arn_form
from preflight.data_files import declared_json
from preflight.declared.expressions import arn_part
from preflight.iam.decision import StatementRef
from preflight.iam.pattern import matches_action, overlaps
from preflight.iam.request import PolicyType

_MOST_PAIRS = 10_000
_NAME = re.compile(r"[^/$]+/(\$\{\w+\})(?:/|$)")
_VARIABLE = re.compile(r"\$\{[^}]*\}")
_WILD = re.compile(r"[*?]")


def with_the_rest(
    action: str,
    resource: str,
    access: Access,
    ask: Callable[[str, str], Access],
    named: Callable[[], Sequence[str] | None],
) -> Access:
    """Return what a principal may do on a resource, as far as it may also do it on the others that an action needs.

    `ask` says what it may on resources of a type, by its name and the region; `named` gives the patterns of all that
    the principal's own policies allow the action on, None where they are not all known.
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
    return NOTHING if found.possible and _apart(action, resource, found.by, named) else found


def allowed_patterns(holder: Holder, action: str) -> list[str] | None:
    """Return what a principal's policies name in allowing an action; None where they don't name all of it."""
    found: list[str] = []
    if holder.policies.unknown:
        return None
    for policy in holder.policies.identity:
        for statement in policy.about(action.lower()):
            if statement.allows:
                if statement.resources is None or statement.resources.negated:
                    return None
                found += statement.resources.texts
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


def _apart(action: str, resource: str, by: Sequence[StatementRef], named: Callable[[], Sequence[str] | None]) -> bool:
    """Say whether what is allowed of two types never goes together: a table of one database, and another database.

    Both have the name that comes first in the ARNs of the two types. It is said only where it is shown: each pattern is
    taken for all that its beginning leaves open, and all that allows is of the principal's own policies.
    """
    pairs = _of_one_name(action)
    if not pairs or any(each.policy_type is not PolicyType.IDENTITY for each in by):
        return False
    patterns = named() if by else None
    if patterns is None:
        return False
    is_open = set("*?") & set(resource)
    for pair in pairs:
        one, two = (
            _beginnings(patterns if is_open or not _is_of(resource, form) else [resource], form) for form in pair
        )
        if 0 < len(one) * len(two) <= _MOST_PAIRS and not any(overlaps(each, other) for each in one for other in two):
            return True
    return False


@lru_cache(maxsize=4096)
def _of_one_name(action: str) -> Sequence[tuple[ArnForm, ArnForm]]:
    """Return the pairs of an action's required types whose ARNs begin with the name of one thing."""
    forms = [form for _, form in _required(action) if _first_name(form) is not None]
    return [pair for pair in combinations(forms, 2) if _first_name(pair[0]) == _first_name(pair[1])]


def _beginnings(patterns: Iterable[str], form: ArnForm) -> set[str]:
    return {found for each in patterns if (found := _beginning(each, form)) is not None}


def _first_name(form: ArnForm) -> str | None:
    """Return what stands first in the names of a type, where its whole segment is that: `${DatabaseName}`."""
    found = _NAME.match(form.written.split(":", 5)[5])
    return None if found is None else found[1]


def _beginning(pattern: str, form: ArnForm) -> str | None:
    """Return the first name in what a pattern means of a type, as a pattern that leaves no such name out; None where it
    means none of the type.
    """
    text = arn_part(_VARIABLE.sub("*", pattern), "resource")
    if text is None:
        return "*"
    if not overlaps(text, form.resource):
        return None
    if not text.startswith(form.head):
        return "*"
    name = text[len(form.head) :].partition("/")[0]
    known = _WILD.split(name, maxsplit=1)[0]
    return name if known == name else f"{known}*"


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
