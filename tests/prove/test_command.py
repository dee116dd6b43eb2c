"""`preflight prove` as a command: its exit codes, its JSON, files, directories, templates and git."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from preflight.data_files import folder
from tests.cli.running import Ran, commanded

Prove = Callable[..., Ran]
SCHEMA = json.loads((folder("schemas") / "proof.schema.json").read_text(encoding="utf-8"))
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
WRITE = {"Sid": "Write", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/*"}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=2)


@pytest.fixture
def prove(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Prove:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    return lambda *arguments, stdin=b"": commanded(capsys, monkeypatch, ("prove", *arguments), stdin)


def found(ran: Ran) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(ran.out)
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(answer)] == []
    assert {"holds": 0, "fails": 1, "unknown": 3}[answer["verdict"]] == ran.code
    return answer


def test_new_access_is_shown_with_its_place(prove: Prove, tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text(policy(READ))
    (tmp_path / "new.json").write_text(policy(READ, WRITE))

    answer = found(prove("no-new-access", "old.json", "new.json", "--format", "json"))

    (one,) = answer["counterexamples"]
    assert (one["action"], one["resource"]) == ("s3:PutObject", "arn:aws:s3:::b/example")
    assert (one["old"], one["new"]) == ("implicitDeny", "allowed")
    assert one["by"] == [{"policy": "new.json", "statement": "Statement[1]", "sid": "Write"}]
    assert one["location"] == {"path": "new.json", "pointer": "/Statement/1", "line": 9, "column": 5}
    assert answer["examined"] == {"files": 1, "policies": 1, "skipped": []}


def test_a_counterexample_goes_into_simulate(prove: Prove, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from preflight.cli.app import invoke

    (tmp_path / "p.json").write_text(policy(READ))
    answer = found(prove("not-granted", "p.json", "--action", "s3:Get*", "--format", "json"))
    (tmp_path / "case.json").write_text(json.dumps(answer["counterexamples"][0]["case"] | {"expect": "allowed"}))

    assert invoke(["simulate", "case.json"]) == 0
    capsys.readouterr()


def test_what_holds_exits_0_in_every_format(prove: Prove, tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text(policy(READ, WRITE))
    (tmp_path / "new.json").write_text(policy(READ))

    for format_ in ("text", "json", "jsonl", "sarif", "junit", "github", "gitlab", "markdown"):
        assert prove("no-new-access", "old.json", "new.json", "--format", format_).code == 0
    assert "HOLDS" in prove("no-new-access", "old.json", "new.json").out


def test_what_fails_exits_1_in_every_format(prove: Prove, tmp_path: Path) -> None:
    (tmp_path / "new.json").write_text(policy({"Effect": "Allow", "Action": "*", "Resource": "*"}))

    for format_ in ("text", "json", "jsonl", "sarif", "junit", "github", "gitlab", "markdown"):
        ran = prove("not-administrator", "new.json", "--format", format_)
        assert ran.code == 1
        assert "arn:aws:iam::" in ran.out


def test_directories_are_compared_file_by_file(prove: Prove, tmp_path: Path) -> None:
    for side in ("old", "new"):
        (tmp_path / side).mkdir()
        (tmp_path / side / "same.json").write_text(policy(READ))
    (tmp_path / "new" / "added.json").write_text(policy(WRITE))

    answer = found(prove("no-new-access", "old", "new", "--format", "json"))

    assert [one["location"]["path"] for one in answer["counterexamples"]] == ["new/added.json"]
    assert answer["examined"]["policies"] == 2


def test_a_skipped_file_makes_it_unknown(prove: Prove, tmp_path: Path) -> None:
    (tmp_path / "ok.json").write_text(policy(READ))
    (tmp_path / "broken.json").write_text('{"Statement": [{"Effect": "Allow", "Action": ')

    answer = found(prove("not-public", ".", "--format", "json"))

    assert answer["verdict"] == "unknown"
    assert [each["path"] for each in answer["examined"]["skipped"]] == ["broken.json"]


def test_a_deny_that_is_lost_is_named_and_unknown_where_the_old_policy_was_in_effect(
    prove: Prove, tmp_path: Path
) -> None:
    guard = {**READ, "Effect": "Deny", "Action": "iam:*", "Sid": "Guard"}
    for side, text in (("old", policy(READ, guard)), ("new", policy(READ))):
        (tmp_path / side).mkdir()
        (tmp_path / side / "p.json").write_text(text)

    named = prove("no-new-access", "old/p.json", "new/p.json", "--format", "json")
    in_effect = prove("no-new-access", "old", "new", "--format", "json")

    assert named.code == 0
    assert "Guard" in found(named)["notes"][0]["reason"]
    assert in_effect.code == 3
    assert "Guard" in found(in_effect)["unknown"][0]["reason"]
    assert "no longer denies" in " ".join(prove("no-new-access", "old/p.json", "new/p.json").out.split())


def test_a_deny_that_is_gone_with_its_file_is_unknown(prove: Prove, tmp_path: Path) -> None:
    for side in ("old", "new"):
        (tmp_path / side).mkdir()
        (tmp_path / side / "same.json").write_text(policy(READ))
    (tmp_path / "old" / "guard.json").write_text(policy({**READ, "Effect": "Deny"}))

    assert found(prove("no-new-access", "old", "new", "--format", "json"))["verdict"] == "unknown"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("not-public", "empty.json"), "there is no policy in"),
        (("no-new-access", "p.json"), "OLD and NEW"),
        (("not-public", "p.json", "--action", "s3:*"), "are for not-granted"),
        (("not-granted", "p.json", "--action", "GetObject"), "has no service prefix"),
        (("not-granted", "p.json", "--assume", "x"), "KEY=VALUE"),
        (("not-public", "gone.json"), "no such file"),
        (("not-public", "bad.json"), "Effect"),
        (("not-public", "p.json", "--against", "HEAD"), "no-new-access"),
    ],
)
def test_bad_usage_is_one_line(prove: Prove, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    (tmp_path / "p.json").write_text(policy(READ))
    (tmp_path / "empty.json").write_text("{}")
    (tmp_path / "bad.json").write_text(policy({"Action": "s3:*", "Resource": "*"}))

    ran = prove(*arguments)

    assert ran.code == 2
    assert said in ran.line


def test_assume_and_today(prove: Prove, tmp_path: Path) -> None:
    inside = {**READ, "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}}
    (tmp_path / "p.json").write_text(policy(inside))
    (tmp_path / "q.json").write_text(policy({**READ, "Action": "s3:?etObjekt"}))

    assert prove("not-granted", "p.json", "--assume", "aws:SourceVpce=vpce-2").code == 0
    assert prove("not-granted", "p.json", "--assume", "aws:sourcevpce=vpce-1").code == 1
    assert prove("not-granted", "q.json").code == 1
    assert prove("not-granted", "q.json", "--today").code == 0


def git(folder: Path, *arguments: str) -> None:
    author = ("-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *author, *arguments], cwd=folder, check=True, capture_output=True)


def test_against_a_commit_renames_are_followed(prove: Prove, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "a.json").write_text(policy(READ, WRITE))
    (tmp_path / "same.json").write_text(policy(READ))
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "first")
    git(tmp_path, "mv", "a.json", "b.json")

    assert found(prove("no-new-access", ".", "--against", "HEAD", "--format", "json"))["verdict"] == "holds"
    (tmp_path / "b.json").write_text(policy(READ, {**WRITE, "Action": "s3:Put*"}))
    (tmp_path / "c.json").write_text(policy(READ))
    answer = found(prove("no-new-access", ".", "--against", "HEAD", "--format", "json"))
    assert [one["location"]["path"] for one in answer["counterexamples"]] == ["b.json", "c.json"]
    assert prove("no-new-access", ".", "--against", "nowhere").code == 2


def repository(folder: Path, **policies: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q")
    for name, text in policies.items():
        (folder / f"{name}.json").write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")


def test_against_a_commit_where_nothing_differs(prove: Prove, tmp_path: Path) -> None:
    repository(tmp_path, a=policy(READ))

    ran = prove("no-new-access", "--against", "HEAD", ".")

    assert ran.code == 0
    assert "no policy differs" in ran.out


def test_against_a_commit_deleted_policies_that_are_named_are_looked_at(prove: Prove, tmp_path: Path) -> None:
    guard = {**READ, "Effect": "Deny"}
    repository(tmp_path, allows=policy(READ), denies=policy(READ, guard), stays=policy(READ))
    for name in ("allows", "denies"):
        (tmp_path / f"{name}.json").unlink()

    assert prove("no-new-access", "--against", "HEAD", "allows.json").code == 0
    assert prove("no-new-access", "--against", "HEAD", "denies.json").code == 3
    assert prove("no-new-access", "--against", "HEAD", "nothing.json").code == 2


def test_against_a_commit_a_deleted_directory_that_is_named(prove: Prove, tmp_path: Path) -> None:
    (tmp_path / "guards").mkdir()
    (tmp_path / "guards" / "p.json").write_text(policy(READ, {**READ, "Effect": "Deny"}))
    repository(tmp_path, stays=policy(READ))
    (tmp_path / "guards" / "p.json").unlink()
    (tmp_path / "guards").rmdir()

    assert prove("no-new-access", "--against", "HEAD", "guards").code == 3


def test_against_a_commit_submodules_are_compared_with_what_is_recorded_of_them(prove: Prove, tmp_path: Path) -> None:
    repository(tmp_path / "module", p=policy(READ))
    repository(tmp_path, stays=policy(READ))

    assert prove("no-new-access", "--against", "HEAD", ".").code == 0
    (tmp_path / "module" / "p.json").write_text(policy(WRITE))
    assert prove("no-new-access", "--against", "HEAD", ".").code == 1
    git(tmp_path / "module", "commit", "-q", "-a", "-m", "wider")
    assert prove("no-new-access", "--against", "HEAD", ".").code == 1
    git(tmp_path, "commit", "-q", "-a", "-m", "wider, too")
    assert prove("no-new-access", "--against", "HEAD", ".").code == 0
    assert prove("no-new-access", "--against", "HEAD~1", ".").code == 1


def test_git_runs_nothing_of_the_repository(prove: Prove, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "a.json").write_text(policy(READ))
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "first")
    trap = tmp_path / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    for name in ("core.fsmonitor", "diff.external", "core.pager", "core.editor"):
        git(tmp_path, "config", name, str(trap))
    (tmp_path / "a.json").write_text(policy(READ, WRITE))
    (tmp_path / ".gitattributes").write_text("*.json diff=trap\n")
    git(tmp_path, "config", "diff.trap.command", str(trap))
    git(tmp_path, "config", "diff.trap.textconv", str(trap))

    assert prove("no-new-access", ".", "--against", "HEAD").code == 1
    assert not (tmp_path / "sprung").exists()


TEMPLATE = """
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{{Effect: Allow, Principal: {{Service: lambda.amazonaws.com}}, Action: "sts:AssumeRole"}}]
      Policies:
        - PolicyName: p
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action: {action}
                Resource: !Sub "arn:aws:s3:::${{Bucket}}/{key}"
  Bucket:
    Type: AWS::S3::Bucket
