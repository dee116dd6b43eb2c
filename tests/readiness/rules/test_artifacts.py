from __future__ import annotations

from typing import Any

import pytest

from tests.readiness.checking import judge, only, pointer
from tests.readiness.worlds import CREATE, kinds

BUCKET = {"Name": "models", "BucketRegion": "us-east-1"}


def model(container: dict[str, Any], **more: Any) -> tuple[str, dict[str, Any]]:
    return "CreateModel", {"ModelName": "m", "PrimaryContainer": container, **more}


def source(uri: str, kind: str = "S3Prefix", compression: str = "None") -> dict[str, Any]:
    return {"ModelDataSource": {"S3DataSource": {"S3Uri": uri, "S3DataType": kind, "CompressionType": compression}}}


def obj(key: str, **more: Any) -> dict[str, Any]:
    return {"Bucket": "models", "Key": key, **more}


ARCHIVE = model({"ModelDataUrl": "s3://models/m/model.tar.gz"})


def test_an_archive_in_a_bucket_of_the_region() -> None:
    result = only(judge("PRE403", ARCHIVE, buckets=[BUCKET], objects=[obj("m/model.tar.gz")]))
    assert result.kind == "pass"
    assert pointer(result) == "/PrimaryContainer/ModelDataUrl"
    assert result.subject == "arn:aws:s3:::models/m/model.tar.gz"


def test_keys_are_compared_with_case() -> None:
    result = only(judge("PRE403", ARCHIVE, buckets=[BUCKET], objects=[obj("M/model.tar.gz")]))
    assert (result.kind, "does not exist" in result.message) == ("fail", True)


def test_the_https_form_is_read_too() -> None:
    request = model({"ModelDataUrl": "https://models.s3.us-east-1.amazonaws.com/m/model.tar.gz"})
    assert kinds(judge("PRE403", request, buckets=[BUCKET], objects=[obj("m/model.tar.gz")])) == ["pass"]


def test_a_bucket_in_another_region() -> None:
    away = {"Name": "models", "BucketRegion": "eu-west-1"}
    result = only(judge("PRE403", ARCHIVE, buckets=[away], objects=[obj("m/model.tar.gz")]))
    assert result.kind == "fail"
    assert "is in a bucket in eu-west-1" in result.message
    assert "--source-region eu-west-1 --region us-east-1" in result.remedy


def test_a_bucket_whose_region_is_not_known() -> None:
    result = only(judge("PRE403", ARCHIVE, buckets=[{"Name": "models"}], objects=[obj("m/model.tar.gz")]))
    assert result.kind == "open"


def test_a_bucket_that_may_be_of_another_account() -> None:
    assert only(judge("PRE403", ARCHIVE, buckets=[], objects=[])).kind == "open"


@pytest.mark.parametrize(
    ("keys", "kind"), [(["m/v1/weights.bin"], "pass"), (["m/v10/weights.bin"], "fail"), ([], "fail")]
)
def test_a_prefix_holds_something(keys: list[str], kind: str) -> None:
    request = model(source("s3://models/m/v1/"))
    assert only(judge("PRE403", request, buckets=[BUCKET], objects=[obj(key) for key in keys])).kind == kind


@pytest.mark.parametrize(
    ("container", "says"),
    [
        ({"ModelDataUrl": "s3://models/m/model.zip"}, ".tar.gz"),
        ({"ModelDataUrl": "ftp://models/model.tar.gz"}, "no place in S3"),
        (source("s3://models/m/model.zip"), "ends with a slash"),
        (source("s3://models/m/model.zip/", "S3Object"), "does not end with a slash"),
        (source("s3://models/m/model.zip", "S3Prefix", "Gzip"), "one object, not a prefix"),
    ],
)
def test_forms_that_aws_refuses(container: dict[str, Any], says: str) -> None:
    results = judge("PRE403", model(container), buckets=[BUCKET], objects=[obj("m/model.zip"), obj("m/model.zip/x")])
    wrong = [each for each in results if each.kind == "fail"]
    assert any(says in each.message for each in wrong)
    assert pointer(wrong[0]).startswith("/PrimaryContainer/ModelData")


def test_a_multi_model_endpoint_names_a_place_and_no_archive() -> None:
    request = model({"Mode": "MultiModel", "ModelDataUrl": "s3://models/m/"})
    assert kinds(judge("PRE403", request, buckets=[BUCKET], objects=[obj("m/a.tar.gz")])) == ["pass"]


