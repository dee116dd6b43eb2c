"""The policies in a configuration of the Serverless Framework: statements of its roles, and those of its resources.

Sources: https://www.serverless.com/framework/docs/providers/aws/guide/iam and, for CloudFormation inside it,
https://www.serverless.com/framework/docs/providers/aws/guide/resources
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from preflight.documents.policies.found_policy import FoundPolicy
from preflight.documents.policies.in_templates import of_resources
from preflight.documents.policies.template_values import Resolving
from preflight.documents.text.document import Document
from preflight.json_pointer import escape

_STATEMENTS = (("iam", "role", "statements"), ("iamRoleStatements",))


def of_serverless(document: Document) -> Iterator[FoundPolicy]:
    """Yield the policies of a `serverless.yml`."""
    value = document.value
    for path in _STATEMENTS:
        yield from _of_role(document, value.get("provider"), "/provider", path)
    functions = value.get("functions")
    for name, each in functions.items() if isinstance(functions, dict) else ():
        yield from _of_role(document, each, f"/functions/{escape(str(name))}", ("iamRoleStatements",))
    resources = value.get("resources")
    if isinstance(resources, dict) and isinstance(resources.get("Resources"), dict):
        yield from of_resources(document, resources["Resources"], "/resources/Resources")


def _of_role(document: Document, value: Any, at: str, path: tuple[str, ...]) -> Iterator[FoundPolicy]:
    for name in path:
        value, at = value.get(name) if isinstance(value, dict) else None, f"{at}/{name}"
    if isinstance(value, list):
        resolving = Resolving(at)
        statements = resolving.resolved(value)
        shape = resolving.shape(under="/Statement")
        policy = {"Version": "2012-10-17", "Statement": statements}
        yield FoundPolicy(document, policy, "identity", at, at, {"kind": "role"}, shape=shape)
