"""The policies of resources, as a question needs them: that of one resource, those that bear on an action, and which of
them the facts don't have.

`rules/audit-data/resource-policies.json` says which types have policies that can allow principals, and of which the
facts can have them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from preflight.account.facts import Absent, Unknown
from preflight.account.principals import parsed_policy
from preflight.audit.outside.shared_resources import SharedResource, lists_all, plural, shared_resources
from preflight.audit.scene import REGIONS, Scene
from preflight.catalog.arns import ArnForm, action_forms, arn_forms
from preflight.data_files import declared_json
from preflight.declared.expressions import arn_part
from preflight.declared.resource_kinds import load_kind
from preflight.iam.pattern import matches
from preflight.iam.policy import Policy
from preflight.iam.request import PolicyType

_TAKE = "take the snapshot with --resource-policies"
# Bucket names are shared by all accounts, so that one that is not listed may be another account's.
_ANY_ACCOUNT = ("s3:bucket",)
_DECLARED = "audit-data/resource-policies"
NO_NAME = "?*"


def policy_of(scene: Scene, resource: str) -> Policy | Unknown | None:
    """Return a resource's own policy; None where it has none, or is of a type that has none."""
    service, name = arn_part(resource, "service") or "", arn_part(resource, "resource") or ""
    if service == "sts" or (service == "iam" and name.startswith("role/")) or NO_NAME in resource:
        return None
    account = arn_part(resource, "account") or scene.account_id
    kind = next((each for each in _read() if _holds(each, service, name)), None)
    if kind is None:
        type_ = _unread_type(service, resource)
        return None if type_ is None else Unknown(f"the policy of {resource} is not in the facts")
    if account != scene.account_id:
        return Unknown(f"the policy of {resource} in account {account} is not known")
    found = scene.once(_by_arn).get(_holder_of(kind, resource))
    if found is not None:
        return parsed(found)
    region = arn_part(resource, "region") or ""
    whole = lists_all(scene, kind, region) if region else _all_regions(scene, kind)
    if whole and kind not in _ANY_ACCOUNT:
        return None
    return Unknown(f"the policy of {resource} is not in the facts", _TAKE)


def parsed(resource: SharedResource) -> Policy | Unknown | None:
    """Return a listed resource's policy, ready to be asked; None where it has none."""
    if isinstance(resource.policy, Absent):
        return None
    if isinstance(resource.policy, Unknown):
        return Unknown(f"the policy of {resource.called} is not in the facts", resource.policy.resolution)
    return parsed_policy(f"the policy of {resource.called}", resource.policy.value, PolicyType.RESOURCE)


def arn_for(resource: SharedResource, action: str) -> str | None:
    """Return the ARN that an action is on, of a resource whose policy bears on it: a bucket's objects have an open
    name. None where it doesn't.
    """
    form = next(iter(_types(action).get(resource.kind, ())), None)
    if form is None:
        return None
    return f"{resource.arn}/{NO_NAME}" if form.type == "object" else resource.arn


def resources(scene: Scene) -> Iterable[SharedResource]:
    """Return the resources of the facts that may have policies."""
    return scene.once(_by_arn).values()


def keys_of(scene: Scene) -> Mapping[str, Policy | None] | None:
    """Return the policies of all KMS keys by ARN; None where the facts don't have all of them."""
    return scene.once(_keys)


def left_to_account(policy: Policy | None, action: str, account: str) -> bool:
    """Whether a policy leaves it to its account whom to allow an action, for all that it says."""
    about = () if policy is None else policy.about(action.lower())
    return all(each.allows for each in about) and any(
        each.applies_always
        and each.principals is not None
        and not each.principals.negated
        and any(value == account or value.endswith(f"::{account}:root") for _, value in each.principals.entries)
        for each in about
    )


def kinds_for(action: str) -> Sequence[str]:
    """Return the kinds of resources whose policies may allow an action, of those that the facts can have."""
    return [each for each in _read() if each in _types(action)]


