"""Values that are not final, and what YAML and a project's own settings bring, as a run of lint sees them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from preflight.api import lint

VERSION = "2012-10-17"


def told(folder: Path, text: str, name: str = "p.json", settings: str = "") -> set[str]:
    (folder / "preflight.toml").write_text(settings)
    (folder / name).write_text(text)
    done = lint(str(folder / name))
    return {f"{each.rule} {each.location.line if each.location else None}" for each in done.report.results}


def policy(resource: str, action: str = "sqs:SendMessage") -> str:
    return json.dumps({"Version": VERSION, "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]})


def template(statement: Any, **parts: Any) -> str:
    document = {"Version": VERSION, "Statement": statement}
    managed = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}}
    return json.dumps({**parts, "Resources": {"P": managed}})


def test_placeholders_of_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written = policy("arn:aws:sqs:@@region@@:%ACCOUNT%:q")
    assert {"IAM115 1", "IAM118 1"} <= told(tmp_path, written)
    assert told(tmp_path, written, settings='placeholders = ["@@*@@", "%*%"]') == {"IAM018 1"}


def test_partitions_of_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = 'partitions = ["aws-fake"]'
    assert told(tmp_path, policy("arn:aws-fake:sqs:us-east-1:111122223333:q"), settings=settings) == set()
    assert told(tmp_path, policy("arn:aws-fake:sqs:us-west-9:111122223333:q"), settings=settings) == {"IAM115 1"}


def test_pseudo_parameters_outside_of_sub(tmp_path: Path) -> None:
    resource = "arn:aws:sqs:us-east-1:${AWS::AccountId}:q"
    statement: dict[str, Any] = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": resource}
    assert told(tmp_path, template([statement])) == {"IAM057 1"}
    assert told(tmp_path, template([{**statement, "Resource": {"Fn::Sub": resource}}])) == set()
    assert told(tmp_path, policy(resource)) == {"IAM018 1"}
    serverless = {"service": "s", "provider": {"iam": {"role": {"statements": [statement]}}}}
    assert told(tmp_path, json.dumps(serverless)) == set()


def test_what_find_in_map_finds(tmp_path: Path) -> None:
    action = {"Fn::FindInMap": ["Actions", "queue", "send"]}
    statement = {"Effect": "Allow", "Action": action, "Resource": "arn:aws:sqs:us-east-1:111122223333:q"}
    text = template([statement], Mappings={"Actions": {"queue": {"send": "sqs:SendMesage"}}})
    assert told(tmp_path, text) == {"IAM101 1"}
    other = {**statement, "Action": {"Fn::FindInMap": ["Actions", {"Ref": "P"}, "send"]}}
    assert told(tmp_path, template([statement, other])) == set()


YAML = """# one
---
Version: "2012-10-17"
Statement: [{Effect: Allow, Action: "s3:GetObjekt", Resource: "arn:aws:s3:::b/*"}]
---
# nothing
---
Version: "2012-10-17"
Statement: [{Effect: Allow, Action: "sqs:SendMesage", Resource: "arn:aws:sqs:us-east-1:111122223333:q"}]
"""


def test_each_document_of_a_yaml_file(tmp_path: Path) -> None:
    assert told(tmp_path, YAML, "p.yaml") == {"IAM101 4", "IAM101 9"}
    lint(str(tmp_path / "p.yaml"), fix="write")
    assert (tmp_path / "p.yaml").read_text() == YAML


def test_numbers_of_a_yaml_template_are_texts(tmp_path: Path) -> None:
    sid = "{Sid: 123, Effect: Allow, Action: 'sqs:SendMessage', Resource: 'arn:aws:sqs:us-east-1:111122223333:q'}"
    text = f"Resources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:\n" \
           f"        Version: '2012-10-17'\n        Statement: [{sid}]\n"  # fmt: skip
    assert told(tmp_path, text, "t.yaml") == set()
    assert told(tmp_path, f"Version: '2012-10-17'\nStatement: [{sid}]\n", "p.yaml") == {"IAM007 2"}


def test_the_name_of_a_folder_is_a_hint(tmp_path: Path) -> None:
    folder = tmp_path / "resource_control_policies"
    folder.mkdir()
    allowed = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/x"}, "Action": "s3:GetObject",
               "Resource": "arn:aws:s3:::b/*"}  # fmt: skip
    assert told(folder, json.dumps({"Version": VERSION, "Statement": [allowed]})) == set()
    denied = {"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::111122223333:role/x"}, "Action": "s3:GetObject",
              "Resource": "*"}  # fmt: skip
    assert "IAM081 1" in told(folder, json.dumps({"Version": VERSION, "Statement": [denied]}))


def test_the_encryption_context_says_for_whose_logs(tmp_path: Path) -> None:
    account = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*",
               "Resource": "*"}  # fmt: skip
    logs = {"Effect": "Allow", "Principal": {"Service": "logs.us-east-1.amazonaws.com"}, "Action": "kms:Decrypt*",
            "Resource": "*", "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn":
                                                       "arn:aws:logs:us-east-1:111122223333:log-group:*"}}}  # fmt: skip
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Version": VERSION, "Statement": [account, logs]}}}
    assert told(tmp_path, json.dumps({"Resources": {"K": key}})) == set()


def test_placeholders_outside_of_quotes(tmp_path: Path) -> None:
    head = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObjekt", "Resource": '
    for value in (
        "${BUCKET_ARN}",
        '["arn:aws:s3:::b/*", ${ACCEL_LOOKUP::ARN:x}]',
        "{{ arn }}",
        "<bucket-arn>",
        "__ARN__",
    ):
        assert told(tmp_path, f"{head}{value}}}]}}") == {"IAM018 1", "IAM101 1"}, value
    assert told(tmp_path, head + "${ARN},}]}") == {"IAM001 1"}, "what else is wrong is an error as before"
    text = """Version: "2012-10-17"
