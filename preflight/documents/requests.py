"""Requests and plans as people write them: AWS CLI skeletons and plan documents, JSON or YAML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from preflight.documents.document import Document
from preflight.documents.load import load
from preflight.documents.operations import kebab, operation_named, recognized, schema_name
from preflight.documents.plan import Plan, PlannedRequest
from preflight.documents.schema import at, validate, word_for
from preflight.documents.settling import context_text, require_consistent
from preflight.errors import InputError, UsageError

_PLAN_MEMBERS = ("requests", "principal", "region", "account", "context")


def read_plan(paths: Sequence[str], operation: str | None = None) -> Plan:
    """Read REQUEST files (`-` is stdin) into one plan, its requests in the order given.

    `operation` says what bare requests are requests for (`create-endpoint`, `CreateEndpoint` or
    `sagemaker:CreateEndpoint`). Raises `InputError` for a document that cannot be used and for files that contradict
    each other, `UsageError` for an operation that is not known or that no bare request is there for.
    """
    if not paths:
        raise UsageError("no request is given; name a file, or - for stdin")
    if paths.count("-") > 1:
        raise UsageError("- stands for stdin, which can be read only once")
    return plan_of([load(path) for path in paths], operation)


def plan_of(documents: Sequence[Document], operation: str | None = None) -> Plan:
    """Return the plan in documents that are already read; raises as `read_plan` does."""
    named = operation_named(operation) if operation else None
    joined: Plan | None = None
    for document in documents:
        plan = _read(document, named)
        joined = plan if joined is None else _joined(joined, plan)
    if joined is None:
        raise UsageError("no request is given")
    if named is not None and all(_is_plan(document) for document in documents):
        raise UsageError(f"--operation {operation} is for a bare request; {documents[0].path} names its operations")
    require_consistent(joined)
    return joined


def _is_plan(document: Document) -> bool:
    return "requests" in document.value


def _read(document: Document, operation: str | None) -> Plan:
    value = document.value
    if not isinstance(value, dict):
        problem = f"a request or a plan is an object, not {word_for(value)}"
        raise InputError(document.path, problem, place=document.place(""), mend="write its members by their names")
    _refuse_other_forms(document)
    if _is_plan(document):
        return _plan_document(document)
    if planned := [name for name in _PLAN_MEMBERS if name in value]:
        raise InputError(
            document.path,
            f"it has {planned[0]!r} like a plan, but no requests",
            place=document.place(""),
            mend='add "requests": [{"operation": ..., "parameters": {...}}]',
        )
    return Plan((_request(document, operation, "") if operation else _guessed(document),))


def _guessed(document: Document) -> PlannedRequest:
    operation = recognized(document)
    try:
        return _request(document, operation, "")
    except InputError as error:
        guess = f"it was read as {kebab(operation.partition(':')[2])}, and --operation names another"
        raise InputError(error.path, error.problem, place=error.place, mend=f"{error.mend} ({guess})") from None


def _refuse_other_forms(document: Document) -> None:
    value = document.value
    form = ""
    if "AWSTemplateFormatVersion" in value or isinstance(value.get("Resources"), dict):
        form = "a CloudFormation template"
    elif "planned_values" in value or "resource_changes" in value or "terraform_version" in value:
        form = "a Terraform plan"
    elif "Statement" in value and "requests" not in value:
        raise InputError(document.path, "it is a policy, not a request", place=document.place(""),
                         mend="check policies with preflight lint")  # fmt: skip
    if form:
        raise InputError(document.path, f"it is {form}, a form that is not read yet", place=document.place(""),
                         mend="write its requests as a plan document")  # fmt: skip


def _plan_document(document: Document) -> Plan:
    value: dict[str, Any] = document.value
    if document.syntax == "yaml" and type(value.get("account")) is int:
        # Twelve digits without quotes are a number to YAML; one that begins with 0 was read as text.
        value = {**value, "account": str(value["account"])}
    validate(replace(document, value=value), "plan")
    requests = []
    for index, entry in enumerate(value["requests"]):
        pointer = f"/requests/{index}"
        try:
            operation = operation_named(entry["operation"])
        except UsageError as error:
            raise InputError(document.path, str(error), place=document.place(f"{pointer}/operation")) from None
        requests.append(_request(document, operation, f"{pointer}/parameters"))
    return Plan(
        tuple(requests),
        region=value.get("region"),
        account=value.get("account"),
        principal=value.get("principal"),
        context={key: context_text(given) for key, given in value.get("context", {}).items()},
    )


def _request(document: Document, operation: str, pointer: str) -> PlannedRequest:
    validate(document, schema_name(operation), pointer=pointer)
    return PlannedRequest(operation, at(document.value, pointer), document, pointer)


def _joined(one: Plan, other: Plan) -> Plan:
    return Plan(
        (*one.requests, *other.requests),
        region=_agreed("region", one, other),
        account=_agreed("account", one, other),
        principal=_agreed("principal", one, other),
        context=_agreed_context(one, other),
    )


def _agreed(name: str, one: Plan, other: Plan) -> str | None:
    mine, theirs = getattr(one, name), getattr(other, name)
    if mine is None or theirs is None or mine == theirs:
        return theirs if mine is None else mine  # type: ignore[no-any-return]
    raise _contradiction(name, mine, theirs, one, other)


def _agreed_context(one: Plan, other: Plan) -> Mapping[str, str | list[str]]:
    mine = {key.casefold(): value for key, value in one.context.items()}
    for key, theirs in other.context.items():
        if mine.get(key.casefold(), theirs) != theirs:
            raise _contradiction(f"context key {key}", mine[key.casefold()], theirs, one, other)
    return {**one.context, **{key: value for key, value in other.context.items() if key.casefold() not in mine}}


def _contradiction(name: str, mine: Any, theirs: Any, one: Plan, other: Plan) -> InputError:
    first, document = one.requests[0].document, other.requests[0].document
    place = document.place(f"/{name}") if name in document.value else document.place("/context")
    return InputError(document.path, f"its {name} is {theirs}, and that of {first.path} is {mine}",
                      place=place, mend="make them agree, or check the files one at a time")  # fmt: skip