"""


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (("s3:Get*", "*"), ("s3:GetObject", "a/*"), "holds"),
        (("s3:GetObject", "*"), ("s3:*", "*"), "fails"),
        (("s3:GetObject", "a"), ("s3:GetObject", "a*"), "unknown"),
    ],
)
def test_what_only_the_deploy_knows(
    prove: Prove, tmp_path: Path, before: tuple[str, str], after: tuple[str, str], verdict: str
) -> None:
    (tmp_path / "old.yaml").write_text(TEMPLATE.format(action=before[0], key=before[1]))
    (tmp_path / "new.yaml").write_text(TEMPLATE.format(action=after[0], key=after[1]))

    assert found(prove("no-new-access", "old.yaml", "new.yaml", "--format", "json"))["verdict"] == verdict


@pytest.mark.parametrize(
    "statements",
    [
        "[{Effect: Allow, Principal: !Ref Given, Action: 's3:GetObject', Resource: '*'}]",
        "[{Effect: !Ref Given, Principal: '*', Action: 's3:GetObject', Resource: '*'}]",
        "!Ref Given",
        "[!Ref Given]",
    ],
)
def test_what_only_the_deploy_knows_is_unknown(prove: Prove, tmp_path: Path, statements: str) -> None:
    template = "Parameters: {Given: {Type: String}}\nResources:\n  Policy:\n    Type: AWS::S3::BucketPolicy\n"
    properties = f"{{Bucket: b, PolicyDocument: {{Version: '2012-10-17', Statement: {statements}}}}}"
    (tmp_path / "template.yaml").write_text(f"{template}    Properties: {properties}\n")

    answer = found(prove("not-public", "template.yaml", "--format", "json"))

    assert answer["verdict"] == "unknown"
    assert answer["unknown"][0]["reason"] == "it depends on the deploy-time value of Given"


def test_a_policy_for_each_user_is_public(prove: Prove, tmp_path: Path) -> None:
    own = {**READ, "Principal": "*", "Resource": "arn:aws:s3:::b/${aws:username}/*"}
    (tmp_path / "p.json").write_text(policy(own))

    answer = found(prove("not-public", "p.json", "--type", "resource", "--format", "json"))

    assert answer["counterexamples"][0]["principal"] == "arn:aws:iam::444455556666:user/example"


def test_a_template_that_grants_more_for_sure(prove: Prove, tmp_path: Path) -> None:
    template = TEMPLATE.format(action="s3:GetObject", key="*")
    (tmp_path / "old.yaml").write_text(template)
    (tmp_path / "new.yaml").write_text(template.replace("!Sub \"arn:aws:s3:::${Bucket}/*\"", '"*"').replace(
        "s3:GetObject", "iam:PassRole"))  # fmt: skip

    answer = found(prove("no-new-access", "old.yaml", "new.yaml", "--format", "json"))

    assert answer["verdict"] == "fails"
    assert answer["counterexamples"][0]["action"] == "iam:PassRole"
    assert answer["counterexamples"][0]["location"]["line"] == 14
