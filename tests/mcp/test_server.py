"""`preflight mcp`: the tools as a client sees them, over stdio and in memory."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp_types import ListRootsResult, Root

from preflight.errors import UsageError
from preflight.mcp import inputs
from preflight.mcp.server import made
from preflight.mcp.tools import Facts
from tests.aws.account import populate
from tests.aws.control import StandIn

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = ROOT / "examples"
DEPLOYER = "arn:aws:iam::111122223333:role/deployer"
READ = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}
ALL = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
DENY = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}
PUBLIC = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"},
}
DENIED = (
    "User: arn:aws:iam::111122223333:user/ann is not authorized to perform: s3:GetObject on resource: "
    "arn:aws:s3:::b/k because no identity-based policy allows the s3:GetObject action"
)
ONE_CALL = {
    "check_request": {"paths": ["create-endpoint.json"], "snapshot": "snapshot.json"},
    "lint_policy": {"document": READ},
    "explain": {"rule": "IAM101"},
    "decide": {"principal": DEPLOYER, "action": "s3:GetObject", "resource": "arn:aws:s3:::b/k"},
    "why_denied": {"message": DENIED},
    "prove": {"claim": "not-public", "policy": PUBLIC, "type": "resource"},
    "least_privilege_policy": {"paths": ["plan.yaml"], "snapshot": "snapshot.json"},
}


def in_session(work: Callable[[Client], Awaitable[Any]], root: Path = EXAMPLES, facts: Facts | None = None) -> Any:
    async def go() -> Any:
        async with Client(made([str(root)], facts or Facts())) as client:
            return await work(client)

    return asyncio.run(go())


def called(name: str, root: Path = EXAMPLES, facts: Facts | None = None, **arguments: Any) -> dict[str, Any]:
    found = in_session(lambda client: client.call_tool(name, arguments), root, facts)
    assert not found.is_error, found.content[0].text
    answer: dict[str, Any] = found.structured_content
    return answer


def refused(name: str, root: Path = EXAMPLES, **arguments: Any) -> str:
    found = in_session(lambda client: client.call_tool(name, arguments), root)
    assert found.is_error and found.structured_content is None
    said: str = found.content[0].text
    return said


def test_over_stdio_with_nothing_else_on_stdout() -> None:
    parameters = StdioServerParameters(
        command=sys.executable, args=["-m", "preflight", "mcp", "--root", str(EXAMPLES)], cwd=str(ROOT)
    )

    async def go() -> tuple[Any, list[Any]]:
        async with Client(stdio_client(parameters)) as client:
            tools = (await client.list_tools()).tools
            return tools, [await client.call_tool(name, given) for name, given in ONE_CALL.items()]

    tools, answers = asyncio.run(go())
    assert [each.name for each in tools] == list(ONE_CALL)
    assert [answer.is_error for answer in answers] == [False] * len(ONE_CALL)
    for tool in tools:
        hints = tool.annotations
        assert (hints.read_only_hint, hints.idempotent_hint, hints.open_world_hint) == (True, True, False)
        assert tool.title and len(tool.description) > 80
        assert tool.output_schema["type"] == "object" and tool.output_schema["required"]


def test_answers_keep_to_their_schemas() -> None:
    import jsonschema

    async def go(client: Client) -> list[tuple[Any, Any]]:
        tools = (await client.list_tools()).tools
        return [(each.output_schema, await client.call_tool(each.name, ONE_CALL[each.name])) for each in tools]

    for schema, answer in in_session(go):
        jsonschema.validate(answer.structured_content, schema)
        assert json.loads(answer.content[0].text) == answer.structured_content


def test_a_check_gives_the_verdict_of_the_command() -> None:
    done = called("check_request", paths=["create-endpoint-blocked.json"], snapshot="snapshot.json", principal=DEPLOYER)
    assert (done["verdict"], done["facts"]) == ("blocked", "the snapshot snapshot.json")
    assert {each["kind"] for each in done["results"]} == {"fail"} and done["counts"]["pass"] > 10
    assert done["results"][0]["file"] == "create-endpoint-blocked.json" and done["results"][0]["remedy"]
    command = subprocess.run(
        [sys.executable, "-m", "preflight", "check", "examples/create-endpoint-blocked.json", "--snapshot",
         "examples/snapshot.json", "--principal", DEPLOYER, "--format", "json"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert json.loads(command.stdout)["counts"] == done["counts"]


def test_a_check_of_data_and_of_text_is_one() -> None:
    request = json.loads((EXAMPLES / "create-endpoint.json").read_text())
    given = {"snapshot": "snapshot.json", "principal": DEPLOYER, "region": "us-east-1", "include_passes": True}
    data = called("check_request", document=request, **given)
    text = called("check_request", document=json.dumps(request), **given)
    assert data == text and data["verdict"] == "ready"
    assert {each["file"] for each in data["results"]} == {"document"}


def test_unknown_is_not_hidden() -> None:
    done = called("check_request", document={"EndpointName": "x", "EndpointConfigName": "y"}, snapshot="snapshot.json")
    kinds = [each["kind"] for each in done["results"]]
    assert "open" in kinds and kinds == sorted(kinds, key=["fail", "open"].index)


def test_the_server_has_facts_for_calls_that_name_none() -> None:
    done = called(
        "check_request", facts=Facts(snapshot=str(EXAMPLES / "snapshot.json")), paths=["create-endpoint.json"],
        principal=DEPLOYER, region="us-east-1",
    )  # fmt: skip
    assert done["verdict"] == "ready"


def test_a_check_without_facts_is_no_answer() -> None:
    assert "a check needs facts about the account" in refused("check_request", paths=["create-endpoint.json"])


def test_live_reads_are_for_the_server_to_allow(aws: StandIn) -> None:
    assert "start it with preflight mcp --live" in refused("check_request", paths=["plan.yaml"], live=True)
    assert "start it with preflight mcp --live" in refused("why_denied", message=DENIED, live=True)
    ready = populate(aws, encrypted=False)
    parameters = StdioServerParameters(
        command=sys.executable,
        args=["-m", "preflight", "mcp", "--live"],
        cwd=str(ROOT),
        env={**os.environ, **aws.environment("us-east-1")},
    )

    async def go() -> Any:
        async with Client(stdio_client(parameters)) as client:
            return await client.call_tool("check_request", {"document": ready.plan(), "live": True})

    done = asyncio.run(go()).structured_content
    assert (done["verdict"], done["facts"]) == ("ready", "the live account")
    assert aws.calls and not {call.operation for call in aws.calls} & {"CreateEndpoint", "CreateEndpointConfig"}


def test_a_lint_mends_nothing_and_shows_how() -> None:
    broken = {"Version": "2012-10-17", "Statement": [{"effect": "Allow", "Action": "s3:GetObjekt", "Resource": "*"}]}
    done = called("lint_policy", document=broken)
    assert done["verdict"] == "findings" and done["policies"] == 1
    assert {"IAM006", "IAM101"} <= {each["rule"] for each in done["findings"]}
    assert "Effect" in done["fixes"] and done["fixes"].startswith("--- a/document")


def test_lint_of_a_folder_says_what_was_skipped(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(json.dumps(ALL))
    (tmp_path / "q.json").write_text("{")
    (tmp_path / "preflight.toml").write_text('ignore = ["IAM2", "IAM3"]\n')
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    done = called("lint_policy", tmp_path, paths=["."])
    assert done["policies"] == 1 and [each.partition(":")[0] for each in done["skipped"]] == ["q.json"]
    named = called("lint_policy", tmp_path, paths=["p.json", "q.json"])
    assert (named["verdict"], named["findings"], len(named["errors"])) == ("open", [], 1), "not all could be read"
    assert str(tmp_path) not in json.dumps(done)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_rules_and_constraints_are_explained() -> None:
    done = called("explain", rule="action-exists")
    assert done["id"] == "IAM101" and "Fails: " in done["text"] and done["references"]
    name = called("explain", rule="PRE304")["text"].split("NAME)")[1].split()[0]
    assert called("explain", rule=name)["references"][0].startswith("https://")
    assert "did you mean" in refused("explain", rule="IAM9999")


@pytest.mark.parametrize(
    ("policies", "decision"),
    [
        ({}, "implicitDeny"),
        ({"identity_policies": [ALL]}, "allowed"),
        ({"identity_policies": [json.dumps(ALL)]}, "allowed"),
        ({"identity_policies": [ALL], "service_control_policies": [[ALL, DENY]]}, "explicitDeny"),
        ({"identity_policies": [ALL], "service_control_policies": [[ALL], []]}, "implicitDeny"),
        ({"identity_policies": [ALL], "permissions_boundaries": [READ], "action": "s3:PutObject"}, "implicitDeny"),
    ],
)
def test_a_request_is_decided(policies: dict[str, Any], decision: str) -> None:
    request = {"principal": DEPLOYER, "action": "s3:GetObject", "resource": "arn:aws:s3:::b/k"}
    done = called("decide", **{**request, **policies})
    assert done["decision"] == decision == done["details"]["decision"]


def test_policies_that_aws_would_refuse_decide_nothing() -> None:
    said = refused("decide", **ONE_CALL["decide"], identity_policies=[{"Statement": [{"Effect": "allow"}]}])
    assert "request" in said and "/tmp" not in said
    assert "is not valid JSON" in refused("decide", **ONE_CALL["decide"], identity_policies=["{"])


def test_a_refusal_is_explained_and_a_file_name_is_only_text(tmp_path: Path) -> None:
    done = called("why_denied", message=DENIED)
    assert (done["verdict"], done["refusals"][0]["action"]) == ("explained", "s3:GetObject")
    (tmp_path / "secret.txt").write_text(DENIED)
    other = called("why_denied", message=str(tmp_path / "secret.txt"))
    assert other["refusals"] == [] and other["verdict"] == "open" and other["other"]


def test_claims_are_proved_with_counterexamples_that_decide_takes() -> None:
    done = called("prove", claim="not-public", policy=PUBLIC, type="resource")
    assert done["verdict"] == "fails" and done["counterexamples"][0]["action"] == "s3:GetObject"
    new = called("prove", claim="no-new-access", policy=ALL, old_policy=READ)
    case = new["counterexamples"][0]["case"]
    named = {key: case[key] for key in ("principal", "action", "resource", "context") if key in case}
    policies = [each["policy"] for each in case["identity_policies"]]
    assert called("decide", **named, identity_policies=policies)["decision"] == "allowed"
    assert called("decide", **named, identity_policies=[READ])["decision"] != "allowed"
    assert called("prove", claim="no-new-access", policy=READ, old_policy=ALL)["verdict"] == "holds"


def test_the_least_policy_suffices() -> None:
    done = called("least_privilege_policy", paths=["plan.yaml"], snapshot="snapshot.json")
    actions = json.dumps(done["policies"])
    assert "sagemaker:CreateEndpoint" in actions and "iam:PassRole" in actions and done["fits"]


@pytest.mark.parametrize("path", ["../pyproject.toml", "/etc/passwd", "", "a\0b", "no-such-file", "link", "~/x"])
def test_files_outside_the_roots_are_not_read(path: str, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    assert "Error executing tool" in refused("lint_policy", tmp_path, paths=[path])
    assert "root:" not in refused("check_request", tmp_path, paths=[path], snapshot=path)


def test_nothing_that_files_name_leads_out_of_the_roots(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    for each in (root, outside, tmp_path / ".git"):
        each.mkdir()
    hidden = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "hidden"}}
    (outside / "nested.json").write_text(json.dumps({"Resources": {"Hidden": hidden}}))
    (outside / "policy.json").write_text(json.dumps({**ALL, "Id": "hidden"}))
    stack = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "../outside/nested.json"}}
    (root / "stack.json").write_text(json.dumps({"Resources": {"Inner": stack}}))
    (root / "account.json").write_text((EXAMPLES / "snapshot.json").read_text())
    arguments = {"snapshot": "account.json", "region": "us-east-1", "principal": DEPLOYER, "include_passes": True}
    answer = called("check_request", root, paths=["stack.json"], **arguments)
    assert "hidden" not in json.dumps(answer).lower() and answer["verdict"] != "ready"
    for link in ("linked.json", "linked"):
        (root / link).symlink_to(outside / "policy.json" if "." in link else outside)
        said = refused("lint_policy", root, paths=["."])
        assert f"{link}" in said and "leads out of the server's roots by a link" in said
        (root / link).unlink()


def test_the_roots_of_a_client_open_no_folder(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "policy.json").write_text(json.dumps(ALL))
    parameters = StdioServerParameters(
        command=sys.executable, args=["-m", "preflight", "mcp", "--root", str(tmp_path / "root")], cwd=str(ROOT)
    )

    async def roots(_: Any) -> ListRootsResult:
        return ListRootsResult(roots=[Root(uri="file:///"), Root(uri="file://" + "a/" * 50_000)])

    async def go() -> Any:
        async with Client(stdio_client(parameters), list_roots_callback=roots) as client:
            return await client.call_tool("lint_policy", {"paths": [str(tmp_path / "policy.json")]})

    answer = asyncio.run(go())
    assert answer.is_error and "under the server's roots" in answer.content[0].text


def test_an_error_is_no_longer_than_a_reader_reads() -> None:
    assert len(refused("decide", principal="x" * 1_000_000, action="s3:GetObject", resource="*")) < 5000


def test_large_inputs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "MOST_BYTES", 1000)
    (tmp_path / "p.json").write_text(json.dumps(ALL) + " " * 1000)
    assert "a tool reads files of up to 1,000" in refused("lint_policy", tmp_path, paths=["p.json"])
    assert "a tool takes up to 1,000" in refused("lint_policy", tmp_path, document="x" * 1001)
    assert "too many" in refused("lint_policy", tmp_path, paths=["p.json"] * 101)


@pytest.mark.parametrize("document", ["", "{", "\udc80", "[1]", 'a: &a [*a, "b"]', "{" * 5000])
def test_what_is_no_policy_is_one_clear_error(document: str) -> None:
    said = refused("lint_policy", document=document.encode("utf-8", "replace").decode())
    assert said.startswith("Error executing tool lint_policy: ") and len(said.splitlines()) == 1
    assert "document" in said and "/tmp" not in said and "Traceback" not in said


def test_a_root_or_snapshot_that_is_not_there_is_said_at_the_start() -> None:
    with pytest.raises(UsageError, match="is not a directory"):
        made(["no-such"], Facts())
    done = subprocess.run(
        [sys.executable, "-m", "preflight", "mcp", "--snapshot", "no-such.json"],
        capture_output=True, text=True, cwd=ROOT, check=False, stdin=subprocess.DEVNULL, env=os.environ,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "") and "no-such.json" in done.stderr


def test_without_the_extra_the_command_says_what_to_install() -> None:
    hidden = "import sys; sys.modules['mcp'] = None; from preflight.cli.app import invoke; sys.exit(invoke(['mcp']))"
    done = subprocess.run([sys.executable, "-c", hidden], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 2 and 'pip install "aws-preflight[mcp]"' in done.stderr
