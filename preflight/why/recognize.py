"""Which refusals a text tells of: AWS's full sentence first, then the forms of `rules/refusals.yaml`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from preflight.catalog.services import services
from preflight.declared.partitions import partition_of
from preflight.iam.access_denied import TRUST, AccessDenied, access_denied
from preflight.iam.request import PolicyType
from preflight.why.forms import Form, action_of, forms
from preflight.why.unwrap import Passage, passages

_ROLE = re.compile(r"arn:[a-z-]{3,20}:iam::\d{12}:role/[\w+=,.@/-]{1,576}")
_GROUP = re.compile(r"\$\{([\w-]+)\}")
_S3_PATH = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,62})(?:/(\S*))?")
_SENDS_TO = re.compile(r"Put|Copy|Create|Upload|Complete")
_PRINCIPALS = {
    "ecs": "ecs-tasks.amazonaws.com",
    "cloudwatch logs": "logs.amazonaws.com",
    "eventbridge": "events.amazonaws.com",
    "step functions": "states.amazonaws.com",
    "aws config": "config.amazonaws.com",
    "amazon eks": "eks.amazonaws.com",
    "emr": "elasticmapreduce.amazonaws.com",
    "emr serverless": "emr-serverless.amazonaws.com",
    "kinesis analytics": "kinesisanalytics.amazonaws.com",
    "api gateway": "apigateway.amazonaws.com",
}
_ACTION = re.compile(r"[a-z0-9-]+:\w+")
_MOST = 1000
# How far after a sentence its reason may be.
_TAIL = 300
_NO_CONTEXT: Mapping[str, tuple[str, ...]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refusal as the text tells it; what it does not tell is None.

    `inferred` says that some of it is not in AWS's words but follows from the form, the call or the CloudTrail record.
    `unknown` says what the text leaves open, empty if nothing. `encoded` is an encoded authorization message,
    `context` the condition keys that a decoded one shows.
    """

    principal: str | None = None
    action: str | None = None
    resource: str | None = None
    policy_type: PolicyType | str | None = None
    effect: str | None = None
    policy_arn: str | None = None
    inferred: bool = False
    unknown: str = ""
    encoded: str = ""
    context: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _NO_CONTEXT)


@dataclass(frozen=True, slots=True)
class Recognized:
    """What a text tells. `other` says what it is about, if that is known, where no authorization was refused."""

    refusals: tuple[Refusal, ...]
    other: str = ""


def recognize(text: str) -> Recognized:
    """Return the refusals that a text tells of, each once, in order; at most a thousand."""
    found: dict[tuple[str | None, ...], Refusal] = {}
    bare: list[Refusal] = []
    other = ""
    for passage in passages(text):
        told = list(_told(passage))
        for each in told:
            if each.action is None and each.principal is None:
                bare.append(each)
            else:
                key = (each.principal, (each.action or "").lower(), each.resource)
                # The same may be told twice, the second time with the type of policy.
                if key not in found or (found[key].policy_type is None and each.policy_type is not None):
                    found[key] = each
        if not told and not other:
            other = next((means for like, means in forms().others if like.search(passage.text)), "")
        if len(found) >= _MOST:
            break
    distinct = list(found.values())
    if not distinct:
        distinct = bare[:1]
    return Recognized(tuple(_without_halves(distinct)), "" if distinct else other)


def _without_halves(found: Sequence[Refusal]) -> Iterator[Refusal]:
    """Leave out what tells less of the same: the same action without a principal, beside one with it."""
    for each in found:
        fuller = any(
            other is not each
            and (other.action or "").lower() == (each.action or "").lower()
            and each.principal is None
            and other.principal is not None
            and each.resource in (None, other.resource)
            for other in found
        )
        if not fuller:
            yield each


def _told(passage: Passage) -> Iterator[Refusal]:
    text, event = passage.text, passage.event
    if passage.decoded:
        yield _of_decoded(passage.decoded)
        return
    whole = list(access_denied(text))
    for each in whole:
        yield _of_event(_of_sentence(each, text[each.end : each.end + _TAIL]), event)
    rest = _rest(text, whole) if whole else text
    seen = False
    for line in rest.splitlines() if "\n" in rest else ():
        for refusal in _by_form(" ".join(line.split()), text, plain=bool(whole)):
            seen = True
            yield _of_event(refusal, event)
    if whole or seen:
        return
    found = _by_form(" ".join(text.split()), text, plain=False)
    if not found and event and str(event.get("errorCode")) in forms().codes:
        found = (Refusal(inferred=True),)
    for refusal in found:
        yield _of_event(refusal, event)


