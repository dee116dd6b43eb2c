"""Conditions on keys that the request for an action never carries, judged by what they then do.

AWS lists the keys of each action, of its resource types, and of its service. A key that is listed for no action at all
may come with any; so may the global keys, but for those of tags, which some services do not have.
Sources: https://docs.aws.amazon.com/service-authorization/latest/reference/, by way of the catalog, and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import NamedTuple

from preflight import catalog
from preflight.catalog import source
from preflight.lint.analysis import stored_by_s3
from preflight.lint.analysis.action_names import matched
from preflight.lint.analysis.condition_index import Tested, asks_for, lenient, without_key
from preflight.lint.policy.finding import Finding
from preflight.lint.policy.statements import ConditionEntry, Entry, StatementView
from preflight.lint.policy.subject import Subject

_SHOWN = 3
_BLANK = re.compile(r"\$\{[^}]*\}|<[^>]*>")
_RESOURCE_TAG = "aws:resourcetag/"
_ROLES = ("deleteservicelinkedrole", "getservicelinkedroledeletionstatus", "updateroledescription", "updaterole")
_CARRIED = {"iam:awsservicename": frozenset(_ROLES)}
"""Actions, without their service, that carry a key though AWS's reference does not list it for them. Source:
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html#service-linked-role-permissions
"""
_ELSEWHERE = frozenset({"aws-marketplace:productid"})
"""Keys that AWS's reference does not list for all actions that carry them. Source:
https://docs.aws.amazon.com/marketplace/latest/buyerguide/buyer-iam-users-groups-policies.html
"""


class _Uncarried(NamedTuple):
    """A condition, the entries of Action whose requests never carry its key, and whether that is all of them."""

    statement: StatementView
    condition: ConditionEntry
    entries: tuple[Entry, ...]
    all: bool


def key_for_action(subject: Subject) -> Iterator[Finding]:
    """Find conditions on keys that some actions of the statement carry and others do not."""
    for each in subject.once(_uncarried):
        if not each.all:
            yield _finding(each, "move to a statement without this key")


def action_for_key(subject: Subject) -> Iterator[Finding]:
    """Find conditions on keys that no action of the statement carries. S3 refuses to store them."""
    refused = stored_by_s3.level(subject)
    for each in subject.once(_uncarried):
        if each.all:
            carrying = _carrying(each.condition.key)
            found = _finding(
                each,
                f"add an action that supports it, such as {carrying}, or remove the condition"
                if carrying
                else "remove the condition, or use a key that AWS lists for the action",
            )
            if refused is not None:
                said = " (S3: Conditions do not apply to combination of actions and resources in statement)"
                found = replace(found, message=found.message + said, level=refused)
            yield found


def _finding(each: _Uncarried, remedy: str) -> Finding:
    statement, condition = each.statement, each.condition
    names = ", ".join(entry.text for entry in each.entries[:_SHOWN])
    more = len(each.entries) - _SHOWN
    listed = names + (f" and {more} more" if more > 0 else "")
    effect = "denied" if statement.denies else "allowed"
    what = (
        f"{statement.cited} allows them regardless of its value"
        if statement.allows
        else f"{statement.cited} always denies them"
        if len(statement.conditions) == 1
        else f"{statement.cited} denies them regardless of its value"
    )
    result = what if without_key(condition) else f"they are never {effect} by {statement.cited}"
    return Finding(
        condition.pointer,
        f"requests for {listed} don't carry {condition.key}: {result}",
        remedy,
        on_name=True,
    )


def _uncarried(subject: Subject) -> tuple[_Uncarried, ...]:
    found = []
    for statement in subject.statements:
        if not statement.raw.get("Condition") or not statement.action_texts:
            continue
        for condition in statement.conditions:
            key = condition.key
            if ":" not in key or key[:4].lower() == "aws:" or not _listed(key.lower()) or lenient(condition):
                continue
            if asks_for(statement, condition.lower_key):
                continue
            entries = statement.actions_where(partial(_lacks, key))
            every = len(entries) == len(statement.action_texts)
            if not every:  # a pattern among actions that carry the key is no sign that something else was meant
                entries = [entry for entry in entries if "*" not in entry.text and "?" not in entry.text]
            if entries:
                found.append(_Uncarried(statement, condition, tuple(entries), every))
    return tuple(found)


def _lacks(key: str, action: str) -> bool:
    return not carries(action, key)


@lru_cache(maxsize=32768)
def carries(action: str, key: str) -> bool:
    """Say whether a request for some action that a pattern matches may carry a key; true where nothing is known."""
    names = matched(action)
    if not names or not _listed(key.lower()):
        return True
    service = action.partition(":")[0].lower()
    form = _form_of(key.lower())
    return any(form in _keys_of(service, name) or name in _CARRIED.get(form, ()) for name in names)


@lru_cache(maxsize=4096)
def _listed(key: str) -> bool:
    """Whether AWS lists the key for an action of its own service, so that its absence elsewhere says something."""
    if key in _ELSEWHERE or catalog.global_condition_key_exists(key):
        return False
    return bool(_carrying(key))


@lru_cache(maxsize=4096)
def _carrying(key: str) -> str:
    """Return some action of the key's own service that carries it, or nothing."""
    service = key.partition(":")[0].lower()
    form = _form_of(key.lower())
    for name, each in source.of_service("actions", service).items():
        if form in _keys_of(service, name):
            return f"{service}:{each['name']}"
    return ""


