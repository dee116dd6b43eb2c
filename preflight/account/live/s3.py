"""Where a bucket is. S3 tells its region in a header even when it refuses everything else."""

from __future__ import annotations

from preflight.account.facts import Absent, Known
from preflight.account.live.calls import Answered, Call
from preflight.account.live.concurrent_reads import ReadPlan
from preflight.account.live.declared_reads import DeclaredRead
from preflight.account.live.errors import unknown

_REGION_HEADER = "x-amz-bucket-region"


def bucket(question: DeclaredRead) -> ReadPlan:
    """Read a bucket's Name and BucketRegion by HeadBucket; `Denied` is true where only the region could be read.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
    """
    name, region = question.ask["Bucket"], question.ask.region
    (outcome,) = yield [Call("s3", "head_bucket", {"Bucket": name}, region=region)]
    if isinstance(outcome, Answered):
        headers = outcome.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        region = outcome.response.get("BucketRegion") or headers.get(_REGION_HEADER)
        return Known({"Name": name, **({"BucketRegion": region} if region else {})})
    if outcome.status == 404 or outcome.code in ("404", "NoSuchBucket"):
        return Absent(f"there is no bucket {name}")
    region = outcome.headers.get(_REGION_HEADER)
    if region:
        return Known({"Name": name, "BucketRegion": region, "Denied": outcome.denied})
    return unknown(outcome, "s3:HeadBucket", f"allow s3:ListBucket on arn:{question.world.partition}:s3:::{name}")
