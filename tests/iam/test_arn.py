"""ARNs: taken apart, put together, refused when a part is missing."""

from __future__ import annotations

import pytest

from preflight.iam.arn import Arn, ArnError


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("arn:aws:sagemaker:us-east-1:111122223333:endpoint/a", "endpoint"),
        ("arn:aws-cn:iam::111122223333:role/path/to/r", "role"),
        ("arn:aws-us-gov:logs:us-gov-west-1:111122223333:log-group:/x:log-stream:y", "log-group"),
        ("arn:aws:s3:::bucket", ""),
    ],
)
def test_parts_of_an_arn(text: str, kind: str) -> None:
    arn = Arn.parse(text)
    assert arn.resource_type == kind
    assert str(arn) == text
    assert arn.partition == text.split(":")[1]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("endpoint/a", 'does not start with "arn:"'),
        ("arn:aws:s3", "it has 3 of 6 parts"),
        ("arn::s3:::b", "its partition is empty"),
        ("arn:aws::::b", "its service is empty"),
        ("arn:aws:s3:::", "its resource is empty"),
    ],
)
def test_what_is_no_arn_is_refused(text: str, says: str) -> None:
    with pytest.raises(ArnError, match="is not"):
        Arn.parse(text)
    with pytest.raises(ArnError) as caught:
        Arn.parse(text)
    assert says in str(caught.value)
    assert text in str(caught.value)
