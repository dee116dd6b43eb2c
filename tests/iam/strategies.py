"""Cases for `preflight simulate`, made by hypothesis: every policy type, every kind of principal, few words.

The alphabets are small on purpose, so that statements meet requests often. What AWS does not document is not
generated, but for what the engine calls open for that reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from hypothesis import strategies as st

Json = dict[str, Any]
T = TypeVar("T")

OWN, OTHER = "111122223333", "444455556666"


@dataclass(frozen=True)
class World:
    """The actions and resources of one service, and patterns that often match them."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    patterns: tuple[str, ...]
    needs_resource_policy: bool = False
    without_resource_element: bool = False


S3 = World(
    ("s3:GetObject", "s3:PutObject", "s3:getobject"),
    ("arn:aws:s3:::data/a/x", "arn:aws:s3:::data/b", "arn:aws:s3:::Data/a/x", "arn:aws:s3:::data/a:b/x"),
    (
        "arn:aws:s3:::data/*",
        "arn:aws:s3:::data/a/?",
        "arn:aws:s3:::data/a/x",
        "arn:aws:s3:::*",
        "arn:*:s3:::data/b",
        "arn:aws:s3:::data/${aws:PrincipalTag/team}/x",
        "arn:aws:s3:::data/${aws:PrincipalTag/team, 'b'}",
        "arn:aws:s3:::data/${aws:username}",
        "arn:aws:s3:::data/*/x",
        "arn:aws:s3:::data/a?b/x",
        "arn:aws:s3",
        "arn:aws:s3:::data/${aws:TagKeys}",
        "arn:aws:s3:::${aws:ResourceTag/team}/a/x",
    ),
)
MANY_KEYS = ("arn:aws:s3:::data/${aws:TagKeys}", "arn:aws:s3:::${aws:ResourceTag/team}/a/x")
BUCKETS = World(("s3:ListAllMyBuckets",), ("*",), ("arn:aws:s3:::*", "arn:aws:s3:::data*", "arn:aws:s3:::data"))
SAGEMAKER = World(
    ("sagemaker:CreateEndpoint", "sagemaker:CreateEndpointConfig", "sagemaker:DescribeEndpoint"),
    (
        f"arn:aws:sagemaker:us-east-1:{OWN}:endpoint/prod",
        f"arn:aws:sagemaker:us-east-1:{OWN}:endpoint-config/prod",
        f"arn:aws:sagemaker:us-east-1:{OTHER}:endpoint/prod",
        "*",
        f"arn:aws:sagemaker:us-east-1:{OWN}:endpoint/Prod",
    ),
    (
        f"arn:aws:sagemaker:*:{OWN}:endpoint/*",
        f"arn:aws:sagemaker:us-east-?:{OWN}:endpoint*",
        "arn:aws:sagemaker:*",
        f"arn:aws:sagemaker:us-east-1:{OWN}:endpoint/prod",
        "arn:aws:sagemaker:us-west-2:*:endpoint/prod",
        "arn:aws:sagemaker",
        "arn:aws:sagemaker:us-east-1",
        "arn:aws:sagemaker:eu-west-1",
        "arn:aws:sagemaker:*:endpoint/prod",
        "arn:aws:sagemaker:us-east-1:*dpoint/prod",
        "arn:aws:sagemaker:us-*1:*:endpoint/p*",
        "arn:aws:sagemaker:us-east-1:${aws:PrincipalAccount}:endpoint/prod",
        "*endpoint/prod",
        f"arn:aws:sagemaker:us-east-1:{OWN}:endpoint/Prod",
    ),
)
SQS = World(
    ("sqs:SendMessage", "sqs:ReceiveMessage"),
    (f"arn:aws:sqs:us-east-1:{OWN}:jobs", f"arn:aws:sqs:us-east-1:{OTHER}:jobs"),
    (
        f"arn:aws:sqs:*:{OWN}:*",
        "arn:aws:sqs:us-east-1:*:jobs",
        "arn:aws:sqs:*:*:other",
        "arn:aws:sqs",
        "arn:aws:sqs:us-east-1:1*jobs",
        "arn:aws:sqs:*:jobs",
        "arn:aws:sqs:${aws:RequestedRegion}:*:jobs",
    ),
)
KMS = World(
    ("kms:Decrypt", "kms:Encrypt"),
    (f"arn:aws:kms:us-east-1:{OWN}:key/k1", f"arn:aws:kms:us-east-1:{OTHER}:key/k1"),
    (f"arn:aws:kms:*:{OWN}:key/*", "arn:aws:kms:us-east-1:*:key/k?"),
    needs_resource_policy=True,
)
STS = World(
    ("sts:AssumeRole", "sts:TagSession", "sts:AssumeRoleWithSAML"),
    (f"arn:aws:iam::{OWN}:role/target", f"arn:aws:iam::{OTHER}:role/target"),
    (f"arn:aws:iam::{OWN}:role/*", "arn:aws:iam::*:role/target"),
    needs_resource_policy=True,
    without_resource_element=True,
)
IAM = World(
    ("iam:PassRole", "iam:GetRole"),
    (f"arn:aws:iam::{OWN}:role/target", f"arn:aws:iam::{OWN}:role/path/target"),
    (f"arn:aws:iam::{OWN}:role/*", f"arn:aws:iam::{OWN}:role/target", "arn:aws:iam::*:role/path/*"),
)
TOKENS = World(("sts:GetSessionToken", "sts:GetFederationToken", "sts:GetCallerIdentity"), ("*",), ("*",))
PARAMETERS = World(
    ("ssm:PutParameter", "ssm:GetParameter"),
    tuple(f"arn:aws:ssm:us-east-1:{OWN}:parameter/{name}" for name in ("app", "awsApp", "SSM/x")),
    (f"arn:aws:ssm:*:{OWN}:parameter/*",),
)
ALIASES = World(
    ("kms:CreateAlias", "kms:ListAliases", "kms:Decrypt"),
    (f"arn:aws:kms:us-east-1:{OWN}:alias/aws/s3", f"arn:aws:kms:us-east-1:{OWN}:alias/own"),
    (f"arn:aws:kms:*:{OWN}:alias/*",),
)
OF_AWS = World(
    ("iam:AttachRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:GetRole"),
    (
        f"arn:aws:iam::{OWN}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_x",
        f"arn:aws:iam::{OWN}:role/aws-service-role/sagemaker.amazonaws.com/AWSServiceRoleForX",
    ),
    (f"arn:aws:iam::{OWN}:role/*",),
)
POLICIES_OF_AWS = World(
    ("iam:CreatePolicyVersion", "iam:GetPolicy"),
    ("arn:aws:iam::aws:policy/ReadOnlyAccess", f"arn:aws:iam::{OWN}:policy/own"),
    ("arn:aws:iam::aws:policy/*", "arn:aws:iam::*:policy/*"),
)
WORLDS = (S3, S3, S3, SAGEMAKER, SAGEMAKER, SQS, KMS, STS, IAM, BUCKETS, ALIASES, OF_AWS, POLICIES_OF_AWS)
WORLDS += (TOKENS, PARAMETERS)

