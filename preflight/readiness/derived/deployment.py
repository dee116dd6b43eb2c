"""The calls that deploy a stack, beside those that CloudFormation makes for its resources: who makes them, and what
they need.

Whoever deploys creates and executes a change set, or creates the stack at once, and passes the service role if there
is one; CloudFormation then works with that role, or with the deployer's own credentials:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html
The CDK's deployer assumes a role of the bootstrap stack for that, which passes another:
https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from preflight.account.facts import Known
from preflight.account.principals import parsed_policy
from preflight.account.sessions import Session
from preflight.documents.plans.plan import Plan, PlannedResource, PlannedStack
from preflight.engine.result import Location
from preflight.iam.request import PolicyType
from preflight.readiness.derived.accounts import ResourceStep
from preflight.readiness.derived.calls import needs_of_call
from preflight.readiness.derived.need import Certainty, DerivedNeed
from preflight.readiness.permissions.authorization import caller_facts
from preflight.readiness.step import Step
from preflight.unresolved import DeployText

STACK = "AWS::CloudFormation::Stack"
_SERVICE = "cloudformation.amazonaws.com"
# Of the transforms of AWS's own, the page says it of this one.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/control-access-with-iam.html
_SURE_TRANSFORM = "AWS::Serverless-2016-10-31"
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
_MOST_BYTES = 51_200
# Of a request that has no tags the keys of tags are absent, and so they are where the action takes none.
_UNTAGGED = {"aws:RequestTag/*": "`[]`", "aws:TagKeys": "`[]`"}


@dataclass(frozen=True, slots=True)
class StackStep:
    """One stack of a plan: the ways to deploy it, each with what it needs of who deploys; one of them suffices.

    `beside` is what else the deployer needs, whichever way it is: the CDK's roles. `asked` says that somebody said who
    deploys it, and so wants it judged; where none did and it can't be told, `note` says why. `service_role` is the
    role that CloudFormation is to deploy with, None where it has none or is not said to.
    """

    stack: PlannedStack
    step: Step = field(compare=False, repr=False)
    ways: tuple[ResourceStep, ...] = ()
    beside: tuple[ResourceStep, ...] = ()
    asked: bool = False
    note: str = ""
    service_role: str | None = None

    @property
    def location(self) -> Location:
        """Where the stack stands in what the user gave."""
        return Location(self.stack.document.path, self.stack.pointer)


def deployments(plan: Plan, step: Step, service_role: str | None) -> list[StackStep]:
    """Return the stacks of a plan with what deploying them needs; `step` is the caller's, `service_role` the role
    that is said to be the stacks' own.
    """
    return [_deployment(each, step, service_role) for each in plan.stacks]


def _deployment(stack: PlannedStack, step: Step, service_role: str | None) -> StackStep:
    asked = stack.named or service_role is not None
    role = service_role or stack.service_role
    if stack.deployed_by is not None:
        return _by_the_cdk(stack, stack.deployed_by, step, role, asked=asked and service_role is not None)
    if not asked and (note := _unclear(step)):
        return StackStep(stack, step, note=note)
    return StackStep(stack, step, _ways(stack, step, role, asked=asked), asked=asked, service_role=role)


def _by_the_cdk(stack: PlannedStack, deployer: str, step: Step, role: str | None, *, asked: bool) -> StackStep:
    as_deployer = replace(step, principal=deployer, session=Session())
    if not asked and not isinstance(caller_facts(as_deployer), Known):
        return StackStep(stack, step, note=f"the facts do not have {deployer}, which the CDK deploys it with")
    ways = _ways(stack, as_deployer, role, asked=True)[:1]
    if not asked:
        return StackStep(stack, step, ways)
    assumed = tuple(
        DerivedNeed("sts:AssumeRole", "needed", "rule", "the CDK assumes it", on=each, own=False)
        for each in dict.fromkeys((deployer, *stack.assumed))
    )
    return StackStep(stack, step, ways, (_resource_step(stack, step, assumed),), asked, service_role=role)


def _unclear(step: Step) -> str:
    """Say why it can't be told whether the principal is who deploys, or the role that CloudFormation deploys with;
    empty where it is who deploys: one that CloudFormation can't assume.
    """
    say = "; --stack-name NAME checks the calls that deploy the stack, and --service-role ARN tells the two apart"
    facts = caller_facts(step)
    if not isinstance(facts, Known):
        return f"the principal that deploys the stack isn't known{say}"
    who = facts.value
    if who.kind not in ("role", "session"):
        return ""
    name = who.identity_arn.rpartition(":")[2]
    trust = None if who.trust is None else parsed_policy("the trust policy", who.trust, PolicyType.RESOURCE)
    said = str(who.trust)
    if trust is None or "'Allow'" not in said or _SERVICE in said:
        return f"{name} may be the service role of the stack, not the principal that deploys it{say}"
    return ""


def _ways(stack: PlannedStack, step: Step, role: str | None, *, asked: bool) -> tuple[ResourceStep, ...]:
    """Return what a change set needs (aws cloudformation deploy, sam deploy, cdk deploy, the console), and what the
    call does that makes or updates the stack at once.
    """
    parameters = _parameters(stack, role)
    context = {"cloudformation:RoleArn": f"'{role}'" if role else "`null`"} if asked else {}
    transforms = tuple(_transforms(stack))
    known = {"StackName": parameters["StackName"]}
    reads = ("DescribeChangeSet", "ExecuteChangeSet", "DescribeStacks")
    by_change_set = [
        *_of_call("CreateChangeSet", parameters, context),
        *(need for name in reads for need in _of_call(name, known, {})),
    ]
    at_once = [*_of_call("UpdateStack" if stack.updates else "CreateStack", parameters, context)]
    return tuple(_resource_step(stack, step, (*needs, *transforms)) for needs in (by_change_set, at_once))


def _parameters(stack: PlannedStack, role: str | None) -> dict[str, Any]:
    url: str | None = stack.template_url or None
    if url is None and len(stack.document.text.encode()) > _MOST_BYTES:
        url = DeployText.unknown("the bucket for a template of more than 51,200 bytes")
    found = {
        "StackName": stack.stack_name,
        "Tags": [{"Key": key, "Value": value} for key, value in (stack.tags or {}).items()],
        "RoleARN": role,
        "TemplateURL": url,
    }
    return {name: each for name, each in found.items() if each}


def _of_call(name: str, parameters: Mapping[str, Any], context: Mapping[str, str]) -> Iterator[DerivedNeed]:
    needs, _ = needs_of_call(f"cloudformation:{name}", parameters)
    for each in needs or ():
        makes = each.action in (f"cloudformation:{name}", "cloudformation:TagResource") and "Tags" in parameters
        own = context if each.action == f"cloudformation:{name}" else {}
        own = own if makes else {**_UNTAGGED, **own}
        yield replace(each, tagged=makes, context={**each.context, **own})


def _transforms(stack: PlannedStack) -> Iterator[DerivedNeed]:
    """Give what the transforms of a template need: a change set on those of AWS, and of others that their function is
    invoked, which is of who deploys.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-macros.html
    """
    for each in stack.transforms:
        if each.startswith("AWS::"):
            certainty: Certainty = "needed" if each == _SURE_TRANSFORM else "maybe"
            on = f"arn:${{Partition}}:cloudformation:${{Region}}:aws:transform/{each.removeprefix('AWS::')}"
            why = f"the template has the transform {each}"
            yield DerivedNeed("cloudformation:CreateChangeSet", certainty, "rule", why, on=on, own=False)
        else:
            function = DeployText.unknown(f"the function of the macro {each}")
            on = f"arn:${{Partition}}:lambda:${{Region}}:${{Account}}:function:{function}"
            why = f"the template has the macro {each}"
            yield DerivedNeed("lambda:InvokeFunction", "maybe", "rule", why, on=on, own=False)


def _resource_step(stack: PlannedStack, step: Step, needs: tuple[DerivedNeed, ...]) -> ResourceStep:
    resource = PlannedResource(
        stack.name, STACK, "deploy", {"Tags": stack.tags}, stack.document, stack.pointer, tags=stack.tags
    )
    return ResourceStep(resource, needs, "permissions", "", accepted=False, step=step)
