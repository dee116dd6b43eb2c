"""Lists as SageMaker pages, filters and sorts them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.aws.answers import AwsError


def page(entries: Sequence[Mapping[str, Any]], parameters: Mapping[str, Any], member: str, name: str) -> dict[str, Any]:
    """Return one page: newest first, ten where MaxResults says nothing, as the List calls' documentation has it."""
    wanted = [entry for entry in entries if parameters.get("NameContains", "") in entry[name]]
    for moment in ("CreationTime", "LastModifiedTime"):
        after = parameters.get(f"{moment}After")
        wanted = [entry for entry in wanted if after is None or entry[moment] > after]
    by = {"Name": name, "Status": "EndpointStatus"}.get(parameters.get("SortBy", ""), "CreationTime")
    ordered = sorted(wanted, key=lambda entry: entry[by], reverse=parameters.get("SortOrder") != "Ascending")
    token = parameters.get("NextToken", "0")
    if not token.isdecimal():
        raise AwsError("ValidationException", "The token is not valid.")
    start, size = int(token), int(parameters.get("MaxResults", 10))
    following = {"NextToken": str(start + size)} if start + size < len(ordered) else {}
    return {member: ordered[start : start + size], **following}
