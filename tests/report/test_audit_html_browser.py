"""The HTML page of an audit as people use it: in a real browser, from a file, without a network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from preflight.audit.check import audit
from preflight.documents.text.document import Document
from preflight.report.audit import plain
from preflight.report.audit_html import page
from tests.audit.generated import ACCOUNT
from tests.report.audits import climbing, grant, made, quota, real, result, role, row, step
from tests.report.browser import Browser, Seen, opened

MANY = 10_000
VIEWS = ("overview", "findings", "escalation", "access", "quotas")
BAD = "</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with opened(tmp_path_factory.mktemp("browser")) as found:
        yield found


@cache
def many() -> str:
    return page([made([result(number) for number in range(MANY)])])


def shown(seen: Seen) -> list[str]:
    """The messages of the findings whose rows are in the document, from top to bottom."""
    found: list[str] = seen.page.eval_on_selector_all(
        "#findings-body .row", "rows => rows.map(row => row.querySelector('.cell-message').innerText)"
    )
    return found


def test_each_kind_of_step_has_a_name_and_says_what_it_depends_on(browser: Browser) -> None:
    kinds = ("trust-policy", "user-credentials", "existing-role")
    steps = [step(role(kind), role("admin"), kind) for kind in kinds]
    steps = [*steps, {**steps[0], "target": role("other")}]
    steps[1]["depends_on"] = ["aws:MultiFactorAuthPresent Bool true"]
    with browser.open(page([made(steps=steps, administrators=[role("admin"), role("other")])]), "escalation") as seen:
        listed = " ".join(seen.page.locator("#escalation-list .pick").all_inner_texts())
        assert "3 principals" in seen.text("#escalation-count")
        for said in ("rewrites its trust", "takes its credentials", "takes over what runs with it"):
            assert said in listed
        seen.page.locator("#escalation-list .pick", has_text="user-credentials").click()
        assert "depends on: aws:MultiFactorAuthPresent Bool true" in seen.text(".steps")


def test_administrators_statements_and_the_text_of_policies_are_on_the_page(browser: Browser) -> None:
    statement = {"Sid": "Write", "Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*"}
    by = [{"policy": "p of role app", "statement": "Write"}]
    document = made(
        [result(1, evidence=by)],
        steps=[{**step(role("app"), role("admin")), "by": by}],
        administrators=[role("admin"), role("half")],
    )
    document["escalation"]["conditional"] = [{"principal": role("half"), "depends_on": ["aws:SourceIp IpAddress x"]}]
    document["escalation"]["closing"] = [{**by[0], "principals": 1}]
    document["facts"] = {"taken_at": "2026-06-01T00:00:00Z", "roles": 3, "users": 0}
    document["policies"] = {"p of role app": {"Statement": [{"Effect": "Deny", "Action": "s3:*"}, statement]}}
    with browser.open(page([document]), "overview") as seen:
        assert "Facts of 2026-06-01T00:00:00Z: 3 roles, 0 users" in seen.text(".about")
    with browser.open(page([document]), "escalation") as seen:
        seen.page.locator("#escalation-more summary", has_text="2 administrators").click()
        said = seen.text("#escalation-more")
        assert "role half if aws:SourceIp IpAddress x" in said and "Write of p of role app: closes the way of 1" in said
        seen.page.locator("#escalation-list .pick").first.click()
        assert "(by Write of p of role app)" in seen.text(".steps")
        seen.page.locator(".steps .policy summary").click()
        assert "iam:PutRolePolicy" in seen.text(".steps mark") and "s3:*" not in seen.text(".steps mark")


def test_a_real_account_in_every_view(browser: Browser) -> None:
    document = real()
    with browser.open(page([document])) as seen:
        assert seen.page.title() == "Audit of account 111122223333"
        errors = sum(each["kind"] == "fail" and each["level"] == "error" for each in document["results"])
        assert seen.text(".tile-error .tile-value") == f"{errors}"
        assert seen.text(".tile-open .tile-value") == f"{document['counts']['open']}"
        creators = len(
            {each["principal"] for each in document["access"] if each["action"] == "sagemaker:CreateEndpoint"}
        )
        assert seen.page.get_by_role("link", name=re.compile(rf"can create endpoints {creators}\b")).count() == 1
        for view in ("Findings", "Escalation", "Access", "Quotas", "Overview"):
            seen.page.get_by_role("navigation").get_by_role("link", name=view).click()
            seen.page.locator("nav a[aria-current=page]", has_text=view).wait_for()
            assert seen.numbers("[data-view]:not([hidden])") == 1


def test_filters(browser: Browser) -> None:
    with browser.open(page([climbing()]), "findings") as seen:
        assert seen.text("#findings-count") == "40 findings"
        seen.page.keyboard.press("/")
        seen.page.keyboard.type("team-1")
        seen.says("#findings-count", "11 of 40 findings")
        seen.page.get_by_label("Kind").select_option("open")
        seen.says("#findings-count", "1 of 40 findings")
        assert shown(seen) == ["finding 17 is about team-17"]
        seen.page.wait_for_url("**/*#findings?text=team-1&kind=open")
        seen.page.get_by_role("button", name="Reset").first.click()
        seen.says("#findings-count", "40 findings")
        seen.page.get_by_label("Subject or principal").fill("role/team-3")
        seen.page.locator("label", has_text="Error").first.click()
        seen.says("#findings-count", "6 of 40 findings")
        seen.page.get_by_label("Search").first.fill("nothing has this")
        seen.page.get_by_text("No finding matches these filters.").wait_for()


def test_a_link_leads_to_what_was_filtered(browser: Browser) -> None:
    with browser.open(page([climbing()]), "findings?kind=fail&level=error&text=team-3") as seen:
        assert seen.text("#findings-count") == "5 of 40 findings"
        assert seen.page.get_by_label("Search").first.input_value() == "team-3"
        assert [seen.page.get_by_label(each, exact=True).is_checked() for each in ("Error", "Warning", "Note")] == [
            True,
            False,
            False,
        ]


def test_sorting(browser: Browser) -> None:
    with browser.open(page([climbing()]), "findings") as seen:
        subject = seen.page.get_by_role("columnheader", name="Subject")
        assert shown(seen)[0] == "finding 0 is about team-0"
        assert subject.get_attribute("aria-sort") == "none"
        subject.get_by_role("button").click()
        assert subject.get_attribute("aria-sort") == "ascending"
        assert shown(seen)[:3] == [f"finding {number} is about team-{number}" for number in range(3)]
        subject.get_by_role("button").press("Enter")
        assert subject.get_attribute("aria-sort") == "descending"
        assert shown(seen)[0] == "finding 39 is about team-39"


def test_what_is_wrong_comes_first(browser: Browser) -> None:
    given = [("fail", "note"), ("open", "error"), ("fail", "warning"), ("pass", "error"), ("fail", "error")]
    results = [result(1, level=level, kind=kind, message=f"{kind} {level}") for kind, level in given]
    with browser.open(page([made(results)]), "findings") as seen:
        assert shown(seen) == ["fail error", "open error", "fail warning", "fail note"]


def test_a_finding_says_all_there_is(browser: Browser) -> None:
    with browser.open(page([climbing()]), "findings") as seen:
        seen.page.get_by_text("finding 0 is about").click()
        details = seen.page.locator(".details")
        for said in ("narrow statement 0", "policy-0", "account.json:1:3", "/iam/RoleDetailList/0", role("team-0"),
                     "A principal that can gra"):  # fmt: skip
            assert details.get_by_text(said).count() >= 1, said
        details.get_by_role("link", name="Its way to administrator").click()
        seen.says("#escalation-heading", "The way of team-0")
        seen.page.go_back()
        seen.page.locator("#findings-table").wait_for()


def test_an_open_finding_says_what_would_settle_it(browser: Browser) -> None:
    with browser.open(page([climbing()]), "findings?kind=open") as seen:
        seen.page.locator("#findings-body .line").first.click()
        assert seen.page.locator(".details dt").get_by_text("How to resolve it").count() == 1


def test_the_keyboard_reaches_everything(browser: Browser) -> None:
    def focused() -> str:
        found: str = seen.page.evaluate("document.activeElement.getAttribute('aria-label') ?? ''")
        return found

    with browser.open(page([climbing()]), "findings") as seen:
        seen.page.get_by_role("columnheader", name="Subject").get_by_role("button").focus()
        seen.page.keyboard.press("Tab")
        assert focused().startswith("Error, ACC110: finding 0 ")
        style = seen.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert style == "solid"
        seen.page.keyboard.press("ArrowDown")
        assert focused().startswith("Error, ACC110: finding 3 ")
        seen.page.keyboard.press("Enter")
        assert seen.page.locator(":focus").get_attribute("aria-expanded") == "true"
        assert seen.numbers(".details") == 1
        seen.page.keyboard.press("Tab")
        seen.page.keyboard.press("Escape")
        assert seen.numbers(".details") == 0
        assert focused().startswith("Error, ACC110: finding 3 ")
        seen.page.keyboard.press("End")
        seen.settle()
        assert focused().startswith("Note")
        assert seen.page.locator(":focus").evaluate("each => each.getBoundingClientRect().bottom <= innerHeight")
        seen.page.keyboard.press("Home")
        assert focused().startswith("Error, ACC110: finding 0 ")


def test_every_control_has_a_name(browser: Browser) -> None:
    nameless = """() => [...document.querySelectorAll('button, a, input, select, [role=button], [role=img]')]
      .filter(each => !each.hidden && !each.labels?.length)
      .filter(each => !each.getAttribute('aria-label') && !each.textContent.trim())
      .map(each => each.outerHTML)"""
    with browser.open(page([climbing()])) as seen:
        for view in VIEWS:
            seen.go(view)
            assert seen.page.evaluate(nameless) == []
            assert seen.page.evaluate("new Set([...document.querySelectorAll('[id]')].map(each => each.id)).size") == (
                seen.numbers("[id]")
            )


def test_ten_thousand_findings_stay_few_rows(browser: Browser) -> None:
    with browser.open(many(), "findings") as seen:
        assert seen.text("#findings-count") == "10,000 findings"
        assert 5 < seen.numbers("#findings-body .row") < 60
        took = seen.page.evaluate("""async () => {
          const began = performance.now();
          const search = document.querySelector('#filters [name=text]');
          search.value = 'team-99'; search.dispatchEvent(new Event('input', {bubbles: true}));
          await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
          return performance.now() - began;
        }""")
        assert took < 30_000
        assert seen.text("#findings-count") == "111 of 10,000 findings"
        seen.page.get_by_label("Search").first.fill("")
        seen.says("#findings-count", "10,000 findings")
        seen.page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")
        seen.settle()
        assert 5 < seen.numbers("#findings-body .row") < 60
        assert shown(seen)[-1] == "finding 9995 is about team-9995"
        assert seen.page.locator("#findings-body").evaluate("each => each.offsetHeight") == MANY * 54


def test_a_filter_goes_back_to_the_first_row(browser: Browser) -> None:
    with browser.open(many(), "findings") as seen:
        seen.page.evaluate("window.scrollTo(0, 50000)")
        seen.settle()
        heads = seen.page.locator("#findings-table .heads")
        assert heads.is_visible() and heads.evaluate("each => each.getBoundingClientRect().top") > 0
        seen.page.get_by_label("Kind").select_option("fail")
        seen.says("#findings-count", "8,889 of 10,000 findings")
        first = seen.page.get_by_text("finding 0 is about")
        below = "(row, heads) => row.getBoundingClientRect().top - heads.getBoundingClientRect().bottom"
        assert 0 <= first.evaluate(below, heads.element_handle()) < 54


def test_back_returns_to_where_one_was(browser: Browser) -> None:
    with browser.open(many(), "findings") as seen:
        seen.page.get_by_label("Kind").select_option("fail")
        seen.says("#findings-count", "8,889 of 10,000 findings")
        seen.page.evaluate("window.scrollTo(0, 5000)")
        seen.settle()
        seen.page.evaluate("document.querySelector('#to-access').click()")
        seen.page.wait_for_selector("[data-view=access]:not([hidden])")
        assert seen.page.evaluate("window.scrollY") == 0
        seen.page.go_back()
        seen.page.wait_for_function("() => window.scrollY === 5000")
        assert seen.text("#findings-count") == "8,889 of 10,000 findings"
        seen.page.go_forward()
        seen.page.wait_for_function("() => window.scrollY === 0")


def test_an_open_row_moves_those_below(browser: Browser) -> None:
    tops = """rows => rows.slice(0, 3).map(row => Math.round(row.getBoundingClientRect().top))"""
    with browser.open(many(), "findings") as seen:
        seen.page.locator("#findings-body .line").first.click()
        seen.settle()
        one, other, third = seen.page.eval_on_selector_all("#findings-body .row", tops)
        assert other - one > 150 and third - other == 54
        seen.page.locator("#findings-body .line").first.click()
        seen.settle()
        one, other, _ = seen.page.eval_on_selector_all("#findings-body .row", tops)
        assert other - one == 54


@pytest.mark.parametrize("dark", [False, True])
def test_the_theme_is_the_systems_until_it_is_chosen(browser: Browser, dark: bool) -> None:
    def light() -> bool:
        seen.page.wait_for_function("() => document.documentElement.dataset.theme")
        color = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
        return int(re.findall(r"\d+", color)[0]) > 127

    with browser.open(page([climbing()]), dark=dark) as seen:
        assert light() is not dark
        other = "Light" if dark else "Dark"
        seen.page.locator(".theme label", has_text=other).click()
        assert light() is dark
        seen.page.locator(".theme label", has_text="Auto").click()
        assert light() is not dark


@pytest.mark.parametrize("dark", [False, True])
def test_texts_can_be_read(browser: Browser, dark: bool) -> None:
    """Every text has the contrast that WCAG 2.2 asks for (1.4.3, level AA)."""
    with browser.open(page([climbing()]), dark=dark) as seen:
        for view in VIEWS:
            seen.go(view)
            for line in seen.page.locator("[data-view]:not([hidden]) .row .line").all()[:1]:
                line.click()
            assert seen.page.evaluate(CONTRAST) == []
    rows = [row("111122223333"), row("222233334444", "failed", reason="no"), row("333344445555", "left out")]
    with browser.open(page([], accounts=rows), "accounts", dark=dark) as seen:
        assert seen.page.evaluate(CONTRAST) == []


CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const mixed = (colors) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const color of colors) { canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (rgb) => {
    const linear = (each) => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = rgb.map(each => linear(each / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = [];
  for (const each of document.querySelectorAll('body *')) {
    if (each.closest('.unseen, .skip, noscript, [hidden], svg') || !each.checkVisibility()) continue;
    if (![...each.childNodes].some(node => node.nodeType === 3 && node.data.trim())) continue;
    const behind = [];
    for (let at = each; at; at = at.parentElement) behind.unshift(getComputedStyle(at).backgroundColor);
    const [one, other] = [light(mixed(behind)), light(mixed([...behind, getComputedStyle(each).color]))];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (contrast < 4.5) found.push(`${each.className} ${each.textContent.slice(0, 30)} ${contrast.toFixed(2)}`);
  }
  return found;
}"""


