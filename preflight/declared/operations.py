"""What an AWS operation needs, as `rules/operations/` declares it. Knows no service: a new operation is a new file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

from preflight.data_files import folder, head_and_examples, load_yaml
from preflight.declared.expressions import evaluate
from preflight.declared.partitions import suffix_of
from preflight.declared.resource_kinds import ResourceKind, load_kind
from preflight.errors import PreflightError

OperationEffect: TypeAlias = Literal["create", "update", "delete"]


@dataclass(frozen=True, slots=True)
class Environment:
    """Where a call is made: what expressions know beside the request's own parameters."""

    partition: str
    region: str
    account: str

    @property
    def dns_suffix(self) -> str:
        """The domain of the partition's endpoints (botocore's `endpoints.json`)."""
        return suffix_of(self.partition)

    def values(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return what expressions are evaluated over: parameters, and Partition, Region, Account and DnsSuffix."""
        return {
            **parameters,
            "Partition": self.partition,
            "Region": self.region,
            "Account": self.account,
            "DnsSuffix": self.dns_suffix,
        }


@dataclass(frozen=True, slots=True)
class Target:
    """What an action is authorized on.

    `kind` is a resource kind, or `*` for an action without resource-level permissions. `each` finds the identities of
    the resources (None: the operation's own parameters name it). With `within`, `each` is evaluated over every
    resource of that kind that the call relies on, rather than over the request.
    """

    kind: str
    each: str | None = None
    within: str | None = None


@dataclass(frozen=True, slots=True)
class Permission:
    """One action that the caller must be allowed, on each of its targets, when `when` holds (None: always).

    `rule` is the rule that reports it. `context` gives condition keys by JMESPath; a key ending in `/*` takes a list
    of pairs. `grant_with` is the condition that a statement which grants this should carry. `doubt` says why AWS may do
    without it, and `unless_granted_to` is a service that makes it needless where the resource's own policy lets that
    service do the actions named. `only_if_absent` says that it makes what it is on, so that it is not needed where that
    exists.
    """

    action: str
    on: tuple[Target, ...]
    rule: str
    when: str | None
    context: Mapping[str, Any]
    grant_with: Mapping[str, Mapping[str, str]]
    doubt: str = ""
    unless_granted_to: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    only_if_absent: bool = False


@dataclass(frozen=True, slots=True)
class ClientCall:
    """How to make the call and follow it: boto3's client, method and waiter, and what each status means.

    `status` is the member of the described resource that tells; `reason` the member that says why it failed. What
    `undo` would delete is kept where something new of the kinds of `kept_for` names it.
    """

    service: str
    method: str
    waiter: str | None
    status: str | None
    success: tuple[str, ...]
    progress: tuple[str, ...]
    failure: tuple[str, ...]
    reason: str | None
    stale: tuple[Mapping[str, str], ...]
    undo: str | None
    kept_for: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, `service:Operation`. `declared` is its whole file; checks read their own sections from there."""

    id: str
    declared: Mapping[str, Any]

    @property
    def summary(self) -> str:
        """What the call does, for messages: `creates an endpoint`."""
        return str(self.declared["summary"])

    @property
    def kind(self) -> ResourceKind:
        """The kind of resource that the call creates, updates or deletes."""
        return load_kind(self.declared["resource"])

    @property
    def effect(self) -> OperationEffect:
        """What the call does to that resource."""
        effect: OperationEffect = self.declared["effect"]
        return effect

    @property
    def service_principal(self) -> str | None:
        """The service that acts with the roles that the call passes or relies on: `sagemaker.amazonaws.com`."""
        principal: str | None = self.declared.get("service-principal")
        return principal

    def key(self, parameters: Mapping[str, Any]) -> dict[str, str] | None:
        """Return the identity of the resource that a request is about; None where the request does not name it."""
        key = {name: parameters.get(name) for name in self.kind.identity}
        return {n: str(v) for n, v in key.items()} if all(isinstance(v, str) and v for v in key.values()) else None

    def described(self, parameters: Mapping[str, Any], place: Environment) -> dict[str, Any]:
        """Return how AWS would describe the resource right after the call: the parameters, and what is declared."""
        extra = evaluate(self.declared["described"], place.values(parameters)) if "described" in self.declared else {}
        return {**parameters, **{name: value for name, value in extra.items() if value is not None}}

    def permissions(self) -> Iterator[Permission]:
        """Give every permission that the call may need of its caller."""
        for entry in self.declared["authorize"]:
            yield Permission(
                action=entry["action"],
                on=tuple(_target(target) for target in entry["resources"]),
                rule=entry.get("rule", "PRE110"),
                when=entry.get("when"),
                context=entry.get("context", {}),
                grant_with=entry.get("grant-with", {}),
                doubt=entry.get("doubt", ""),
                only_if_absent=bool(entry.get("only-if-absent")),
                unless_granted_to={who: tuple(to) for who, to in entry.get("unless-granted-to", {}).items()},
            )

    @property
    def call(self) -> ClientCall:
        """How to make the call."""
        call = self.declared["call"]
        return ClientCall(
            service=call["service"],
            method=call["method"],
            waiter=call.get("waiter"),
            status=call.get("status"),
            success=tuple(call.get("success", ())),
            progress=tuple(call.get("progress", ())),
            failure=tuple(call.get("failure", ())),
            reason=call.get("reason"),
            stale=tuple(call.get("stale", ())),
            undo=call.get("undo"),
            kept_for=tuple(call.get("kept-for", ())),
        )


def _target(declared: str | Mapping[str, str]) -> Target:
    if isinstance(declared, str):
        return Target(declared)
    return Target(declared["kind"], declared.get("each"), declared.get("in"))


def keys_in(each: str, values: Mapping[str, Any]) -> list[tuple[dict[str, str], dict[str, Any]]]:
    """Return the identities that an `each` finds, with what else its entries say (`via`, `Region`).

    Entries that are null or have a null member are skipped: they name nothing.
    """
    found = []
    for entry in evaluate(each, values) or ():
        if entry is None:
            continue
        said = {name: entry[name] for name in ("via", "Region") if entry.get(name) is not None}
        key = {name: value for name, value in entry.items() if name not in ("via", "Region")}
        if key and all(isinstance(value, str) for value in key.values()):
            found.append((key, said))
    return found


@cache
def load_operation(operation: str) -> Operation:
    """Load `rules/operations/<service>/<operation>.yaml` for `service:Operation`, whatever its case.

    Raises `PreflightError` for an operation that is not declared, naming the nearest one that is.
    """
    declared = load_yaml(head_and_examples(operation_file(operation).read_text(encoding="utf-8"))[0])
    return Operation(declared["operation"], declared)


def operation_file(operation: str) -> Path:
    """Return the file that declares an operation. Raises `PreflightError` as `load_operation` does."""
    path = _files().get(operation.lower())
    if path is None:
        from difflib import get_close_matches

        near = get_close_matches(operation.lower(), _files(), n=1)
        raise PreflightError(
            f"preflight does not know the operation {operation!r}; "
            + (f"did you mean {load_operation(near[0]).id!r}?" if near else f"it knows {', '.join(all_operations())}")
        )
    return path


def all_operations() -> list[str]:
    """Return the ids of every declared operation, sorted."""
    return sorted(load_operation(name).id for name in _files())


@cache
def _files() -> dict[str, Path]:
    """Return the declarations by operation in lower case, which a file's name spells with hyphens between words."""
    root = folder("rules") / "operations"
    return {f"{path.parent.name}:{path.stem.replace('-', '')}": path for path in root.glob("*/*.yaml")}
