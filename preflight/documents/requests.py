"""Requests and plans as people write them: AWS CLI skeletons and plan documents, JSON or YAML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from preflight.documents.document import Document
from preflight.documents.load import load
from preflight.documents.plan import Plan, PlannedRequest
from preflight.documents.schema import suggestion, validate
from preflight.errors import InputError, UsageError
from preflight.resources import folder

PLAN_MEMBERS = ("requests", "principal", "region", "account", "context")


def read_plan(paths: Sequence[str], operation: str | None = None) -> Plan:
    """Read REQUEST files (`-` is stdin) into one plan, its requests in the order given.

    `operation` says what a bare request is a request for (`create-endpoint`, `CreateEndpoint` or
    `sagemaker:CreateEndpoint`). Raises `InputError` for a document that cannot be used, or for files that contradict
    each other, and `UsageError` for an operation that is not known.
    """
    named = operation_named(operation) if operation else None
    plans = [plan_of(load(path), named) for path in paths]
    return _joined(plans)


def plan_of(document: Document, operation: str | None = None) -> Plan:
    """Return the plan in one document: a plan document as it is, a bare request as a plan of one."""
    value = document.value
    if not isinstance(value, dict):
        raise InputError(document.path, "a request is an object of parameters", place=document.place(""),
                         mend="write an AWS CLI skeleton or a plan document")  # fmt: skip
    _refuse_templates(document, value)
    if operation is None and "requests" in value:
        return _plan_document(document, value)
    return Plan((_request(document, operation or _recognized(document, value), ""),))


@cache
def known_operations() -> dict[str, tuple[str, ...]]:
    """Return every operation that a request can be for, with its required members, from `schemas/requests/`."""
    import json

    files = sorted((folder("schemas") / "requests").glob("*.schema.json"))
    schemas = {file.name.removesuffix(".schema.json").replace(".", ":", 1): file for file in files}
    return {name: tuple(json.loads(file.read_bytes()).get("required", ())) for name, file in schemas.items()}


def operation_named(text: str) -> str:
    """Return `service:Operation` for the ways people write it. Raises `UsageError` with the nearest known name."""
    wanted = _folded(text)
    for name in known_operations():
        if wanted in (_folded(name), _folded(name.split(":")[1])):
            return name
    short = [_kebab(name.split(":")[1]) for name in known_operations()]
    mend = suggestion(_kebab(text.rpartition(":")[2]), short)
    raise UsageError(f"there is no operation {text!r}; {mend + ' ' if mend else ''}known: {', '.join(short)}")


def _folded(text: str) -> str:
    return text.replace("-", "").replace("_", "").replace(" ", ":").casefold()


def _kebab(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).strip("-")


def _recognized(document: Document, value: Mapping[str, Any]) -> str:
    """Tell by its members what a bare request asks for.

    The operation that requires most of what is there; between several that fit alike the one that creates.
    """
    fits = {
        name: len(required) for name, required in known_operations().items() if required and set(required) <= set(value)
    }
    fits = {name: score for name, score in fits.items() if not _foreign(name, value)} or fits
    if fits:
        most = max(fits.values())
        best = [name for name, score in fits.items() if score == most]
        creating = [name for name in best if name.split(":")[1].startswith("Create")] or best
        if len(creating) == 1:
            return creating[0]
    if unplanned := [name for name in value if name in PLAN_MEMBERS]:
        problem = f"it has {unplanned[0]!r} like a plan, but no requests"
        mend = 'add "requests": [{"operation": …, "parameters": {…}}]'
        raise InputError(document.path, problem, place=document.place(""), mend=mend)
    wanted = sorted({member for required in known_operations().values() for member in required})
    hint = next((mend for name in value if (mend := suggestion(name, wanted))), "")
    raise InputError(
        document.path,
        "it cannot be told which operation this is a request for",
        place=document.place(""),
        mend=(f"{hint} Or " if hint else "") + "say --operation create-endpoint (or another)",
    )


def _foreign(operation: str, value: Mapping[str, Any]) -> bool:
    import json

    schema = json.loads((folder("schemas") / "requests" / f"{operation.replace(':', '.')}.schema.json").read_bytes())
    return any(name not in schema["properties"] for name in value)


def _refuse_templates(document: Document, value: Mapping[str, Any]) -> None:
    form = ""
    if "AWSTemplateFormatVersion" in value or (isinstance(value.get("Resources"), dict) and "requests" not in value):
        form = "a CloudFormation template"
    elif "planned_values" in value or ("format_version" in value and "terraform_version" in value):
        form = "a Terraform plan"
    if form:
        raise InputError(document.path, f"it is {form}, which this version does not read",
                         mend="write the requests as a plan document")  # fmt: skip


def _plan_document(document: Document, value: dict[str, Any]) -> Plan:
    if isinstance(value.get("account"), int) and document.syntax == "yaml":
        value["account"] = str(value["account"])
    validate(document, "plan")
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
        context=value.get("context", {}),
    )


def _request(document: Document, operation: str, pointer: str) -> PlannedRequest:
    from preflight.documents.schema import at

    parameters = at(document.value, pointer)
    validate(document, f"requests/{operation.replace(':', '.')}", pointer=pointer)
    for member in known_operations()[operation]:
        if parameters[member] in ("", []):
            raise InputError(document.path, f"{member} is empty", place=document.place(f"{pointer}/{member}"),
                             mend="fill it in")  # fmt: skip
    return PlannedRequest(operation, parameters, document, pointer)


def _joined(plans: Iterable[Plan]) -> Plan:
    plans = tuple(plans)
    joined = plans[0]
    for plan in plans[1:]:
        joined = Plan((*joined.requests, *plan.requests), **{
            name: _agreed(name, joined, plan) for name in ("region", "account", "principal", "context")
        })  # fmt: skip
    return joined


def _agreed(name: str, one: Plan, other: Plan) -> Any:
    mine, theirs = getattr(one, name), getattr(other, name)
    if name == "context":
        clash = next((key for key in mine if key in theirs and mine[key] != theirs[key]), None)
        if clash is None:
            return {**mine, **theirs}
        name, mine, theirs = f"context key {clash}", mine[clash], theirs[clash]
    elif mine is None or theirs is None or mine == theirs:
        return theirs if mine is None else mine
    path = other.requests[0].document.path
    raise InputError(path, f"its {name} is {theirs}, that of {one.requests[0].document.path} is {mine}",
                     mend="check them one at a time")  # fmt: skip


def with_options(
    plan: Plan,
    *,
    principal: str | None = None,
    region: str | None = None,
    account: str | None = None,
    context: Mapping[str, str | list[str]] | None = None,
) -> Plan:
    """Return the plan with what the command line says in place of what the documents say."""
    return replace(
        plan,
        principal=principal or plan.principal,
        region=region or plan.region,
        account=account or plan.account,
        context={**plan.context, **(context or {})},
    )


def context_of(options: Iterable[str]) -> dict[str, str | list[str]]:
    """Return the context keys of `--context key=value` options; a key given twice has several values.

    Raises `UsageError` for an option without `=` or without a key.
    """
    found: dict[str, list[str]] = {}
    for option in options:
        key, equals, value = option.partition("=")
        if not equals or ":" not in key:
            raise UsageError(f"--context {option!r} is not key=value; write for example aws:SourceIp=10.0.0.1")
        found.setdefault(key.strip(), []).append(value)
    return {key: values[0] if len(values) == 1 else values for key, values in found.items()}