def _of_decoded(decoded: Mapping[str, Any]) -> Refusal:
    """Return what DecodeAuthorizationMessage says; its statements are shown without the policy that they are in."""
    context = decoded["context"]
    principal = context.get("principal")
    values: dict[str, tuple[str, ...]] = {}
    for each in _items(context.get("conditions")):
        held = tuple(str(value.get("value", "")) for value in _items(each.get("values")))
        if isinstance(each.get("key"), str) and held:
            values[each["key"]] = held
    return Refusal(
        principal=_text_of(principal, "arn") or _text_of(principal, "id"),
        action=_text_of(context, "action"),
        resource=_text_of(context, "resource"),
        effect="explicitDeny" if decoded.get("explicitDeny") is True else "implicitDeny",
        unknown="The decoded message does not say which type of policy denied the request.",
        context=values,
    )


def _items(value: Any) -> list[Mapping[str, Any]]:
    items = value.get("items") if isinstance(value, dict) else None
    return [each for each in items if isinstance(each, dict)] if isinstance(items, list) else []


def _text_of(value: Any, name: str) -> str | None:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, str) and found else None


def _of_sentence(said: AccessDenied, tail: str) -> Refusal:
    """Return what a full sentence says; the `tail` after it may say what refused where no policy did."""
    unknown = ""
    if said.maybe_missing:
        unknown = (
            "The message leaves open whether the resource exists in this Region, no resource-based policy allows it, "
            "or one explicitly denies it."
        )
    elif said.policy_type is None:
        ends = ((form, form.like.search(tail)) for form in forms().forms if form.after_sentence)
        by_other = next((_template(form.unknown, found.groupdict()) for form, found in ends if found), None)
        unknown = by_other or "The message does not say which type of policy denied the request."
    policy_type, effect = said.policy_type, said.effect
    principal = said.principal
    if said.action.lower().startswith("sts:assumerole"):
        if said.policy_type is PolicyType.RESOURCE:
            policy_type = TRUST
        elif said.policy_type is None and (service := _service_principal(principal)):
            # "CodeBuild is not authorized to perform: sts:AssumeRole on …": a service has no policy but the role's.
            principal, policy_type = service, TRUST
            unknown = "The role may not exist, or its trust policy does not let the service assume it."
    return Refusal(
        principal or None,
        said.action,
        said.resource or None,
        policy_type,
        effect,
        said.policy_arn or None,
        unknown=unknown,
    )


def _service_principal(name: str) -> str | None:
    """Return the principal of a service that a message calls by a name, `codebuild.amazonaws.com` of `CodeBuild`."""
    name = name.lower()
    return _PRINCIPALS.get(name) or (f"{name}.amazonaws.com" if name in services() else None)


def _rest(text: str, whole: Sequence[AccessDenied]) -> str:
    """Return the lines that hold no part of a full sentence."""
    kept, at = [], 0
    for line in text.splitlines(keepends=True):
        end = at + len(line)
        if not any(each.start < end and at < each.end for each in whole):
            kept.append(line)
        at = end
    return "".join(kept)


def _by_form(text: str, around: str, *, plain: bool) -> tuple[Refusal, ...]:
    """Return what the first form says that is found in a text; the text `around` it may name the role.

    A form that lists actions is a refusal of each. With `plain`, only forms that name an action count.
    """
    declared = forms()
    for form in declared.forms:
        found = form.like.search(text)
        if found is None:
            continue
        groups = {name: value for name, value in found.groupdict().items() if value}
        if "code" in groups and groups["code"] not in declared.codes:
            continue
        if form.yields and any(like.search(text) for like, _ in declared.others):
            continue
        refusal = _filled(form, groups, text, around)
        if plain and refusal.action is None:
            continue
        actions = _ACTION.findall(groups.get("actions", "")) or [refusal.action]
        return tuple(replace(refusal, action=each) for each in actions)
    return ()


