"""Grants that are broader than they look: everything, a whole service, all but some, every resource.

Policies that make their holder an administrator are found once, as such; nothing else is said of how broad they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

from preflight import catalog
from preflight.catalog import source
from preflight.catalog.arns import ArnForm, action_forms
from preflight.engine.result import Level
from preflight.iam.pattern import covers
from preflight.lint.analysis.action_names import matched
from preflight.lint.analysis.unlisted_names import unlisted_service
from preflight.lint.policy.finding import Finding, _named
from preflight.lint.policy.restrictions import about_caller, restricting, under
from preflight.lint.policy.statements import Entry, StatementView
from preflight.lint.policy.subject import Subject

_PARTS = 6
_ALL = frozenset({"*", "*:*"})
_TOLD_ELSEWHERE = frozenset({"iam:passrole", "iam:createservicelinkedrole", "sts:assumerole"})


def administrator(subject: Subject) -> Iterator[Finding]:
    """Find the statement that allows every action on every resource."""
    found = subject.grants.administrator
    if found is not None:
        message = (
            f"{found.view.cited} allows every action on every resource: "
            "any principal with this policy is an administrator"
        )
        yield Finding(found.entry.pointer, message)
    elif any(view.allows and _broadest(view) for view in subject.statements):
        yield from _administrator_anyway(subject)


def _administrator_anyway(subject: Subject) -> Iterator[Finding]:
    """Find what amounts to every action on every resource, and where only conditions keep a statement from it."""
    from preflight.lint.analysis.proved_grants import administrator_statement

    index = subject.once(administrator_statement)
    for view in subject.statements:
        if not view.allows or not _broadest(view):
            continue
        whole = view.actions_where(_ALL.__contains__)
        place = whole[0].pointer if whole else f"{view.pointer}/NotAction"
        keys = ", ".join(dict.fromkeys(each.key for each in view.conditions))
        if view.index == index:
            under = f", under conditions that anyone with this policy can meet ({keys})" if keys else ""
            message = (
                f"{view.cited} allows every action on every resource{under}: "
                "any principal with this policy is an administrator"
            )
            yield Finding(place, message)
        elif keys and index is None and view.actions and not subject.grants.denies:
            message = f"{view.cited} allows every action on every resource under a condition on {keys}"
            remedy = (
                "allow only the actions and resources you need; a condition limits when they can be used, not which"
            )
            yield Finding(place, message, remedy, level=Level.NOTE)


def _broadest(view: StatementView) -> bool:
    """Whether a statement is about every action, or all but some, on every resource."""
    if not _everything(view) and "NotResource" not in view.raw:
        return False
    return bool(view.not_actions) or not _ALL.isdisjoint(view.action_texts)


def all_but_some_actions(subject: Subject) -> Iterator[Finding]:
    """Find Allow with NotAction."""
    if "NotAction" not in subject.elements:
        return
    for view in subject.statements:
        if view.not_actions and view.allows and not _guarded(view) and not _lists_all(view.not_actions):
            spared = _named([entry.text for entry in view.not_actions])
            limits = restricting(view)
            yield Finding(
                f"{view.pointer}/NotAction",
                f"{view.cited} allows every action but {spared}, including actions that AWS adds later{under(limits)}",
                "list the actions you need in Action; to deny these actions, use a separate Deny statement",
                level=Level.NOTE if limits else None,
            )


def all_but_some_resources(subject: Subject) -> Iterator[Finding]:
    """Find Allow with NotResource."""
    if "NotResource" not in subject.elements:
        return
    for view in subject.statements:
        if view.not_resources and view.allows and not _lists_all(view.not_resources):
            spared = _named([entry.text for entry in view.not_resources])
            limits = restricting(view)
            yield Finding(
                f"{view.pointer}/NotResource",
                f"{view.cited} allows its actions on every resource but {spared}, including resources created later"
                f"{under(limits)}",
                "list the resources you mean in Resource",
                level=Level.NOTE if limits else None,
            )


def whole_service(subject: Subject) -> Iterator[Finding]:
    """Find all actions of a service allowed on all resources."""
    for view, condition in subject.once(_broadly):
        whole = view.actions_where(_whole) if ":*" in view.action_lines and _everything(view) else ()
        if whole and subject.grants.administrator is None:
            yield Finding(
                whole[0].pointer,
                f"{view.cited} allows every action of {_named([each.text[:-2] for each in whole])} on every resource"
                f"{condition}",
                f"replace `{whole[0].text}` with the actions you need, or name the resources",
                about=tuple(sorted(each.text.lower() for each in whole)),
            )


def writes_everywhere(subject: Subject) -> Iterator[Finding]:
    """Find actions that change something and could be limited to resources, allowed on all of them."""
    for view, condition in subject.once(_broadly):
        if subject.grants.administrator is not None:
            return
        whole = _everything(view)
        texts = () if whole else tuple([text for text in view.resource_texts if _of_any_account(text)])
        if not (texts or whole) or not any(map(_limitable_names, view.action_texts)):
            continue
        found = view.actions_where(partial(_limitable, whole=texts))
        if not found:
            continue
        yield Finding(
            found[0].pointer,
            f"{view.cited} allows {_named([each.text for each in found])} on every resource, "
            f"although AWS can limit them to specific resources{condition}",
            f"name the resources of {found[0].text} in Resource instead of {texts[0] if texts else '*'}",
            about=tuple(sorted(each.text.lower() for each in found)),
        )


def effectively_everything(subject: Subject) -> Iterator[Finding]:
    """Find a resource that is every resource, or every one of its service, though it is not written `*`."""
    for view in subject.statements:
        if not view.allows or not any(map(_effectively, view.resource_texts)):
            continue
        for entry in view.resources:
            meant = _effectively(entry.text)
            if meant:
                yield Finding(entry.pointer, f"`{entry.text}` is {meant}", "name the resources you mean")


def _lists_all(entries: Sequence[Entry]) -> bool:
    """Whether everything is left out: nothing is allowed then."""
    return any(entry.text in _ALL for entry in entries)


def _broadly(subject: Subject) -> list[tuple[StatementView, str]]:
    """Return the statements that allow something without a condition on what is asked for, with how a message names
    their conditions on the caller.
    """
    found = []
    for view in subject.statements:
        limits = restricting(view) if view.allows else ()
        if view.allows and all(map(about_caller, limits)):
            found.append((view, under(limits)))
    return found


def _whole(text: str) -> bool:
    """Whether an entry is every action of a service that AWS has."""
    service = text.lower().removesuffix(":*")
    return text.endswith(":*") and "*" not in service and "?" not in service and _exists(service)


def _exists(service: str) -> bool:
    if catalog.service_exists(service):
        return True
    known = unlisted_service(service)
    return known is not None and known.state != "retired"


def _everything(view: StatementView) -> bool:
    written = view.raw.get("Resource")
    return written == "*" or (isinstance(written, list) and "*" in written)


def _guarded(view: StatementView) -> bool:
    """Whether a statement is about named resources only."""
    return bool(view.resources) and not any(
        entry.text in ("*",) or _effectively(entry.text) for entry in view.resources
    )


@lru_cache(maxsize=65_536)
def _effectively(text: str) -> str:
    if not text.startswith("arn:") or not text.endswith("*"):
        return ""
    parts = text.split(":", 5)
    if any(part.strip("*") for part in parts[5:]) or any(part and part.strip("*") for part in parts[3:5]):
        return ""
    service = parts[2] if len(parts) > 2 else "*"
    if not service.strip("*"):
        return "every resource of every service"
    if service == "s3":
        return "every bucket and every object"
    return f"every resource of {service}" if "*" not in service and len(parts) == 6 else ""


def _of_any_account(text: str) -> bool:
    """Whether a resource is an ARN of no account in particular."""
    parts = text.split(":", _PARTS - 1)
    return parts[0] == "arn" and len(parts) == _PARTS and text.endswith("*") and not parts[4].strip("*")


def _limitable(text: str, whole: tuple[str, ...]) -> bool:
    """Whether an entry stands for an action that changes something and that AWS can limit to resources, where `whole`
    are the resources that it is allowed on, none for every one: they are all of a type that it is about.

    All actions of a service are for `whole_service` to find.
    """
    names = _limitable_names(text)
    return _any_on_all(text, whole) if names and whole else bool(names) and bool(text.partition(":")[2].strip("*"))


@lru_cache(maxsize=65_536)
def _limitable_names(text: str) -> frozenset[str]:
    """Return the actions of an entry that change something and that AWS can limit to resources."""
    service, _, name = text.lower().partition(":")
    limitable = _changing(service)
    if name in limitable:
        return frozenset((name,))
    return limitable.intersection(matched(text) or ()) if limitable and ("*" in name or "?" in name) else frozenset()


@lru_cache(maxsize=65_536)
def _any_on_all(text: str, whole: tuple[str, ...]) -> bool:
    service = text.partition(":")[0].lower()
    return any(_on_all(service, each, whole) for each in _limitable_names(text))


def _on_all(service: str, name: str, whole: tuple[str, ...]) -> bool:
    """Whether some resource pattern is about every resource of a type that an action is about."""
    named = _by_service(whole)
    return any(
        _is_all(text, form) for form in action_forms(service, name) or () for text in named.get(form.service, ())
    )


@lru_cache(maxsize=1024)
def _by_service(whole: tuple[str, ...]) -> Mapping[str, list[str]]:
    """Return resource patterns by the service that they name."""
    found: dict[str, list[str]] = {}
    for text in whole:
        found.setdefault(text.split(":", _PARTS - 1)[2], []).append(text)
    return found


@lru_cache(maxsize=1024)
def _changing(service: str) -> frozenset[str]:
    """Return the actions of a service, in lower case, that change something and that AWS can limit to resources."""
    known = source.of_service("actions", service)
    return frozenset(
        name for name, each in known.items() if _changes(each) and f"{service}:{name}" not in _TOLD_ELSEWHERE
    )


@lru_cache(maxsize=65_536)
def _is_all(text: str, form: ArnForm) -> bool:
    """Whether a pattern is about every resource of a type, in any account."""
    parts = text.split(":", 5)
    return len(parts) == _PARTS and parts[2] == form.service and covers(parts[5], form.resource)


def _changes(action: Mapping[str, Any]) -> bool:
    """Whether an action changes something that AWS can limit to resources, be their types alternatives."""
    level = action["accessLevel"]
    return ("Write" in level or "Permissions management" in level) and bool(action["resourceTypes"])
