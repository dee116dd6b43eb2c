"""Where an answer stands in a snapshot, as its kind declares it in `rules/resources/` (`snapshot`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from preflight.account.facts import Absent, Ask, Fact, Known, Unknown
from preflight.account.snapshots.entries import Entries
from preflight.account.snapshots.redact import redacted
from preflight.declared.expressions import evaluate
from preflight.declared.resource_kinds import ResourceKind, load_kind


def document_of(
    answers: Iterable[tuple[Ask, Fact[Any]]], *, account: str, partition: str, regions: Iterable[str], taken_at: str
) -> dict[str, Any]:
    """Return the snapshot of what was answered (`schemas/snapshot.schema.json`), without secrets.

    What could not be read is in `unknown`, with the reason and what settles it. A list that was not read whole is named
    in its region's `incomplete`; what was found not to be there is in `absent` where a list that lacks it does not say
    so: one that is not whole, or a bucket's.
    """
    answers = list(answers)
    whole = _read_whole(answers)
    made: dict[str, Any] = {
        "version": 1,
        "taken_at": taken_at,
        "partition": partition,
        "account": account,
        "regions": {region: {} for region in regions},
    }
    held: dict[tuple[str, str], Entries] = {}
    unknown: list[dict[str, Any]] = []
    absent: list[dict[str, Any]] = []
    for ask, fact in sorted(answers, key=_order):
        kind = load_kind(ask.kind)
        where = kind.section("snapshot")
        if where is None:
            continue
        if isinstance(fact, Unknown):
            if "of-region" not in where:
                unknown.append({"kind": ask.kind, "region": ask.region, "key": dict(ask.key), "reason": fact.reason,
                                "resolution": fact.resolution})  # fmt: skip
            continue
        if isinstance(fact, Absent) and ask.key and _may_be_unlisted(where, ask.region, whole):
            absent.append({"kind": ask.kind, "region": ask.region, "key": dict(ask.key)})
        _place(made, held, kind, where, ask, fact)
    for region, parts in made["regions"].items():
        lists = sorted(name for name, value in parts.items() if isinstance(value, list) and (region, name) not in whole)
        if lists:
            parts["incomplete"] = lists
    if absent:
        made["absent"] = absent
    if unknown:
        made["unknown"] = unknown
    found: dict[str, Any] = redacted(jsonable(made))
    return found


def _read_whole(answers: Iterable[tuple[Ask, Fact[Any]]]) -> set[tuple[str, str]]:
    """Return the regions and parts of which all was asked for, and answered."""
    found = set()
    for ask, fact in answers:
        kind = load_kind(ask.kind)
        where = kind.section("snapshot") or {}
        # A parameter that stands elsewhere in what is described (StatusEquals) narrows the list.
        narrowed = {name for name, _ in ask.key} & set(where.get("key", ())) - set(kind.identity)
        listed = "part" in where and "member" not in where and isinstance(fact, Known)
        if listed and not narrowed and not kind.identifies(dict(ask.key)):
            found.add((ask.region, where["part"]))
    return found


def _may_be_unlisted(where: Mapping[str, Any], region: str, whole: set[tuple[str, str]]) -> bool:
    if "member" in where or "part" not in where:
        return False
    return where.get("complete") is False or (region, where["part"]) not in whole


def jsonable(value: Any) -> Any:
    """Return what boto3 gave as JSON has it: times as ISO 8601 texts, bytes left out."""
    if isinstance(value, Mapping):
        return {
            str(name): jsonable(each)
            for name, each in value.items()
            if name != "ResponseMetadata" and not isinstance(each, bytes)
        }
    if isinstance(value, list | tuple):
        return [jsonable(each) for each in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value


def _order(answer: tuple[Ask, Fact[Any]]) -> tuple[bool, bool, str, str, tuple[tuple[str, str], ...]]:
    """Lists come first, then what is described, then members of what is described: each adds to what is there."""
    ask, _ = answer
    where = load_kind(ask.kind).section("snapshot") or {}
    return "member" in where, bool(ask.key), ask.kind, ask.region, ask.key


def _place(
    made: dict[str, Any],
    held: dict[tuple[str, str], Entries],
    kind: ResourceKind,
    where: Mapping[str, Any],
    ask: Ask,
    fact: Known[Any] | Absent,
) -> None:
    key = dict(ask.key)
    if "organization" in where:
        _organization(made, where, key, fact)
    elif "iam" in where:
        _iam(made, kind, where, ask, fact)
    elif "of-region" in where:
        region = made["regions"].setdefault(key.get(where["of-region"]) or ask.region, {})
        for member, name in where["members"].items():
            if isinstance(fact, Known) and fact.value.get(member) is not None:
                region[name] = fact.value[member]
    elif "member" in where:
        entry = _entry(made, where, ask.region, key)
        entry[where["member"]] = fact.value if isinstance(fact, Known) else None
    else:
        part = made["regions"].setdefault(ask.region, {}).setdefault(where["part"], [])
        if isinstance(fact, Known):
            entries = held.get((ask.region, where["part"]))
            if entries is None or entries.kind is not kind:
                entries = held[ask.region, where["part"]] = Entries(part, kind, where)
            for value in [fact.value] if kind.identifies(key) else fact.value:
                entries.add(key, _whole(where, key, value))
            _alias(made, where, ask.region, key, fact.value)


def _whole(where: Mapping[str, Any], key: Mapping[str, str], value: Any) -> Any:
    """Return what is kept of a resource: of an S3 object its name alone, for its metadata is its owner's."""
    if "prefix" not in where or not isinstance(value, Mapping):
        return value
    member = where["prefix"]
    return {**{name: each for name, each in key.items() if name != "Prefix"}, member: value.get(member) or key[member]}


