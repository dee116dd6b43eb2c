"""`preflight check`: exit codes, options, formats, and one line for everything that keeps it from checking."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from preflight import data_files
from tests.cli.conftest import EXAMPLES
from tests.cli.running import Command

DEPLOYER = "arn:aws:iam::111122223333:role/deployer"
REQUEST: dict[str, Any] = json.loads((EXAMPLES / "create-endpoint.json").read_text())
SNAPSHOT = str(EXAMPLES / "snapshot.json")
FACTS: dict[str, Any] = json.loads(Path(SNAPSHOT).read_text())
READY = ["check", str(EXAMPLES / "create-endpoint.json"), "--snapshot", SNAPSHOT, "--principal", DEPLOYER]
BLOCKED = ["check", str(EXAMPLES / "create-endpoint-blocked.json"), *READY[2:]]
ALLOW_ALL = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


def without(*parts: str) -> dict[str, Any]:
    """Return the example's facts without some parts of its region."""
    (region, facts) = next(iter(FACTS["regions"].items()))
    return {**FACTS, "regions": {region: {name: value for name, value in facts.items() if name not in parts}}}


def plan(**members: Any) -> dict[str, Any]:
    whole = {"region": "us-east-1", "account": "111122223333", "principal": DEPLOYER}
    requests = [{"operation": "sagemaker:CreateEndpoint", "parameters": REQUEST}]
    found = {**whole, "requests": requests, **members}
    return {name: value for name, value in found.items() if value is not None}


def rules(out: str, kind: str) -> set[str]:
    return {each["rule"] for each in json.loads(out)["results"] if each["kind"] == kind}


class TestExitCodes:
    def test_0_when_ready(self, preflight: Command) -> None:
        ran = preflight(*READY)
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.splitlines()[-1].startswith("READY: ")

    def test_1_when_something_fails(self, preflight: Command) -> None:
        ran = preflight(*BLOCKED, "--format", "json")
        assert ran.code == 1
        assert rules(ran.out, "fail") == {"PRE110", "PRE302", "PRE403", "PRE501"}

    def test_3_when_something_is_open_and_0_if_that_is_allowed(self, preflight: Command) -> None:
        check = ["check", "r.json", "--snapshot", "s.json", "--role", DEPLOYER]
        ran = preflight(*check, r__json=REQUEST, s__json=without("quotas"))
        assert ran.code == 3 and ran.out.splitlines()[-1].startswith("UNKNOWN: ")
        ran = preflight(*check, "--allow-open")
        assert ran.code == 0 and "UNKNOWN" in ran.out

    def test_what_is_open_does_not_hide_what_fails(self, preflight: Command) -> None:
        ran = preflight("check", BLOCKED[1], "--snapshot", "s.json", "--role", DEPLOYER, s__json=without("quotas"))
        assert ran.code == 1

    def test_2_when_nothing_could_be_checked(self, preflight: Command) -> None:
        assert preflight("check", "nowhere.json").code == 2

    def test_fail_on(self, preflight: Command) -> None:
        root = "arn:aws:iam::111122223333:root"
        check = ["check", READY[1], "--snapshot", SNAPSHOT, "--principal", root, "--select", "PRE101"]
        assert preflight(*check).code == 0
        assert preflight(*check, "--fail-on", "error").code == 0
        assert preflight(*check, "--fail-on", "warning").code == 1
        assert preflight(*check, "--fail-on", "note").code == 1


class TestFacts:
    def test_the_region_of_a_snapshot_of_one_region(self, preflight: Command) -> None:
        ran = preflight(*READY, "--format", "json")
        told = json.loads(ran.out)["plan"]
        assert told == {"region": "us-east-1", "account": "111122223333", "principal": DEPLOYER}

    def test_without_a_principal_it_is_open(self, preflight: Command) -> None:
        ran = preflight(*READY[:4], "--format", "json")
        assert ran.code == 3
        assert {"PRE101", "PRE110"} <= rules(ran.out, "open")
        assert "principal" not in json.loads(ran.out)["plan"]

    def test_the_plan_says_and_the_options_say_otherwise(self, preflight: Command) -> None:
        ran = preflight("check", "p.json", "--snapshot", SNAPSHOT, "--format", "json", p__json=plan())
        assert json.loads(ran.out)["plan"]["principal"] == DEPLOYER
        other = "arn:aws:iam::111122223333:role/endpoint-execution"
        ran = preflight("check", "p.json", "--snapshot", SNAPSHOT, "--format", "json", "--principal", other)
        assert json.loads(ran.out)["plan"]["principal"] == other
        assert ran.code == 1

    def test_a_plan_of_several_requests_each_on_what_the_earlier_make(self, preflight: Command) -> None:
        ran = preflight("check", str(EXAMPLES / "plan.yaml"), "--snapshot", SNAPSHOT, "--format", "json")
        assert ran.code == 0
        names = [each["location"]["pointer"].split("/")[2] for each in json.loads(ran.out)["results"]]
        assert names == sorted(names) and set(names) == {"0", "1", "2"}

    def test_stdin(self, preflight: Command) -> None:
        ran = preflight("check", "-", *READY[2:], "--format", "json", stdin=json.dumps(REQUEST))
        assert ran.code == 0
        assert {each["location"]["path"] for each in json.loads(ran.out)["results"]} == {"-"}

    def test_context_settles_a_condition(self, preflight: Command) -> None:
        from_office = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
        policy = {"Version": "2012-10-17", "Statement": {**ALLOW_ALL["Statement"], "Condition": from_office}}  # type: ignore[dict-item]
        check = [*READY, "--identity-policy", "p.json", "--select", "PRE110"]
        ran = preflight(*check, p__json=policy)
        assert ran.code == 3 and "--context aws:SourceIp=VALUE" in ran.out
        assert preflight(*check, "--context", "aws:SourceIp=10.1.2.3").code == 0
        assert preflight(*check, "--context", "aws:SourceIp=192.0.2.1").code == 1

    def test_policies_that_are_not_attached_yet(self, preflight: Command) -> None:
        deny = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "sagemaker:*", "Resource": "*"}}
        only = ["--select", "PRE110"]
        files = {"all__json": ALLOW_ALL, "deny__json": deny, "none__json": {**deny, "Statement": []}}
        assert preflight(*BLOCKED, *only, "--identity-policy", "all.json", **files).code == 0
        assert preflight(*READY, *only, "--identity-policy", "deny.json").code == 1
        assert preflight(*READY, *only, "--identity-policy", "all.json", "--identity-policy", "deny.json").code == 1
        assert preflight(*READY, *only, "--boundary", "all.json").code == 0
        assert preflight(*READY, *only, "--boundary", "deny.json").code == 1
        assert preflight(*READY, *only, "--scp", "all.json").code == 0
        assert preflight(*READY, *only, "--scp", "all.json", "--scp", "deny.json").code == 1


class TestReports:
    def test_json_is_of_the_schema(self, preflight: Command) -> None:
        schema = json.loads((data_files.folder("schemas") / "report.schema.json").read_text())
        for arguments in (READY, BLOCKED, READY[:4]):
            ran = preflight(*arguments, "--format", "json")
            assert [error.message for error in Draft202012Validator(schema).iter_errors(json.loads(ran.out))] == []

    def test_locations_are_where_the_cause_is(self, preflight: Command) -> None:
        ran = preflight(*BLOCKED, "--format", "json")
        (place,) = [each["location"] for each in json.loads(ran.out)["results"] if each["rule"] == "PRE302"]
        assert place == {"path": BLOCKED[1], "pointer": "/EndpointName", "line": 2, "column": 19}

    def test_the_same_every_time(self, preflight: Command) -> None:
        assert preflight(*BLOCKED).out == preflight(*BLOCKED).out

    def test_select_and_ignore(self, preflight: Command) -> None:
        ran = preflight(*BLOCKED, "--format", "json", "--select", "PRE3,PRE5", "--ignore", "PRE302,PRE501")
        assert ran.code == 0
        assert {each["rule"] for each in json.loads(ran.out)["results"]} == {
            "PRE301", "PRE303", "PRE304", "PRE502", "PRE503", "PRE504", "PRE505",
        }  # fmt: skip

    def test_quiet_and_verbose(self, preflight: Command) -> None:
        assert "pass  PRE" not in preflight(*BLOCKED, "--quiet").out
        assert "n/a   PRE406" in preflight(*READY, "--verbose").out
        assert "n/a" not in preflight(*READY).out

    def test_colour(self, preflight: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "\x1b[" not in preflight(*READY).out
        assert "\x1b[" not in preflight(*READY, "--color", "never").out
        monkeypatch.setenv("NO_COLOR", "1")
        assert "\x1b[32mREADY" in preflight(*READY, "--color", "always").out

    def test_output_is_written_whole_in_place_of_what_was_there(self, preflight: Command, folder: Path) -> None:
        (folder / "r.json").write_text("old")
        (folder / "r.json").chmod(0o640)
        ran = preflight(*READY, "--format", "json", "--output", "r.json")
        assert (ran.code, ran.out) == (0, "")
        assert ran.line.startswith("READY: ") and ran.line.endswith("(in r.json)")
        assert json.loads((folder / "r.json").read_text())["verdict"] == "ready"
        assert stat.S_IMODE((folder / "r.json").stat().st_mode) == 0o640
        assert preflight(*READY, "--output", "r.json", "--quiet").err == ""
        assert sorted(path.name for path in folder.iterdir()) == ["r.json"]

    def test_output_through_a_link_keeps_the_link(self, preflight: Command, folder: Path) -> None:
        (folder / "there.txt").write_text("old")
        (folder / "link.txt").symlink_to("there.txt")
        assert preflight(*READY, "--output", "link.txt").code == 0
        assert (folder / "link.txt").is_symlink() and "READY" in (folder / "there.txt").read_text()

    def test_what_was_there_stays_when_nothing_could_be_checked(self, preflight: Command, folder: Path) -> None:
        (folder / "r.json").write_text("old")
        assert preflight("check", "nowhere.json", "--snapshot", SNAPSHOT, "--output", "r.json").code == 2
        assert (folder / "r.json").read_text() == "old"

    def test_what_was_there_stays_when_the_disk_is_full(
        self, preflight: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        (folder / "r.json").write_text("old")
        monkeypatch.setattr(os, "fsync", full)
        ran = preflight(*READY, "--output", "r.json")
        assert ran.code == 2 and "No space left on device" in ran.line
        assert [path.name for path in folder.iterdir()] == ["r.json"] and (folder / "r.json").read_text() == "old"


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(12)
)
YAML = ("not YAML", "alias bomb", "nesting in YAML", "only a comment")
NOT_USABLE: dict[str, tuple[bytes | str | dict[str, Any], str]] = {
    "not JSON": ('{"EndpointName": "a",}', "line 1, column 2"),
    "not YAML": ("EndpointName: [a\nb: }", "line 2"),
    "alias bomb": (BOMB, "alias"),
    "10 MB of nesting": ("[" * 10_000_000, "deep"),
    "nesting in YAML": ("- " * 100_000 + "a", "deep"),
    "a list": ("[]", "a request or a plan must be an object"),
    "a number": ("1", "a request or a plan must be an object"),
    "missing member of a plan": ({"region": "us-east-1"}, "requests"),
    "no requests": (plan(requests=[]), "/requests"),
    "unknown operation": (
        plan(requests=[{"operation": "sagemaker:CreateEndpint", "parameters": {}}]),
        "create-endpoint",
    ),
    "unknown member of a plan": (plan(regoin="us-east-1"), "region"),
    "account of the plan is not the principal's": (plan(account="444455556666"), "444455556666"),
    "region of the plan is not in the principal's partition": (plan(region="cn-north-1"), "cn-north-1"),
    "region that is none": (plan(region="us-east-1a"), "us-east-1"),
    "account that is none": (plan(account="1111"), "12-digit account ID"),
    "principal that is none": (plan(principal="deployer"), "role/deployer"),
    "context key without prefix": (plan(context={"SourceIp": "10.0.0.1"}), "SourceIp"),
    "not UTF-8": (b'{"EndpointName": "caf\xe9"}', "line 1, column 22"),
    "empty": (b"", "empty"),
    "only a comment": ("# nothing\n", "empty"),
    "two of a member": ('{"EndpointName": "a", "EndpointName": "b", "EndpointConfigName": "c"}', "EndpointName"),
    "a policy": (ALLOW_ALL, "preflight lint"),
    "a template": ({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {}}, "the template has no Resources"),
}


class TestBadInput:
    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ({**REQUEST, "EndpointName": 7}, "`EndpointName` must be a string, and is a whole number"),
            ({**REQUEST, "EndpointNam": "x"}, "Did you mean EndpointName?"),
            ({"EndpointName": "a"}, "`EndpointConfigName` is missing from the request"),
        ],
    )
    def test_what_the_api_refuses_of_a_request_is_a_result(
        self, preflight: Command, content: dict[str, Any], said: str
    ) -> None:
        ran = preflight("check", "r.json", "--snapshot", SNAPSHOT, "--select", "PRE303", r__json=content)
        assert ran.code == 1 and "FAIL  PRE303" in ran.out and said in ran.out

    @pytest.mark.parametrize("name", NOT_USABLE)
    def test_of_a_request(self, preflight: Command, name: str) -> None:
        content, said = NOT_USABLE[name]
        ran = preflight("check", "r.yaml" if name in YAML else "r.json",
                        "--snapshot", SNAPSHOT, r__json=content, r__yaml=content)  # fmt: skip
        assert (ran.code, ran.out) == (2, "")
        assert ran.line.startswith("preflight: r."), ran.line
        assert said in ran.line
        assert len(ran.line) < 600

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ({**FACTS, "account": "444455556666"}, "444455556666"),
            ({**FACTS, "version": 2}, "/version"),
            ({"version": 1}, "account"),
            ({**FACTS, "regoins": {}}, "regions"),
            (b"\xff\xfe\x00", "UTF-16"),
            ("", "empty"),
            ("[" * 100_000, "deep"),
            ({"version": 1, "account": "111122223333", "regions": {"us-east-1": {"endpoints": [{}]}}}, "EndpointName"),
        ],
    )
    def test_of_a_snapshot(self, preflight: Command, content: Any, said: str) -> None:
        ran = preflight("check", "p.json", "--snapshot", "s.json", p__json=plan(), s__json=content)
        assert (ran.code, ran.out) == (2, "")
        assert ran.line.startswith("preflight: s.json") and said in ran.line, ran.line

    def test_directories_and_files_that_are_not_there(self, preflight: Command, folder: Path) -> None:
        assert "directory" in preflight("check", ".", "--snapshot", SNAPSHOT).line
        assert "no such file" in preflight("check", "nowhere.json", "--snapshot", SNAPSHOT).line
        assert "directory" in preflight(*READY[:2], "--snapshot", str(folder)).line
        assert "no such file" in preflight(*READY, "--boundary", "nowhere.json").line
        assert "directory" in preflight(*READY, "--output", str(folder)).line
        assert "there is no directory" in preflight(*READY, "--output", "nowhere/r.json").line

    def test_a_snapshot_of_another_account_than_the_principals(self, preflight: Command) -> None:
        ran = preflight(*READY[:4], "--principal", "arn:aws:iam::444455556666:role/deployer")
        assert ran.code == 2
        assert "111122223333" in ran.line and "444455556666" in ran.line and SNAPSHOT in ran.line

    def test_a_snapshot_of_several_regions_or_none(self, preflight: Command) -> None:
        check = ["check", READY[1], "--snapshot", "s.json", "--role", DEPLOYER]
        both = {**FACTS, "regions": {"us-east-1": {}, "eu-west-1": {}}}
        ran = preflight(*check, s__json=both)
        assert ran.code == 2 and "us-east-1, eu-west-1" in ran.line and "--region" in ran.line
        assert preflight(*check, s__json={**FACTS, "regions": {}}).code == 2
        ran = preflight(*check, "--region", "eu-west-1", "--format", "json", s__json=both)
        assert json.loads(ran.out)["plan"]["region"] == "eu-west-1"

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["check"], "REQUEST"),
            (["check", "a.json", "--foo"], "--foo"),
            (["check", "a.json", "--fail-on", "never"], "'error', 'warning', 'note'"),
            (["check", "a.json", "--config-retries", "-1"], "--config-retries"),
            (["check", "a.json", "--config-retry-delay", "soon"], "--config-retry-delay"),
            (["check", "a.json", "--color", "blue"], "--color"),
            ([*READY, "--format", "sarfi"], "unknown format 'sarfi'; did you mean sarif?"),
            ([*READY, "--format", "yam"], "unknown format 'yam'; there are text, json, jsonl, sarif, junit"),
            ([*READY, "--select", "PRE999"], "unknown rule 'PRE999'"),
            ([*READY, "--ignore", "pre"], "no rule is selected"),
            ([*READY, "--context", "aws:SourceIp"], "aws:SourceIp=10.0.0.1"),
            ([*READY, "--context", "ip=10.0.0.1"], "prefix"),
            ([*READY, "--account", "444455556666"], "444455556666"),
            ([*READY, "--region", "us-gov-west-1"], "partition"),
            ([*READY[:4], "--principal", DEPLOYER.replace("aws", "aws-cn", 1)], "the principal is in aws-cn"),
            ([*READY, "--region", "Virginia"], "--region"),
            ([*READY, "--principal", "deployer"], "role/deployer"),
            ([*READY, "--operation", "create-endpont"], "create-endpoint"),
            ([*READY, "--profile", "x"], "--profile"),
            (["check", "-", "-", "--snapshot", SNAPSHOT], "only once"),
            (["check", "-", "--snapshot", "-"], "only once"),
            ([*READY, "--boundary", READY[1]], "create-endpoint.json"),
        ],
    )
    def test_of_options(self, preflight: Command, arguments: list[str], said: str) -> None:
        ran = preflight(*arguments)
        assert (ran.code, ran.out) == (2, "")
        assert ran.line.startswith("preflight: ") and said in ran.line, ran.line

    def test_without_credentials_or_region_there_is_no_live_check(self, preflight: Command) -> None:
        assert "--region" in preflight("check", READY[1]).line
        ran = preflight("check", READY[1], "--region", "us-east-1")
        assert ran.code == 2
        assert "--snapshot" in ran.line
        ran = preflight("check", READY[1], "--region", "us-east-1", "--profile", "nobody")
        assert ran.code == 2 and "nobody" in ran.line
