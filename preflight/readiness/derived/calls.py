"""What an AWS call is authorized by, where no file of `rules/operations/` declares it.

`rules/calls/` says it for calls whose actions are not just the one of the same name. Of the others the action of that
name is needed; what a call may need besides (tags on what it makes, a role that it passes) follows from its members.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from preflight import catalog
from preflight.catalog.dependent_actions import dependent_actions
from preflight.declared.call_permissions import (
    authorized_actions,
    declared_needs,
    needs_no_permission,
    operations,
    prefix_of,
)
from preflight.declared.expressions import evaluate, fill
from preflight.documents.plans.plan import PlannedResource
from preflight.readiness.derived.need import By, Certainty, DerivedNeed
from preflight.readiness.derived.passed_roles import roles_named

_CHANGES = re.compile(r"^(Create|Register|Put|Update|Run|Start|Launch|Import|Modify|Associate|Add|Enable)")
# Calls that hand no role to a service, whatever they name: what they read or take away.
_READS_OR_TAKES = re.compile(
    r"^(Get|List|Describe|BatchGet|Search|Lookup|Query|Delete|Remove|Disassociate|Detach|Revoke|Untag|Cancel|Stop)"
)
_TAGS = ("Tags", "tags", "TagList", "TagsList", "TagSpecifications", "tagSpecifications", "ResourceTags",
         "resourceTags", "UserPoolTags", "IdentityPoolTags", "BackupVaultTags", "BackupPlanTags")  # fmt: skip
_TAGGING = ("TagResource", "AddTags", "AddTagsToResource", "CreateTags", "TagQueue", "AddTagsToStream",
            "TagCertificateAuthority", "TagDeliveryStream", "Tag")  # fmt: skip
_BLANK = re.compile(r"\{([\w-]+)\+?\}")


def prefix(service: str) -> str:
    """Return the prefix that the actions of botocore's service have."""
    return prefix_of(service)


def needs_of(resource: PlannedResource) -> tuple[tuple[DerivedNeed, ...] | None, str]:
    """Return what a call needs; None, and the reason, where nothing tells."""
    return needs_of_call(resource.type, resource.properties)


def needs_of_call(call: str, parameters: Mapping[str, Any]) -> tuple[tuple[DerivedNeed, ...] | None, str]:
    """Return what a call (`service:Operation`, by botocore's names) with its parameters needs; None, and the reason,
    where nothing tells.
    """
    service, _, operation = call.partition(":")
    if needs_no_permission(call):
        return (), "it needs no IAM permission"
    declared = declared_needs(call)
    if declared is not None:
        return tuple(_declared(declared, parameters)), ""
    if service in ("apigateway", "apigatewayv2"):
        return (_of_gateway(service, operation, parameters), *_passed("", operation, parameters)), ""
    if (published := authorized_actions(prefix_of(service), operation)) is not None:
        return tuple(
            DerivedNeed(each, "needed", "core", "AWS's service reference lists it", parameters, tagged=True)
            for each in published
        ), ""
    action = catalog.action(prefix_of(service), operation)
    if action is None:
        return None, f"AWS's service authorization reference has no action {prefix_of(service)}:{operation}"
    return (*_by_name(action.id, operation, parameters), *_passed(action.id, operation, parameters)), ""


def _declared(entries: tuple[Mapping[str, Any], ...], parameters: Mapping[str, Any]) -> Iterator[DerivedNeed]:
    seen = set()
    for entry in entries:
        over = evaluate(entry["of"], parameters) or () if "of" in entry else (parameters,)
        for values in over:
            if "when" in entry and not evaluate(entry["when"], values):
                continue
            action = fill(entry["action"], values)
            found: Iterable[Mapping[str, Any]] = (evaluate(entry["each"], values) or ()) if "each" in entry else ({},)
            for named in found:
                laid = {**parameters, **{name: each for name, each in (named or {}).items() if each is not None}}
                certainty: Certainty = "maybe" if entry.get("maybe") or action is None else "needed"
                passed = evaluate(entry["role"], values) if "role" in entry else None
                key = (action or entry["action"], certainty, str(passed), str(sorted((named or {}).items())))
                if key in seen or ("role" in entry and not isinstance(passed, str)):
                    continue
                seen.add(key)
                yield DerivedNeed(
                    action or str(entry["action"]).partition("${")[0] + "Select",
                    certainty,
                    "override",
                    "it authorizes the call" if certainty == "needed" else "it depends on what the account has",
                    laid,
                    on=entry.get("on"),
                    passed=passed,
                    own=True,
                    tagged="Tag" in entry["action"] or entry is entries[0],
                    context=entry.get("context", {}),
                )


def _by_name(action: str, operation: str, parameters: Mapping[str, Any]) -> Iterator[DerivedNeed]:
    yield DerivedNeed(action, "needed", "core", "it authorizes the call", parameters, tagged=True)
    if not _CHANGES.match(operation):
        return
    service = action.partition(":")[0]
    if any(parameters.get(name) for name in _TAGS):
        known = next((name for name in _TAGGING if catalog.action(service, name)), None)
        if known:
            yield _extra(f"{service}:{known}", "maybe", "tag", "tags are set", parameters, tagged=True)


def _passed(action: str, operation: str, parameters: Mapping[str, Any]) -> Iterator[DerivedNeed]:
    """Give the roles that a call hands to a service."""
    if action.partition(":")[0] in ("iam", "sts"):
        return
    passes = "iam:PassRole" in dependent_actions(action)
    if not passes and _READS_OR_TAKES.match(operation):
        return
    for name, role in roles_named(parameters, passes=passes):
        yield DerivedNeed("iam:PassRole", "needed", "role", f"{name} names a role", parameters, passed=role, own=False)


def _extra(
    action: str, certainty: Certainty, by: By, why: str, parameters: Mapping[str, Any], *, tagged: bool
) -> DerivedNeed:
    return DerivedNeed(action, certainty, by, why, parameters, tagged=tagged)


def _of_gateway(service: str, operation: str, parameters: Mapping[str, Any]) -> DerivedNeed:
    """Return what API Gateway asks for: the HTTP method, on the path that the call goes to.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-iam-policy-examples.html
    """
    model = operations(service).get(operation, {})
    http, members = model.get("http", {}), model.get("members", {})
    at: dict[str, str] = {str(each.get("locationName", name)): str(name) for name, each in members.items()}

    def put(match: re.Match[str]) -> str:
        name = at.get(str(match[1]), str(match[1]))
        return str(parameters[name]) if isinstance(parameters.get(name), (str, int)) else f"${{{name}}}"

    path = _BLANK.sub(put, str(http.get("requestUri", "/")).partition("?")[0])
    path = path.removeprefix("/v2") if service == "apigatewayv2" else path
    on = f"arn:${{Partition}}:apigateway:${{Region}}::{path}"
    return DerivedNeed(
        f"apigateway:{http.get('method', 'GET')}", "needed", "core", "it authorizes the call", parameters, on=on
    )
