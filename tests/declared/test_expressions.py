import pytest

from preflight.declared.expressions import arn_part, ecr_image, evaluate, fill, s3_location
from preflight.errors import PreflightError
from preflight.unresolved import DeployText


@pytest.mark.parametrize(
    ("uri", "bucket", "key"),
    [
        ("s3://models/a/b.tar.gz", "models", "a/b.tar.gz"),
        ("s3://models/a/", "models", "a/"),
        ("s3://models", "models", ""),
        ("https://s3.amazonaws.com/models/a", "models", "a"),
        ("https://s3.us-west-2.amazonaws.com/models/a", "models", "a"),
        ("https://s3-us-west-2.amazonaws.com/models/a", "models", "a"),
        ("https://models.s3.us-west-2.amazonaws.com/a/b", "models", "a/b"),
        ("https://my.models.s3.dualstack.eu-west-1.amazonaws.com/a", "my.models", "a"),
        ("https://models.s3.cn-north-1.amazonaws.com.cn/a", "models", "a"),
        ("https://models.s3.us-gov-west-1.amazonaws.com/a", "models", "a"),
    ],
)
def test_s3_location(uri: str, bucket: str, key: str) -> None:
    assert s3_location(uri) == {"Bucket": bucket, "Key": key}


@pytest.mark.parametrize(
    "uri", [None, "", "models/a", "https://example.com/a", "ftp://b/k", "s3:///k", "https://" + "a." * 5000]
)
def test_not_an_s3_location(uri: str | None) -> None:
    assert s3_location(uri) is None


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        (
            "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.0",
            {
                "registryId": "763104351884",
                "Region": "us-east-1",
                "repositoryName": "pytorch-inference",
                "imageTag": "2.0",
            },
        ),
        (
            "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/team/app@sha256:ab",
            {
                "registryId": "111122223333",
                "Region": "cn-north-1",
                "repositoryName": "team/app",
                "imageDigest": "sha256:ab",
            },
        ),
        (
            "111122223333.dkr-ecr.eu-west-1.on.aws/app:1@sha256:ab",
            {"registryId": "111122223333", "Region": "eu-west-1", "repositoryName": "app", "imageDigest": "sha256:ab"},
        ),
        (
            "111122223333.dkr.ecr-fips.us-gov-west-1.amazonaws.com/app",
            {"registryId": "111122223333", "Region": "us-gov-west-1", "repositoryName": "app", "imageTag": "latest"},
        ),
    ],
)
def test_ecr_image(uri: str, expected: dict[str, str]) -> None:
    assert ecr_image(uri) == expected


@pytest.mark.parametrize(
    "uri", [None, "", "nginx:latest", "docker.io/library/nginx", "1.dkr.ecr.us-east-1.amazonaws.com/a"]
)
def test_not_an_ecr_image(uri: str | None) -> None:
    assert ecr_image(uri) is None


def test_arn_parts() -> None:
    arn = "arn:aws-cn:iam::111122223333:role/a:b/c"
    assert [arn_part(arn, part) for part in ("partition", "service", "region", "account", "resource")] == [
        "aws-cn",
        "iam",
        None,
        "111122223333",
        "role/a:b/c",
    ]
    assert arn_part("alias/key", "account") is None


def test_functions_in_expressions() -> None:
    model = {"Name": "MyModel", "Url": "s3://b/k", "Image": "nginx"}
    found = evaluate("{n: lower(Name), s: s3_location(Url), i: ecr_image(Image), none: lower(Missing)}", model)
    assert found == {"n": "mymodel", "s": {"Bucket": "b", "Key": "k"}, "i": None, "none": None}


def test_templates() -> None:
    assert fill("arn:${Partition}:x/${lower(Name)}", {"Partition": "aws", "Name": "AbC"}) == "arn:aws:x/abc"
    assert fill("arn:${Partition}:x/${Name}", {"Partition": "aws"}) is None


@pytest.mark.parametrize("expression", ["a b", "lower(", "nothing(@)", "lower(`1`)"])
def test_a_wrong_expression_is_named(expression: str) -> None:
    with pytest.raises(PreflightError, match="expression"):
        evaluate(expression, {})


def test_the_length_of_a_text_that_only_the_deploy_knows_is_that_of_its_known_part() -> None:
    parameter = "team-" + DeployText.unknown("parameter Name")
    made_up = "stack-" * 20 + DeployText.unknown("name of Fn", unique=True)
    assert [evaluate("length(@)", each) for each in (parameter, made_up, "abc", [1], {})] == [5, 0, 3, 1, 0]
