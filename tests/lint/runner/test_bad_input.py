"""Whatever a file holds, a lint ends with findings or with one clear error, never with a traceback."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preflight.documents.config import Config
from preflight.documents.policies.files import FoundFile
from preflight.engine.rule import load_examples, rule_ids
from preflight.lint.runner.one_file import Files, Settings
from preflight.lint.runner.selection import lint_rules
from tests.cli.running import Command

STATEMENT = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
POLICY: dict[str, Any] = {"Version": "2012-10-17", "Statement": [STATEMENT]}
TEXT = json.dumps({**POLICY, "Statement": [{**STATEMENT, "Effect": "Alow"}]}, indent=1)
NESTED = json.dumps(POLICY).replace(
    '"arn:aws:s3:::b/*"', '"*", "Condition": ' + '{"StringEquals":' * 1000 + "1" + "}" * 1000
)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("bom.json", b"\xef\xbb\xbf" + TEXT.encode(), ["IAM011 5:14"]),
        ("crlf.json", TEXT.replace("\n", "\r\n").encode(), ["IAM011 5:14"]),
        ("utf-16.json", TEXT.encode("utf-16"), ["IAM011 5:14"]),
        ("nul.json", TEXT.encode().replace(b'"Effect"', b'\0"Effect"'), ["IAM001 5:4"]),
        ("nul-inside.json", TEXT.encode().replace(b"GetObject", b"Get\\u0000"),
         ["IAM011 5:14", "IAM101 6:14"]),
        ("half.json", TEXT.encode().replace(b"GetObject", b"\\ud800"), ["IAM001 6:18"]),
        ("nested.json", NESTED.encode(), ["IAM001 1:"]),
        ("comma.json", TEXT.encode().replace(b'b/*"', b'b/*",'), ["IAM001 7:34"]),
        ("comment.json", TEXT.encode().replace(b'"Effect"', b"// why\n  \"Effect\""), ["IAM001 5:4"]),
        ("twice.json", TEXT.encode().replace(b'"Effect": "Alow"', b'"Effect": "Allow", "Effect": "Deny"'),
         ["IAM002 5:23"]),
        ("cut.json", TEXT.encode()[:60], ["IAM001 "]),
        ("tab.yaml", b"Statement:\n\t- Effect: Allow\n", ["IAM001 2:1"]),
        ("anchors.yaml", b"Statement: &a\n  - Effect: Allow\n    Action: *a\n", ["IAM001 "]),
        ("words.yaml", b"Version: 2012-10-17\nStatement:\n- Effect: Allow\n  Action: s3:GetObject\n  Resource: no\n",
         ["IAM110 5:"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_each_kind_of_text(preflight: Command, folder: Path, name: str, content: bytes, told: list[str]) -> None:
    (folder / name).write_bytes(content)
    ran = preflight("lint", name, "--select", "IAM0,IAM1", "--format", "json")
    assert (ran.code, ran.err) == (1, "")
    found = [
        f"{each['rule']} {each['location'].get('line', '')}:{each['location'].get('column', '')}"
        for each in json.loads(ran.out)["results"]
        if each["level"] == "error"
    ]
    assert len(found) == len(told) and all(any(one.startswith(each) for one in found) for each in told), found


@pytest.mark.slow
def test_a_policy_of_ten_megabytes_and_one_of_100_000_statements(preflight: Command, folder: Path) -> None:
    long = {
        **STATEMENT,
        "Resource": [f"arn:aws:s3:::bucket-{number}/a/path/to/some/place/*" for number in range(180_000)],
    }
    many = [{**STATEMENT, "Sid": f"S{number}", "Resource": f"arn:aws:s3:::b{number}/*"} for number in range(100_000)]
    many[-1] = {**many[-1], "Action": "s3:GetObjct"}
    for name, statements in (("long", [long]), ("many", many)):
        (folder / f"{name}.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}))
    assert (folder / "long.json").stat().st_size > 9_000_000
    ran = preflight("lint", "long.json", "many.json", "--format", "json", "--select", "IAM0,IAM1,IAM2")
    results = json.loads(ran.out)["results"]
    assert ran.code == 1
    assert {(each["rule"], each["location"]["path"]) for each in results} == {
        ("IAM090", "long.json"), ("IAM090", "many.json"), ("IAM101", "many.json")}  # fmt: skip


FILES = Files(Settings(tuple(lint_rules()), Config(), date(2026, 1, 1)))
TEXTS = [
    json.dumps(example["policy"], indent=1) if not isinstance(example["policy"], str) else example["policy"]
    for rule in rule_ids("lint")[::5]
    for cases in load_examples(rule).values()
    for example in cases
]
TEMPLATE = json.dumps({"Resources": {"R": {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": POLICY}}}})
PIECES = ["{", "}", "[", "]", ",", ":", '"', "\\", "\\ud83d", "null", "-1e999", "!Ref a", "&a ", "*a", "\n", "\t", "\0",
          "\ufeff", "\ud7ff", "'", "|\n", "<<: ", '{"Fn::If": ["c", 1]}', '{"Ref": []}',
          '{"Fn::Sub": ["${a}", {"a": {}}]}',
          '{"Fn::Join": ["", [{"Ref": "a"}, 5]]}', "# preflight: ignore[", "Statement", '"Statement": ']  # fmt: skip


@settings(max_examples=250, deadline=None)
@given(st.data())
@pytest.mark.slow
def test_no_text_breaks_the_reader_or_the_linter(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([*TEXTS, TEMPLATE, json.dumps({"Policy": json.dumps(POLICY)})]))
    for _ in range(data.draw(st.integers(0, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 12)))
        text = text[:start] + data.draw(st.sampled_from(PIECES) | st.text(max_size=3)) + text[end:]
    content = text.encode("utf-8", "replace")
    if data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(content)))
        content = content[:at] + data.draw(st.binary(max_size=4)) + content[at:]
    path = tmp_path_factory.getbasetemp() / f"fuzzed.{data.draw(st.sampled_from(['json', 'yaml', 'txt']))}"
    path.write_bytes(content)
    linted = FILES.lint(FoundFile(str(path), named=True))
    assert "defect" not in linted.error and "\n" not in linted.error, linted.error
    for kept in linted.kept:
        place = kept.result.location
        assert place is not None and (place.line is None or 1 <= place.line <= text.count("\n") + text.count("\r") + 9)