def test_it_fits_narrow_screens(browser: Browser) -> None:
    index = page([], accounts=[row("111122223333", name="growth", administrators=1)])
    for text, views in ((page([climbing()]), VIEWS), (index, ("overview", "accounts"))):
        with browser.open(text) as seen:
            for width in (360, 700, 1000):
                seen.page.set_viewport_size({"width": width, "height": 700})
                for view in views:
                    seen.go(view)
                    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width, view


def test_paper_has_everything_and_no_controls(browser: Browser) -> None:
    with browser.open(page([climbing()]), "findings?kind=open", dark=True) as seen:
        seen.page.emulate_media(media="print", color_scheme="dark")
        seen.page.wait_for_selector("#print h2")
        assert seen.numbers(".print-finding") == 4
        assert "4 of 40 findings, as the filters of the page left them." in seen.text("#print")
        assert "narrow statement" in seen.text("#print") and "ml.g5.xlarge" in seen.text("#print")
        assert not any(each.is_visible() for each in seen.page.locator("form, nav, .theme, button").all())
        assert seen.page.evaluate("getComputedStyle(document.body).color") == "rgb(28, 33, 40)"
        assert "[object" not in seen.text("body")
        seen.page.emulate_media(media="screen")
        seen.page.wait_for_function("() => !document.querySelector('#print *')")
        assert len(seen.page.pdf()) > 10_000


