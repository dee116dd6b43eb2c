"""AWS's own registries: whose credentials pull which image."""

from __future__ import annotations

import pytest

from preflight.declared.expressions import evaluate
from preflight.declared.registries import is_of_aws, puller


@pytest.mark.parametrize(
    ("account", "region", "who"),
    [
        ("683313688378", "us-east-1", "service"),  # scikit-learn, XGBoost
        ("811284229777", "us-east-1", "service"),  # image classification, BlazingText
        ("141502667606", "eu-west-1", "service"),
        ("763104351884", "us-east-1", "unsure"),
        ("763104351884", "eu-west-1", "unsure"),
        ("727897471807", "cn-north-1", "unsure"),
        # The same account in another region than its own is no registry of AWS's there.
        ("683313688378", "eu-west-1", "role"),
        ("111122223333", "us-east-1", "role"),
    ],
)
def test_whose_credentials_pull(account: str, region: str, who: str) -> None:
    assert puller(account, region) == who
    host = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    assert evaluate("pulled_by(@)", f"{account}.dkr.ecr.{region}.{host}/repository:1") == who


def test_an_image_elsewhere_is_pulled_by_nothing_that_is_known() -> None:
    assert evaluate("pulled_by(@)", "docker.io/library/python:3") is None


def test_accounts_of_aws() -> None:
    assert is_of_aws("763104351884") and not is_of_aws("111122223333")