def test_archived_objects_cannot_be_read() -> None:
    archived = obj("m/model.tar.gz", StorageClass="DEEP_ARCHIVE")
    result = only(judge("PRE403", ARCHIVE, buckets=[BUCKET], objects=[archived]))
    assert (result.kind, "DEEP_ARCHIVE" in result.message) == ("fail", True)
    restored = {**archived, "Restore": 'ongoing-request="false", expiry-date="Fri, 1 Jan 2027 00:00:00 GMT"'}
    assert only(judge("PRE403", ARCHIVE, buckets=[BUCKET], objects=[restored])).kind == "pass"


def test_additional_sources_and_every_container_are_looked_at() -> None:
    more = {"ChannelName": "adapter", "S3DataSource": source("s3://models/adapter/")["ModelDataSource"]["S3DataSource"]}
    request = (
        "CreateModel",
        {
            "ModelName": "m",
            "Containers": [
                {"ModelDataUrl": "s3://models/one.tar.gz"},
                {"ModelDataUrl": "s3://models/two.tar.gz", "AdditionalModelDataSources": [more]},
            ],
        },
    )
    results = judge("PRE403", request, buckets=[BUCKET], objects=[obj("one.tar.gz")])
    assert {each.message.split(" ")[0]: each.kind.value for each in results} == {
        "s3://models/one.tar.gz": "pass",
        "s3://models/two.tar.gz": "fail",
        "s3://models/adapter/": "fail",
    }


def test_buckets_that_are_written_to() -> None:
    config = (
        "CreateEndpointConfig",
        {
            "EndpointConfigName": "c",
            "ProductionVariants": [{"VariantName": "a", "ModelName": "m"}],
            "DataCaptureConfig": {"DestinationS3Uri": "s3://captured/here"},
        },
    )
    here = {"Name": "captured", "BucketRegion": "us-east-1"}
    models = [{"ModelName": "m"}]
    assert only(judge("PRE403", config, models=models, buckets=[here])).kind == "pass"
    away = only(judge("PRE403", config, models=models, buckets=[{**here, "BucketRegion": "eu-west-1"}]))
    assert (away.kind, away.level) == ("fail", "warning")
    assert only(judge("PRE403", config, models=models, buckets=[])).kind == "open"


def test_the_models_of_a_configuration_that_exists_are_looked_at() -> None:
    config = {"EndpointConfigName": "demo-config", "ProductionVariants": [{"VariantName": "a", "ModelName": "m"}]}
    there = {"endpoint_configs": [config], "models": [ARCHIVE[1]]}
    assert only(judge("PRE403", CREATE, **there, buckets=[BUCKET], objects=[])).kind == "fail"


TRAINING = {
    "TrainingJobName": "j",
    "RoleArn": "arn:aws:iam::111122223333:role/endpoint-execution",
    "InputDataConfig": [
        {
            "ChannelName": "train",
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/train/part"}},
        }
    ],
}
PROCESSING = {
    "ProcessingJobName": "j",
    "RoleArn": "arn:aws:iam::111122223333:role/endpoint-execution",
    "ProcessingInputs": [
        {"InputName": "in", "S3Input": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/train/part", "LocalPath": "/x"}}
    ],
}


@pytest.mark.parametrize(
    "request_", [("CreateTrainingJob", TRAINING), ("CreateProcessingJob", PROCESSING)], ids=lambda each: each[0]
)
def test_the_region_of_a_jobs_input_is_that_of_its_bucket(request_: Any) -> None:
    """HeadObject does not tell an object's region, so that the bucket is asked; a prefix needs no slash at its end."""
    objects = [{"Bucket": "data", "Key": "train/part-0"}]
    bucket = {"Name": "data", "BucketRegion": "us-east-1"}
    (found,) = judge("PRE403", request_, buckets=[bucket], objects=objects)
    assert found.kind == "pass"
    elsewhere = judge("PRE403", request_, buckets=[{**bucket, "BucketRegion": "eu-west-1"}], objects=objects)
    assert "fail" in {each.kind for each in elsewhere}
    assert {each.kind for each in judge("PRE403", request_, buckets=[bucket], objects=[])} == {"fail"}
