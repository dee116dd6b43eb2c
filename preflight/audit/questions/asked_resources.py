"""The resources that a question about an action is asked of: of every type that the action has, and those that policies
name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from string import Template

from preflight.audit.access.holders import Holder
from preflight.audit.scene import Scene
from preflight.catalog import action as catalog_action
from preflight.catalog import resource_type
from preflight.catalog.arns import ArnForm, action_forms
from preflight.catalog.regions import regions
from preflight.declared.expressions import arn_part
from preflight.errors import UsageError
from preflight.iam.arn import Arn, ArnError
from preflight.iam.pattern import matches, overlaps

_NAMED = 3
_VARIABLE = re.compile(r"\$\{([^}*?$,]+)\}")
_SAMPLE_REGIONS: Mapping[str, str] = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}


def is_regional(action: str) -> bool:
    """Whether an action is on resources of a region."""
    service, _, name = action.lower().partition(":")
    return any(each.region for each in action_forms(service, name) or ())


def resources_of(scene: Scene, action: str) -> Iterator[str]:
    """Give the resources that an action can be on, with open names: of each of its types, in each region."""
    service, _, name = action.partition(":")
    found = catalog_action(service, name)
    types = () if found is None else found.resources
    # Types that are not required are alternatives; those that are go together, the first being what is acted on.
    required = [each for each in types if each.required][:1] or types
    yield from of_types(scene, service, [each.name for each in required])


def of_types(scene: Scene, service: str, types: Iterable[str]) -> Iterator[str]:
    """Give the resources of some types with open names, in each region; `*` where AWS's data has none of them."""
    declared = [each for each in (resource_type(service, one) for one in types) if each is not None]
    if not declared:
        yield "*"
        return
    held = scene.regions or (_SAMPLE_REGIONS.get(scene.partition, "us-east-1"),)
    given: dict[str, None] = {}
    for each in declared:
        for region in held:
            values = {"Partition": scene.partition, "Region": region, "Account": scene.account_id}
            filled = _filled(each.arn, values)
            if not set("*?$") & set("".join(filled.split(":", 5)[:5])):
                given[filled] = None
    yield from given or ["*"]


def named_resources(
    scene: Scene, holder: Holder, action: str, only: tuple[str, ...], forms: Sequence[ArnForm] | None = None
) -> Iterator[str]:
    """Give a resource for each pattern that a principal's policies allow the action on, in the regions of `only`, if
    the action can be on such a resource; with `forms` one of these.
    """
    service, _, name = action.lower().partition(":")
    forms = action_forms(service, name) if forms is None else forms
    found: dict[str, None] = {}
    for policy in holder.policies.identity:
        for statement in policy.about(action.lower()):
            patterns = statement.resources
            if statement.allows and patterns is not None and not patterns.negated:
                for text in patterns.texts:
                    own = _VARIABLE.sub(lambda each: _own_value(holder, each[1]), text)
                    if (forms is None or _may_mean(own, forms)) and (one := _one_of(scene, own, only)) is not None:
                        found[one] = None
    yield from found


def _own_value(holder: Holder, variable: str) -> str:
    """Return what a policy variable stands for in a request of a principal; the variable where that is not known."""
    key = variable.lower()
    if key == "aws:username" and holder.kind == "user":
        return holder.name
    if key == "aws:userid" and holder.kind == "user":
        return holder.unique_id or f"${{{variable}}}"
    tags = {f"aws:principaltag/{name}".lower(): value for name, value in (holder.tags or {}).items()}
    return tags.get(key, f"${{{variable}}}")


def _may_mean(text: str, forms: Sequence[ArnForm]) -> bool:
    """Whether a pattern may mean a resource of one of some forms."""
    parts = text.split(":", 5)
    if len(parts) < 6:
        return False
    return any(overlaps(parts[2], each.service) and overlaps(parts[5], each.resource) for each in forms)