def unread_for(scene: Scene, action: str) -> Iterator[str]:
    """Say in words which policies of resources are not known that may allow an action to others."""
    service = action.partition(":")[0]
    types = _types(action)
    for kind in types:
        if kind in _read() and not _all_known(scene, kind):
            yield f"the policies of {plural(load_kind(kind).label)} are not all known, and may allow others; {_TAKE}"
    forms = action_forms(service.lower(), action.partition(":")[2].lower()) or ()
    unread = [each.type for each in forms if each.type in _not_read().get(service, ()) and not _makes(action, each)]
    if unread:
        names = " or ".join(each.replace("-", " ").lower() for each in unread)
        yield f"the policy of a {names} may allow others; preflight doesn't read it"


def unread(scene: Scene) -> str:
    """Say in words which policies of resources are not known that may allow a principal more; empty for none."""
    kinds = [plural(load_kind(kind).label) for kind in _read() if not _all_known(scene, kind)]
    if not kinds:
        return ""
    return f"the policies of {', '.join(kinds[:-1])}{' and ' if kinds[:-1] else ''}{kinds[-1]} are not all known, " + (
        f"and may allow more; {_TAKE}"
    )


@lru_cache(maxsize=4096)
def _types(action: str) -> Mapping[str, Sequence[ArnForm]]:
    """Return the forms of an action's resources that have policies of their own, by kind."""
    service, _, name = action.partition(":")
    found: dict[str, list[ArnForm]] = {}
    for form in action_forms(service.lower(), name.lower()) or ():
        for kind, types in _read().items():
            if kind.partition(":")[0] == service.lower() and form.type in types and not _makes(action, form):
                found.setdefault(kind, []).append(form)
    return found


def _makes(action: str, form: ArnForm) -> bool:
    """Whether an action makes the resource, which has no policy before."""
    return action.partition(":")[2].lower() == f"create{form.type}".lower()


def _by_arn(scene: Scene) -> Mapping[str, SharedResource]:
    return {each.arn: each for each in shared_resources(scene)}


def _keys(scene: Scene) -> Mapping[str, Policy | None] | None:
    if not _all_known(scene, "kms:key"):
        return None
    found: dict[str, Policy | None] = {}
    for each in scene.once(_by_arn).values():
        if each.kind == "kms:key":
            policy = parsed(each)
            if isinstance(policy, Unknown):
                return None
            found[each.arn] = policy
    return found


def _all_known(scene: Scene, kind: str) -> bool:
    whole = _all_regions(scene, kind)
    listed = (each for each in scene.once(_by_arn).values() if each.kind == kind)
    return whole and not any(isinstance(each.policy, Unknown) for each in listed)


def _all_regions(scene: Scene, kind: str) -> bool:
    asked = bool(scene.asked_regions) or not scene.account.was_refused(REGIONS)
    return bool(scene.regions) and asked and all(lists_all(scene, kind, region) for region in scene.regions)


def _holds(kind: str, service: str, name: str) -> bool:
    """Whether a resource is of a kind, or in one of a kind, by the service and the last part of its ARN."""
    if kind.partition(":")[0] != service:
        return False
    if service == "s3":
        return not name.startswith(("accesspoint/", "job/", "storage-lens/", "access-grants/"))
    if service in ("sqs", "sns"):
        # The ARN of a topic's subscription has one part more.
        return ":" not in name
    head = {"kms": "key/", "ecr": "repository/", "secretsmanager": "secret:", "lambda": "function:"}[service]
    return name.startswith(head)


def _holder_of(kind: str, resource: str) -> str:
    """Return the ARN of the resource that has the policy: an object's bucket, a function without its qualifier."""
    if kind == "s3:bucket":
        return resource.partition("/")[0]
    if kind == "lambda:function":
        return ":".join(resource.split(":")[:7])
    return resource


def _unread_type(service: str, resource: str) -> str | None:
    name = resource.split(":", 5)[-1]
    types = _not_read().get(service, ())
    return next((each.type for each in arn_forms(service) if each.type in types and matches(each.resource, name)), None)


def _read() -> Mapping[str, Sequence[str]]:
    found: Mapping[str, Sequence[str]] = declared_json(_DECLARED)["read"]
    return found


def _not_read() -> Mapping[str, Sequence[str]]:
    found: Mapping[str, Sequence[str]] = declared_json(_DECLARED)["not-read"]
    return found