def _alias(made: dict[str, Any], where: Mapping[str, Any], region: str, key: Mapping[str, str], value: Any) -> None:
    """Keep by which other name a resource was found: a KMS key by its alias."""
    aliases = where.get("aliases")
    if aliases is None or aliases["of"] not in key or not evaluate(aliases["when"], dict(key)):
        return
    name = _first(aliases["name"]) if not key[aliases["of"]].startswith("arn:") else "AliasArn"
    entry = {name: key[aliases["of"]], aliases["target"]: value.get(aliases["of"])}
    listed = made["regions"][region].setdefault(aliases["part"], [])
    if entry not in listed:
        listed.append(entry)


def _entry(made: dict[str, Any], where: Mapping[str, Any], region: str, key: Mapping[str, str]) -> dict[str, Any]:
    """Return the entry that a member belongs to; a new one where its resource was not described."""
    part = made["regions"].setdefault(region, {}).setdefault(where["part"], [])
    paths = where.get("key", {})
    for entry in part:
        if isinstance(entry, dict) and all(_holds(entry, paths.get(name, name), each) for name, each in key.items()):
            return entry
    new = {_first(paths.get(name, name)): each for name, each in key.items()}
    part.append(new)
    return new


def _holds(entry: Mapping[str, Any], path: str, value: str) -> bool:
    return value in (entry.get(name.strip()) for name in path.strip("[]").split(","))


def _first(path: str) -> str:
    """Return the member that a path is, or the first of those that it lists: `[KeyId, Arn]`."""
    return path.strip("[]").split(",")[0].strip()


def _organization(made: dict[str, Any], where: Mapping[str, Any], key: Mapping[str, str], fact: Fact[Any]) -> None:
    if not isinstance(fact, Known):
        return
    levels = fact.value["levels"]
    if levels is None:
        made.setdefault("organization", None)
        return
    organization = made.get("organization") or {}
    organization.setdefault(where["organization"][key["PolicyType"]], {})[key["AccountId"]] = levels
    made["organization"] = organization


def _iam(made: dict[str, Any], kind: ResourceKind, where: Mapping[str, Any], ask: Ask, fact: Fact[Any]) -> None:
    iam = made.setdefault("iam", {})
    if not ask.key and not isinstance(fact, Unknown):
        iam.setdefault(where["iam"], []).extend(fact.value if isinstance(fact, Known) else ())
    elif isinstance(fact, Known):
        listed = iam.setdefault(where["iam"], [])
        member = "Arn" if "Arn" in fact.value else kind.identity[0]
        if not any(each.get(member) == fact.value.get(member) for each in listed):
            listed.append(fact.value)
