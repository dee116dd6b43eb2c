"""What the stand-in holds beside moto: models, endpoint configurations, endpoints, quotas, regions, callers."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

ACCOUNT = "111122223333"
REGION = "us-east-1"


def partition_of(region: str) -> str:
    """Return the partition that a region's name tells."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


@dataclass(slots=True)
class Course:
    """What an endpoint goes through: a status for each DescribeEndpoint, the last one staying; `gone` is no endpoint.

    While it is on `hold` it stays where it is.
    """

    statuses: list[str]
    reason: str = ""
    hold: bool = False


@dataclass(slots=True)
class Endpoint:
    """An endpoint and where it is on its course."""

    name: str
    arn: str
    config: str
    variants: list[dict[str, Any]]
    shadows: list[dict[str, Any]]
    tags: list[dict[str, str]]
    course: Course
    created: float
    modified: float
    extra: dict[str, Any] = field(default_factory=dict)
    pending: tuple[str, dict[str, Any]] | None = None
    step: int = 0

    @property
    def status(self) -> str:
        return self.course.statuses[min(self.step, len(self.course.statuses) - 1)]


@dataclass(slots=True)
class Hosting:
    """SageMaker hosting in one region. Endpoints are kept under their names in lower case."""

    models: dict[str, dict[str, Any]] = field(default_factory=dict)
    configs: dict[str, dict[str, Any]] = field(default_factory=dict)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    tags: dict[str, list[dict[str, str]]] = field(default_factory=dict)


@dataclass(slots=True)
class Stale:
    """How many more reads of a configuration, and CreateEndpoint calls with it, do not see it yet."""

    reads: int = 0
    creates: int = 0


@dataclass(slots=True)
class Quota:
    """One quota; `applied` is None where the account's own value is not available."""

    name: str
    code: str
    default: float
    applied: float | None


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose credentials an access key is."""

    arn: str
    account: str
    user_id: str


@dataclass(slots=True)
class State:
    """Everything that one test can change. A fresh one belongs to each test."""

    account: str = ACCOUNT
    caller: Caller = field(default_factory=lambda: assumed("deployer", "test"))
    callers: dict[str, Caller] = field(default_factory=dict)
    hosting: dict[tuple[str, str], Hosting] = field(default_factory=lambda: defaultdict(Hosting))
    quotas: dict[str, Quota] = field(default_factory=dict)
    regions: dict[str, str] = field(default_factory=dict)
    sts_off: set[str] = field(default_factory=set)
    courses: dict[str, Course] = field(default_factory=dict)
    usual_course: Course = field(default_factory=lambda: Course(["Creating", "InService"]))
    stale: dict[str, Stale] = field(default_factory=dict)
    last_accessed: dict[str, dict[str, str]] = field(default_factory=dict)
    access_jobs: dict[str, list[Any]] = field(default_factory=dict)
    inference_components: list[dict[str, Any]] = field(default_factory=list)
    monitoring_schedules: list[dict[str, Any]] = field(default_factory=list)
    controlled: dict[str, set[str]] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def caller_of(self, access_key: str) -> Caller:
        """Return who an access key belongs to: a role that was assumed, or the configured caller."""
        return self.callers.get(access_key, self.caller)

    def now(self) -> float:
        return time.time()


def assumed(role: str, session: str, account: str = ACCOUNT, partition: str = "aws") -> Caller:
    """Return the caller that is a session of a role."""
    arn = f"arn:{partition}:sts::{account}:assumed-role/{role}/{session}"
    return Caller(arn, account, f"AROAEXAMPLEEXAMPLE123:{session}")


def arn(state: State, region: str, account: str, resource: str) -> str:
    """Return a SageMaker ARN: names in it are in lower case."""
    return f"arn:{partition_of(region)}:sagemaker:{region}:{account}:{resource.lower()}"
