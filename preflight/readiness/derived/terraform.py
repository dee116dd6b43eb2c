"""What Terraform's provider needs to be allowed for a change: by the calls of its handlers and what the plan sets.

Reads after a change are unconditional. An argument counts as set where the configuration says it: what only the
provider computes does not. awscc's types are CloudFormation's, made through Cloud Control.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from preflight import catalog
from preflight.catalog.dependent_actions import dependent_actions
from preflight.declared.stack_data import all_stack_types, decided_calls, terraform_calls
from preflight.documents.plans.plan import PlannedResource
from preflight.documents.terraform.translate import properties
from preflight.readiness.derived import cloudformation
from preflight.readiness.derived.arns import words
from preflight.readiness.derived.calls import needs_of_call
from preflight.readiness.derived.need import By, Certainty, DerivedNeed
from preflight.readiness.derived.passed_roles import roles_named
from preflight.unresolved import DeployText

_READS = ("Get", "Describe", "List", "Head", "BatchGet", "Search", "Lookup", "Simulate")
_MAKES = ("Create", "Register", "Put", "Run", "Allocate", "Publish", "Request", "Import", "Add", "Associate", "Attach",
          "Authorize", "Enable", "Start", "Subscribe", "Set", "Update", "Modify", "Accept", "Provision")  # fmt: skip
_CHANGES = ("Update", "Modify", "Put", "Set", "Change", "Replace", "Reset", "Register")
_TAKES = ("Delete", "Deregister", "Remove", "Release", "Terminate", "Disassociate", "Detach", "Disable", "Revoke",
          "Unsubscribe", "Cancel", "Stop", "Untag", "Reject", "Schedule")  # fmt: skip
_TAGGING = re.compile(
    r"^(Tag|AddTags|AddTag|CreateTags|CreateOrUpdateTags|PutBucketTagging|PutObjectTagging|ChangeTags)"
)
_UNTAGGING = re.compile(r"^(Untag|RemoveTags|DeleteTags|RemoveTag|Delete\w+Tagging)")
_ROLE = re.compile(r"(^|_)role(_arn)?$")
_FILLING = frozenset(
    ("configuration", "config", "specification", "setting", "option", "arn", "id", "name", "in", "day")
)
# What the provider works out by itself, or asks for what IAM authorizes by nothing (sts:GetCallerIdentity).
_OF_NO_CALL = (
    "aws_arn", "aws_billing_service_account", "aws_caller_identity", "aws_cloudfront_log_delivery_canonical_user_id",
    "aws_cloudtrail_service_account", "aws_default_tags", "aws_eks_cluster_auth", "aws_elastic_beanstalk_hosted_zone",
    "aws_elb_hosted_zone_id", "aws_elb_service_account", "aws_iam_policy_document", "aws_ip_ranges",
    "aws_lb_hosted_zone_id", "aws_partition", "aws_redshift_service_account", "aws_region",
    "aws_sagemaker_prebuilt_ecr_image", "aws_service", "aws_service_principal",
)  # fmt: skip


def needs_of(resource: PlannedResource) -> tuple[tuple[DerivedNeed, ...] | None, str]:
    """Return what a change of a plan needs; None, and the reason, where nothing is known of its type."""
    if resource.type in _OF_NO_CALL:
        return (), "it makes no calls"
    if resource.type.startswith("awscc_"):
        return _of_cloud_control(resource)
    handlers = terraform_calls(resource.type) or _read_only(resource.type)
    if handlers is None:
        return None, f"the calls of the provider's {resource.type} aren't known"
    asked = _Needs(resource, handlers)
    if asked.changes_by_unknown_calls:
        return None, f"the calls by which the provider changes {resource.type} aren't known"
    found: dict[tuple[str, str | None], DerivedNeed] = {}
    for each in asked.all():
        before = found.get((each.action, each.passed))
        if before is None or _RANK[each.certainty] < _RANK[before.certainty]:
            found[each.action, each.passed] = each
    return tuple(found.values()), ""


def _read_only(type_: str) -> Mapping[str, list[str]] | None:
    """Return the calls of a data source that is no resource too, as `rules/needs/terraform.yaml` says them."""
    said = [each["call"] for each in decided_calls(type_)]
    return {"read": said} if said else None


_RANK: Mapping[Certainty, int] = {"needed": 0, "maybe": 1, "not-needed": 2}


class _Needs:
    def __init__(self, resource: PlannedResource, handlers: Mapping[str, list[str]]) -> None:
        self._resource, self._handlers = resource, handlers
        self._decided = {each["call"]: each for each in decided_calls(resource.type)}
        self._thing = set(words(resource.type.removeprefix("aws_")))
        said = resource.said if resource.said is not None else frozenset(resource.properties)
        self._said = {name for name in said if resource.properties.get(name) not in (None, "", [], {}, False)}
        before = resource.before
        self._values = {**before, **resource.properties} if resource.handler != "create" else dict(resource.properties)
        tags = {"tags", "tags_all"}
        self._changed = {name for name in said if before.get(name) != resource.properties.get(name)} - tags
        self._tagged = any(resource.properties.get(name) for name in tags)
        if resource.handler == "update":
            self._tagged = any(before.get(name) != resource.properties.get(name) for name in tags)

    @property
    def changes_by_unknown_calls(self) -> bool:
        """Whether arguments change of a type of which no call is known that would change them."""
        return self._resource.handler == "update" and bool(self._changed) and not self._handlers.get("update")

    def all(self) -> Iterator[DerivedNeed]:
        handler = self._resource.handler
        match handler:
            case "create":
                yield from self._made()
            case "update":
                yield from self._updated()
            case "delete":
                yield from self._deleted(self._resource.before)
        if handler in ("create", "update", "read"):
            for call in self._handlers.get("read", ()):
                if call in self._decided and handler != "read":
                    yield from self._by_hand(call, self._said)
                elif call.partition(":")[2].startswith(_TAKES):
                    yield from self._actions(call, "maybe", "rule", "the provider's read may make the call")
                else:
                    yield from self._actions(call, "needed", "rule", "the provider reads it")
        if self._resource.replaces:
            yield from self._deleted(self._resource.before)

    def _made(self) -> Iterator[DerivedNeed]:
        calls = self._handlers.get("create", ())
        reads, deletes = set(self._handlers.get("read", ())), set(self._handlers.get("delete", ()))
        core = self._core(calls, _MAKES)
        for call in calls:
            name = call.partition(":")[2]
            if call in reads:
                continue
            if call in self._decided:
                yield from self._by_hand(call, self._said)
            elif call == core:
                yield from self._actions(call, "needed", "core", "it makes the resource", tagged=True)
            elif name.startswith(_TAKES) or (name.startswith(_READS) and call in deletes):
                yield from self._actions(call, "not-needed", "rule", "it is for what is deleted")
            elif _TAGGING.match(name):
                continue
            else:
                yield from self._by_argument(call, self._said)
        yield from self._tags()
        yield from self._roles(self._said)

    def _updated(self) -> Iterator[DerivedNeed]:
        calls = self._handlers.get("update", ())
        reads = set(self._handlers.get("read", ()))
        core = self._core(calls, _CHANGES)
        for call in calls:
            name = call.partition(":")[2]
            if call in reads or _TAGGING.match(name):
                continue
            if call in self._decided:
                yield from self._by_hand(call, self._changed)
            elif call == core:
                certainty: Certainty = "maybe" if self._changed else "not-needed"
                why = f"{', '.join(sorted(self._changed)[:3])} changes" if self._changed else "nothing but tags changes"
                yield from self._actions(call, certainty, "core", why)
            elif not self._changed:
                yield from self._actions(call, "not-needed", "rule", "nothing but tags changes")
            else:
                yield from self._by_argument(call, self._changed)
        yield from self._tags()
        yield from self._roles(self._changed)

    def _deleted(self, before: Mapping[str, Any]) -> Iterator[DerivedNeed]:
        calls = self._handlers.get("delete", ())
        core = self._core(calls, _TAKES)
        there = {name for name, value in before.items() if value not in (None, "", [], {}, False)}
        for call in calls:
            if call in self._decided:
                found = list(self._by_hand(call, there))
            elif call == core:
                found = list(self._actions(call, "needed", "core", "it deletes the resource"))
            else:
                found = list(self._actions(call, "maybe", "rule", "the provider's handler may make the call"))
            yield from (replace(each, values=before) for each in found)

    def _core(self, calls: Iterable[str], verbs: tuple[str, ...]) -> str | None:
        """Return the call that makes, changes or deletes the resource itself: the one that is named most like it."""
        best: tuple[int, int, str] | None = None
        for call in calls:
            name = call.partition(":")[2]
            verb = next((each for each in verbs if name.startswith(each)), None)
            if verb is None or _TAGGING.match(name) or _UNTAGGING.match(name):
                continue
            noun = set(words(name[len(verb) :]))
            missing = len(noun - self._thing)
            if noun & self._thing:
                rank = (missing * 2 - len(noun & self._thing), verbs.index(verb), call)
                best = min(best, rank) if best else rank
        if best is not None:
            return best[2]
        first = [each for each in calls if each.partition(":")[2].startswith(verbs[0])]
        return first[0] if len(first) == 1 else None

    def _by_hand(self, call: str, told: set[str]) -> Iterator[DerivedNeed]:
        entry = self._decided[call]
        if "is" in entry:
            yield from self._actions(call, entry["is"], "override", "by the provider's source")
            return
        made: Certainty = "needed"
        arguments = entry.get("when", entry.get("unless"))
        if self._resource.handler == "update" and "update-maybe" in entry:
            arguments, made = entry["update-maybe"], "maybe"
        elif self._resource.handler == "update":
            arguments = entry.get("update-when", arguments)
        named = next((name for name in arguments if name in told), None)
        why = f"{named} is set" if named else f"{' and '.join(arguments)} not set" if arguments else "it is for updates"
        certainty: Certainty = made if (named is None) == ("unless" in entry) else "not-needed"
        yield from self._actions(call, certainty, "override", why)

    def _by_argument(self, call: str, told: set[str]) -> Iterator[DerivedNeed]:
        """Give a call that an argument of the same name calls for; perhaps, where none is of its name."""
        name = call.partition(":")[2]
        if name.startswith(_READS):
            yield from self._actions(call, "maybe", "rule", "the provider's handler may make the call")
            return
        verb = next((each for each in (*_MAKES, *_TAKES) if name.startswith(each)), "")
        noun = set(words(name[len(verb) :])) - self._thing
        noun = noun - _FILLING or noun
        strong = [each for each in self._resource.properties if noun and _about(each, self._thing) == noun]
        if not strong:
            yield from self._actions(call, "maybe", "rule", "the provider's handler may make the call")
            return
        named = next((each for each in strong if each in told), None)
        certainty: Certainty = "needed" if named else "not-needed"
        why = f"{named} is set" if named else f"{' and '.join(strong)} not set"
        yield from self._actions(call, certainty, "property", why)

    def _tags(self) -> Iterator[DerivedNeed]:
        calls = [each for each in self._handlers.get("update_tags", ()) if _TAGGING.match(each.partition(":")[2])]
        calls = calls or [each for each in self._handlers.get("create", ()) if _TAGGING.match(each.partition(":")[2])]
        near = [each for each in calls if set(words(each.partition(":")[2])) & self._thing - {"tag"}]
        chosen = near[:1] if near else calls if len(calls) == 1 else []
        for call in calls:
            if call in self._decided:
                continue
            if not self._tagged:
                yield from self._actions(call, "not-needed", "tag", "no tags are set")
            elif call in chosen:
                yield from self._actions(call, "needed", "tag", "tags are set", tagged=True)
            else:
                certainty: Certainty = "not-needed" if chosen else "maybe"
                yield from self._actions(call, certainty, "tag", "another call sets the tags of this type")

    def _roles(self, told: set[str]) -> Iterator[DerivedNeed]:
        """Give the roles that arguments name: whoever has a service use a role passes it."""
        if self._resource.type.startswith("aws_iam_") and self._resource.type != "aws_iam_instance_profile":
            return
        for name in sorted(told):
            value = self._resource.properties.get(name)
            if name == "iam_instance_profile" and isinstance(value, str):
                passed = DeployText.unknown(f"the role of the instance profile {DeployText(value).shown}")
                yield DerivedNeed(
                    "iam:PassRole", "needed", "role", f"{name} names a role", self._values, passed=passed, own=False,
                    context={"iam:PassedToService": "'ec2.amazonaws.com'"},
                )  # fmt: skip
                continue
            if not isinstance(value, str) or not _ROLE.search(name):
                yield from self._roles_inside(name, value)
                continue
            known = ":role/" in value or self._resource.type == "aws_iam_instance_profile"
            known = known or (DeployText.partial(value) is None and self._passes())
            if known or DeployText.partial(value) is not None:
                certainty: Certainty = "needed" if known else "maybe"
                yield DerivedNeed(
                    "iam:PassRole", certainty, "role", f"{name} names a role", self._values, passed=value, own=False
                )

    def _passes(self) -> bool:
        """Whether AWS lists iam:PassRole with a call by which the resource is made or changed."""
        calls = self._handlers.get(self._resource.handler, ())
        actions = (each.action for call in calls for each in needs_of_call(call, {})[0] or ())
        return any("iam:PassRole" in dependent_actions(each) for each in actions)

    def _roles_inside(self, name: str, value: Any) -> Iterator[DerivedNeed]:
        """Give the roles that an argument names somewhere inside, as ARNs; that of a batch job is in JSON."""
        if name.endswith("_properties") and isinstance(value, str):
            with suppress(ValueError, RecursionError):
                value = json.loads(value)
        for member, role in roles_named(value, (name,)):
            certainty: Certainty = "needed" if ":role/" in role else "maybe"
            why = f"{member} names a role"
            yield DerivedNeed("iam:PassRole", certainty, "role", why, self._values, passed=role, own=False)

    def _actions(
        self, call: str, certainty: Certainty, by: By, why: str, *, tagged: bool = False
    ) -> Iterator[DerivedNeed]:
        found, _ = needs_of_call(call, {})
        if found is None:
            found = (DerivedNeed(call, "maybe", "rule", why),) if catalog.action(*call.split(":")) else ()
        for each in found:
            if each.certainty == "needed":
                yield DerivedNeed(each.action, certainty, by, why, self._values, on=each.on, tagged=tagged)


def _about(name: str, thing: set[str]) -> set[str]:
    found = set(words(name)) - thing
    return found - _FILLING or found


def _of_cloud_control(resource: PlannedResource) -> tuple[tuple[DerivedNeed, ...] | None, str]:
    """Return what a resource of the provider awscc needs: the call of Cloud Control, and what its type's handler needs.

    https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/security.html
    """
    type_ = next((each for each in all_stack_types() if _folded(each) == resource.type.replace("_", "")), None)
    if type_ is None:
        return None, f"no resource type of CloudFormation is named like {resource.type}"
    given = properties(resource.properties, None)
    found, why = cloudformation.needs_of(replace(resource, type=type_, properties=given))
    if found is None:
        return None, why
    calls = {"create": ("CreateResource", "GetResource", "GetResourceRequestStatus"), "read": ("GetResource",),
             "update": ("UpdateResource", "GetResource", "GetResourceRequestStatus"),
             "delete": ("DeleteResource", "GetResourceRequestStatus")}  # fmt: skip
    own = tuple(
        DerivedNeed(f"cloudformation:{name}", "needed", "core", "Cloud Control makes the change", own=False)
        for name in calls.get(resource.handler, ())
        if catalog.action("cloudformation", name)
    )
    return (*own, *found), ""


def _folded(type_: str) -> str:
    return "awscc" + "".join(type_.split("::")[1:]).lower()
