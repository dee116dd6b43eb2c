"""`preflight lint` as it is run: what it prints, where, and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import Command

GOOD: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}],
}
BAD = {**GOOD, "Version": "2012-10-18"}
MILD = {**GOOD, "Statement": [{"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::b/*"}]}
SCP = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}


def rules_of(out: str) -> list[str]:
    return [each["rule"] for each in json.loads(out)["results"]]


@pytest.mark.parametrize(
    ("policy", "options", "code"),
    [
        (GOOD, (), 0),
        (BAD, (), 1),
        (BAD, ("--exit-zero",), 0),
        (BAD, ("--ignore", "IAM003"), 0),
        (BAD, ("--select", "IAM2"), 0),
        (MILD, (), 0),
        (MILD, ("--fail-on", "warning"), 1),
        (MILD, ("--strict",), 1),
        (MILD, ("--strict", "--select", "IAM0,IAM1"), 0),
        (MILD, ("--fail-on", "warning", "--select", "IAM0,IAM1"), 0),
        (BAD, ("--format", "sarif"), 1),
        (BAD, ("--quiet",), 1),
    ],
)
def test_how_it_ends(preflight: Command, policy: Any, options: tuple[str, ...], code: int) -> None:
    ran = preflight("lint", "p.json", *options, p__json=policy)
    assert (ran.code, ran.err) == (code, "")


def test_results_are_sorted_by_file_and_line(preflight: Command, folder: Path) -> None:
    (folder / "sub").mkdir()
    for name in ("z.json", "sub/a.json", "b.json"):
        (folder / name).write_text(
            json.dumps({**BAD, "Statement": {**GOOD["Statement"][0], "Effect": "Alow"}}, indent=1)
        )
    (folder / "package.json").write_text('{"name": "x"}')
    ran = preflight("lint", ".", "--format", "json", "--select", "IAM003,IAM007,IAM00")
    report = json.loads(ran.out)
    places = [(each["location"]["path"], each["location"]["line"]) for each in report["results"]]
    assert places == sorted(places) and {path for path, _ in places} == {"b.json", "sub/a.json", "z.json"}
    assert (report["verdict"], report["plan"], ran.code) == ("findings", {}, 1)
    assert json.loads(preflight("lint", "-", "--format", "json", stdin=json.dumps(GOOD)).out)["verdict"] == "clean"


def test_the_type_is_told_by_option_settings_and_elements(preflight: Command, folder: Path) -> None:
    allow = {**GOOD, "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]}
    about_scps = rules_of(preflight("lint", "p.json", "--type", "scp", "--format", "json", p__json=allow).out)
    assert about_scps != rules_of(preflight("lint", "p.json", "--format", "json").out)
    (folder / "preflight.toml").write_text('[[paths]]\nfiles = ["p.json"]\ntype = "scp"\n')
    assert rules_of(preflight("lint", "p.json", "--format", "json").out) == about_scps


@pytest.mark.parametrize(
    ("name", "content", "code", "says"),
    [
        ("gone.json", None, 2, "gone.json: there is no such file; check the path"),
        (
            "latin.json",
            b'{"Statement": "\xff"}',
            2,
            "latin.json: line 1, column 16: it is not UTF-8 text; save it as UTF-8",
        ),
        ("cut.json.gz", b"\x1f\x8b\x08", 2, "cut.json.gz: the gzip file is incomplete or damaged; compress it again"),
        ("package.json", b'{"name": "x"}', 0, "package.json contains no policy: skipped"),
    ],
)
def test_what_cannot_be_linted_is_named_and_the_rest_is_linted(
    preflight: Command,
    folder: Path,
    name: str,
    content: bytes | None,
    code: int,
    says: str,
) -> None:
    if content is not None:
        (folder / name).write_bytes(content)
    ran = preflight("lint", name, "p.json", "--format", "json", p__json=MILD)
    assert ran.line == f"preflight: {says}"
    assert (ran.code, "IAM203" in rules_of(ran.out)) == (code, True)


def test_nothing_to_lint_is_not_clean(preflight: Command, folder: Path) -> None:
    ran = preflight("lint", "x.json", x__json={"name": "x"})
    assert (ran.code, ran.out) == (2, "")
    assert ran.line == "preflight: x.json contains no policy; name a file that does"
    assert preflight("lint", ".").line.startswith("preflight: no policy was found; name a file")
    assert preflight("lint", "x.json", "--allow-none").code == 0
    assert preflight("lint", "x.json", "--allow-none", "--fail-on", "error").err == ""
    assert preflight("lint").line.startswith("preflight: Missing argument 'PATH...'")


@pytest.mark.parametrize("options", [[], ["--format", "json"], ["--quiet"]])
def test_nothing_is_called_clean_where_nothing_was_read(preflight: Command, options: list[str]) -> None:
    ran = preflight("lint", "p.json", *options, p__json="")
    assert (ran.code, ran.out) == (2, "") and "it is empty" in ran.line


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_files_are_named(preflight: Command, folder: Path) -> None:
    (folder / "shut.json").write_text("{}")
    (folder / "shut.json").chmod(0)
    ran = preflight("lint", ".", p__json=BAD)
    assert ran.code == 2 and "shut.json: it cannot be read (Permission denied)" in ran.line and "IAM003" in ran.out


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--select", "IAM999"), "unknown rule 'IAM999', and no rule starts with it; did you mean IAM"),
        (("--select", "PRE1"), "no rule is selected by --select PRE1"),
        (("--format", "serif"), "unknown format 'serif'; did you mean sarif?"),
        (("--type", "scpp"), "'scpp' is not one of"),
        (("--baseline", "gone.json"), "gone.json: there is no such file"),
        (("--write-baseline", "no/where.json"), "--write-baseline no/where.json: there is no directory"),
        (("--rules", "gone"), "--rules gone: there is no such directory; name a directory with rules"),
        (("--output", "no/where.txt"), "--output no/where.txt: there is no directory"),
        (("-",), "- (stdin) can be given only once"),
    ],
)
def test_bad_usage(preflight: Command, options: tuple[str, ...], says: str) -> None:
    ran = preflight("lint", "p.json", *(("-", "-") if options == ("-",) else options), p__json=GOOD)
    assert (ran.code, ran.out) == (2, "") and says in ran.line


def test_a_baseline_is_written_and_used(preflight: Command, folder: Path) -> None:
    written = preflight("lint", "p.json", "--write-baseline", "known.json", p__json=BAD)
    assert (written.code, written.out) == (0, "")
    assert written.line == "preflight: known.json: 1 finding is known from now on with --baseline known.json"
    assert preflight("lint", "p.json", "--baseline", "known.json").code == 0
    (folder / "preflight.toml").write_text('baseline = "known.json"\n')
    assert preflight("lint", "p.json").code == 0
    mended = preflight("lint", "p.json", p__json=GOOD)
    assert mended.code == 0 and "1 finding is no longer found; update it with --write-baseline" in mended.line
    assert preflight("lint", "p.json", p__json={**BAD, "Version": "x"}).code == 1


def test_settings_hold_where_no_option_does(preflight: Command, folder: Path) -> None:
    (folder / "preflight.toml").write_text('select = ["IAM203"]\nfail-on = "warning"\nexclude = ["b.json"]\n')
    ran = preflight("lint", ".", "--format", "json", p__json=MILD, b__json=BAD)
    assert (ran.code, rules_of(ran.out)) == (1, ["IAM203"])
    assert preflight("lint", ".", "--fail-on", "error").code == 0
    assert "IAM203" not in rules_of(preflight("lint", ".", "--select", "IAM0", "--format", "json").out)
    (folder / "preflight.toml").write_text("selct = []")
    assert preflight("lint", ".").line.endswith("unknown key 'selct'; did you mean select?")


OWN = """
id: ORG001
name: no-legacy-bucket
level: error
category: ours
summary: No statement names the bucket that is to go
why: The bucket legacy is deleted at the end of the year.
remedy: Name the bucket that took its place.
references:
  - https://docs.aws.amazon.com/AmazonS3/latest/userguide/delete-bucket.html
