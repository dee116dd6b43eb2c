"""The decision on one request whose context is fully known.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
"""

from __future__ import annotations

from typing import Any

from tests.iam.oracle.conditions import conditions_hold
from tests.iam.oracle.principals import how_named, is_service_linked, kind_of, principal_keys, spared_by_not_principal
from tests.iam.oracle.text import account_of, fill_in, matches, region_of, resource_matches

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

Case = dict[str, Any]
Values = dict[str, list[str]]


def listed(value: Any) -> list[Any]:
    """Return a value that may be single or a list as a list."""
    return value if isinstance(value, list) else [value]


def resource_account(case: Case) -> str:
    """Return the account that owns the resource: by its ARN, by the case, else the principal's own."""
    return account_of(case["resource"]) or case.get("resource_account") or account_of(case["principal"])


def request_context(case: Case) -> Values:
    """Return the context with lower-case keys: what the request determines, overruled by what the case says."""
    context = {key.lower(): values for key, values in principal_keys(case["principal"]).items()}
    if resource_account(case):
        context["aws:resourceaccount"] = [resource_account(case)]
    if region_of(case["resource"]):
        context["aws:requestedregion"] = [region_of(case["resource"])]
    for key, value in case.get("context", {}).items():
        context[key.lower()] = [str(one) for one in listed(value)]
    return context


def statement_applies(statement: Case, version: str, case: Case, context: Values) -> bool:
    """Action, resource and conditions of a statement apply to the request."""
    action = case["action"].lower()
    if "Action" in statement:
        if not any(matches(pattern.lower(), action) for pattern in listed(statement["Action"])):
            return False
    elif any(matches(pattern.lower(), action) for pattern in listed(statement["NotAction"])):
        return False

    def names_resource(patterns: Any) -> bool:
        filled = [fill_in(pattern, version, context) for pattern in listed(patterns)]
        return any(one is not None and resource_matches(one, case["resource"]) for one in filled)

    # Trust policies have no Resource: they are about the role that they depend on.
    if "Resource" in statement and not names_resource(statement["Resource"]):
        return False
    if "NotResource" in statement and names_resource(statement["NotResource"]):
        return False
    return conditions_hold(statement.get("Condition", {}), version, context)


def statements_of(policy: Case, effect: str) -> list[tuple[Case, str]]:
    """Return a policy's statements of one effect, with the version of the language."""
    version = policy.get("Version", "2008-10-17")
    return [(one, version) for one in listed(policy["Statement"]) if one["Effect"] == effect]


def any_statement(policies: list[Case], effect: str, case: Case, context: Values) -> bool:
    """Say whether any statement of the effect applies, in policies that have no Principal element."""
    return any(
        statement_applies(statement, version, case, context)
        for policy in policies
        for statement, version in statements_of(policy, effect)
    )


def resource_policy_denies(policy: Case, case: Case, context: Values) -> bool:
    """Say whether a Deny in a policy with Principal elements applies."""
    has_boundary = bool(case.get("permissions_boundaries")) and kind_of(case["principal"]) in (
        "user",
        "role",
        "session",
    )
    for statement, version in statements_of(policy, "Deny"):
        if "NotPrincipal" in statement:
            meant = not spared_by_not_principal(statement["NotPrincipal"], case["principal"], has_boundary)
        else:
            meant = bool(how_named(statement.get("Principal", "*"), case["principal"]))
        if meant and statement_applies(statement, version, case, context):
            return True
    return False


def resource_policy_allows(policy: Case | None, case: Case, context: Values) -> set[str]:
    """Return how the principal is named in the Allow statements that apply."""
    ways: set[str] = set()
    if policy is not None:
        for statement, version in statements_of(policy, "Allow"):
            if "Principal" in statement and statement_applies(statement, version, case, context):
                ways |= how_named(statement["Principal"], case["principal"])
    return ways


def policies_in(case: Case, name: str) -> list[Case]:
    """Return the policy documents of one list of the case."""
    return [named["policy"] for named in case.get(name) or []]


def decide_known(case: Case, context: Values) -> str:
    """Return AWS's answer when every key that is not in `context` is absent from the request."""
    principal, action = case["principal"], case["action"].lower()
    kind = kind_of(principal)
    service = action.partition(":")[0]
    in_account = kind not in ("service", "anonymous")

    # https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html: needs no permission, even denied
    if action == "sts:getcalleridentity":
        return "allowed"

    identity = policies_in(case, "identity_policies") if in_account and kind != "root" else []
    boundaries = policies_in(case, "permissions_boundaries") if in_account and kind != "root" else []
    sessions = policies_in(case, "session_policies") if kind in ("role", "session", "federated") else []
    levels = [[named["policy"] for named in level] for level in case.get("service_control_policies") or []]
    if not in_account or is_service_linked(principal):
        levels = []
    rcps = [named["policy"] for level in case.get("resource_control_policies") or [] for named in level]
    if service not in RCP_SERVICES or is_service_linked(principal):
        rcps = []
    endpoints = policies_in(case, "vpc_endpoint_policies")
    resource_policy = case.get("resource_policy")
    if resource_policy is not None and "policy" in resource_policy:
        resource_policy = resource_policy["policy"]

    # Step 1: an explicit deny anywhere.
    without_principal = identity + boundaries + sessions + [policy for level in levels for policy in level]
    with_principal = rcps + endpoints + ([resource_policy] if resource_policy is not None else [])
    if any_statement(without_principal, "Deny", case, context):
        return "explicitDeny"
    if any(resource_policy_denies(policy, case, context) for policy in with_principal):
        return "explicitDeny"

    # Step 2: SCPs, at every level; the policies of the VPC endpoint that the request came through.
    if not all(any_statement(level, "Allow", case, context) for level in levels):
        return "implicitDeny"
    if not all(resource_policy_allows(policy, case, context) for policy in endpoints):
        return "implicitDeny"

    ways = resource_policy_allows(resource_policy, case, context)
    if not in_account:
        return "allowed" if ways else "implicitDeny"

    # https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html: not with the root user's credentials
    if kind == "root" and action == "sts:assumerole":
        return "implicitDeny"

    identity_allows = kind == "root" or any_statement(identity, "Allow", case, context)
    boundary_allows = not boundaries or any_statement(boundaries, "Allow", case, context)
    session_allows = any_statement(sessions, "Allow", case, context) if sessions else kind != "federated"
    from_identity = identity_allows and boundary_allows and session_allows

    if account_of(principal) != resource_account(case):
        return "allowed" if ways and from_identity else "implicitDeny"

    # Within the account: what the resource's policy gives directly, or to the role as far as its limits go.
    if "itself" in ways or "everyone" in ways:
        return "allowed"
    if "role" in ways and boundary_allows and session_allows:
        return "allowed"
    # Key policies and trust policies must themselves let the account's own policies count.
    is_key = service == "kms" and ":key/" in case["resource"]
    is_trust = service == "sts" and ":role/" in case["resource"]
    if (is_key or is_trust) and not ways:
        return "implicitDeny"
    return "allowed" if from_identity else "implicitDeny"
