"""The output of `cdk synth`: a cloud assembly (`cdk.out`), its stacks in the order in which they are deployed.

The manifest's form: https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.cloud_assembly_schema-readme.html
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from preflight.declared.partitions import partition_of
from preflight.documents.cloudformation.assets import assets_of, publishing_roles
from preflight.documents.cloudformation.model import Template
from preflight.documents.cloudformation.plans import Gathered, deployed_stack, gather, nested_in, planned
from preflight.documents.cloudformation.stack import Shared, Stack, StackPlace
from preflight.documents.cloudformation.template import read_template
from preflight.documents.plans.plan import Gap, Given, Plan, PlannedStack
from preflight.documents.text.document import Document
from preflight.documents.text.tree import Tree
from preflight.errors import InputError
from preflight.json_pointer import escape

_STACK, _ASSEMBLY = "aws:cloudformation:stack", "cdk:cloud-assembly"
_NEEDED = {_STACK: "templateFile", _ASSEMBLY: "directoryName"}
_ENVIRONMENT = re.compile(r"aws://([^/]+)/(.+)")
_DEEPEST = 20
_UNKNOWN = ("unknown-account", "unknown-region")
_PLACEHOLDER = re.compile(r"\$\{AWS::(Partition|AccountId|Region)\}")


@dataclass(frozen=True, slots=True)
class _Found:
    """One stack of an assembly: its artifact, where that stands, and its template."""

    id: str
    properties: Mapping[str, Any]
    manifest: Document
    pointer: str
    region: str | None
    account: str | None
    needs: tuple[str, ...]
    template: Template

    @property
    def name(self) -> str:
        """The name that the stack is deployed under."""
        return str(self.properties.get("stackName") or self.id)

    def role(self, member: str, region: str | None, account: str | None) -> str | None:
        """Return a role that the artifact names, where it is wholly known."""
        written = self.properties.get(member)
        if not isinstance(written, str):
            return None
        values = {"AccountId": account, "Region": region, "Partition": partition_of(region) if region else None}
        filled = _PLACEHOLDER.sub(lambda match: values[match[1]] or match[0], written)
        return None if "${" in filled else filled

    def deployed(self, stack: Stack) -> PlannedStack:
        """Return the stack with what the artifact says of its deploy."""
        region, account = stack.where.region, stack.where.account
        url = self.properties.get("stackTemplateAssetObjectUrl")
        whole = isinstance(url, str) and "${" not in url
        return replace(
            deployed_stack(stack),
            tags=_tags(self.properties.get("tags")),
            template_url=str(url) if whole else "",
            service_role=self.role("cloudFormationExecutionRoleArn", region, account),
            deployed_by=self.role("assumeRoleArn", region, account),
            assumed=publishing_roles(self.manifest, self.needs, stack),
        )

    def error(self, problem: str, mend: str) -> InputError:
        """Return the error of this stack."""
        return InputError(self.manifest.path, problem, place=self.manifest.place(self.pointer), mend=mend)


def plan_in(document: Document, given: Given) -> Plan:
    """Return the plan in a cloud assembly: all its stacks, which must be of one account and region.

    The caller is CloudFormation's service role, as the CDK deploys. Raises `InputError` for an assembly that cannot be
    used, and for stacks of several places.
    """
    tree = Tree(document.path)
    found = list(_ordered(list(_stacks(document, tree, given))))
    if not found:
        raise InputError(
            document.path, "the assembly has no stacks with resources", mend="synthesize an app that has one"
        )
    region = _one("region", [each.region for each in found], found, given.region)
    account = _one("account", [each.account for each in found], found, given.account)
    _require_known(found, given)
    given = replace(given, region=region, account=account)
    shared, gathered = Shared(tree, nested=nested_in), Gathered(gaps=list(_unfinished(document)))
    for each in found:
        label = each.name if len(found) > 1 else ""
        where = StackPlace(region, account, each.name, label, each.id, _tags(each.properties.get("tags")))
        own = each.properties.get("parameters")
        stack = Stack(each.template, where, {**(own if isinstance(own, dict) else {}), **given.parameters}, shared)
        gathered.declared += assets_of(each.manifest, each.needs, stack)
        gather(stack, gathered)
        gathered.stacks.append(each.deployed(stack))
        shared.exports.update(stack.exports())
    again = partial(plan_in, document)
    return planned(gathered, shared, given, again, _principal(found, region, account))


def _stacks(manifest: Document, tree: Tree, given: Given, above: tuple[Document, ...] = ()) -> Iterator[_Found]:
    artifacts = manifest.value.get("artifacts")
    if not isinstance(artifacts, dict):
        raise InputError(manifest.path, "its artifacts must be an object", place=manifest.place("/artifacts"),
                         mend="name the output of cdk synth")  # fmt: skip
    folder = os.path.dirname(manifest.path)  # noqa: PTH120
    for id_, artifact in artifacts.items():
        pointer = f"/artifacts/{escape(id_)}"
        if not isinstance(artifact, dict):
            continue
        properties = artifact.get("properties")
        needed = _NEEDED.get(str(artifact.get("type")))
        if needed and not (isinstance(properties, dict) and isinstance(properties.get(needed), str)):
            problem, place = f"the artifact {id_} has no {needed}", manifest.place(pointer)
            raise InputError(manifest.path, problem, place=place, mend="run cdk synth again")
        if not isinstance(properties, dict):
            continue
        if artifact.get("type") == _ASSEMBLY and isinstance(properties.get("directoryName"), str):
            below = os.path.join(folder, properties["directoryName"], "manifest.json")  # noqa: PTH118
            held = _loaded(manifest, pointer, below, tree)
            if any(each is held or each.path == held.path for each in (*above, manifest)) or len(above) >= _DEEPEST:
                raise InputError(
                    manifest.path,
                    "the assembly holds itself",
                    place=manifest.place(pointer),
                    mend="run cdk synth again",
                )
            yield from _stacks(held, tree, given, (*above, manifest))
        elif artifact.get("type") == _STACK and isinstance(properties.get("templateFile"), str):
            path = os.path.join(folder, properties["templateFile"])  # noqa: PTH118
            template = _loaded(manifest, pointer, path, tree)
            if not template.value.get("Resources"):
                # cdk deploy skips a stack that has no resources.
                continue
            account, region = _place(artifact.get("environment"))
            needs, own = artifact.get("dependencies"), properties.get("parameters")
            yield _Found(
                id_,
                properties,
                manifest,
                pointer,
                region,
                account,
                tuple(each for each in needs if isinstance(each, str)) if isinstance(needs, list) else (),
                read_template(template, {**(own if isinstance(own, dict) else {}), **given.parameters}),
            )


def _unfinished(manifest: Document) -> Iterator[Gap]:
    """Yield what an assembly says that it could not look up, and artifacts that nothing is known of."""
    missing = manifest.value.get("missing")
    for index, each in enumerate(missing if isinstance(missing, list) else []):
        key = each.get("key") if isinstance(each, dict) else each
        message = f"the context {key} was not looked up, so the templates have a dummy in its place"
        yield Gap(message, "run cdk synth with credentials", manifest, f"/missing/{index}")
    artifacts = manifest.value.get("artifacts")
    for id_, artifact in artifacts.items() if isinstance(artifacts, dict) else ():
        type_ = artifact.get("type") if isinstance(artifact, dict) else artifact
        if type_ not in (_STACK, "none") and not (isinstance(type_, str) and type_.startswith("cdk:")):
            message = f"the artifact {id_} is of a type that preflight doesn't know, {type_}"
            yield Gap(message, "review it yourself", manifest, f"/artifacts/{escape(id_)}")


def _loaded(manifest: Document, pointer: str, path: str, tree: Tree) -> Document:
    if manifest.path == "-":
        raise InputError("-", "the files of an assembly are not in its manifest", mend="name the directory cdk.out")
    try:
        document = tree.load(path, manifest.path)
        if document is None:
            raise InputError(path, "there is no such file")
    except InputError as error:
        if error.position is None:
            problem = f"it names {path}, and {error.problem}"
            raise InputError(
                manifest.path, problem, place=manifest.place(pointer), mend="run cdk synth again"
            ) from None
        raise
    if not isinstance(document.value, dict):
        raise InputError(path, "it is not a template", mend="run cdk synth again")
    return document


def _place(environment: Any) -> tuple[str | None, str | None]:
    match = _ENVIRONMENT.fullmatch(environment) if isinstance(environment, str) else None
    known = [None if each in _UNKNOWN else each for each in match.groups()] if match else [None, None]
    return known[0], known[1]


def _one(what: str, values: list[str | None], found: list[_Found], given: str | None) -> str | None:
    """Return the one account or region of the stacks; what the command line says is for those that leave it open."""
    known = dict.fromkeys(value for value in values if value is not None)
    if len(known) > 1:
        there = ", ".join(f"{each.name} in {value}" for each, value in zip(found, values, strict=True) if value)
        problem = f"its stacks are in several {what}s ({there})"
        raise found[0].error(problem, "check one stack at a time: name its template")
    return given or next(iter(known), None)


def _ordered(found: list[_Found]) -> Iterator[_Found]:
    by_id = {each.id: each for each in found}
    done: set[str] = set()

    def follow(each: _Found, above: tuple[str, ...]) -> Iterator[_Found]:
        if each.id in above:
            circle = " → ".join([*above[above.index(each.id) :], each.id])
            raise each.error(f"circular dependency between stacks: {circle}", "run cdk synth again")
        if each.id in done:
            return
        for name in each.needs:
            if name in by_id:
                yield from follow(by_id[name], (*above, each.id))
        done.add(each.id)
        yield each

    for each in found:
        yield from follow(each, ())


def _require_known(found: list[_Found], given: Given) -> None:
    known = {name for each in found for name in each.template.parameters}
    qualified = {f"{each.name}:{name}" for each in found for name in each.template.parameters}
    for name in given.parameters:
        if name not in known and name not in qualified and not name.startswith("AWS::"):
            problem = f"no stack of the assembly has a parameter {name!r}"
            raise found[0].error(problem, f"give one of theirs: {', '.join(sorted(known)) or 'none'}")


def _tags(tags: Any) -> dict[str, str]:
    return {str(name): str(value) for name, value in tags.items()} if isinstance(tags, dict) else {}


def _principal(found: list[_Found], region: str | None, account: str | None) -> str | None:
    """Return the role that CloudFormation deploys the stacks with, where it is one and the same and wholly known."""
    roles = {each.role("cloudFormationExecutionRoleArn", region, account) for each in found}
    return roles.pop() if len(roles) == 1 else None