@lru_cache(maxsize=4096)
def _form_of(key: str) -> str:
    """Return a key in the form in which lists of keys hold it: lower case, without what fills its blanks."""
    known = catalog.condition_key(key)
    return _BLANK.sub("", known.name.lower()) if known is not None else key


@lru_cache(maxsize=16384)
def _keys_of(service: str, action: str) -> frozenset[str]:
    """Return the keys of an action and of its resource types, in the form of `_form_of`."""
    found = source.of_service("actions", service).get(action)
    if found is None:
        return frozenset()
    types = source.of_service("resourceTypes", service)
    keys = list(found["conditionKeys"])
    for each in found["resourceTypes"]:
        keys.extend(each["conditionKeys"])
        keys.extend(types.get(each["name"].lower(), {}).get("conditionKeys", ()))
    return frozenset(map(_bare, keys))


@lru_cache(maxsize=65_536)
def _bare(key: str) -> str:
    return _BLANK.sub("", key.lower())


def tags_denied(subject: Subject) -> Iterator[Finding]:
    """Find denials by resource tag for services without resource tags: they deny nothing there."""
    return _tags(subject, denies=True, exactly="Action")


def tags_denied_broadly(subject: Subject) -> Iterator[Finding]:
    """Find denials by resource tag of everything but some actions."""
    return _tags(subject, denies=True, exactly="NotAction")


def tags_allowed(subject: Subject) -> Iterator[Finding]:
    """Find permissions by resource tag for services without resource tags: they allow nothing there."""
    return _tags(subject, denies=False, exactly="Action")


def tags_allowed_broadly(subject: Subject) -> Iterator[Finding]:
    """Find permissions by resource tag for everything but some actions."""
    return _tags(subject, denies=False, exactly="NotAction")


def _tagged(subject: Subject) -> Sequence[tuple[StatementView, ConditionEntry]]:
    """Return the conditions on tags of the resource that only hold where the request has them."""
    if not any(key.startswith(_RESOURCE_TAG) for key in subject.once(Tested).of_key):
        return ()
    return [
        (statement, condition)
        for statement in subject.statements
        for condition in statement.conditions
        if condition.lower_key.startswith(_RESOURCE_TAG) and not without_key(condition)
    ]


def _tags(subject: Subject, *, denies: bool, exactly: str) -> Iterator[Finding]:
    for statement, condition in subject.once(_tagged):
        if not (statement.denies if denies else statement.allows):
            continue
        if exactly == "NotAction" and statement.not_actions:
            done = "denies nothing" if denies else "allows nothing"
            yield Finding(
                condition.pointer,
                f"{statement.cited} {done} of services that don't support {condition.key}, and "
                "NotAction covers all services",
                "list the actions you mean in Action",
                on_name=True,
            )
        elif exactly == "Action":
            yield from _tagless(statement, condition, statement.actions)


def _tagless(statement: StatementView, condition: ConditionEntry, entries: Sequence[Entry]) -> Iterator[Finding]:
    services = [entry.text.partition(":")[0].lower() for entry in entries if ":" in entry.text]
    without = [each for each in dict.fromkeys(services) if not _has_resource_tags(each)]
    if without:
        yield Finding(
            condition.pointer,
            f"{', '.join(without)} resources don't support {condition.key}: "
            f"{statement.cited} doesn't apply to their actions, regardless of tags",
            "move these actions to a statement without the key",
            on_name=True,
        )


@lru_cache(maxsize=1024)
def _has_resource_tags(service: str) -> bool:
    """Whether AWS lists the key of a resource's tags for anything of a service; true for one that is not known."""
    if "*" in service or "?" in service or not catalog.service_exists(service):
        return True
    for subject in ("actions", "resourceTypes"):
        for each in source.of_service(subject, service).values():
            kinds = each.get("resourceTypes", ())
            if any(key.lower().startswith(_RESOURCE_TAG) for key in each.get("conditionKeys", ())) or any(
                key.lower().startswith(_RESOURCE_TAG) for kind in kinds for key in kind["conditionKeys"]
            ):
                return True
    return any(key.lower().startswith(_RESOURCE_TAG) for key in source.of_service("conditionKeys", service))
