"""Where a Terraform plan is deployed, and as whom: what its providers' configuration says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from preflight.declared.partitions import partition_of, suffix_of
from preflight.documents.plans.plan import Given
from preflight.documents.terraform.configuration import Configuration
from preflight.unresolved import DeployText

_ACCOUNT = re.compile(r"[0-9]{12}")
_PRINCIPAL = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}):role/\S+")
_PROVIDERS = ("aws", "awscc")


@dataclass(slots=True)
class ProviderConfiguration:
    """The region and account of a plan, None where nobody has said them, and the role that the provider assumes.

    `asked` says whether any was asked for while it was not known. `regions` are those of providers of their own, by the
    key of the provider's configuration.
    """

    region: str | None
    account: str | None
    principal: str | None
    regions: Mapping[str, str] = field(default_factory=dict)
    asked: bool = False

    def values(self) -> dict[str, Any]:
        """Return the place by the names that declarations use; what is not known by shape."""
        if self.region is None or self.account is None:
            self.asked = True
        partition = None if self.region is None else partition_of(self.region)
        return {
            "Region": self.region or DeployText.unknown("the region"),
            "Account": self.account or DeployText.unknown("the account"),
            "Partition": partition or DeployText.unknown("the partition"),
            "DnsSuffix": DeployText.unknown("the DNS suffix") if partition is None else suffix_of(partition),
        }


def place_of(document: Mapping[str, Any], configuration: Configuration, given: Given) -> ProviderConfiguration:
    """Return the place of a plan: what the command line says, else what the providers are configured with."""
    regions: dict[str, str] = {}
    account = principal = None
    for key, provider in configuration.providers.items():
        if not isinstance(provider, dict) or provider.get("name", key) not in _PROVIDERS:
            continue
        expressions = provider.get("expressions")
        if not isinstance(expressions, dict):
            continue
        region = configuration.constant(expressions.get("region"))
        if isinstance(region, str):
            regions[key] = region
        if "alias" in provider or ":" in key:
            continue
        role = _assumed(configuration, expressions.get("assume_role"))
        if role is not None and (found := _PRINCIPAL.fullmatch(role)):
            account, principal = account or found[1], principal or role
        allowed = configuration.constant(expressions.get("allowed_account_ids"))
        if isinstance(allowed, list) and len(allowed) == 1 and _ACCOUNT.fullmatch(str(allowed[0])):
            account = account or str(allowed[0])
    own = next((regions[each] for each in _PROVIDERS if each in regions), None)
    return ProviderConfiguration(given.region or own or _read(document, "aws_region", ("region", "id", "name")),
                 given.account or account or _read(document, "aws_caller_identity", ("account_id",)),
                 principal, regions)  # fmt: skip


def _assumed(configuration: Configuration, blocks: Any) -> str | None:
    block = blocks[0] if isinstance(blocks, list) and blocks else blocks
    role = configuration.constant(block.get("role_arn")) if isinstance(block, dict) else None
    return role if isinstance(role, str) else None


def _read(document: Mapping[str, Any], type_: str, attributes: tuple[str, ...]) -> str | None:
    """Return an attribute of a data source that was read for the plan, where all of its type agree on it."""
    state = document.get("prior_state")
    values = state.get("values") if isinstance(state, dict) else None
    root = values.get("root_module") if isinstance(values, dict) else None
    found = {
        next((read[name] for name in attributes if isinstance(read.get(name), str)), None)
        for read in _data(root, type_)
    }
    return found.pop() if len(found) == 1 else None


def _data(module: Any, type_: str) -> Iterator[Mapping[str, Any]]:
    waiting = [module]
    while waiting:
        each = waiting.pop()
        if not isinstance(each, dict):
            continue
        for resource in each.get("resources") or ():
            if isinstance(resource, dict) and resource.get("type") == type_ and resource.get("mode") == "data":
                values = resource.get("values")
                yield values if isinstance(values, dict) else {}
        waiting.extend(each.get("child_modules") or ())