ROLE, OTHER_ROLE = f"arn:aws:iam::{OWN}:role/app", f"arn:aws:iam::{OTHER}:role/app"
SESSION, OTHER_SESSION = f"arn:aws:sts::{OWN}:assumed-role/app/s1", f"arn:aws:sts::{OTHER}:assumed-role/app/s1"
USER, OTHER_USER = f"arn:aws:iam::{OWN}:user/a", f"arn:aws:iam::{OTHER}:user/a"
FEDERATED = f"arn:aws:sts::{OWN}:federated-user/a"
ROOT, OTHER_ROOT = f"arn:aws:iam::{OWN}:root", f"arn:aws:iam::{OTHER}:root"
LINKED = f"arn:aws:iam::{OWN}:role/aws-service-role/sagemaker.amazonaws.com/AWSServiceRoleForX"
SERVICE, OTHER_SERVICE = "sagemaker.amazonaws.com", "ec2.amazonaws.com"
PRINCIPALS = (ROLE, ROLE, SESSION, SESSION, USER, USER, FEDERATED, ROOT, LINKED, SERVICE, "*", OTHER_ROLE)
PRINCIPALS += (OTHER_SESSION, OTHER_USER, OTHER_ROOT, f"arn:aws-cn:iam::{OWN}:user/a")
NAMED = (ROLE, ROLE, SESSION, SESSION + "2", USER, FEDERATED, ROOT, OWN, OTHER_ROLE, OTHER_SESSION, OTHER_USER, OTHER)
UNIQUE = ("AROAONE", "AROATWO", "AIDAONE", "AROAONE:s1", "AROAONE:x")
USERIDS = {ROLE: ("AROAONE:s1", "AROATWO:x"), SESSION: ("AROAONE:s1", "AROATWO:s1"), USER: ("AIDAONE", "AIDATWO")}
ELEMENTS: tuple[Any, ...] = ("*", {"AWS": "*"}, {"Service": SERVICE}, {"Service": [OTHER_SERVICE, SERVICE]})
# A NotPrincipal that spares somebody names him at every level, as AWS recommends.
CHAINS = {
    ROLE: [ROLE, ROOT],
    SESSION: [SESSION, ROLE, ROOT],
    USER: [USER, ROOT],
    ROOT: [ROOT],
    LINKED: [LINKED, ROOT],
    OTHER_ROLE: [OTHER_ROLE, OTHER_ROOT],
    OTHER_SESSION: [OTHER_SESSION, OTHER_ROLE, OTHER_ROOT],
    OTHER_USER: [OTHER_USER, OTHER_ROOT],
    OTHER_ROOT: [OTHER_ROOT],
}
STRANGER = {"AWS": ["arn:aws:iam::777788889999:role/x", "777788889999"]}

