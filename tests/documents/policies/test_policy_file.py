"""Policy files: bare, or as AWS's commands print them; what AWS would refuse is refused at its place in the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from preflight.documents.policies.policy_file import policy_of, read_policy
from preflight.documents.text.load import load_text
from preflight.errors import InputError


def policy(effect: str = "Allow") -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": "s3:GetObject", "Resource": "*"}]}


def forms(body: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        ("", body),
        ("/PolicyVersion/Document", {"PolicyVersion": {"VersionId": "v1", "Document": body}}),
        ("/PolicyDocument", {"RoleName": "r", "PolicyName": "p", "PolicyDocument": body}),
        ("/PolicyDocument", {"PolicyDocument": json.dumps(body)}),
        ("/PolicyDocument", {"PolicyDocument": quote(json.dumps(body))}),
        ("/Policy", {"Policy": body}),
        ("/Policy", {"Policy": json.dumps(body)}),
        ("/Policy/Content", {"Policy": {"PolicySummary": {"Id": "p-1"}, "Content": json.dumps(body)}}),
        ("/Role/AssumeRolePolicyDocument", {"Role": {"Arn": "arn:x", "AssumeRolePolicyDocument": body}}),
    ]


@pytest.mark.parametrize("number", range(9))
def test_every_form_is_read(number: int) -> None:
    pointer, value = forms(policy())[number]
    document = load_text(json.dumps(value), "policy.json")
    found = policy_of(document)
    assert found.pointer == pointer
    assert found.body.value == policy()
    assert (found.body.path, found.policy.name, len(found.policy.statements)) == ("policy.json", "policy.json", 1)


@pytest.mark.parametrize("number", range(9))
def test_every_form_says_where_it_is_wrong(number: int) -> None:
    pointer, value = forms(policy("Alow"))[number]
    document = load_text(json.dumps(value, indent=1), "policy.json")
    with pytest.raises(InputError) as caught:
        policy_of(document)
    assert caught.value.place.startswith(f"{pointer}/Statement/0/Effect (line ")
    assert caught.value.problem == "Effect is 'Alow'"
    inside = document.position(f"{pointer}/Statement/0/Effect") or document.position(pointer)
    assert inside is not None
    assert f"line {inside[0]}, column {inside[1]}" in caught.value.place


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("[]", "line 1, column 1", "a policy must be an object, not a list"),
        (
            '{"Policy": {"PolicyName": "p", "PolicyId": "A", "Arn": "arn:x"}}',
            "/Policy (line 1, column 12)",
            "take it from aws iam get-policy-version",
        ),
        ('{"Policy": "{,"}', "/Policy (line 1, column 12)", "the policy in this string: invalid JSON"),
        ('{"Policy": "[]"}', "/Policy (line 1, column 12)", "a policy must be an object, not a list"),
        ('{"Statment": []}', "/Statment (line 1, column 14)", "did you mean Statement?"),
        ("{}", "line 1, column 1", "the policy has no Statement"),
    ],
)
def test_what_is_no_policy(text: str, place: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        policy_of(load_text(text, "policy.json"))
    assert caught.value.place == place
    assert says in str(caught.value)


def test_a_policy_in_yaml(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("Version: 2012-10-17\nStatement:\n- Effect: Allow\n  Action: s3:*\n  Resource: '*'\n")
    assert read_policy(str(file)).policy.version == "2012-10-17"
    file.write_text("Version: 2012-10-17\nStatement:\n- Effect: Allow\n  Action: s3:*\n  Resource: 5\n")
    with pytest.raises(InputError) as caught:
        read_policy(str(file))
    assert caught.value.place == "/Statement/0/Resource (line 5, column 13)"
