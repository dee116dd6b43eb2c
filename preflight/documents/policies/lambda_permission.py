"""What `AWS::Lambda::Permission` grants: a statement that Lambda adds to the policy of a function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from preflight.documents.policies.found_policy import FoundPolicy
from preflight.documents.policies.template_values import ACCOUNT, Shape, TemplateForm, forms
from preflight.documents.text.document import Document

_SERVICE_ENDS = (".amazonaws.com", ".amazonaws.com.cn", ".amazon.com")
_PERMISSION_CONDITIONS = {
    "SourceArn": ("ArnLike", "aws:SourceArn"),
    "SourceAccount": ("StringEquals", "aws:SourceAccount"),
    "PrincipalOrgID": ("StringEquals", "aws:PrincipalOrgID"),
    "EventSourceToken": ("StringEquals", "lambda:EventSourceToken"),
    "FunctionUrlAuthType": ("StringEquals", "lambda:FunctionUrlAuthType"),
}


def permissions_of(
    document: Document, properties: Mapping[str, Any], at: str, loops: frozenset[str] = frozenset()
) -> Iterator[FoundPolicy]:
    """Yield the statement that a Lambda permission adds to its function's policy, as a policy, in each form that its
    conditions may give it; nothing without a principal. `at` is where its properties stand, `loops` the names that
    loops around it write.

    Source: https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
    """
    for form in forms(properties, at, loops):
        if isinstance(form.value, dict) and isinstance(form.value.get("Principal"), str):
            yield _permission(document, form, at)


def _permission(document: Document, form: TemplateForm, at: str) -> FoundPolicy:
    given, unknown = form.value, form.shape.unknown
    principal = given["Principal"]
    who: Any = "*" if principal == "*" else {"Service" if principal.endswith(_SERVICE_ENDS) else "AWS": principal}
    function = "*" if "/FunctionName" in unknown else str(given.get("FunctionName", ""))
    resource = function if function.startswith("arn:") else f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{function}"
    statement = {"Effect": "Allow", "Principal": who, "Action": given.get("Action", ""), "Resource": resource}
    conditions: dict[str, dict[str, Any]] = {}
    for name, (operator, key) in _PERMISSION_CONDITIONS.items():
        if name in given:
            conditions.setdefault(operator, {})[key] = given[name]
    if conditions:
        statement["Condition"] = conditions
    moved = {f"/Statement/{name}": f"{at}/{name}" for name in ("Principal", "Action")}
    moved |= {"/Statement/Resource": f"{at}/FunctionName", "/Statement/Condition": at, "": at}
    hidden = {"/Statement/Resource", "/Statement/Principal/AWS" if "/Principal" in unknown else ""} | {
        f"/Statement/{name[1:]}" for name in unknown
    }
    hidden |= {
        f"/Statement/Condition/{operator}/{key}"
        for name, (operator, key) in _PERMISSION_CONDITIONS.items()
        if f"/{name}" in unknown
    }
    shape = Shape(frozenset(hidden), moved, form.shape.written)
    policy = {"Version": "2012-10-17", "Statement": statement}
    return FoundPolicy(document, policy, "resource", at, shape=shape, supposed=form.supposed)
