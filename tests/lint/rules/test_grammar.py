"""Cases of the grammar rules that their examples do not show: what each says, what it spares, what it mends."""

from __future__ import annotations

import json
from typing import Any

import pytest

from preflight.documents.policies.found_policy import FoundPolicy, PolicyDocumentType
from preflight.documents.text.document import Document
from preflight.engine.result import Level
from preflight.lint.policy.finding import Edit
from preflight.lint.runner.one_policy import Linter, PolicyFinding
from preflight.lint.runner.selection import lint_rules
from tests.lint.linting import findings

ALLOW: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def policy(*statements: Any, **members: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements), **members}


def trust(principal: Any, action: Any = "sts:AssumeRole", **more: Any) -> dict[str, Any]:
    return policy({"Effect": "Allow", "Principal": principal, "Action": action, **more})


def ids(value: Any, type_: PolicyDocumentType = "identity", service: str = "") -> list[str]:
    return [each.head.id for each in findings(value, type_, select="IAM0", service=service)]


def only(rule: str, value: Any, type_: PolicyDocumentType = "identity", service: str = "") -> PolicyFinding:
    (found,) = findings(value, type_, select=rule, service=service)
    return found


@pytest.mark.parametrize(
    ("value", "type_", "expected"),
    [
        pytest.param([], "identity", ["IAM007"], id="no object"),
        pytest.param(policy({"effect": "Allow", "Action": "s3:*", "Resource": "*"}), "identity", ["IAM006"], id="case"),
        pytest.param(policy({**ALLOW, "Effect": None}), "identity", ["IAM007"], id="null effect"),
        pytest.param(
            policy({"Effect": "Allow", "Actions": "s3:*", "Resource": "*"}), "identity", ["IAM006"], id="near"
        ),
        pytest.param(
            {"version": "2012-10-17", "Statement": [ALLOW]}, "identity", ["IAM006"], id="version in lower case"
        ),
        pytest.param(policy({**ALLOW, "Principal": ["x"]}), "identity", ["IAM016"], id="any principal of an identity"),
        pytest.param(policy({**ALLOW, "Principal": 1}), "scp", ["IAM080"], id="any principal of an SCP"),
        pytest.param(trust("*", Resource="*"), "trust", ["IAM041", "IAM042"], id="two mistakes of one statement"),
        pytest.param(policy({**ALLOW, "Effect": "Deny", "Principal": ["x"]}), "rcp", ["IAM081"], id="of an RCP"),
        pytest.param(trust({"AWS": "*"}), "trust", [], id="everybody may be meant in a trust policy"),
        pytest.param(trust({}), "trust", ["IAM072"], id="nobody"),
        pytest.param(policy({**ALLOW, "Action": []}), "identity", ["IAM070"], id="empty is not absent"),
    ],
)
def test_one_mistake_is_told_once(value: Any, type_: PolicyDocumentType, expected: list[str]) -> None:
    assert ids(value, type_) == expected


@pytest.mark.parametrize(
    ("value", "rule", "remedy"),
    [
        (policy({"Effect": "Allow", "action": "s3:*", "Resource": "*"}), "IAM006", 'write "Action"'),
        (policy({**ALLOW, "Effect": "Alow"}), "IAM011", 'write "Allow"'),
        (policy({**ALLOW, "Action": "GetObject"}), "IAM013", 'write "service:GetObject"'),
        (policy({**ALLOW, "Sid": "a b"}), "IAM020", 'write "aB"'),
        (policy({**ALLOW, "Resource": "arn:aws:s3:::${aws:a,b}"}), "IAM051", "write ${aws:a, 'b'}"),
        (policy({**ALLOW, "Resource": "arn:aws:s3:::${aws: a, 'b'}"}), "IAM052", "write ${aws:a, 'b'}"),
    ],
)
def test_the_remedy_says_what_to_write(value: Any, rule: str, remedy: str) -> None:
    assert only(rule, value).result().remedy == remedy


@pytest.mark.parametrize(
    ("principal", "rule", "remedy"),
    [
        ("arn:aws:iam::111122223333:root", "IAM030", 'write {"AWS": "arn:aws:iam::111122223333:root"}'),
        ("lambda.amazonaws.com", "IAM030", 'write {"Service": "lambda.amazonaws.com"}'),
        ({"AWS": "lambda.amazonaws.com"}, "IAM032", 'write {"Service": "lambda.amazonaws.com"}'),
        ({"AWS": 111122223333}, "IAM030", 'write "111122223333", in quotes'),
        ({"AWS": "1111-2222-3333"}, "IAM032", "use the 12-digit account ID"),
        ({"Service": "lambda"}, "IAM034", 'write "lambda.amazonaws.com"'),
        ({"Service": "Lambda.amazonaws.com"}, "IAM034", 'write "lambda.amazonaws.com"'),
        ({"service": "lambda.amazonaws.com"}, "IAM031", 'write "Service"'),
    ],
)
def test_the_remedy_of_a_principal(principal: Any, rule: str, remedy: str) -> None:
    assert only(rule, trust(principal), "trust").result().remedy == remedy


