"""The services that AWS authorizes, by the prefix that their actions have in policies."""

from __future__ import annotations

from preflight.catalog import source
from preflight.catalog.nearest import near


def services() -> tuple[str, ...]:
    """Return the prefixes of all services: `s3`, `sagemaker`."""
    return tuple(source.read("services"))


def service_exists(service: str) -> bool:
    """Say whether a prefix, in any case, is a service's."""
    return source.exists(service)


def service_name(service: str) -> str | None:
    """Return a service's name as AWS writes it (`Amazon SageMaker AI`), or None for a prefix that AWS does not know."""
    name: str | None = source.read("serviceNames").get(service.lower())
    return name


def service_cited(service: str) -> str:
    """Return how a message names the service of a prefix that AWS knows: by its name, or by the prefix where services
    of several names share it.
    """
    lower = service.lower()
    return f"the prefix {lower!r}" if lower in _SHARED else service_name(lower) or lower


_SHARED = frozenset(
    {
        "apigateway",
        "aws-marketplace",
        "cloudformation",
        "elasticloadbalancing",
        "greengrass",
        "kinesisanalytics",
        "lex",
        "ses",
        "sms-voice",
    }
)
"""Prefixes of more than one service, of which the data have the name of one. Source:
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""


def nearest_service(service: str, *, action: str = "") -> str | None:
    """Return the prefix that was probably meant, that of a service with the action if one is; None where nothing is
    near.
    """
    found = near(service, services())
    having = (each for each in found if action.lower() in source.of_service("actions", each))
    return next(having, found[0] if found else None)


def data_version() -> str:
    """Return the version of the data, which says when it was taken from AWS."""
    return str(source.read("metadata")["version"])
