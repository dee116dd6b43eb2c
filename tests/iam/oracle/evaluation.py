"""The decision on one request whose context is fully known.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from tests.iam.oracle.callers import UNSIGNED, is_refused
from tests.iam.oracle.conditions import conditions_hold
from tests.iam.oracle.doubts import Doubts
from tests.iam.oracle.principals import how_named, is_service_linked, kind_of, principal_keys, spared_by_not_principal
from tests.iam.oracle.text import (
    MultivaluedVariableError,
    account_of,
    arn_parts,
    early_variable,
    fill_in,
    matches,
    name_has_colon,
    readings,
    region_of,
    resource_matches,
)

# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html#rcp-supported-services
RCP_SERVICES = {
    "s3",
    "sts",
    "kms",
    "sqs",
    "secretsmanager",
    "ecr",
    "aoss",
    "cognito-identity",
    "cognito-idp",
    "logs",
    "dynamodb",
}

ROOT_KEEPS = ("s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy")
# https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
NOT_ON_A_KEY = {"kms:createkey", "kms:listkeys", "kms:listaliases", "kms:listretirablegrants", "kms:generaterandom"}
NOT_ON_A_KEY |= {"kms:createalias", "kms:updatealias", "kms:deletealias"}
NOT_ON_A_KEY |= {"kms:createcustomkeystore", "kms:describecustomkeystores"}

Case = dict[str, Any]
Values = dict[str, list[str]]


def listed(value: Any) -> list[Any]:
    """Return a value that may be single or a list as a list."""
    return value if isinstance(value, list) else [value]


def resource_account(case: Case) -> str:
    """Return the account that owns the resource: by its ARN, by the case, else the principal's own."""
    owner = account_of(case["resource"])
    if owner == "aws":  # AWS itself: taken as the principal's own account
        owner = account_of(case["principal"])
    return owner or case.get("resource_account") or account_of(case["principal"])


def of_aws_partition(case: Case) -> bool:
    """Say whether the principal is of the partition aws."""
    return str(case["principal"]).startswith("arn:aws:")


def request_context(case: Case) -> Values:
    """Return the context with lower-case keys: what the request determines, overruled by what the case says."""
    context = {key.lower(): values for key, values in principal_keys(case["principal"]).items()}
    if resource_account(case):
        context["aws:resourceaccount"] = [resource_account(case)]
    service, _, name = case["action"].lower().partition(":")
    if region_of(case["resource"]):
        context["aws:requestedregion"] = [region_of(case["resource"])]
    elif service in ("iam", "cloudfront", "route53", "support") and name != "passrole" and of_aws_partition(case):
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-requestedregion
        context["aws:requestedregion"] = ["us-east-1"]
    context["aws:currenttime"] = [datetime.now(UTC).isoformat()]
    context["aws:epochtime"] = [str(int(datetime.now(UTC).timestamp()))]
    given: Values = {}
    for key, value in case.get("context", {}).items():
        given.setdefault(key.lower(), []).extend(str(one) for one in listed(value))
    context.update(given)
    return context


def statement_applies(
    statement: Case, version: str, case: Case, context: Values, doubts: Doubts, policy_type: str
) -> bool:
    """Action, resource and conditions of a statement apply to the request."""
    action = case["action"].lower()
    if "Action" in statement:
        if not any(matches(pattern.lower(), action) for pattern in listed(statement["Action"])):
            return False
    elif any(matches(pattern.lower(), action) for pattern in listed(statement["NotAction"])):
        return False

    def names_resource(patterns: Any, negated: bool) -> bool:
        return any(is_named(pattern, negated, listed(patterns)) for pattern in listed(patterns))

    def is_lowered(pattern: str, resource: str) -> bool:
        try:
            filled = fill_in(pattern, version, context)
        except MultivaluedVariableError:
            return False
        return filled is not None and resource_matches(filled, resource.lower())

    def is_named(pattern: str, negated: bool, together: list[str]) -> bool:
        resource = asked_resource(case)
        if on_an_unnamed_key(case):
            return names_the_key(pattern, resource, doubts)
        question = (policy_type, pattern)
        early = early_variable(pattern, version)
        try:
            filled = fill_in(pattern, version, context)
        except MultivaluedVariableError:
            loose = fill_in(re.sub(r"\$\{aws:TagKeys[^}]*\}", "*", pattern), version, context)
            return loose is not None and matches(loose, resource) and doubts.perhaps(question)
        if early and negated:
            return doubts.perhaps(question)
        if filled is None:
            return False
        if action.startswith("sagemaker:") and set(pattern) != {"*"}:
            exact, folded = resource_matches(filled, resource), resource_matches(filled.lower(), resource.lower())
            # Which of the names it asks by counts for all that the statement lists together.
            lowered = ":endpoint" in resource and any(is_lowered(each, resource) for each in together)
            withholds = (statement["Effect"] == "Deny") is not negated
            # SageMaker may ask by the name as it was given, or in lower case.
            if (folded and not exact) if withholds else (exact and not lowered and ":endpoint" in resource):
                return doubts.perhaps((policy_type, pattern, "spelled", statement["Effect"]))
        stands_for, certain = readings(pattern, filled, policy_type in ("identity", "boundary"))
        if any(resource_matches(one, resource) for one in stands_for):
            return (certain and not early) or doubts.perhaps(question)
        if certain and name_has_colon(resource) and matches(filled, resource):
            return doubts.perhaps(question)
        return False

    # Trust policies have no Resource: they are about the role that they depend on.
    if "Resource" in statement and not names_resource(statement["Resource"], False):
        return False
    if "NotResource" in statement and names_resource(statement["NotResource"], True):
        return False
    return conditions_hold(statement.get("Condition", {}), version, context, doubts)


