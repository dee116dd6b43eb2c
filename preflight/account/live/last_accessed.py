"""When principals, access keys and passwords were last used: reports that IAM makes first and gives then."""

from __future__ import annotations

import csv
import io
from collections.abc import Generator, Sequence
from typing import Any

from preflight.account.facts import Fact, Known, Unknown
from preflight.account.live.calls import Answered, Call, CallOutcome
from preflight.account.live.concurrent_reads import ReadPlan, Wanted
from preflight.account.live.declared_reads import DeclaredRead
from preflight.account.live.errors import unknown
from preflight.account.live.incomplete import IncompleteAnswerError

_MOST_LOOKS = 40
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 5.0
_KEPT = ("ServiceNamespace", "LastAuthenticated")


def services(question: DeclaredRead) -> ReadPlan:
    """Read which services a principal has permission for, and when it last used each.

    Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetServiceLastAccessedDetails.html
    """
    arn = question.ask["Arn"]
    begun: CallOutcome
    (begun,) = yield [Call("iam", "generate_service_last_accessed_details", {"Arn": arn})]
    if not isinstance(begun, Answered):
        return _denied(begun, "iam:GenerateServiceLastAccessedDetails", arn)
    job = {"JobId": begun.members["JobId"]}
    found: list[dict[str, Any]] = []
    done = yield from _until("get_service_last_accessed_details", job, "JobStatus")
    markers: set[str] = set()
    while isinstance(done, Known):
        found += done.value["ServicesLastAccessed"]
        if not done.value.get("IsTruncated"):
            return Known({"Arn": arn, "ServicesLastAccessed": [_short(each) for each in found]})
        marker = done.value["Marker"]
        if marker in markers:
            raise IncompleteAnswerError("iam:GetServiceLastAccessedDetails", "the responses have the same Marker twice")
        markers.add(marker)
        page = {**job, "Marker": marker}
        done = yield from _until("get_service_last_accessed_details", page, "JobStatus")
    return done


def credential_report(_: DeclaredRead) -> ReadPlan:
    """Read the rows of the account's credential report: each user, and the root user, with its password and keys.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
    """
    made = yield from _until("generate_credential_report", {}, "State")
    if not isinstance(made, Known):
        return made
    outcome: CallOutcome
    (outcome,) = yield [Call("iam", "get_credential_report", {})]
    if not isinstance(outcome, Answered):
        return _denied(outcome, "iam:GetCredentialReport", "*")
    content = outcome.members["Content"]
    text = content.decode("utf-8", "replace") if isinstance(content, bytes) else str(content)
    return Known([dict(row) for row in csv.DictReader(io.StringIO(text))])


def _until(operation: str, parameters: dict[str, str], state: str) -> Generator[Sequence[Wanted], list[Any], Fact[Any]]:
    """Make a call again until what it is about is complete; longer and longer apart."""
    action = "iam:" + "".join(word.capitalize() for word in operation.split("_"))
    for attempt in range(1, _MOST_LOOKS + 1):
        wait = min(_FIRST_WAIT * 2 ** (attempt - 2), _LONGEST_WAIT) if attempt > 1 else 0.0
        outcome: CallOutcome
        (outcome,) = yield [Call("iam", operation, parameters, attempt=attempt, delay=wait)]
        if not isinstance(outcome, Answered):
            return _denied(outcome, action, "*")
        reached = outcome.members[state]
        if reached in ("COMPLETED", "COMPLETE"):
            return Known(outcome.members)
        if reached == "FAILED":
            reason = (outcome.response.get("Error") or {}).get("Message", "")
            return Unknown(f"IAM's report failed: {reason}".rstrip(": "), "take the snapshot again")
    return Unknown("IAM's report was not ready in time", "take the snapshot again")


def _short(service: dict[str, Any]) -> dict[str, Any]:
    return {name: service[name] for name in _KEPT if service.get(name) is not None}


def _denied(outcome: Any, action: str, resource: str) -> Unknown:
    return unknown(outcome, action, f"allow {action} on {resource}")
