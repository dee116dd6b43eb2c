"""A refusal is worded as AWS words it: what takes AWS's messages apart finds in ours what went in."""

from __future__ import annotations

import pytest

from preflight.iam.access_denied import TRUST, access_denied
from preflight.iam.access_denied_message import NAMES, explicit_deny, no_policy_allows, not_authorized
from preflight.iam.request import PolicyType

ROLE, ENDPOINT = "arn:aws:iam::111122223333:role/r", "arn:aws:sagemaker:us-east-1:111122223333:endpoint/e"
BEGINNING = not_authorized(ROLE, "sagemaker:CreateEndpoint", ENDPOINT)


@pytest.mark.parametrize("kind", NAMES)
def test_what_is_worded_is_recognized(kind: PolicyType | str) -> None:
    ends = {"implicitDeny": no_policy_allows("sagemaker:CreateEndpoint", [kind]), "explicitDeny": explicit_deny(kind)}
    for effect, end in ends.items():
        (found,) = access_denied(f"{BEGINNING} {end}")
        assert (found.principal, found.action, found.resource) == (ROLE, "sagemaker:CreateEndpoint", ENDPOINT)
        assert (found.policy_type, found.effect) == (kind, effect)


def test_the_forms_of_the_iam_user_guide() -> None:
    assert BEGINNING == (
        "User: arn:aws:iam::111122223333:role/r is not authorized to perform: sagemaker:CreateEndpoint "
        "on resource: arn:aws:sagemaker:us-east-1:111122223333:endpoint/e"
    )
    assert no_policy_allows("s3:GetObject", [PolicyType.IDENTITY]) == (
        "because no identity-based policy allows the s3:GetObject action"
    )
    assert explicit_deny(PolicyType.SCP) == "with an explicit deny in a service control policy"
    assert explicit_deny(PolicyType.BOUNDARY) == "with an explicit deny in a permissions boundary"
    assert explicit_deny(TRUST) == "with an explicit deny in the role trust policy"
