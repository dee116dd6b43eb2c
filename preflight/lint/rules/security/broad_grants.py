"""Grants that are broader than they look: everything, a whole service, all but some, every resource.

Policies that make their holder an administrator are found once, as such; nothing else is said of how broad they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from preflight.catalog import source
from preflight.engine.result import Level
from preflight.lint.analysis.action_names import matched
from preflight.lint.policy.finding import Finding, _named
from preflight.lint.policy.statements import StatementView
from preflight.lint.policy.subject import Subject

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
        place = view.actions_where(_ALL.__contains__)[0].pointer if view.actions else f"{view.pointer}/NotAction"
        keys = ", ".join(dict.fromkeys(each.key for each in view.conditions))
        if view.index == index:
            under = f", under conditions that anyone who holds it can meet ({keys})" if keys else ""
            message = f"{view.cited} allows every action on every resource{under}: its holder is an administrator"
            yield Finding(place, message)
        elif keys and index is None and view.actions and not subject.grants.denies:
            message = f"{view.cited} allows every action on every resource under a condition on {keys}"
            remedy = "allow the actions and resources that are needed; a condition alone limits when, not what"
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
        if view.not_actions and view.allows and not _guarded(view):
            spared = _named([entry.text for entry in view.not_actions])
            yield Finding(
                f"{view.pointer}/NotAction",
                f"{view.cited} allows every action but {spared}, also those that AWS adds later",
                "list the actions that are meant in Action, or deny these actions in a statement of their own",
            )


def all_but_some_resources(subject: Subject) -> Iterator[Finding]:
    """Find Allow with NotResource."""
    if "NotResource" not in subject.elements:
        return
    for view in subject.statements:
        if view.not_resources and view.allows:
            spared = _named([entry.text for entry in view.not_resources])
            yield Finding(
                f"{view.pointer}/NotResource",
                f"{view.cited} allows its actions on every resource but {spared}, also on those that are created later",
                "list the resources that are meant in Resource",
            )


def whole_service(subject: Subject) -> Iterator[Finding]:
    """Find all actions of a service allowed on all resources."""
    for view in subject.once(_on_everything):
        whole = view.actions_where(_whole) if ":*" in view.action_lines else ()
        if whole and subject.grants.administrator is None:
            yield Finding(
                whole[0].pointer,
                f"{view.cited} allows every action of {_named([each.text[:-2] for each in whole])} on every resource",
                f"list the actions that are used instead of {whole[0].text}, or name the resources",
            )


def writes_everywhere(subject: Subject) -> Iterator[Finding]:
    """Find actions that change something and could be limited to resources, allowed on `*`."""
    for view in subject.once(_on_everything):
        limitable = any(map(_limitable, view.action_texts))
        found = view.actions_where(_limitable) if limitable else ()
        if found and subject.grants.administrator is None:
            yield Finding(
                found[0].pointer,
                f"{view.cited} allows {_named([each.text for each in found])} on every resource, "
                "which could be limited to the resources that are meant",
                f"name the resources of {found[0].text} in Resource instead of *",
            )


def effectively_everything(subject: Subject) -> Iterator[Finding]:
    """Find a resource that is every resource, or every one of its service, though it is not written `*`."""
    for view in subject.statements:
        if not view.allows or not any(map(_effectively, view.resource_texts)):
            continue
        for entry in view.resources:
            meant = _effectively(entry.text)
            if meant:
                yield Finding(entry.pointer, f"`{entry.text}` is {meant}", "name the resources that are meant")


def _on_everything(subject: Subject) -> list[StatementView]:
    """Return the statements that allow something on `*` without a condition."""
    return [view for view in subject.statements if view.allows and not view.raw.get("Condition") and _everything(view)]


def _whole(text: str) -> bool:
    return text.endswith(":*") and "*" not in text[:-2] and "?" not in text and len(text) > 2


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


@lru_cache(maxsize=65_536)
def _limitable(text: str) -> bool:
    """Whether an entry stands for an action that changes something and that AWS can limit to resources.

    All actions of a service are for `whole_service` to find.
    """
    service, _, name = text.lower().partition(":")
    known = _known(service)
    if known is None or not name.strip("*"):
        return False
    action = known.get(name)
    if action is not None:
        return f"{service}:{name}" not in _TOLD_ELSEWHERE and _changes(action)
    return ("*" in name or "?" in name) and any(
        _changes(known[each]) for each in matched(text) or () if f"{service}:{each}" not in _TOLD_ELSEWHERE
    )


@lru_cache(maxsize=65_536)
def _known(service: str) -> Mapping[str, Any] | None:
    return source.of_service("actions", service) if source.exists(service) else None


def _changes(action: Mapping[str, Any]) -> bool:
    level = action["accessLevel"]
    return ("Write" in level or "Permissions management" in level) and any(
        each.get("required") for each in action["resourceTypes"]
    )
