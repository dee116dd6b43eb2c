"""What is known of a request's context: what the call settles, what the user vouches for, and what cannot be in it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from preflight.account.caller_keys import CallerKeys
from preflight.account.facts import Known
from preflight.declared.expressions import evaluate
from preflight.declared.operations import keys_in
from preflight.declared.resource_kinds import load_kind
from preflight.iam.request import Context, Value
from preflight.readiness.permissions.uncertain_keys import renamed_keys
from preflight.readiness.references import described_arn, references
from preflight.readiness.step import Step
from preflight.unresolved import DeployText

_ENCRYPTED = {"aws:SecureTransport": "true"}
"""AWS's SDKs and services call over TLS: https://docs.aws.amazon.com/general/latest/gr/rande.html"""

_ONLY_FROM_SERVICES = ("aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths")
"""Keys that are in a request only when a service makes it with its own principal.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

_FORWARDED = ("aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast")
"""Keys that are in a request only when a service makes it in a forward access session of somebody.

CloudFormation makes all its requests so, with a service role as without one:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/fas-requests-and-permission-evaluation.html
"""


def context_of_call(
    step: Step,
    action: str,
    declared: Mapping[str, Any],
    resource: str,
    tags: Mapping[str, str] | None,
    caller: CallerKeys,
) -> Context:
    """Return the context in which the caller of a step's request is authorized for an action on a resource.

    `declared` is the operation's `context`, `tags` those of the resource where they are known, `caller` the keys that
    follow from who calls. A key that nothing settles is unknown; one of the action's own service that AWS does not
    list for the action is absent.
    """
    values: dict[str, Value] = {**_ENCRYPTED, **caller.values}
    absent = [*absent_keys(action), *caller.absent]
    if action.partition(":")[0] == step.operation.id.partition(":")[0]:
        through = step.request.through
        values["aws:ViaAWSService"] = "true" if through else "false"
        absent.extend(_ONLY_FROM_SERVICES if through else (*_ONLY_FROM_SERVICES, *_FORWARDED))
        if through:
            values.update({_FORWARDED[0]: (through,), _FORWARDED[1]: through, _FORWARDED[2]: through})
    if resource == "*":
        values["aws:RequestedRegion"] = step.region
    _settle(step, action, declared, step.request.parameters, values, absent)
    _tagged(action, tags, values, absent)
    values.update(step.session.context())
    for name, value in step.plan.context.items():
        values[name] = value if isinstance(value, str) else tuple(value)
    return _known(values, absent)


def context_of_role(
    step: Step, action: str, declared: Mapping[str, Any], about: Mapping[str, Any], role: CallerKeys
) -> Context:
    """Return the context in which a service uses an execution role; `about` is the described shape that needs it,
    `role` the keys that follow from who the role is.

    What the user vouches for is about the caller's own requests, so it does not count here.
    """
    values: dict[str, Value] = {**_ENCRYPTED, "aws:RequestedRegion": step.region, **role.values}
    absent = [*absent_keys(action), *role.absent]
    _settle(step, action, declared, about, values, absent)
    return _known(values, absent)


def _known(values: dict[str, Value], absent: list[str]) -> Context:
    """Return the context without the values that are not wholly known: such a key is unknown, not absent."""
    open_ = [
        name
        for name, value in values.items()
        if DeployText.partial(name) or any(map(DeployText.partial, (value,) if isinstance(value, str) else value))
    ]
    if not open_:
        return Context(values, complete=False, absent=tuple(absent))
    rest = {name: value for name, value in values.items() if name not in open_}
    patterns = [each.lower() for each in absent]
    hidden = {each for each in patterns for name in open_ if _fits(each, name.lower())}
    return Context(rest, complete=False, absent=tuple(each for each in absent if each.lower() not in hidden))


def _fits(pattern: str, name: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern


def _settle(
    step: Step,
    action: str,
    declared: Mapping[str, Any],
    parameters: Mapping[str, Any],
    values: dict[str, Value],
    absent: list[str],
) -> None:
    over = step.place.values(parameters)
    for name, how in declared.items():
        if name.endswith("/*"):
            values.update({f"{name[:-1]}{key}": str(value) for key, value in evaluate(how, over) or ()})
            absent.append(name)
        elif isinstance(how, Mapping) and "kind" in how:
            found = [_arn(step, how["kind"], key) for key, _ in keys_in(how["each"], over)]
            if all(arn is not None for arn in found):
                _put(name, found, values, absent)
        else:
            value = evaluate(how["value"] if isinstance(how, Mapping) else how, over)
            if value is not None or not isinstance(how, Mapping):
                _put(name, value, values, absent)
    # What is not in the request under the new name of its key is not in it under the old one either.
    absent.extend(old for old, new in renamed_keys(action).items() if new in absent)


def _put(name: str, value: Any, values: dict[str, Value], absent: list[str]) -> None:
    if isinstance(value, list):
        texts = tuple(dict.fromkeys(_text(each) for each in value if each is not None))
        if texts:
            values[name] = texts
        else:
            absent.append(name)
    elif value is None:
        absent.append(name)
    else:
        values[name] = _text(value)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _arn(step: Step, kind_id: str, key: Mapping[str, str]) -> str | None:
    """Return a resource's ARN; None where its identity does not tell it and nothing describes it."""
    kind = load_kind(kind_id)
    if "described-arn" in kind.declared:
        for each in references(step):
            if each.kind == kind_id and dict(each.key) == dict(key) and isinstance(each.fact, Known):
                return described_arn(kind, each.fact)
        return None
    return kind.arn(key, partition=step.partition, region=step.region, account=step.account_id)


def _tagged(action: str, tags: Mapping[str, str] | None, values: dict[str, Value], absent: list[str]) -> None:
    """Put the resource's tags under the service's own key; `aws:ResourceTag` follows from the request."""
    if tags is None:
        return
    prefix = f"{action.partition(':')[0]}:ResourceTag/"
    values.update({f"{prefix}{key}": value for key, value in tags.items()})
    absent.append(f"{prefix}*")


@cache
def absent_keys(action: str) -> tuple[str, ...]:
    """Return patterns of the service's own condition keys that AWS does not list for an action or its resources.

    Source: AWS's service authorization reference, by way of the catalog. Nothing for an action it does not know.
    """
    from preflight.catalog import action as of_name
    from preflight.catalog import condition_keys, resource_type

    service, _, name = action.partition(":")
    found = of_name(service, name)
    if found is None:
        return ()
    listed = {_pattern(key) for key in found.all_condition_keys}
    for resource in found.resources:
        described = resource_type(service, resource.name)
        listed |= {_pattern(key) for key in described.condition_keys} if described else set()
    prefix = f"{service.lower()}:"
    patterns = {_pattern(key.name) for key in condition_keys(service)}
    uncertain = renamed_keys(action)
    return tuple(sorted(key for key in patterns - listed - set(uncertain) if key.lower().startswith(prefix)))


def _pattern(key: str) -> str:
    for open_mark in ("${", "<"):
        if open_mark in key:
            return key[: key.index(open_mark)] + "*"
    return key
