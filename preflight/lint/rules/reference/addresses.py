"""Addresses in conditions: ranges as AWS reads them, and private ones, which requests over the internet never have.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_IPAddress
and https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourceip
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from preflight.lint.analysis.condition_index import Tested
from preflight.lint.analysis.ip_networks import network
from preflight.lint.policy.finding import Edit, Finding
from preflight.lint.policy.statements import ConditionEntry, Entry
from preflight.lint.policy.subject import Subject

if TYPE_CHECKING:
    pass


def range_exact(subject: Subject) -> Iterator[Finding]:
    """Find ranges with bits after their mask, which AWS ignores."""
    for condition in subject.once(Tested).of_kind("IPAddress"):
        for value in condition.values:
            found = network(value.text)
            if found is not None and "/" in value.text and str(found.network_address) != _address(value.text):
                edits = (Edit("replace", value.pointer, str(found)),)
                yield Finding(
                    value.pointer,
                    f"{value.text} has bits set after the first {found.prefixlen}, which AWS ignores",
                    f"write {found}",
                    edits=edits,
                )


def _address(text: str) -> str:
    from ipaddress import ip_address

    return str(ip_address(text.strip().partition("/")[0]))


def address_public(subject: Subject) -> Iterator[Finding]:
    """Find conditions on aws:SourceIp with nothing but private addresses."""
    for condition, private in _private(subject):
        if len(private) == len(condition.values):
            never = condition.lower_base == "ipaddress"
            yield Finding(
                condition.pointer,
                f"aws:SourceIp is never a private address such as {private[0].text}: "
                f"{condition.operator} {'never matches' if never else 'always matches'}",
                "use public addresses, or aws:VpcSourceIp with aws:SourceVpc for private addresses",
                on_name=True,
            )


def addresses_public(subject: Subject) -> Iterator[Finding]:
    """Find private addresses among public ones in conditions on aws:SourceIp."""
    for condition, private in _private(subject):
        if len(private) < len(condition.values):
            for value in private:
                yield Finding(
                    value.pointer,
                    f"aws:SourceIp is never a private address such as {value.text}",
                    "remove it, or use aws:VpcSourceIp with aws:SourceVpc in a separate statement",
                )


def _private(subject: Subject) -> Iterator[tuple[ConditionEntry, list[Entry]]]:
    for condition in subject.once(Tested).of_kind("IPAddress"):
        if condition.lower_key == "aws:sourceip":
            private = [value for value in condition.values if _is_private(value.text)]
            if private:
                yield condition, private


@lru_cache(maxsize=4096)
def _is_private(text: str) -> bool:
    from ipaddress import IPv4Network, IPv6Network

    found = network(text)
    if isinstance(found, IPv4Network):
        return any(found.subnet_of(IPv4Network(each)) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
    return isinstance(found, IPv6Network) and found.subnet_of(IPv6Network("fc00::/7"))
