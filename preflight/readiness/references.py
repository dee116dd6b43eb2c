"""Everything that a request relies on: from the request, through what each resource names, to the last S3 object.

Which resource names which others is declared in `rules/resources/` (`references`) and, for what only the call itself
names, in `rules/operations/`. Each level is read in one go, so that a live account is asked in few round trips.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from preflight.account.facts import Ask, Fact, Known
from preflight.account.overlays.planned import planned_in
from preflight.declared.expressions import evaluate
from preflight.declared.operations import keys_in
from preflight.declared.registries import is_of_aws
from preflight.declared.resource_kinds import ResourceKind, load_kind
from preflight.readiness.step import Step


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """One resource that the request relies on, by one rule, however often it is named.

    `kind` and `key` identify it in `region` (empty for a global kind). `rule` is the rule that reports it. `fact` is
    what is known of it. `via` says in words how it is reached ("variant `blue` of endpoint configuration `c`").
    `owners` are the described shapes of what names it: the request's own comes first. `parents` are the references
    that name it, without those that the request itself names. `planned` says that an earlier request in the plan
    creates it, `covered` that an earlier request relies on it too, so that its own results tell. `same_region` says
    that AWS refuses it from another region, though it is only written to.
    """

    kind: str
    key: Mapping[str, str]
    region: str
    rule: str
    fact: Fact[Any]
    via: str
    owners: tuple[Mapping[str, Any], ...]
    parents: tuple[Reference, ...]
    planned: bool
    covered: bool
    same_region: bool = False

    @property
    def owner(self) -> Mapping[str, Any]:
        """The described shape of what names it first."""
        return self.owners[0]

    @property
    def name(self) -> str:
        """Its identity as people write it: the name, `bucket/key`, `repository:tag`."""
        return name_of(self.kind, self.key)

    @property
    def label(self) -> str:
        """What a message calls it: "model `m`"."""
        return f"{load_kind(self.kind).label} `{self.name}`"

    def arn(self, step: Step) -> str:
        """Return its ARN: as AWS describes it where known, else as declared; its name where there is none."""
        kind = load_kind(self.kind)
        region = self.region or step.region
        built = kind.arn(self.key, partition=step.partition, region=region, account=step.account_id)
        return described_arn(kind, self.fact) or built or self.name


def described_arn(kind: ResourceKind, fact: Fact[Any]) -> str | None:
    """Return the ARN that AWS describes, for kinds whose identity does not tell it (a key's alias), else None."""
    member = kind.declared.get("described-arn")
    if member is None or not isinstance(fact, Known) or not isinstance(fact.value, Mapping):
        return None
    return fact.value.get(member)


def references(step: Step) -> tuple[Reference, ...]:
    """Return everything that a step's request relies on, nearest first; worked out once for a step."""
    return step.memo.once(references, lambda: tuple(_closure(step)))


def reported(step: Step, rule: str, *kinds: str) -> list[Reference]:
    """Return the references that a rule is to report for this step, of some kinds or of all.

    What an earlier request in the plan relies on as well is left to the results of that request.
    """
    return [
        each
        for each in references(step)
        if each.rule == rule and not each.covered and (each.kind in kinds or not kinds)
    ]


def name_of(kind: str, key: Mapping[str, str]) -> str:
    """Return an identity as people write it."""
    if kind == "ecr:image":
        registry, repository = key.get("registryId", ""), key.get("repositoryName", "")
        tail = f"@{key['imageDigest']}" if "imageDigest" in key else f":{key.get('imageTag', 'latest')}"
        return f"{registry}/{repository}{tail}"
    names = (*load_kind(kind).identity, *key)
    return "/".join(key[name] for name in dict.fromkeys(names) if name in key)


@dataclass(slots=True)
class _Found:
    """A reference while its level is gathered."""

    kind: ResourceKind
    key: dict[str, str]
    region: str
    rule: str
    how: list[tuple[str, str]]
    owners: list[Mapping[str, Any]]
    parents: list[Reference]
    covered: bool
    follow: bool
    same_region: bool


def _closure(step: Step) -> Iterator[Reference]:
    level = list(_named_by_request(step))
    seen: dict[tuple[Any, ...], Reference] = {}
    while level:
        gathered: dict[tuple[Any, ...], _Found] = {}
        for found in level:
            identity = (found.kind.id, found.region, tuple(sorted(found.key.items())), found.rule)
            known = gathered.get(identity)
            if identity in seen:
                continue
            if known is None:
                gathered[identity] = found
            else:
                known.how.extend(found.how)
                known.owners.extend(found.owners)
                known.parents.extend(found.parents)
                known.covered &= found.covered
                known.follow |= found.follow
                known.same_region |= found.same_region
        asks = [Ask.one(each.kind.id, each.region, each.key, expected=True) for each in gathered.values()]
        level = []
        # The policies of what is named are asked for with it: the decisions that they bear on come later.
        facts = step.account.read_many([*asks, *_policies(step, gathered.values())])[: len(asks)]
        for (identity, found), ask, fact in zip(gathered.items(), asks, facts, strict=True):
            reference = Reference(
                kind=found.kind.id,
                key=found.key,
                region=found.region,
                rule=found.rule,
                fact=fact,
                via=_say(found.how),
                owners=tuple(found.owners),
                parents=tuple(found.parents),
                planned=planned_in(step.account, ask),
                covered=found.covered,
                same_region=found.same_region,
            )
            seen[identity] = reference
            yield reference
            if found.follow and isinstance(fact, Known) and isinstance(fact.value, Mapping):
                level.extend(_named_by(step, reference))


def policy_asked_for(step: Step, kind_id: str, values: Mapping[str, Any], region: str) -> Ask | None:
    """Return the question for the policy that a resource has, or that it lies under; None where there is none to ask.

    `values` are what is known of the resource: its identity, and its members where it is described.
    """
    declared = load_kind(kind_id).section("resource-policy")
    if declared is None or _is_shared(declared, values):
        return None
    key = evaluate(declared["key"], values)
    return Ask.one(declared["kind"], region or step.region, key) if key and None not in key.values() else None


def _is_shared(declared: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    owner = evaluate(declared["owner"], values) if "owner" in declared else None
    return "shared-by-aws" in declared and owner is not None and is_of_aws(owner)


def _policies(step: Step, named: Iterable[_Found]) -> list[Ask]:
    asks = (
        policy_asked_for(step, each.kind.id, step.place.values(each.key), each.region) for each in named if each.follow
    )
    return list(dict.fromkeys(ask for ask in asks if ask is not None))


def _named_by_request(step: Step) -> Iterator[_Found]:
    operation, described = step.operation, step.described
    key = operation.key(step.request.parameters)
    name = f"{operation.kind.label} `{name_of(operation.kind.id, key)}`" if key else f"the {operation.kind.label}"
    owner = "the request" if operation.effect == "delete" else name
    for entry in operation.declared.get("references", ()):
        yield from _entries(step, entry, described, owner, None, covered=False, follow=False)
    if operation.effect == "delete":
        return
    yield from _declared(step, operation.kind, described, name, None, covered=False)


def _named_by(step: Step, reference: Reference) -> Iterator[_Found]:
    kind = load_kind(reference.kind)
    covered = reference.covered or reference.planned
    yield from _declared(step, kind, reference.fact.value, reference.label, reference, covered=covered)  # type: ignore[union-attr]


def _declared(
    step: Step, kind: ResourceKind, value: Mapping[str, Any], name: str, parent: Reference | None, *, covered: bool
) -> Iterator[_Found]:
    for entry in kind.section("references") or ():
        yield from _entries(step, entry, value, name, parent, covered=covered, follow=True)


def _entries(
    step: Step,
    entry: Mapping[str, Any],
    value: Mapping[str, Any],
    name: str,
    parent: Reference | None,
    *,
    covered: bool,
    follow: bool,
) -> Iterator[_Found]:
    to = load_kind(entry["to"])
    for key, said in keys_in(entry["each"], step.place.values(value)):
        region = "" if to.declared.get("global") else str(said.get("Region") or step.region)
        how = (str(said.get("via") or entry.get("via") or ""), name)
        parents = [] if parent is None else [parent]
        same_region = bool(entry.get("same-region"))
        yield _Found(to, key, region, entry["rule"], [how], [value], parents, covered, follow, same_region)


def _say(how: Iterable[tuple[str, str]]) -> str:
    """Say how a resource is reached: "variants `a` and `b` of endpoint configuration `c`"."""
    owners: dict[str, list[str]] = {}
    for part, owner in how:
        parts = owners.setdefault(owner, [])
        if part and part not in parts:
            parts.append(part)
    return " and ".join(f"{' and '.join(parts)} of {owner}" if parts else owner for owner, parts in owners.items())