def test_so_many_findings_are_cut_on_paper(browser: Browser) -> None:
    with browser.open(many()) as seen:
        seen.page.emulate_media(media="print")
        seen.page.get_by_text("The 2,000 most severe of 10,000 are printed.").wait_for()
        assert seen.numbers(".print-finding") == 2_000


def test_on_paper_a_statement_is_printed_once_and_what_is_left_out_is_named(browser: Browser) -> None:
    by = [{"policy": "p", "statement": "Write"}]
    document = made(
        [
            result(number, rule=rule, level="error", kind="fail", evidence=by)
            for rule in ("ACC110", "ACC112")
            for number in range(1_500)
        ]
    )
    document["policies"] = {"p": {"Statement": [{"Sid": "Write", "Action": "iam:PutRolePolicy"}, {"Sid": "Other"}]}}
    with browser.open(page([document])) as seen:
        seen.page.emulate_media(media="print")
        seen.page.wait_for_selector("#print h2")
        said = seen.page.locator("#print").inner_text()
        assert said.count("iam:PutRolePolicy") == 1 and "Other" not in said
        assert "Not printed: 1,000 of ACC112." in said and "preflight audit --format csv" in said
        assert re.search(r"ACC112 \S+ \(500 of 1,500\)", said)


def test_a_statement_that_many_hold_is_one_with_its_text(browser: Browser) -> None:
    by = [{"policy": f"the trust policy of role r{number}", "statement": "Statement[1]"} for number in range(90)]
    document = made([result(1, evidence=by, subject="arn:aws:iam::111122223333:policy/p")])
    document["policies"] = {each["policy"]: {"Statement": [{"Sid": "A"}, {"Sid": "B"}]} for each in by}
    with browser.open(page([document]), "findings") as seen:
        seen.page.locator("#findings-body .line").first.click()
        assert seen.numbers(".details .policy") == 1 and seen.numbers(".details dd li") == 20
        seen.page.get_by_role("button", name="Show all 90 policies").click()
        assert seen.numbers(".details dd li") == 90
        seen.page.locator(".details .policy summary").click()
        assert '"B"' in seen.text(".details mark") and seen.numbers(".details mark") == 1
        link = seen.page.locator(".details a", has_text="arn:aws:iam").first.get_attribute("href")
        assert link == "https://console.aws.amazon.com/iam/home#/policies/arn:aws:iam::111122223333:policy/p"


