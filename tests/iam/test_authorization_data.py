"""What is declared in rules/authorization is as its tool writes it, and decisions follow it."""

from __future__ import annotations

import pytest

from preflight.iam.key_facts import is_multivalued, of_another_service
from preflight.iam.own_objects import OwnObjects, may_be_of_aws, of_aws, own_objects
from preflight.iam.pattern import matches
from tools.authorization_data import FILES, FOLDER, renewed


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_as_the_tool_writes_it(name: str) -> None:
    assert (FOLDER / f"{name}.json").read_text(encoding="utf-8") == renewed(name, FILES[name]())


def test_keys_of_a_family_hold_several_values() -> None:
    assert is_multivalued("vpc-lattice-svcs:requestquerystring/page")
    assert is_multivalued("events:metadata/region")
    assert not is_multivalued("vpc-lattice-svcs:port")


def test_whose_requests_carry_a_service_s_keys() -> None:
    assert of_another_service("s3:prefix", "dynamodb")
    assert not of_another_service("s3:prefix", "s3")
    assert not of_another_service("connect:instanceid", "cases")
    assert not of_another_service("ec2:sourceinstancearn", "dynamodb")
    assert not of_another_service("gitlab.com:sub", "dynamodb")


@pytest.mark.parametrize("each", own_objects(), ids=lambda each: each.place)
def test_what_is_aws_own_is_refused_and_matches_its_patterns(each: OwnObjects) -> None:
    for begin in each.begins:
        resource = f"arn:aws:x:{each.place}{begin}example.amazonaws.com/name"
        assert any(matches(pattern, resource) for pattern in each.patterns)
        for action in each.actions:
            assert may_be_of_aws(action)
            assert of_aws(action, resource, "arn:aws:iam::111122223333:role/deployer") == f"{each.why}: {resource}"
        own = "arn:aws:iam::111122223333:role/aws-service-role/example.amazonaws.com/r"
        assert bool(of_aws(min(each.actions), resource, own)) is not each.by_its_service
