"""Objects and names that are AWS's own: nobody else can change or take them, whatever policies allow."""

from __future__ import annotations

from preflight.iam.principals import Caller

_CHANGES_A_POLICY = frozenset(
    f"iam:{name}"
    for name in (
        "createpolicy",
        "createpolicyversion",
        "deletepolicy",
        "deletepolicyversion",
        "setdefaultpolicyversion",
        "tagpolicy",
        "untagpolicy",
    )
)
_CHANGES_A_ROLE = frozenset(
    f"iam:{name}"
    for name in (
        "attachrolepolicy",
        "createrole",
        "deleterole",
        "deleterolepermissionsboundary",
        "deleterolepolicy",
        "detachrolepolicy",
        "putrolepermissionsboundary",
        "putrolepolicy",
        "updateassumerolepolicy",
    )
)
_CHANGES_A_RESERVED_ROLE = _CHANGES_A_ROLE | {
    "iam:tagrole",
    "iam:untagrole",
    "iam:updaterole",
    "iam:updateroledescription",
}
_CHANGES_AN_ALIAS = frozenset({"kms:createalias", "kms:deletealias", "kms:updatealias"})

_RESERVED_NAMES = (
    ("ssm:putparameter", ":parameter/", ("aws", "ssm"), "parameter names that begin with aws or ssm"),
    ("logs:createloggroup", ":log-group:", ("aws/",), "log group names that begin with aws/"),
    ("resource-groups:creategroup", ":group/", ("aws",), "group names that begin with aws"),
)
"""Actions that create what has a name, where the name stands in the ARN, and what it cannot begin with, in any case.

Sources: https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html,
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html and
https://docs.aws.amazon.com/ARG/latest/APIReference/API_CreateGroup.html
"""

OWN_OBJECTS: tuple[tuple[frozenset[str], tuple[str, ...]], ...] = (
    (_CHANGES_A_POLICY, ("arn:*::aws:policy/*",)),
    (_CHANGES_AN_ALIAS, ("arn:*:alias/aws/*",)),
    (_CHANGES_A_RESERVED_ROLE, ("arn:*:role/aws-reserved/*",)),
    (_CHANGES_A_ROLE, ("arn:*:role/aws-service-role/*",)),
    *(
        (frozenset({action}), tuple(f"arn:*{place}{start}*" for start in starts))
        for action, place, starts, _ in _RESERVED_NAMES
    ),
)
"""Actions, in lower case, that change an object, and patterns of the objects of theirs that are AWS's own."""

OWN_ACTIONS = frozenset({"iam:deleteservicelinkedrole"}).union(*(actions for actions, _ in OWN_OBJECTS))
"""Actions, in lower case, of which it matters whether their object is AWS's own."""


def of_aws(action: str, resource: str, caller: str) -> str:
    """Say why nobody can make a change to an object that is AWS's own, whatever policies allow; empty if it is not.

    `action` is in lower case; `caller` is the principal as text. AWS changes its roles itself: the service that a
    service-linked role belongs to, and IAM Identity Center the roles under `aws-reserved`.

    Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html,
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html,
    https://docs.aws.amazon.com/singlesignon/latest/userguide/using-service-linked-roles.html and
    https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html
    """
    if action.startswith("kms:"):
        return f"aliases under alias/aws/ are reserved for AWS: {resource}" * (
            action in _CHANGES_AN_ALIAS and ":alias/aws/" in resource
        )
    for reserved, place, starts, what in _RESERVED_NAMES:
        if action == reserved:
            _, found, name = resource.partition(place)
            return f"{what} are reserved for AWS: {resource}" * bool(found and name.lower().startswith(starts))
    if action in _CHANGES_A_POLICY and "::aws:policy/" in resource:
        return f"AWS managed policies cannot be changed: {resource}"
    for path, actions, what in _ROLES_OF_AWS:
        _, found, rest = resource.partition(path)
        if found and action in actions:
            service = rest.partition("/")[0]
            own = caller == service or f":role/aws-service-role/{service}/" in caller
            return "" if own else f"{what} can only be changed by AWS: {resource}"
    return ""


_ROLES_OF_AWS = (
    (":role/aws-reserved/", _CHANGES_A_RESERVED_ROLE, "roles under aws-reserved"),
    (":role/aws-service-role/", _CHANGES_A_ROLE, "service-linked roles"),
)


def unsettled(action: str, resource: str, who: Caller) -> str:
    """Say what AWS's pages leave open of a change to an object of AWS's; empty if nothing.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
    """
    _, found, rest = resource.partition(":role/aws-service-role/")
    if action != "iam:deleteservicelinkedrole" or not found or not who.service_linked:
        return ""
    own = f":role/aws-service-role/{rest.partition('/')[0]}/" in who.text
    return "" if own else f"AWS does not say that another service's role can delete {resource}"