def hostile() -> dict[str, Any]:
    bad = role(BAD)
    found = result(0, rule="ACC110", message=f"role {BAD} is `{BAD}` \u202egnp.exe", subject=bad)
    found |= {"remedy": f"{BAD}\n{{\n{BAD}}}", "evidence": [{"policy": BAD, "statement": BAD}]}
    found |= {"location": {"path": BAD, "pointer": f"/{BAD}"}}
    return made(
        [found],
        access=[grant(bad, "sagemaker:CreateEndpoint", "open", example=BAD, depends_on=[BAD])],
        administrators=[role("admin" + BAD)],
        steps=[step(bad, role("admin" + BAD))],
        quotas=[quota(BAD, 1, 1, 1)],
        regions=["us-east-1"],
    )


def test_names_run_nothing(browser: Browser) -> None:
    with browser.open(page([hostile()])) as seen:
        for view in (*VIEWS, f"findings?text={BAD}", f"escalation?of={role(BAD)}"):
            seen.go(view)
            for line in seen.page.locator("[data-view]:not([hidden]) .line:has([data-row])").all():
                line.click()
        seen.page.emulate_media(media="print")
        seen.page.wait_for_selector("#print h2")
        assert seen.numbers("img, iframe, [onerror], [onload]") == 0
        assert seen.numbers("script") == 2
        assert BAD in seen.text("#print")
        assert "\\u{202e}gnp.exe" in seen.text("#print") and "\u202e" not in seen.text("#print")