STRING_OPERATORS = ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase")
STRING_OPERATORS += ("StringNotEqualsIgnoreCase",)
ARN_OPERATORS = ("ArnLike", "ArnEquals", "ArnNotLike", "ArnNotEquals")
NUMERIC_OPERATORS = tuple(
    "Numeric" + name
    for name in ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
)
DATE_OPERATORS = tuple(name.replace("Numeric", "Date") for name in NUMERIC_OPERATORS)


@dataclass(frozen=True)
class Key:
    """A context key: the operators that fit it, values that policies name, values that requests carry."""

    name: str
    operators: tuple[str, ...]
    wanted: tuple[str, ...]
    carried: tuple[str, ...]
    many: bool = False


TEXTS = ("a", "b", "A", "ab")
GIVEN_KEYS = (
    Key("aws:RequestTag/env", STRING_OPERATORS, ("a", "b", "a*", "?", "A"), TEXTS),
    Key("aws:PrincipalTag/team", STRING_OPERATORS, ("a", "b", "*"), ("a", "b")),
    Key("aws:ResourceTag/team", STRING_OPERATORS, ("a", "${aws:PrincipalTag/team}", "a?"), TEXTS),
    Key("s3:max-keys", NUMERIC_OPERATORS, ("5", "10", "10.5"), ("5", "7", "10", "10.0", "11")),
    Key(
        "aws:CurrentTime",
        DATE_OPERATORS,
        ("2026-01-01T00:00:00Z", "1767225601", "2026-02-01T00:00:00+01:00"),
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", "2026-01-31T23:00:00Z", "1767225600", "2027-01-01T00:00:00Z"),
    ),
    Key("aws:SecureTransport", ("Bool",), ("true", "false"), ("true", "false")),
    Key(
        "aws:SourceIp",
        ("IpAddress", "NotIpAddress"),
        ("10.0.0.0/8", "10.1.0.0/16", "192.0.2.7", "2001:db8::/32"),
        ("10.1.2.3", "10.2.2.3", "192.0.2.7", "192.0.2.8", "2001:db8::5", "::ffff:10.1.2.3"),
    ),
    Key(
        "aws:SourceArn",
        ARN_OPERATORS,
        ("arn:aws:sns:*:*:t*", "arn:aws:sns:us-east-1:111122223333:topic", "arn:aws:*:us-*:*:topic"),
        ("arn:aws:sns:us-east-1:111122223333:topic", "arn:aws:sqs:us-east-1:111122223333:topic:x"),
    ),
    Key("example:Digest", ("BinaryEquals",), ("QUJD", "QUJE"), ("QUJD", "QUJE", "qujd")),
    Key("aws:TagKeys", STRING_OPERATORS, ("a", "b", "a*"), TEXTS, many=True),
    Key(
        "example:Addresses", ("IpAddress", "NotIpAddress"), ("10.0.0.0/8", "192.0.2.7"), ("10.1.2.3", "192.0.2.7"), True
    ),
)
DETERMINED_KEYS = (
    Key(
        "aws:PrincipalArn", (*ARN_OPERATORS, "StringEquals", "StringNotLike"), (ROLE, USER, "arn:aws:iam::*:role/*"), ()
    ),
    Key("aws:PrincipalAccount", STRING_OPERATORS, (OWN, OTHER), ()),
    Key("aws:ResourceAccount", STRING_OPERATORS, (OWN, OTHER, "${aws:PrincipalAccount}"), ()),
    Key("aws:RequestedRegion", STRING_OPERATORS, ("us-east-1", "us-*", "eu-west-1"), ()),
    Key("aws:PrincipalIsAWSService", ("Bool",), ("true", "false"), ()),
    Key("aws:username", STRING_OPERATORS, ("a", "b"), ()),
    Key("aws:userid", ("StringLike", "StringNotLike", "StringEquals"), ("AROAONE:*", "*:s1", "AIDA*", OWN), ()),
    Key("aws:TokenIssueTime", DATE_OPERATORS, ("2020-01-01T00:00:00Z", "2090-01-01T00:00:00Z"), ()),
)
UNSET = "${aws:PrincipalTag/none}"
ODD = {"Numeric": "ten", "Date": "soon", "IpAddress": "here", "NotIp": "here", "Bool": "yes", "Arn": "arn:aws:sns:*"}


