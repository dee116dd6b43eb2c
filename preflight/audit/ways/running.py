"""What exists that a way could take over or change, as far as the facts list it, and with which roles it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from preflight.account.facts import Ask, Known
from preflight.account.principals import parsed_policy
from preflight.account.snapshots.recorder import Recorder
from preflight.audit.access.holders import Holder
from preflight.audit.scene import Scene
from preflight.declared.expressions import evaluate
from preflight.declared.resource_kinds import all_kinds, load_kind
from preflight.iam.policy import Policy
from preflight.iam.request import PolicyType

KINDS = (
    "lambda:function",
    "ec2:instance",
    "sagemaker:notebook-instance",
    "sagemaker:running-processing-job",
    "sagemaker:running-training-job",
    "codebuild:project",
    "cloudformation:stack",
    "states:state-machine",
    "glue:dev-endpoint",
    "glue:job",
    "batch:job-definition",
    "ecs:task-definition",
)
"""What a snapshot reads of what runs with a role."""
_BATCH = 200


@dataclass(frozen=True, slots=True)
class ListedResources:
    """What the facts list of a kind, by ARN: the role or instance profile of each, None where it has none, and the
    policies of those that have one. `whole` is whether that is all in the regions that are looked at, `with_roles`
    whether all roles are known.
    """

    runs_as: Mapping[str, str | None]
    policies: Mapping[str, Policy]
    whole: bool
    with_roles: bool


_NOT_LISTED = ListedResources({}, {}, whole=False, with_roles=False)


def collect_running(recorder: Recorder, region: str) -> None:
    """Read what runs in a region, each with its role."""
    lists = recorder.read_many([Ask.all(kind, region) for kind in KINDS])
    for kind, listed in zip(KINDS, lists, strict=True):
        reader = load_kind(kind).section("runs-as").get("read")
        if reader is not None and isinstance(listed, Known):
            names = load_kind(reader).identity
            asks = [Ask.one(reader, region, _key(names, each)) for each in listed.value]
            for start in range(0, len(asks), _BATCH):
                recorder.read_many(asks[start : start + _BATCH])


class Running:
    """Says what exists of the kinds that ways name."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._listed: dict[str, ListedResources] = {}
        self._by_role: dict[str, dict[str, list[str]]] = {}
        self._declared = frozenset(all_kinds())

    def of(self, kind: str) -> ListedResources:
        """Return what the facts list of a kind. A kind that snapshots cannot list is not known."""
        if kind not in self._listed:
            self._listed[kind] = self._read(kind) if kind in self._declared and self._scene.regions else _NOT_LISTED
        return self._listed[kind]

    def with_role(self, kind: str, role: Holder) -> Sequence[str]:
        """Return the ARNs of what runs with a role, or with an instance profile that it is in."""
        if kind not in self._by_role:
            by_role = self._by_role[kind] = {}
            for arn, its in self.of(kind).runs_as.items():
                if its is not None:
                    by_role.setdefault(its, []).append(arn)
        known = self._by_role[kind]
        profiles = role.detail.get("InstanceProfileList") or ()
        # A Glue job may name its role without the ARN.
        names = (role.arn, role.name, *(str(each.get("Arn", "")) for each in profiles))
        return [arn for name in names for arn in known.get(name, ())]

    def _read(self, kind: str) -> ListedResources:
        declared, scene = load_kind(kind), self._scene
        runs_as = declared.section("runs-as") or {}
        found: dict[str, str | None] = {}
        policies: dict[str, Policy] = {}
        whole = with_roles = True
        for region in scene.regions:
            whole = whole and isinstance(scene.account.read(Ask.all(kind, region)), Known)
            for entry in scene.account.listed(kind, region):
                arn = entry.get(runs_as.get("arn", "")) or declared.arn(
                    _key(declared.identity, entry), partition=scene.partition, region=region, account=scene.account_id
                )
                with_roles = with_roles and runs_as.get("role") in entry
                role = evaluate(runs_as["of"], entry) if "of" in runs_as else entry.get(runs_as.get("role", ""))
                if arn:
                    found[str(arn)] = role
                if arn and isinstance(document := entry.get("Policy"), Mapping):
                    parsed = parsed_policy(f"the policy of {arn}", document, PolicyType.RESOURCE)
                    if isinstance(parsed, Policy):
                        policies[str(arn)] = parsed
        return ListedResources(found, policies, whole, with_roles)


def _key(identity: Sequence[str], entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: entry.get(name) or "" for name in identity}
