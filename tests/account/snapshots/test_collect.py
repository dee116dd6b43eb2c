"""A snapshot that is collected from a live account: what is in it, what is not, and that checks on it answer alike."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import pytest

from preflight import api
from preflight.account.facts import Unknown
from preflight.account.live.clients import _without_account
from preflight.api.take_snapshot import _identity
from preflight.audit.check import audit
from preflight.cli.snapshot import _tell
from preflight.documents.text.load import load
from preflight.errors import UsageError
from preflight.report import written
from tests.aws.account import Ready, populate
from tests.aws.control import StandIn
from tests.aws.state import ACCOUNT

ROOT = Path(__file__).parents[3]
Run = Callable[..., subprocess.CompletedProcess[str]]
REGION = "us-east-1"


@pytest.fixture
def ready(aws: StandIn) -> Ready:
    return populate(aws, encrypted=False)


@pytest.fixture
def started(aws: StandIn, tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}

    def start(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "preflight", *arguments],
            cwd=tmp_path,
            env={**kept, **aws.environment(), "PYTHONPATH": str(ROOT), "AWS_MAX_ATTEMPTS": "2"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture
def run(started: Callable[..., subprocess.Popen[str]]) -> Run:
    def go(*arguments: str) -> subprocess.CompletedProcess[str]:
        process = started(*arguments)
        out, err = process.communicate(timeout=200)
        assert "Traceback" not in err, err
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    return go


def results(done: subprocess.CompletedProcess[str]) -> list[tuple[str, str, str]]:
    assert done.stdout, done.stderr
    return [(each["rule"], each["kind"], each["subject"]) for each in json.loads(done.stdout)["results"]]


def test_regions_that_cannot_be_listed_are_not_known(aws: StandIn, run: Run, tmp_path: Path) -> None:
    aws.deny("ec2:DescribeRegions")
    collected = run("snapshot", "--output", "s.json")
    assert collected.returncode == 3 and "account:region" in collected.stderr
    (missing,) = [each for each in json.loads((tmp_path / "s.json").read_text())["unknown"] if not each["region"]]
    assert (missing["reason"], missing["resolution"]) == (
        "ec2:DescribeRegions was denied",
        "allow ec2:DescribeRegions on *",
    )
    found = audit(load(str(tmp_path / "s.json")), select=["ACC100"]).report.results
    assert any(each.message.startswith(f"Regions other than {REGION} were not looked at") for each in found)


@pytest.mark.slow
def test_a_check_on_the_snapshot_answers_as_it_does_live(ready: Ready, run: Run, tmp_path: Path) -> None:
    plan = ready.plan()
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    collected = run("snapshot", "--output", "s.json", "--region", REGION, "--plan", "plan.json", "--allow-open")
    assert collected.returncode == 0, collected
    live = run("check", "plan.json", "--format", "json")
    offline = run("check", "plan.json", "--format", "json", "--snapshot", "s.json")
    # Who calls is known live only.
    kept = [each for each in results(live) if each[0] != "PRE101"]
    assert kept == [each for each in results(offline) if each[0] != "PRE101"]
    assert len(kept) > 10 and {"pass"} <= {kind for _, kind, _ in kept}


def _no_bucket(aws: StandIn, ready: Ready) -> None:
    s3 = aws.client("s3")
    s3.delete_object(Bucket=ready.bucket, Key=ready.artifact)
    s3.delete_bucket(Bucket=ready.bucket)


def _no_artifact(aws: StandIn, ready: Ready) -> None:
    aws.client("s3").delete_object(Bucket=ready.bucket, Key=ready.artifact)


def _no_image(aws: StandIn, ready: Ready) -> None:
    aws.client("ecr").delete_repository(repositoryName=ready.repository, force=True)


def _no_role(aws: StandIn, ready: Ready) -> None:
    iam, name = aws.client("iam"), ready.execution_role.rpartition("/")[2]
    for each in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=each)
    for each in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=name, PolicyArn=each["PolicyArn"])
    iam.delete_role(RoleName=name)


def _no_quotas(aws: StandIn, ready: Ready) -> None:
    aws.deny("servicequotas:*")


def _name_taken(aws: StandIn, ready: Ready) -> None:
    request = {"EndpointName": ready.endpoint.upper(), "EndpointConfigName": ready.config}
    aws.client("sagemaker").create_endpoint(**request)


@pytest.mark.parametrize("spoil", [_no_bucket, _no_artifact, _no_image, _no_role, _no_quotas, _name_taken])
@pytest.mark.slow
def test_what_is_wrong_is_the_same_on_the_snapshot(
    aws: StandIn, ready: Ready, run: Run, tmp_path: Path, spoil: Callable[[StandIn, Ready], None]
) -> None:
    spoil(aws, ready)
    (tmp_path / "plan.json").write_text(json.dumps(ready.plan()))
    run("snapshot", "--output", "s.json", "--region", REGION, "--plan", "plan.json", "--allow-open")
    live = run("check", "plan.json", "--format", "json")
    offline = run("check", "plan.json", "--format", "json", "--snapshot", "s.json")
    kept = [each for each in results(live) if each[0] != "PRE101"]
    assert kept == [each for each in results(offline) if each[0] != "PRE101"]
    assert {kind for _, kind, _ in kept} & {"fail", "open"} and live.returncode == offline.returncode != 0


def test_what_is_in_it(ready: Ready, run: Run, tmp_path: Path) -> None:
    done = run("snapshot", "--output", "s.json.gz", "--region", REGION, "--allow-open")
    assert done.returncode == 0, done
    found = json.loads(gzip.decompress((tmp_path / "s.json.gz").read_bytes()))
    region = found["regions"][REGION]
    assert found["account"] == ready.principal.split(":")[4]
    assert {each["RoleName"] for each in found["iam"]["RoleDetailList"]} >= {ready.principal.rpartition("/")[2]}
    assert all("ProductionVariants" in each for each in region["endpoint_configs"])
    assert all("PrimaryContainer" in each or "Containers" in each for each in region["models"])
    assert region["quotas"] and "RegionOptStatus" in region
    assert not list(tmp_path.glob("*.partial")) and not list(tmp_path.glob(".s.json*"))
    assert (tmp_path / "s.json.gz").stat().st_mode & 0o077 == 0
    audited = run("audit", "--snapshot", "s.json.gz", "--select", "ACC", "--format", "json")
    live = run("audit", "--region", REGION, "--select", "ACC", "--format", "json")
    assert live.returncode == audited.returncode and results(live) == results(audited)
    assert json.loads(live.stdout)["access"] == json.loads(audited.stdout)["access"] != []


def test_decisions_on_the_snapshot_are_those_of_the_live_account(ready: Ready, run: Run, tmp_path: Path) -> None:
    account = ready.principal.split(":")[4]
    hosting = f"arn:aws:sagemaker:{REGION}:{account}"
    asked = [
        ("sagemaker:CreateEndpoint", f"{hosting}:endpoint/churn"),
        ("sagemaker:DeleteEndpoint", f"{hosting}:endpoint/churn"),
        ("iam:PassRole", ready.execution_role),
        ("s3:GetObject", f"arn:aws:s3:::{ready.bucket}/{ready.artifact}"),
    ]
    cases = [
        {"id": f"{number}-{who.rpartition('/')[2]}", "principal": who, "action": action, "resource": resource}
        for number, (action, resource) in enumerate(asked)
        for who in (ready.principal, ready.execution_role)
    ]
    (tmp_path / "cases.json").write_text(json.dumps(cases))
    run("snapshot", "--output", "s.json", "--region", REGION, "--allow-open")
    live = run("simulate", "cases.json", "--live", "--format", "json", "--allow-open")
    offline = run("simulate", "cases.json", "--snapshot", "s.json", "--format", "json", "--allow-open")
    told = json.loads(live.stdout)
    assert told == json.loads(offline.stdout) and live.returncode == offline.returncode
    assert {each["decision"] for each in told} >= {"allowed", "implicitDeny"}, told


def test_secrets_never_enter_it(aws: StandIn, ready: Ready, run: Run, tmp_path: Path) -> None:
    planted = ["hunter2-in-the-environment", "AKIAIOSFODNN7EXAMPLE", "a-tag-that-is-secret"]
    sagemaker = aws.client("sagemaker")
    request = dict(ready.model_request)
    request["ModelName"] = "leaky"
    container = {**request["PrimaryContainer"], "Environment": {"PASSWORD": planted[0], "ID": planted[1]}}
    sagemaker.create_model(**{**request, "PrimaryContainer": container})
    aws.client("iam").tag_role(
        RoleName=ready.principal.rpartition("/")[2], Tags=[{"Key": "db-password", "Value": planted[2]}]
    )
    done = run("snapshot", "--output", "s.json", "--region", REGION, "--allow-open")
    assert done.returncode == 0, done
    text = (tmp_path / "s.json").read_text()
    assert "leaky" in text and "db-password" in text and "REDACTED" in text
    assert [each for each in planted if each in text] == []


def test_what_is_denied_is_in_it_as_unknown(aws: StandIn, ready: Ready, run: Run, tmp_path: Path) -> None:
    aws.deny("sagemaker:ListEndpoints")
    done = run("snapshot", "--output", "s.json", "--region", REGION)
    assert done.returncode == 3 and "sagemaker:ListEndpoints" in done.stderr
    found = json.loads((tmp_path / "s.json").read_text())
    (denied,) = [each for each in found["unknown"] if each["kind"] == "sagemaker:endpoint" and not each["key"]]
    assert "sagemaker:ListEndpoints" in denied["resolution"]
    (tmp_path / "plan.json").write_text(json.dumps(ready.plan()))
    checked = run("check", "plan.json", "--snapshot", "s.json", "--format", "json", "--select", "PRE302")
    (result,) = json.loads(checked.stdout)["results"]
    assert result["kind"] == "open" and "when s.json was taken" in result["message"]


@pytest.mark.slow
def test_another_caller_does_not_go_on(aws: StandIn, ready: Ready, run: Run, tmp_path: Path) -> None:
    aws.error("sagemaker:*", "ExpiredTokenException", "The security token included in the request is expired")
    run("snapshot", "--output", "s.json", "--region", REGION)
    before = (tmp_path / "s.json.partial").read_bytes()
    for name, caller in {
        "principal": {"role": "auditor"},
        "account": {"role": "deployer", "account": "444455556666"},
    }.items():
        aws.call_as_role(**caller)
        done = run("snapshot", "--output", "s.json", "--region", REGION, "--resume")
        assert done.returncode == 2 and f"was started with another {name}" in done.stderr, done
        assert (tmp_path / "s.json.partial").read_bytes() == before


@pytest.mark.slow
def test_an_interrupted_run_goes_on(
    aws: StandIn, ready: Ready, run: Run, started: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    aws.hang("sagemaker:ListEndpointConfigs")
    process = started("snapshot", "--output", "s.json", "--region", REGION)
    until = time.monotonic() + 120
    while not aws.calls.of("sagemaker:ListEndpointConfigs"):
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert f"continue with preflight snapshot --output s.json --region {REGION} --resume" in err
    assert (tmp_path / "s.json.partial").stat().st_mode & 0o077 == 0 and not (tmp_path / "s.json").exists()
    assert "another run is in progress or was interrupted" in run("snapshot", "--output", "s.json").stderr
    aws.mend()
    before = len(aws.calls.of("iam:GetAccountAuthorizationDetails"))
    done = run("snapshot", "--output", "s.json", "--region", REGION, "--resume", "--allow-open")
    assert done.returncode == 0, done
    assert len(aws.calls.of("iam:GetAccountAuthorizationDetails")) == before
    assert not (tmp_path / "s.json.partial").exists() and json.loads((tmp_path / "s.json").read_text())["iam"]


@pytest.mark.slow
def test_credentials_that_expire_partway_and_a_run_that_goes_on(
    aws: StandIn, ready: Ready, run: Run, tmp_path: Path
) -> None:
    expired = ("ExpiredTokenException", "The security token included in the request is expired")
    aws.error("sagemaker:*", *expired)
    done = run("snapshot", "--output", "s.json", "--region", REGION)
    assert done.returncode == 2 and "expired" in done.stderr and "--resume" in done.stderr
    aws.mend()
    aws.call_as_role("deployer", "another-session")
    done = run("snapshot", "--output", "s.json", "--region", REGION, "--resume", "--allow-open")
    assert done.returncode == 0, done
    assert json.loads((tmp_path / "s.json").read_text())["regions"][REGION]["models"]


def test_throttling_is_waited_out(aws: StandIn, ready: Ready, run: Run, tmp_path: Path) -> None:
    aws.throttle("sagemaker:ListModels", times=1)
    done = run("snapshot", "--output", "s.json", "--region", REGION, "--allow-open")
    assert done.returncode == 0 and json.loads((tmp_path / "s.json").read_text())["regions"][REGION]["models"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--output", "nowhere/s.json"), "there is no directory"),
        (("--output", "s.json", "--from-files", "x.json", "--resume"), "--from-files can't be combined with"),
    ],
)
def test_bad_usage(run: Run, arguments: tuple[str, ...], says: str, tmp_path: Path) -> None:
    done = run("snapshot", *arguments)
    assert done.returncode == 2 and says in done.stderr and done.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_full_disk_leaves_what_was_read(aws: StandIn, ready: Ready, tmp_path: Path) -> None:
    limited = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)); from preflight.cli.app import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", limited, "snapshot", "--output", "s.json", "--region", REGION],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], **aws.environment(), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 2 and "cannot be written" in done.stderr and "--resume" in done.stderr, done
    assert "Traceback" not in done.stderr and not (tmp_path / "s.json").exists()


@pytest.mark.slow
def test_a_file_that_cannot_be_written_at_the_end_leaves_what_was_read(
    aws: StandIn, ready: Ready, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    output, partial = str(tmp_path / "s.json"), tmp_path / "s.json.partial"
    for error, raised in ((OSError(28, "No space left"), UsageError), (KeyboardInterrupt(), api.SnapshotInterrupted)):
        with monkeypatch.context() as full:
            full.setattr(written, "replace_file", Mock(side_effect=error))
            with pytest.raises(raised, match=r"s\.json\.partial"):
                api.snapshot(output, regions=[REGION], resume=partial.exists())
        assert partial.exists() and not Path(output).exists()
    asked = len(aws.calls.of("iam:GetAccountAuthorizationDetails"))
    api.snapshot(output, regions=[REGION], resume=True)
    assert Path(output).exists() and not partial.exists()
    assert len(aws.calls.of("iam:GetAccountAuthorizationDetails")) == asked


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="of Linux")
def test_nothing_is_kept_beside_a_device(
    aws: StandIn, ready: Ready, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in aws.environment().items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=r"No space left on device\); make room, and run it again$"):
        api.snapshot("/dev/full", regions=[REGION])
    with pytest.raises(UsageError, match="--resume continues from a file"):
        api.snapshot("/dev/full", regions=[REGION], resume=True)
    assert not list(Path("/dev").glob("full.*"))
    # Through a link the file that it leads to is written, as every command does, and the link stays.
    link, file = tmp_path / "link.json", tmp_path / "file.json"
    link.symlink_to(file)
    api.snapshot(str(link), regions=[REGION])
    assert link.is_symlink() and file.is_file()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file.json", "link.json"]


def test_a_screen_that_takes_nothing_more_does_not_change_how_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Mock(write=Mock(side_effect=BrokenPipeError)))
    _tell({"account": ACCOUNT, "regions": {}, "unknown": []}, "s.json", quiet=False)


def test_what_to_do_where_the_account_is_not_known_follows_from_why() -> None:
    late = Unknown("sts:GetCallerIdentity was throttled", "run it again a little later", "Throttling")
    with pytest.raises(UsageError, match=r"was throttled; run it again a little later$"):
        _identity(Mock(account_id=lambda: late, caller=lambda: late))


DETAILS = {
    "RoleDetailList": [
        {
            "RoleName": "deployer",
            "Arn": "arn:aws:iam::111122223333:role/deployer",
            "AssumeRolePolicyDocument": "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%5D%7D",
            "RolePolicyList": [],
            "AttachedManagedPolicies": [],
        }
    ],
    "UserDetailList": [],
    "GroupDetailList": [],
    "Policies": [],
    "IsTruncated": False,
}
CONFIG = {
    "EndpointConfigName": "c",
    "EndpointConfigArn": "arn:aws:sagemaker:eu-west-1:111122223333:endpoint-config/c",
    "ProductionVariants": [{"VariantName": "v", "ModelName": "m", "InstanceType": "ml.m5.xlarge"}],
}


def dumped(folder: Path, **files: object) -> None:
    for name, value in files.items():
        (folder / f"{name}.json").write_text(json.dumps(value))


def test_what_the_aws_cli_printed_makes_one_too(tmp_path: Path, run: Run) -> None:
    endpoint = {"EndpointName": "e", "EndpointArn": CONFIG["EndpointConfigArn"], "EndpointStatus": "InService"}
    quota = {"QuotaName": "ml.m5.xlarge for endpoint usage", "QuotaCode": "L-1", "Value": 2.0}
    dumped(
        tmp_path, iam=DETAILS, config=CONFIG, endpoint={**endpoint, "EndpointConfigName": "c"}, q={"Quotas": [quota]}
    )
    files = [part for name in ("iam", "config", "endpoint", "q") for part in ("--from-files", f"{name}.json")]
    done = run("snapshot", "--output", "s.json", *files, "--region", "eu-west-1")
    assert done.returncode == 0, done
    found = json.loads((tmp_path / "s.json").read_text())
    assert found["account"] == "111122223333" and list(found["regions"]) == ["eu-west-1"]
    region = found["regions"]["eu-west-1"]
    assert (region["endpoint_configs"][0]["EndpointConfigName"], region["endpoints"][0]["EndpointName"]) == ("c", "e")
    assert region["quotas"] == [quota]
    assert found["iam"]["RoleDetailList"][0]["AssumeRolePolicyDocument"] == {"Version": "2012-10-17", "Statement": []}
    audited = run("audit", "--snapshot", "s.json", "--select", "ACC133,ACC150", "--format", "json")
    assert json.loads(audited.stdout)["quotas"]


@pytest.mark.parametrize(
    ("files", "options", "says"),
    [
        ({"a": {"Buckets": []}}, (), "a.json: it is not the output of a supported AWS CLI command"),
        ({"a": {"Quotas": []}}, ("--account", "111122223333"), "doesn't name its region; add --region"),
        ({"a": {"Quotas": []}}, ("--region", "us-east-1"), "no file names the account; add --account"),
        (
            {"a": CONFIG},
            ("--account", "444455556666"),
            "it belongs to account 111122223333, the others to 444455556666",
        ),
    ],
)
def test_files_that_do_not_make_one(
    tmp_path: Path, run: Run, files: dict[str, object], options: tuple[str, ...], says: str
) -> None:
    dumped(tmp_path, **files)
    done = run("snapshot", "--output", "s.json", "--from-files", "a.json", *options)
    assert done.returncode == 2 and says in done.stderr and done.stderr.count("\n") == 1
    assert not (tmp_path / "s.json").exists()


def test_lists_that_were_not_read_whole_say_so(aws: StandIn, ready: Ready, run: Run, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(ready.plan()))
    run("snapshot", "--output", "s.json", "--region", REGION, "--plan", "plan.json", "--allow-open")
    region = json.loads((tmp_path / "s.json").read_text())["regions"][REGION]
    assert {"objects", "images"} <= set(region["incomplete"])
    assert not {"endpoints", "endpoint_configs", "models", "quotas", "subnets"} & set(region["incomplete"])
    # A key that the snapshot was never asked for is not known, in a bucket that it has: live it would be found.
    parameters = {"ModelName": "new", "ExecutionRoleArn": ready.execution_role, "PrimaryContainer": {
        "Image": f"{ready.principal.split(':')[4]}.dkr.ecr.{REGION}.amazonaws.com/{ready.repository}:another",
        "ModelDataUrl": f"s3://{ready.bucket}/another/model.tar.gz"}}  # fmt: skip
    (tmp_path / "model.json").write_text(json.dumps(parameters))
    done = run("check", "model.json", "--operation", "create-model", "--format", "json", "--snapshot", "s.json",
               "--select", "PRE403,PRE404", "--principal", ready.principal)  # fmt: skip
    assert [(rule, kind) for rule, kind, _ in results(done)] == [("PRE403", "open"), ("PRE404", "open")]


def test_resource_policies_are_read_and_judged_if_asked_for(
    aws: StandIn, ready: Ready, run: Run, tmp_path: Path
) -> None:
    def to(principal: object, action: str, resource: str = "*") -> str:
        statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    partner = {"AWS": "arn:aws:iam::444455556666:root"}
    s3, sqs, sns = aws.client("s3"), aws.client("sqs"), aws.client("sns")
    s3.create_bucket(Bucket="shared")
    s3.put_bucket_policy(Bucket="shared", Policy=to("*", "s3:GetObject", "arn:aws:s3:::shared/*"))
    sqs.create_queue(QueueName="jobs", Attributes={"Policy": to(partner, "sqs:SendMessage")})
    sqs.create_queue(QueueName="own")
    sns.create_topic(Name="news", Attributes={"Policy": to(partner, "sns:Publish")})
    secrets = aws.client("secretsmanager")
    secrets.create_secret(Name="token", SecretString="x")
    secrets.put_resource_policy(SecretId="token", ResourcePolicy=to(partner, "secretsmanager:GetSecretValue"))
    done = run("snapshot", "--output", "s.json", "--region", REGION, "--resource-policies", "--allow-open")
    assert done.returncode == 0, done
    region = json.loads((tmp_path / "s.json").read_text())["regions"][REGION]
    assert {"queues", "topics", "secrets", "functions", "buckets", "kms_keys", "repositories"} <= region.keys()
    assert not {"queues", "topics", "secrets", "buckets"} & set(region.get("incomplete", ()))
    audited = run("audit", "--snapshot", "s.json", "--select", "ACC113", "--format", "json")
    found = {each["subject"].rpartition(":")[2]: each for each in json.loads(audited.stdout)["results"]}
    kinds = {name.partition("-")[0]: each["kind"] for name, each in found.items() if each["subject"]}
    assert kinds == {"shared": "fail", "jobs": "fail", "news": "fail", "token": "fail"}, found
    assert "Block Public Access" not in found["shared"]["message"]
    (passed,) = [each for each in json.loads(audited.stdout)["results"] if not each["subject"]]
    assert passed["kind"] == "pass" and "1 queue" in passed["message"] and "1 key" in passed["message"], passed
    # A question to the live account reads the policies that it is about.
    live = run("audit", "--who-can", "sqs:SendMessage", "--region", REGION, "--format", "json", "--allow-open")
    assert live.returncode == 0 and "queues are not all known" not in live.stderr, live
    assert ("arn:aws:iam::444455556666:root", "jobs") in {
        (each["principal"], each["resource"].rpartition(":")[2]) for each in json.loads(live.stdout)
    }


def test_block_public_access_is_read_and_counts(aws: StandIn, run: Run, tmp_path: Path) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    s3, control = aws.client("s3"), aws.client("s3control")
    for name in ("blocked", "public"):
        s3.create_bucket(Bucket=name)
        policy = {"Version": "2012-10-17", "Statement": [{**statement, "Resource": f"arn:aws:s3:::{name}/*"}]}
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
    settings = dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    )
    s3.put_public_access_block(Bucket="blocked", PublicAccessBlockConfiguration=settings)

    def kinds() -> dict[str, str]:
        run("snapshot", "--output", "s.json", "--region", REGION, "--resource-policies", "--allow-open")
        audited = run("audit", "--snapshot", "s.json", "--select", "ACC113", "--format", "json")
        results = json.loads(audited.stdout)["results"]
        return {each["subject"].rpartition(":")[2]: each["kind"] for each in results if each["subject"]}

    assert kinds() == {"blocked": "pass", "public": "fail"}
    control.meta.events.register("before-sign.s3-control", _without_account)
    control.put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=settings)
    assert kinds() == {"blocked": "pass", "public": "pass"}


def test_older_versions_of_policies_are_kept_for_who_can_restore_them(aws: StandIn, run: Run, tmp_path: Path) -> None:
    def allowing(action: str) -> str:
        return json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}
        )

    iam = aws.client("iam")
    arn = iam.create_policy(PolicyName="team", PolicyDocument=allowing("*"))["Policy"]["Arn"]
    narrow = allowing("iam:SetDefaultPolicyVersion")
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=narrow, SetAsDefault=True)
    iam.create_user(UserName="ann")
    iam.attach_user_policy(UserName="ann", PolicyArn=arn)
    assert run("snapshot", "--output", "s.json", "--region", REGION, "--allow-open").returncode == 0
    audited = run("audit", "--snapshot", "s.json", "--select", "ACC110", "--format", "json")
    assert audited.returncode == 1, audited
    found = [each["message"] for each in json.loads(audited.stdout)["results"] if each["kind"] == "fail"]
    assert any("ann can become an administrator: iam:SetDefaultPolicyVersion makes v1" in each for each in found), found


def test_what_was_last_used_is_read_and_judged_if_asked_for(
    aws: StandIn, ready: Ready, run: Run, tmp_path: Path
) -> None:
    iam = aws.client("iam")
    iam.create_user(UserName="ann")
    iam.create_access_key(UserName="ann")
    iam.create_login_profile(UserName="ann", Password="A-long-password-1")
    aws.state.last_accessed[ready.execution_role] = {"s3": "2030-01-01T00:00:00Z", "ecr": "", "logs": ""}
    done = run("snapshot", "--output", "s.json", "--region", REGION, "--last-accessed", "--allow-open")
    assert done.returncode == 0, done
    found = json.loads((tmp_path / "s.json").read_text())
    (own,) = [each for each in found["iam"]["ServiceLastAccessed"] if each["Arn"] == ready.execution_role]
    assert own["ServicesLastAccessed"][1:] == [{"ServiceNamespace": "ecr"}, {"ServiceNamespace": "logs"}]
    assert [each["user"] for each in found["iam"]["CredentialReport"]] == ["ann"]
    assert found["iam"]["PasswordPolicy"] == []
    found["taken_at"] = "2030-01-02T00:00:00Z"
    for each in found["iam"]["CredentialReport"]:
        each["access_key_1_last_rotated"] = "2026-01-01T00:00:00+00:00"
    (tmp_path / "later.json").write_text(json.dumps(found))
    audited = run("audit", "--snapshot", "later.json", "--select", "ACC16", "--format", "json")
    failed = {each["rule"]: each for each in json.loads(audited.stdout)["results"] if each["kind"] == "fail"}
    assert {"ACC161", "ACC162", "ACC163", "ACC165", "ACC166", "ACC168"} <= failed.keys(), failed.keys()
    narrower = json.loads(failed["ACC163"]["remedy"].partition("): ")[2])
    kept = [action for each in narrower["Statement"] for action in each["Action"]]
    assert kept == ["s3:GetObject", "s3:ListBucket", "s3:GetBucketLocation"]
    denied = run("snapshot", "--output", "s.json", "--region", REGION)
    assert denied.returncode in (0, 3)
    plain = run("audit", "--snapshot", "s.json", "--select", "ACC16", "--format", "json")
    kinds = {each["rule"]: each["kind"] for each in json.loads(plain.stdout)["results"]}
    assert {kinds[f"ACC{each}"] for each in (161, 162, 163, 164, 165, 166, 168)} == {"notApplicable"}, kinds


def test_what_runs_with_which_role_is_read_and_judged_if_asked_for(aws: StandIn, run: Run, tmp_path: Path) -> None:
    iam = aws.client("iam")
    services = [
        f"{each}.amazonaws.com"
        for each in ("ec2", "sagemaker", "codebuild", "states", "cloudformation", "glue", "ecs-tasks", "batch")
    ]
    trusted = {"Effect": "Allow", "Principal": {"Service": services}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
    boss = iam.create_role(RoleName="boss", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    iam.put_role_policy(
        RoleName="boss",
        PolicyName="p",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [everything]}),
    )
    iam.create_instance_profile(InstanceProfileName="bosses")
    iam.add_role_to_instance_profile(InstanceProfileName="bosses", RoleName="boss")
    users = {
        "command": ["ssm:SendCommand"],
        "notebook": ["sagemaker:CreatePresignedNotebookInstanceUrl"],
        "build": ["codebuild:StartBuild"],
        "machine": ["states:UpdateStateMachine", "states:StartExecution"],
        "stack": ["cloudformation:UpdateStack"],
        "endpoint": ["glue:UpdateDevEndpoint"],
        "definition": ["batch:SubmitJob"],
    }
    for name, actions in users.items():
        iam.create_user(UserName=name)
        allowed = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)

    profile = {"Name": "bosses"}
    aws.client("ec2").run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1, IamInstanceProfile=profile)
    sagemaker = aws.client("sagemaker")
    sagemaker.create_notebook_instance(NotebookInstanceName="n", InstanceType="ml.t3.medium", RoleArn=boss)
    cluster = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10}
    sagemaker.create_processing_job(
        ProcessingJobName="j",
        ProcessingResources={"ClusterConfig": cluster},
        AppSpecification={"ImageUri": "i"},
        RoleArn=boss,
    )
    aws.client("codebuild").create_project(
        name="build-project",
        source={"type": "S3", "location": "b/k"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={"type": "LINUX_CONTAINER", "image": "i", "computeType": "BUILD_GENERAL1_SMALL"},
        serviceRole=boss,
    )
    machine = json.dumps({"StartAt": "s", "States": {"s": {"Type": "Pass", "End": True}}})
    aws.client("stepfunctions").create_state_machine(name="m", definition=machine, roleArn=boss)
    aws.client("cloudformation").create_stack(
        StackName="s", RoleARN=boss, TemplateBody=json.dumps({"Resources": {"T": {"Type": "AWS::SNS::Topic"}}})
    )
    aws.client("glue").create_dev_endpoint(EndpointName="e", RoleArn=boss)
    aws.client("glue").create_job(Name="etl", Role="boss", Command={"Name": "glueetl"})
    container = {"image": "i", "command": [], "jobRoleArn": boss, "vcpus": 1, "memory": 64}
    aws.client("batch").register_job_definition(jobDefinitionName="d", type="container", containerProperties=container)
    aws.client("ecs").register_task_definition(
        family="t", containerDefinitions=[{"name": "c", "image": "i", "memory": 64}]
    )

    def ways(name: str, *more: str) -> set[str]:
        done = run("snapshot", "--output", name, "--region", REGION, "--allow-open", *more)
        assert done.returncode == 0, done.stderr
        audited = json.loads(run("audit", "--snapshot", name, "--select", "ACC110", "--format", "json").stdout)
        return {each["source"].rpartition("/")[2] for each in audited["escalation"]["steps"] if not each["depends_on"]}

    assert ways("without.json") == set()
    assert ways("with.json", "--running") == {*users}
    live = run("audit", "--region", REGION, "--running", "--select", "ACC110", "--format", "json", "--allow-open")
    assert {each["source"].rpartition("/")[2] for each in json.loads(live.stdout)["escalation"]["steps"]} >= {*users}
    region = json.loads((tmp_path / "with.json").read_text())["regions"][REGION]
    assert region["glue_jobs"] == [{"Name": "etl", "Role": "boss"}]
    assert [each["jobRoleArn"] for each in region["batch_job_definitions"]] == [boss]
    assert region["task_definitions"][0]["taskDefinitionArn"].endswith(":task-definition/t:1")
    assert region["notebook_instances"][0]["RoleArn"] == boss
    # moto's jobs are over at once.
    assert region["running_processing_jobs"] == [] and "running_processing_jobs" not in region.get("incomplete", ())