class Maker:
    """Makes the parts of a case, one small draw at a time: earlier options are simpler, and shrinking goes to them."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def pick(self, options: Sequence[T]) -> T:
        """Draw one of the options."""
        return options[self._draw(_below(len(options)))]

    def chance(self, one_in: int) -> bool:
        """Draw true once in so many times."""
        return self._draw(_below(one_in)) == one_in - 1

    def some(self, options: Sequence[T], least: int, most: int) -> list[T]:
        """Draw a few different options."""
        return list({repr(one): one for one in (self.pick(options) for _ in range(self.number(least, most)))}.values())

    def number(self, least: int, most: int) -> int:
        """Draw a whole number."""
        return least + self._draw(_below(most - least + 1))

    def condition(self) -> Json:
        """A Condition element of one or two tests."""
        found: Json = {}
        for _ in range(1 + self.chance(4)):
            key = self.pick(self.keys)
            if self.chance(10):
                operator, values = "Null", [self.pick(("true", "false"))]
            else:
                operator = self.pick(key.operators)
                values = self.some(key.wanted, 1, 2)
                odd = next((text for family, text in ODD.items() if operator.startswith(family)), UNSET)
                # Each further key that is not known multiplies what the oracle goes through.
                if self.chance(12) and (self.is_complete or odd is not UNSET):
                    values = [*values[1:], odd]
                if key.many and not self.chance(6):
                    operator = self.pick(("ForAnyValue:", "ForAllValues:")) + operator
                elif self.chance(5):
                    operator += "IfExists"
            name = key.name.upper() if self.chance(10) else key.name
            found.setdefault(operator, {})[name] = values[0] if len(values) == 1 else values
        return found

    def statement(self, effects: Sequence[str] = ("Allow", "Allow", "Allow", "Deny")) -> Json:
        """A statement without a Principal."""
        action, service = self.action, self.action.partition(":")[0]
        actions = (
            "*",
            action,
            f"{service}:*",
            action.upper(),
            action[:-3] + "*",
            action[:-1] + "?",
            *self.world.actions,
        )
        actions += ("ec2:*", f"{service}:Get*")
        statement: Json = {"Effect": self.pick(effects)}
        statement["NotAction" if self.chance(10) else "Action"] = self.some(actions, 1, 2)
        known = (pattern for pattern in self.world.patterns if self.is_complete or pattern not in MANY_KEYS)
        patterns = self.some(("*", "*", self.resource, *known, *self.world.resources), 1, 2)
        if self.chance(10):
            statement["NotResource"] = patterns
        else:
            statement["Resource"] = patterns
        if self.pick((False, True) if self.is_complete else (True, True, False)):
            statement["Condition"] = self.condition()
        return statement

    def policy(self, *, generous_in: int) -> Json:
        """A policy without principals; once in so many times it does not allow everything besides."""
        found = [self.statement() for _ in range(self.number(1, 2))]
        if not self.chance(generous_in if self.is_complete else 2):
            found.append({"Effect": "Allow", "Action": "*", "Resource": "*"})
        return {"Version": self.pick(("2012-10-17", "2012-10-17", "2012-10-17", "2008-10-17")), "Statement": found}

    def policies(self, name: str, most: int, *, generous_in: int) -> list[Json]:
        """A list of named policies."""
        return [
            {"name": f"{name}-{number}", "policy": self.policy(generous_in=generous_in)}
            for number in range(self.number(0, most))
        ]

    def resource_policy(self) -> Json:
        """A policy with Principal elements."""
        found = []
        for _ in range(self.number(1, 3)):
            statement = self.statement()
            if self.chance(6):
                statement["Principal"] = {"AWS": self.some((*UNIQUE, *NAMED), 1, 2)}
            elif statement["Effect"] == "Deny" and self.chance(3):
                chain: Any = {"AWS": CHAINS.get(self.principal, [])}
                if self.principal == SERVICE:
                    chain = {"Service": SERVICE}
                # Whether a boundary of the user who federated keeps the session from being spared is not documented.
                unclear = self.principal in ("*", FEDERATED)
                by_id = {"AWS": [UNIQUE[0], UNIQUE[2]]}
                alone = {"AWS": self.principal} if self.principal.startswith("arn:") else chain
                statement["NotPrincipal"] = STRANGER if unclear else self.pick((chain, STRANGER, by_id, alone))
            elif self.chance(3):
                statement["Principal"] = self.pick(ELEMENTS)
            else:
                own = self.principal if self.principal.startswith("arn:") else ROLE
                statement["Principal"] = {"AWS": self.some((own, own, own, *NAMED), 1, 2)}
            if self.world.without_resource_element:
                statement.pop("Resource", None)
                statement.pop("NotResource", None)
            found.append(statement)
        return {"Version": self.pick(("2012-10-17", "2008-10-17")), "Statement": found}

    def for_everybody(self, policy: Json) -> Json:
        """Put Principal * into every statement: RCPs know no other, and VPC endpoints differ in what others mean."""
        return {**policy, "Statement": [{**statement, "Principal": "*"} for statement in policy["Statement"]]}

    def guardrail(self) -> Json:
        """A resource control policy: it only denies."""
        denies = [self.statement(("Deny",)) for _ in range(self.number(1, 2))]
        return {"name": "rcp", "policy": self.for_everybody({"Version": "2012-10-17", "Statement": denies})}

    def context(self, keys: Sequence[Key]) -> Json:
        """Values for some of the keys; lists for those that take many."""
        return {
            key.name: self.some(key.carried, 0, 3) if key.many else self.pick(key.carried)
            for key in keys
            if self.chance(3) != self.is_complete
        }

    def case(self, complete: bool | None) -> Json:
        """A whole case."""
        self.world = self.pick(WORLDS)
        self.principal = self.pick(PRINCIPALS)
        self.action = self.pick(self.world.actions)
        self.resource = self.pick(self.world.resources)
        self.is_complete = not self.chance(4) if complete is None else complete
        chosen = self.some(GIVEN_KEYS, 1, 3 if self.is_complete else 2)
        self.keys = [*chosen, *chosen, *chosen, self.pick(DETERMINED_KEYS)]
        case: Json = {
            "principal": self.principal,
            "action": self.action,
            "resource": self.resource,
            "context": self.context(chosen),
            "complete_context": self.is_complete,
        }
        if self.world in (IAM, OF_AWS, TOKENS, STS) and self.chance(5):
            case["context"]["aws:MultiFactorAuthPresent"] = self.pick(("true", "false"))
        if self.chance(40):
            case["context"]["aws:RequestTag/aws:x"] = "a"
        if self.principal in USERIDS and self.chance(3):
            case["context"]["aws:userid"] = self.pick(USERIDS[self.principal])
        if self.world is S3:
            case["resource_account"] = self.pick((OWN, OWN, OTHER))
        if self.principal.startswith("arn:") and self.principal not in (ROOT, OTHER_ROOT):
            case["identity_policies"] = self.policies("identity", 2, generous_in=2)
            if self.principal != LINKED and self.chance(3):
                case["permissions_boundaries"] = self.policies("boundary", 1, generous_in=4)
            if self.principal in (ROLE, SESSION, FEDERATED, OTHER_SESSION) and self.chance(3):
                case["session_policies"] = list(map(without_incomplete, self.policies("session", 2, generous_in=4)))
        if self.chance(4):
            levels = range(self.number(1, 2))
            case["service_control_policies"] = [self.policies("scp", 2, generous_in=5) for _ in levels]
        if self.chance(5):
            case["resource_control_policies"] = [[self.guardrail()] for _ in range(self.number(1, 2))]
        if self.chance(8):
            endpoint = self.for_everybody(self.policy(generous_in=4))
            if self.chance(4):
                for statement in endpoint["Statement"]:
                    statement["Principal"] = {"AWS": self.pick((OWN, ROOT, OTHER))}
            case["vpc_endpoint_policies"] = [{"name": "endpoint", "policy": endpoint}]
        if self.world.needs_resource_policy or (
            self.world not in (SAGEMAKER, IAM, OF_AWS, POLICIES_OF_AWS, TOKENS, PARAMETERS) and self.chance(2)
        ):
            case["resource_policy"] = self.resource_policy()
        return case


def without_incomplete(named: Json) -> Json:
    """Leave incomplete ARNs out of a session policy, in which AWS refuses them."""
    for statement in named["policy"]["Statement"]:
        for member in statement.keys() & {"Resource", "NotResource"}:
            patterns = [statement[member]] if isinstance(statement[member], str) else statement[member]
            whole = [one for one in patterns if one.count(":") > 4 or one.endswith("*")]
            statement[member] = whole or ["arn:aws:s3:::data"]
    return named


@cache
def _below(limit: int) -> st.SearchStrategy[int]:
    return st.integers(0, limit - 1)


@st.composite
def cases(draw: st.DrawFn, complete: bool | None = None) -> Json:
    """A whole case, as `preflight simulate` reads it. `complete` fixes complete_context; None draws it."""
    return Maker(draw).case(complete)
