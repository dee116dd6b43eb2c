"""What a test holds of the stand-in: `aws`. It arranges what AWS is like and looks at what was asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.aws import faults, server
from tests.aws.answers import Answer, AwsError
from tests.aws.calls import Calls
from tests.aws.faults import Fault
from tests.aws.overlay import World
from tests.aws.quotas import made_up_code, usual
from tests.aws.state import ACCOUNT, REGION, Caller, Course, Quota, Stale, State, assumed

ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


class StandIn:
    """A stand-in for one AWS account over HTTP.

    `url` goes into `--endpoint-url`, `client()` gives boto3 clients, `environment()` what a subprocess needs. All else
    arranges what happens. Patterns are `service:Operation` with `*`, and a region can be named everywhere.
    """

    def __init__(self, url: str, world: World) -> None:
        self.url = url
        self._world = world
        self._clients: dict[tuple[str, str], Any] = {}

    def reset(self) -> None:
        """Begin anew: an account with nothing in it, its usual quotas, and no faults."""
        self._world.faults.clear()
        self._world.calls.clear()
        server.forget_moto()
        self._world.state = State(quotas=usual())

    @property
    def account(self) -> str:
        return self._world.state.account

    @property
    def state(self) -> State:
        """Everything the overlay holds, for what has no method here."""
        return self._world.state

    @property
    def calls(self) -> Calls:
        """The calls made since the test began or since `calls.clear()`."""
        return self._world.calls

    def client(self, service: str, region: str = REGION, *, access_key: str = ACCESS_KEY) -> Any:
        """Return a boto3 client that talks to the stand-in."""
        import boto3
        from botocore.config import Config

        key = (service, region)
        if key not in self._clients or access_key != ACCESS_KEY:
            client: Any = boto3.client(  # type: ignore[call-overload]
                service,
                region_name=region,
                endpoint_url=self.url,
                aws_access_key_id=access_key,
                aws_secret_access_key=SECRET_KEY,
                config=Config(retries={"mode": "standard", "total_max_attempts": 1}, s3={"addressing_style": "path"}),
            )
            if access_key != ACCESS_KEY:
                return client
            self._clients[key] = client
        return self._clients[key]

    def environment(self, region: str = REGION) -> dict[str, str]:
        """Return the environment in which the AWS SDK talks to the stand-in and to nothing else."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_CONFIG_FILE": "/nonexistent/config",
            "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent/credentials",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    # Who calls.

    def call_as_role(self, role: str, session: str = "test", *, account: str = ACCOUNT, partition: str = "aws") -> None:
        """Let the credentials be a session of a role. The usual one is `deployer`."""
        self.state.caller = assumed(role, session, account, partition)

    def call_as_user(self, user: str, *, account: str = ACCOUNT, partition: str = "aws") -> None:
        """Let the credentials be a user's own access key."""
        self.state.caller = Caller(f"arn:{partition}:iam::{account}:user/{user}", account, "AIDAEXAMPLEEXAMPLE123")

    def managed_policies(self, *names: str, partition: str = "aws") -> None:
        """Put AWS managed policies there, as moto carries them, to be attached and read."""
        server.load_managed_policies(self.account, partition, names)

    # What goes wrong on the way.

    def latency(self, seconds: float, pattern: str = "*") -> None:
        """Let every answer take so long."""
        self._world.faults.add(Fault(pattern, "latency", seconds=seconds))

    def deny(self, pattern: str, *, times: int | None = None, region: str = "*", because: str | None = None) -> None:
        """Refuse with AWS's AccessDenied message; `because` is how the message ends."""
        self._world.faults.add(Denial(pattern, self._world, times, region, because))

    def throttle(self, pattern: str, times: int | None = None) -> None:
        """Refuse as too frequent, `times` times."""
        self._world.faults.add(Throttle(pattern, times))

    def error(self, pattern: str, code: str, message: str, *, status: int = 400, times: int | None = None) -> None:
        """Refuse with any error."""
        error = AwsError(code, message, status)
        self._world.faults.add(Fault(pattern, "error", left=times, error=error))

    def broken(self, pattern: str, *, status: int = 500, times: int | None = None) -> None:
        """Answer with AWS's internal error."""
        self.error(pattern, "InternalFailure", "The request processing has failed.", status=status, times=times)

    def hang(self, pattern: str, *, seconds: float = 60.0, times: int | None = None) -> None:
        """Say nothing for so long, then cut the connection; nothing is done."""
        self._world.faults.add(Fault(pattern, "hang", left=times, seconds=seconds))

    def cut(self, pattern: str, *, times: int | None = None) -> None:
        """Reset the connection before anything is done."""
        self._world.faults.add(Fault(pattern, "reset", left=times))

    def lose_answer(self, pattern: str, *, times: int | None = None) -> None:
        """Do what is asked and reset the connection instead of answering."""
        self._world.faults.add(Fault(pattern, "lose", left=times))

    def spoil(self, pattern: str, spoil: faults.Spoil, *, times: int | None = None) -> None:
        """Do what is asked, and answer what `spoil` makes of the answer."""
        self._world.faults.add(Fault(pattern, "spoil", left=times, spoil=spoil))

    def fail_after(self, pattern: str, *, times: int | None = None) -> None:
        """Do what is asked, and answer with AWS's internal error."""
        body = b'{"__type": "InternalFailure", "message": "The request processing has failed."}'
        self.spoil(pattern, lambda _: Answer(500, body, "application/x-amz-json-1.1"), times=times)

    def mend(self, pattern: str | None = None) -> None:
        """End the faults with this pattern, or all of them."""
        self._world.faults.clear(pattern)

    # What the account is like.

    def quota(self, name: str, value: float | None, *, default: float | None = None, code: str = "") -> None:
        """Set a quota of SageMaker by its name; None means that the account's own value is not available."""
        known = self.state.quotas.get(name)
        usual_default = known.default if known else (value or 0.0)
        code = code or (known.code if known else made_up_code(name))
        self.state.quotas[name] = Quota(name, code, usual_default if default is None else default, value)

    def no_quota(self, name: str) -> None:
        """Let Service Quotas not know a quota."""
        self.state.quotas.pop(name, None)

    def region(self, name: str, status: str) -> None:
        """Set a region's RegionOptStatus."""
        self.state.regions[name] = status

    def sts_off(self, *regions: str) -> None:
        """Deactivate STS in regions."""
        self.state.sts_off.update(regions)

    def stale(self, *, reads: int = 0, creates: int = 0, config: str = "*") -> None:
        """Let the next reads of a configuration, and the next creates and updates with it, not see it yet."""
        self.state.stale[config] = Stale(reads, creates)

    # What becomes of endpoints that are created or updated from now on.

    def endpoint_goes(self, *statuses: str, name: str | None = None, reason: str = "") -> None:
        """Say what each DescribeEndpoint shows, the last one for good; `gone` is an endpoint that is not there."""
        course = Course(list(statuses), reason)
        if name is None:
            self.state.usual_course = course
        else:
            self.state.courses[name.lower()] = course

    def fail_endpoint(self, name: str | None = None, reason: str = "The primary container did not start.") -> None:
        """Let an endpoint fail after one look."""
        self.endpoint_goes("Creating", "Failed", name=name, reason=reason)

    def hold_endpoint(self, name: str | None = None) -> None:
        """Let an endpoint stay at what it is first, until `release_endpoint`."""
        self.endpoint_goes("Creating", "InService", name=name)
        course = self.state.usual_course if name is None else self.state.courses[name.lower()]
        course.hold = True

    def release_endpoint(self, name: str) -> None:
        """Let an endpoint that is held go on."""
        for hosting in self.state.hosting.values():
            endpoint = hosting.endpoints.get(name.lower())
            if endpoint is not None:
                endpoint.course.hold = False

    def endpoint(self, name: str, region: str = REGION) -> Mapping[str, Any] | None:
        """Return how an endpoint is, without moving it on; None if there is none."""
        found = self.state.hosting[self.account, region].endpoints.get(name.lower())
        if found is None or found.status == "gone":
            return None
        return {"EndpointName": found.name, "EndpointConfigName": found.config, "EndpointStatus": found.status}


class Denial(Fault):
    """A refusal whose message names the caller and the resource."""

    def __init__(self, pattern: str, world: World, times: int | None, region: str, because: str | None) -> None:
        super().__init__(pattern, "error", region, times)
        self.world, self.because = world, because

    def says(self, request: Any) -> AwsError:
        caller = self.world.state.caller_of(request.access_key).arn
        because = self.because
        if because is None:
            action = faults.action_of(request)
            because = f"because no identity-based policy allows the {action} action"
        return faults.denied(request, caller, faults.resource_of(request, self.world.state.account), because)


class Throttle(Fault):
    """A refusal in the words of the service that is asked."""

    def __init__(self, pattern: str, times: int | None) -> None:
        super().__init__(pattern, "error", left=times)

    def says(self, request: Any) -> AwsError:
        return faults.throttled(request.action)
