"""PRE101: who makes the call."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from preflight.account.facts import Fact, Known
from preflight.account.sessions import Session
from preflight.account.snapshots.snapshot import Snapshot
from preflight.engine.result import Kind
from preflight.engine.rule import load_rule
from preflight.readiness.rules.identity import caller_identity
from tests.readiness.worlds import ACCOUNT, CREATE, DEPLOYER, kinds, plan, policy, results, role, snapshot, steps


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


SERVICE = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
PEOPLE = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
TAGS = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:TagSession"}
NAMES = {**TAGS, "Action": "sts:SetSourceIdentity"}


def when(statement: dict[str, Any], effect: str = "Allow", **condition: Any) -> dict[str, Any]:
    return {**statement, "Effect": effect, "Condition": condition}


@pytest.mark.parametrize(
    ("trust", "session", "fails"),
    [
        ([PEOPLE], Session(tags={"team": "ml"}), True),
        ([PEOPLE], Session(source_identity="jane"), True),
        ([PEOPLE], Session(), False),
        ([PEOPLE, TAGS], Session(tags={"team": "ml"}), False),
        ([PEOPLE, TAGS], Session(source_identity="jane"), True),
        ([PEOPLE, NAMES], Session(source_identity="jane"), False),
        ([PEOPLE, when(TAGS, StringEquals={"aws:RequestTag/team": "ml"})], Session(tags={"team": "ml"}), False),
        ([PEOPLE, when(TAGS, StringEquals={"aws:RequestTag/team": "hr"})], Session(tags={"team": "ml"}), True),
        ([PEOPLE, when(TAGS, StringEquals={"aws:PrincipalTag/a": "b"})], Session(tags={"team": "ml"}), False),
        (
            [PEOPLE, TAGS, when({**TAGS, "Principal": "*"}, "Deny", StringNotEquals={"aws:RequestTag/team": "hr"})],
            Session(tags={"team": "ml"}),
            True,
        ),
        ([PEOPLE, when(NAMES, StringLike={"sts:SourceIdentity": "j*"})], Session(source_identity="bob"), True),
        # None but a service may assume the role: who calls with it all the same is not told about its tags.
        ([SERVICE], Session(tags={"team": "ml"}), False),
    ],
)
def test_what_a_session_was_given_is_held_against_the_trust_policy(trust: Any, session: Session, fails: bool) -> None:
    facts = snapshot(role("deployer", AssumeRolePolicyDocument=policy(*trust)))
    (step,) = steps(plan(CREATE), facts)
    found = list(caller_identity(replace(step, session=session), load_rule("PRE101")))
    assert [each.kind for each in found] == [Kind.PASS, *([Kind.FAIL] if fails else [])]
    assert not fails or "its trust policy does not allow sts:" in found[1].message
