"""A world so small that every request in it can be gone through: pairs of policies, and the requests that tell them
apart.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from copy import deepcopy
from itertools import product
from typing import Any

from preflight.iam.request import Context, Request

Json = dict[str, Any]

ACTIONS = ["a:x", "a:y", "a:*", "*", "a:x*", "b:*", "a:?", "a:*y", "b:x", "a:xy"]
ACTIONS_OF_REQUESTS = ["a:x", "a:y", "a:xy", "a:yx", "a:yy", "b:x", "b:y", "c:x", "a:xx", "a:zz"]
RESOURCES = [
    "*",
    "arn:aws:s3:::b",
    "arn:aws:s3:::b/*",
    "arn:aws:s3:::b/?",
    "arn:aws:s3:::*",
    "arn:aws:s3:::b/${aws:username}",
    "arn:aws:s3:::b/x*",
    "arn:aws:s3:::b/*y",
    "arn:aws:s3:::b/${k:s}/*",
    "arn:*:s3:::b/x",
    "arn:aws:*:::b",
    "arn:aws:s3:*:*:b",
]
RESOURCES_OF_REQUESTS = [
    "*",
    *(f"arn:aws:s3:::{name}" for name in ("b", "b/", "b/x", "b/y", "b/xy", "b/z", "c", "a", "b/a/x", "b/x:y")),
    "arn:aws:sqs:::b",
    "arn:aws:s3:us-east-1:444455556666:b",
]
CONDITIONS = [
    ("StringEquals", "k:s", ["a", "b", "ab", "${aws:username}", "${k:t}"]),
    ("StringNotEquals", "k:s", ["a", "b", "${aws:username}", "${k:t}"]),
    ("StringLike", "k:s", ["a*", "*b", "?", "*", "${k:t}*"]),
    ("StringNotLike", "k:s", ["a*", "*", "?b"]),
    ("StringEqualsIfExists", "k:s", ["a", "b", "${k:t}"]),
    ("StringNotEqualsIfExists", "k:s", ["a"]),
    ("StringEqualsIgnoreCase", "k:s", ["A", "AB"]),
    ("Null", "k:s", ["true", "false"]),
    ("NumericLessThan", "k:n", ["1", "2"]),
    ("NumericGreaterThanEquals", "k:n", ["1", "2"]),
    ("NumericNotEquals", "k:n", ["1"]),
    ("Null", "k:n", ["true", "false"]),
    ("ForAllValues:StringEquals", "k:m", ["a", "b"]),
    ("ForAnyValue:StringEquals", "k:m", ["a", "b"]),
    ("ForAllValues:StringNotEquals", "k:m", ["a"]),
    ("ForAnyValue:StringNotLike", "k:m", ["a*"]),
    ("Null", "k:m", ["true", "false"]),
    ("StringEquals", "k:t", ["a", "b"]),
    ("Null", "k:t", ["true", "false"]),
    ("Bool", "k:b", ["true", "false"]),
    ("BoolIfExists", "k:b", ["true", "false"]),
    ("Null", "k:b", ["true", "false"]),
    ("IpAddress", "aws:SourceIp", ["10.0.0.0/8", "10.0.0.0/9", "10.128.0.0/9"]),
    ("NotIpAddress", "aws:SourceIp", ["10.0.0.0/8", "192.0.2.7"]),
    ("ArnLike", "aws:SourceArn", ["arn:aws:sns:*:*:t", "arn:aws:sns:*:111122223333:*"]),
    ("ArnNotLikeIfExists", "aws:SourceArn", ["arn:aws:sns:us-east-1:*:t"]),
    ("DateLessThan", "k:d", ["2026-01-01T00:00:00Z", "2027-01-01"]),
    ("DateGreaterThanEquals", "k:d", ["2026-01-01T00:00:00Z"]),
    ("StringEquals", "aws:RequestedRegion", ["us-east-1", "eu-west-1"]),
    ("StringNotEquals", "aws:RequestedRegion", ["us-east-1"]),
    ("Null", "aws:RequestedRegion", ["true", "false"]),
]
VALUES: dict[str, list[str | tuple[str, ...] | None]] = {
    "k:s": [None, "", "a", "b", "ab", "A", "c", "example"],
    "k:n": [None, "0", "1", "1.5", "2", "3"],
    "k:m": [None, ("a",), ("b",), ("a", "b"), ("c",), ("a", "c"), ("ab",), ("",)],
    "k:t": [None, "a", "b", "", "c"],
    "k:b": [None, "true", "false"],
    "aws:SourceIp": [None, "10.0.0.1", "10.200.0.1", "192.0.2.7", "2001:db8::1"],
    "aws:SourceArn": [
        None,
        "arn:aws:sns:us-east-1:111122223333:t",
        "arn:aws:sns:us-east-1:111122223333:u",
        "arn:aws:sns:eu-west-1:222233334444:t",
        "arn:aws:sqs:us-east-1:111122223333:t",
    ],
    "k:d": [None, "2025-06-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z", "2027-06-01T00:00:00Z"],
    "aws:username": [None, "x", "a", "b", "y"],
    "aws:RequestedRegion": [None, "us-east-1", "eu-west-1"],
}

OWN, OTHER, THIRD = "111122223333", "222233334444", "333344445555"
PRINCIPALS: list[Any] = [
    "*",
    {"AWS": OWN},
    {"AWS": f"arn:aws:iam::{OWN}:root"},
    {"AWS": f"arn:aws:iam::{OWN}:role/r"},
    {"AWS": [f"arn:aws:iam::{OTHER}:role/p/r", f"arn:aws:iam::{OWN}:user/u"]},
    {"AWS": OTHER},
    {"Service": "sns.amazonaws.com"},
    {"AWS": f"arn:aws:sts::{OWN}:assumed-role/r/s"},
    {"Federated": "accounts.google.com"},
]
SPARED: list[Any] = [{"AWS": [f"arn:aws:iam::{OWN}:root", f"arn:aws:iam::{OWN}:role/r"]}, {"AWS": OTHER}]
CALLERS = [
    "*",
    f"arn:aws:iam::{OWN}:role/r",
    f"arn:aws:iam::{OWN}:role/q",
    f"arn:aws:sts::{OWN}:assumed-role/r/s",
    f"arn:aws:sts::{OWN}:assumed-role/r/t",
    f"arn:aws:iam::{OWN}:user/u",
    f"arn:aws:iam::{OWN}:root",
    f"arn:aws:iam::{OTHER}:role/p/r",
    f"arn:aws:sts::{OTHER}:assumed-role/r/s",
    f"arn:aws:iam::{THIRD}:role/r",
    "sns.amazonaws.com",
    "ec2.amazonaws.com",
    "accounts.google.com",
]
CONDITIONS_ON_CALLERS = [
    ("ArnLike", "aws:PrincipalArn", [f"arn:aws:iam::{OWN}:role/*", "arn:aws:iam::*:role/r", f"arn:aws:iam::{OWN}:*"]),
    ("ArnNotLike", "aws:PrincipalArn", [f"arn:aws:iam::{OWN}:role/r", "arn:aws:iam::*:role/p/*"]),
    ("StringLike", "aws:PrincipalArn", ["arn:aws:iam::*:role/r", "*:user/*"]),
    ("StringEquals", "aws:PrincipalAccount", [OWN, OTHER]),
    ("StringNotEquals", "aws:PrincipalAccount", [OWN]),
    ("StringEquals", "aws:PrincipalType", ["User", "AssumedRole", "Account"]),
    ("StringLike", "aws:username", ["u", "*"]),
    ("Bool", "aws:PrincipalIsAWSService", ["true", "false"]),
    ("Null", "aws:PrincipalArn", ["true", "false"]),
]


def _some(choice: random.Random, given: list[Any], most: int = 2) -> list[Any]:
    return choice.sample(given, min(len(given), choice.randint(1, most)))


def _statement(choice: random.Random, *, naming: bool) -> Json:
    found: Json = {"Effect": "Deny" if choice.random() < 0.35 else "Allow"}
    if naming:
        if found["Effect"] == "Deny" and choice.random() < 0.2:
            found["NotPrincipal"] = choice.choice(SPARED)
        else:
            found["Principal"] = choice.choice(PRINCIPALS)
    found["NotAction" if choice.random() < 0.15 else "Action"] = _some(choice, ACTIONS)
    found["NotResource" if choice.random() < 0.15 else "Resource"] = _some(choice, RESOURCES)
    conditions: Json = {}
    for _ in range(choice.choice([0, 0, 1, 1, 2])):
        operator, key, values = choice.choice(CONDITIONS + CONDITIONS_ON_CALLERS * 2 if naming else CONDITIONS)
        conditions.setdefault(operator, {})[key] = _some(choice, values)
    return {**found, "Condition": conditions} if conditions else found


def policy(choice: random.Random, *, naming: bool = False) -> Json:
    """Return a policy; one that names callers if `naming`."""
    version = choice.choice(["2012-10-17"] * 6 + ["2008-10-17"])
    return {
        "Version": version,
        "Statement": [_statement(choice, naming=naming) for _ in range(choice.randint(1, 3))],
    }


def changed(choice: random.Random, given: Json, *, naming: bool = False) -> Json:
    """Return a policy with one or two changes."""
    found = deepcopy(given)
    statements = found["Statement"]
    for _ in range(choice.choice([1, 1, 2])):
        place = choice.randrange(len(statements))
        kind = choice.random()
        if kind < 0.3:
            statements[place] = _statement(choice, naming=naming)
        elif kind < 0.5:
            statements.append(_statement(choice, naming=naming))
        elif kind < 0.6 and len(statements) > 1:
            statements.pop(place)
        else:
            one = statements[place]
            element = choice.choice([name for name in one if name.endswith(("Action", "Resource"))])
            one[element] = _some(choice, ACTIONS if "Action" in element else RESOURCES, 3)
            if choice.random() < 0.3:
                one.pop("Condition", None)
    return found


def requests(choice: random.Random, text: str, most: int, *, naming: bool = False) -> Iterator[Request]:
    """Yield requests with the keys that a text mentions: all of them, or some if there are more than `most`."""
    callers = CALLERS if naming else ["arn:aws:iam::444455556666:role/example"]
    keys = [key for key in VALUES if key in text and not (naming and key == "aws:username")]
    every: list[Any] = [callers, ACTIONS_OF_REQUESTS, RESOURCES_OF_REQUESTS, *(VALUES[key] for key in keys)]
    total = 1
    for each in every:
        total *= len(each)
    rows = product(*every) if total <= most else ([choice.choice(each) for each in every] for _ in range(most))
    for caller, action, resource, *values in rows:
        context = {key: value for key, value in zip(keys, values, strict=True) if value is not None}
        account = "999988887777" if naming else None
        yield Request(caller, action, resource, account, Context(context))
