"""An account as the plan leaves it: created, changed, gone, and everything else as it was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from preflight.account.facts import Absent, Ask, Fact, Known
from preflight.account.overlays.planned import planned_in
from preflight.account.snapshots.snapshot import Snapshot
from preflight.readiness.step import after
from tests.readiness.worlds import CREATE, REGION, plan, snapshot, steps


def config(name: str) -> Ask:
    return Ask.one("sagemaker:endpoint-config", REGION, {"EndpointConfigName": name})


def endpoint(name: str) -> Ask:
    return Ask.one("sagemaker:endpoint", REGION, {"EndpointName": name})


class Counting(Snapshot):
    """A snapshot that remembers what it was asked."""

    def __init__(self, document: Any) -> None:
        super().__init__(document, "snapshot.json")
        self.asked: list[Ask] = []

    def read_many(self, asks: Sequence[Ask]) -> list[Fact[Any]]:
        self.asked.extend(asks)
        return super().read_many(asks)


def account_after(*requests: Any, **parts: Any) -> Any:
    last = list(steps(plan(*requests), snapshot(**parts)))[-1]
    return after(last)


CONFIG = ("CreateEndpointConfig", {"EndpointConfigName": "demo-config", "ProductionVariants": []})


def test_what_is_created_exists_in_described_shape() -> None:
    fact = account_after(CONFIG, endpoint_configs=[]).read(config("demo-config"))
    assert fact == Known({"EndpointConfigName": "demo-config", "ProductionVariants": [], "Tags": []})


def test_nothing_is_asked_below_for_what_the_plan_creates() -> None:
    below = Counting(snapshot(endpoint_configs=[]))
    (step,) = steps(plan(CONFIG), below)
    above = after(step)
    above.read_many([config("demo-config"), config("other")])
    assert below.asked == [config("other")]


def test_names_that_aws_compares_without_case() -> None:
    account = account_after(CREATE, endpoints=[])
    assert isinstance(account.read(endpoint("dEMO")), Known)
    assert isinstance(account.read(endpoint("other")), Absent)


def test_names_that_aws_compares_with_case() -> None:
    assert isinstance(account_after(CONFIG, endpoint_configs=[]).read(config("Demo-Config")), Absent)


def test_the_list_has_what_is_created() -> None:
    account = account_after(CREATE, endpoints=[{"EndpointName": "old", "EndpointStatus": "InService"}])
    fact = account.read(Ask.all("sagemaker:endpoint", REGION))
    assert isinstance(fact, Known)
    assert [each["EndpointName"] for each in fact.value] == ["old", "Demo"]


def test_what_is_deleted_is_gone() -> None:
    delete = ("DeleteEndpointConfig", {"EndpointConfigName": "demo-config"})
    account = account_after(delete, endpoint_configs=[{"EndpointConfigName": "demo-config"}])
    assert isinstance(account.read(config("demo-config")), Absent)
    assert account.read(Ask.all("sagemaker:endpoint-config", REGION)) == Known([])


def test_what_is_updated_keeps_the_rest() -> None:
    update = ("UpdateEndpoint", {"EndpointName": "demo", "EndpointConfigName": "new"})
    there = {"EndpointName": "demo", "EndpointConfigName": "old", "EndpointStatus": "InService", "EndpointArn": "a"}
    account = account_after(update, endpoints=[there])
    fact = account.read(endpoint("demo"))
    assert isinstance(fact, Known)
    changed = {**there, "EndpointConfigName": "new", "EndpointStatus": "Updating"}
    assert {name: fact.value[name] for name in changed} == changed
    assert not planned_in(account, endpoint("demo"))


def test_an_update_does_not_make_what_is_not_there() -> None:
    update = ("UpdateEndpoint", {"EndpointName": "demo", "EndpointConfigName": "new"})
    account = account_after(update, endpoints=[])
    assert isinstance(account.read(endpoint("demo")), Absent)
    assert account.read(Ask.all("sagemaker:endpoint", REGION)) == Known([])


def test_created_then_deleted_is_not_planned() -> None:
    delete = ("DeleteEndpointConfig", {"EndpointConfigName": "demo-config"})
    account = account_after(CONFIG, delete, endpoint_configs=[])
    assert not planned_in(account, config("demo-config"))
    assert isinstance(account.read(config("demo-config")), Absent)


def test_another_region_is_as_it_was() -> None:
    account = account_after(CONFIG, endpoint_configs=[])
    assert not planned_in(
        account, Ask.one("sagemaker:endpoint-config", "eu-west-1", {"EndpointConfigName": "demo-config"})
    )


def test_a_plan_may_have_thousands_of_requests() -> None:
    requests = [("CreateEndpointConfig", {"EndpointConfigName": f"c{at}"}) for at in range(3000)]
    *_, last = steps(plan(*requests), snapshot(endpoint_configs=[]))
    assert isinstance(last.account.read(config("c0")), Known)
    assert isinstance(last.account.read(config("c2999")), Absent)
