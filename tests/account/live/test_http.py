"""boto3 against HTTP: what AWS refuses, delays or never answers, and what a check costs."""

import gc
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from preflight.account.facts import Absent, Ask, Known, Unknown
from preflight.account.live.account import LiveAccount
from preflight.account.live.clients import Clients, Connection
from preflight.errors import UsageError
from tests.account.live.faulty import Faulty

REGION = "us-east-1"


def live(faults: Faulty, **options: Any) -> LiveAccount:
    connection = Connection(region=REGION, endpoint_url=faults.url, **{"attempts": 1, **options})
    return LiveAccount.open(connection, reread_delay=0.01)


def model(name: str = "m", *, expected: bool = False) -> Ask:
    return Ask.one("sagemaker:model", REGION, {"ModelName": name}, expected=expected)


def test_whose_account_it_is(faults: Faulty) -> None:
    account = live(faults)
    assert account.account_id() == Known("111122223333")
    assert account.caller() == Known("arn:aws:iam::111122223333:user/ann")
    assert (account.partition, account.region, account.source) == ("aws", REGION, "the live account")
    assert account.stats().calls == 1
    account.close()


@pytest.mark.parametrize(("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
def test_partitions(faults: Faulty, region: str, partition: str) -> None:
    account = LiveAccount.open(Connection(region=region, endpoint_url=faults.url))
    fact = account.read(Ask.one("sagemaker:model", region, {"ModelName": "m"}))
    assert isinstance(fact, Unknown)
    assert f"on arn:{partition}:sagemaker:{region}:111122223333:model/m" in fact.resolution


def test_found_absent_and_denied(faults: Faulty) -> None:
    faults.answers["DescribeModel"] = [(200, {"ModelName": "m"})]
    faults.answers["DescribeEndpointConfig"] = [
        (400, {"__type": "ValidationException", "message": 'Could not find endpoint configuration "arn".'})
    ]
    account = live(faults)
    found, absent, denied = account.read_many(
        [
            model(),
            Ask.one("sagemaker:endpoint-config", REGION, {"EndpointConfigName": "c"}),
            Ask.all("sagemaker:model", REGION),
        ]
    )
    assert found == Known({"ModelName": "m"})
    assert absent == Absent('Could not find endpoint configuration "arn".')
    assert isinstance(denied, Unknown)
    assert (denied.code, denied.resolution) == ("AccessDeniedException", "allow sagemaker:ListModels on *")


def test_throttling_is_retried_and_then_unknown(faults: Faulty) -> None:
    throttled = (400, {"__type": "ThrottlingException", "message": "Rate exceeded"})
    faults.answers["DescribeModel"] = [throttled, (200, {"ModelName": "m"})]
    faults.answers["ListModels"] = [throttled]
    account = live(faults, attempts=2)
    found, listed = account.read_many([model(), Ask.all("sagemaker:model", REGION)])
    assert found == Known({"ModelName": "m"})
    assert isinstance(listed, Unknown)
    assert "throttled, 2 times in a row" in listed.reason
    assert account.stats().requests["sagemaker.DescribeModel"] == 2


def test_a_stale_read(faults: Faulty) -> None:
    missing = (400, {"__type": "ValidationException", "message": 'Could not find model "arn".'})
    faults.answers["DescribeModel"] = [missing, missing, (200, {"ModelName": "m"})]
    assert live(faults).read(model(expected=True)) == Known({"ModelName": "m"}, reads=3)


def test_a_server_that_never_answers(faults: Faulty) -> None:
    faults.latency = 60
    account = live(faults, read_timeout=0.2)
    started = time.monotonic()
    fact = account.read(model())
    assert time.monotonic() - started < 40
    assert isinstance(fact, Unknown)
    assert fact.code == "ReadTimeoutError"
    assert isinstance(account.account_id(), Unknown)


def test_what_is_not_read_in_time_is_unknown(faults: Faulty) -> None:
    faults.latency = 60
    connection = Connection(region=REGION, endpoint_url=faults.url, attempts=1)
    begun = time.monotonic()
    account = LiveAccount.open(connection, timeout=0.2)
    found = account.read_many([model("a"), model("b")])
    assert time.monotonic() - begun < 40
    assert all(isinstance(each, Unknown) and "--timeout" in each.reason for each in found)
    later = account.read(model("c"))
    assert isinstance(later, Unknown)
    assert later.resolution == "give more time with --timeout"
    again = account.again(timeout=0.2).read(model("d"))
    assert isinstance(again, Unknown) and "--timeout" in again.reason
    account.close()


def test_a_server_that_is_not_there() -> None:
    connection = Connection(region=REGION, endpoint_url="http://127.0.0.1:9", attempts=1, connect_timeout=1)
    fact = LiveAccount.open(connection).read(model())
    assert isinstance(fact, Unknown)
    assert "could not reach AWS" in fact.reason
    assert "\n" not in fact.reason


def test_expired_credentials(faults: Faulty) -> None:
    faults.answers["DescribeModel"] = [(400, {"__type": "ExpiredTokenException", "message": "expired"})]
    fact = live(faults).read(model())
    assert isinstance(fact, Unknown)
    assert "sign in again" in fact.resolution


def test_pages_are_put_together_and_counted(faults: Faulty) -> None:
    faults.answers["ListEndpoints"] = [
        (200, {"Endpoints": [{"EndpointName": "a"}], "NextToken": "t"}),
        (200, {"Endpoints": [{"EndpointName": "b"}], "NextToken": "u"}),
        (200, {"Endpoints": [{"EndpointName": "c"}]}),
    ]
    account = live(faults)
    assert account.read(Ask.all("sagemaker:endpoint", REGION)) == Known([{"EndpointName": name} for name in "abc"])
    assert account.stats().longest.calls == 3


def test_a_list_that_breaks_off_is_unknown_not_short(faults: Faulty) -> None:
    faults.answers["ListEndpoints"] = [
        (200, {"Endpoints": [{"EndpointName": "a"}], "NextToken": "t"}),
        (400, {"__type": "AccessDeniedException", "message": "denied"}),
    ]
    assert isinstance(live(faults).read(Ask.all("sagemaker:endpoint", REGION)), Unknown)


def test_many_reads_at_the_same_time_and_none_twice(faults: Faulty) -> None:
    faults.answers["DescribeModel"] = [(200, {"ModelName": "m"})]
    account = live(faults)
    account.read_many([model("warm-up")])
    faults.latency, faults.gather = 60, 7
    asks = [model(f"m{n % 20}") for n in range(60)]
    with ThreadPoolExecutor(12) as threads:
        facts = list(threads.map(account.read, asks))
    assert all(isinstance(fact, Known) for fact in facts)
    assert faults.seen["DescribeModel"] == 21
    assert faults.most > 6


@pytest.fixture
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")


@pytest.mark.usefixtures("nothing_set")
def test_no_credentials_is_one_clear_line() -> None:
    with pytest.raises(UsageError, match=r"no AWS credentials were found; .*--snapshot"):
        LiveAccount.open(Connection(region=REGION))


def test_no_such_profile() -> None:
    with pytest.raises(UsageError, match="nowhere"):
        LiveAccount.open(Connection(region=REGION, profile="nowhere"))


def test_no_region() -> None:
    with pytest.raises(UsageError, match="--region"):
        LiveAccount.open(Connection())


def test_the_region_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert Clients(Connection(), connections=1).region == "eu-west-1"
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    assert Clients(Connection(), connections=1).region == "eu-north-1"
    assert Clients(Connection(region="sa-east-1"), connections=1).region == "sa-east-1"


def test_a_region_that_is_none() -> None:
    with pytest.raises(UsageError, match="'everywhere' is not an AWS region"):
        LiveAccount.open(Connection(region="everywhere"))


@pytest.mark.parametrize("url", ["localhost", "http://", "not a url"])
def test_an_endpoint_url_that_is_none(url: str) -> None:
    with pytest.raises(UsageError, match="--endpoint-url"):
        LiveAccount.open(Connection(region=REGION, endpoint_url=url))


@pytest.mark.parametrize(("name", "value"), [("AWS_RETRY_MODE", "hasty"), ("AWS_MAX_ATTEMPTS", "many")])
def test_retries_that_boto3_does_not_know(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=value):
        LiveAccount.open(Connection(region=REGION))


def test_half_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(UsageError, match="credentials"):
        LiveAccount.open(Connection(region=REGION))


def test_a_broken_configuration_file(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[profile x\nregion")
    with pytest.raises(UsageError, match="configuration"):
        LiveAccount.open(Connection(region=REGION))


def test_retries_follow_the_environment_and_the_connection(faults: Faulty, monkeypatch: pytest.MonkeyPatch) -> None:
    faults.answers["DescribeModel"] = [(500, {"__type": "InternalFailure", "message": "oops"})]
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    LiveAccount.open(Connection(region=REGION, endpoint_url=faults.url)).read(model())
    assert faults.seen["DescribeModel"] == 2
    LiveAccount.open(Connection(region=REGION, endpoint_url=faults.url, attempts=1)).read(model())
    assert faults.seen["DescribeModel"] == 3


@pytest.mark.parametrize("mode", ["standard", "adaptive"])
def test_retry_modes(faults: Faulty, mode: Any) -> None:
    faults.answers["DescribeModel"] = [(500, {"__type": "InternalFailure"}), (200, {"ModelName": "m"})]
    assert live(faults, attempts=2, retry_mode=mode).read(model()) == Known({"ModelName": "m"})


def test_one_client_for_each_service_and_region(faults: Faulty) -> None:
    account = live(faults)
    with ThreadPoolExecutor(8) as threads:
        clients = list(threads.map(lambda n: account.client("sagemaker", ("", REGION)[n % 2]), range(16)))
    assert len({id(client) for client in clients}) == 1
    assert account.client("sagemaker", "eu-west-1") is not clients[0]


def test_the_token_that_is_asked_for_is_not_kept(faults: Faulty) -> None:
    account = live(faults)
    fact = account.read(Ask.one("sts:regional-endpoint", REGION, {"RegionName": REGION}))
    assert fact == Known({"RegionName": REGION, "active": True})
    assert faults.seen["GetSessionToken"] == 1
    gc.collect()
    kept = [
        each for each in gc.get_objects() if isinstance(each, dict) and each.get("SecretAccessKey") == "very-secret"
    ]
    assert kept == []


def test_an_answer_that_is_not_awss(faults: Faulty) -> None:
    fact = live(faults).read(Ask.one("ec2:subnet", REGION, {"SubnetId": "subnet-1"}))
    assert isinstance(fact, Unknown)
    assert "the response is not from AWS" in fact.reason
    assert "\n" not in fact.reason
