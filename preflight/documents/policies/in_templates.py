"""The policies in a CloudFormation template, as written by hand, by SAM or by CDK: of roles, buckets, keys and others.

What stands in a property that holds a policy is one, whatever it looks like; elsewhere one is found by its form, and
what it is for is told by the resource, and by its elements where that does not tell.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from preflight.data_files import declared_json
from preflight.documents.policies.found_policy import ORGANIZATION_TYPES, FoundPolicy, PassedOver, PolicyDocumentType
from preflight.documents.policies.grants.declared import grant_of
from preflight.documents.policies.in_string import looks_like_policy, policy_in_string
from preflight.documents.policies.policy_type import service_of, type_of
from preflight.documents.policies.resource_attributes import ATTRIBUTES
from preflight.documents.policies.template_values import forms, is_function, text_of, too_many_conditions
from preflight.documents.text.document import Document
from preflight.json_pointer import escape
from preflight.redaction import without_credentials

# The resources whose policies are those of an identity, whatever stands in them.
_IDENTITY = frozenset(
    {"AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy",
     "AWS::IAM::RolePolicy", "AWS::IAM::UserPolicy", "AWS::IAM::GroupPolicy", "AWS::SSO::PermissionSet",
     "AWS::Serverless::Function", "AWS::Serverless::StateMachine"}
)  # fmt: skip
_KINDS = {"Role": "role", "User": "user", "Group": "group", "ManagedPolicy": "managed"}
# Services that a policy's actions call otherwise than its resource's type does.
_SERVICES = {"opensearchservice": "es", "elasticsearch": "es", "efs": "elasticfilesystem", "apigateway": "execute-api",
             "elasticloadbalancingv2": "elasticloadbalancing", "s3objectlambda": "s3-object-lambda",
             "s3outposts": "s3-outposts", "vpclattice": "vpc-lattice-svcs", "s3express": "s3express",
             "serverless": "execute-api"}  # fmt: skip
_ELEMENTS = frozenset({"Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal"})
# Properties with the ARNs of managed policies; SAM takes AWS's by name too, policies, and policy templates.
_SAM = {f"AWS::Serverless::{each}": ("Policies", "Policies/*") for each in ("Function", "StateMachine")}
_ATTACHED = {
    **{f"AWS::IAM::{each}": ("ManagedPolicyArns", "ManagedPolicyArns/*") for each in ("Role", "User", "Group")},
    "AWS::SSO::PermissionSet": ("ManagedPolicies", "ManagedPolicies/*"),
    **_SAM,
}
_CUSTOM = "Auth/ResourcePolicy/CustomStatements"
_NO_VALUE = {"Ref": "AWS::NoValue"}
_INCLUDE = "Fn::Transform"
_NESTED = {"AWS::CloudFormation::Stack": "TemplateURL", "AWS::CloudFormation::StackSet": "TemplateURL",
           "AWS::Serverless::Application": "Location"}  # fmt: skip
_STACK_SET, _BODY = "AWS::CloudFormation::StackSet", "TemplateBody"
# What SAM's Globals give to the resources of a type: a policy there is one of each.
_GLOBALS = {"Api": "AWS::Serverless::Api", "Function": "AWS::Serverless::Function"}
_URL = re.compile(r"(?i)[a-z][a-z0-9+.-]+://")
_LONE = "AWS::Events::EventBusPolicy"
_DEEPEST = 100
_STATEMENT = re.compile(r"(?:/Statement(?:/\d+)?)?")


class _Place(NamedTuple):
    logical: str
    type: str
    resource: Mapping[str, Any]
    holds: Mapping[str, PolicyDocumentType]


@dataclass(frozen=True, slots=True)
class _Inside:
    """Where in a resource a value stands: `path` is that of its property without functions and indices, `loops` are the
    names that the loops around it write.
    """

    document: Document
    place: _Place
    loops: frozenset[str]

    @property
    def mappings(self) -> Any:
        """The mappings of the template."""
        return self.document.value.get("Mappings")

    def value(self, value: Any, pointer: str, path: str, depth: int = 0) -> Iterator[FoundPolicy | PassedOver]:
        """Yield the policies in a value: what stands where one belongs, and what has the form of one elsewhere."""
        if (branches := _branches(value)) is not None and "/Fn::If" not in pointer:
            if path not in self.place.holds:
                for index in (1, 2):
                    yield from self.value(branches[index], f"{pointer}/Fn::If/{index}", path, depth + 1)
                return
            if any(not _is_text(each) for each in branches[1:]):
                yield from self._resolved(value, pointer, path)
                return
        if (type_ := self.place.holds.get(path)) is not None:
            yield from self._in_place(value, pointer, path, type_)
        elif path in _ATTACHED.get(self.place.type, ()) and (isinstance(value, str) or is_function(value)):
            from preflight.documents.policies.attachments import attached

            yield from attached(self.document, pointer, value, self.place.logical, by_name=path.startswith("Policies"))
        elif path == _CUSTOM and self.place.type == "AWS::Serverless::Api":
            # SAM writes the policy around the statements that the API has.
            for made, shape, supposed in forms(value, pointer, self.loops, self.mappings, under="/Statement"):
                policy = {"Version": "2012-10-17", "Statement": made}
                found = FoundPolicy(self.document, policy, "resource", pointer, shape=shape, supposed=supposed)
                yield _told(found, self.place, path)
        elif path == _BODY and self.place.type == _STACK_SET:
            text = text_of(value).written if _is_text(value) else None
            if text is None:
                yield self.unknown(path)
            else:
                from preflight.documents.policies.elsewhere import in_template_text

                yield from in_template_text(text, f"{path} of {self.place.logical}")
        elif path in _SAM.get(self.place.type, ()) and not (path == "Policies" and isinstance(value, list)):
            yield from self._of_function(value, pointer, path)
        elif isinstance(value, str):
            text = value.lstrip()
            if "tatement" in text and text[:1] in ("{", "%") and looks_like_policy(value):
                yield _told(policy_in_string(self.document, pointer, string=value), self.place, path)
        elif is_function(value) and next(iter(value)) in ("Fn::Sub", "Fn::Join"):
            yield from self._made_text(value, pointer, path)
        elif is_function(value) and value != _NO_VALUE and self._may_hold(path):
            yield self.unknown(path)
        elif isinstance(value, dict) and _is_policy(value):
            yield from self._resolved(value, pointer, path)
        elif isinstance(value, dict) and depth < _DEEPEST:
            if _INCLUDE in value and self._may_hold(path):
                where = f"{path or 'the properties'} of {self.place.logical}"
                yield PassedOver(f"what Fn::Transform adds to {where} is not known before the deployment")
            for name, each in value.items():
                at = f"{pointer}/{escape(name)}"
                if (loop := _loop(name, each)) is not None:
                    inner = replace(self, loops=self.loops | {loop[0]})
                    for member, one in loop[1].items():
                        inside = f"{path}/{member}" if path else member
                        yield from inner.value(one, f"{at}/2/{escape(member)}", inside, depth + 2)
                else:
                    yield from self.value(each, at, f"{path}/{name}" if path else name, depth + 1)
        elif isinstance(value, list) and depth < _DEEPEST:
            for index, each in enumerate(value):
                yield from self.value(each, f"{pointer}/{index}", f"{path}/*", depth + 1)
        elif isinstance(value, (dict, list)) and value:
            yield PassedOver(f"what is nested more than {_DEEPEST} deep in {self.place.logical} is not read")

    def _may_hold(self, path: str) -> bool:
        inside = f"{path}/" if path else ""
        return any(each.startswith(inside) for each in self.place.holds) or (
            not path and grant_of(self.place.type) is not None
        )

    def unknown(self, path: str) -> PassedOver:
        """Return what is said of a property that only the deploy knows."""
        if not path:
            return PassedOver(f"the properties of {self.place.logical} are not known before the deployment")
        return PassedOver(f"{path.replace('/*', '')} of {self.place.logical} is not known before the deployment")

    def _in_place(
        self, value: Any, pointer: str, path: str, type_: PolicyDocumentType
    ) -> Iterator[FoundPolicy | PassedOver]:
        """Yield what stands where a policy belongs, whatever it looks like; what only the deploy knows is named."""
        unknown = self.unknown(path)
        if isinstance(value, str):
            dynamic = "{{resolve:" in value and not value.lstrip().startswith('{"')
            yield (
                unknown
                if dynamic
                else _told(policy_in_string(self.document, pointer, type_, string=value), self.place, path)
            )
        elif _is_text(value):
            yield from list(self._made_text(value, pointer, path)) or (unknown,)
        elif not is_function(value):
            yield from self._resolved(value, pointer, path, type_)
        elif value != _NO_VALUE:
            yield unknown

    def _made_text(self, value: Mapping[str, Any], pointer: str, path: str) -> Iterator[FoundPolicy]:
        from preflight.documents.policies.template_strings import of_function

        for found in of_function(self.document, pointer, value):
            yield _told(found, self.place, path)

    def _of_function(self, value: Any, pointer: str, path: str) -> Iterator[FoundPolicy | PassedOver]:
        """Yield the policy that stands in the `Policies` of SAM's function, if it is none of SAM's policy templates."""
        from preflight.documents.policies.attachments import of_template_named

        if (found := of_template_named(self.document, pointer, value, self.place.logical)) is not None:
            yield from found
        else:
            yield from self._resolved(value, pointer, path, "identity")

    def _resolved(
        self, value: Any, pointer: str, path: str, type_: PolicyDocumentType | None = None
    ) -> Iterator[FoundPolicy | PassedOver]:
        where = f"{path.replace('/*', '')} of {self.place.logical}"
        if many := too_many_conditions(value):
            yield PassedOver(
                f"{where} depends on {many} conditions: only its forms with all true or all false were read"
            )
        for policy, shape, supposed in forms(value, pointer, self.loops, self.mappings):
            for each in sorted(each for each in shape.unknown if _STATEMENT.fullmatch(each)):
                if not supposed:
                    part = f"Statement[{each[11:]}] in {where}" if each[11:] else where
                    yield PassedOver(f"{part} is not known before the deployment")
            if isinstance(policy, str):
                continue
            found = FoundPolicy(
                self.document, policy, type_ or type_of(policy), pointer, shape=shape, supposed=supposed
            )
            yield _told(found, self.place, path)


def of_template(document: Document) -> Iterator[FoundPolicy | PassedOver]:
    """Yield the policies of a template, each branch of its conditions once."""
    for each in _transforms(document.value.get("Transform")):
        yield PassedOver(f"what the macro {each} adds to the template is not known before the deployment")
    given = document.value.get("Globals")
    for name, type_ in _GLOBALS.items():
        if isinstance(given, dict) and isinstance(given.get(name), dict):
            about = (f"Globals.{name}", {"Type": type_}, frozenset[str]())
            yield from _of_resource(document, document.value["Resources"], about, given[name], f"/Globals/{name}")
    yield from of_resources(document, document.value["Resources"], "/Resources")


def of_resources(document: Document, resources: Mapping[str, Any], above: str) -> Iterator[FoundPolicy | PassedOver]:
    """Yield the policies of the resources of a template that stands somewhere in a document."""
    if _INCLUDE in resources:
        yield PassedOver("what Fn::Transform adds to the resources is not known before the deployment")
    for logical, resource, at, loops in _resources(resources, above, frozenset()):
        if not isinstance(resource.get("Type", ""), str):
            yield PassedOver(f"{logical} is not read: its Type is not text")
            continue
        written = _properties(resource)
        if written != "Properties" and isinstance(resource.get(written), dict):
            yield PassedOver(
                f"CloudFormation refuses the attribute {written!r} of {logical}; it was read as Properties"
            )
        yield from _of_resource(
            document, resources, (logical, resource, loops), resource.get(written), f"{at}/{escape(written)}"
        )


def _of_resource(
    document: Document,
    resources: Mapping[str, Any],
    about: tuple[str, Mapping[str, Any], frozenset[str]],
    properties: Any,
    at: str,
) -> Iterator[FoundPolicy | PassedOver]:
    """Yield the policies of one resource: `about` is its name, itself, and the names that loops around it write; its
    properties stand at `at`.
    """
    if not isinstance(properties, dict):
        return
    logical, resource, loops = about
    type_ = resource.get("Type", "")
    nested = _NESTED.get(type_)
    if nested is not None and (nested in properties or type_ != _STACK_SET) \
            and (told := _elsewhere(properties.get(nested), logical)):  # fmt: skip
        yield PassedOver(told)
    place = _Place(logical, type_, resource, _holds(type_, properties))
    inside = _Inside(document, place, loops)
    if place.type == _LONE and isinstance(properties.get("Statement"), dict):
        # AWS writes the policy around the one statement that the resource has.
        policy = {"Version": "2012-10-17", "Statement": properties["Statement"]}
        yield from inside.value(policy, at, "Statement")
        return
    if grant_of(type_) is not None:
        from preflight.documents.policies.grants.in_templates import grants_in

        for each in grants_in(document, resources, logical, type_, properties, at, loops):
            yield each if isinstance(each, FoundPolicy) else inside.unknown(each.member)
    yield from inside.value(properties, at, "")


def _properties(resource: Mapping[str, Any]) -> str:
    """Return the name of the attribute with a resource's properties: that of another one, if it is misspelled."""
    if "Properties" in resource:
        return "Properties"
    others = (name for name, value in resource.items() if name not in ATTRIBUTES and isinstance(value, dict))
    return next((name for name in others if not name.startswith("Fn::")), "Properties")


