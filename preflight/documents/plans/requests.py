"""Requests and plans as people write them: AWS CLI skeletons and plan documents, JSON or YAML.

Other documents that a plan is read from (templates, the output of the CDK, Terraform plans) are each one line of
`_FORMS`, with a module of its own, loaded when one is met.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

from preflight.documents.plans.consistency import context_text, require_consistent
from preflight.documents.plans.operation_names import known_operations, operation_named, recognized
from preflight.documents.plans.plan import Given, Plan, PlannedResource
from preflight.documents.plans.planned_request import planned_request
from preflight.documents.text.document import Document
from preflight.documents.text.schema import validate, word_for
from preflight.errors import InputError, UsageError
from preflight.unresolved import marked

DocumentReader: TypeAlias = Callable[[Document, Given], Plan]

_PLAN_MEMBERS = ("requests", "principal", "region", "account", "context")
# What a document is if it looks so, and `module:function`, a `DocumentReader`. The first that fits is asked.
_FORMS: tuple[tuple[Callable[[Mapping[str, Any]], bool], str], ...] = (
    (
        lambda value: "AWSTemplateFormatVersion" in value or isinstance(value.get("Resources"), dict),
        "preflight.documents.cloudformation.plans:plan_in",
    ),
    (
        lambda value: "artifacts" in value and "version" in value,
        "preflight.documents.cloudformation.assembly:plan_in",
    ),
    (
        lambda value: any(name in value for name in ("planned_values", "resource_changes", "terraform_version")),
        "preflight.documents.terraform:plan_in",
    ),
)
_MANIFEST = "manifest.json"
_TERRAFORM = (".tf", ".tofu")


def read_plan(paths: Sequence[str], operation: str | None = None, given: Given | None = None) -> Plan:
    """Read REQUEST files (`-` is stdin, a directory the CDK's output) into one plan, its requests in the order given.

    `operation` says what bare requests are requests for (`create-endpoint`, `CreateEndpoint` or
    `sagemaker:CreateEndpoint`), `given` what templates and plans are read with. Raises `InputError` for a document that
    cannot be used and for files that contradict each other, `UsageError` for an operation that is not known or that no
    bare request is there for.
    """
    if not paths:
        raise UsageError("no request is given; name a file, or - for stdin")
    if paths.count("-") > 1:
        raise UsageError("- (stdin) can be given only once")
    return plan_of(load_requests(paths), operation, given)


def load_requests(paths: Sequence[str]) -> list[Document]:
    """Read the documents that REQUEST arguments name; of a directory, the manifest that the CDK writes into it."""
    from preflight.documents.text.load import load

    found = []
    for path in paths:
        if path not in ("", "-") and os.path.isdir(path):  # noqa: PTH112 -- takes every text
            manifest = Path(path) / _MANIFEST
            if not manifest.is_file():
                mend = "name the output of cdk synth (cdk.out), or a file"
                raise InputError(path, f"it is a directory without a {_MANIFEST}", mend=mend)
            path = str(manifest)
        elif path.lower().endswith(_TERRAFORM):
            mend = "check its plan: terraform plan -out=p, terraform show -json p > plan.json"
            raise InputError(path, "it is Terraform configuration, whose values only a plan has", mend=mend)
        found.append(load(path, template=True))
    return found


def plan_of(documents: Sequence[Document], operation: str | None = None, given: Given | None = None) -> Plan:
    """Return the plan in documents that are already read; raises as `read_plan` does."""
    named = operation_named(operation) if operation else None
    given = replace(given or Given(), several=sum(_holds_form(each) for each in documents) > 1)
    joined: Plan | None = None
    for document in documents:
        plan = _read(document, named, given)
        joined = plan if joined is None else _joined(joined, plan)
    if joined is None:
        raise UsageError("no request is given")
    if named is not None and not any(_is_bare(document) for document in documents):
        raise UsageError(f"--operation {operation} is for a bare request; {documents[0].path} names its operations")
    if given.parameters and not any(map(_holds_form, documents)):
        raise UsageError(f"--parameters is for templates and plans; {documents[0].path} has no parameters")
    if given.stack_name is not None:
        _require_one_stack(joined)
    if given.stack_tags and (not joined.stacks or any(each.deployed_by for each in joined.stacks)):
        have = "names the tags of its stacks" if joined.stacks else "is not a template"
        raise UsageError(f"--stack-tag is for CloudFormation and SAM templates; {_of(joined).path} {have}")
    require_consistent(joined)
    if joined.placed is not None:

        def placed(region: str, account: str) -> Plan:
            return plan_of(documents, operation, replace(given, region=region, account=account))

        joined = replace(joined, placed=placed)
    return joined


def _require_one_stack(plan: Plan) -> None:
    if len(plan.stacks) != 1 or not plan.stacks[0].named:
        have = "names its own stacks" if any(each.deployed_by for each in plan.stacks) else "is not one template"
        raise UsageError(f"--stack-name is for one CloudFormation or SAM template; {_of(plan).path} {have}")


def _is_plan(document: Document) -> bool:
    return "requests" in document.value


def _is_bare(document: Document) -> bool:
    return not _is_plan(document) and _form(document) is None


def _holds_form(document: Document) -> bool:
    return isinstance(document.value, dict) and _form(document) is not None


def _form(document: Document) -> str | None:
    """Return where the reader of a document of another form is; None for a request or a plan document."""
    value = document.value
    return None if "requests" in value else next((where for looks_so, where in _FORMS if looks_so(value)), None)


def _read(document: Document, operation: str | None, given: Given) -> Plan:
    value = document.value
    if not isinstance(value, dict):
        problem = f"a request or a plan must be an object, not {word_for(value)}"
        raise InputError(document.path, problem, place=document.place(""), mend="write its members by their names")
    if marked(document.text):
        problem = "it contains Unicode private-use characters, which AWS names can't contain"
        raise InputError(document.path, problem, mend="remove them")
    if form := _form(document):
        module, _, name = form.partition(":")
        reader: DocumentReader = getattr(import_module(module), name)
        return reader(document, given)
    if operation is None and "Statement" in value and "requests" not in value:
        raise InputError(document.path, "it is a policy, not a request", place=document.place(""),
                         mend="check policies with preflight lint")  # fmt: skip
    if _is_plan(document):
        return _plan_document(document)
    if planned := [name for name in _PLAN_MEMBERS if name in value]:
        raise InputError(
            document.path,
            f"it has {planned[0]!r} like a plan, but no requests",
            place=document.place(""),
            mend='add "requests": [{"operation": ..., "parameters": {...}}]',
        )
    if operation is not None and operation not in known_operations():
        return Plan((), resources=(_call(document, operation, value, ""),))
    return Plan((planned_request(operation or recognized(document), value, document),))


def _plan_document(document: Document) -> Plan:
    value: dict[str, Any] = document.value
    if document.syntax == "yaml" and type(value.get("account")) is int:
        # Twelve digits without quotes are a number to YAML; one that begins with 0 was read as text.
        value = {**value, "account": str(value["account"])}
    validate(replace(document, value=value), "plan")
    requests, calls = [], []
    for index, entry in enumerate(value["requests"]):
        pointer = f"/requests/{index}"
        try:
            operation = operation_named(entry["operation"])
        except UsageError as error:
            raise InputError(document.path, str(error), place=document.place(f"{pointer}/operation")) from None
        pointer = f"{pointer}/parameters"
        if operation in known_operations():
            requests.append(planned_request(operation, entry["parameters"], document, pointer))
        else:
            calls.append(_call(document, operation, entry["parameters"], pointer))
    return Plan(
        tuple(requests),
        resources=tuple(calls),
        region=value.get("region"),
        account=value.get("account"),
        principal=value.get("principal"),
        context={key: context_text(given) for key, given in value.get("context", {}).items()},
    )


def _call(document: Document, operation: str, parameters: Any, pointer: str) -> PlannedResource:
    """Return a call that no file of `rules/operations/` declares: what it needs is derived."""
    if not isinstance(parameters, dict):
        problem = f"the parameters of a request must be an object, not {word_for(parameters)}"
        raise InputError(document.path, problem, place=document.place(pointer), mend="write them by their names")
    return PlannedResource(operation, operation, "call", parameters, document, pointer)


def _joined(one: Plan, other: Plan) -> Plan:
    return Plan(
        (*one.requests, *other.requests),
        region=_agreed("region", one, other),
        account=_agreed("account", one, other),
        principal=_agreed("principal", one, other),
        context=_agreed_context(one, other),
        declared=(*one.declared, *other.declared),
        gaps=(*one.gaps, *other.gaps),
        resources=(*one.resources, *other.resources),
        stacks=(*one.stacks, *other.stacks),
        placed=one.placed or other.placed,
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
    first, document = _of(one), _of(other)
    place = document.place(f"/{name}") if name in document.value else document.place("/context")
    return InputError(document.path, f"its {name} is {theirs}, and that of {first.path} is {mine}",
                      place=place, mend="make them agree, or check the files one at a time")  # fmt: skip


def _of(plan: Plan) -> Document:
    held = [each.document for each in plan.requests] + [each.document for each in plan.resources]
    return (held or [each.document for each in plan.declared])[0]