@pytest.mark.parametrize(
    ("value", "type_", "rule", "edits"),
    [
        ({"Statement": ALLOW}, "identity", "IAM004", (Edit("add", "", ("Version", "2012-10-17")),)),
        ({"Statement": {**ALLOW, "Resource": "arn:aws:s3:::a/${aws:userid}"}}, "identity", "IAM004", ()),
        (policy(ALLOW, Version="2008-10-17"), "identity", "IAM005", (Edit("replace", "/Version", "2012-10-17"),)),
        (policy({"effect": "Allow", **ALLOW}), "identity", "IAM006", ()),
        (policy({**ALLOW, "sid": "A"}), "identity", "IAM006", (Edit("rename", "/Statement/0/sid", "Sid"),)),
        (
            policy({**ALLOW, "Effect": "ALLOW"}),
            "identity",
            "IAM011",
            (Edit("replace", "/Statement/0/Effect", "Allow"),),
        ),
        (policy({**ALLOW, "Effect": "Alow"}), "identity", "IAM011", ()),
        (policy({**ALLOW, "Sid": "-"}), "identity", "IAM020", (Edit("remove", "/Statement/0/Sid"),)),
        (
            policy({**ALLOW, "Sid": "A-B"}, {**ALLOW, "Sid": "AB"}),
            "identity",
            "IAM020",
            (Edit("replace", "/Statement/0/Sid", "AB2"),),
        ),
        (
            trust({"Service": "x.amazonaws.com"}, Resource="*"),
            "trust",
            "IAM042",
            (Edit("remove", "/Statement/0/Resource"),),
        ),
    ],
)
def test_only_what_is_certain_is_mended(
    value: Any, type_: PolicyDocumentType, rule: str, edits: tuple[Edit, ...]
) -> None:
    assert only(rule, value, type_).finding.edits == edits


def test_three_equal_sids_get_two_others() -> None:
    found = findings(policy(*({**ALLOW, "Sid": "Read"},) * 2, {**ALLOW, "Sid": "Read2"}), select="IAM021")
    assert [each.finding.edits for each in found] == [(Edit("replace", "/Statement/1/Sid", "Read3"),)]


@pytest.mark.parametrize("sid", ["Enable IAM User Permissions", "__owner_statement", "AWSConsole-AccessLogs-Policy-1"])
def test_services_policies_keep_their_sids(sid: str) -> None:
    statement = {**ALLOW, "Sid": sid, "Principal": {"AWS": "111122223333"}}
    assert ids(policy(statement), "resource") == []


@pytest.mark.parametrize(
    ("principal", "action", "fits"),
    [
        ({"AWS": "111122223333", "Federated": "graph.facebook.com"}, "sts:AssumeRole", False),
        ({"AWS": "111122223333", "Federated": "graph.facebook.com"}, ["sts:AssumeRole", "sts:*Identity"], True),
        ({"Federated": "graph.facebook.com"}, ["sts:assumerolewithwebidentity", "sts:TagSession"], True),
        ({"Service": "ec2.amazonaws.com"}, "sts:AssumeRoleWithSAML", False),
        ({"AWS": "*"}, ["sts:AssumeRole", "sts:SetContext"], True),
        ({"Federated": ["graph.facebook.com", "arn:aws:iam::111122223333:saml-provider/a"]},
         ["sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"], True),
    ],
)  # fmt: skip
def test_actions_and_principals_of_a_trust_policy(principal: Any, action: Any, fits: bool) -> None:
    assert (not findings(trust(principal, action), "trust", select="IAM043")) is fits


def test_roles_anywhere_takes_patterns() -> None:
    assert not findings(trust({"Service": "rolesanywhere.amazonaws.com"}, "sts:*"), "trust", select="IAM044")


@pytest.mark.parametrize(
    "service",
    ["sagemaker.amazonaws.com", "ec2.amazonaws.com.cn", "delivery.logs.amazonaws.com", "states.us-east-1.amazonaws.com",
     "member.org.stacksets.cloudformation.amazonaws.com", "config-multiaccountsetup.amazonaws.com", "ssm.aws.internal",
     "alexa-appkit.amazon.com", "lambda.amazonaws.eu"],
)  # fmt: skip
def test_service_principals_of_every_kind(service: str) -> None:
    assert ids(trust({"Service": service}), "trust") == []


def test_a_passed_service_is_compared_exactly_only() -> None:
    condition = {"StringLike": {"iam:PassedToService": "ec2.amazonaws.com*"}, "Null": {"iam:PassedToService": "false"}}
    assert ids(policy({**ALLOW, "Condition": condition})) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a/${aws:PrincipalTag/team, 'x y'}/${*}/${?}/${$}", []),
        ("a/${aws:username", ["IAM050"]),
        ("a/${aws:username}/${aws:userid/b", ["IAM050"]),
        ("a/${aws:username, 'b}", ["IAM051"]),
        ("a/${}/${ }", ["IAM053", "IAM053"]),
        ("a/$aws:username/{b,c}", []),
    ],
)
def test_variables(text: str, expected: list[str]) -> None:
    assert ids(policy({**ALLOW, "Resource": f"arn:aws:s3:::{text}"})) == expected
    assert ids(policy({**ALLOW, "Condition": {"StringLike": {"s3:prefix": [text]}}})) == expected


