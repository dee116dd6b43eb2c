"""The resources that an action is authorized on, by AWS's templates of ARNs and by what a request or a template says.

A part of an ARN that nothing tells is unknown: the decision is then made for every name. An Id never takes a Name, and
a bare `Name` or `Id` is the name of the very thing that is made, never of another.
Source of the templates: https://docs.aws.amazon.com/service-authorization/latest/reference/, by way of the catalog.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from preflight import catalog
from preflight.declared.operations import Environment
from preflight.unresolved import DeployText

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_BLANK = re.compile(r"\$\{([^}]*)\}")
_PLACES = ("Partition", "Region", "Account", "AccountId", "OwnerAccount")
_NAMES, _IDS = ("name", "identifier"), ("id", "identifier")
_SUFFIXES = frozenset(("name", "identifier", "id", "arn", "uuid"))
# What two services call the same thing by.
_ALIASES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "s3": {"BucketName": ("Bucket", "S3Bucket", "BucketName"), "ObjectName": ("Key", "S3Key", "ObjectName")},
    "iam": {
        "RoleNameWithPath": ("RoleName",),
        "UserNameWithPath": ("UserName",),
        "GroupNameWithPath": ("GroupName",),
        "PolicyNameWithPath": ("PolicyName", "ManagedPolicyName"),
        "InstanceProfileNameWithPath": ("InstanceProfileName",),
    },
    "logs": {"LogGroupName": ("LogGroupName",), "LogStreamName": ("LogStreamName",)},
    "secretsmanager": {"SecretId": ("SecretId", "Name")},
    "sns": {"TopicName": ("TopicName", "Name")},
    "ssm": {"ParameterNameWithoutLeadingSlash": ("Name",)},
    "events": {"RuleName": ("Name", "Rule"), "EventBusName": ("EventBusName", "Name")},
    "cloudwatch": {"AlarmName": ("AlarmName",), "DashboardName": ("DashboardName",)},
    "states": {"StateMachineName": ("StateMachineName", "Name")},
    "rds": {"DbInstanceName": ("DBInstanceIdentifier",), "DbClusterInstanceName": ("DBClusterIdentifier",)},
    "ecs": {"ServiceName": ("ServiceName",), "ClusterName": ("ClusterName", "Cluster")},
    "kms": {"KeyId": ("KeyId", "TargetKeyId", "KmsKeyId", "KMSMasterKeyId", "KmsMasterKeyId", "KmsKeyArn")},
    "sqs": {"QueueName": ("QueueName",)},
    "iot": {"ThingName": ("ThingName",)},
}
# What other things are called by, too: a `Key` of S3 is none of KMS.
_EXACT = ("KeyId", "ObjectName")
# Tokens of URLs that hold a name.
_FROM_URL = {"QueueName": ("QueueUrl", "Queues")}
_MOST = 12
# Services whose calls go to one region, which is us-east-1 in the partition aws.
GLOBAL = frozenset(
    ("iam", "cloudfront", "route53", "organizations", "globalaccelerator", "waf", "shield", "budgets", "ce")
)


@dataclass(frozen=True, slots=True)
class KnownValues:
    """What is known when a resource is looked for: the values by name, and of the thing itself the words of its type,
    its label for what is not known of it, whether the deploy makes up what nothing says, and the
    name that it makes up.
    """

    values: Mapping[str, Any]
    thing: frozenset[str]
    label: str
    made: bool
    generated: str = ""


def words(name: str) -> tuple[str, ...]:
    """Return the words of a name in lower case and in the singular."""
    return tuple(_singular(each.lower()) for each in _WORD.findall(name))


def _open(text: str) -> bool:
    return DeployText.partial(text) is not None


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 2 else word


def resources_of(action: str, told: KnownValues, place: Environment, main: str | None = None) -> list[str]:
    """Return the ARNs that an action is authorized on, perhaps known by shape only; `*` for an action that bears on no
    resource. `main` is the resource type of the thing itself, where that is known.
    """
    service, _, name = action.partition(":")
    found = catalog.action(service, name)
    if found is None or not found.resources:
        return ["*"]
    if service == "apigateway":
        return [f"arn:{place.partition}:apigateway:{place.region}::/{DeployText.unknown(f'the path of {told.label}')}"]
    types = [(each, kind) for each in found.resources if (kind := catalog.resource_type(service, each.name))]
    if service == "events":
        rule = "rule-on-custom-event-bus" if _on_custom_bus(told) else "rule-on-default-event-bus"
        types = [(each, kind) for each, kind in types if kind.name == rule or not kind.name.startswith("rule-on-")]
        main = rule if main is not None and main.startswith("rule-on-") else main
    required = [kind.name for each, kind in types if each.required]
    arns: dict[str, list[str]] = {kind.name: _arns(kind, told, place, main) for _, kind in types}
    told_of = [name for name, every in arns.items() if every and not any(map(_open, every))]
    if required:
        chosen = [*required, *(each for each in told_of if each not in required and len(types) <= 3)]
    elif main in arns:
        chosen = [str(main)]
    elif told_of:
        chosen = told_of[:1]
    elif len(types) == 1:
        chosen = list(arns)
    else:
        near = [each for each in arns if set(words(each)) & told.thing]
        chosen = near if len(near) == 1 else []
    every = list(dict.fromkeys(arn for each in chosen for arn in arns.get(each, ())))[:_MOST]
    return every or [_any_of(service, place, told)]


def _on_custom_bus(told: KnownValues) -> bool:
    """Say whether a rule of EventBridge is on a bus of its own: its ARN names the bus, then.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
    """
    return any(each.rpartition("/")[2] != "default" for each in _named(told.values, "EventBusName"))


def main_type(action: str | None, thing: frozenset[str]) -> str | None:
    """Return the resource type that a core call makes: of those that it requires the one most like the thing; None
    where none is.
    """
    if action is None:
        return None
    service, _, name = action.partition(":")
    found = catalog.action(service, name)
    if found is None or not found.resources:
        return None
    required = [each.name for each in found.resources if each.required] or [each.name for each in found.resources]
    required = [each for each in required if set(words(each)) & thing]
    if not required:
        return None
    return max(required, key=lambda each: (len(set(words(each)) & thing), -len(set(words(each)) - thing)))


def _any_of(service: str, place: Environment, told: KnownValues) -> str:
    unknown = DeployText.unknown(f"the resource of {told.label}")
    return f"arn:{place.partition}:{service}:{place.region}:{place.account}:{unknown}"


def _arns(kind: catalog.ResourceType, told: KnownValues, place: Environment, main: str | None) -> list[str]:
    template = kind.arn.split(", ")[0]
    given = list(_given(kind, template, told))
    if given:
        return given
    own = kind.name == main
    found = [""]
    at = 0
    for match in _BLANK.finditer(template):
        values = (
            [_where(match[1], place)]
            if match[1] in _PLACES
            else _values(match[1], kind, own=own, told=told, template=template)
        )
        found = [f"{head}{template[at : match.start()]}{value}" for head in found for value in values][:_MOST]
        at = match.end()
    return [f"{head}{template[at:]}" for head in found]


def _where(name: str, place: Environment) -> str:
    return {"Partition": place.partition, "Region": place.region}.get(name, place.account)


def _given(kind: catalog.ResourceType, template: str, told: KnownValues) -> Iterator[str]:
    """Give the values that are ARNs of a resource type already."""
    pattern = _shape(template)
    about = set(words(kind.name))
    for name, value in told.values.items():
        for each in value if isinstance(value, list) else (value,):
            if isinstance(each, str) and each.startswith("arn:") and pattern.fullmatch(each):
                said = set(words(name))
                if about & said or said <= {"arn", "resource", "id", "source"} or about <= told.thing:
                    yield each


@lru_cache(maxsize=4096)
def _shape(template: str) -> re.Pattern[str]:
    parts = _BLANK.split(template)
    # The parts between are names of placeholders: an account or a region may be empty, a name holds no colon.
    text = "".join(
        re.escape(each) if at % 2 == 0 else ("[^:]*" if each in _PLACES else ".+") for at, each in enumerate(parts)
    )
    return re.compile(text, re.S)


def _values(blank: str, kind: catalog.ResourceType, *, own: bool, told: KnownValues, template: str) -> list[str]:
    direct = _named(told.values, blank)
    aliases = _ALIASES.get(kind.service, {}).get(blank, ())
    for name in aliases:
        direct = direct or (_named(told.values, name) if name not in ("Name", "Id") or own or len(aliases) == 1 else [])
    for name in _FROM_URL.get(blank, ()):
        direct = direct or [each.rpartition("/")[2] for each in _named(told.values, name) if "/" in each]
    if not direct and (own or blank not in _EXACT):
        direct = _like(blank, kind, own=own, told=told)
    if direct:
        path = told.values.get("Path") if blank.endswith("WithPath") and own else None
        ready = [_plain(each, blank, template) for each in direct]
        if isinstance(path, str) and path.strip("/"):
            ready = [f"{path.strip('/')}/{each}" for each in ready]
        if kind.service == "secretsmanager" and blank == "SecretId":
            ready = [
                each if _open(each) else f"{each}-{DeployText.unknown('the suffix of the secret', unique=True)}"
                for each in ready
            ]
        return ready
    if own and told.generated and _parted(blank)[1] in ("name", ""):
        return [told.generated]
    return [DeployText.unknown(f"{blank} of {told.label}", unique=told.made and own)]


def _plain(value: str, blank: str, template: str) -> str:
    """Return a value as it stands in an ARN: of an ARN its last part, and no slash where the template has one."""
    if value.startswith("arn:") and not _open(value[:30]):
        value = value.split(":", 5)[-1]
        value = value.rpartition("/")[2] if "/" in value else value.rpartition(":")[2]
    if f"/${{{blank}}}" in template or f":{{{blank}" in template:
        value = value.removeprefix("/")
    if template.startswith("arn:${Partition}:kms") and value.startswith("alias/"):
        return DeployText.unknown(f"the key of {value}")
    return value


def _named(values: Mapping[str, Any], name: str) -> list[str]:
    wanted = name.lower()
    for each, value in values.items():
        if each.lower() == wanted:
            return _texts(value)
    return []


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value] if value else []
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return [str(value)]
    if isinstance(value, Sequence):
        return [each for each in value if isinstance(each, str) and each][:_MOST]
    return []


def _like(blank: str, kind: catalog.ResourceType, *, own: bool, told: KnownValues) -> list[str]:
    """Return the values of the member whose name says the same as a placeholder's: `DBInstanceIdentifier` for
    `DbInstanceName`; of the thing itself also its bare Name or Id.
    """
    base, suffix = _parted(blank)
    fits = _NAMES if suffix == "name" else _IDS if suffix == "id" else (suffix, *_NAMES) if suffix else ("", *_NAMES)
    generic: list[str] = []
    for name, value in told.values.items():
        its, its_suffix = _parted(name)
        found = _texts(value)
        if found and base and its == base and (its_suffix in fits or its_suffix in ("arn", "")):
            return found
        about = not its or set(its) == set(words(kind.name)) or set(its) == told.thing
        if found and own and about and its_suffix in fits and (its or its_suffix):
            generic = generic or found
    return generic


@lru_cache(maxsize=8192)
def _parted(name: str) -> tuple[tuple[str, ...], str]:
    every = words(name)
    if every[-2:] == ("with", "path"):
        every = every[:-2]
    return (every[:-1], every[-1]) if every and every[-1] in _SUFFIXES else (every, "")
