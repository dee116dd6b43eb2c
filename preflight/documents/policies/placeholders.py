"""Values in a policy that are not final: what a person or a tool is to fill in before AWS gets the policy.

Each becomes a value that isn't known, as one of a template that only the deploy knows.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import replace
from functools import cache
from typing import Any, Literal, TypeAlias

from preflight.catalog.global_keys import SEVERAL, SINGLE
from preflight.documents.policies.found_policy import NO_FORMS, FoundPolicy, Problem, ProjectForms
from preflight.documents.policies.template_values import Shape, unknown_text
from preflight.json_pointer import escape

_FORMS = (
    r"\{\{[^{}]*\}\}",  # Jinja, Mustache, and CloudFormation's dynamic references
    r"<[A-Za-z][\w .:/-]{0,60}>",
    r"(?<![$#{])%?\{[A-Za-z][\w.-]*\}(?!\})",
    r"\[[A-Z][A-Z0-9_]+\]",
    r"[$#]\{[A-Za-z_][\w.\[\]\"'-]*\}",  # a variable of a policy has a colon: ${aws:username}
    r"\$\{(?!AWS::)[A-Za-z]\w*::[^{}]*\}",  # and never two: ${ACCEL_LOOKUP::VPC_ID}
    # Of the Serverless Framework.
    r"\$\{(?:(?:self|opt|env|param|sls|cf)(?::|\.)|file\()[^{}]*\}|\$\{aws:(?:accountId|region)\}",
    r"__[A-Z][A-Z0-9_]*__",
    r"\b(?:REPLACE|CHANGE)[_-]?(?:ME|WITH|THIS)\w*|\bYOUR[_-][A-Z0-9_-]+",
)
PlaceholderForms: TypeAlias = Literal["plain", "template", "serverless"]
_PLACEHOLDER = re.compile("|".join(_FORMS))
# AWS's own pages write arn:aws:lambda:region:account-id:function:*.
_IN_ARN = re.compile(r"arn:[^:]*:[^:]*:([^:]*):([^:]*):")
_SLOT = re.compile(r"[\w-]*(?:region|account)[\w-]*", re.IGNORECASE)
_PSEUDO = re.compile(r"\$\{AWS::[A-Za-z]+\}")
_ANY = re.compile("|".join((*_FORMS, _PSEUDO.pattern)))
_DYNAMIC = "{{resolve:"
_LOWER = frozenset(map(str.lower, (*SINGLE, *SEVERAL)))
"""Names without their aws: are slips, not placeholders."""
_WORDS = frozenset({"Version", "Id", "Sid", "Effect"})


def with_placeholders(
    found: FoundPolicy, where: PlaceholderForms = "plain", own: ProjectForms = NO_FORMS
) -> FoundPolicy:
    """Return a policy with its placeholders as values that aren't known. `${name}` is one too, but not in a template,
    where it is a reference that lacks its Fn::Sub; the Serverless Framework puts pseudo parameters in by itself.
    """
    if not found.readable or not isinstance(found.value, dict):
        return found
    reading = _Reading(where, own)
    value = reading.value(found.value, "")
    if not reading.written:
        return found
    was = found.shape
    shape = replace(was or Shape(editable=True), unknown=(was.unknown if was else frozenset()) | reading.unknown,
                    written={**(was.written if was else {}), **reading.written},
                    placeholders=tuple(reading.named.items()))  # fmt: skip
    problems = (*found.problems, *(_unsubstituted(found, name, at) for name, at in reading.unsubstituted.items()))
    return replace(found, value=value, shape=shape, problems=problems)


def _unsubstituted(found: FoundPolicy, name: str, at: str) -> Problem:
    line, column = found.place(at) or (None, None)
    message = f"{name} is plain text here, because it isn't inside Fn::Sub"
    return Problem("unsubstituted", message, "Use Fn::Sub (!Sub) for the text.", line=line, column=column)


class _Reading:
    def __init__(self, where: PlaceholderForms, own: ProjectForms) -> None:
        self._where, self._own = where, _own_pattern(own.placeholders)
        self._partitions = tuple(f"arn:{each}:" for each in own.partitions)
        self.unknown: set[str] = set()
        self.written: dict[str, str] = {}
        self.named: dict[str, str] = {}
        self.unsubstituted: dict[str, str] = {}

    def value(self, value: Any, at: str) -> Any:
        if isinstance(value, dict):
            return {
                self._name(name, at): each if name in _WORDS else self.value(each, f"{at}/{escape(name)}")
                for name, each in value.items()
            }
        if isinstance(value, list):
            return [self.value(each, f"{at}/{index}") for index, each in enumerate(value)]
        return self._text(value, at) if isinstance(value, str) else value

    def _name(self, name: Any, at: str) -> Any:
        """Return the name of a member as it is, but for a condition key with placeholders."""
        if not isinstance(name, str) or "/Condition" not in at or not _PLACEHOLDER.search(name):
            return name
        return self._made(name, at)

    def _text(self, text: str, at: str) -> str:
        for partition in self._partitions:
            if text.startswith(partition):
                # AWS's own stands for it: what else the ARN says is checked.
                made = self._made(f"arn:aws:{text[len(partition) :]}", at)
                self.written[made] = text
                break
        else:
            made = self._made(text, at)
        if "${aws:PrincipalTag/unresolved." in made and made != text:
            self.unknown.add(at)
        return made

    def _made(self, text: str, at: str) -> str:
        made = self._slots_made(text, at)
        own = self._own.findall(text) if self._own else ()
        named = dict.fromkeys((*_placeholders(text, self._where != "template"), *own))
        for each in named:
            if each.startswith("${AWS::") and self._where != "plain":
                if self._where == "template":
                    self.unsubstituted.setdefault(each, at)
            elif not each.startswith(_DYNAMIC):
                self.named.setdefault(each, at)
        if named:
            for pattern in (_ANY, self._own):
                made = pattern.sub(lambda found: _filled(found[0], named), made) if pattern else made
        if made != text:
            self.written[made] = text
        return made

    def _slots_made(self, text: str, at: str) -> str:
        """Return an ARN in which no word stands for its Region or account."""
        if (parts := _IN_ARN.match(text)) is None:
            return text
        made = text
        for slot in (2, 1):
            if _SLOT.fullmatch(parts[slot]):
                made = made[: parts.start(slot)] + unknown_text(parts[slot]).text + made[parts.end(slot) :]
        for slot in (1, 2):
            if _SLOT.fullmatch(parts[slot]):
                self.named.setdefault(parts[slot], at)
        return made


def _filled(written: str, named: Container[str]) -> str:
    """Return the value that is not known in place of a placeholder; what is none stays as it is."""
    return unknown_text(written.strip("${}<>#%[] ") or "value").text if written in named else written


def _placeholders(text: str, variables: bool) -> Iterator[str]:  # noqa: FBT001 -- of this module
    for found in _PLACEHOLDER.finditer(text):
        each = found[0]
        if each.startswith("${") and ":" not in each and (not variables or f"aws:{each[2:-1].lower()}" in _LOWER):
            continue
        yield each
    yield from _PSEUDO.findall(text)


@cache
def _own_pattern(placeholders: tuple[str, ...]) -> re.Pattern[str] | None:
    if not placeholders:
        return None
    forms = (r"[\w .-]{1,60}?".join(map(re.escape, each.split("*"))) for each in placeholders)
    return re.compile("|".join(forms))
