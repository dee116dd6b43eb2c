"""The clients that reads use."""

from __future__ import annotations

import pytest

from preflight.account.live.clients import Clients, Connection


@pytest.mark.parametrize("setting", ["legacy", "regional", None])
def test_sts_is_asked_in_the_region_whatever_is_set(setting: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The global endpoint, which `legacy` calls for older regions, says nothing of a region's STS."""
    for name, value in {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "x"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    if setting is None:
        monkeypatch.delenv("AWS_STS_REGIONAL_ENDPOINTS", raising=False)
    else:
        monkeypatch.setenv("AWS_STS_REGIONAL_ENDPOINTS", setting)
    clients = Clients(Connection(region="us-east-1"), connections=1)
    for region in ("us-east-1", "eu-west-1", "ap-southeast-2"):
        client = clients.get("sts", region)
        assert client.meta.endpoint_url == f"https://sts.{region}.amazonaws.com"
        assert client.meta.region_name == region