def _holds(type_: str, properties: Mapping[str, Any]) -> Mapping[str, PolicyDocumentType]:
    """Return the properties of a resource that hold a policy. What one of an organization is in says its type."""
    if type_ == "AWS::Organizations::Policy":
        held = ORGANIZATION_TYPES.get(str(properties.get("Type")))
        return {"Content": held} if held is not None else {}
    return policy_places().get(type_, {})


def _transforms(value: Any) -> Iterator[str]:
    """Yield the macros that a template names and that are not AWS's own, but for the one that includes a file."""
    for each in value if isinstance(value, list) else [value]:
        name = each.get("Name") if isinstance(each, dict) else each
        if isinstance(name, str) and (name == "AWS::Include" or not name.startswith("AWS::")):
            yield name


def _elsewhere(template: Any, logical: str) -> str:
    """Say of a nested stack that its template is not a file beside the template; empty if it may be one."""
    if isinstance(template, str) and not _URL.match(template):
        return ""
    where = without_credentials(template.partition("?")[0]) if isinstance(template, str) else ""
    return f"the template of the nested stack {logical} is not read" + (f": it is at {where}" if where else
           ": where it is is not known before the deployment")  # fmt: skip


def _resources(
    members: Mapping[str, Any], above: str, loops: frozenset[str]
) -> Iterator[tuple[str, Mapping[str, Any], str, frozenset[str]]]:
    """Yield each resource with its name, its pointer and the names of the loops around it."""
    for name, each in members.items():
        at = f"{above}/{escape(name)}"
        if (loop := _loop(name, each)) is not None:
            yield from _resources(loop[1], f"{at}/2", loops | {loop[0]})
        elif isinstance(each, dict):
            yield name, each, at, loops


