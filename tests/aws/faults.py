"""What goes wrong on the way to AWS and back: latency, throttling, refusals, silence, lost connections and answers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

from tests.aws.answers import Answer, AwsError
from tests.aws.requests import AwsRequest
from tests.aws.state import partition_of

Trouble = Literal["latency", "hang", "reset", "lose", "error", "spoil"]
Spoil = Callable[[Answer], Answer]

# The action that AWS authorizes where it is not named after the operation.
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html and the pages of the others
_ACTIONS = {"s3:HeadObject": "s3:GetObject", "s3:HeadBucket": "s3:ListBucket", "s3:ListObjectsV2": "s3:ListBucket"}
_KINDS = {"EndpointName": "endpoint", "EndpointConfigName": "endpoint-config", "ModelName": "model"}
# botocore lists what each service says when it throttles (botocore/retries/standard.py).
_THROTTLES = {
    "ec2": ("RequestLimitExceeded", 503),
    "s3": ("SlowDown", 503),
    "servicequotas": ("TooManyRequestsException", 400),
    "organizations": ("TooManyRequestsException", 400),
    "account": ("TooManyRequestsException", 429),
}


@dataclass(slots=True)
class Fault:
    """Something that happens to requests whose action matches `pattern`, `left` times (None: always)."""

    pattern: str
    trouble: Trouble
    region: str = "*"
    left: int | None = None
    seconds: float = 0.0
    error: AwsError | None = None
    spoil: Spoil | None = None

    def says(self, request: AwsRequest) -> AwsError | None:
        """Return what AWS refuses a request with."""
        return self.error


@dataclass(slots=True)
class Faults:
    """The faults in force. Patterns are `service:Operation` with `*`; `service:Action` of IAM serves as well."""

    _faults: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear(self, pattern: str | None = None) -> None:
        """End the faults with this pattern, or all of them; requests that hang or are late come to an end."""
        with self._lock:
            self._faults = [fault for fault in self._faults if pattern is not None and fault.pattern != pattern]
            if pattern is None:
                self._over.set()
                self._over = threading.Event()

    def meet(self, request: AwsRequest) -> tuple[AwsError | None, Literal["reset", "lose"] | None, list[Spoil]]:
        """Let a request meet its faults: waits where it is to wait, and says what becomes of it."""
        error: AwsError | None = None
        broken: Literal["reset", "lose"] | None = None
        spoils: list[Spoil] = []
        for fault in self._take(request):
            if fault.trouble == "latency":
                self._over.wait(fault.seconds)
            elif fault.trouble == "hang":
                self._over.wait(fault.seconds)
                broken = broken or "reset"
            elif fault.trouble == "error":
                error = error or fault.says(request)
            elif fault.trouble == "spoil":
                spoils += [fault.spoil] if fault.spoil is not None else []
            else:
                broken = broken or fault.trouble
        return error, broken, spoils

    def _take(self, request: AwsRequest) -> list[Fault]:
        names = {request.action, action_of(request)}
        taken = []
        with self._lock:
            for fault in self._faults:
                here = fault.region in ("*", request.region)
                if not here or fault.left == 0 or not any(fnmatchcase(name, fault.pattern) for name in names):
                    continue
                if fault.left is not None:
                    fault.left -= 1
                taken.append(fault)
        return taken


def action_of(request: AwsRequest) -> str:
    """Return the IAM action that a request needs."""
    return _ACTIONS.get(request.action, request.action)


def resource_of(request: AwsRequest, account: str) -> str:
    """Return the ARN that AWS names in a refusal, for SageMaker's resources; `*` for all else."""
    if request.service == "sagemaker":
        for member, kind in _KINDS.items():
            if member in request.parameters:
                name = str(request.parameters[member]).lower()
                partition = partition_of(request.region)
                return f"arn:{partition}:sagemaker:{request.region}:{account}:{kind}/{name}"
    return "*"


def throttled(action: str) -> AwsError:
    """Return what a service says when it is asked too often."""
    service = action.partition(":")[0]
    code, status = _THROTTLES.get(service, ("ThrottlingException" if service == "sagemaker" else "Throttling", 400))
    return AwsError(code, "Rate exceeded", status)


def denied(request: AwsRequest, caller: str, resource: str, because: str) -> AwsError:
    """Return AWS's refusal for want of permission.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    """
    action = action_of(request)
    why = f" {because}" if because else ""
    message = f"User: {caller} is not authorized to perform: {action} on resource: {resource}{why}"
    if request.service == "ec2":
        return AwsError("UnauthorizedOperation", f"You are not authorized to perform this operation. {message}", 403)
    if request.protocol in ("json", "rest-json", "cbor"):
        return AwsError("AccessDeniedException", message, 403 if request.protocol == "rest-json" else 400)
    return AwsError("AccessDenied", message, 403)
