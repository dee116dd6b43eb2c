"""The HTML page of an audit as text: what is in it, that it is whole, and that no name gets out of its data."""

from __future__ import annotations

import json
import math
import re
from base64 import b64encode
from collections import Counter
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from preflight.audit.check import audit
from preflight.cli.app import invoke
from preflight.documents.text.document import Document
from preflight.report.audit import plain
from preflight.report.audit_html import SCRIPTS, STYLES, asset, embedded, page
from preflight.report.audit_html_data import region_of
from preflight.report.cited_policies import cited_policies, with_policies
from tests.audit.generated import account
from tests.report.audits import climbing, grant, made, quota, real, result, role, row, step

HOSTILE = (
    "</script><img src=x onerror=alert(1)>",
    "<!--<script>",
    "--></style><svg onload=alert(1)>",
    "'\"><a href=javascript:alert(1)>&amp;",
    "{{ 7 * 7 }}{% raw %}",
    "\u2028\u2029\x00\x1b[31m\u202e",
    "\ud800 ##[error]\\u003c/script>",
)


class Markup(HTMLParser):
    """The elements of a page, and the texts of its script and style elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self._in = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.elements.append((tag, found))
        self._in = "data" if found.get("type") == "application/json" else tag

    def handle_endtag(self, tag: str) -> None:
        self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in in ("script", "style", "data", "title"):
            self.texts[self._in] = self.texts.get(self._in, "") + data

    @property
    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.texts["data"])
        return found

    def policy(self) -> dict[str, list[str]]:
        (content,) = (found["content"] or "" for _, found in self.elements if "http-equiv" in found)
        return {name: values for name, *values in (each.split() for each in content.split(";"))}


def test_only_its_own_script_and_style_may_run() -> None:
    markup = Markup(page([climbing()]))
    tags = Counter(tag for tag, _ in markup.elements)
    assert (tags["script"], tags["style"]) == (2, 1)
    named = {
        name: f"'sha256-{b64encode(sha256(markup.texts[name].encode()).digest()).decode()}'"
        for name in ("script", "style")
    }
    assert markup.policy() == {
        "default-src": ["'none'"],
        "script-src": [named["script"]],
        "style-src": [named["style"]],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }


def test_it_is_one_file() -> None:
    for tag, found in Markup(page([climbing()])).elements:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base")
        assert "src" not in found and "style" not in found
        assert not any(name.startswith("on") for name in found)
        assert tag != "a" or str(found["href"]).startswith("#")


def test_its_own_files_end_no_element() -> None:
    used = {*(f"{each}.js" for each in SCRIPTS), *(f"{each}.css" for each in STYLES)}
    for name in used:
        assert not re.search(r"</|<!--|<script", asset(name)), name
    there = {path.name for path in (Path(__file__).parents[2] / "preflight/report/page").iterdir()}
    assert there == {*used, "page.html.j2"}


def test_it_is_ascii_and_the_same_every_time() -> None:
    found = page([real()])
    assert found.isascii()
    assert found == page([json.loads(json.dumps(real()))])


@pytest.mark.parametrize("text", HOSTILE)
def test_data_ends_nothing_and_comes_back(text: str) -> None:
    held = embedded({text: [text]})
    assert not set("<>&\u2028\u2029").intersection(held)
    assert json.loads(held) == {text: [text]}


@pytest.mark.parametrize("text", HOSTILE)
def test_names_are_no_markup(text: str) -> None:
    def document(name: str) -> dict[str, Any]:
        bad = role(name)
        return made(
            [result(0, message=name, subject=bad, remedy=name, evidence=[{"policy": name, "statement": name}])],
            access=[grant(bad, "sagemaker:CreateEndpoint", example=name, depends_on=[name])],
            administrators=[role("admin")],
            steps=[step(bad, role("admin"))],
            quotas=[quota(name, 1, 1, 1)],
        )

    hostile, plain = (
        Markup(page([document(each)], accounts=[row(each, name=each, reason=each)])) for each in (text, "x")
    )
    assert hostile.elements == plain.elements
    assert hostile.texts["script"] == plain.texts["script"]
    assert hostile.data["findings"][0][4] == text


def test_findings_are_those_of_the_audit() -> None:
    document = real()
    data = Markup(page([document])).data
    texts = data["texts"]
    wanted = [each for each in document["results"] if each["kind"] in ("fail", "open")]
    assert len(data["findings"]) == len(wanted) > 60
    for found, each in zip(data["findings"], wanted, strict=True):
        account_, rule, kind, level, message, subject, _, remedy, evidence, location = found
        assert texts[account_] == document["account"]
        assert [texts[rule], message, texts[subject], texts[remedy]] == [
            each[name] for name in ("rule", "message", "subject", "remedy")
        ]
        assert ("fail", "open")[kind] == each["kind"]
        assert ("error", "warning", "note")[level] == each["level"]
        assert [texts[part] for part in evidence] == [
            part for one in each["evidence"] for part in (one["policy"], one["statement"])
        ]
        assert [texts[location[0]], *location[1:2]] == [*each["location"].values()][:2] if location else True
    assert all(data["rules"][each["rule"]]["why"] for each in wanted)


def test_access_is_that_of_the_audit() -> None:
    document = real()
    data = Markup(page([document])).data
    texts = data["texts"]
    held = [
        {
            "principal": texts[arn],
            "action": texts[action],
            "region": texts[region],
            "reach": texts[reach],
            "by": [{"policy": texts[policy], "statement": texts[statement]} for policy, statement in by],
            "example": texts[example],
            "depends_on": [texts[each] for each in depends_on],
        }
        for _, arn, held in data["principals"]
        for action, region, reach, example, by, depends_on in (data["grants"][each] for each in data["sets"][held])
    ]
    assert len(held) > 200
    assert sorted(held, key=repr) == sorted(document["access"], key=repr)
    assert len(data["sets"]) < len(data["principals"])


def test_what_passed_is_counted_only() -> None:
    document = made([result(0), result(1, kind="pass"), result(1, kind="pass", message="well")])
    data = Markup(page([document])).data
    assert len(data["findings"]) == 1
    assert data["quiet"] == [{"rule": "ACC112", "pass": 2, "notApplicable": 0, "said": ""}]
    assert "well" not in data["texts"]


def test_several_accounts() -> None:
    documents = [made([result(0)]), made([result(1), result(2)], of="222233334444")]
    markup = Markup(page(documents))
    texts = markup.data["texts"]
    assert [texts[each[0]] for each in markup.data["findings"]] == ["111122223333", *["222233334444"] * 2]
    assert markup.texts["title"] == "Audit of 2 accounts"


def test_an_index_of_accounts() -> None:
    rules = {"ACC110": {"name": "no-way-to-administrator", "fail": 2, "open": 1, "level": "error"}}
    rows = [
        row("111122223333", rules=rules),
        row("222233334444", rules=rules),
        row("333344445555", "failed", reason="no"),
    ]
    markup = Markup(page([], accounts=rows))
    assert [each["status"] for each in markup.data["accounts"]] == ["done", "done", "failed"]
    (rule,) = markup.data["accountRules"]
    assert (rule["fail"], rule["open"], rule["accounts"]) == (4, 2, 2)
    views = [found["data-view"] for _, found in markup.elements if "data-view" in found]
    assert views == ["overview", "accounts"]


@pytest.mark.parametrize(
    ("href", "kept"),
    [
        ("accounts/1.html", True),
        ("../a%3Ab.html", True),
        ("https://example.com/1.html", True),
        ("", True),
        ("javascript:alert(1)", False),
        ("JavaScript:alert(1)", False),
        ("data:text/html,x", False),
        ("//example.com/x", False),
        ("\\\\example.com\\x", False),
        (" javascript:alert(1)", False),
        ("java\nscript:alert(1)", False),
    ],
)
def test_links_lead_to_pages(href: str, kept: bool) -> None:
    data = Markup(page([], accounts=[row("111122223333", href=href)])).data
    assert data["accounts"][0]["href"] == (href if kept else "")


def test_an_account_in_which_nothing_is() -> None:
    markup = Markup(page([made(regions=[])]))
    assert markup.data["findings"] == [] and markup.data["principals"] == []
    assert markup.texts["title"] == "Audit of account 111122223333"


def test_a_limit_that_is_no_number_is_not_known() -> None:
    data = Markup(page([made(quotas=[quota("q", math.inf, 1, None)])])).data
    assert data["quotas"] == [["111122223333", "us-east-1", "q", None, 1, None, "Instances"]]


@pytest.mark.parametrize(
    ("changed", "region"),
    [
        ({"subject": "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/x"}, "eu-west-1"),
        ({"location": {"path": "a", "pointer": "/regions/eu-west-1/endpoints/0"}}, "eu-west-1"),
        ({"message": "endpoint x in eu-west-1 is Failed"}, "eu-west-1"),
        ({"message": "of us-east-1 and eu-west-1"}, ""),
        ({"message": "in ap-south-1"}, ""),
        ({}, ""),
    ],
)
def test_the_region_of_a_finding(changed: dict[str, Any], region: str) -> None:
    assert region_of(result(0, **changed), ["us-east-1", "eu-west-1"]) == region


def test_the_command_writes_it(tmp_path: Path) -> None:
    snapshot, output = tmp_path / "account.json", tmp_path / "audit.html"
    snapshot.write_text(json.dumps(account(20, endpoints=5)))
    assert invoke(["audit", "--snapshot", str(snapshot), "--format", "html", "--output", str(output)]) == 1
    markup = Markup(output.read_text(encoding="utf-8"))
    assert markup.texts["title"] == "Audit of account 111122223333"
    assert len(markup.data["findings"]) > 5


def test_policies_that_are_cited_are_on_the_page_within_bounds() -> None:
    found = audit(Document("account.json", account(100, endpoints=20)))
    document = plain(found)
    policies = cited_policies(found.scene, document)
    cited = {each["policy"] for one in document["results"] for each in one["evidence"]}
    assert policies and policies.keys() <= cited | {each["policy"] for one in _steps(document) for each in one["by"]}
    assert {each for each in cited if each.startswith("the trust policy of ")} <= policies.keys()
    fewer = cited_policies(found.scene, document, most=2_000)
    assert fewer and len(fewer) < len(policies)
    whole = with_policies(found)
    assert (whole["policies"], whole["policies_left_out"]) == (policies, [])
    left_out = sorted(policies.keys() - fewer.keys())
    shown = page([{**whole, "policies": fewer, "policies_left_out": left_out}])
    assert (
        f"The text of {len(left_out)} cited policies is left out" in shown
        and "cited policies is left out" not in page([whole])
    )
    markup = Markup(shown)
    assert {markup.data["texts"][name] for _, name in markup.data["leftOut"]} == {*left_out}


def test_a_name_of_two_policies_gives_no_text() -> None:
    given = account(3, endpoints=0)
    role = given["iam"]["RoleDetailList"][0]
    names = [f"arn:aws:iam::{owner}:policy/same" for owner in ("aws", "111122223333")]
    role["AttachedManagedPolicies"] = [{"PolicyName": "same", "PolicyArn": name} for name in names]
    given["iam"]["Policies"] = [
        {"PolicyName": "same", "Arn": name, "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": True,
         "Document": {"Version": "2012-10-17", "Statement": {"Sid": sid, "Effect": "Deny", "Action": "*"}}}]}
        for name, sid in zip(names, "AB", strict=True)
    ]  # fmt: skip
    scene = audit(Document("account.json", given), select=["ACC110"]).scene
    by = [{"policy": each, "statement": ""} for each in (*names, f"policy same of role {role['RoleName']}", "same")]
    document = {"results": [{"kind": "fail", "level": "note", "evidence": by}], "escalation": {"steps": []}}
    assert cited_policies(scene, document).keys() == set(names)


def _steps(document: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = document["escalation"]["steps"]
    return found
