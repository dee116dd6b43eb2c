"""Which permissions of a CloudFormation handler a resource's properties call for: what `tools/stack_data.py` decides.

A handler's list is a superset of what one resource needs. By the names of the permission, of the type and of its
properties each permission is: `core` (the call that makes, changes or deletes the resource itself), `role` (passing a
role, where a property names one), `tag`, `property` (needed where one of these properties is set), `if` (perhaps needed
where one of these properties is set, else not needed), `never` (not needed), or `maybe`.

`never`, and `property` where the property is not set, are the classes whose errors nobody sees: they are given for
strong matches of names only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_MAKING = ("Create", "Register", "Run", "Put", "Allocate", "Publish", "Request", "Import", "Add", "Associate", "Attach",
           "Authorize", "Enable", "Start", "Activate", "Subscribe", "Set", "Update", "Modify", "Accept", "Provision",
           "Purchase", "Launch", "Deploy", "Define", "Issue")  # fmt: skip
_CHANGING = ("Update", "Modify", "Put", "Set", "Change", "Replace", "Reset", "Register", "Edit")
_DELETING = ("Delete", "Deregister", "Remove", "Release", "Terminate", "Disassociate", "Detach", "Disable", "Revoke",
             "Unsubscribe", "Cancel", "Stop", "Deactivate", "Reject", "Retire", "Untag", "Schedule")  # fmt: skip
_READING = ("Describe", "Get", "List", "Head", "Batch", "Search", "Lookup", "Check", "Query", "Scan", "Select")
_TAGGING = re.compile(r"^(Tag|AddTags|CreateTags|CreateOrUpdateTags|AddTag|PutBucketTagging|PutResourceTag|ChangeTags)")
_UNTAGGING = re.compile(r"^(Untag|RemoveTags|DeleteTags|RemoveTag|DeleteBucketTagging)")
# What names of properties have beside the thing that they are about.
_FILLING = frozenset(
    [
        "configuration",
        "config",
        "specification",
        "setting",
        "option",
        "property",
        "hour",
        "day",
        "minute",
        "second",
        "in",
        "text",
        "document",
        "arn",
        "id",
        "name",
        "list",
        "value",
        "detail",
        "definition",
    ]
)
_ROLE = re.compile(r"(^|[a-z0-9])Role(Arn|ARN|Name)?s?$|^IamRole")
# Of a service that is not the type's own: the properties that make its permissions of interest at all.
_OF_OTHERS = {
    "kms": re.compile(r"kms|encryptionkey|customermanagedkey|cmk|masterkey|encryptionconfig", re.I),
    "ec2": re.compile(r"subnet|securitygroup|vpc|networkinterface|^instances?(id|type)s?$|ec2", re.I),
    "s3": re.compile(r"s3|bucket", re.I),
    "logs": re.compile(r"log", re.I),
    "secretsmanager": re.compile(r"secret|password|credential", re.I),
    "ssm": re.compile(r"ssm|parameter", re.I),
    "acm": re.compile(r"certificate", re.I),
    "elasticfilesystem": re.compile(r"efs|filesystem", re.I),
}
Verdict = tuple[str, tuple[str, ...]]


@dataclass(frozen=True)
class Properties:
    """The properties of a type: those at the top, and of all below them the paths, `Code.S3Bucket`."""

    top: tuple[str, ...]
    paths: tuple[str, ...]


def words(name: str) -> tuple[str, ...]:
    """Return the words of a name in lower case and in the singular."""
    return tuple(_singular(each.lower()) for each in _WORD.findall(name))


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 2 else word


def properties_of(schema: Mapping[str, Any]) -> Properties:
    """Return the properties of a type's schema that a template may set."""
    readonly = {each.removeprefix("/properties/") for each in schema.get("readOnlyProperties", ())}
    top = tuple(name for name in schema.get("properties", {}) if name not in readonly)
    paths: dict[str, None] = {}
    for name in top:
        for path in _below(schema["properties"][name], schema, name, 5, ()):
            paths[path] = None
    return Properties(top, tuple(paths))


def _below(each: Any, schema: Mapping[str, Any], path: str, depth: int, seen: tuple[str, ...]) -> Iterable[str]:
    yield path
    if depth == 0 or not isinstance(each, dict):
        return
    if "$ref" in each:
        name = str(each["$ref"]).rpartition("/")[2]
        target = schema.get("definitions", {}).get(name)
        if name not in seen and isinstance(target, dict):
            yield from _below(target, schema, path, depth, (*seen, name))
        return
    for inner in (
        each,
        *(x for kind in ("oneOf", "anyOf", "allOf") for x in each.get(kind, ()) if isinstance(x, dict)),
    ):
        if isinstance(inner.get("items"), dict):
            yield from _below(inner["items"], schema, path, depth, seen)
        for name, below in (inner.get("properties") or {}).items():
            yield from _below(below, schema, f"{path}.{name}", depth - 1, seen)
        if inner is not each and "$ref" in inner:
            yield from _below(inner, schema, path, depth, seen)


