"""`preflight server` as an editor drives it, over stdio."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient

ROOT = Path(__file__).parent.parent.parent
POLICY = """{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "é𝄞", "Effect": "Allow", "Action": "s3:GetObjekt", "Resource": "arn:aws:s3:::b/*"},
    {"Effect": "Allow", "action": "s3:PutObject", "Resource": "arn:aws:s3:::b/*"}
  ]
}
"""
YAML = """Version: "2012-10-17"
Statement:
  - Effect: Allow
    Action:
      - s3:GetObject
      - sagemaker:Cr
    Resource: "*"
    Condition:
      StringEquals:
        aws:
"""
TERRAFORM = """data "aws_iam_policy_document" "d" {
  statement {
    actions   = ["s3:GetObjekt"]
    resources = ["arn:aws:s3:::b/*"]
  }
}
"""


@pytest_lsp.fixture(
    config=ClientServerConfig(
        server_command=[sys.executable, "-m", "preflight", "server", "--snapshot", str(ROOT / "examples/snapshot.json")]
    )
)
async def client(lsp_client: LanguageClient) -> AsyncIterator[None]:
    await lsp_client.initialize_session(
        types.InitializeParams(capabilities=types.ClientCapabilities(), workspace_folders=None)
    )
    yield
    await lsp_client.shutdown_session()


async def opened(client: LanguageClient, path: Path, text: str, *, written: bool = False) -> list[types.Diagnostic]:
    if written:
        path.write_text(text, encoding="utf-8")
    uri = path.as_uri()
    client.text_document_did_open(
        types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, path.suffix[1:], 1, text))
    )
    return await told(client, uri)


async def changed(client: LanguageClient, path: Path, text: str, version: int) -> None:
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(version, path.as_uri()),
            [types.TextDocumentContentChangeWholeDocument(text)],
        )
    )


async def told(client: LanguageClient, uri: str) -> list[types.Diagnostic]:
    await asyncio.wait_for(client.wait_for_notification("textDocument/publishDiagnostics"), 120)
    return list(client.diagnostics[uri])


def at(text: str, word: str, *, end: bool = False) -> types.Position:
    """Return the position of a word, in UTF-16 as the protocol has it."""
    before = text[: text.index(word) + (len(word) if end else 0)]
    line = before.rpartition("\n")[2]
    return types.Position(before.count("\n"), len(line.encode("utf-16-le")) // 2)


def edited(text: str, edits: list[types.TextEdit]) -> str:
    lines = text.split("\n")

    def offset(place: types.Position) -> int:
        line = lines[place.line] if place.line < len(lines) else ""
        units = line.encode("utf-16-le")[: place.character * 2].decode("utf-16-le")
        return sum(len(each) + 1 for each in lines[: place.line]) + len(units)

    for edit in sorted(edits, key=lambda each: offset(each.range.start), reverse=True):
        text = text[: offset(edit.range.start)] + edit.new_text + text[offset(edit.range.end) :]
    return text


async def acted(
    client: LanguageClient, path: Path, span: types.Range, only: list[str] | None = None
) -> list[types.CodeAction]:
    found = await client.text_document_code_action_async(
        types.CodeActionParams(types.TextDocumentIdentifier(path.as_uri()), span, types.CodeActionContext([], only))
    )
    return [each for each in found or () if isinstance(each, types.CodeAction)]


@pytest.mark.asyncio
async def test_findings_are_underlined_and_mended(client: LanguageClient, tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    found = {str(each.code): each for each in await opened(client, path, POLICY)}
    assert {"IAM101", "IAM006"} <= set(found)
    misspelt = found["IAM101"]
    assert (misspelt.severity, misspelt.source) == (types.DiagnosticSeverity.Error, "preflight")
    assert misspelt.range.start == at(POLICY, '"s3:GetObjekt"')
    assert misspelt.range.end == at(POLICY, '"s3:GetObjekt"', end=True), "positions are in UTF-16"
    assert misspelt.code_description is not None and misspelt.code_description.href.startswith("https://docs.aws")

    fixes = await acted(client, path, found["IAM006"].range)
    (fix,) = [each for each in fixes if each.kind == types.CodeActionKind.QuickFix]
    assert fix.edit is not None and fix.edit.changes is not None and "IAM006" in fix.title
    mended = edited(POLICY, list(fix.edit.changes[path.as_uri()]))
    assert json.loads(mended)["Statement"][1]["Action"] == "s3:PutObject" and "s3:GetObjekt" in mended

    everything = types.Range(types.Position(0, 0), types.Position(0, 0))
    (fix_all,) = await acted(client, path, everything, ["source.fixAll"])
    assert fix_all.kind == "source.fixAll.preflight" and fix_all.edit is not None
    assert fix_all.edit.changes is not None
    mended = edited(POLICY, list(fix_all.edit.changes[path.as_uri()]))
    await changed(client, path, mended, 2)
    assert not {"IAM006"} & {str(each.code) for each in await told(client, path.as_uri())}


@pytest.mark.asyncio
async def test_only_the_last_change_is_looked_at(client: LanguageClient, tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    await opened(client, path, POLICY)
    for version, text in enumerate(("{", POLICY[:-10], POLICY.replace("GetObjekt", "GetObject")), 2):
        await changed(client, path, text, version)
    found = await told(client, path.as_uri())
    assert "IAM101" not in {str(each.code) for each in found}
    client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(path.as_uri())))
    assert await told(client, path.as_uri()) == []


@pytest.mark.asyncio
async def test_a_rule_is_ignored_by_a_comment_for_its_reason(client: LanguageClient, tmp_path: Path) -> None:
    path, text = tmp_path / "policy.yaml", YAML.replace("sagemaker:Cr", "s3:GetObjekt").partition("    Condition")[0]
    found = {str(each.code): each for each in await opened(client, path, text)}
    offered = await acted(client, path, found["IAM101"].range)
    (ignore,) = [each for each in offered if each.title == "Ignore IAM101 here"]
    assert ignore.edit is not None and ignore.edit.changes is not None
    ignored = edited(text, list(ignore.edit.changes[path.as_uri()]))
    assert "      - s3:GetObjekt  # preflight: ignore[IAM101] reason\n" in ignored
    await changed(client, path, ignored, 2)
    assert "IAM101" not in {str(each.code) for each in await told(client, path.as_uri())}


@pytest.mark.asyncio
async def test_terraform_requests_and_what_cannot_be_read(client: LanguageClient, tmp_path: Path) -> None:
    found = await opened(client, tmp_path / "main.tf", TERRAFORM)
    assert [str(each.code) for each in found] == ["IAM101"] and found[0].range.start.line == 2
    request = '{"EndpointName": "x_y", "EndpointConfigName": 5}'
    codes = {str(each.code) for each in await opened(client, tmp_path / "request.json", request)}
    assert {"PRE301", "PRE303"} <= codes
    (broken,) = await opened(client, tmp_path / "broken.json", '{\n "Version": }')
    assert broken.range.start.line == 1 and "invalid JSON" in broken.message
    assert await opened(client, tmp_path / "package.json", '{"name": "x"}') == []


@pytest.mark.asyncio
async def test_what_is_saved_is_checked_against_the_snapshot(client: LanguageClient, tmp_path: Path) -> None:
    path = tmp_path / "create-endpoint.json"
    text = '{\n  "EndpointName": "x",\n  "EndpointConfigName": "no-such-config"\n}\n'
    found = await opened(client, path, text, written=True)
    (missing,) = [each for each in found if each.code == "PRE401"]
    assert missing.severity == types.DiagnosticSeverity.Error and missing.range.start.line == 2
    unknown = [each for each in found if each.message.startswith("UNKNOWN: ")]
    assert unknown and {each.severity for each in unknown} == {types.DiagnosticSeverity.Information}


@pytest.mark.asyncio
async def test_hover_explains_actions_patterns_keys_arns_and_rules(client: LanguageClient, tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    text = POLICY.replace("s3:PutObject", "sagemaker:Create*Config")
    await opened(client, path, text)

    async def hover(word: str) -> str:
        found = await client.text_document_hover_async(
            types.HoverParams(types.TextDocumentIdentifier(path.as_uri()), at(text, word))
        )
        return "" if found is None else str(getattr(found.contents, "value", ""))

    assert "**IAM101**" in await hover("s3:GetObjekt")
    assert "3 actions of" in (said := await hover("sagemaker:Create*")) or "actions of" in said
    assert "arn:${Partition}:s3:::${BucketName}" in await hover("arn:aws:s3:::b/*")
    assert await hover("Version") == ""
    text = text.replace("s3:GetObjekt", "sagemaker:CreateEndpoint").replace("Create*Config", "InvokeEndpoint")
    await changed(client, path, text, 2)
    await told(client, path.as_uri())
    said = await hover("sagemaker:CreateEndpoint")
    assert "Write" in said and "`endpoint` (required)" in said and "aws:RequestTag/${TagKey}" in said
    assert "Dependent actions: `sagemaker:AddTags`" in said


@pytest.mark.asyncio
async def test_completion_of_actions_keys_operators_and_arns(client: LanguageClient, tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    await opened(client, path, YAML)

    async def offered(word: str) -> dict[str, types.CompletionItem]:
        found = await client.text_document_completion_async(
            types.CompletionParams(types.TextDocumentIdentifier(path.as_uri()), at(YAML, word, end=True))
        )
        assert isinstance(found, types.CompletionList)
        return {each.label: each for each in found.items}

    actions = await offered("sagemaker:Cr")
    assert actions["sagemaker:CreateEndpoint"].detail == "Write" and "s3:GetObject" not in actions
    edit = actions["sagemaker:CreateEndpoint"].text_edit
    assert isinstance(edit, types.TextEdit)
    assert (edit.range.start, edit.range.end) == (at(YAML, "sagemaker:Cr"), at(YAML, "sagemaker:Cr", end=True))
    keys = await offered("        aws:")
    assert "aws:SourceIp" in keys and "s3:ExistingObjectTag/<key>" in keys and "sagemaker:CreateEndpoint" not in keys
    assert "StringLike" in await offered("StringEquals")
    assert "arn:aws:s3:::${BucketName}/${ObjectName}" in await offered('Resource: "')
    assert set(await offered("Effect: Al")) == {"Allow", "Deny"}
    assert await offered("Vers") == {}


@pytest.mark.asyncio
async def test_hostile_documents_leave_it_running(client: LanguageClient, tmp_path: Path) -> None:
    for number, text in enumerate(
        ("[" * 50_000, '"\\ud800"', "a: &a [*a]", "\0", "\r\n\u2028{", "{" + '"a":1,' * 90_000)
    ):
        await opened(client, tmp_path / f"{number}.json", text)
        for place in (types.Position(0, 0), types.Position(0, 10**6), types.Position(10**6, 3)):
            await client.text_document_hover_async(
                types.HoverParams(types.TextDocumentIdentifier((tmp_path / f"{number}.json").as_uri()), place)
            )
    found = await opened(client, tmp_path / "policy.json", POLICY)
    assert "IAM101" in {str(each.code) for each in found}


def test_without_the_extra_and_with_a_bad_snapshot_it_says_what_to_do() -> None:
    hidden = (
        "import sys; sys.modules['pygls'] = None; from preflight.cli.app import invoke; sys.exit(invoke(['server']))"
    )
    done = subprocess.run([sys.executable, "-c", hidden], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 2 and 'pip install "aws-preflight[lsp]"' in done.stderr
    command = [sys.executable, "-m", "preflight", "server", "--snapshot", "no-such.json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stdout) == (2, "") and "no-such.json" in done.stderr


def test_it_ends_while_a_document_is_looked_at() -> None:
    slow = (
        "import sys, time; import preflight.server.language_server as server; "
        "server.looked_at = lambda *_, **__: print('begun', file=sys.stderr, flush=True) or time.sleep(600); "
        "from preflight.cli.app import main; sys.argv = ['preflight', 'server']; main()"
    )
    document = {"uri": "file:///tmp/policy.json", "languageId": "json", "version": 1, "text": POLICY}
    asked: list[dict[str, object]] = [
        {"id": 1, "method": "initialize", "params": {"processId": None, "rootUri": None, "capabilities": {}}},
        {"method": "initialized", "params": {}},
        {"method": "textDocument/didOpen", "params": {"textDocument": document}},
    ]
    ends: list[dict[str, object]] = [{"id": 2, "method": "shutdown"}, {"method": "exit"}]
    with subprocess.Popen(
        [sys.executable, "-c", slow], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None and process.stderr is not None
        for messages in (asked, ends):
            for each in messages:
                body = json.dumps({"jsonrpc": "2.0", **each}).encode()
                process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
            process.stdin.flush()
            if messages is asked:
                assert process.stderr.readline().strip() == b"begun"
        _, said = process.communicate(timeout=120)
    assert (process.returncode, said) == (0, b"")