def test_an_escaped_variable_is_one() -> None:
    text = json.dumps(policy({**ALLOW, "Resource": "arn:aws:s3:::a/${"})).replace("$", "\\u0024")
    assert ids(text) == ["IAM050"]


@pytest.mark.parametrize(
    ("operator", "key", "level"),
    [
        ("StringEquals", "aws:TagKeys", Level.ERROR),
        ("StringLike", "AWS:calledvia", Level.ERROR),
        ("StringEquals", "dynamodb:LeadingKeys", Level.WARNING),
        ("ForAnyValue:StringEquals", "aws:TagKeys", None),
        ("Null", "aws:TagKeys", None),
        ("StringEquals", "aws:RequestTag/team", None),
        ("StringEquals", "example:Nothing", None),
    ],
)
def test_keys_of_several_values(operator: str, key: str, level: Level | None) -> None:
    found = findings(policy({**ALLOW, "Condition": {operator: {key: "true"}}}), select="IAM064")
    assert [each.result().level for each in found] == ([] if level is None else [level])


def sized(length: int, type_: PolicyDocumentType, *, text: str | None = None, **owner: str) -> list[tuple[str, Level]]:
    """Lint a policy of so many characters without white space, in a document with others."""
    value = policy({"Effect": "Deny", "Action": "s3:*", "Resource": ""})
    value["Statement"][0]["Resource"] = "x" * (length - len(json.dumps(value, separators=(",", ":"))))
    document = Document("snapshot.json", {"Policy": value}, json.dumps({"Policy": value}, indent=8))
    name = owner.pop("name", "")
    found = FoundPolicy(document, value, type_, "/Policy", name, owner, text and json.dumps(value, indent=int(text)))
    results = [each.result() for each in Linter(lint_rules(["IAM09"])).findings(found)]
    return [(each.rule, each.level) for each in results]


@pytest.mark.parametrize(
    ("type_", "owner", "most", "rule", "level"),
    [
        ("identity", {}, 6144, "IAM090", Level.WARNING),
        ("identity", {"kind": "managed"}, 6144, "IAM090", Level.ERROR),
        (
            "identity",
            {"kind": "managed", "name": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
            6144,
            "IAM090",
            Level.WARNING,
        ),
        ("identity", {"kind": "role"}, 10_240, "IAM090", Level.ERROR),
        ("identity", {"kind": "user"}, 2048, "IAM090", Level.ERROR),
        ("identity", {"kind": "group"}, 5120, "IAM090", Level.ERROR),
        ("session", {}, 2048, "IAM090", Level.ERROR),
        ("boundary", {}, 6144, "IAM090", Level.WARNING),
        ("trust", {}, 2048, "IAM092", Level.WARNING),
        ("scp", {}, 10_240, "IAM093", Level.ERROR),
        ("rcp", {}, 5120, "IAM093", Level.ERROR),
        ("vpc-endpoint", {}, 20_480, "IAM091", Level.WARNING),
        ("resource", {"service": "s3"}, 20_480, "IAM091", Level.WARNING),
        ("resource", {"service": "kms"}, 32_768, "IAM091", Level.WARNING),
    ],
)
def test_sizes(type_: PolicyDocumentType, owner: dict[str, str], most: int, rule: str, level: Level) -> None:
    assert sized(most, type_, **owner) == []
    assert sized(most + 1, type_, **owner) == [(rule, level)]


def test_white_space_counts_in_organizations_only() -> None:
    assert sized(10_240, "scp", text="8") == [("IAM093", Level.WARNING)]
    assert sized(6144, "identity", text="8") == []
    assert sized(8193, "trust") == [("IAM092", Level.ERROR)]
    assert sized(100_000, "resource", service="unheard-of") == []


def test_a_character_beyond_latin_is_placed() -> None:
    text = json.dumps(policy({**ALLOW, "Resource": ["*", "arn:aws:s3:::a\N{EN DASH}b"]}), ensure_ascii=False)
    assert only("IAM009", text).finding.pointer == "/Statement/0/Resource/1"
    assert ids(text, "scp") == []
    assert ids(json.dumps(json.loads(text))) == []


def test_statements_that_are_about_their_own_resource() -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "ecr:*"}
    assert ids(policy(statement), "resource") == []
    assert ids(policy({**statement, "Action": "*"}), "resource", "ecr") == []
    assert ids(policy({**statement, "Action": ["ecr:*", "s3:*"]}), "resource") == ["IAM014"]
    assert ids(policy(statement), "vpc-endpoint") == ["IAM014"]
