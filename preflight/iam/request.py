"""What is decided: a request, and all the policies that bear on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from preflight.iam.policy import Policy
from preflight.iam.policy_types import PolicyType as PolicyType

Value = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Context:
    """The request context. Keys compare without case; values are a string, or a tuple of strings for multivalued keys.

    With `complete`, a key that is not listed is not in the request. Without it, an unlisted key is unknown unless it
    matches one of the patterns of `absent` (`aws:RequestTag/*`), which is known not to be in the request.
    """

    values: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))
    complete: bool = True
    absent: tuple[str, ...] = ()


_EMPTY = Context()


@dataclass(frozen=True, slots=True)
class Request:
    """One authorization question.

    `principal` is an ARN (role, user, assumed-role session, federated user, account root), a service principal
    (`sagemaker.amazonaws.com`) or `*` (anonymous). `action` is `service:Action`; `resource` an ARN, or `*` for an
    action without resource-level permissions. `resource_account` owns the resource where its ARN does not say (S3).
    `principal_tags` and `resource_tags` give `aws:PrincipalTag/*` and `aws:ResourceTag/*`; None means not known.
    `principal_id` is the unique id of the user or role (`AIDA…`, `AROA…`), `principal_arn` its ARN with the path that a
    session's ARN does not show; None means not known.
    """

    principal: str
    action: str
    resource: str
    resource_account: str | None = None
    context: Context = _EMPTY
    principal_tags: Mapping[str, str] | None = None
    resource_tags: Mapping[str, str] | None = None
    principal_id: str | None = None
    principal_arn: str | None = None


@dataclass(frozen=True, slots=True)
class Policies:
    """Every policy that bears on a request, by type.

    `boundaries` empty means none is set. `session` is None where no session policy was passed. `service_control` and
    `resource_control` have one tuple per level of the organization, root first; None means no organization applies.
    `unknown` names the policy types that could not be read (or not all), with the reason: a decision that they could
    change is open.
    """

    identity: tuple[Policy, ...] = ()
    boundaries: tuple[Policy, ...] = ()
    session: tuple[Policy, ...] | None = None
    service_control: tuple[tuple[Policy, ...], ...] | None = None
    resource_control: tuple[tuple[Policy, ...], ...] | None = None
    resource: Policy | None = None
    vpc_endpoint: tuple[Policy, ...] = ()
    unknown: Mapping[PolicyType, str] = field(default_factory=lambda: MappingProxyType({}))
    content: tuple[object, ...] = field(init=False, compare=False, repr=False)
    """All of the above, to keep by it what is worked out of them."""

    def __post_init__(self) -> None:
        """Put the content together once: a mapping can't be a key."""
        content = (
            self.identity,
            self.boundaries,
            self.session,
            self.service_control,
            self.resource_control,
            self.resource,
            self.vpc_endpoint,
            tuple(self.unknown.items()),
        )
        object.__setattr__(self, "content", content)

    def sets(self, key: str) -> bool:
        """Whether any policy tests a key, in lower case, as one of several values, with a set operator."""
        levels = (*(self.service_control or ()), *(self.resource_control or ()))
        groups = (self.identity, self.boundaries, self.session or (), self.vpc_endpoint, *levels)
        resource = self.resource is not None and key in self.resource.sets
        return resource or any(key in policy.sets for group in groups for policy in group)
