"""Collecting a snapshot from a live account: what the checks of everything that is there, and of given plans, ask.

What a check will ask for is not listed a second time: the checks are run, and their answers kept. So a check of the
same plan on the snapshot answers as it did live. Users, roles, groups and policies come from one paged call.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from preflight.account.facts import Absent, Ask, Fact, Known, Unknown
from preflight.account.live.account import LiveAccount
from preflight.account.live.calls import Answered, Call
from preflight.account.live.errors import Failed, unknown
from preflight.account.live.incomplete import IncompleteAnswerError
from preflight.account.organization import policy_asks
from preflight.account.snapshots.recorder import Recorder
from preflight.account.snapshots.writer import document_of
from preflight.audit.outside.shared_resources import KINDS as SHARED_KINDS
from preflight.audit.outside.shared_resources import collect_shared
from preflight.audit.scene import REGIONS
from preflight.audit.unused.last_accessed import collect_last_accessed
from preflight.audit.ways.running import collect_running
from preflight.declared.resource_kinds import load_kind
from preflight.documents.plans.plan import Plan, PlannedRequest
from preflight.documents.text.document import Document
from preflight.errors import UsageError

Journal = Callable[[Ask, Fact[Any]], None]
ReadProgress = Callable[[int, str], None]

_IAM = ("RoleDetailList", "UserDetailList", "GroupDetailList", "Policies")
_KINDS = {
    "RoleDetailList": "iam:role",
    "UserDetailList": "iam:user",
    "GroupDetailList": "iam:group",
    "Policies": "iam:policy",
}
_DESCRIBE_REGIONS, _NAME_REGIONS = "ec2:DescribeRegions", "name every Region with --region"
_DETAILS = "iam:GetAccountAuthorizationDetails"
# What is listed in each region, and described one by one where the list does not tell all.
_DESCRIBED = ("sagemaker:endpoint", "sagemaker:endpoint-config", "sagemaker:model")
_LISTED = ("ec2:subnet", "ec2:security-group", "ec2:route-table", "ec2:vpc-endpoint", "sagemaker:model-package",
           "sagemaker:monitoring-schedule")  # fmt: skip
# What is listed for the names that are taken, what others name, and how many there are of what quotas limit.
_NAMED = ("lambda:function", "sqs:queue", "sns:topic", "ecr:repository", "secretsmanager:secret", "logs:log-group",
          "cloudwatch:alarm", "dynamodb:table", "kinesis:stream", "ecs:cluster", "eks:cluster", "ssm:parameter",
          "events:rule", "states:state-machine", "rds:db-instance", "rds:db-cluster",
          "elasticloadbalancing:load-balancer", "elasticloadbalancing:target-group", "ec2:vpc", "ec2:address",
          "ec2:internet-gateway", "ec2:key-pair", "acm:certificate", "cloudformation:export",
          "cloudformation:stack", "lambda:account-limit")  # fmt: skip
_OFFERING = "ec2:instance-type-offering"
_BATCH = 200
# The most that GetAccountAuthorizationDetails takes as MaxItems: ten times its default (botocore iam-2010-05-08).
_PAGE = 1000


class Also(StrEnum):
    """What a snapshot has only if it is asked for, since it takes many more calls."""

    RESOURCE_POLICIES = "resource policies"
    LAST_ACCESSED = "last accessed"
    RUNNING = "running"
    NAMES = "names"


def collect(
    account: LiveAccount,
    *,
    regions: Sequence[str],
    plans: Sequence[Plan] = (),
    answers: Mapping[Ask, Fact[Any]] | None = None,
    also: Container[Also] = (),
    unlisted: Unknown | None = None,
    journal: Journal | None = None,
    progress: ReadProgress | None = None,
) -> dict[str, Any]:
    """Return the snapshot document of a live account, without secrets (`schemas/snapshot.schema.json`).

    `plans` are checked as well, so that the snapshot has what they ask for; `also` says what else is read. `answers`
    are those of a run that was interrupted; each new one is told to `journal`. `unlisted` says why not all of the
    account's regions are known. What is denied is in the document's
    `unknown`, with the permission.
    Raises `UsageError` where the caller's own account cannot be told.
    """
    recorder, found, told = _recorder(account, answers or {}, journal, progress)
    _authorization(account, recorder, told)
    if Also.LAST_ACCESSED in also:
        collect_last_accessed(recorder)
    # Each region has its own limits, so all are asked at the same time.
    account.begin([ask for region in regions for ask in _first(region) if ask not in recorder.answers])
    recorder.read_many(list(policy_asks(found).values()))
    for region in regions:
        recorder.read_many(_first(region))
        _region(recorder, region, found)
        if Also.RESOURCE_POLICIES in also:
            collect_shared(recorder, region, found)
        if Also.RUNNING in also:
            collect_running(recorder, region)
    if Also.NAMES in also:
        recorder.read_many([ask for region in regions for ask in _names(region)])
    for plan in plans:
        _checked(plan, recorder)
    document = _document(account, recorder, found, regions, unlisted)
    if Also.NAMES in also and Also.RESOURCE_POLICIES not in also:
        _say_names_only(document)
    return document


def collect_access(
    account: LiveAccount,
    *,
    regions: Sequence[str],
    shared: Sequence[str],
    unlisted: Unknown | None = None,
    progress: ReadProgress | None = None,
) -> dict[str, Any]:
    """Return a snapshot document with what a question about access needs of a live account: users, roles, groups and
    policies, those of the organization, and the policies of resources of the kinds of `shared`. The rest of it is
    unknown. Raises `UsageError` where the caller's own account cannot be told.
    """
    recorder, found, told = _recorder(account, {}, None, progress)
    _authorization(account, recorder, told)
    recorder.read_many(list(policy_asks(found).values()))
    for region in regions if shared else ():
        collect_shared(recorder, region, found, shared)
    return _document(account, recorder, found, regions, unlisted)


def _recorder(
    account: LiveAccount,
    answers: Mapping[Ask, Fact[Any]],
    journal: Journal | None,
    progress: ReadProgress | None,
) -> tuple[Recorder, str, Journal]:
    """Return what keeps the answers of an account, the account's ID, and what is told of each answer."""
    done = 0

    def told(ask: Ask, fact: Fact[Any]) -> None:
        nonlocal done
        done += 1
        # Credentials that expired say nothing of the account: what they were asked is asked again on --resume.
        if journal is not None and not (isinstance(fact, Unknown) and "Expired" in fact.code):
            journal(ask, fact)
        if progress is not None:
            progress(done, ask.kind)

    found = account.account_id()
    if not isinstance(found, Known):
        reason = found.reason if isinstance(found, Unknown) else "AWS did not say"
        raise UsageError(f"can't determine the account: {reason}; sign in again")
    return Recorder(account, answers, told), found.value, told


