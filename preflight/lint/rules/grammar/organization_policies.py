"""What service control policies and resource control policies do not take of the policy language.

Sources: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html and
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html
"""

from __future__ import annotations

from collections.abc import Iterator

from preflight.engine.result import Level
from preflight.iam.service_rules import rcp_services
from preflight.lint.policy.finding import Edit, Finding, shown
from preflight.lint.policy.statements import StatementView
from preflight.lint.policy.subject import Subject


def scp_no_principal(subject: Subject) -> Iterator[Finding]:
    """Find Principal and NotPrincipal in a service control policy."""
    for view in subject.statements:
        for name in ("Principal", "NotPrincipal"):
            if name in view.raw:
                problem = f"{view.cited} has {name}, which isn't allowed in a service control policy"
                yield Finding(f"{view.pointer}/{name}", problem, on_name=True)


def rcp_principal(subject: Subject) -> Iterator[Finding]:
    """Find principals of a resource control policy other than "*"."""
    for view in subject.statements:
        written = view.raw.get("Principal")
        if "NotPrincipal" in view.raw:
            problem = f"{view.cited} has NotPrincipal, which isn't allowed in a resource control policy"
            yield Finding(f"{view.pointer}/NotPrincipal", problem, on_name=True)
        elif "Principal" not in view.raw:
            edit = Edit("add", view.pointer, ("Principal", "*"))
            yield Finding(view.pointer, f"{view.cited} has no Principal", 'add "Principal": "*"', edits=(edit,))
        elif written != "*" and written not in ({"AWS": "*"}, {"AWS": ["*"]}):
            problem = f"the Principal of {view.cited} is {shown(written)}"
            yield Finding(f"{view.pointer}/Principal", problem)


def rcp_denies(subject: Subject) -> Iterator[Finding]:
    """Find Allow in a resource control policy other than AWS's own, RCPFullAWSAccess."""
    for view in subject.statements:
        if view.allows and not _is_full_access(view):
            yield Finding(f"{view.pointer}/Effect", f"the Effect of {view.cited} is Allow")


def rcp_no_not_action(subject: Subject) -> Iterator[Finding]:
    """Find NotAction in a resource control policy."""
    for view in subject.statements:
        if "NotAction" in view.raw:
            problem = f"{view.cited} has NotAction, which isn't allowed in a resource control policy"
            yield Finding(f"{view.pointer}/NotAction", problem, on_name=True)


def rcp_actions(subject: Subject) -> Iterator[Finding]:
    """Find actions of a resource control policy that name no service, or one that such policies do not reach."""
    for view in subject.statements:
        if _is_full_access(view):
            continue
        for entry in view.actions:
            service = entry.text.partition(":")[0].lower()
            if service and not service.strip("*"):
                remedy = "name the services, such as s3:* and sqs:*"
                yield Finding(entry.pointer, f"{shown(entry.text)} covers every service", remedy)
            elif ":" in entry.text and not set("*?") & set(service) and service not in rcp_services():
                problem = (
                    f"{shown(entry.text)} belongs to a service that AWS doesn't list for resource control policies"
                )
                # AWS adds services to its list, and ours is a copy.
                yield Finding(entry.pointer, problem, level=Level.WARNING)


def _is_full_access(view: StatementView) -> bool:
    raw = view.raw
    return (
        view.allows
        and raw.get("Principal") in ("*", {"AWS": "*"})
        and raw.get("Action") in ("*", ["*"])
        and raw.get("Resource") in ("*", ["*"])
        and "Condition" not in raw
    )
