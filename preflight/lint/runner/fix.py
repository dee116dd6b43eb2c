"""Mending a file: the edits of findings are made to its text where it is shown that they change nothing granted.

An edit is made only if reading the new text gives the document with that edit and no other difference, and the policy
then decides the same, shown by `preflight.iam.proof` for every request there can be. What AWS refuses to store
grants nothing: it is compared as it was meant, with elements and effects read without case, be it refused for something
else afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from preflight.documents.policies.found_policy import FoundPolicy, PolicyDocumentType
from preflight.documents.text.load import load_text
from preflight.documents.text.schema import at
from preflight.errors import InputError
from preflight.iam.errors import PolicyError
from preflight.iam.policy import parse_policy
from preflight.lint.policy.finding import Edit
from preflight.lint.runner.edits import EditError, edited_text, edited_value
from preflight.lint.runner.one_policy import PolicyFinding

_PASSES = 50
_NOT_SHOWN = "it couldn't be shown that the policy would grant the same"
_REFUSED = "AWS refuses the policy as it is, so what it grants can't be compared"
_ELEMENTS = (
    "Sid",
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Principal",
    "NotPrincipal",
    "Condition",
)
_NAMES = {name.lower(): name for name in (*_ELEMENTS, "Version", "Id", "Statement")}
_RECORDS = ("RoleDetailList", "UserDetailList", "GroupDetailList", "format_version")


class Left(NamedTuple):
    """A finding that has edits and was not mended, and why."""

    found: PolicyFinding
    reason: str

    @property
    def line(self) -> str:
        """What is left, where and why, in one line."""
        policy, finding = self.found.policy, self.found.finding
        place = policy.place(finding.pointer, name=finding.on_name)
        where = ":".join((policy.document.path, *map(str, place or ())))
        return f"{where}: {self.found.head.id} is not fixed: {self.reason}"


class Mended(NamedTuple):
    """A file's text as it is mended, which findings were (as ids of their rules), and which were left."""

    text: str
    rules: tuple[str, ...] = ()
    left: tuple[Left, ...] = ()


ReadPolicies = Callable[[str], Sequence[FoundPolicy]]
Find = Callable[[Sequence[FoundPolicy], str], Iterable[PolicyFinding]]
WhyKept = Callable[[PolicyFinding], str]


class _Attempt(NamedTuple):
    found: PolicyFinding
    edits: tuple[Edit, ...]


def mend(text: str, read: ReadPolicies, find: Find, kept: WhyKept = lambda _: "") -> Mended:
    """Mend what can be mended, until there is no more. `read` gives the policies of a text, `find` what is found in
    them that is to be mended, `kept` why one of these is to stay as it is. Raises nothing but what these do.
    """
    rules: list[str] = []
    left: dict[tuple[str, str, str], Left] = {}
    for _ in range(_PASSES):
        attempts = []
        left.clear()
        for found in find(read(text), text):
            if found.finding.edits:
                if reason := _unfit(found.policy) or kept(found):
                    left[_key(found)] = Left(found, reason)
                else:
                    attempts.append(_Attempt(found, _outside(found)))
        made, after = _pass(text, attempts, left)
        if not made:
            break
        rules += [each.found.head.id for each in made]
        text = after
    return Mended(text, tuple(rules), tuple(left.values()))


def _pass(
    text: str, attempts: Sequence[_Attempt], left: dict[tuple[str, str, str], Left]
) -> tuple[Sequence[_Attempt], str]:
    """Make as many of the edits as do not meet and go together."""
    together = _apart(attempts)
    if not together:
        return (), text
    made = _most(text, together, left)
    return (made, _edited(text, made)) if made else ((), text)


def _most(text: str, attempts: Sequence[_Attempt], left: dict[tuple[str, str, str], Left]) -> Sequence[_Attempt]:
    """Return attempts that can be made together: all of them, or the most of each half if the halves go together."""
    try:
        _edited(text, attempts)
    except EditError as error:
        if len(attempts) == 1:
            left[_key(attempts[0].found)] = Left(attempts[0].found, str(error))
            return ()
    else:
        return attempts
    middle = len(attempts) // 2
    first, second = _most(text, attempts[:middle], left), _most(text, attempts[middle:], left)
    if not first or not second:
        return first or second
    both = [*first, *second]
    try:
        _edited(text, both)
    except EditError:
        return first  # what is left of the second half has its turn in the next pass
    return both