def _filled(form: Form, groups: dict[str, str], text: str, around: str) -> Refusal:
    roles = _ROLE.findall(text)[:1] or list(dict.fromkeys(_ROLE.findall(around)))
    if len(roles) == 1:
        groups["role"] = roles[0].rstrip(".,")
    partition = re.search(r"\barn:(aws[a-z-]*):", text)
    groups["partition"] = partition[1] if partition else partition_of(groups.get("region", ""))
    if "service" in groups:
        name = groups["service"].lower()
        groups["service-principal"] = _PRINCIPALS.get(name, f"{name.replace(' ', '')}.amazonaws.com")
    parameters = _parameters(groups.get("parameters", ""))
    action = _template(form.action, groups)
    if not action and "operation" in groups:
        service = form.service or groups.get("service", "")
        if not service and ("s3://" in text or "Bucket" in parameters):
            service = "s3"
        action = action_of(groups["operation"], service)
    resource = _template(form.resource, groups) or _s3(groups, text, parameters)
    unknown = (
        _template(form.unknown, groups)
        or "The message names neither the caller nor the policy that denied the request."
    )
    return Refusal(
        principal=_template(form.principal, groups),
        action=action,
        resource=resource,
        policy_type=TRUST if form.policy_type == TRUST else None,
        inferred=bool(action or resource) and "actions" not in groups,
        unknown=unknown,
        encoded=groups.get("encoded", ""),
    )


def _template(template: str, groups: Mapping[str, str]) -> str | None:
    """Fill a template; None where it is empty or names a group that the text does not have."""
    names = _GROUP.findall(template)
    if not template or any(name not in groups for name in names):
        return None
    return _GROUP.sub(lambda found: groups[found[1]], template)


def _parameters(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _s3(groups: Mapping[str, str], text: str, parameters: Mapping[str, Any]) -> str | None:
    """Return the ARN of the bucket or object that an S3 call was about."""
    operation = groups.get("operation", "")
    if isinstance(bucket := parameters.get("Bucket"), str):
        return _s3_arn(groups["partition"], operation, bucket, str(parameters.get("Key", "")))
    paths = _S3_PATH.findall(groups.get("paths", "") or ("" if "operation" not in groups else text))
    if not paths:
        return None
    bucket, key = paths[-1] if _SENDS_TO.match(operation) else paths[0]
    return _s3_arn(groups["partition"], operation, bucket, key.rstrip(".,:"))


def _s3_arn(partition: str, operation: str, bucket: str, key: str) -> str:
    whole_bucket = "Bucket" in operation or operation.startswith("ListObject") or not key
    return f"arn:{partition}:s3:::{bucket}" + ("" if whole_bucket else f"/{key}")


def _of_event(refusal: Refusal, event: Mapping[str, Any]) -> Refusal:
    """Fill in from a CloudTrail record what its error message leaves out."""
    if not event:
        return refusal
    given: dict[str, Any] = {}
    if refusal.principal is None:
        identity = event.get("userIdentity")
        identity = identity if isinstance(identity, dict) else {}
        given["principal"] = next(
            (str(identity[name]) for name in ("arn", "invokedBy", "principalId") if identity.get(name)), None
        )
    if refusal.action is None:
        service = str(event.get("eventSource", "")).removesuffix(".amazonaws.com")
        name = str(event.get("eventName", ""))
        given["action"] = action_of(name, service) or (f"{service}:{name}" if service and name else None)
    if refusal.resource is None:
        given["resource"] = _resource_of(event)
    found = {name: value for name, value in given.items() if value}
    if not found:
        return refusal
    unknown = "The message does not say which type of policy denied the request." if refusal.policy_type is None else ""
    return replace(refusal, **found, inferred=True, unknown=unknown)


def _resource_of(event: Mapping[str, Any]) -> str | None:
    resources = event.get("resources")
    for each in resources if isinstance(resources, list) else ():
        if isinstance(each, dict) and isinstance(arn := each.get("ARN") or each.get("arn"), str):
            return arn
    parameters = event.get("requestParameters")
    parameters = parameters if isinstance(parameters, dict) else {}
    if isinstance(bucket := parameters.get("bucketName"), str):
        return _s3_arn("aws", str(event.get("eventName", "")), bucket, str(parameters.get("key", "")))
    arns = [value for value in parameters.values() if isinstance(value, str) and value.startswith("arn:")]
    return arns[0] if len(arns) == 1 else None
