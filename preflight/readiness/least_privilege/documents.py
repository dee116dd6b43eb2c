"""Statements as policy documents, none longer than AWS stores.

The quotas are those of https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: a managed policy
may have 6,144 characters; the inline policies of a role together 10,240, of a user 2,048, of a group 5,120. IAM does
not count white space. Here that of values is counted all the same: AWS does not say that it is not.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from preflight.iam.limits import INLINE, MANAGED


class Attachment(StrEnum):
    """How policies are going to be attached: as managed policies, or as inline ones of a role, user or group."""

    MANAGED = "managed"
    ROLE = "role"
    USER = "user"
    GROUP = "group"

    @property
    def quota(self) -> int:
        """How many characters a managed policy may have, or all inline policies together."""
        return MANAGED if self is Attachment.MANAGED else INLINE[self.value]

    @property
    def what(self) -> str:
        """What the quota is of, for messages."""
        return "a managed policy" if self is Attachment.MANAGED else f"the inline policies of a {self.value} together"


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """A policy document; `fits` says whether AWS stores one of this size."""

    document: dict[str, Any]
    characters: int
    fits: bool


def documents_of(
    statements: Iterable[dict[str, Any]], attachment: Attachment = Attachment.MANAGED
) -> tuple[PolicyDocument, ...]:
    """Return the statements in as few documents as they need, in order; every statement is in one of them.

    Only managed policies are split: the quota of inline policies is on all of them together. A statement that is too
    long by itself is split by resources and then by actions; one whose condition is too long stays, and does not fit.
    """
    if attachment is not Attachment.MANAGED:
        document = _document(list(statements))
        size = characters(document)
        return (PolicyDocument(document, size, size <= attachment.quota),)
    documents: list[list[dict[str, Any]]] = []
    for statement in statements:
        for part in _parts(statement, attachment.quota):
            home = next((each for each in documents if _room(each, part, attachment.quota)), None)
            if home is None:
                documents.append([part])
            else:
                home.append(part)
    sized = [(document, characters(document)) for document in map(_document, documents)]
    return tuple(PolicyDocument(document, size, size <= attachment.quota) for document, size in sized)


def characters(document: dict[str, Any]) -> int:
    """Return the number of characters that count towards the quota, written as it is printed: in ASCII."""
    return len(json.dumps(document, separators=(",", ":")))


def _document(statements: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _room(statements: Sequence[dict[str, Any]], more: dict[str, Any], quota: int) -> bool:
    return characters(_document([*statements, more])) <= quota


def _parts(statement: dict[str, Any], quota: int) -> list[dict[str, Any]]:
    if _room([], statement, quota):
        return [statement]
    # The number that each part's Sid will get counts as well.
    parts = list(_split({**statement, "Sid": f"{statement['Sid']}Part0000"}, quota))
    if len(parts) == 1:
        return [statement]
    return [{**part, "Sid": f"{statement['Sid']}Part{at}"} for at, part in enumerate(parts, 1)]


def _split(statement: dict[str, Any], quota: int) -> Iterator[dict[str, Any]]:
    element = next((each for each in ("Resource", "Action") if isinstance(statement[each], list)), None)
    if element is None or _room([], statement, quota):
        yield statement
        return
    values = statement[element]
    middle = len(values) // 2
    for half in (values[:middle], values[middle:]):
        yield from _split({**statement, element: half[0] if len(half) == 1 else half}, quota)
