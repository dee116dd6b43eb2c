"""Rules that are declared with `match:`: what a statement grants, rather than how it is spelled.

`docs/custom-rules.md` describes the members; `schemas/rule.schema.json` holds them. A statement breaks the rule when
it meets all members that are given, and what it allows is not taken back by a Deny of the same policy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from preflight.engine.rule_index import declared_in
from preflight.errors import PreflightError
from preflight.iam.pattern import covers, matches, overlaps
from preflight.lint.policy.finding import Finding
from preflight.lint.policy.restrictions import restricting
from preflight.lint.policy.statements import Entry, PrincipalEntry, StatementView, service_of
from preflight.lint.policy.subject import Subject

_MEMBERS = frozenset(
    {
        "effect",
        "actions",
        "resources",
        "every-resource",
        "principals",
        "conditions",
        "without-conditions",
        "policy-allows",
        "message",
    }
)
_EVERYONE = "everyone"
# The key of a condition that isn't known at all: it may be any that a rule asks for.
_UNREAD = "aws:principaltag/unresolved"


class Match(NamedTuple):
    """What a statement that breaks the rule is like. Patterns are those of policies; an empty member says nothing.

    `actions` it is about some of; `resources` it is about some of; of `every_resource` it is about all; `principals`
    are patterns, or `everyone`. It has a condition on each key of `conditions`, and on none of `without_conditions` one
    that not every holder of the policy can meet.
    The policy as a whole allows all of `policy_allows` too.
    """

    effect: str = "Allow"
    actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    every_resource: tuple[str, ...] = ()
    principals: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    without_conditions: tuple[str, ...] = ()
    policy_allows: tuple[str, ...] = ()
    message: str = ""


def matcher(path: Path) -> Callable[[Subject], Iterator[Finding]]:
    """Return the check that a rule's file declares. Raises `PreflightError` where `match` is not as it should be."""
    match = read_match(declared_in(path).get("match"), str(path))
    services = frozenset(pattern.partition(":")[0].lower() for pattern in match.actions)
    patterns = [pattern.lower() for pattern in match.actions]
    if any(set("*?") & set(service) for service in services):
        services = frozenset()

    @lru_cache(maxsize=65_536)
    def meets(text: str) -> bool:
        if services and service_of(text) not in services and service_of(text) != "*":
            return False
        return any(_meet(text.lower(), pattern) for pattern in patterns)

    def check(subject: Subject) -> Iterator[Finding]:
        if not services or not services.isdisjoint(named := subject.once(_services)) or "*" in named:
            yield from _found(match, subject, meets, services)

    return check


def read_match(declared: Any, where: str) -> Match:
    """Read the member `match` of a rule; `where` names its file. Raises `PreflightError`, with the mend."""
    if not isinstance(declared, Mapping):
        raise PreflightError(f"{where}: /match: it isn't an object; give effect, actions, resources and so on")
    unknown = sorted(map(str, declared.keys() - _MEMBERS))
    if unknown:
        raise PreflightError(f"{where}: /match: unknown key {unknown[0]!r}; use {', '.join(sorted(_MEMBERS))}")
    effect, message = declared.get("effect", "Allow"), declared.get("message", "")
    if effect not in ("Allow", "Deny"):
        raise PreflightError(f"{where}: /match/effect: {effect!r} isn't a valid effect; write Allow or Deny")
    if not isinstance(message, str):
        raise PreflightError(f"{where}: /match/message: it isn't text; write a sentence")
    lists = {
        name.replace("-", "_"): _texts(declared.get(name, []), f"{where}: /match/{name}")
        for name in _MEMBERS - {"effect", "message"}
    }
    if not lists["actions"] and not lists["principals"] and not lists["resources"] and not lists["every_resource"]:
        raise PreflightError(f"{where}: /match: it matches every statement; give actions, resources or principals")
    return Match(effect=effect, message=message, **lists)


def _texts(value: Any, where: str) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    if not all(isinstance(each, str) and each for each in listed):
        raise PreflightError(f"{where}: it is neither text nor a list of texts; write [s3:GetObject]")
    return tuple(listed)


def _services(subject: Subject) -> frozenset[str]:
    """Return the services that a policy's actions are of; `*` among them where that cannot be told."""
    return subject.services if all(view.action_texts for view in subject.statements) else frozenset("*")


def _found(match: Match, subject: Subject, meets: Callable[[str], bool], services: frozenset[str]) -> Iterator[Finding]:
    if match.effect == "Allow" and match.actions and subject.grants.administrator is not None:
        # That principals with this policy can do anything is said once (IAM200).
        return
    for view in subject.statements:
        if view.raw.get("Effect") != match.effect:
            continue
        if services and services.isdisjoint(view.services) and "*" not in view.services and "NotAction" not in view.raw:
            continue
        actions = _about_actions(match, view, meets)
        if actions is None:
            continue
        resource = _about_resources(match, view)
        if resource is None or not _conditions_fit(match, view):
            continue
        principal = _about_principals(match, view)
        if principal is None or (match.effect == "Allow" and _taken_back(match, subject, resource.text)):
            continue
        if all(_allowed(subject, action) for action in match.policy_allows):
            place = actions if match.actions else resource if match.resources or match.every_resource else principal
            yield Finding(place.pointer, _message(match, view, actions.text, resource.text, principal.text))


