"""Amazon Resource Names, partition-aware."""

from __future__ import annotations

from dataclasses import dataclass

from preflight.errors import PreflightError


class ArnError(PreflightError):
    """The text is not an ARN; `str(error)` says why."""


@dataclass(frozen=True, slots=True)
class Arn:
    """The six parts of an ARN. `region` and `account` may be empty; `resource` keeps whatever colons it has.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
    """

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Arn:
        """Take an ARN apart. Parts may hold wildcards; raises `ArnError` when a part is missing."""
        parts = text.split(":", 5)
        if parts[0] != "arn":
            raise ArnError(f'"{text}" is not an ARN: it does not start with "arn:"')
        if len(parts) < 6:
            raise ArnError(
                f'"{text}" is not a complete ARN: it has {len(parts)} of 6 parts '
                "(arn:partition:service:region:account:resource)"
            )
        _, partition, service, region, account, resource = parts
        for name, value in (("partition", partition), ("service", service), ("resource", resource)):
            if not value:
                raise ArnError(f'"{text}" is not a complete ARN: its {name} is empty')
        return cls(partition, service, region, account, resource)

    @property
    def resource_type(self) -> str:
        """The word before the first `/` or `:` of the resource (`endpoint`, `role`); empty where there is none."""
        for position, character in enumerate(self.resource):
            if character in "/:":
                return self.resource[:position]
        return ""

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"
