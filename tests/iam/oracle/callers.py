"""Calls that AWS refuses whatever policies say: by who calls, what is named, and what the request carries.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
"""

from __future__ import annotations

from typing import Any

from tests.iam.oracle.doubts import Doubts
from tests.iam.oracle.principals import is_service_linked, kind_of
from tests.iam.oracle.text import arn_parts

# Services that take requests that are not signed, as their pages say.
UNSIGNED = ("s3", "sqs", "sns", "es", "cloudsearch")


def is_refused(case: dict[str, Any], doubts: Doubts) -> bool:
    """Say whether AWS refuses the call, whatever policies allow."""
    action, resource, principal = case["action"].lower(), case["resource"], case["principal"]
    linked = resource.partition(":role/aws-service-role/")[2].partition("/")[0]
    if action == "iam:deleteservicelinkedrole" and is_service_linked(principal) and f"/{linked}/" not in principal:
        return doubts.perhaps("another service's role deletes it")  # no page says
    return cannot_call(case) or is_of_aws(case) or carries_what_is_refused(case, doubts)


def cannot_call(case: dict[str, Any]) -> bool:
    """Say whether the principal's credentials are not for this call."""
    principal, action, kind = case["principal"], case["action"].lower(), kind_of(case["principal"])
    service, _, name = action.partition(":")
    if kind == "anonymous":
        return service in ("iam", "sts")
    by_token = name in ("assumerolewithsaml", "assumerolewithwebidentity")
    if kind == "provider":
        own = "assumerolewithsaml" if ":saml-provider/" in principal else "assumerolewithwebidentity"
        return service == "sts" and name not in (own, "tagsession", "setsourceidentity")
    if kind == "service":
        return service == "sts" and (by_token or name in ("getsessiontoken", "getfederationtoken"))
    if case["resource"] != "*" and arn_parts(case["resource"])[1] != arn_parts(principal)[1]:
        return True
    if service == "iam":
        # PassRole is a permission; no operation is called that.
        return kind == "federated" and name != "passrole"
    if service == "sts":
        refused = {
            "federated": name != "getcalleridentity",
            "role": name in ("getsessiontoken", "getfederationtoken"),
            "session": name in ("getsessiontoken", "getfederationtoken"),
            "root": name == "assumerole",
        }
        return by_token or refused.get(kind, False)
    return False


def is_of_aws(case: dict[str, Any]) -> bool:
    """Say whether the request would change or take what is AWS's: its policies, roles, aliases of keys, names."""
    action, resource, principal = case["action"].lower(), case["resource"], case["principal"]
    if action in ("kms:createalias", "kms:updatealias", "kms:deletealias"):
        return ":alias/aws/" in resource
    if action == "ssm:putparameter":
        return resource.partition(":parameter/")[2].lower().startswith(("aws", "ssm"))
    if action == "logs:createloggroup":
        return resource.partition(":log-group:")[2].startswith("aws/")
    if action in ("iam:createpolicyversion", "iam:deletepolicy", "iam:setdefaultpolicyversion", "iam:tagpolicy"):
        return "::aws:policy/" in resource
    if action in ("iam:attachrolepolicy", "iam:putrolepolicy", "iam:updateassumerolepolicy", "iam:deleterole"):
        if ":role/aws-reserved/" in resource:
            return ":role/aws-service-role/sso.amazonaws.com/" not in principal
        if ":role/aws-service-role/" in resource:
            service = resource.split(":role/aws-service-role/")[1].split("/")[0]
            return principal != service and f":role/aws-service-role/{service}/" not in principal
    return False


def carries_what_is_refused(case: dict[str, Any], doubts: Doubts) -> bool:
    """Say whether the context shows credentials of GetSessionToken that are not for this call, or a tag of AWS's.

    What an AWS service calls for the principal is not meant.
    """
    given = {key.lower(): value for key, value in case.get("context", {}).items()}
    complete = case.get("complete_context", True)
    service, _, name = case["action"].lower().partition(":")
    if given.get("aws:viaawsservice") == "true" or given.get("aws:calledvia"):
        return False
    refused = False
    temporary = "aws:tokenissuetime" in given or "aws:multifactorauthpresent" in given
    if kind_of(case["principal"]) in ("user", "root") and temporary:
        if service == "sts":
            refused = name not in ("assumerole", "getcalleridentity")
        if service == "iam" and name != "passrole":
            refused = given.get("aws:multifactorauthpresent") != "true"
            if refused and "aws:multifactorauthpresent" not in given and not complete:
                refused = doubts.perhaps("credentials without MFA")
    if not (kind_of(case["principal"]) == "service" or is_service_linked(case["principal"])):
        keys = given.get("aws:tagkeys", [])
        keys = [keys] if isinstance(keys, str) else keys
        refused = refused or any(key.startswith("aws:requesttag/aws:") for key in given)
        refused = refused or any(str(key).lower().startswith("aws:") for key in keys)
    known = complete or {"aws:viaawsservice", "aws:calledvia"} <= given.keys()
    return refused and (known or not doubts.perhaps("a service calls"))