def on_an_unnamed_key(case: Case) -> bool:
    """Say whether the request is on a key of KMS by an alias, or on a key that it does not name."""
    action = case["action"].lower()
    return action.startswith("kms:") and action not in NOT_ON_A_KEY and ":key/" not in case["resource"]


def names_the_key(pattern: str, resource: str, doubts: Doubts) -> bool:
    """Say whether a Resource value names the key behind an alias, whichever that is."""
    if set(pattern) == {"*"}:
        return True
    head = resource.partition(":alias/")[0] if ":alias/" in resource else "arn:aws:kms:us-east-1:111122223333"
    if resource_matches(pattern, head + ":key/0") and resource_matches(pattern, head + ":key/1"):
        return True
    wanted, _, name = pattern.partition(":key/")
    return bool(name) and matches(wanted, head) and doubts.perhaps(("key", pattern))


def asked_resource(case: Case) -> str:
    """Return the resource; AWS's examples allow s3:ListAllMyBuckets on arn:aws:s3:::*."""
    if case["action"].lower() == "s3:listallmybuckets" and case["resource"] == "*":
        principal = case["principal"]
        return f"arn:{arn_parts(principal)[1] if principal.startswith('arn:') else 'aws'}:s3:::*"
    return str(case["resource"])


def statements_of(policy: Case, effect: str) -> list[tuple[Case, str]]:
    """Return a policy's statements of one effect, with the version of the language."""
    version = policy.get("Version", "2008-10-17")
    return [(one, version) for one in listed(policy["Statement"]) if one["Effect"] == effect]


def any_statement(
    policies: list[Case], effect: str, case: Case, context: Values, doubts: Doubts, policy_type: str
) -> bool:
    """Say whether any statement of the effect applies, in policies that have no Principal element."""
    return any(
        statement_applies(statement, version, case, context, doubts, policy_type)
        for policy in policies
        for statement, version in statements_of(policy, effect)
    )


def resource_policy_denies(policy: Case, case: Case, context: Values, doubts: Doubts, policy_type: str) -> bool:
    """Say whether a Deny in a policy with Principal elements applies."""
    has_boundary = bool(case.get("permissions_boundaries")) and kind_of(case["principal"]) in (
        "user",
        "role",
        "session",
    )
    for statement, version in statements_of(policy, "Deny"):
        userid = context.get("aws:userid", [""])
        if "NotPrincipal" in statement:
            meant = not spared_by_not_principal(
                statement["NotPrincipal"], case["principal"], has_boundary, userid, doubts
            )
        else:
            meant = bool(
                how_named(statement.get("Principal", "*"), case["principal"], userid, doubts, case, policy_type)
            )
        if meant and statement_applies(statement, version, case, context, doubts, policy_type):
            return True
    return False


def resource_policy_allows(
    policy: Case | None, case: Case, context: Values, doubts: Doubts, policy_type: str
) -> set[str]:
    """Return how the principal is named in the Allow statements that apply."""
    ways: set[str] = set()
    if policy is not None:
        userid = context.get("aws:userid", [""])
        for statement, version in statements_of(policy, "Allow"):
            if "Principal" in statement:
                named = how_named(statement["Principal"], case["principal"], userid, doubts, case, policy_type)
                service = case["action"].lower().partition(":")[0]
                by_url = {"lambda:FunctionUrlAuthType": "NONE"} in statement.get("Condition", {}).values()
                if policy_type == "resource" and case["principal"] == "*" and service not in UNSIGNED and not by_url:
                    # Few services take requests that are not signed.
                    named = named if named and doubts.perhaps("it takes requests that are not signed") else set()
                if named and statement_applies(statement, version, case, context, doubts, policy_type):
                    ways |= named
    return ways


