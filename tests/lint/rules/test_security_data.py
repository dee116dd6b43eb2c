"""What the security rules look for is what AWS has."""

from __future__ import annotations

import pytest

from preflight import catalog
from preflight.lint.analysis import escalation_paths
from preflight.lint.policy.sensitive_actions import kind, lint_data, samples, watched


def known(action: str) -> bool:
    service, _, name = action.partition(":")
    return catalog.action(service, name) is not None


def test_every_watched_action_is_one_of_aws() -> None:
    assert [action for action in samples() if not known(action)] == []
    assert all(kind(name) <= samples().keys() for name in ("credentials", "data", "permissions"))


def test_every_way_is_watched_and_has_a_source() -> None:
    for way in escalation_paths.ways():
        assert {*way.needs, *way.creates} <= samples().keys(), way.name
        assert way.source.startswith("https://") and way.does and not way.does.endswith(".")
        assert bool(way.passed_to) is (way.kind == "passed-role")
    assert {way.kind for way in escalation_paths.ways()} == {"own-permissions", "passed-role", "existing-role"}
    assert len({way.name for way in escalation_paths.ways()}) == len(escalation_paths.ways()) > 95


def test_permissions_are_those_that_aws_calls_so() -> None:
    found = {
        f"{service}:{name}"
        for service in catalog.services()
        for name in catalog.actions(service)
        if not name.startswith(("List", "Get", "Describe", "BatchGet"))
        and (action := catalog.action(service, name))
        and "Permissions management" in action.access_levels
    }
    assert kind("permissions") == found


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ("iam:PassRole", ("iam:PassRole",)),
        ("IAM:passrole", ("iam:PassRole",)),
        ("iam:Pass*", ("iam:PassRole",)),
        ("iam:PassRol?", ("iam:PassRole",)),
        ("*:PassRole", ("iam:PassRole",)),
        ("iam:GetUser", ()),
        ("", ()),
        ("nonsense", ()),
        ("nonsense:*", ()),
    ],
)
def test_what_an_entry_covers(entry: str, found: tuple[str, ...]) -> None:
    assert watched(entry) == found


def test_a_star_covers_everything_watched() -> None:
    assert set(watched("*")) == set(samples())


def test_services_that_bring_their_source_are_names_of_services() -> None:
    assert sorted(set(lint_data("source-keys"))) == lint_data("source-keys")
