"""Policy files: a bare policy document, or one of the forms in which AWS's commands print a policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from preflight.documents.policies.cli_output import next_wrapper
from preflight.documents.text.document import Document
from preflight.documents.text.load import load, load_text
from preflight.documents.text.schema import word_for
from preflight.errors import InputError
from preflight.iam.errors import PolicyError
from preflight.iam.policy import Policy, parse_policy
from preflight.iam.request import PolicyType
from preflight.json_pointer import escape


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A policy as a file has it: what was read, where in it the policy stands, and the policy itself.

    `body` is the policy as a document of its own, under the file's path, for `account.overrides`.
    """

    document: Document
    pointer: str
    body: Document
    policy: Policy


def read_policy(path: str, of: PolicyType | None = None) -> PolicyFile:
    """Read a policy file (JSON or YAML; `-` is stdin) of a type of policy.

    Raises `InputError` for what is no policy or what AWS would refuse to store, with place and mend.
    """
    return policy_of(load(path), of)


def policy_of(document: Document, of: PolicyType | None = None) -> PolicyFile:
    """Return the policy in a document that is already read; raises as `read_policy` does."""
    body, pointer = document, ""
    while (name := next_wrapper(body.value)) is not None:
        pointer = f"{pointer}/{escape(name)}"
        body = _within(document, pointer, body.value[name])
    if not isinstance(body.value, dict):
        problem, mend = (
            f"a policy must be an object, not {word_for(body.value)}",
            "write one with Version and Statement",
        )
        raise InputError(document.path, problem, place=_place(document, pointer), mend=mend)
    if "PolicyId" in body.value or "Arn" in body.value:
        raise InputError(document.path, "it describes a policy but doesn't contain its document",
                         place=_place(document, pointer), mend="take it from aws iam get-policy-version")  # fmt: skip
    try:
        policy = parse_policy(body.value, document.path, of)
    except PolicyError as error:
        place = _place(document, pointer + error.pointer)
        raise InputError(document.path, error.problem, place=place, mend=error.mend) from None
    return PolicyFile(document, pointer, body, policy)


def _within(document: Document, pointer: str, value: Any) -> Document:
    """Return a part of a document as one of its own; a policy in a string, percent-encoded or not, is read."""
    if isinstance(value, dict):
        return Document(document.path, value)
    if value.lstrip().startswith("%"):
        from urllib.parse import unquote

        value = unquote(value)
    try:
        inner = load_text(value, document.path)
    except InputError as error:
        raise InputError(document.path, f"the policy in this string: {error.problem}", place=_place(document, pointer),
                         mend=error.mend) from None  # fmt: skip
    return Document(document.path, inner.value)


def _place(document: Document, pointer: str) -> str:
    """Return where a pointer leads; inside a string that holds a policy, the place of the string."""
    outer = pointer
    while outer and document.position(outer) is None:
        outer = outer.rpartition("/")[0]
    found = document.position(outer)
    where = f"line {found[0]}, column {found[1]}" if found else ""
    return f"{pointer} ({where})" if pointer and where else pointer or where