def _message(match: Match, view: StatementView, action: str, resource: str, principal: str) -> str:
    if not match.message:
        verb = "allows" if match.effect == "Allow" else "denies"
        return f"{view.cited} {verb} {action} on {resource}"
    values = {"statement": view.cited, "action": action, "resource": resource, "principal": principal}
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], found[0]), match.message)


def _about_actions(match: Match, view: StatementView, meets: Callable[[str], bool]) -> Entry | None:
    if not match.actions:
        return (view.actions or view.not_actions or (Entry(view.pointer, "its actions"),))[0]
    # Most texts meet nothing, and where one stands is worked out for those that do.
    if any(map(meets, view.action_texts)):
        return next(entry for entry in view.actions if meets(entry.text))
    if view.not_actions and not all(
        any(_covers(entry.text.lower(), pattern.lower()) for entry in view.not_actions) for pattern in match.actions
    ):
        return Entry(f"{view.pointer}/NotAction", match.actions[0])
    return None


def _about_resources(match: Match, view: StatementView) -> Entry | None:
    if not match.resources and not match.every_resource:
        return (*view.resources, Entry(view.pointer, "its resource"))[0]
    if view.not_resources:
        spared = [entry.text for entry in view.not_resources]
        patterns = (*match.every_resource, *match.resources)
        touched = any(_meet(text, pattern) for text in spared for pattern in match.every_resource if pattern != "*")
        whole = all(any(_covers(text, pattern) for text in spared) for pattern in patterns)
        return None if touched or whole else Entry(f"{view.pointer}/NotResource", patterns[0])
    for entry in view.resources:
        if any(_meet(entry.text, pattern) for pattern in match.resources) or any(
            _covers(entry.text, pattern) for pattern in match.every_resource
        ):
            return entry
    return None


def _about_principals(match: Match, view: StatementView) -> Entry | None:
    if not match.principals:
        return Entry(view.pointer, "principals with this policy")
    for place in view.principals:
        if place.element == "Principal" and any(_is(place, wanted) for wanted in match.principals):
            return Entry(place.pointer, place.text)
    return None


def _is(place: PrincipalEntry, wanted: str) -> bool:
    if place.text == "*" and place.kind in ("*", "AWS"):
        return wanted in (_EVERYONE, "*")
    return wanted != _EVERYONE and matches(wanted, place.text)


def _conditions_fit(match: Match, view: StatementView) -> bool:
    if not match.conditions and not match.without_conditions:
        return True
    keys = [each.lower_key for each in view.conditions]
    limits = [each.lower_key for each in restricting(view)]
    if match.without_conditions and _UNREAD in keys:
        return False
    return all(any(matches(wanted.lower(), key) for key in keys) for wanted in match.conditions) and not any(
        matches(unwanted.lower(), key) for unwanted in match.without_conditions for key in limits
    )


def _taken_back(match: Match, subject: Subject, resource: str) -> bool:
    """Whether statements that deny without a condition take back all of the actions on the resource."""
    barring = [view for view in subject.statements if view.denies and not view.raw.get("Condition")]
    if not barring or not match.actions:
        return False
    return all(
        any(
            any(_covers(entry.text.lower(), pattern.lower()) for entry in view.actions)
            and any(_covers(entry.text, resource) for entry in view.resources)
            for view in barring
        )
        for pattern in match.actions
    )


def _allowed(subject: Subject, action: str) -> bool:
    """Whether some statement of the policy allows an action, and none denies it everywhere."""
    wanted = action.lower()
    allowed = any(view.allows and _names(view, wanted) for view in subject.statements)
    return allowed and not any(
        view.denies
        and not view.raw.get("Condition")
        and _names(view, wanted)
        and any(entry.text == "*" for entry in view.resources)
        for view in subject.statements
    )


def _names(view: StatementView, action: str) -> bool:
    if view.not_actions:
        return not any(_covers(entry.text.lower(), action) for entry in view.not_actions)
    return any(_meet(entry.text.lower(), action) for entry in view.actions)


@lru_cache(maxsize=65_536)
def _meet(one: str, other: str) -> bool:
    if one == other:
        return True
    first, second = set("*?") & set(one), set("*?") & set(other)
    if not first:
        return bool(second) and matches(other, one)
    return matches(one, other) if not second else overlaps(one, other)


@lru_cache(maxsize=65_536)
def _covers(pattern: str, other: str) -> bool:
    return pattern == other or pattern == "*" or ("*" in pattern and covers(pattern, other))
