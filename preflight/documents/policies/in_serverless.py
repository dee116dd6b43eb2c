"""The policies in a configuration of the Serverless Framework: statements of its roles and API, those of its resources.

Sources: https://www.serverless.com/framework/docs/providers/aws/guide/iam,
https://www.serverless.com/framework/docs/providers/aws/events/apigateway#resource-policy, and for CloudFormation
inside it, https://www.serverless.com/framework/docs/providers/aws/guide/resources
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from preflight.documents.policies.attachments import attached
from preflight.documents.policies.found_policy import FoundPolicy, PassedOver, PolicyDocumentType
from preflight.documents.policies.in_templates import of_resources
from preflight.documents.policies.template_values import Resolving
from preflight.documents.text.document import Document
from preflight.json_pointer import escape

_STATEMENTS = (("iam", "role", "statements"), ("iamRoleStatements",))
_OF_API = (("apiGateway", "resourcePolicy"), ("resourcePolicy",))
_OF_ROLE: tuple[PolicyDocumentType, Mapping[str, str]] = ("identity", {"kind": "role"})
_READ = frozenset({"service", "provider", "functions", "resources"})
_NO_VALUE = {"Ref": "AWS::NoValue"}
_ATTACHED = (("iam", "role", "managedPolicies"), ("iamManagedPolicies",))


def of_serverless(document: Document) -> Iterator[FoundPolicy | PassedOver]:
    """Yield the policies of a `serverless.yml`."""
    value = document.value
    for path in _STATEMENTS:
        yield from _of_statements(document, value.get("provider"), "/provider", path)
    for policy_path in _OF_API:
        yield from _of_statements(
            document, value.get("provider"), "/provider", policy_path, ("resource", {"service": "execute-api"})
        )
    functions = value.get("functions")
    for name, each in functions.items() if isinstance(functions, dict) else ():
        yield from _of_statements(document, each, f"/functions/{escape(str(name))}", ("iamRoleStatements",))
    for path in _ATTACHED:
        arns, at = _below(value.get("provider"), "/provider", path)
        if isinstance(arns, list):
            yield from attached(document, at, arns, at)
    from preflight.documents.policies.elsewhere import policies_elsewhere

    yield from policies_elsewhere({name: each for name, each in value.items() if name not in _READ}, "")
    resources = value.get("resources")
    listed = enumerate(resources) if isinstance(resources, list) else [("", resources)]
    for index, each in listed:
        at = f"/resources/{index}" if index != "" else "/resources"
        for name in ("Resources", "extensions"):
            if isinstance(each, dict) and isinstance(each.get(name), dict):
                yield from of_resources(document, each[name], f"{at}/{name}")


def _below(value: Any, at: str, path: tuple[str, ...]) -> tuple[Any, str]:
    for name in path:
        value, at = value.get(name) if isinstance(value, dict) else None, f"{at}/{name}"
    return value, at


def _of_statements(
    document: Document,
    value: Any,
    at: str,
    path: tuple[str, ...],
    of: tuple[PolicyDocumentType, Mapping[str, str]] = _OF_ROLE,
) -> Iterator[FoundPolicy | PassedOver]:
    value, at = _below(value, at, path)
    if isinstance(value, str):
        yield PassedOver(f"{at[1:].replace('/', '.')} is {value}, which the framework fills in")
    elif isinstance(value, list):
        taken = [index for index, each in enumerate(value) if isinstance(each, str)]
        for index in taken:
            yield PassedOver(f"{at[1:].replace('/', '.')}[{index}] is {value[index]}, which the framework fills in")
        resolving = Resolving(at)
        # What the framework puts in is left out, and what follows stays where it is.
        statements = resolving.resolved([_NO_VALUE if index in taken else each for index, each in enumerate(value)])
        shape = replace(resolving.shape(under="/Statement"), complete=not taken)
        if taken and not statements:
            return
        policy = {"Version": "2012-10-17", "Statement": statements}
        type_, owner = of
        yield FoundPolicy(document, policy, type_, at, at, owner, shape=shape)
