"""The paths inside `rules/`: JMESPath with a few functions that AWS names need, and `${...}` templates over it.

Used by every declaration, so that a fact about AWS is written the same way everywhere. JMESPath is the query language
of the AWS CLI and of botocore's own paginators and waiters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from math import prod
from typing import Any

import jmespath
import jmespath.functions

from preflight.declared.compiled_paths import Path, compiled
from preflight.declared.instance_sizes import beyond
from preflight.declared.patterns import matches
from preflight.declared.registries import puller
from preflight.errors import PreflightError
from preflight.unresolved import DeployText

_PLACE = re.compile(r"\$\{([^}]*)\}")
_S3_HOST = re.compile(
    r"(?:(?P<bucket>.+)\.)?s3(?:[.-](?:fips|dualstack|accelerate|external-1|[a-z]{2,4}(?:-[a-z]+)+-\d))*\.amazonaws\.com(?:\.cn)?"
)
_REGISTRY = re.compile(
    r"(?P<account>\d{12})\.(?:dkr\.ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.[a-z0-9.-]+"
    r"|dkr-ecr(?:-fips)?\.(?P<dual>[a-z0-9-]+)\.on\.(?:aws|amazonwebservices\.com\.cn))"
)


def s3_location(uri: str | None) -> dict[str, str] | None:
    """Split `s3://bucket/key`, or the https form SageMaker also takes, into Bucket and Key; None for anything else.

    `Key` is empty where the URI names only a bucket. Virtual-hosted and path-style hosts:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
    """
    scheme, separator, rest = (uri or "").partition("://")
    if not separator:
        # A place that begins with what is not known yet (preflight.unresolved) is in some bucket.
        return {"Bucket": scheme, "Key": scheme} if DeployText(scheme).begins_unknown else None
    host, _, path = rest.partition("/")
    if scheme.lower() == "s3":
        return {"Bucket": host, "Key": path} if host else None
    match = _S3_HOST.fullmatch(host) if len(host) < 256 else None
    if scheme.lower() != "https" or match is None:
        return None
    if match["bucket"]:
        return {"Bucket": match["bucket"], "Key": path}
    bucket, _, key = path.partition("/")
    return {"Bucket": bucket, "Key": key} if bucket else None


def ecr_image(uri: str | None) -> dict[str, str] | None:
    """Split an ECR image URI into registryId, Region, repositoryName and imageDigest or imageTag (`latest` if none).

    None for an image of another registry. Forms: https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html
    """
    host, separator, rest = (uri or "").partition("/")
    match = _REGISTRY.fullmatch(host)
    if match is None or not separator or not rest:
        return None
    name, _, digest = rest.partition("@")
    repository, _, tag = name.partition(":")
    image = {
        "registryId": match["account"],
        "Region": match["region"] or match["dual"],
        "repositoryName": repository,
    }
    return {**image, "imageDigest": digest} if digest else {**image, "imageTag": tag or "latest"}


def arn_part(arn: str | None, part: str) -> str | None:
    """Return the `partition`, `service`, `region`, `account` or `resource` of an ARN; None where it has none."""
    pieces = (arn or "").split(":", 5)
    if len(pieces) < 6 or pieces[0] != "arn":
        return None
    return pieces[("arn", "partition", "service", "region", "account", "resource").index(part)] or None


_TABLE = re.compile(r"""\b(?:from|into|update)\s+(?:"(?P<quoted>[^"]+)"|(?P<plain>[\w.-]+))""", re.I)
_VERB = re.compile(r"\s*(select|insert|update|delete)\b", re.I)


def partiql(statement: str | None) -> dict[str, str] | None:
    """Return the Verb of a PartiQL statement, as actions of DynamoDB name it, and its Table; None for another text.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html
    """
    verb, table = _VERB.match(statement or ""), _TABLE.search(statement or "")
    if verb is None:
        return None
    named = (table["quoted"] or table["plain"]) if table else ""
    return {"Verb": verb[1].capitalize(), "Table": named.partition('"."')[0]}


def copy_source(source: str | None) -> dict[str, str] | None:
    """Split the source of a copy in S3, `bucket/key?versionId=id`, into Bucket, Key and VersionId where there is one.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
    """
    path, _, version = (source or "").removeprefix("/").partition("?versionId=")
    bucket, slash, key = path.partition("/")
    if not slash or path.startswith("arn:"):
        return None
    return {"Bucket": bucket, "Key": key, **({"VersionId": version} if version else {})}


