"""Where what a result is about can be opened: its statement in the file of facts, or its page in AWS's console.

A result of an audit cites policies by names and is about an ARN. In a file of facts both have a place; what was read
from AWS has none there, but a page of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import chain
from typing import Any
from urllib.parse import quote

from preflight.declared.expressions import arn_part
from preflight.declared.resource_kinds import all_kinds, load_kind
from preflight.documents.text.document import Document
from preflight.engine.result import Evidence, Kind, Location, Result
from preflight.json_pointer import escape, parts

_LISTS = {
    "role": ("RoleDetailList", "RoleName", "RolePolicyList"),
    "user": ("UserDetailList", "UserName", "UserPolicyList"),
    "group": ("GroupDetailList", "GroupName", "GroupPolicyList"),
}
_INLINE = re.compile(r"(?:policy )?(?P<policy>.+) of (?P<kind>role|user|group) (?P<name>\S+)")
_TRUST = re.compile(r"the trust policy of (?:role )?(?P<name>\S+)")
_NUMBERED = re.compile(r"Statement\[(\d+)\]")
_CONTROL = ("service_control_policies", "resource_control_policies")
# The console finds the page of an ARN by itself, but for policies'; that of other partitions has other addresses.
_CONSOLE = "https://console.aws.amazon.com/"


def console_page(arn: str) -> str:
    """Return the address of a resource's page in the console; the ARN itself in another partition than `aws`."""
    if not arn.startswith("arn:aws:"):
        return arn
    way = "iam/home#/policies/" if arn.startswith("arn:aws:iam:") and ":policy/" in arn else "go/view?arn="
    return f"{_CONSOLE}{way}{quote(arn, safe=':/')}"


