"""AWS's own registries of container images, and with whose credentials SageMaker pulls an image.

`rules/aws-registries.json` lists them by sort and region; `tools/aws_registries.py` writes it.
"""

from __future__ import annotations

from functools import cache
from typing import Literal, TypeAlias

from preflight.data_files import declared_json

Puller: TypeAlias = Literal["role", "service", "unsure"]

# "Because customer credentials aren't used, any AWS IAM policies [...] that deny Amazon ECR permissions don't prevent
# the use of pre-built images":
# https://docs.aws.amazon.com/sagemaker/latest/dg-ecr-paths/sagemaker-algo-docker-registry-paths.html
# Of Deep Learning Containers users report that endpoints failed for lack of the role's permission:
# https://github.com/aws/sagemaker-python-sdk/issues/2002, https://github.com/aws/deep-learning-containers/issues/759
# and https://github.com/huggingface/notebooks/issues/385
_PULLERS: dict[str, Puller] = {"built-in": "service", "deep-learning-containers": "unsure"}


def puller(account: str, region: str) -> Puller:
    """Return whose credentials pull an image from a registry: those of the execution role, of the service, or either,
    which AWS and its users say differently.
    """
    return _registries().get((region, account), "role")


def is_of_aws(account: str) -> bool:
    """Say whether a registry is AWS's own, in any region: everybody may pull from it."""
    return account in _accounts()


@cache
def _registries() -> dict[tuple[str, str], Puller]:
    document = declared_json("aws-registries")
    return {
        (region, account): who
        for sort, who in _PULLERS.items()
        for region, accounts in document[sort].items()
        for account in accounts
    }


@cache
def _accounts() -> frozenset[str]:
    return frozenset(account for _, account in _registries())
