"""`preflight audit` of an organization and of listed accounts, by roles in them, on the stand-in over HTTP."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from preflight.account.facts import Known
from preflight.account.organization import POLICY_TYPES, Organization, _member
from preflight.audit.many.targets import AccountAccess, of_organization
from tests.audit.many.organized import READER, Organized, organize
from tests.aws.control import StandIn
from tests.aws.state import ACCOUNT
from tests.cli.running import Command, Ran

NO_POLICIES = {each: Known(None) for each in POLICY_TYPES}
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


@pytest.fixture
def org(aws: StandIn, preflight: Command, monkeypatch: pytest.MonkeyPatch) -> Organized:
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    found = organize(aws)
    production, sandbox = found.unit("production"), found.unit("sandbox")
    found.member("web", found.unit("shop", production))
    found.member("play", sandbox)
    for name in ("web", "play"):
        found.role(found.members[name], "maker", EVERYTHING)
    no = {"Effect": "Deny", "Action": "sagemaker:CreateEndpoint", "Resource": "*"}
    found.scp("no-endpoints", sandbox, no)
    return found


def go(preflight: Command, *options: str) -> Ran:
    ran = preflight(
        "audit", "--into", "out", "--region", "us-east-1", "--format", "json", "--role-name", READER, *options
    )
    assert "Traceback" not in ran.err
    return ran


def found(ran: Ran) -> Any:
    assert ran.out, ran
    return json.loads(ran.out)


def document(account: str) -> Any:
    return json.loads(gzip.decompress(Path("out/accounts", f"{account}.json.gz").read_bytes()))


def creators(account: str) -> set[str]:
    able = [each for each in document(account)["access"] if each["action"] == "sagemaker:CreateEndpoint"]
    return {each["principal"].rpartition("/")[2] for each in able}


def test_every_account_with_the_policies_that_bear_on_it(org: Organized, preflight: Command) -> None:
    ran = go(preflight, "--organization")
    assert ran.code in (0, 1, 3) and ran.err == "", ran
    accounts = {each["account"]: each for each in found(ran)["accounts"]}
    web, play = org.members["web"], org.members["play"]
    assert accounts.keys() == {ACCOUNT, web, play} and found(ran)["complete"]
    assert accounts[web]["name"] == "web" and accounts[web]["requests"] < 20
    assert creators(web) == {"maker"} and creators(play) == set()
    # Organization policies are read by what they depend on, once for all accounts.
    assert len(org.aws.calls.of("organizations:ListTargetsForPolicy")) == 2
    assert not org.aws.calls.of("organizations:ListPoliciesForTarget")
    assert len(org.aws.calls.of("sts:AssumeRole")) == 2


def test_the_page_names_every_call_that_is_made(org: Organized, preflight: Command) -> None:
    page = Path(__file__).parents[3].joinpath("docs/organizations.md").read_text(encoding="utf-8")
    policy = json.loads(page.partition("```json\n")[2].partition("```")[0])
    org.aws.calls.clear()
    go(preflight, "--organization")
    made = {call.action for call in org.aws.calls if call.service == "organizations"}
    assert made == set(policy["Statement"][0]["Action"])


def test_an_account_that_cannot_be_entered(org: Organized, preflight: Command) -> None:
    locked = org.member("locked", readable=False)
    ran = go(preflight, "--organization")
    assert ran.code == 2
    (failed,) = found(ran)["failed"]
    assert failed["key"] == locked and failed["name"] == "locked" and "AccessDenied" in failed["reason"]
    assert f"arn:aws:iam::{locked}:role/{READER} cannot be assumed" in failed["reason"]
    assert "trust policy" in failed["reason"] and len(found(ran)["accounts"]) == 3
    trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    org.role(locked, READER, trust=trust)
    before = len(org.aws.calls.of("sts:AssumeRole"))
    again = go(preflight, "--organization")
    assert found(again)["complete"] and "3 accounts were audited before" in again.err
    assert len(org.aws.calls.of("sts:AssumeRole")) == before + 1


def test_accounts_are_chosen_and_those_left_out_are_named(org: Organized, preflight: Command) -> None:
    web, play = org.members["web"], org.members["play"]
    closed = org.member("closed")
    org.aws.client("organizations").close_account(AccountId=closed)
    within = found(go(preflight, "--organization", "--include", org.units["production"]))
    assert [each["account"] for each in within["accounts"]] == [web]
    reasons = {each["key"]: each["reason"] for each in within["left_out"]}
    assert reasons == {closed: "it is suspended", play: "not among --include", ACCOUNT: "not among --include"}
    without = found(go(preflight, "--organization", "--exclude", f"pl*,{ACCOUNT}", "--again"))
    assert [each["account"] for each in without["accounts"]] == [web]
    assert {each["key"]: each["reason"] for each in without["left_out"]}[play] == "--exclude pl*"
    wrong = go(preflight, "--organization", "--include", "ou-none")
    assert wrong.code == 2 and "'ou-none' isn't an account, OU or account name" in wrong.line
    none = go(preflight, "--organization", "--exclude", "*,ma*", "--include", web)
    assert none.code == 2 and "no account" in none.line


def test_external_ids(org: Organized, preflight: Command) -> None:
    vendor = org.member("vendor", external_id="spring-42")
    refused = found(go(preflight, "--organization", "--include", vendor))
    assert "AccessDenied" in refused["failed"][0]["reason"]
    taken = found(go(preflight, "--organization", "--include", vendor, "--external-id", "spring-42"))
    assert [each["account"] for each in taken["accounts"]] == [vendor]


def test_listed_accounts(org: Organized, preflight: Command) -> None:
    vendor = org.member("vendor", external_id="spring-42")
    web = org.members["web"]
    org.role(web, "other", trust={"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"})
    Path("accounts.yaml").write_text(
        f"accounts:\n  - '{org.members['play']}'\n"
        f"  - {{account: '{web}', name: the shop, role: other}}\n"
        f"  - {{account: '{vendor}', external-id: spring-42, role: 'arn:aws:iam::{vendor}:role/{READER}'}}\n"
    )
    ran = go(preflight, "--accounts", "accounts.yaml")
    rows = {each["account"]: each for each in found(ran)["accounts"]}
    assert rows.keys() == {web, vendor, org.members["play"]} and rows[web]["name"] == "the shop"
    # A member may not read the organization's policies: that is said, not taken for none.
    gaps = [each for each in document(web)["results"] if each["rule"] == "ACC100" and each["kind"] == "open"]
    assert any("organization" in each["message"] for each in gaps), gaps
    Path("accounts.txt").write_text(f"# ours\n{web}, the shop\n\n{org.members['play']}\n")
    plain = go(preflight, "--accounts", "accounts.txt", "--again")
    assert [each["name"] for each in found(plain)["accounts"]] == ["the shop", ""]


def test_what_was_asked_otherwise_is_asked_again(org: Organized, preflight: Command) -> None:
    web = org.members["web"]
    path = Path("accounts.yaml")
    path.write_text(f"- '{web}'\n")
    go(preflight, "--accounts", "accounts.yaml")
    assert "audited before" in go(preflight, "--accounts", "accounts.yaml").err
    path.write_text(f"- {{account: '{web}', regions: [eu-west-1]}}\n")
    assert found(go(preflight, "--accounts", "accounts.yaml"))["accounts"][0]["regions"] == ["eu-west-1"]
    # The policies of the organization were not known to the runs before.
    assert "audited before" not in go(preflight, "--organization", "--include", web).err


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        ({"State": "CLOSED"}, "it is closed"),
        ({"State": "PENDING_CLOSURE", "Status": "ACTIVE"}, "it is pending closure"),
        ({"Status": "SUSPENDED"}, "it is suspended"),
        ({"State": "ACTIVE"}, ""),
    ],
)
def test_accounts_that_are_closed_by_either_name_of_their_state(about: dict[str, str], reason: str) -> None:
    member = _member({"Id": ACCOUNT, **about})
    _, left_out = of_organization(Organization("o-1", ACCOUNT, (member,), policies=NO_POLICIES), AccountAccess())
    assert [each.reason for each in left_out] == ([reason] if reason else [])


@pytest.mark.parametrize(("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
def test_listed_accounts_of_other_partitions(
    aws: StandIn, preflight: Command, monkeypatch: pytest.MonkeyPatch, region: str, partition: str
) -> None:
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    Path("accounts.json").write_text('["222233334444"]')
    ran = preflight("audit", "--accounts", "accounts.json", "--into", "out", "--region", region)
    role = f"arn:{partition}:iam::222233334444:role/OrganizationAccountAccessRole"
    assert ran.code == 2 and role in "".join(ran.out.split()), ran


def test_a_role_that_leads_to_another_account(org: Organized, preflight: Command) -> None:
    web, play = org.members["web"], org.members["play"]
    Path("accounts.yaml").write_text(f"- {{account: '{web}', role: 'arn:aws:iam::{play}:role/{READER}'}}\n")
    ran = go(preflight, "--accounts", "accounts.yaml")
    assert ran.code == 2 and f"the credentials belong to account {play}" in found(ran)["failed"][0]["reason"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.yaml", "- 111122223333\n", "quotes"),
        ("a.yaml", "accounts: []\n", "accounts"),
        ("a.yaml", "- {account: '111122223333', rolle: x}\n", "role"),
        ("a.yaml", "- '111122223333'\n- '111122223333'\n", "111122223333 twice"),
        ("a.yaml", "- '1111'\n", "twelve digits"),
        ("a.json", r'["111122223333\n"]', "twelve digits"),
        ("a.json", '["111122223333"', "a.json"),
        ("a.yaml", "- {account: '111122223333', snapshot: s.json, role: x}\n", "its role would not be used"),
        ("a.txt", "111122223333\nthe other\n", "line 2"),
        ("a.txt", "# none\n", "names no account"),
    ],
)
def test_a_list_that_is_wrong(preflight: Command, folder: Path, name: str, text: str, said: str) -> None:
    Path(name).write_text(text)
    ran = preflight("audit", "--accounts", name, "--into", "out")
    assert ran.code == 2 and name in ran.line and said in ran.line, ran


def test_credentials_that_expire_half_way(org: Organized, preflight: Command) -> None:
    org.aws.error("sagemaker:ListModels", "ExpiredTokenException", "The security token included has expired", times=1)
    ran = go(preflight, "--organization", "--threads", "1")
    assert ran.code == 2
    (failed,) = found(ran)["failed"]
    assert "the credentials expired partway" in failed["reason"] and "sign in again" in failed["reason"]
    again = go(preflight, "--organization")
    assert found(again)["complete"] and "2 accounts were audited before" in again.err


def test_throttling_is_waited_out_and_denials_are_told(org: Organized, preflight: Command) -> None:
    org.aws.throttle("iam:GetAccountAuthorizationDetails", times=2)
    org.aws.throttle("organizations:ListAccounts", times=1)
    org.aws.deny("servicequotas:*")
    ran = go(preflight, "--organization")
    assert found(ran)["complete"] and ran.code in (1, 3)
    gaps = [each["message"] for each in document(org.members["web"])["results"] if each["kind"] == "open"]
    assert any("servicequotas" in each or "service-quotas" in each for each in gaps), gaps


def test_an_organization_that_cannot_be_read(org: Organized, preflight: Command) -> None:
    org.aws.deny("organizations:ListAccounts")
    ran = go(preflight, "--organization")
    assert ran.code == 2 and "allow organizations:ListAccounts" in ran.line
    org.aws.mend()
    org.aws.deny("organizations:ListTargetsForPolicy")
    told = found(go(preflight, "--organization"))
    assert told["complete"]
    results = document(org.members["web"])["results"]
    assert any("organizations:ListTargetsForPolicy" in f"{each['message']} {each['remedy']}" for each in results)


def test_no_organization(aws: StandIn, preflight: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    ran = go(preflight, "--organization")
    assert ran.code == 2 and "isn't in an organization" in ran.line and "--accounts" in ran.line


def test_kept_snapshots_give_the_same(org: Organized, preflight: Command) -> None:
    live = found(go(preflight, "--organization", "--keep-snapshots"))
    ran = preflight("audit", "--snapshot", "out/snapshots", "--into", "later", "--format", "json")
    later = found(ran)
    assert later["rules"] == live["rules"] and later["counts"] == live["counts"]
    assert [each["account"] for each in later["accounts"]] == [each["account"] for each in live["accounts"]]
