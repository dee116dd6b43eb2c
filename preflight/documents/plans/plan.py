"""A plan: the AWS calls that someone is about to make, in order, and as whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from preflight.documents.text.document import Document

PlannedChange: TypeAlias = Literal["create", "update", "remove", "extend", "delete"]
PlannedHandler: TypeAlias = Literal["create", "read", "update", "delete", "call", "deploy", "none"]


@dataclass(frozen=True, slots=True)
class PlannedRequest:
    """One call. `operation` is `service:Operation` (`sagemaker:CreateEndpoint`), `parameters` its AWS request shape.

    `pointer` is where the parameters stand in `document`, for locations. `name` is what a template or plan calls the
    resource (a logical id, a Terraform address), `through` the service that makes the call for the principal, by a
    forward access session (`cloudformation.amazonaws.com`); both are empty for calls that are made directly.
    `depends_on` says what must be known before it is certain that the call is made, or what it says: a condition of a
    template.
    `unreadable` is what was written, where `parameters` are only what can be read of it by the call's shape.
    """

    operation: str
    parameters: Mapping[str, Any]
    document: Document
    pointer: str = ""
    name: str = ""
    through: str = ""
    depends_on: tuple[str, ...] = ()
    unreadable: Mapping[str, Any] | None = None

    @property
    def written(self) -> Mapping[str, Any]:
        """The parameters as they were written, whether or not they can be read."""
        return self.parameters if self.unreadable is None else self.unreadable


@dataclass(frozen=True, slots=True)
class PlannedResource:
    """A resource that a deploy makes, changes, deletes or only reads, or a call of which no file in `rules/operations/`
    says more: what must be accounted for, whether or not a request of the plan is for it.

    `name` is what a reader finds it by: `STACK/LogicalId`, a Terraform address, `service:Operation` for a call; `type`
    is its resource type, or the call. `handler` is what happens to it, `none` where nothing is asked of AWS.
    `properties` are by the names that its type has, `before` those that it had; `said` are the arguments that the
    configuration names, None where all of `properties` were written by somebody. `tags` are those of the stack, None
    where they are not known. `request` is the name of the request of the plan that makes it, empty where none does;
    `replaces` says that one is deleted for it. `region` is where it lies if not in the plan's.
    """

    name: str
    type: str
    handler: PlannedHandler
    properties: Mapping[str, Any]
    document: Document
    pointer: str = ""
    before: Mapping[str, Any] = field(default_factory=dict)
    said: frozenset[str] | None = None
    through: str = ""
    depends_on: tuple[str, ...] = ()
    tags: Mapping[str, str] | None = field(default_factory=dict)
    request: str = ""
    replaces: bool = False
    region: str = ""


@dataclass(frozen=True, slots=True)
class PlannedStack:
    """A stack that is deployed: `name` is what its resources are reported under, `stack_name` what it is called in the
    account, perhaps not known, `named` that this was said by somebody for the deploy.

    `tags` are the stack's, None where they are not known; `transforms` those of its template, `exports` the names that
    it exports. `template_url` is where
    the template is uploaded to, if that is known; `updates` says that the stack is there. `service_role` is the role
    that CloudFormation works with, `deployed_by` the role that who deploys assumes, and `assumed` others that they do;
    of a template by itself nothing says.
    """

    name: str
    stack_name: str
    document: Document
    pointer: str = ""
    named: bool = False
    tags: Mapping[str, str] | None = field(default_factory=dict)
    transforms: tuple[str, ...] = ()
    exports: tuple[str, ...] = ()
    template_url: str = ""
    updates: bool = False
    service_role: str | None = None
    deployed_by: str | None = None
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Declared:
    """A resource that a template makes beside the requests, as a role or its policies: it is there for all of them.

    `kind` is a kind of `rules/resources` (`iam:role`); `key` has what identifies it there, by all the names that are
    known (`RoleName` and `RoleArn`); `value` is how AWS will describe it; `pointer` is where it stands in `document`.
    `change` says whether the deploy makes it, deletes it, or changes what is there; one that is not there stays so.
    `update` puts the members of `value` in the place of those that are there; `extend` does too, but adds lists to
    those that are there; of lists, `remove` takes out each element that has all that an element of `value` has.
    `depends_on` says what must be known before it is certain that any of this is done.
    """

    kind: str
    key: Mapping[str, str]
    value: Mapping[str, Any]
    document: Document
    pointer: str = ""
    change: PlannedChange = "create"
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that a plan holds and that could not be read: what (lower case, no full stop), where it stands, and an
    imperative that says what would resolve it. `refused` says that AWS refuses the whole for it.
    """

    message: str
    resolution: str
    document: Document
    pointer: str = ""
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """What the command line says that reading a template or a plan needs: where it is deployed, and its parameters.

    What is None, or not among the parameters, nobody has said yet. `parameters` are by name, or by stack and name
    (`Stack:Name`) for one stack of several. `deployed` is the template as it is deployed, or a change set: what is read
    is an update of it. `stack_name` is what the stack is called, and `stack_tags` are given when it is deployed.
    `several` says that other documents are read into the same plan, so that what is not known in one must not be taken
    for the same in another.
    """

    region: str | None = None
    account: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    deployed: Document | None = None
    several: bool = False
    stack_name: str | None = None
    stack_tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """Requests in the order in which they will be made.

    `region`, `account` and `principal` (an IAM ARN) are None where nobody has said them yet; `context` holds request
    context keys that the user vouches for, values being strings or lists of strings. `declared` are the resources that
    a template makes beside the requests, `gaps` what of it could not be read, `resources` all that must be accounted
    for, `stacks` what is deployed by CloudFormation. Texts may be known by shape only (`preflight.unresolved`).

    `placed` reads the documents again for a region and an account, where what they say depends on either and they were
    read without: a template has pseudo parameters. It is None where that would change nothing.
    """

    requests: tuple[PlannedRequest, ...]
    region: str | None = None
    account: str | None = None
    principal: str | None = None
    context: Mapping[str, str | list[str]] = field(default_factory=dict)
    declared: tuple[Declared, ...] = ()
    gaps: tuple[Gap, ...] = ()
    resources: tuple[PlannedResource, ...] = ()
    stacks: tuple[PlannedStack, ...] = ()
    placed: Callable[[str, str], Plan] | None = field(default=None, compare=False, repr=False)
