"""What each resource type comes to, as `rules/terraform.yaml` declares it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from preflight.data_files import folder, load_yaml
from preflight.documents.cloudformation.types import declared_of as declared_by_cloudformation

_NOT_DECLARED: Mapping[str, Any] = {}


def declared_of(type_: str) -> Mapping[str, Any]:
    """Return what is declared of a resource type; empty for one that is not declared."""
    found: Mapping[str, Any] = _file()["types"].get(type_, _NOT_DECLARED)
    return found


def made_as(declared: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a type of Terraform is made as: what is declared of a type of CloudFormation, or beside it."""
    return declared_by_cloudformation(declared["as"]) if "as" in declared else declared


def ignored() -> frozenset[str]:
    """Return the arguments that no call has."""
    return frozenset(_file()["ignore"])


def rank(type_: str) -> int:
    """Return the place of a type among those that are declared: of what does not refer to each other, that is the order
    in which it is made.
    """
    return _ranks().get(type_, -1)


def is_plain(argument: str, attribute: str) -> bool:
    """Say whether an argument takes what an attribute is, so that a reference to it is all that it holds."""
    return attribute in plain_attributes(argument)


def plain_attributes(argument: str) -> list[str]:
    """Return the attributes that an argument may be, most likely first."""
    return [name for arguments, attributes in _plain() if arguments.fullmatch(argument) for name in attributes]


@cache
def _plain() -> list[tuple[re.Pattern[str], list[str]]]:
    return [(re.compile(each["arguments"]), each["attributes"]) for each in _file()["plain"]]


@cache
def _ranks() -> Mapping[str, int]:
    return {name: at for at, name in enumerate(_file()["types"])}


@cache
def _file() -> Mapping[str, Any]:
    declared: Mapping[str, Any] = load_yaml((folder("rules") / "terraform.yaml").read_bytes())
    return declared
