from __future__ import annotations

from typing import Any

import pytest

from preflight.engine.result import Result
from tests.readiness.checking import judge, only, pointer
from tests.readiness.worlds import ACCOUNT, kinds

ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
ARN = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{ID}"
KEY = {"KeyId": ID, "Arn": ARN, "KeyState": "Enabled", "KeyUsage": "ENCRYPT_DECRYPT", "KeySpec": "SYMMETRIC_DEFAULT"}
ALIAS = {"AliasName": "alias/volumes", "AliasArn": f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/volumes", "TargetKeyId": ID}


def config(**members: Any) -> tuple[str, dict[str, Any]]:
    return "CreateEndpointConfig", {
        "EndpointConfigName": "c",
        "ProductionVariants": [{"VariantName": "a", "ModelName": "m"}],
        **members,
    }


def result(name: str = ID, **key: Any) -> Result:
    return only(judge("PRE405", config(KmsKeyId=name), kms_keys=[{**KEY, **key}], kms_aliases=[ALIAS], models=[]))


@pytest.mark.parametrize("name", [ID, ARN, "alias/volumes", ALIAS["AliasArn"]])
def test_a_key_is_named_in_four_ways(name: str) -> None:
    found = result(name)
    assert found.kind == "pass"
    assert pointer(found) == "/KmsKeyId"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"KeyState": "Disabled"}, "is Disabled"),
        ({"KeyState": "PendingDeletion"}, "is PendingDeletion"),
        ({"KeyState": "PendingImport"}, "is PendingImport"),
        ({"KeyUsage": "SIGN_VERIFY"}, "KeyUsage SIGN_VERIFY"),
        ({"KeySpec": "RSA_2048"}, "KeySpec RSA_2048"),
    ],
)
def test_a_key_that_does_not_encrypt(changed: dict[str, str], says: str) -> None:
    found = result(**changed)
    assert found.kind == "fail"
    assert says in found.message


def test_keys_that_are_not_there_or_elsewhere() -> None:
    assert result("alias/other").kind == "fail"
    assert result("99999999-12ab-34cd-56ef-1234567890ab").kind == "fail"
    away = result(f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{ID}")
    assert (away.kind, "is in eu-west-1" in away.message) == ("fail", True)


def test_keys_of_other_accounts_are_not_known() -> None:
    assert result(f"arn:aws:kms:us-east-1:444455556666:key/{ID}").kind == "open"


def test_a_key_of_which_too_little_is_known() -> None:
    found = only(judge("PRE405", config(KmsKeyId=ID), kms_keys=[{"KeyId": ID, "Enabled": True}], models=[]))
    assert found.kind == "open"
    assert "KeyUsage and KeySpec are not known" in found.message
    off = only(judge("PRE405", config(KmsKeyId=ID), kms_keys=[{"KeyId": ID, "Enabled": False}], models=[]))
    assert off.kind == "fail"


def test_every_key_of_a_configuration_is_looked_at() -> None:
    request = config(
        KmsKeyId=ID,
        DataCaptureConfig={"DestinationS3Uri": "s3://b/k", "KmsKeyId": "alias/capture"},
        AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": "s3://b/k", "KmsKeyId": "alias/async"}},
    )
    results = judge("PRE405", request, kms_keys=[KEY], kms_aliases=[], models=[])
    assert kinds(results) == ["pass", "fail", "fail"]
    assert [word in results[1].message for word in ("alias/capture", "data capture")] == [True, True]