def _loop(name: str, value: Any) -> tuple[str, Mapping[str, Any]] | None:
    """Return the name that an `Fn::ForEach` writes, and what it writes it into."""
    if not name.startswith("Fn::ForEach::") or not isinstance(value, list) or len(value) != 3:
        return None
    return (str(value[0]), value[2]) if isinstance(value[2], dict) else None


def _branches(value: Any) -> list[Any] | None:
    found = value.get("Fn::If") if isinstance(value, dict) and len(value) == 1 else None
    return found if isinstance(found, list) and len(found) == 3 else None


def _is_text(value: Any) -> bool:
    """Say whether a value is a text, or a function that makes one."""
    return isinstance(value, str) or (is_function(value) and next(iter(value)) in ("Fn::Sub", "Fn::Join"))


def policy_places() -> Mapping[str, Mapping[str, PolicyDocumentType]]:
    """Return the properties that hold a policy and its type, by the type of resource."""
    found: dict[str, dict[str, PolicyDocumentType]] = declared_json("lint-data/policy-places")
    return found


def _is_policy(value: Mapping[str, Any]) -> bool:
    statements = value.get("Statement")
    if is_function(statements):
        return "Version" in value
    each = statements if isinstance(statements, list) else [statements]
    return any(isinstance(one, dict) and (_ELEMENTS & set(one) or "Fn::If" in one) for one in each) or (
        statements == [] and "Version" in value
    )


def _told(found: FoundPolicy, place: _Place, path: str) -> FoundPolicy:
    """Return a policy with what it is for, what it belongs to, and how messages cite it."""
    _, service, kind = [*place.type.split("::"), "", ""][:3]
    type_ = found.type
    owner = {"address": place.logical, "type": place.type}
    name = place.logical
    if path == "AssumeRolePolicyDocument":
        type_, name = "trust", f"the trust policy of {place.logical}"
    elif place.type in _IDENTITY:
        type_ = "identity"
    elif place.type == "AWS::EC2::VPCEndpoint":
        type_ = "vpc-endpoint"
    elif place.type == "AWS::Organizations::Policy":
        type_ = ORGANIZATION_TYPES.get(str(place.resource[_properties(place.resource)].get("Type")), type_)
    elif (held := place.holds.get(path)) is not None and held != "resource":
        type_ = held
    elif held == "resource" or type_ in ("resource", "trust"):
        type_ = "resource"
        called = _SERVICES.get(service.lower(), service.lower())
        owner["service"] = called if place.type.startswith("AWS::") else service_of(found.value)
    if type_ == "identity" and kind in _KINDS:
        owner["kind"] = _KINDS[kind]
    return replace(found, type=type_, name=name, owner=owner)
