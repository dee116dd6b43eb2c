"""`preflight why` as it is run: what it prints, in which form, and how it ends."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from preflight.data_files import folder
from tests.aws.control import StandIn
from tests.cli.running import Ran, commanded

WHO = "arn:aws:sts::111122223333:assumed-role/deployer/ci"
TEXT = (
    f"User: {WHO} is not authorized to perform: sqs:SendMessage on resource: arn:aws:sqs:us-east-1:111122223333:q "
    "because no identity-based policy allows the sqs:SendMessage action"
)


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    def ran(*arguments: str, stdin: str = "") -> Ran:
        return commanded(capsys, monkeypatch, arguments, stdin.encode())

    return ran


def explained(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    schema = json.loads((folder("schemas") / "why.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(found)
    return found


def test_a_message_a_file_and_stdin_give_the_same(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "apply.log"
    file.write_text(TEXT)
    said = [run("why", given, "--format", "json", stdin=TEXT) for given in (TEXT, str(file), "-")]
    assert {each.code for each in said} == {0}
    assert len({each.out for each in said}) == 1
    (refusal,) = explained(said[0].out)["refusals"]
    assert refusal["policy_type"] == "identity"
    assert refusal["change"]["statement"]["Action"] == "sqs:SendMessage"


def test_json_is_read_whatever_the_encoding_of_the_terminal(run: Run) -> None:
    ran = run("why", TEXT.replace("sqs:us-east-1", "sqs:us-\U0001f600"), "--format", "json")
    assert ran.out.isascii() and "\U0001f600" in str(explained(ran.out)), ran


def test_text_names_what_to_do(run: Run) -> None:
    ran = run("why", TEXT)
    assert "no identity-based policy allows the sqs:SendMessage action" in ran.out
    assert '"Effect": "Allow"' in ran.out


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("An error occurred (AccessDenied) when calling the PutObject operation: Access Denied", 3),
        ("ExpiredToken: The security token included in the request is expired", 2),
        ("nothing of the kind", 2),
    ],
)
def test_exit_codes(run: Run, text: str, code: int) -> None:
    ran = run("why", text, "--format", "json")
    assert ran.code == code
    assert explained(ran.out)["refusals"] if code == 3 else ran.err.startswith("preflight why: no refusal")


def test_facts_of_a_snapshot(run: Run) -> None:
    snapshot = Path(__file__).parents[2] / "examples" / "snapshot.json"
    text = TEXT.replace("sqs:SendMessage", "sagemaker:DeleteEndpoint").replace(
        "arn:aws:sqs:us-east-1:111122223333:q", "arn:aws:sagemaker:us-east-1:111122223333:endpoint/churn-v2"
    )
    ran = run("why", text, "--snapshot", str(snapshot), "--format", "json")
    assert ran.code == 0
    (refusal,) = explained(ran.out)["refusals"]
    assert refusal["verdict"] == "explained"
    assert refusal["near"]


@pytest.mark.parametrize(
    "given",
    [["--snapshot", "s.json", "--live"], ["--profile", "p"], ["missing.log"], [""]],
)
def test_what_cannot_be_asked(run: Run, given: list[str]) -> None:
    ran = run("why", *([] if given[0] in ("missing.log", "") else [TEXT]), *given)
    assert ran.code == 2
    assert ran.line


def test_an_encoded_message_is_decoded_by_aws(run: Run, aws: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    decoded = {
        "allowed": False,
        "explicitDeny": True,
        "context": {"principal": {"arn": WHO}, "action": "ec2:RunInstances", "resource": "arn:aws:ec2:::instance/*"},
    }
    encoded = base64.urlsafe_b64encode(json.dumps(decoded).encode()).decode()
    message = "You are not authorized to perform this operation. Encoded authorization failure message: {}"
    ran = run("why", message.format(encoded), "--decode", "--format", "json")
    assert ran.code == 3
    (refusal,) = explained(ran.out)["refusals"]
    assert (refusal["principal"], refusal["action"], refusal["effect"]) == (WHO, "ec2:RunInstances", "explicitDeny")
    refused = run("why", message.format("AAbbCCddEEff"), "--decode")
    assert refused.code == 2 and "can't be decoded" in refused.line and "give the whole message" in refused.line


def test_nothing_that_is_printed_is_obeyed(run: Run) -> None:
    hostile = f"::error::{'x' * 99} ##vso[task.complete]\u202e\x1b[2J"
    for message in (TEXT.replace("arn:aws:sqs:us-east-1:111122223333:q", hostile), TEXT.replace(WHO, hostile)):
        ran = run("why", message)
        for printed in (ran.out, ran.err):
            assert not any(each.lstrip().startswith("::") for each in printed.splitlines()), printed
            assert not set("\x1b\u202e") & set(printed) and "##vso[" not in printed