def policies_in(case: Case, name: str) -> list[Case]:
    """Return the policy documents of one list of the case."""
    return [named["policy"] for named in case.get(name) or []]


def decide_known(case: Case, context: Values, doubts: Doubts) -> str:
    """Return AWS's answer when every key that is not in `context` is absent from the request.

    What AWS's pages leave open is answered by `doubts`.
    """
    principal, action = case["principal"], case["action"].lower()
    kind = kind_of(principal)
    service = action.partition(":")[0]
    in_account = kind not in ("service", "anonymous", "provider")

    # https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html: needs no permission, even denied
    if action in ("sts:getcalleridentity", "sts:getsessiontoken"):
        return "implicitDeny" if is_refused(case, doubts) else "allowed"

    identity = policies_in(case, "identity_policies") if in_account and kind != "root" else []
    boundaries = policies_in(case, "permissions_boundaries") if in_account and kind != "root" else []
    sessions = policies_in(case, "session_policies") if in_account and kind != "root" else []
    levels = [[named["policy"] for named in level] for level in case.get("service_control_policies") or []]
    if not in_account or is_service_linked(principal):
        levels = []
    rcps = [named["policy"] for level in case.get("resource_control_policies") or [] for named in level]
    # https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html#actions-not-restricted-by-rcps
    # The page lists OpenSearch Service by a prefix that its actions do not have.
    bears = doubts.perhaps("RCPs of es") if service == "es" and rcps else service in RCP_SERVICES
    if not bears or is_service_linked(principal) or action == "kms:retiregrant":
        rcps = []
    endpoints = policies_in(case, "vpc_endpoint_policies")
    resource_policy = case.get("resource_policy")
    unnamed = on_an_unnamed_key(case)
    if resource_policy is not None and "policy" in resource_policy:
        resource_policy = resource_policy["policy"]

    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html: the owner's root user always can
    if kind == "root" and action in ROOT_KEEPS and account_of(principal) == resource_account(case):
        resource_policy = None

    # Step 1: an explicit deny anywhere.
    without_principal = {
        "identity": identity,
        "boundary": boundaries,
        "session": sessions,
        "scp": [policy for level in levels for policy in level],
    }
    with_principal = {
        "rcp": rcps,
        "endpoint": endpoints,
        "resource": [resource_policy] if resource_policy is not None and service != "iam" else [],
    }
    if any(any_statement(found, "Deny", case, context, doubts, name) for name, found in without_principal.items()):
        return "explicitDeny"
    for name, found in with_principal.items():
        if any(resource_policy_denies(policy, case, context, doubts, name) for policy in found):
            return "explicitDeny"

    if is_refused(case, doubts):
        return "implicitDeny"
    if unnamed and resource_policy is None and doubts.perhaps("the key's policy denies"):
        return "explicitDeny"

    # Step 2: SCPs, at every level; the policies of the VPC endpoint that the request came through.
    if not all(any_statement(level, "Allow", case, context, doubts, "scp") for level in levels):
        return "implicitDeny"
    if not all(resource_policy_allows(policy, case, context, doubts, "endpoint") for policy in endpoints):
        return "implicitDeny"

    ways = resource_policy_allows(resource_policy, case, context, doubts, "resource")
    if unnamed and resource_policy is None and doubts.perhaps("the key's policy allows"):
        ways = {"itself"}
    if not in_account:
        return "allowed" if ways else "implicitDeny"

    identity_allows = kind == "root" or any_statement(identity, "Allow", case, context, doubts, "identity")
    boundary_allows = all(any_statement([one], "Allow", case, context, doubts, "boundary") for one in boundaries)
    session_allows = (
        any_statement(sessions, "Allow", case, context, doubts, "session") if sessions else kind != "federated"
    )
    from_identity = identity_allows and boundary_allows and session_allows

    if account_of(principal) != resource_account(case):
        return "allowed" if ways and from_identity else "implicitDeny"

    # Within the account: what the resource's policy gives directly, or to the role as far as its limits go.
    if "itself" in ways or "everyone" in ways:
        return "allowed"
    if "role" in ways and boundary_allows and session_allows:
        return "allowed"
    # Key policies and trust policies must themselves let the account's own policies count.
    is_key = service == "kms" and (":key/" in case["resource"] or unnamed)
    is_trust = service == "sts" and ":role/" in case["resource"]
    if (is_key or is_trust) and not ways:
        return "implicitDeny"
    return "allowed" if from_identity else "implicitDeny"