def test_names_of_accounts_run_nothing(browser: Browser) -> None:
    rows = [row(BAD, name=BAD, href="javascript:alert(1)"), row(BAD, "failed", reason=BAD)]
    with browser.open(page([], accounts=rows), "accounts") as seen:
        assert seen.numbers("img") == 0
        assert seen.numbers("#accounts-body a") == 0
        assert BAD in seen.text("#accounts-body")


def test_the_policy_stops_what_gets_in_all_the_same(browser: Browser) -> None:
    with browser.open(page([climbing()])) as seen:
        ran = seen.page.evaluate("""() => {
          const add = (tag, members) => {
            const made = Object.assign(document.createElement(tag), members);
            document.body.append(made);
            return made;
          };
          add('script', {textContent: 'window.ran = 1'});
          add('a', {href: 'javascript:window.ran = 2'}).click();
          add('img', {src: 'http://127.0.0.1:9/x'}).setAttribute('onerror', 'window.ran = 3');
          return new Promise(done => setTimeout(() => done(window.ran ?? 0), 100));
        }""")
        assert ran == 0
        assert len(seen.errors) >= 3 and all("Content Security Policy" in each for each in seen.errors)
        seen.errors.clear()
        seen.requests[:] = [each for each in seen.requests if not each.startswith("http://127.0.0.1:9/")]


