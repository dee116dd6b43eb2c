"""The resources that a question about an action is asked of: of every type that the action has, and those that policies
name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from preflight.account.facts import Ask, Known, Unknown
from preflight.account.principals import parsed_policy
from preflight.audit.access.holders import Holder
from preflight.audit.scene import Scene
from preflight.catalog import action as catalog_action
from preflight.catalog import resource_type
from preflight.catalog.regions import regions
from preflight.declared.expressions import arn_part
from preflight.iam.pattern import matches
from preflight.iam.policy import Policy
from preflight.iam.request import PolicyType

_SAMPLE_REGIONS: Mapping[str, str] = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}


def resources_of(scene: Scene, action: str) -> Iterator[str]:
    """Give the resources that an action can be on, with open names: of each of its types, in each region."""
    service, _, name = action.partition(":")
    found = catalog_action(service, name)
    types = () if found is None else found.resources
    # Types that are not required are alternatives; those that are go together, the first being what is acted on.
    required = [each for each in types if each.required][:1] or types
    declared = [each for each in (resource_type(service, one.name) for one in required) if each is not None]
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


def named_resources(scene: Scene, holder: Holder, action: str, only: tuple[str, ...]) -> Iterator[str]:
    """Give a resource for each pattern that a principal's policies allow the action on, in the regions of `only`."""
    found: dict[str, None] = {}
    for policy in holder.policies.identity:
        for statement in policy.about(action.lower()):
            patterns = statement.resources
            if statement.allows and patterns is not None and not patterns.negated:
                for text in patterns.texts:
                    if (one := _one_of(scene, text, only)) is not None:
                        found[one] = None
    yield from found


def policy_of(scene: Scene, resource: str) -> Policy | Unknown | None:
    """Return a resource's own policy; None where it has none, or where the facts have no policies of its type."""
    service, name = arn_part(resource, "service") or "", arn_part(resource, "resource") or ""
    if service == "sts" or name.startswith("role/"):
        return None
    ask = _ask(service, arn_part(resource, "region") or "", arn_part(resource, "account") or scene.account_id, name)
    if ask is None:
        return None
    fact = scene.account.read(ask)
    if isinstance(fact, Unknown):
        return Unknown(f"the policy of {resource} is not known", fact.resolution)
    if not isinstance(fact, Known) or not fact.value:
        return None
    return parsed_policy(f"the policy of {resource}", fact.value, PolicyType.RESOURCE)


def _ask(service: str, region: str, account: str, name: str) -> Ask | None:
    if service == "kms" and name.startswith("key/"):
        return Ask.one("kms:key-policy", region, {"KeyId": name.removeprefix("key/")})
    if service == "s3" and name and not name.startswith(("accesspoint", "job/")):
        return Ask.one("s3:bucket-policy", "", {"Bucket": name.partition("/")[0]})
    if service == "ecr" and name.startswith("repository/"):
        key = {"registryId": account, "repositoryName": name.removeprefix("repository/")}
        return Ask.one("ecr:repository-policy", region, key)
    return None


def _one_of(scene: Scene, text: str, only: tuple[str, ...]) -> str | None:
    """Return a resource that a pattern is about, with an open name where it is not written out; None for `*`."""
    parts = text.split(":", 5)
    if len(parts) < 6 or "$" in text:
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
