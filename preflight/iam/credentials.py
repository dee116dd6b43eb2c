"""What the credentials of a caller cannot be used for, whatever policies allow.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html,
https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html,
https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html and, for partitions,
https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
"""

from __future__ import annotations

from collections.abc import Iterable

from preflight.iam.principals import Caller, PrincipalType
from preflight.iam.variables import Found, Lookup, Missing

BY_TOKEN = {
    "sts:assumerolewithsaml": "AssumeRoleWithSAML",
    "sts:assumerolewithwebidentity": "AssumeRoleWithWebIdentity",
}
"""Calls that carry the token of an identity provider in place of a signature: their principal is the provider.

Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
"""

_WITH_A_TOKEN = frozenset({"sts:tagsession", "sts:setsourceidentity"})
_WITH_LONG_TERM_KEYS = frozenset({"sts:getfederationtoken", "sts:getsessiontoken"})
_WITH_A_SESSION_TOKEN = frozenset({"sts:assumerole", "sts:getcalleridentity"})
_NO_CALL = "iam:passrole"
"""A permission that other services ask for; nobody calls it."""


def barred(who: Caller, action: str, resource: str) -> str:
    """Say why the caller cannot make a call at all; empty if it can. `action` is in lower case."""
    if not who.of_account:
        return _without_account(who, action)
    if resource.startswith("arn:") and resource.split(":", 2)[1] != who.partition:
        return f"credentials of the {who.partition} partition can't be used in another partition: {resource}"
    if action in BY_TOKEN:
        return f"{BY_TOKEN[action]} is called with the token of an identity provider, not by an AWS principal"
    service = action.partition(":")[0]
    if who.kind is PrincipalType.FEDERATED_USER:
        if service == "iam" and action != _NO_CALL:
            return "a federated user can't call IAM with the AWS CLI or API"
        if service == "sts" and action != "sts:getcalleridentity":
            return "a federated user can't call STS, except GetCallerIdentity"
    if who.kind in (PrincipalType.ROLE, PrincipalType.SESSION) and action in _WITH_LONG_TERM_KEYS:
        return "GetFederationToken and GetSessionToken can't be called with a role's credentials"
    if who.kind is PrincipalType.ROOT and action == "sts:assumerole":
        return "the root user can't assume a role"
    return ""


def _without_account(who: Caller, action: str) -> str:
    """Services call as they are trusted to; a provider's token is for one call; what is not signed reaches few."""
    if who.kind is PrincipalType.ANONYMOUS:
        unsigned = action.partition(":")[0] in ("iam", "sts")
        return "a request to IAM or STS has to be signed, or carry the token of an identity provider" * unsigned
    if who.kind is PrincipalType.PROVIDER:
        call = "sts:assumerolewithsaml" if ":saml-provider/" in who.text else "sts:assumerolewithwebidentity"
        if action.startswith("sts:") and action != call and action not in _WITH_A_TOKEN:
            return f"the token of this identity provider is for {BY_TOKEN[call]} only"
    elif action in BY_TOKEN or action in _WITH_LONG_TERM_KEYS:
        return "a service doesn't make this call"
    return ""


def barred_with(who: Caller, action: str, names: Iterable[str], lookup: Lookup) -> tuple[str, bool]:
    """Say why a call cannot be made with what the request carries, and whether that is certain; empty if it can.

    `names` are the keys that the request's context gives. What an AWS service calls for the caller is not barred.
    """
    why = _temporary(who, action, lookup) or _reserved_tags(who, names, lookup)
    if not why:
        return "", True
    through = (lookup("aws:viaawsservice"), lookup("aws:calledvia"))
    if _is(through[0], "true") or isinstance(through[1], tuple):
        return "", True
    certain = Missing.UNKNOWN not in through
    if why == _WITHOUT_MFA and lookup("aws:multifactorauthpresent") is Missing.UNKNOWN:
        certain = False
    return why, certain


_WITHOUT_MFA = "temporary credentials of GetSessionToken can't call IAM unless they were issued with MFA"


def _temporary(who: Caller, action: str, lookup: Lookup) -> str:
    """Say why the temporary credentials of a user or root user cannot be used; their context shows that they are such.

    Requests with access keys have neither aws:TokenIssueTime nor aws:MultiFactorAuthPresent.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-tokenissuetime
    """
    service = action.partition(":")[0]
    if service not in ("iam", "sts") or who.kind not in (PrincipalType.USER, PrincipalType.ROOT):
        return ""
    mfa = lookup("aws:multifactorauthpresent")
    if not (isinstance(mfa, tuple) or isinstance(lookup("aws:tokenissuetime"), tuple)):
        return ""
    if service == "sts":
        return "temporary credentials of GetSessionToken can't call STS, except AssumeRole and GetCallerIdentity" * (
            action not in _WITH_A_SESSION_TOKEN
        )
    return "" if action == _NO_CALL or _is(mfa, "true") else _WITHOUT_MFA


def _reserved_tags(who: Caller, names: Iterable[str], lookup: Lookup) -> str:
    """Say that a request sets or removes a tag that only AWS can.

    Source: https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html
    """
    if who.kind is PrincipalType.SERVICE or who.service_linked:
        return ""
    for name in names:
        key = name.lower()
        if key.startswith("aws:requesttag/aws:"):
            return f"tags whose keys begin with aws: are reserved for AWS: {name[len('aws:requesttag/') :]}"
        if key == "aws:tagkeys":
            keys = lookup(key)
            reserved = [each for each in keys if each.lower().startswith("aws:")] if isinstance(keys, tuple) else []
            if reserved:
                return f"tags whose keys begin with aws: are reserved for AWS: {reserved[0]}"
    return ""


def _is(found: Found, value: str) -> bool:
    return isinstance(found, tuple) and len(found) == 1 and found[0].lower() == value