aliases: []
match:
  actions: [s3:PutObject]
  resources: ["arn:aws:s3:::legacy/*"]
examples:
  fail:
    - name: writes to it
      policy: {Statement: {Effect: Allow, Action: "s3:PutObject", Resource: "arn:aws:s3:::legacy/*"}}
  pass:
    - name: another bucket
      policy: {Statement: {Effect: Allow, Action: "s3:PutObject", Resource: "arn:aws:s3:::new/*"}}
"""
LEGACY = {**GOOD, "Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::legacy/*"}]}


@pytest.mark.parametrize("form", ["text", "json", "sarif"])
def test_rules_of_ones_own(preflight: Command, folder: Path, form: str) -> None:
    (folder / "own").mkdir()
    (folder / "own" / "ORG001.yaml").write_text(OWN)
    ran = preflight("lint", "p.json", "--rules", "own", "--select", "ORG", "--format", form, p__json=LEGACY)
    assert (ran.code, ran.err) == (1, "") and "ORG001" in ran.out and "legacy" in ran.out
    assert preflight("lint", "p.json", "--rules", "own", "--ignore", "ORG001", "--select", "IAM0").code == 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("id: ORG001", "id: IAM003"), "the id IAM003 is that of preflight's rule"),
        (("level: error", "level: fatal"), '/level (line 4, column 8): "fatal" is not one of "error"'),
        (("remedy:", "remdy:"), "unknown key 'remdy'; did you mean remedy?"),
        (("match:", "mach:"), "unknown key 'mach'; did you mean match?"),
        (("id: ORG001", "id: ["), "invalid YAML"),
        (("match:\n  actions: [s3:PutObject]\n  resources: [\"arn:aws:s3:::legacy/*\"]", "check: os.path:exists"),
         "os.path is in no package that registers rules; use match"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_used(preflight: Command, folder: Path, change: tuple[str, str], says: str) -> None:
    (folder / "own").mkdir()
    (folder / "own" / "a.yaml").write_text(OWN.replace(*change))
    ran = preflight("lint", "p.json", "--rules", "own", p__json=LEGACY)
    assert (ran.code, ran.out) == (2, "") and says in ran.line and "a.yaml" in ran.line


def test_rules_of_an_installed_package(preflight: Command, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = folder / "site" / "acme_rules"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        "from preflight.lint.policy.finding import Finding\n\n\n"
        "def no_legacy(subject):\n"
        "    for view in subject.statements:\n"
        "        for entry in view.resources:\n"
        "            if 'legacy' in entry.text:\n"
        "                yield Finding(entry.pointer, f'`{entry.text}` is to go')\n"
    )
    head, _, rest = OWN.partition("match:")
    (package / "ORG001.yaml").write_text(
        f"{head}check: acme_rules.checks:no_legacy\nexamples:{rest.partition('examples:')[2]}"
    )
    (package / "checks.py").write_text("from acme_rules import no_legacy\n\n__all__ = ['no_legacy']\n")
    info = folder / "site" / "acme-1.0.dist-info"
    info.mkdir()
    (info / "entry_points.txt").write_text("[console_scripts]\nx = y:z\n\n[preflight.rules]\nacme = acme_rules\n")
    monkeypatch.syspath_prepend(str(folder / "site"))
    ran = preflight("lint", "p.json", "--format", "json", "--select", "ORG001", p__json=LEGACY)
    (result,) = json.loads(ran.out)["results"]
    assert (result["rule"], result["message"]) == ("ORG001", "`arn:aws:s3:::legacy/*` is to go")
    assert (result["location"]["pointer"], ran.code) == ("/Statement/0/Resource", 1)


def test_a_check_that_breaks_is_named_and_the_rest_is_linted(
    preflight: Command,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(subject: Any) -> Any:
        if subject.found.document.path == "a.json":
            raise KeyError("oh")
        return ()

    monkeypatch.setattr("preflight.lint.rules.grammar.document.version_known", broken)
    ran = preflight("lint", "a.json", "b.json", a__json=GOOD, b__json=MILD)
    assert ran.code == 2 and "a.json: the check of IAM003 failed: KeyError: 'oh'" in ran.line and "IAM203" in ran.out


def test_many_files_are_linted_on_all_cores_in_the_same_order(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from preflight.lint.runner import parallel
    from preflight.lint.runner.lint import lint_paths
    from preflight.lint.runner.selection import lint_rules

    for number in range(70):
        (folder / f"{number}.json").write_text(json.dumps(BAD if number % 3 else MILD))
    (folder / "latin.json").write_bytes(b'{"Statement": "\xff"}')
    heads = lint_rules(["IAM003", "IAM203"])
    one = lint_paths(["."], heads)
    monkeypatch.setattr(parallel, "MANY", 10)
    monkeypatch.setattr(parallel, "cores", lambda: 2)
    two = lint_paths(["."], heads)
    assert two.report == one.report and two.errors == one.errors and two.sources == one.sources
    assert len(one.report.results) == 70 and len(one.errors) == 1


def test_a_lint_of_files_is_light(folder: Path) -> None:
    script = (
        "import sys; from preflight.cli.app import invoke; code = invoke(sys.argv[1:]); "
        "print(code, sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    (folder / "p.json").write_text(json.dumps(GOOD))
    done = subprocess.run([sys.executable, "-c", script, "lint", "p.json"], capture_output=True, text=True, cwd=folder)
    assert done.stderr.startswith("0 "), done.stderr
    for name in ("typer", "yaml", "jsonschema", "rich", "boto3", "policyuniverse", "concurrent", "tomllib", "difflib"):
        assert f"'{name}'" not in done.stderr, name


def test_with_allow_none_what_is_no_policy_is_passed_by(preflight: Command, folder: Path) -> None:
    (folder / "tsconfig.json").write_text('{// why\n"a": 1}')
    (folder / "latin.json").write_bytes(b'{"name": "\xff"}')
    (folder / "misspelt.json").write_text(json.dumps({"Version": "2012-10-17", "Statment": []}))
    ran = preflight("lint", "--allow-none", "tsconfig.json", "latin.json", "p.json", p__json=GOOD)
    assert (ran.code, ran.err) == (0, "")
    assert preflight("lint", "tsconfig.json", "p.json").code == 2
    assert preflight("lint", "--allow-none", "gone.json", "p.json").code == 2
    assert preflight("lint", "--allow-none", "misspelt.json").code == preflight("lint", ".").code == 1