class _Functions(jmespath.functions.Functions):
    """JMESPath's own functions and ours; the `_func_` prefix is how jmespath finds them."""

    @jmespath.functions.signature({"types": ["string", "null"]})
    def _func_lower(self, text: str | None) -> str | None:
        return None if text is None else text.lower()

    @jmespath.functions.signature({"types": ["string", "null"]})
    def _func_s3_location(self, uri: str | None) -> dict[str, str] | None:
        return s3_location(uri)

    @jmespath.functions.signature({"types": ["string", "null"]})
    def _func_ecr_image(self, uri: str | None) -> dict[str, str] | None:
        return ecr_image(uri)

    @jmespath.functions.signature({"types": ["string", "null"]})
    def _func_pulled_by(self, uri: str | None) -> str | None:
        image = ecr_image(uri)
        return None if image is None else puller(image["registryId"], image["Region"])

    @jmespath.functions.signature({"types": ["string", "null"]}, {"types": ["string"]})
    def _func_arn_part(self, arn: str | None, part: str) -> str | None:
        return arn_part(arn, part)

    @jmespath.functions.signature({"types": ["string", "null"]})
    def _func_partiql(self, statement: str | None) -> dict[str, str] | None:
        return partiql(statement)

    @jmespath.functions.signature({"types": ["string", "object", "null"]})
    def _func_copy_source(self, source: str | dict[str, str] | None) -> dict[str, str] | None:
        if isinstance(source, dict):
            return source
        return copy_source(source)

    @jmespath.functions.signature({"types": ["object", "null"]})
    def _func_pairs(self, members: dict[str, Any] | None) -> list[list[Any]]:
        return [[name, value] for name, value in (members or {}).items()]

    @jmespath.functions.signature({"types": ["string", "null"]}, {"types": ["string"]})
    def _func_split(self, text: str | None, separator: str) -> list[str] | None:
        return None if text is None else text.split(separator)

    @jmespath.functions.signature({"types": ["string", "null"]}, {"types": ["string"]})
    def _func_after_last(self, text: str | None, separator: str) -> str | None:
        return None if text is None else text.rpartition(separator)[2]

    @jmespath.functions.signature({"types": ["array", "null"]})
    def _func_repeated(self, values: list[Any] | None) -> list[Any]:
        """Return each value that a list has more than once."""
        listed = values or []
        return [each for at, each in enumerate(listed) if each is not None and listed.index(each) < at]

    @jmespath.functions.signature({"types": ["array", "null"]}, {"types": ["array", "null"]})
    def _func_without(self, values: list[Any] | None, others: list[Any] | None) -> list[Any]:
        """Return the values of a list that are not in another."""
        return [each for each in values or [] if each is not None and each not in (others or [])]

    @jmespath.functions.signature({"types": ["string"]}, {"types": ["array", "null"]})
    def _func_prefixed(self, prefix: str, texts: list[str] | None) -> list[str]:
        """Return each text of a list with a prefix before it."""
        return [f"{prefix}{each}" for each in texts or [] if each is not None]

    @jmespath.functions.signature({"types": ["array", "null"]}, {"types": ["string"]}, {"types": ["string", "null"]})
    def _func_having(self, values: list[Any] | None, member: str, value: str | None) -> list[Any]:
        """Return the objects of a list that have this value of a member: a filter cannot look outside the list."""
        return [each for each in values or [] if isinstance(each, dict) and each.get(member) == value]

    @jmespath.functions.signature({"types": ["array", "null"]}, {"types": ["object", "null"]})
    def _func_beyond_instances(self, types: list[Any] | None, required: dict[str, Any] | None) -> str | None:
        return beyond([each for each in types or [] if each is not None], required or {})

    @jmespath.functions.signature({"types": ["array-number"]})
    def _func_product(self, numbers: list[float]) -> float:
        return prod(numbers)

    @jmespath.functions.signature({"types": ["string", "null"]}, {"types": ["string"]})
    def _func_matches(self, text: str | None, pattern: str) -> bool:
        return text is not None and matches(pattern, text) is True

    @jmespath.functions.signature({"types": ["string", "array", "object"]})
    def _func_length(self, value: Any) -> int:
        """Return how long a value is: of a text known in part that part, of one that the deploy makes up nothing."""
        text = DeployText.partial(value)
        if text is None:
            return len(value)
        return 0 if text.has_made_up_part else sum(map(len, text.known_parts))

    @jmespath.functions.signature({"types": ["object", "null"]})
    def _func_bytes_of(self, members: dict[str, Any] | None) -> int:
        """Return how many bytes the names and texts of an object have together."""
        return sum(len(name.encode()) + len(str(value).encode()) for name, value in (members or {}).items())


_FUNCTIONS = _Functions()


@cache
def _compiled(expression: str) -> Path:
    try:
        return compiled(jmespath.compile(expression).parsed, _FUNCTIONS)
    except jmespath.exceptions.JMESPathError as error:
        raise PreflightError(f"the expression {expression!r} in rules/ is not JMESPath: {error}") from error


def evaluate(expression: str, value: Any) -> Any:
    """Return what a JMESPath expression finds in `value`; None where there is nothing.

    Raises `PreflightError` for an expression that is not JMESPath or that gets the wrong type.
    """
    try:
        return _compiled(expression)(value)
    except jmespath.exceptions.JMESPathError as error:
        raise PreflightError(f"the expression {expression!r} in rules/ cannot be evaluated: {error}") from error


def fill(template: str, values: Mapping[str, Any]) -> str | None:
    """Fill each `${expression}` of a template from `values`; None when one of them finds nothing."""
    found = {place: evaluate(place, values) for place in _PLACE.findall(template)}
    if any(value is None for value in found.values()):
        return None
    return _PLACE.sub(lambda match: str(found[match[1]]), template)
