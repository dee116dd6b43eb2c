"""The loader of botocore's data gives what botocore's own gives, and finds what users add."""

import json
from pathlib import Path

import pytest
from botocore.exceptions import DataNotFoundError, UnknownServiceError
from botocore.loaders import Loader
from botocore.session import Session, get_session

from preflight.account.live.botocore_loader import with_fast_loader


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Session:
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    return with_fast_loader(get_session())


@pytest.mark.parametrize("kind", ["service-2", "paginators-1", "endpoint-rule-set-1", "waiters-2"])
@pytest.mark.parametrize("service", ["sagemaker", "s3", "sts"])
def test_the_data_is_botocores(session: Session, service: str, kind: str) -> None:
    usual, ours = Loader(), session.get_component("data_loader")
    try:
        expected = usual.load_service_model(service, kind)
    except DataNotFoundError:
        with pytest.raises(DataNotFoundError):
            ours.load_service_model(service, kind)
        return
    assert ours.load_service_model(service, kind) == expected
    assert ours.load_data("endpoints") == usual.load_data("endpoints")


def test_a_service_that_there_is_not(session: Session) -> None:
    with pytest.raises(UnknownServiceError):
        session.get_component("data_loader").load_service_model("sagemakr", "service-2")


def test_data_of_the_users_own_goes_first(session: Session, tmp_path: Path) -> None:
    (tmp_path / "sagemaker" / "2017-07-24").mkdir(parents=True)
    (tmp_path / "sagemaker" / "2017-07-24" / "service-2.json").write_text(json.dumps({"metadata": {"own": True}}))
    assert session.get_component("data_loader").load_service_model("sagemaker", "service-2")["metadata"] == {
        "own": True
    }
