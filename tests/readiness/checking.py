"""One rule over a plan and a snapshot's region: what it says, and of what kind."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

import yaml

from preflight.account.facts import Account
from preflight.data_files import folder
from preflight.engine.result import Result
from preflight.engine.rule import load_rule
from tests.readiness.worlds import ACCOUNT, REGION, plan, steps


@cache
def _check(rule: str) -> Any:
    declared = yaml.safe_load((folder("rules") / "readiness" / f"{rule}.yaml").read_text(encoding="utf-8"))
    module, _, name = declared["check"].partition(":")
    return getattr(import_module(module), name)


def check(rule: str, document: Mapping[str, Any], facts: Mapping[str, Any] | Account) -> list[Result]:
    """Return what a rule says of every step of a plan."""
    return [result for step in steps(document, facts) for result in _check(rule)(step, load_rule(rule))]


def judge(rule: str, *requests: tuple[str, Mapping[str, Any]], region: str = REGION, **parts: Any) -> list[Result]:
    """Return what a rule says of requests in a region whose parts are given; `partition` is the snapshot's."""
    top = {"partition": parts.pop("partition")} if "partition" in parts else {}
    facts = {"version": 1, "account": ACCOUNT, "regions": {region: parts}, **top}
    return check(rule, plan(*requests, region=region), facts)


def only(results: list[Result]) -> Result:
    """Return the one result that there is."""
    (result,) = results
    return result


def pointer(result: Result) -> str:
    """Return the place of a result within its request's parameters."""
    assert result.location is not None
    return result.location.pointer.removeprefix("/requests/0/parameters")