def _edited(text: str, attempts: Sequence[_Attempt]) -> str:
    """Return the text with edits made. Raises `EditError` where it is not shown that nothing else changes with them."""
    document = attempts[0].found.policy.document
    edits = [edit for each in attempts for edit in each.edits]
    wanted = edited_value(document.value, edits)
    after = edited_text(text, document.syntax, edits)
    try:
        read = load_text(after, document.path, short_forms=True)
    except InputError as error:
        raise EditError("the file can no longer be read") from error
    if read.value != wanted or read.syntax != document.syntax:
        raise EditError("it can't be edited by itself")
    for policy in {id(each.found.policy): each.found.policy for each in attempts}.values():
        old, new = policy.value, at(wanted, policy.pointer)
        if not _same(old, new, policy.type) and not _same_as_meant(_as_meant(old), _as_meant(new), policy.type):
            raise EditError(_NOT_SHOWN if _same(old, old, policy.type) else _REFUSED)
    return after


def _same_as_meant(old: Any, new: Any, type_: PolicyDocumentType) -> bool:
    """Say whether two policies, as they are meant, are the same or shown to decide the same. Where AWS would store
    neither, for something else in them, the statements that differ are compared, each alone.
    """
    if old == new or _same(old, new, type_):
        return True
    before, after = _statements(old), _statements(new)
    if len(before) != len(after) or _rest(old) != _rest(new):
        return False
    head = {name: value for name, value in new.items() if name == "Version"}
    return all(
        one == other or _same({**head, "Statement": [one]}, {**head, "Statement": [other]}, type_)
        for one, other in zip(before, after, strict=True)
    )


def _statements(policy: Any) -> list[Any]:
    found = policy.get("Statement", []) if isinstance(policy, dict) else []
    return found if isinstance(found, list) else [found]


def _rest(policy: Any) -> Any:
    return {name: value for name, value in policy.items() if name != "Statement"} if isinstance(policy, dict) else None


def _same(old: Any, new: Any, type_: PolicyDocumentType) -> bool:
    """Say whether two policies are shown to decide the same; not if AWS would not store one of them."""
    from preflight.iam.proof import equivalent

    try:
        return equivalent(parse_policy(old, "old"), parse_policy(new, "new"), type_)
    except PolicyError:
        return False


def _unfit(policy: FoundPolicy) -> str:
    """Return why a policy is not mended at all, or nothing."""
    if policy.text is not None:
        return "the policy is inside a string"
    if policy.shape is not None:
        return "the policy is not known before the template is deployed"
    if policy.problems:
        return "the file has duplicate keys, or can't be read"
    value = policy.document.value
    if isinstance(value, dict) and ("account" in value or any(name in value for name in _RECORDS)):
        return "the file describes an existing state: fix its source instead"
    return ""


def _outside(found: PolicyFinding) -> tuple[Edit, ...]:
    policy = found.policy
    return tuple(replace(each, pointer=policy.pointer + each.pointer) for each in found.finding.edits)


def _key(found: PolicyFinding) -> tuple[str, str, str]:
    return found.head.id, found.policy.pointer + found.finding.pointer, found.finding.message


def _apart(attempts: Sequence[_Attempt]) -> list[_Attempt]:
    """Return the attempts, from the first on, of which no two are about the same place or a place in it."""
    chosen = []
    touched: set[str] = set()
    around: set[str] = set()
    for each in attempts:
        places = [_place(edit) for edit in each.edits]
        above = [part for place in places for part in _above(place)]
        if not any(place in touched or place in around for place in places) and not touched.intersection(above):
            chosen.append(each)
            touched.update(places)
            around.update(above)
    return chosen


def _place(edit: Edit) -> str:
    return f"{edit.pointer}/{edit.value[0]}" if edit.kind == "add" else edit.pointer


def _above(pointer: str) -> Iterable[str]:
    while pointer:
        pointer = pointer.rpartition("/")[0]
        yield pointer


def _as_meant(value: Any) -> Any:
    """Return a policy with the names of its elements, and its effects, in the case of AWS."""
    if isinstance(value, list):
        return [_as_meant(each) for each in value]
    if not isinstance(value, dict):
        return value
    meant = {}
    for name, inner in value.items():
        proper = _NAMES.get(name.strip().lower(), name)
        if proper in meant:
            return value
        if proper == "Statement":
            inner = _as_meant(inner)
        elif proper == "Sid" and isinstance(inner, (int, float)):
            inner = str(inner)
        elif proper == "Effect" and isinstance(inner, str):
            inner = inner.strip().capitalize()
        meant[proper] = inner
    return meant