Statement:
- Effect: Allow
  Action: s3:GetObjekt
  Resource: {{ arn }}
- Effect: Allow
  Action: s3:GetObject
  Resource: [{{ one }}, {{ other }}]
"""
    assert told(tmp_path, text, "p.yaml") == {"IAM018 5", "IAM101 4"}


def test_words_that_stand_for_the_parts_of_an_arn(tmp_path: Path) -> None:
    for arn in (
        "arn:aws:sqs:region:account-id:q",
        "arn:aws:sqs:us-east-1:your-account-number:q",
        "arn:aws:sqs:AWS_REGION:AccountId:q",
    ):
        assert told(tmp_path, policy(arn)) == {"IAM018 1"}, arn
    assert "IAM118 1" in told(tmp_path, policy("arn:aws:sqs:us-east-1:us-east-1:q"))


def test_a_principal_that_is_a_text_is_one_whatever_is_filled_in(tmp_path: Path) -> None:
    for text in ("arn:aws:iam::account-id:root", "arn:aws:iam::${account}:root"):
        statement = {"Effect": "Allow", "Principal": text, "Action": "sqs:SendMessage", "Resource": "*"}
        assert told(tmp_path, json.dumps({"Version": VERSION, "Statement": statement})) == {"IAM018 1", "IAM030 1"}


def test_a_repository_policy_names_no_resource(tmp_path: Path) -> None:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    assert told(tmp_path, json.dumps({"Version": VERSION, "Statement": statement})) == set()
    of_bucket = {**statement, "Action": "s3:*"}
    assert told(tmp_path, json.dumps({"Version": VERSION, "Statement": of_bucket})) == {"IAM014 1"}


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("p.json", {}, {"IAM019 1"}),  # of an organization, a bucket or an endpoint
        ("rcps/p.json", {}, set()),
        ("boundaries/rcps/organization-boundaries/p.json", {}, set()),
        ("bucket-policies/p.json", {}, {"IAM124 1", "IAM144 1"}),
        ("p.json", {"Effect": "Allow", "Action": "*"}, {"IAM019 1", "IAM250 1"}),
        ("vpce/p.json", {"Effect": "Allow", "Action": "*"}, set()),
        ("scps/p.json", {"Resource": "arn:aws:s3:::b", "Action": "s3:PutBucketAcl"}, {"IAM019 1"}),
        ("rcps/p.json", {"Principal": None, "Condition": None}, {"IAM019 1"}),
    ],
)
def test_a_doubt_about_the_type_is_said_once(
    tmp_path: Path, name: str, changes: dict[str, Any], said: set[str]
) -> None:
    statement = {"Effect": "Deny", "Principal": "*", "Action": ["s3:PutBucketAcl", "s3:GetObject"], "Resource": "*"}
    statement["Condition"] = {"StringNotEquals": {"aws:ResourceOrgID": "o-abcdefghij"}}
    written = {name: each for name, each in {**statement, **changes}.items() if each is not None}
    text = json.dumps({"Version": VERSION, "Statement": [written]})
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    assert told(tmp_path, text, name) == said


def test_no_doubt_is_left_once_the_type_is_given(tmp_path: Path) -> None:
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    text = json.dumps({"Version": VERSION, "Statement": [statement]})
    assert told(tmp_path, text) == {"IAM019 1"}
    settings = 'type = "rcp"\n'
    assert told(tmp_path, text, settings=settings) == set()