def is_role(resource: str) -> bool:
    """Whether an ARN is a role's."""
    return arn_part(resource, "service") == "iam" and (arn_part(resource, "resource") or "").startswith("role/")


def require_resource_of(scene: Scene, action: str, on: str) -> None:
    """Raise `UsageError` for a resource that an action cannot be on: no ARN, one of another partition or type, or a
    role to assume that the account does not have.
    """
    if on == "*":
        return
    try:
        arn = Arn.parse(on)
    except ArnError as error:
        if not on.startswith("arn:"):
            raise UsageError(
                f"--on {on!r} isn't an ARN; write one such as arn:aws:sagemaker:us-east-1:111122223333:endpoint/x"
            ) from None
        raise UsageError(f"--on: {error}") from None
    if set("*?") & set(f"{arn.partition}{arn.service}{arn.region}{arn.account}"):
        raise UsageError(f"--on {on!r} has a wildcard before the resource's name; name its Region and account")
    if arn.partition != scene.partition:
        raise UsageError(f"--on {on!r} is of partition {arn.partition}, and the account of {scene.partition}")
    if arn.account and arn.account != "aws" and not (arn.account.isdigit() and len(arn.account) == 12):
        raise UsageError(f"--on {on!r} has {arn.account!r} for an account; an account ID has 12 digits")
    service, _, name = action.partition(":")
    forms = action_forms(service.lower(), name.lower())
    if forms is None:
        return
    if not forms:
        raise UsageError(f"{action} isn't limited to resources; leave out --on")
    if not any(_fits(each, arn) for each in forms):
        values = {"Partition": scene.partition, "Region": arn.region or "${Region}", "Account": scene.account_id}
        written = (Template(each.written).safe_substitute(values) for each in forms[:_NAMED])
        raise UsageError(f"{action} isn't on {on}; it's on {' or '.join(written)}")
    if service == "sts" and is_role(on) and arn.account == scene.account_id:
        _require_role(scene, on)


def _fits(form: ArnForm, arn: Arn) -> bool:
    if form.service != arn.service or bool(form.region) < bool(arn.region):
        return False
    # Of a name with wildcards it is enough that some of what it means is of the type.
    return overlaps(form.resource, arn.resource)


def _require_role(scene: Scene, on: str) -> None:
    found = scene.holders.by_arn.get(on)
    if found is None and not scene.holders.unknown and not set("*?") & set(on):
        near = get_close_matches(on, [each.arn for each in scene.holders.by_arn.values() if each.kind == "role"], n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise UsageError(f"account {scene.account_id} has no role {on}{hint}")


def _one_of(scene: Scene, text: str, only: tuple[str, ...]) -> str | None:
    """Return a resource that a pattern is about, with an open name where it is not written out; None for `*`."""
    # What a variable stands for that is not known is open: the decision says what it depends on.
    parts = _VARIABLE.sub("x", text).split(":", 5)
    if len(parts) < 6 or "$" in text.split(":", 5)[:5]:
        return None
    region, account = parts[3], parts[4]
    if region:
        known = only or (*scene.regions, *regions())
        region = next((each for each in known if matches(region, each)), "")
        if not region:
            return None
    if set(account) & set("*?"):
        account = scene.account_id if matches(account, scene.account_id) else ""
    name = parts[5].replace("*", "x").replace("?", "x")
    return ":".join(("arn", scene.partition, parts[2].replace("*", ""), region, account, name)) if parts[2] else None


def _filled(template: str, values: Mapping[str, str]) -> str:
    """Return an ARN template with what is known in place; what is not is open."""
    text = template
    for name, value in values.items():
        text = text.replace(f"${{{name}}}", value)
    fields = text.split(":", 5)
    # Accounts go by other names too: ${ManagementAccountId}.
    fields[:5] = [values["Account"] if each.startswith("${") else each for each in fields[:5]]
    parts = ":".join(fields).split("${")
    return parts[0] + "".join("?*" + part.partition("}")[2] for part in parts[1:])