def test_quotas_are_bars(browser: Browser) -> None:
    with browser.open(page([climbing()]), "quotas") as seen:
        assert seen.text("#quotas-count") == "3 of 4 quotas"
        rows = seen.page.locator("#quotas-bars li")
        assert rows.count() == 3
        assert "8 of 8 (100%)" in rows.nth(0).inner_text() and "0 Instances free" in rows.nth(0).inner_text()
        widths = (
            rows.nth(1)
            .locator("rect:not(.bar-track)")
            .evaluate_all("all => all.map(each => each.getAttribute('width'))")
        )
        assert widths == ["50%", "25%", "25%"]
        assert "at least; more may be in use" in rows.nth(2).inner_text()
        seen.page.get_by_label("Only those in use").uncheck()
        seen.says("#quotas-count", "4 of 4 quotas")


def test_the_graph_of_ways(browser: Browser) -> None:
    with browser.open(page([climbing()]), "escalation") as seen:
        assert "Besides 1 administrator, 42 principals can become one." in seen.text("#escalation-said")
        names = seen.page.locator("#escalation-graph .node-name").all_text_contents()
        assert sorted(names) == ["39 principals", "admin", "far", "hub", "team-7"]
        assert seen.page.locator("#escalation-graph .layer").all_text_contents() == [
            "Administrators", "1 step away", "2 steps away", "3 steps away",
        ]  # fmt: skip
        seen.page.get_by_role("button", name="39 principals").press("Enter")
        assert seen.text("#escalation-count") == "39 principals"
        seen.page.locator("#ways").get_by_label("Search").fill("far")
        seen.says("#escalation-count", "0 principals")
        seen.page.get_by_role("button", name="Only those of hub").click()
        seen.page.locator("#escalation-list .pick", has_text="far").click()
        assert seen.text("#escalation-heading") == "The way of far"
        assert seen.page.locator(".steps li").all_inner_texts() == [
            "far: assumes team-7", "team-7: assumes hub", "hub: assumes admin",
        ]  # fmt: skip
        assert seen.page.locator("#escalation-graph .node-name").all_text_contents() == [
            "far",
            "team-7",
            "hub",
            "admin",
        ]
        seen.page.keyboard.press("Escape")
        assert seen.text("#escalation-heading") == "All ways"


def test_thousands_of_ways_are_few_nodes(browser: Browser) -> None:
    hubs = [role(f"hub-{number}") for number in range(100)]
    steps = [step(each, role("admin"), "passed-role") for each in hubs]
    steps += [step(role(f"team-{number}"), hubs[number % 100]) for number in range(5_000)]
    with browser.open(page([made(steps=steps, administrators=[role("admin")])]), "escalation") as seen:
        assert seen.numbers("#escalation-graph .node") < 60
        assert seen.numbers("#escalation-list .pick") < 60
        seen.page.get_by_role("button", name="Every branch").click()
        assert seen.numbers("#escalation-graph .node") == 201
        seen.page.locator("#ways").get_by_label("Search").fill("team-4999")
        seen.page.locator("#escalation-list .pick").get_by_text("team-4999").click()
        assert seen.page.locator("#escalation-graph .node-name").all_text_contents() == ["team-4999", "hub-99", "admin"]


