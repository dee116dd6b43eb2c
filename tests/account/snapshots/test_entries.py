"""One entry for each resource of a list, found as a look through the whole list finds it."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from preflight.account.snapshots.entries import Entries
from preflight.declared.resource_kinds import load_kind

_TEXTS = st.sampled_from(("a", "b", "c"))
_VALUES = st.one_of(_TEXTS, st.none(), st.just(["a"]), st.just(1))
# A kind of two members, one of two names for the same, and one whose list has its names alone.
_MEMBERS = {
    "ec2:instance-type-offering": ("InstanceType", "Location"),
    "kms:key": ("KeyId", "Arn"),
    "sagemaker:instance-type": ("InstanceType",),
}


@st.composite
def lists(draw: Any) -> tuple[str, list[Any], list[Any]]:
    """Give a kind, what its list has, and what is put there."""
    kind = draw(st.sampled_from(sorted(_MEMBERS)))
    resources = st.fixed_dictionaries({}, optional=dict.fromkeys((*_MEMBERS[kind], "State"), _VALUES))
    had = st.lists(st.one_of(resources, _TEXTS), max_size=4)
    put = st.lists(st.one_of(resources.filter(lambda each: "InstanceType" in each or kind == "kms:key"), _TEXTS))
    return kind, draw(had), draw(put)


def scanned(part: list[Any], names: list[tuple[str, ...]], *, alone: str | None, value: Any) -> None:
    """Put a value in a list by looking through all of it."""
    if alone is not None and isinstance(value, dict):
        value = value[alone]
    if not isinstance(value, dict):
        if value not in part:
            part.append(value)
        return
    for entry in part:
        if isinstance(entry, dict) and all(
            any(entry.get(each) is not None and entry.get(each) == value.get(each) for each in own) for own in names
        ):
            entry.update(value)
            return
    part.append(dict(value))


@given(lists())
def test_an_entry_is_found_as_by_a_look_through_the_list(case: tuple[str, list[Any], list[Any]]) -> None:
    kind, had, put = case
    names = {
        "ec2:instance-type-offering": [("InstanceType",), ("Location",)],
        "kms:key": [("KeyId", "Arn")],
        "sagemaker:instance-type": [("InstanceType",)],
    }[kind]
    expected, found = copy.deepcopy(had), copy.deepcopy(had)
    declared = load_kind(kind)
    entries = Entries(found, declared, declared.section("snapshot"))
    for value in put:
        scanned(expected, names, alone="InstanceType" if kind == "sagemaker:instance-type" else None, value=value)
        entries.add({}, value)
        assert found == expected


def test_a_long_list_is_put_in_one_go() -> None:
    declared = load_kind("ec2:instance-type-offering")
    part: list[Any] = []
    entries = Entries(part, declared, declared.section("snapshot"))
    for number in range(50_000):  # By looking through the list for each: hours.
        entries.add({}, {"InstanceType": f"t{number % 1000}", "Location": f"z{number}", "LocationType": "zone"})
    assert len(part) == 50_000