class ResultPlaces:
    """Says of the results of an audit where what they are about can be opened."""

    def __init__(self, document: Document, partition: str, account: str) -> None:
        """Take the facts of an account: of a file, or, without a text, as they were read from AWS."""
        self._document, self._partition, self._account = document, partition, account
        self._iam: Mapping[str, Any] = document.value.get("iam") or {}
        self._of_region: dict[tuple[str, str], Mapping[str, Mapping[str, int]]] = {}

    def placed(self, result: Result) -> Result:
        """Return a result that failed or is open with its place; others as they are."""
        if result.kind not in (Kind.FAIL, Kind.OPEN):
            return result
        if not self._document.text:
            where = Location(console_page(result.subject)) if result.subject.startswith("arn:") else None
            return replace(result, location=where)
        return result if result.location is not None else replace(result, location=self._in_file(result))

    def _in_file(self, result: Result) -> Location:
        pointer = next((found for each in result.evidence if (found := self._cited(each, result.subject))), "")
        pointer = pointer or self._of_arn(result.subject)
        # A line of a compressed file is no place that one can open.
        compressed = self._document.path.endswith(".gz")
        line, column = (None if compressed or not pointer else self._document.position(pointer)) or (None, None)
        return Location(self._document.path, pointer, line, column)

    def _cited(self, cited: Evidence, subject: str) -> str:
        """Return the pointer to a statement, or to its policy; empty for one that is not in the facts."""
        found = self._policy(cited.policy, subject)
        if found is None:
            return ""
        pointer, policy = found
        statements = policy.get("Statement") if isinstance(policy, Mapping) else None
        if isinstance(statements, Mapping):
            return f"{pointer}/Statement"
        numbered = _NUMBERED.fullmatch(cited.statement)
        for index, each in enumerate(statements if isinstance(statements, list) else ()):
            if index == int(numbered[1]) if numbered else each.get("Sid") == cited.statement != "":
                return f"{pointer}/Statement/{index}"
        return pointer

    def _policy(self, name: str, subject: str) -> tuple[str, Any] | None:
        """Return the pointer to a policy and its document, by the name that results cite it by."""
        if (managed := self._by_arn.get(name)) and managed.startswith("/iam/Policies/"):
            versions = self._iam["Policies"][int(managed.rpartition("/")[2])].get("PolicyVersionList") or ()
            return next(
                (
                    (f"{managed}/PolicyVersionList/{index}/Document", each.get("Document"))
                    for index, each in enumerate(versions)
                    if each.get("IsDefaultVersion", True)
                ),
                None,
            )
        if trust := _TRUST.fullmatch(name):
            role = self._by_name.get(("role", trust["name"]))
            return None if role is None else self._member(role, "AssumeRolePolicyDocument")
        if name.startswith("the policy of "):
            pointer = self._of_arn(subject)
            return self._member(pointer, "Policy") if pointer else None
        inline = _INLINE.fullmatch(name)
        if inline is not None:
            holder = self._by_name.get((inline["kind"], inline["name"]), "")
            return next(self._inline(holder, inline["policy"]), None)
        return next(chain(self._of_organization(name), self._inline(self._by_arn.get(subject, ""), name)), None)

    def _inline(self, holder: str, name: str) -> Iterator[tuple[str, Any]]:
        list_, policies = next(((each, of) for each, _, of in _LISTS.values() if f"/{each}/" in holder), ("", ""))
        if not list_:
            return
        entry = self._iam[list_][int(holder.rpartition("/")[2])]
        for index, each in enumerate(entry.get(policies) or ()):
            if each.get("PolicyName") == name:
                yield f"{holder}/{policies}/{index}/PolicyDocument", each.get("PolicyDocument")

    def _of_organization(self, name: str) -> Iterator[tuple[str, Any]]:
        for part in _CONTROL:
            levels = ((self._document.value.get("organization") or {}).get(part) or {}).get(self._account) or ()
            for number, level in enumerate(levels):
                for index, each in enumerate(level):
                    if each.get("name") == name:
                        at = f"/organization/{part}/{self._account}/{number}/{index}/policy"
                        yield at, each.get("policy")

    def _member(self, pointer: str, name: str) -> tuple[str, Any] | None:
        value = self._document.value
        for part in parts(pointer):
            value = value[int(part)] if isinstance(value, list) else value[part]
        return (f"{pointer}/{name}", value[name]) if name in value else (pointer, None)

    def _of_arn(self, arn: str) -> str:
        """Return the pointer to what an ARN names; empty for what is not in the facts."""
        return self._by_arn.get(arn) or next(self._in_region(arn), "") if arn.startswith("arn:") else ""

    def _in_region(self, arn: str) -> Iterator[str]:
        service = arn_part(arn, "service")
        at = arn_part(arn, "region")
        regions: Mapping[str, Mapping[str, Any]] = self._document.value.get("regions") or {}
        for region in [at] if at in regions else [] if at else list(regions):
            for part, entries in self._listed(str(service), str(region)).items():
                if arn in entries:
                    yield f"/regions/{escape(str(region))}/{part}/{entries[arn]}"

    def _listed(self, service: str, region: str) -> Mapping[str, Mapping[str, int]]:
        """Return the ARNs of what a region lists of a service, by the list, each with its first place in that."""
        found = self._of_region.get((service, region))
        if found is None:
            found = self._of_region[service, region] = {
                part: {self._arn(kind, region, listed[index]): index for index in reversed(range(len(listed)))}
                for kind in all_kinds()
                if kind.startswith(f"{service}:")
                and (part := (load_kind(kind).section("snapshot") or {}).get("part", "")) != ""
                and isinstance(listed := self._document.value["regions"][region].get(part), list)
            }
        return found

    def _arn(self, kind: str, region: str, entry: Any) -> str:
        if not isinstance(entry, Mapping):
            return ""
        return load_kind(kind).arn_in(entry, partition=self._partition, region=region, account=self._account)

    @cached_property
    def _by_arn(self) -> Mapping[str, str]:
        lists = (*(name for name, _, _ in _LISTS.values()), "Policies")
        return {
            str(each.get("Arn")): f"/iam/{name}/{index}"
            for name in lists
            for index, each in enumerate(self._iam.get(name) or ())
        }

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, str], str]:
        return {
            (kind, str(each.get(named))): f"/iam/{list_}/{index}"
            for kind, (list_, named, _) in _LISTS.items()
            for index, each in enumerate(self._iam.get(list_) or ())
        }
