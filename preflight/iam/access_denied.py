"""AWS's access denied message, taken apart: who was refused what, on which resource, by which type of policy.

Source of the forms: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from preflight.iam.request import PolicyType

DenyType: TypeAlias = Literal["implicitDeny", "explicitDeny"]

TRUST = "trust"
"""A role's trust policy: the resource-based policy that decides who may assume the role."""

# What AWS calls each type of policy in a message. "service control policies" and the like appear where no single policy
# of the type allows the action.
_TYPES = {
    "identity-based policy": PolicyType.IDENTITY,
    "identity-based policies": PolicyType.IDENTITY,
    "permissions boundary": PolicyType.BOUNDARY,
    "permissions boundaries": PolicyType.BOUNDARY,
    "session policy": PolicyType.SESSION,
    "session policies": PolicyType.SESSION,
    "service control policy": PolicyType.SCP,
    "service control policies": PolicyType.SCP,
    "resource control policy": PolicyType.RCP,
    "resource control policies": PolicyType.RCP,
    "resource-based policy": PolicyType.RESOURCE,
    "resource-based policies": PolicyType.RESOURCE,
    "vpc endpoint policy": PolicyType.VPC_ENDPOINT,
    "vpc endpoint policies": PolicyType.VPC_ENDPOINT,
    "role trust policy": TRUST,
    "role trust policies": TRUST,
    "assume role policy": TRUST,
    "trust policy": TRUST,
}
_TYPE = "|".join(sorted((re.escape(name).replace(r"\ ", r"\s+") for name in _TYPES), key=len, reverse=True))
# IAM names what it holds by a word and a name: `role deployer`, `instance profile web`.
_HELD = r"(?:role|policy|user|group|instance\s+profile|mfa(?:\s+device)?|server\s+certificate|saml\s+provider)"
# What people write over an account or a name before they show a message: <account-id>, <<role name>>, [account id]. The
# groups are atomic, so that a name is matched in one way only.
_MASK = r"(?><{1,3}(?!br\b)[a-z_][\w .*=-]{0,60}>{1,3})|(?>\[[\w .-]{1,40}\]|\[)"
_LETTER = rf"(?:[^\s\"'`<>\[]|{_MASK})"
_NAME = rf"{_LETTER}{{1,2048}}"
_PERFORM = r"is\s*not\s*authorized\s*to\s*perform\s*:\s*"
# A word may go on in the next line: a terminal breaks lines at its width.
_ASKED = (
    r"(?P<action>[a-z0-9-]{1,64}:[a-z0-9*]{1,128}?(?:\n[a-z0-9]{1,64}(?=\s+on\s+resource))?)"
    rf"(?:\s*on\s*(?:resources?\s*:?\s*|(?=\"?arn:))(?P<resource>\"[^\"\n]{{1,2048}}\"|{_HELD}\s+{_NAME}|{_NAME})"
    rf"(?P<goes_on>\n(?!because\b|with\b){_LETTER}{{1,512}}+(?=\s+(?:because\s+no|with\s+an?\s+explicit)\b))?"
    r"|\s*on\s*this\s*resource|(?=[\s.,;)\"'<]|because\s*(?:no|the)|with\s*an?\s*explicit|$))"
)
# Words may be parted by line ends, or by nothing where a table broke the line at its full width.
_SENTENCE = re.compile(
    rf"(?:User|Principal|Caller)\s*:\s*(?P<principal>{_NAME}?(?:\n{_LETTER}{{1,512}}+(?=\s+is\s))?)\s*{_PERFORM}{_ASKED}",
    re.IGNORECASE,
)
# The same without "User:", as tools and people shorten it; the subject may be no name but the word "User".
_SHORTENED = re.compile(rf"(?:(?<=[\s\"'`(])|^)(?P<principal>{_LETTER}{{1,2048}}+)\s+{_PERFORM}{_ASKED}", re.IGNORECASE)
_NO_NAME = frozenset({"user", "caller", "principal", "role", "account", "identity", "entity", "you", "service", "it"})
_REASON = re.compile(
    rf"[\s,.:]*(?:because\s+no\s+(?P<missing>{_TYPE})\s+allows?"
    rf"|(?:with|due\s+to)\s+an?\s+explicit\s+deny(?:\s+in\s+(?:an?|the)\s+(?P<denying>{_TYPE})"
    r"(?:\s*(?::|with\s+(?:the\s+)?(?:arn|id):?)?\s*(?P<policy>arn:[^\s\"'<>,]{1,2048}))?)?)",
    re.IGNORECASE,
)
_ACTION_AGAIN = re.compile(
    r"\s*(?:the\s+)?(?P<action>[\w-]+:[\w*]+)\s+action(?:\s*:\s*(?P<policy>arn:[^\s\"'<>,]{1,2048}))?", re.IGNORECASE
)
_ALSO = re.compile(r"[\s,.]*because\s+the\s+resource\s+does\s+not\s+exist", re.IGNORECASE)
_TRAILING = ".,;)]}"


@dataclass(frozen=True, slots=True)
class AccessDenied:
    """One refusal, in AWS's words: `principal`, `action` and `resource` are as AWS wrote them, empty where it did not.

    `policy_type` is None where the message does not say which type of policy refused; `effect` likewise.
    `maybe_missing` says that the message leaves open whether the resource exists at all. `start` and `end` are where
    the sentence is in the text.
    """

    principal: str
    action: str
    resource: str
    policy_type: PolicyType | str | None
    effect: DenyType | None
    policy_arn: str = ""
    maybe_missing: bool = False
    start: int = 0
    end: int = 0


def access_denied(text: str) -> Iterator[AccessDenied]:
    """Yield every refusal that AWS words in full in a text, in order. Takes time linear in the text.

    Where the reason names another action than the call's (CreateVpcEndpoint needs `vpce:AllowMultiRegion` too), that
    is the action that was refused.
    """
    said = list(_SENTENCE.finditer(text))
    ends = {each.end() for each in said}
    said += [each for each in _SHORTENED.finditer(text) if each.end() not in ends]
    for found in sorted(said, key=lambda each: each.start()):
        resource, end = _resource(found)
        reason = _REASON.match(text, end)
        unsure = _ALSO.match(text, end) if reason is None else None
        policy_arn, policy_type, action = "", None, "".join(found["action"].split())
        effect: DenyType | None = None
        if reason is not None:
            end, policy_arn = reason.end(), reason["policy"] or ""
            effect = "implicitDeny" if reason["missing"] else "explicitDeny"
            if reason["missing"] and (after := _ACTION_AGAIN.match(text, end)):
                end, policy_arn = after.end(), after["policy"] or ""
                action = action if after["action"].lower() == action.lower() else after["action"]
            if named := reason["denying"] or reason["missing"]:
                policy_type = _TYPES[" ".join(named.lower().split())]
        principal = "".join(found["principal"].split("\n"))
        yield AccessDenied(
            "" if principal.lower() in _NO_NAME else principal,
            action,
            resource,
            policy_type,
            effect,
            policy_arn.rstrip(_TRAILING),
            unsure is not None,
            found.start(),
            unsure.end() if unsure else end,
        )


def _resource(found: re.Match[str]) -> tuple[str, int]:
    """Return the resource without what the sentence puts around it, and where it ends."""
    text = found["resource"]
    if text is None:
        return "", found.end()
    if found["goes_on"]:
        return text + found["goes_on"].strip(), found.end()
    if text.startswith('"'):
        return text.strip('"'), found.end()
    bare = text.rstrip(_TRAILING)
    return " ".join(bare.split()), found.start("resource") + len(bare)
