"""Facts from a snapshot file. A part that is absent is unknown; a part that is there and lacks the item is absent,
unless the region says that the part is not complete (`incomplete`): then it is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from preflight.account.facts import Absent, Ask, Fact, Known, Unknown, resolution_in
from preflight.account.snapshots.index import Listing
from preflight.declared.expressions import evaluate
from preflight.declared.resource_kinds import ResourceKind, load_kind
from preflight.documents.text.document import Document
from preflight.errors import InputError


class Snapshot:
    """An `Account` that answers from one document (`schemas/snapshot.schema.json`), the same on every run."""

    def __init__(self, document: Mapping[str, Any], source: str) -> None:
        """Take a validated snapshot; `source` is what messages call it. Use `load` for anything unchecked."""
        self._document = document
        self._source = source
        self._unknown = {
            (each["kind"], each["region"], tuple(sorted(each["key"].items()))): Unknown(
                each["reason"], resolution_in(each)
            )
            for each in document.get("unknown", ())
        }
        self._absent = {
            (each["kind"], each["region"], tuple(sorted(each["key"].items()))) for each in document.get("absent", ())
        }
        self._listings: dict[tuple[str, str, str], Listing] = {}

    @classmethod
    def load(cls, document: Document | str | Path) -> Snapshot:
        """Read and validate a snapshot from a file (JSON or YAML, gzip by name) or from a document already read.

        Raises `InputError` naming file, place and mend when it cannot be used.
        """
        from preflight.documents.text.load import load
        from preflight.documents.text.schema import validate

        read = document if isinstance(document, Document) else load(str(document))
        if (
            isinstance(read.value, dict)
            and read.value
            and not {"version", "account", "regions", "iam"} & set(read.value)
        ):
            raise InputError(read.path, "is not a snapshot", mend="preflight snapshot --output FILE writes one")
        validate(read, "snapshot")
        return cls(read.value, read.path)

    @property
    def partition(self) -> str:
        """The partition the snapshot was taken in; `aws` where it does not say."""
        return str(self._document.get("partition", "aws"))

    @property
    def source(self) -> str:
        """The snapshot's file name, as the user gave it."""
        return self._source

    @property
    def waits(self) -> bool:
        """False: all of it is in memory."""
        return False

    def home_region(self) -> Fact[str]:
        """Return the only region that the snapshot has facts of."""
        if len(self.regions) == 1:
            return Known(self.regions[0])
        return Unknown(f"{self._source} holds {', '.join(self.regions) or 'none'}", "give --region")

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions that the snapshot has facts of."""
        return tuple(self._document.get("regions", {}))

    def account_id(self) -> Fact[str]:
        """Return the account the snapshot was taken of."""
        return Known(self._document["account"])

    def caller(self) -> Fact[str]:
        """Return unknown: nobody's credentials are in use."""
        return Unknown("a snapshot doesn't name the caller", "name the role or user with --principal ARN")

    def read_many(self, asks: Sequence[Ask]) -> list[Fact[Any]]:
        """Answer several questions in order."""
        return [self.read(ask) for ask in asks]

    def read(self, ask: Ask) -> Fact[Any]:
        """Answer one question. Raises `PreflightError` only for a kind that is not declared."""
        if not self._unknown:
            return self._read(ask)
        told = self._unknown.get((ask.kind, ask.region, ask.key))
        if told is None:
            found = self._read(ask)
            # Where all of a kind could not be listed, that is why one of them is not known.
            told = self._unknown.get((ask.kind, ask.region, ())) if isinstance(found, Unknown) else None
            if told is None:
                return found
        return Unknown(f"when {self._source} was taken, {told.reason}", told.resolution)

    @property
    def taken_at(self) -> datetime | None:
        """When the facts were read; None where the snapshot does not say."""
        return moment(self._document.get("taken_at"))

    def was_refused(self, ask: Ask) -> bool:
        """Whether what was asked could not be read when the snapshot was taken, rather than not being asked for."""
        return (ask.kind, ask.region, ask.key) in self._unknown

    def holds_names_only(self, kind: str, region: str) -> bool:
        """Say whether a list of a region was read for its names, without the policies of what is in it."""
        part = (load_kind(kind).section("snapshot") or {}).get("part", "")
        return part in self._document.get("regions", {}).get(region, {}).get("names_only", ())

    def listed(self, kind: str, region: str) -> Sequence[Mapping[str, Any]]:
        """Return what a list of a region has, whether it is whole or not. Raises as `read` does."""
        part = (load_kind(kind).section("snapshot") or {}).get("part", "")
        found: Sequence[Mapping[str, Any]] = self._document.get("regions", {}).get(region, {}).get(part) or ()
        return found

    def _read(self, ask: Ask) -> Fact[Any]:
        if (ask.kind, ask.region, ask.key) in self._absent:
            return Absent(f"it did not exist when {self._source} was taken")
        kind = load_kind(ask.kind)
        where = kind.section("snapshot")
        if where is None:
            reason = f"snapshots don't contain any {kind.label}"
            return Unknown(reason, "check against the live account", asked=False)
        key = dict(ask.key)
        if "of-region" in where:
            return self._region_members(where, key.get(where["of-region"]) or ask.region)
        if "organization" in where:
            return self._organization(where, key)
        parts = self._parts(kind, where, ask.region)
        if "member" in where:
            return self._member(where, parts, ask.region, key)
        if key and kind.identifies(key):
            return self._one(kind, where, parts, ask.region, key)
        if isinstance(parts, Unknown):
            return parts
        if self._is_partial(where, where.get("part", ""), ask.region):
            return Unknown(*self._partial(where, where["part"], ask.region))
        return Known([entry for listing in parts for entry in (listing.where(key) if key else listing.entries)])

    def _one(
        self,
        kind: ResourceKind,
        where: Mapping[str, Any],
        parts: Sequence[Listing] | Unknown,
        region: str,
        key: dict[str, str],
    ) -> Fact[Any]:
        found = None if isinstance(parts, Unknown) else self._find(where, parts, key)
        if found is None and "seen-in" in where:
            found = self._seen(where, region, key)
        if found is None and isinstance(parts, Unknown):
            return parts
        if (
            found is None
            and not isinstance(parts, Unknown)
            and "aliases" in where
            and evaluate(where["aliases"]["when"], key)
        ):
            target = self._alias_target(kind, where, region, key)
            if not isinstance(target, Known):
                return target
            found = self._find(where, parts, {where["aliases"]["of"]: target.value})
        container = self._container(where, region, key)
        if found is not None:
            value = found if isinstance(found, dict) else dict(key)
            if "any-region" in where and isinstance(container, Known):
                return Known({**container.value, **value})
            return Known(value)
        if container is not None and not isinstance(container, Known):
            return container
        if container is not None and where.get("any-region"):
            unlisted = self._region_without(where, region, key)
            if unlisted:
                return self._missing(f"regions.{unlisted}.{where['part']}", where["shape"])
        return self._not_listed(kind, where, region, key)

    def _member(
        self, where: Mapping[str, Any], parts: Sequence[Listing] | Unknown, region: str, key: Mapping[str, str]
    ) -> Fact[Any]:
        """Return one member of an entry. A resource that is not listed may have it all the same."""
        found = None if isinstance(parts, Unknown) else self._find(where, parts, key)
        if found is None or where["member"] not in found:
            return self._missing(
                f"{where['member']} of {'/'.join(key.values())} in {_place(where, region)}", where["shape"]
            )
        value = found[where["member"]]
        return Absent() if value is None else Known(value)

    def _find(self, where: Mapping[str, Any], parts: Sequence[Listing], key: Mapping[str, str]) -> Any:
        member = where.get("prefix")
        prefix = None
        if member is not None:
            prefix = key.get("Prefix")
            if prefix is None and (not key[member] or key[member].endswith("/")):
                prefix = key[member]
        for listing in parts:
            if prefix is None:
                found = listing.find(key)
            else:
                rest = {name: value for name, value in key.items() if name not in ("Prefix", member)}
                found = listing.find_under(str(member), prefix, rest)
            if found is not None:
                return found
        return None

    def _container(self, where: Mapping[str, Any], region: str, key: Mapping[str, str]) -> Fact[Any] | None:
        if "within" not in where:
            return None
        container = load_kind(where["within"])
        return self.read(Ask.one(container.id, region, {name: key[name] for name in container.identity if name in key}))

    def _region_without(self, where: Mapping[str, Any], region: str, key: Mapping[str, str]) -> str | None:
        """Return a region that lists the container but nothing of what is in it, if none lists both."""
        container = load_kind(where["within"])
        there, paths = container.section("snapshot"), container.section("snapshot").get("key", {})
        named = {name: key[name] for name in container.identity}
        lacking = None
        for name in self._region_names(where, region):
            listing = self._listing(name, there["part"], paths, ignores_case=False)
            if listing is not None and listing.find(named) is not None:
                if where["part"] in self._document["regions"][name]:
                    return None
                lacking = lacking or name
        return lacking

    def _alias_target(
        self, kind: ResourceKind, where: Mapping[str, Any], region: str, key: Mapping[str, str]
    ) -> Fact[str]:
        aliases = where["aliases"]
        listing = self._listing(region, aliases["part"], {aliases["of"]: aliases["name"]}, ignores_case=False)
        if listing is None:
            return self._missing(f"regions.{region}.{aliases['part']}", aliases["shape"])
        found = listing.find({aliases["of"]: key[aliases["of"]]})
        if found is None and aliases["part"] in self._document["regions"][region].get("incomplete", ()):
            return Unknown(*self._partial(aliases, aliases["part"], region))
        if found is None or not found.get(aliases["target"]):
            return self._not_listed(kind, where, region, key)
        return Known(str(found[aliases["target"]]))

    def _seen(self, where: Mapping[str, Any], region: str, key: Mapping[str, str]) -> Any:
        """Return what another part tells of the resource: a bucket with a listed object exists."""
        seen = where["seen-in"]
        for name in self._region_names(where, region):
            listing = self._listing(name, seen["part"], {}, ignores_case=False)
            found = listing.find(key) if listing else None
            if found is not None:
                return evaluate(seen["value"], found)
        return None

    def _not_listed(
        self, kind: ResourceKind, where: Mapping[str, Any], region: str, key: Mapping[str, str]
    ) -> Absent | Unknown:
        named = "/".join(key[name] for name in dict.fromkeys((*kind.identity, *key)) if name in key)
        place = _place(where, region)
        if where.get("complete") is False:
            return Unknown(
                f"{place} of {self._source} does not list {named}, which may belong to another account",
                f"add it to {place} ({where['shape']})",
            )
        owner = evaluate(where["owner"], key) if "owner" in where else None
        if owner is not None and owner != self._document["account"]:
            return Unknown(
                f"{named} belongs to {'AWS' if owner == 'aws' else f'account {owner}'} and is not in {self._source}",
                f"add it to {place} ({where['shape']})",
            )
        if self._is_partial(where, where.get("part", ""), region):
            return Unknown(*self._partial(where, where["part"], region, named))
        return Absent(f"{place} of {self._source} does not list {named}")

    def _is_partial(self, where: Mapping[str, Any], part: str, region: str) -> bool:
        """Say whether a part lacks some of what there is, in any region that it is looked for in."""
        regions = self._document.get("regions", {})
        return any(part in regions.get(name, {}).get("incomplete", ()) for name in self._region_names(where, region))

    def _partial(self, where: Mapping[str, Any], part: str, region: str, named: str = "") -> tuple[str, str]:
        place = f"regions.{region}.{part}"
        lacks = f", and does not list {named}" if named else ""
        return (
            f"{place} of {self._source} is not complete{lacks}",
            f"add it to {place} ({where['shape']}), or check against the live account",
        )

    def _parts(self, kind: ResourceKind, where: Mapping[str, Any], region: str) -> list[Listing] | Unknown:
        if "iam" in where:
            entries = (self._document.get("iam") or {}).get(where["iam"])
            if entries is None:
                return self._missing(f"iam.{where['iam']}", where["shape"])
            return [
                self._cached("", where["iam"], kind.id, entries, where.get("key", {}), ignores_case=kind.ignores_case)
            ]
        if region not in self._document.get("regions", {}) and not where.get("any-region"):
            reason, way = f"{self._source} has no region {region}", f"add regions.{region}, or check the live account"
            return Unknown(reason, way, asked=False)
        listings = [
            listing
            for name in self._region_names(where, region)
            if (listing := self._listing(name, where["part"], where.get("key", {}), ignores_case=kind.ignores_case))
        ]
        return listings or self._missing(f"regions.{region}.{where['part']}", where["shape"])

    def _region_names(self, where: Mapping[str, Any], region: str) -> Iterator[str]:
        yield region
        if where.get("any-region"):
            yield from (name for name in self._document.get("regions", {}) if name != region)

    def _listing(self, region: str, part: str, paths: Mapping[str, str], *, ignores_case: bool) -> Listing | None:
        entries = self._document.get("regions", {}).get(region, {}).get(part)
        if entries is None:
            return None
        return self._cached(region, part, str(sorted(paths.items())), entries, paths, ignores_case=ignores_case)

    def _cached(
        self, region: str, part: str, use: str, entries: list[Any], paths: Mapping[str, str], *, ignores_case: bool
    ) -> Listing:
        name = (region, part, use)
        if name not in self._listings:
            self._listings[name] = Listing(entries, paths, ignores_case=ignores_case)
        return self._listings[name]

    def _region_members(self, where: Mapping[str, Any], region: str) -> Fact[Any]:
        entry = self._document.get("regions", {}).get(region, {})
        value = {name: entry[member] for name, member in where["members"].items() if member in entry}
        if not value:
            member = next(iter(where["members"].values()))
            return self._missing(f"regions.{region}.{member}", where["shape"])
        return Known({where["of-region"]: region, **value})

    def _organization(self, where: Mapping[str, Any], key: Mapping[str, str]) -> Fact[Any]:
        member = where["organization"][key["PolicyType"]]
        if "organization" not in self._document:
            return self._missing("organization", "null if the account isn't in an organization")
        organization = self._document["organization"]
        if organization is None or organization.get("MasterAccountId") == key["AccountId"]:
            return Known({"levels": None})
        accounts = organization.get(member)
        if accounts is None or key["AccountId"] not in accounts:
            return self._missing(f"organization.{member}.{key['AccountId']}", where["shape"])
        return Known({"levels": accounts[key["AccountId"]]})

    def _missing(self, place: str, shape: str) -> Unknown:
        resolution = f"add it ({shape}), or check the live account"
        return Unknown(f"{self._source} doesn't contain {place}", resolution, asked=False)


def moment(text: Any) -> datetime | None:
    """Return a time that a snapshot has as ISO 8601; None for anything else."""
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _place(where: Mapping[str, Any], region: str) -> str:
    return f"iam.{where['iam']}" if "iam" in where else f"regions.{region}.{where['part']}"


def require_account(found: Fact[str], expected: str | None, *, source: str, said_by: str) -> None:
    """Check that the facts are of the account that the plan means.

    `said_by` is what names the expected account: `--account`, `the principal's ARN`, `the plan`. Raises `InputError`
    naming both accounts when they differ.
    """
    if expected is not None and isinstance(found, Known) and found.value != expected:
        raise InputError(
            source,
            f"these facts belong to account {found.value}, but {said_by} says account {expected}",
            mend="give the facts of that account, or correct the plan",
        )
