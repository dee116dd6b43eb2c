"""PRE101: who makes the call."""

from __future__ import annotations

from typing import Any

import pytest

from preflight.account.facts import Fact, Known
from preflight.account.snapshots.snapshot import Snapshot
from tests.readiness.worlds import ACCOUNT, CREATE, DEPLOYER, kinds, plan, results, role, snapshot


class Calling(Snapshot):
    """A snapshot with credentials in use, as a live account has them."""

    def __init__(self, caller: str) -> None:
        super().__init__(snapshot(role("deployer")), "the live account")
        self._caller = caller

    def caller(self) -> Fact[str]:
        return Known(self._caller)


def test_a_role_that_is_there() -> None:
    (found,) = results("PRE101", plan(CREATE), snapshot(role("deployer")))
    assert (found.kind.value, found.subject) == ("pass", DEPLOYER)


def test_once_for_a_plan() -> None:
    assert kinds(results("PRE101", plan(CREATE, CREATE), snapshot(role("deployer")))) == ["pass"]


@pytest.mark.parametrize(
    ("principal", "kind", "level", "said"),
    [
        (None, "open", "error", "can't determine"),
        (f"arn:aws:iam::{ACCOUNT}:role/none", "fail", "error", "does not exist"),
        (f"arn:aws:iam::{ACCOUNT}:root", "fail", "warning", "root user"),
        ("arn:aws:iam::444455556666:role/deployer", "fail", "error", "account 444455556666"),
        (f"arn:aws-cn:iam::{ACCOUNT}:role/deployer", "fail", "error", "partition aws-cn"),
        (f"arn:aws:sts::{ACCOUNT}:federated-user/bob", "open", "error", "neither a role"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/ci", "pass", "error", "makes the call"),
    ],
)
def test_principals(principal: Any, kind: str, level: str, said: str) -> None:
    (found,) = results("PRE101", plan(CREATE, principal=principal), snapshot(role("deployer")))
    assert (found.kind.value, found.level.value) == (kind, level)
    assert said in found.message
    assert found.remedy or kind == "pass"


@pytest.mark.parametrize(
    ("caller", "expected"),
    [
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/ci", ["pass"]),
        (DEPLOYER, ["pass"]),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/me", ["pass", "fail"]),
        (f"arn:aws:iam::{ACCOUNT}:user/deployer", ["pass", "fail"]),
        ("arn:aws:sts::444455556666:assumed-role/deployer/ci", ["pass", "fail"]),
    ],
)
def test_the_credentials_in_use_are_the_principals(caller: str, expected: list[str]) -> None:
    found = results("PRE101", plan(CREATE), Calling(caller))
    assert kinds(found) == expected
    assert all(each.level.value == "warning" for each in found if each.kind.value == "fail")