def _document(
    account: LiveAccount, recorder: Recorder, found: str, regions: Sequence[str], unlisted: Unknown | None
) -> dict[str, Any]:
    document = document_of(
        _kept(recorder),
        account=found,
        partition=account.partition,
        regions=regions,
        taken_at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    if unlisted is not None:
        entry = {"kind": REGIONS.kind, "region": "", "key": {}, "reason": unlisted.reason}
        document.setdefault("unknown", []).append({**entry, "resolution": unlisted.resolution})
    return document


def _say_names_only(document: Mapping[str, Any]) -> None:
    """Say of the lists of what may have policies that those were not read: an audit looks at none of them then."""
    with_policies = {load_kind(kind).section("snapshot")["part"] for kind in SHARED_KINDS}
    for parts in document["regions"].values():
        names = sorted(part for part in with_policies if part in parts)
        if names:
            parts["names_only"] = names


def enabled_regions(account: LiveAccount) -> tuple[list[str], Unknown | None]:
    """Return the regions that are enabled in the account; where they cannot be listed the session's alone, and why."""
    try:
        outcome = account.call(Call("ec2", "describe_regions", {}, region=account.region, pages=False))
    except UsageError as error:
        return [account.region], Unknown(str(error), _NAME_REGIONS)
    if isinstance(outcome, Failed):
        return [account.region], unknown(outcome, _DESCRIBE_REGIONS, f"allow {_DESCRIBE_REGIONS} on *")
    return sorted(each["RegionName"] for each in outcome.members["Regions"]), None


def expired(document: Mapping[str, Any]) -> list[str]:
    """Return why reads failed for which the credentials were too old: the rest can be read after signing in again."""
    return [each["reason"] for each in document.get("unknown", ()) if "expired" in each["reason"].lower()]


def _authorization(account: LiveAccount, recorder: Recorder, told: Journal) -> None:
    """Read users, roles, groups and policies by one paged call."""
    asks = {name: Ask.all(kind, "") for name, kind in _KINDS.items()}
    if all(ask in recorder.answers for ask in asks.values()):
        return
    outcome = account.call(Call("iam", "get_account_authorization_details", {}, page_size=_PAGE))
    for name in _IAM:
        fact: Fact[Any] = (
            unknown(outcome, _DETAILS, f"allow {_DETAILS} on *")
            if isinstance(outcome, Failed)
            else _listed(outcome, name)
        )
        recorder.answers[asks[name]] = fact
        told(asks[name], fact)


def _listed(outcome: Answered, name: str) -> Fact[Any]:
    """Return a list of the answer. AWS sends those of which there are none too."""
    try:
        outcome.members[name]
    except IncompleteAnswerError as error:
        return error.fact
    return Known(_with_versions(outcome.response[name]))


def _with_versions(entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return entries without the old versions of AWS's policies: no one can restore those."""
    found = []
    for entry in entries:
        versions = entry.get("PolicyVersionList")
        kept = {**entry}
        if versions is not None and ":iam::aws:" in entry.get("Arn", ""):
            kept["PolicyVersionList"] = [each for each in versions if each.get("IsDefaultVersion")]
        found.append(kept)
    return found


def _first(region: str) -> list[Ask]:
    """Return what is asked of a region whatever is in it."""
    return [
        Ask.one("account:region", "", {"RegionName": region}),
        Ask.one("sts:regional-endpoint", "", {"RegionName": region}),
        Ask.all("service-quotas:quota", region, ServiceCode="sagemaker"),
        Ask.all("sagemaker:instance-type", region),
        Ask.all(_OFFERING, region),
        Ask.all("application-autoscaling:scalable-target", region, ServiceNamespace="sagemaker"),
        *(Ask.all(kind, region) for kind in (*_DESCRIBED, *_LISTED)),
    ]


def _names(region: str) -> list[Ask]:
    """Return what is listed of a region for the names in it."""
    return [*(Ask.all(kind, region) for kind in _NAMED), Ask.all("s3:bucket", region, BucketRegion=region)]


def _region(recorder: Recorder, region: str, account_id: str) -> None:
    for kind in _DESCRIBED:
        listed = recorder.read(Ask.all(kind, region))
        if isinstance(listed, Known):
            names = load_kind(kind).identity
            asks = [Ask.one(kind, region, {name: str(each[name]) for name in names}) for each in listed.value]
            for start in range(0, len(asks), _BATCH):
                recorder.read_many(asks[start : start + _BATCH])
    endpoints = recorder.read(Ask.all("sagemaker:endpoint", region))
    for endpoint in endpoints.value if isinstance(endpoints, Known) else ():
        detail = recorder.read(Ask.one("sagemaker:endpoint", region, {"EndpointName": endpoint["EndpointName"]}))
        config = detail.value.get("EndpointConfigName") if isinstance(detail, Known) else None
        if config:
            parameters = {"EndpointName": endpoint["EndpointName"], "EndpointConfigName": config}
            request = PlannedRequest("sagemaker:UpdateEndpoint", parameters, Document("the snapshot", parameters))
            _checked(Plan((request,), region=region, account=account_id), recorder)


def _checked(plan: Plan, recorder: Recorder) -> None:
    """Run every check of a plan for what it asks. Raises what a check raises for a plan of another account."""
    from preflight.readiness.check import check

    check(plan, recorder)


def _kept(recorder: Recorder) -> list[tuple[Ask, Fact[Any]]]:
    """Return what belongs in the snapshot: of what is described one by one, the list's own short entries do not, nor
    do roles and policies that were read by name where all are listed.
    """
    whole = {kind for kind in _KINDS.values() if isinstance(recorder.answers.get(Ask.all(kind, "")), Known)}
    kept = []
    for ask, fact in recorder.answers.items():
        if ask.kind in _DESCRIBED and not ask.key:
            # Its names are described each: what remains of the list is that it is whole.
            fact = Known([]) if isinstance(fact, Known) else fact
        elif ask.kind == _OFFERING and not ask.key:
            quotas = Ask.all("service-quotas:quota", ask.region, ServiceCode="sagemaker")
            fact = _of_sagemaker(fact, recorder.answers.get(quotas))
        elif ask.kind in whole and ask.key and isinstance(fact, Known | Absent):
            continue
        kept.append((ask, fact))
    return kept


def _of_sagemaker(offerings: Fact[Any], quotas: Fact[Any] | None) -> Fact[Any]:
    """Return the zones of the types that SageMaker has quotas for in a region: EC2 has several times as many. Where
    the quotas are not known, neither is what to keep.
    """
    if not isinstance(offerings, Known):
        return offerings
    if not isinstance(quotas, Known):
        why = quotas.resolution if isinstance(quotas, Unknown) else ""
        return Unknown("the instance types that SageMaker has quotas for could not be read", why)
    named = (str(each.get("QuotaName", "")).partition(" ")[0] for each in quotas.value)
    wanted = {each.removeprefix("ml.") for each in named if each.startswith("ml.")}
    return Known([each for each in offerings.value if each.get("InstanceType") in wanted])
