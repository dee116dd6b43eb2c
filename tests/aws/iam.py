"""IAM: what principals last used, which moto does not know."""

from __future__ import annotations

from typing import Any

from tests.aws.answers import Answer, AwsError, Elements, query_answer
from tests.aws.requests import AwsRequest
from tests.aws.scope import Scope

_NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"


def serve(scope: Scope, request: AwsRequest) -> Answer | None:
    """Answer what the overlay answers of IAM; None leaves a request to moto.

    A report is in progress at the first look. https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetServiceLastAccessedDetails.html
    """
    jobs = scope.state.access_jobs
    if request.operation == "GenerateServiceLastAccessedDetails":
        job = f"00000000-0000-0000-0000-{len(jobs):012}"
        jobs[job] = [request.parameters["Arn"], 0]
        return query_answer(request.operation, _NAMESPACE, {"JobId": job})
    if request.operation == "GetServiceLastAccessedDetails":
        found = jobs.get(request.parameters["JobId"])
        if found is None:
            raise AwsError("NoSuchEntity", "there is no such job", 404)
        found[1] += 1
        result: dict[str, Any] = {"JobStatus": "IN_PROGRESS", "JobCreationDate": "2026-01-01T00:00:00Z"}
        if found[1] > 1:
            used = scope.state.last_accessed.get(found[0], {})
            services = [
                {"ServiceName": name, "ServiceNamespace": name, **({"LastAuthenticated": when} if when else {})}
                for name, when in used.items()
            ]
            result |= {"JobStatus": "COMPLETED", "JobCompletionDate": "2026-01-01T00:00:01Z"}
            result |= {"IsTruncated": "false", "ServicesLastAccessed": Elements(services)}
        return query_answer(request.operation, _NAMESPACE, result)
    return None