def core_of(type_: str, handler: str, permissions: Sequence[str]) -> str | None:
    """Return the permission of the call that makes, changes or deletes a resource of a type; None where none is it."""
    verbs = {"create": _MAKING, "update": _CHANGING, "delete": _DELETING}[handler]
    _, service, thing = type_.split("::")[:3]
    wanted, allowed = set(words(thing)), set(words(thing)) | set(words(service))
    own = own_prefix(type_, permissions)
    best: tuple[int, int, str] | None = None
    for permission in permissions:
        prefix, _, name = permission.partition(":")
        verb = next((each for each in verbs if name.startswith(each)), None)
        if prefix != own or verb is None or _TAGGING.match(name) or _UNTAGGING.match(name):
            continue
        noun = set(words(name[len(verb) :]))
        missing, more = len(wanted - noun), len(noun - allowed)
        # Something of the type must be in the name; what else is in either of them counts against it.
        if not (wanted & noun) or (missing and more):
            continue
        rank = (missing * 2 + more * 2, verbs.index(verb), permission)
        best = min(best, rank) if best else rank
    if best is not None and best[0] <= 4:
        return best[2]
    starts = [p for p in permissions if p.startswith(f"{own}:{verbs[0]}") and not _TAGGING.match(p.partition(":")[2])]
    return starts[0] if len(starts) == 1 and handler in ("create", "delete") else None


def own_prefix(type_: str, permissions: Sequence[str]) -> str:
    """Return the prefix of the type's own service: the one most like its name, else the commonest of its handlers."""
    service = type_.split("::")[1].lower()
    prefixes = [each.partition(":")[0] for each in permissions]
    near = next((each for each in prefixes if each.replace("-", "") == service), None)
    known = PREFIXES.get(service)
    if near or (known in prefixes):
        return near or str(known)
    others = [each for each in prefixes if each not in ("iam", "kms", "ec2", "s3", "logs", "tag")] or prefixes
    return max(others, key=others.count) if others else service


PREFIXES = {
    "stepfunctions": "states", "elasticloadbalancingv2": "elasticloadbalancing", "efs": "elasticfilesystem",
    "emr": "elasticmapreduce", "opensearchservice": "es", "elasticsearch": "es", "docdb": "rds", "neptune": "rds",
    "msk": "kafka", "cassandra": "cassandra", "wafv2": "wafv2", "certificatemanager": "acm",
    "apigatewayv2": "apigateway",
}  # fmt: skip


def verdicts(
    type_: str, handler: str, permissions: Sequence[str], properties: Properties, tagged: str | None, taken: set[str]
) -> dict[str, Verdict]:
    """Return what each permission of a handler is for. `tagged` is the property of the tags, `taken` the members that
    the core call has itself, in lower case: those need no other call.
    """
    core, own = core_of(type_, handler, permissions), own_prefix(type_, permissions)
    return {
        each: ("core", ()) if each == core else _verdict(each, type_, handler, own, properties, tagged, taken)
        for each in permissions
    }


def _verdict(
    permission: str, type_: str, handler: str, own: str, properties: Properties, tagged: str | None, taken: set[str]
) -> Verdict:
    prefix, _, name = permission.partition(":")
    thing = set(words(type_.split("::")[2]))
    if name == "PassRole":
        roles = role_paths(properties)
        return ("role", roles) if roles else ("maybe", ())
    if name == "CreateServiceLinkedRole":
        return "maybe", ()
    if _TAGGING.match(name) and prefix in (own, "tag"):
        return ("tag", ()) if tagged and handler != "delete" else ("maybe", ())
    if _UNTAGGING.match(name):
        return ("never", ()) if handler == "create" else ("maybe", ())
    if prefix != own and prefix in _OF_OTHERS:
        about = tuple(each for each in properties.paths if _OF_OTHERS[prefix].search(each.rpartition(".")[2]))
        return ("if", about) if about and handler != "delete" else ("maybe", ())
    if handler == "create" and prefix == own and name.startswith(("Delete", "Deregister", "Terminate", "Untag")):
        return "never", ()
    if handler == "delete" or prefix != own:
        return "maybe", ()
    verb = next(
        (each for each in (*_MAKING, *_DELETING, *_READING, "Increase", "Decrease") if name.startswith(each)), ""
    )
    noun = set(words(name[len(verb) :])) - thing
    noun = noun - _FILLING or noun
    if not noun or not verb:
        return "maybe", ()
    strong = tuple(each for each in properties.top if each != tagged and _about(each, thing) == noun)
    if not strong:
        return "maybe", ()
    if verb in _READING:
        return "maybe", ()
    # What the core call has itself needs no call of its own; some services ask for the permission all the same.
    return ("if" if handler == "create" and any(each.lower() in taken for each in strong) else "property"), strong


def role_paths(properties: Properties) -> tuple[str, ...]:
    """Return the properties that name a role."""
    return tuple(each for each in properties.paths if _ROLE.search(each.rpartition(".")[2]))


def _about(name: str, thing: set[str]) -> set[str]:
    found = set(words(name)) - thing
    return found - _FILLING or found