def test_ways_that_turn_back_on_themselves_end(browser: Browser) -> None:
    steps = [step(role("a"), role("b")), step(role("b"), role("a")), step(role("c"), role("c"))]
    with browser.open(page([made(steps=steps)]), "escalation") as seen:
        assert "no role or user can become one" in seen.text("#escalation-said")
        seen.go(f"escalation?of={role('a')}")
        assert seen.text("#escalation-heading") == "All ways"


def test_who_can_do_what(browser: Browser) -> None:
    with browser.open(page([climbing()]), "access") as seen:
        rows = seen.page.locator("#access-body .row")
        assert rows.locator(".cell-principal .clamp").all_inner_texts() == ["team-1", "perhaps", "reader"]
        assert rows.nth(0).locator(".cell-create").inner_text().split("\n")[:1] == ["every"]
        assert rows.nth(0).locator(".cell-invoke").inner_text().split("\n")[:1] == ["some"]
        assert "can become administrator" in rows.nth(0).inner_text()
        rows.nth(1).locator(".line").click()
        assert "if aws:PrincipalTag/team is growth" in seen.text(".details")
        assert "Statement[0] of policy-1" in seen.text(".details").replace("\n", " ")
        seen.page.locator("#access-filters").get_by_label("Can").select_option("create")
        seen.says("#access-count", "1 principal")


def test_an_index_of_accounts(browser: Browser) -> None:
    counts = {"error": 1, "warning": 0, "note": 0, "open": 2}
    rows = [row("111122223333", counts=counts), row("222233334444", "left out", reason="excluded")]
    rows += [row("333344445555", "failed", reason="cannot be assumed"), row("444455556666", counts={"error": 9})]
    with browser.open(page([], accounts=rows), "accounts") as seen:
        order = "rows => rows.map(row => row.querySelector('[data-row]').innerText.slice(0, 4))"
        assert seen.page.eval_on_selector_all("#accounts-body .row", order) == ["3333", "4444", "1111", "2222"]
        assert "cannot be assumed" in seen.text("#accounts-body .row")
        header = seen.page.get_by_role("columnheader", name="Unknown")
        header.get_by_role("button").click()
        assert header.get_attribute("aria-sort") == "ascending"
        assert seen.page.eval_on_selector_all("#accounts-body .row", order)[0] == "1111"
        assert seen.page.get_by_role("link", name="444455556666").get_attribute("href") == "accounts/444455556666.html"
        seen.go("overview")
        assert seen.text("#overview-body .card").splitlines() == [
            "1 of 4 accounts could not be audited",
            "333344445555: cannot be assumed",
        ]
        seen.go("accounts")
        seen.page.get_by_label("Status").select_option("failed")
        seen.says("#accounts-count", "1 of 4 accounts")


def test_an_account_of_which_nothing_is_known(browser: Browser) -> None:
    nothing = {"version": 1, "taken_at": "2026-11-20T09:30:00Z", "partition": "aws", "account": ACCOUNT, "regions": {}}
    with browser.open(page([plain(audit(Document("account.json", nothing)))])) as seen:
        assert "as far as they are known: some could not be read" in seen.text(".about")
        said = seen.text("#overview-body")
        assert "Can't determine who has access" in said and "questions are UNKNOWN: see the findings." in said
        assert "No role or user can" not in said
        seen.go("escalation")
        assert "is known to be able to become one" in seen.text("#escalation-said")
        seen.go("access")
        assert seen.text("#access-none").startswith("Can't determine who has access")


def test_an_account_in_which_nothing_is(browser: Browser) -> None:
    with browser.open(page([made(regions=[])])) as seen:
        for view in VIEWS:
            seen.go(view)
            assert seen.numbers("[data-view]:not([hidden])") == 1
        seen.go("findings")
        assert seen.text("#findings-none") == "No failures, and nothing is unknown."
