"""`preflight simulate`: every form of input, every format, every exit code."""

from __future__ import annotations

import gzip
import io
import json
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.testing import CliRunner, Result

from preflight.cli.simulate import simulate
from preflight.documents.text import load
from preflight.errors import UsageError
from preflight.simulate import case_files
from tests.aws.account import populate
from tests.aws.control import StandIn

app = typer.Typer()
app.command()(simulate)

ROLE = "arn:aws:iam::111122223333:role/deployer"
OBJECT = "arn:aws:s3:::reports/a.csv"
READ: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}

Run = Callable[..., Result]


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def case(**members: Any) -> dict[str, Any]:
    identity = [{"name": "reader", "policy": policy({"Sid": "Read", **READ})}]
    return {"principal": ROLE, "action": "s3:GetObject", "resource": OBJECT, "identity_policies": identity, **members}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command in an empty folder; files are named by keyword arguments with their content."""
    monkeypatch.chdir(tmp_path)

    def with_files(*arguments: str, stdin: str | None = None, **files: str) -> Result:
        for name, content in files.items():
            (tmp_path / name.replace("__", ".")).write_text(content)
        return CliRunner().invoke(app, list(arguments), input=stdin)

    return with_files


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_the_result_document(run: Run) -> None:
    result = run("c.json", "--format", "json", c__json=json.dumps(case(id="one")))
    assert result.exit_code == 0
    assert json.loads(result.stdout) == [
        {
            "id": "one",
            "decision": "allowed",
            "by": [{"policy_type": "identity", "policy": "reader", "statement": 0, "sid": "Read", "effect": "Allow"}],
            "missing": [],
            "depends_on": [],
        }
    ]


def test_a_denial_names_what_gave_no_allow_and_what_nearly_did(run: Run) -> None:
    other = case(resource="arn:aws:s3:::secret/a.csv", expect="implicitDeny")
    (found,) = json.loads(run("c.json", "--format", "json", c__json=json.dumps(other)).stdout)
    assert found["missing"] == ["identity"]
    assert found["near_misses"][0]["statement"]["policy"] == "reader"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("one.json", json.dumps(case())),
        ("list.json", json.dumps([case()])),
        ("table.json", json.dumps({"defaults": case(), "cases": [{}]})),
        ("one.yaml", yaml.safe_dump(case())),
        ("list.yaml", yaml.safe_dump([case()])),
        ("lines.jsonl", json.dumps(case()) + "\n\n"),
        ("unnamed", json.dumps(case()) + "\n"),
        ("unnamed-yaml", yaml.safe_dump(case())),
    ],
)
def test_every_form_of_input(run: Run, tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    result = run(name, "--format", "jsonl")
    assert [(found["id"], found["decision"]) for found in lines(result)] == [("1", "allowed")]


def test_a_stream_of_yaml_documents(run: Run) -> None:
    text = yaml.safe_dump(case(id="a")) + "---\n" + yaml.safe_dump(case(id="b"))
    assert [found["id"] for found in lines(run("c.yaml", "--format", "jsonl", c__yaml=text))] == ["a", "b"]
    unnamed = "---\n".join(["# begins\n", *[yaml.safe_dump(case())] * 2, "principal: x\n"])
    result = run("c.yaml", "--format", "jsonl", c__yaml=unnamed)
    assert [found["id"] for found in lines(result)] == ["1", "2", "3"]
    assert f"line {unnamed.count(chr(10))}" in result.stderr


def test_stdin_as_lines_and_as_a_document(run: Run) -> None:
    as_lines = run("-", "--format", "jsonl", stdin=json.dumps(case(id="a")) + "\n" + json.dumps(case(id="b")))
    assert [found["id"] for found in lines(as_lines)] == ["a", "b"]
    as_document = run("-", "--format", "jsonl", stdin=json.dumps([case(id="a")], indent=1))
    assert [found["id"] for found in lines(as_document)] == ["a"]


def test_lines_are_answered_as_they_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from preflight.simulate.case_files import read_cases
    from preflight.simulate.simulate import simulate as decide_all

    taken = []

    class Slow(io.RawIOBase):
        def readline(self, size: int | None = -1) -> bytes:
            if len(taken) == 3:
                return b""
            taken.append(len(taken))
            return json.dumps(case(id=str(taken[-1]))).encode() + b"\n"

    monkeypatch.setattr(sys, "stdin", type("Stdin", (), {"buffer": Slow()}))
    answers = decide_all(read_cases(["-"]))
    assert next(answers).id == "0"
    assert taken == [0]


def test_an_unmet_expectation_is_a_readable_diff_and_exit_1(run: Run) -> None:
    result = run("c.json", c__json=json.dumps([case(id="ok", expect="allowed"), case(id="bad", expect="explicitDeny")]))
    assert result.exit_code == 1
    assert "- expected explicitDeny\n            + got      allowed" in result.stdout
    assert "1 not as expected" in result.stdout
    found = lines(run("c.json", "--format", "jsonl"))
    assert "expected" not in found[0]
    assert found[1]["expected"] == "explicitDeny"


def test_open_is_exit_3_unless_expected_or_allowed(run: Run) -> None:
    hangs = {**READ, "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}
    unsure = case(identity_policies=[{"name": "p", "policy": policy(hangs)}], complete_context=False)
    result = run("c.json", c__json=json.dumps(unsure))
    assert result.exit_code == 3
    assert "depends on IpAddress aws:SourceIp 10.0.0.0/8" in result.stdout
    assert run("c.json", "--allow-open").exit_code == 0
    (found,) = lines(run("c.json", "--format", "jsonl"))
    assert found["decision"] == "open"
    assert found["depends_on"] == [
        {
            "key": "aws:SourceIp",
            "operator": "IpAddress",
            "values": ["10.0.0.0/8"],
            "statement": {"policy_type": "identity", "policy": "p", "statement": 0, "sid": "", "effect": "Allow"},
        }
    ]
    assert run("d.json", d__json=json.dumps({**unsure, "expect": "open"})).exit_code == 0
    assert run("d.json", d__json=json.dumps({**unsure, "expect": "allowed"})).exit_code == 1


def test_junit(run: Run) -> None:
    unsure = case(id="o", identity_policies=[], complete_context=True)
    text = json.dumps([case(id="a", expect="allowed"), case(id="<b>", expect="implicitDeny"), unsure, {"id": "c"}])
    result = run("c.json", "--format", "junit", c__json=text)
    assert result.exit_code == 2
    suites = ElementTree.fromstring(result.stdout)
    assert suites.attrib == {"tests": "4", "failures": "1", "errors": "1", "skipped": "0"}
    cases = {each.get("name"): [child.tag for child in each] for each in suites.iter("testcase")}
    assert cases == {"a": [], "<b>": ["failure"], "o": [], "c": ["error"]}


BAD = [
    ({"actoin": "s3:GetObject"}, "unknown key 'actoin'"),
    ({"action": 5}, "/action"),
    ({"action": "s3"}, '"s3" is not an action'),
    ({"action": ""}, "/action"),
    ({"resource": "reports"}, '"reports" is not a resource'),
    ({"principal": "arn:aws:iam::111122223333:group/g"}, "group/g"),
    ({"principal": "nobody"}, "nobody"),
    ({"principal": "arn:aws:sts::111122223333:assumed-role/a/b/c"}, "assumed-role/a/b/c"),
    (
        {"permissions_boundaries": [{"name": name, "policy": policy(READ)} for name in "ab"]},
        "only one permissions boundary",
    ),
    ({"resource_account": "1234"}, "/resource_account"),
    ({"expect": "yes"}, "/expect"),
    ({"complete_context": "yes"}, "/complete_context"),
    ({"context": {"aws:SourceIp": None}}, "/context/aws:SourceIp"),
    ({"context": ["a"]}, "/context"),
    ({"context": []}, "/context"),
    ({"context": {"aws:TagKeys": [["a"]]}}, "/context/aws:TagKeys/0"),
    ({"expect": ["allowed"]}, "/expect"),
    ({"session_policies": ""}, "/session_policies"),
    ({"identity_policies": {}}, "/identity_policies"),
    ({"identity_policies": [{"policy": {}}]}, "/identity_policies/0"),
    (
        {"identity_policies": [{"name": "p", "policy": {"Statement": [{"Effect": "Maybe"}]}}]},
        "/identity_policies/0/policy/Statement/0",
    ),
    ({"service_control_policies": [{"name": "p", "policy": {}}]}, "/service_control_policies/0"),
    ({"resource_policy": []}, "/resource_policy"),
    ({"id": 7}, "/id"),
]


@pytest.mark.parametrize(("members", "said"), BAD, ids=[str(members)[:50] for members, _ in BAD])
def test_a_bad_case_is_said_with_its_place_and_the_others_are_decided(
    run: Run, members: dict[str, Any], said: str
) -> None:
    text = "\n".join(json.dumps(each) for each in (case(id="a"), case(**members), case(id="z")))
    result = run("c.jsonl", "--format", "jsonl", c__jsonl=text)
    assert result.exit_code == 2
    found = lines(result)
    assert [found[0]["decision"], found[2]["decision"]] == ["allowed", "allowed"]
    assert said in found[1]["error"]
    assert found[1]["error"].startswith("c.jsonl: line 2")
    assert f"error: {found[1]['error']}\n" == result.stderr


@pytest.mark.parametrize("line", ["{", "[]", "5", "nonsense", '{"id": "\ud800"}', "{'a': 1}", '"text"', "null"])
def test_a_line_that_is_no_case(run: Run, line: str) -> None:
    text = "\n".join([json.dumps(case(id="a")), line.encode("utf-8", "replace").decode(), json.dumps(case(id="z"))])
    result = run("c.jsonl", "--format", "jsonl", c__jsonl=text)
    assert result.exit_code == 2
    assert [found.get("decision") for found in lines(result)] == ["allowed", None, "allowed"]
    assert "c.jsonl: line 2" in result.stderr


def test_a_missing_file_does_not_keep_the_others_from_being_decided(run: Run) -> None:
    result = run("none.json", "c.json", "--format", "json", c__json=json.dumps(case(id="a")))
    assert result.exit_code == 2
    assert [found.get("decision") for found in json.loads(result.stdout)] == [None, "allowed"]
    assert "none.json: there is no such file" in result.stderr


@pytest.mark.parametrize(
    ("name", "text"), [("e.json", "[]"), ("e.json", '{"cases": []}'), ("e.jsonl", ""), ("-", "[]")]
)
def test_a_file_without_cases_is_no_pass(run: Run, tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "e").with_suffix(Path(name).suffix or ".txt").write_text(text)
    result = run("c.json", name, "--format", "json", stdin=text, c__json=json.dumps(case(id="a", expect="allowed")))
    assert result.exit_code == 2
    assert [found.get("decision") for found in json.loads(result.stdout)] == ["allowed", None]
    assert f"error: {name}: there is no case in it; add one, or leave the file out" in result.stderr


@pytest.mark.parametrize("name", ["c.jsonl.gz", "c.json.gz", "c.gz"])
def test_a_damaged_compressed_file(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    whole = gzip.compress(json.dumps(case(id="a")).encode())
    for damaged in (whole[:-1], whole[:20] + b"\xff\xff\xff" + whole[23:], whole[:-8] + bytes(8), b"\x1f\x8b"):
        (tmp_path / name).write_bytes(damaged)
        result = run(name)
        assert result.exit_code == 2 and f"{name}: the gzip file is incomplete or damaged" in result.stderr, damaged
    (tmp_path / name).write_bytes(whole)
    assert run(name).exit_code == 0
    monkeypatch.setattr(case_files, "MOST_BYTES", 40)
    monkeypatch.setattr(load, "MOST_BYTES", 40)
    assert "when it is decompressed" in run(name).stderr


@pytest.mark.parametrize("name", ["\ud800", "a\0b", "x" * 5000])
def test_a_name_that_no_file_can_have(run: Run, name: str) -> None:
    result = run(name, "c.json", "--format", "json", c__json=json.dumps(case(id="a")))
    assert result.exit_code == 2 and "it cannot be read" in result.stderr
    assert [found.get("decision") for found in json.loads(result.stdout)] == [None, "allowed"]


def test_places_in_a_document_have_lines(run: Run) -> None:
    result = run("c.yaml", c__yaml="cases:\n  - id: a\n    principal: x\n    actoin: y\n")
    assert result.exit_code == 2
    assert "line" in result.stderr
    assert "/cases/0" in result.stderr


def test_a_fault_in_the_defaults_is_cited_there(run: Run) -> None:
    table = {"defaults": {**case(), "expect": "perhaps"}, "cases": [{"id": "a"}]}
    assert "/defaults/expect" in run("c.json", c__json=json.dumps(table)).stderr


def test_coverage_names_the_statements_that_decided_nothing(run: Run) -> None:
    both = policy({"Sid": "Read", **READ}, {"Sid": "Write", **READ, "Action": "s3:PutObject"})
    result = run("c.json", "--coverage", c__json=json.dumps(case(identity_policies=[{"name": "p", "policy": both}])))
    assert "coverage: 1 of 2 statements decided a case; never exercised:" in result.stdout
    assert (
        "identity-based policy p, Statement[1] (Write): Allow s3:PutObject on arn:aws:s3:::reports/*" in result.stdout
    )
    as_lines = run("c.json", "--coverage", "--format", "jsonl")
    assert len(lines(as_lines)) == 1
    assert "Write" in as_lines.stderr


def test_output_goes_to_a_file(run: Run, tmp_path: Path) -> None:
    result = run("c.json", "--format", "json", "--output", "out.json", c__json=json.dumps(case(id="a")))
    assert result.stdout == ""
    assert json.loads((tmp_path / "out.json").read_text())[0]["id"] == "a"


SNAPSHOT = {
    "version": 1,
    "taken_at": "2026-01-01T00:00:00Z",
    "partition": "aws",
    "account": "111122223333",
    "iam": {
        "UserDetailList": [],
        "GroupDetailList": [],
        "Policies": [],
        "RoleDetailList": [
            {
                "RoleName": "deployer",
                "Path": "/",
                "Arn": ROLE,
                "AssumeRolePolicyDocument": policy(
                    {"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "sts:AssumeRole"}
                ),
                "Tags": [{"Key": "team", "Value": "ml"}],
                "RolePolicyList": [
                    {
                        "PolicyName": "inline",
                        "PolicyDocument": policy(
                            {
                                "Effect": "Allow",
                                "Action": "sagemaker:*",
                                "Resource": "*",
                                "Condition": {"StringEquals": {"aws:PrincipalTag/team": "ml"}},
                            }
                        ),
                    }
                ],
                "AttachedManagedPolicies": [],
            }
        ],
    },
    "organization": {
        "service_control_policies": {
            "111122223333": [
                [{"name": "FullAWSAccess", "policy": policy({"Effect": "Allow", "Action": "*", "Resource": "*"})}]
            ]
        },
        "resource_control_policies": {"111122223333": [[]]},
    },
}
ASK = {
    "principal": ROLE,
    "action": "sagemaker:CreateEndpoint",
    "resource": "arn:aws:sagemaker:us-east-1:111122223333:endpoint/e",
}


def test_a_snapshot_gives_the_policies_that_a_case_does_not(run: Run) -> None:
    asked = [
        {**ASK, "id": "theirs", "expect": "allowed"},
        {**ASK, "id": "own", "identity_policies": [], "expect": "implicitDeny"},
        {**ASK, "id": "session", "principal": "arn:aws:sts::111122223333:assumed-role/deployer/s", "expect": "allowed"},
        {**ASK, "id": "other", "action": "s3:GetObject", "resource": OBJECT, "expect": "implicitDeny"},
        {**ASK, "id": "trust", "action": "sts:AssumeRole", "resource": ROLE, "expect": "allowed"},
        {**ASK, "id": "service", "principal": "sagemaker.amazonaws.com", "expect": "implicitDeny"},
    ]
    result = run("c.json", "--snapshot", "s.json", c__json=json.dumps(asked), s__json=json.dumps(SNAPSHOT))
    assert result.exit_code == 0, result.stdout + result.stderr


def test_a_snapshot_says_what_the_principal_settles(run: Run) -> None:
    snapshot = json.loads(json.dumps(SNAPSHOT))
    role = snapshot["iam"]["RoleDetailList"][0]
    role |= {"Path": "/ops/", "Arn": "arn:aws:iam::111122223333:role/ops/deployer", "RoleId": "AROAONE"}
    role["RolePolicyList"] = []
    session = {**ASK, "principal": "arn:aws:sts::111122223333:assumed-role/deployer/s1", "complete_context": False}

    def if_(operator: str, key: str, value: str) -> dict[str, Any]:
        allow = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {operator: {key: value}}}
        return {"identity_policies": [{"name": "p", "policy": policy(allow)}]}

    asked = [
        {**session, "id": "path", **if_("ArnEquals", "aws:PrincipalArn", role["Arn"]), "expect": "allowed"},
        {**session, "id": "id", **if_("StringEquals", "aws:userid", "AROAONE:s1"), "expect": "allowed"},
        {**session, "id": "other-id", **if_("StringLike", "aws:userid", "AROATWO:*"), "expect": "implicitDeny"},
        {**session, "id": "token", **if_("DateGreaterThan", "aws:TokenIssueTime", "2020-01-01"), "expect": "allowed"},
        {**session, "id": "now", **if_("DateLessThan", "aws:CurrentTime", "2020-01-01"), "expect": "implicitDeny"},
        {
            **ASK,
            "principal": role["Arn"],
            "id": "role",
            **if_("StringLike", "aws:userid", "AROAONE:*"),
            "expect": "allowed",
        },
    ]
    result = run("c.json", "--snapshot", "s.json", c__json=json.dumps(asked), s__json=json.dumps(snapshot))
    assert result.exit_code == 0, result.stdout + result.stderr


def test_an_organization_that_is_not_in_the_snapshot_leaves_an_allow_open(run: Run) -> None:
    alone = {key: value for key, value in SNAPSHOT.items() if key != "organization"}
    result = run("c.json", "--snapshot", "s.json", c__json=json.dumps(ASK), s__json=json.dumps(alone))
    assert result.exit_code == 3
    assert "service-control policies are not known" in result.stdout


def test_a_principal_that_is_not_in_the_snapshot_is_an_error(run: Run) -> None:
    stranger = {**ASK, "principal": ROLE + "-2"}
    result = run("c.json", "--snapshot", "s.json", c__json=json.dumps(stranger), s__json=json.dumps(SNAPSHOT))
    assert result.exit_code == 2
    assert f"{ROLE}-2 is not in" in result.stderr


def test_the_live_account_gives_the_policies_too(run: Run, aws: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    ready = populate(aws, hosting=False)
    endpoint = f"arn:aws:sagemaker:{ready.region}:{aws.account}:endpoint/{ready.endpoint}"
    asked = [
        {**ASK, "id": "theirs", "principal": ready.principal, "resource": endpoint},
        {**ASK, "id": "stranger", "principal": ready.principal + "-2", "resource": endpoint},
    ]
    result = run("c.json", "--live", "--format", "jsonl", c__json=json.dumps(asked))
    assert result.exit_code == 2, result.stderr
    theirs, stranger = lines(result)
    assert (theirs["decision"], [ref["sid"] for ref in theirs["by"]]) == ("allowed", ["Hosting"])
    assert "is not in the live account" in stranger["error"]


def test_snapshot_and_live_exclude_each_other(run: Run) -> None:
    result = run("c.json", "--live", "--snapshot", "s.json", c__json="[]", s__json=json.dumps(SNAPSHOT))
    assert isinstance(result.exception, UsageError)


def test_every_file_of_the_table_meets_its_expectations(run: Run) -> None:
    tables = sorted(str(path) for path in (Path(__file__).parents[1] / "iam" / "cases").glob("*.yaml"))
    result = run(*tables, "--format", "jsonl")
    assert result.exit_code == 0, result.stderr
    assert len(lines(result)) >= 400


def test_the_schema_accepts_the_table_and_refuses_what_the_command_refuses() -> None:
    from preflight.documents.text.document import Document
    from preflight.documents.text.schema import validate
    from preflight.errors import InputError

    for path in (Path(__file__).parents[1] / "iam" / "cases").glob("*.yaml"):
        validate(Document(path.name, yaml.safe_load(path.read_text())), "simulation")
    with pytest.raises(InputError):
        validate(Document("c", {"principal": ROLE}), "simulation")
    with pytest.raises(InputError):
        validate(Document("c", [{**case(), "extra": 1}]), "simulation")


def test_no_heavy_module_is_imported_for_good_cases(run: Run, tmp_path: Path) -> None:
    import subprocess

    (tmp_path / "c.jsonl").write_text(json.dumps(case()))
    program = (
        "import sys, preflight.cli.simulate as s\n"
        "s.simulate(['c.jsonl'], s.DecisionFormat.JSONL)\n"
        "heavy = {'boto3', 'botocore', 'jsonschema', 'rich', 'policyuniverse', 'yaml'}\n"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


HOSTILE = "x\x1b[2J\n::error::boo\n##vso[task.complete]\x00\x85\ud800\u202e<&\"'"


@pytest.mark.parametrize("format_", ["text", "junit"])
def test_nothing_that_is_printed_is_obeyed(run: Run, format_: str) -> None:
    named = {"identity_policies": [{"name": HOSTILE, "policy": policy({"Sid": "Read", **READ})}]}
    cases = [
        case(id=HOSTILE, **named),
        case(id=HOSTILE, expect="explicitDeny", **named),
        case(id=HOSTILE, resource=HOSTILE),
        {"id": HOSTILE},
    ]
    result = run("c.json", "--format", format_, "--coverage", c__json=json.dumps(cases))
    for printed in (result.stdout, result.stderr):
        assert not any(each.lstrip().startswith("::") for each in printed.splitlines()), printed
        assert not set("\x1b\x00\x85\u202e") & set(printed) and "##vso[" not in printed
    if format_ == "junit":
        from xml.etree import ElementTree

        ElementTree.fromstring(result.stdout.partition("</testsuites>")[0] + "</testsuites>")


def test_its_own_input_is_read_before_it_is_written_over(run: Run, tmp_path: Path) -> None:
    result = run("c.json", "--format", "json", "--output", "c.json", c__json=json.dumps([case(id="one")]))
    assert result.exit_code == 0, result.output
    assert [each["id"] for each in json.loads((tmp_path / "c.json").read_text())] == ["one"]


def test_an_output_is_whole_or_not_there(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "out.json").write_text("before")

    def broken(*_: object, **__: object) -> Iterator[Any]:
        yield from ()
        raise RuntimeError

    monkeypatch.setattr("preflight.api.simulate", broken)
    run("c.json", "--output", "out.json", c__json=json.dumps([case(id="one")]))
    assert (tmp_path / "out.json").read_text() == "before"
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []
