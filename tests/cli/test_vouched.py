"""What a team vouches for: sessions, STS, deployed templates; by options and by the settings of `[check]`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.cli.conftest import EXAMPLES
from tests.cli.running import Command

DEPLOYER = "arn:aws:iam::111122223333:role/deployer"
FACTS = str(EXAMPLES / "snapshot.json")
CHECK = ["check", str(EXAMPLES / "create-endpoint.json"), "--principal", DEPLOYER, "--format", "json"]
READ_ONLY = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "sagemaker:Describe*", "Resource": "*"},
}
ALL = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}


def tagged(key: str) -> dict[str, Any]:
    """Return a policy that allows everything to callers with a value of a condition key."""
    equal = {"StringEquals": {key: "ml"}}
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": equal}
    return {"Version": "2012-10-17", "Statement": statement}


def results(out: str, rule: str) -> set[str]:
    return {each["kind"] for each in json.loads(out)["results"] if each["rule"] == rule}


def test_a_session_may_do_what_its_policy_allows_too(preflight: Command) -> None:
    ran = preflight(*CHECK, "--snapshot", FACTS, "--session-policy", "s.json", s__json=READ_ONLY)
    assert (ran.code, results(ran.out, "PRE110")) == (1, {"fail"})
    assert json.loads(ran.out)["vouched_for"] == {"session_policies": ["s.json"]}
    both = ["--session-policy", "s.json", "--session-policy", "all.json"]
    ran = preflight(*CHECK, "--snapshot", FACTS, *both, all__json=ALL)
    assert (ran.code, results(ran.out, "PRE110")) == (0, {"pass"})


def test_session_tags_and_source_identity_are_in_the_context(preflight: Command) -> None:
    for key, option in (("aws:PrincipalTag/team", "--session-tag"), ("aws:SourceIdentity", "--source-identity")):
        given = [*CHECK, "--snapshot", FACTS, "--identity-policy", "p.json"]
        value = "team=ml" if option == "--session-tag" else "ml"
        assert preflight(*given, p__json=tagged(key)).code != 0
        ran = preflight(*given, option, value)
        assert (ran.code, results(ran.out, "PRE110")) == (0, {"pass"}), option
        assert preflight(*given, option, f"{value}x").code == 1


def test_sts_is_active_where_it_is_vouched_for(preflight: Command) -> None:
    facts = json.loads(Path(FACTS).read_text())
    del facts["regions"]["us-east-1"]["sts_active"]
    ran = preflight(*CHECK, "--snapshot", "f.json", f__json=facts)
    assert (ran.code, results(ran.out, "PRE210")) == (3, {"open"})
    ran = preflight(*CHECK, "--snapshot", "f.json", "--sts-active", "us-east-1")
    assert (ran.code, results(ran.out, "PRE210")) == (0, {"pass"})
    ran = preflight(*CHECK[:-2], "--snapshot", "f.json", "--sts-active", "us-east-1")
    assert "Assumptions: STS is active in us-east-1\n" in ran.out


def test_settings_say_it_once_for_all(preflight: Command, folder: Path) -> None:
    (folder / "preflight.toml").write_text(
        "[check]\n"
        'session-policy = ["sessions/s.json"]\nsource-identity = "alice"\nsts-active = ["us-east-1"]\n'
        'allow-unchecked = ["Custom::*"]\n\n[check.session-tag]\nteam = "ml"\n'
    )
    (folder / "sessions").mkdir()
    (folder / "sessions" / "s.json").write_text(json.dumps(READ_ONLY))
    ran = preflight(*CHECK, "--snapshot", FACTS)
    assert ran.code == 1
    assert json.loads(ran.out)["vouched_for"] == {
        "session_policies": ["sessions/s.json"], "session_tags": {"team": "ml"}, "source_identity": "alice",
        "sts_active": ["us-east-1"], "allow_unchecked": ["Custom::*"],
    }  # fmt: skip
    for form in ("text", "markdown", "sarif"):
        assert "alice" in preflight(*CHECK[:-1], form, "--snapshot", FACTS).out
    options = ["--session-policy", "all.json", "--source-identity", "bob"]
    ran = preflight(*CHECK, "--snapshot", FACTS, *options, all__json=ALL)
    assert ran.code == 0 and json.loads(ran.out)["vouched_for"]["source_identity"] == "bob"


def test_what_cannot_be_is_refused(preflight: Command) -> None:
    user = "arn:aws:iam::111122223333:user/ann"
    for given, said in (
        (["--session-tag", "team"], "--session-tag 'team' is not KEY=VALUE"),
        (["--session-tag", "a=1", "--session-tag", "a=2"], "--session-tag a is given twice"),
        (["--source-identity", "a b"], "--source-identity 'a b' is not a source identity"),
        (["--sts-active", "us-east-1a"], "--sts-active 'us-east-1a' is not a region name"),
        (["--session-policy", "nowhere.json"], "nowhere.json"),
        (["--principal", user, "--session-tag", "a=1"], f"{user} is not one"),
        (["--deployed", "-", "--session-policy", "-"], "(stdin) can be given only once"),
    ):
        ran = preflight(*CHECK, "--snapshot", FACTS, *given)
        assert ran.code == 2 and said in ran.line, ran.err


def test_policy_and_create_take_them_too(preflight: Command) -> None:
    plan = str(EXAMPLES / "plan.yaml")
    given = ["--session-policy", "s.json", "--session-tag", "a=1", "--source-identity", "ann"]
    ran = preflight("policy", plan, "--snapshot", FACTS, "--diff", "deployer", *given, s__json=READ_ONLY)
    assert ran.code == 1 and "no session policy allows" in ran.out
    for command in ("create", "policy", "check"):
        ran = preflight(command, "--help")
        assert all(f"--{name}" in ran.out for name in ("session-policy", "session-tag", "source-identity"))
        assert all(f"--{name}" in ran.out for name in ("sts-active", "allow-unchecked", "deployed"))
