"""Counterexamples that people believe: an action that exists, on a resource of a type that it takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from preflight.iam.proof.boxes import Box, zone
from preflight.iam.proof.dimensions import Space
from preflight.iam.proof.patterns.elements import action_names
from preflight.iam.proof.patterns.names import Names
from preflight.iam.proof.patterns.symbols import Symbol, Symbols, literal
from preflight.iam.proof.solve import Confirm, Solution, solve
from preflight.iam.wildcard import any_of, tokens

_USUAL_SERVICES = ("s3", "iam", "ec2", "lambda", "dynamodb", "sqs", "secretsmanager")
_VERBS = ("Get", "Put", "Delete", "Create", "Update", "Pass", "Invoke", "Run", "Send")
_MOST_TRIED = 12
_TRIED_OF_A_KIND = 3
_BARRED = frozenset(":/")
_BLANK = re.compile(r"\$\{[^}]*\}|\*")
_ACCOUNTS, _REGIONS = "444455556666", "us-east-1"


@dataclass(frozen=True)
class KnownNames:
    """What exists: the services, the actions of one, and the forms of the ARNs that an action is authorized on, with
    `${Partition}`, `${Region}`, `${Account}` and other names for what varies (none: `*` alone).
    """

    services: Callable[[], Sequence[str]] = field(default=tuple)
    actions: Callable[[str], Sequence[str]] = field(default=lambda _: ())
    forms: Callable[[str, str], Sequence[str]] = field(default=lambda _, __: ())


NOTHING_KNOWN = KnownNames()


def find(
    must: Sequence[Box], avoid: Sequence[Box], space: Space, confirm: Confirm, known: KnownNames, *, today: bool
) -> Solution:
    """Find a request as `solve` does, one with an action that exists where there is one.

    With `today` only such a request counts. Those on a resource of the action's own type are preferred.
    """
    if today:
        return _existing(must, avoid, space, confirm, known)
    found = solve(must, avoid, space, confirm)
    if found.point is None or known is NOTHING_KNOWN:
        return found
    rest: Solution | None = None
    for action in _promising(must, avoid, known):
        for forms in _forms(known, action):
            better = solve([*must, zone([action], forms=forms)], avoid, space, confirm)
            if better.point is not None:
                return better
        if rest is None:
            other = solve([*must, zone([action])], avoid, space, confirm)
            rest = other if other.point is not None else None
    return rest or found


def _existing(must: Sequence[Box], avoid: Sequence[Box], space: Space, confirm: Confirm, known: KnownNames) -> Solution:
    missing: dict[str, None] = {}
    for group in _groups(must, avoid, known, _services(must, known) or known.services()):
        for forms in _forms(known, group[0]):
            better = solve([*must, zone(group[:1], forms=forms)], avoid, space, confirm)
            if better.point is not None:
                return better
        found = solve([*must, zone(group)], avoid, space, confirm)
        if found.point is not None:
            return found
        missing.update(dict.fromkeys(found.missing))
    return Solution(None, tuple(missing))


def _promising(must: Sequence[Box], avoid: Sequence[Box], known: KnownNames) -> Iterator[str]:
    """Yield actions that exist, those first that fewest of the boxes to avoid are about."""
    services = _services(must, known)
    if not services:
        mentioned = {head for box in avoid for head in _heads(box)}
        services = tuple(dict.fromkeys((*_USUAL_SERVICES, *sorted(mentioned))))
    tried = 0
    for group in _groups(must, avoid, known, services):
        for action in group[:_TRIED_OF_A_KIND]:
            tried += 1
            if tried > _MOST_TRIED:
                return
            yield action


def _groups(must: Sequence[Box], avoid: Sequence[Box], known: KnownNames, services: Sequence[str]) -> list[list[str]]:
    """Return the actions that exist and that all boxes are about, by the boxes to avoid that are about them."""
    needed = [action_names(box.actions) for box in must if box.actions is not None]
    told = [action_names(box.actions) for box in avoid if box.actions is not None]
    groups: dict[int, list[str]] = {}
    for service in services:
        for name in known.actions(service):
            action = f"{service}:{name}"
            lower = action.lower()
            if all(each.held(lower) for each in needed):
                mask = sum(1 << place for place, each in enumerate(told) if each.held(lower))
                groups.setdefault(mask, []).append(action)
    order = sorted(groups, key=int.bit_count)
    return [_with_forms_first(groups[mask], known) for mask in order]


def _with_forms_first(actions: list[str], known: KnownNames) -> list[str]:
    """Put first what is likely to be known: actions on resources, with plain verbs, of short names."""
    usual = sorted(actions, key=lambda each: (not each.partition(":")[2].startswith(_VERBS), len(each)))
    few = usual[:_MOST_TRIED]
    return [*sorted(few, key=lambda each: not known.forms(*each.split(":", 1))), *usual[_MOST_TRIED:]]


def _services(must: Sequence[Box], known: KnownNames) -> tuple[str, ...]:
    """Return the services that the actions are of; none where a pattern leaves that open."""
    found: tuple[str, ...] = ()
    for box in must:
        heads = tuple(dict.fromkeys(_heads(box)))
        if heads and box.actions is not None and not box.actions.negated and "" not in heads:
            found = heads if not found or len(heads) < len(found) else found
    return tuple(each for each in found if known.actions(each))


def _heads(box: Box) -> Iterator[str]:
    for text in box.actions.texts if box.actions is not None else ():
        head = text.partition(":")[0].lower()
        yield "" if set(head) & set("*?") else head


def _forms(known: KnownNames, action: str) -> Iterator[Names]:
    """Yield the forms of an action's resources: as they would be in a usual account, and then in any."""
    templates = sorted(known.forms(*action.split(":", 1)), key=len)
    if not templates:
        yield _names([literal("*")], ["\0"])
        return
    for usual in (True, False):
        yield _names([_form(each, usual=usual) for each in templates], [_text(each, usual=usual) for each in templates])


def _names(patterns: Sequence[Symbols], texts: Sequence[str]) -> Names:
    test = any_of([tokens(text) for text in texts]) if texts != ["\0"] else "*".__eq__
    return Names(negated=False, fixed=tuple(patterns), strictly=test)


def _pieces(template: str, *, usual: bool) -> Iterator[tuple[str, bool, frozenset[str]]]:
    """Yield the pieces of a template: text, or a blank with the letters that it does not stand for."""
    values = {"Partition": "aws", "Region": _REGIONS, "Account": _ACCOUNTS} if usual else {}
    rest = template
    while rest:
        text, blank, rest = rest.partition("${")
        if text:
            yield text, False, frozenset()
        if blank:
            name, _, rest = rest.partition("}")
            if name in values:
                yield values[name], False, frozenset()
            else:
                yield "", True, frozenset() if name in ("ObjectName", "Key") else _BARRED


def filled_form(template: str, account: str, region: str) -> str:
    """Return a resource of a form, with names of no particular kind."""
    for name, value in (("Partition", "aws"), ("Account", account), ("Region", region)):
        template = template.replace(f"${{{name}}}", value)
    return _BLANK.sub("example", template)


def _form(template: str, *, usual: bool) -> Symbols:
    found: list[Symbol] = []
    for text, blank, barred in _pieces(template, usual=usual):
        if blank:
            found += [Symbol("one", barred), Symbol("run", barred)]
        for place, piece in enumerate(text.split("*")):
            found += [Symbol("run", frozenset(":"))] if place else []
            found += literal(piece)
    return tuple(found)


def _text(template: str, *, usual: bool) -> str:
    return "".join("?*" if blank else text for text, blank, _ in _pieces(template, usual=usual))
