"""What is known of condition keys for every request: which are never missing or empty, and what values look like.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

OF_THE_CALLER = frozenset(
    {
        "aws:principalarn",
        "aws:principalaccount",
        "aws:principaltype",
        "aws:username",
        "aws:userid",
        "aws:principalisawsservice",
        "aws:principalservicename",
        "kms:calleraccount",
    }
)
"""Keys that the caller determines, where policies name callers."""

ALWAYS_PRESENT = frozenset(
    {
        "aws:principalarn",
        "aws:principalaccount",
        "aws:principaltype",
        "aws:principalisawsservice",
        "aws:resourceaccount",
        "aws:currenttime",
        "aws:epochtime",
        "aws:userid",
        "kms:calleraccount",
    }
)
"""Keys that every request of a user or role has."""

_TAGS = ("aws:principaltag/", "aws:requesttag/", "aws:resourcetag/")
_MAY_BE_EMPTY = frozenset({"aws:referer", "aws:useragent", "aws:tagkeys"})

_TYPICAL = {
    "aws:sourceip": "198.51.100.7",
    "aws:vpcsourceip": "10.0.0.7",
    "aws:securetransport": "true",
    "aws:multifactorauthpresent": "true",
    "aws:multifactorauthage": "60",
    "aws:viaawsservice": "false",
    "aws:requestedregion": "us-east-1",
    "aws:resourceaccount": "444455556666",
    "aws:principalaccount": "444455556666",
    "kms:calleraccount": "444455556666",
    "aws:principalarn": "arn:aws:iam::444455556666:role/example",
    "aws:principaltype": "AssumedRole",
    "aws:principalisawsservice": "false",
    "aws:principalorgid": "o-example0000",
    "aws:resourceorgid": "o-example0000",
    "aws:sourceorgid": "o-example0000",
    "aws:principalorgpaths": "o-example0000/r-ab12/",
    "aws:resourceorgpaths": "o-example0000/r-ab12/",
    "aws:sourceorgpaths": "o-example0000/r-ab12/",
    "aws:sourceaccount": "444455556666",
    "aws:sourcearn": "arn:aws:sns:us-east-1:444455556666:example",
    "aws:sourcevpc": "vpc-0example",
    "aws:sourcevpce": "vpce-0example",
    "aws:userid": "AROAEXAMPLE:example",
    "aws:currenttime": "2030-01-01T00:00:00Z",
    "aws:tokenissuetime": "2030-01-01T00:00:00Z",
    "aws:epochtime": "1893456000",
}


def may_be_empty(key: str) -> bool:
    """Whether a request may have the key with an empty value; those that AWS sets itself are not."""
    return not key.startswith("aws:") or key.startswith(_TAGS) or key in _MAY_BE_EMPTY


def typical(key: str) -> str:
    """Return a value of the kind that the key has."""
    return _TYPICAL.get(key, "example")
