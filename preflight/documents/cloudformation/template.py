"""A template as it is written: its sections, and its resources with their places. Nothing is resolved here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType, NoneType
from typing import Any

from preflight.documents.cloudformation.model import RAIN, RAIN_FIRST, Resource, Template
from preflight.documents.policies.resource_attributes import ATTRIBUTES
from preflight.documents.text.document import Document
from preflight.documents.text.schema import suggestion, word_for
from preflight.json_pointer import escape

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html, and SAM's Globals.
_SECTIONS = ("AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Rules", "Mappings", "Conditions",
             "Transform", "Resources", "Outputs", "Hooks", "Globals")  # fmt: skip
_OBJECTS = ("Parameters", "Mappings", "Conditions", "Resources", "Outputs", "Globals")
# https://github.com/aws-cloudformation/rain#modules
_RAIN_SECTIONS = ("Modules", "Packages", "Rain")
LANGUAGE_EXTENSIONS = "AWS::LanguageExtensions"
SAM = "AWS::Serverless-2016-10-31"
INCLUDE = "Fn::Transform"
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
_MOST = {"Resources": 500, "Parameters": 200, "Mappings": 200, "Outputs": 200}
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html
_NAMED = ("Resources", "Parameters", "Outputs")
_NAME = re.compile(r"[A-Za-z0-9]+")
_POLICIES = {
    "DeletionPolicy": ("Delete", "Retain", "RetainExceptOnCreate", "Snapshot"),
    "UpdateReplacePolicy": ("Delete", "Retain", "Snapshot"),
}
_DEPTH_OF_VALUES = 4  # of /Resources/Name/Properties/Property
_INCLUDED = (LANGUAGE_EXTENSIONS, SAM)
NO_PARAMETERS: Mapping[str, Any] = MappingProxyType({})


def read_template(document: Document, given: Mapping[str, Any] = NO_PARAMETERS) -> Template:
    """Read a template's sections; `given` are values of its parameters, which loops go through. Raises `InputError` for
    what CloudFormation would refuse to take apart.
    """
    value = document.value
    whole = Template(document, {}, {}, {}, {}, {})
    for name, section in value.items():
        if name in _RAIN_SECTIONS:
            raise whole.error(f"/{name}", f"{name} is a section of Rain's, which isn't supported", RAIN_FIRST)
        if name not in _SECTIONS:
            mend = suggestion(name, _SECTIONS) or f"a template has {', '.join(_SECTIONS)}"
            raise whole.error(f"/{escape(name)}", f"a template has no section {name!r}", mend)
        if name in _OBJECTS and not isinstance(section, dict):
            raise whole.error(f"/{name}", f"{name} must be an object, not {word_for(section)}", "write it by names")
    transforms = _transforms(value.get("Transform"))
    origins: Mapping[str, str] = {}
    if LANGUAGE_EXTENSIONS in transforms:
        from preflight.documents.cloudformation.foreach import expanded

        value = expanded(value, whole, given)
    if SAM in transforms:
        from preflight.documents.cloudformation.sam.transform import transformed

        made_by_sam = transformed(value)
        value, origins = made_by_sam.value, made_by_sam.origins
    resources = value.get("Resources")
    includes = tuple(_includes(resources)) if isinstance(resources, dict) else ()
    if includes:
        resources = {name: each for name, each in resources.items() if name != INCLUDE}
    if not resources and not includes:
        raise whole.error("", "the template has no Resources", "add a resource")
    # A macro may change everything else.
    if as_written := all(each in _INCLUDED for each in transforms) and not includes:
        _within_limits(whole, {**value, "Resources": resources}, origins)
    made = Template(
        document,
        {name: _parameter(whole, name, each) for name, each in value.get("Parameters", {}).items()},
        value.get("Mappings", {}),
        value.get("Conditions", {}),
        {
            name: _resource(whole, name, each, resources, origins.get(name, f"/Resources/{escape(name)}"))
            for name, each in resources.items()
        },
        value.get("Outputs", {}),
        tuple(each for each in transforms if each not in _INCLUDED),
        tuple(transforms),
        includes,
    )
    for name, each in resources.items() if as_written else ():
        pointer = f"/Resources/{escape(name)}"
        if origins.get(name, pointer) == pointer:
            _attributes(whole, name, each, pointer)
    return made


def _within_limits(whole: Template, value: Mapping[str, Any], origins: Mapping[str, str]) -> None:
    """Refuse names that CloudFormation doesn't take, and more of a section than it does."""
    for section in _NAMED:
        for name in value.get(section, {}):
            if not _NAME.fullmatch(name) and not name.startswith("Fn::"):
                pointer = origins.get(name, f"/{section}/{escape(name)}")
                mend = f"write {re.sub('[^A-Za-z0-9]', '', name) or 'another name'}, here and where it is used"
                raise whole.error(pointer, f"the logical ID {name!r} isn't only letters and digits", mend)
    for section, most in _MOST.items():
        if (count := len(value.get(section, {}))) > most:
            problem = f"the template has {count} {section}, and CloudFormation takes at most {most}"
            raise whole.error(f"/{section}", problem, "split it, or use nested stacks")


def _attributes(whole: Template, name: str, value: Mapping[str, Any], pointer: str) -> None:
    """Refuse attributes that resources don't have, and policies that are none."""
    for each in value:
        if each not in ATTRIBUTES and not each.startswith("Fn::"):
            mend = suggestion(each, ATTRIBUTES) or f"a resource has {', '.join(ATTRIBUTES[:9])}"
            raise whole.error(f"{pointer}/{escape(each)}", f"a resource has no attribute {each!r}", mend)
    for attribute, known in _POLICIES.items():
        said = value.get(attribute)
        if isinstance(said, str) and said not in known:
            mend = suggestion(said, known) or f"write one of {', '.join(known)}"
            raise whole.error(f"{pointer}/{attribute}", f"{attribute} of {name} can't be {said!r}", mend)
        if not isinstance(said, (str, dict, NoneType)):
            problem = f"{attribute} of {name} must be text, not {word_for(said)}"
            raise whole.error(f"{pointer}/{attribute}", problem, f"write one of {', '.join(known)}")


def _includes(resources: Mapping[str, Any]) -> Iterator[str]:
    """Give the places at which Fn::Transform writes members of any name: resources, properties, or beside others. As a
    value of its own it is a value that isn't known.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-transform.html
    """
    if INCLUDE in resources:
        yield f"/Resources/{INCLUDE}"
    left: list[tuple[str, Any]] = [("/Resources", {**resources, INCLUDE: None})]
    while left:
        pointer, value = left.pop()
        if isinstance(value, dict):
            whole = len(value) > 1 or pointer.count("/") < _DEPTH_OF_VALUES
            if whole and value.get(INCLUDE) is not None:
                yield f"{pointer}/{INCLUDE}"
            left += [(f"{pointer}/{escape(name)}", each) for name, each in value.items() if type(each) in (dict, list)]
        elif isinstance(value, list):
            left += [(f"{pointer}/{at}", each) for at, each in enumerate(value) if type(each) in (dict, list)]


def _transforms(value: Any) -> list[str]:
    each = value if isinstance(value, list) else [] if value is None else [value]
    return [one if isinstance(one, str) else str(one.get("Name", "")) if isinstance(one, dict) else "" for one in each]


def _parameter(whole: Template, name: str, value: Any) -> Mapping[str, Any]:
    pointer = f"/Parameters/{escape(name)}"
    if not isinstance(value, dict):
        raise whole.error(pointer, f"a parameter must be an object, not {word_for(value)}", "give its Type")
    if not isinstance(value.get("Type"), str):
        raise whole.error(pointer, f"the parameter {name} has no Type", "add Type: String")
    return value


def _resource(whole: Template, name: str, value: Any, known: Mapping[str, Any], pointer: str) -> Resource:
    if name.startswith("Fn::"):
        mend = f"add Transform: {LANGUAGE_EXTENSIONS}"
        raise whole.error(pointer, f"{name} is not expanded without its transform", mend)
    if not isinstance(value, dict):
        raise whole.error(pointer, f"a resource must be an object, not {word_for(value)}", "give its Type")
    type_ = value.get("Type")
    if isinstance(type_, dict) and next(iter(type_), "").startswith(RAIN):
        raise whole.error(pointer, f"{name} is a module of Rain's, which isn't supported", RAIN_FIRST)
    if not isinstance(type_, str):
        raise whole.error(pointer, f"the resource {name} has no Type", "add its Type, such as AWS::SageMaker::Endpoint")
    condition = value.get("Condition")
    if condition is not None and not isinstance(condition, str):
        raise whole.error(f"{pointer}/Condition", "a resource's Condition is the name of one", "name a condition")
    depends = value.get("DependsOn", [])
    listed = [depends] if isinstance(depends, str) else depends
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise whole.error(f"{pointer}/DependsOn", "DependsOn names resources", "write a name, or a list of names")
    for each in listed:
        if each not in known:
            raise whole.unknown_name(f"{pointer}/DependsOn", each, "resource", known)
    properties = value.get("Properties")
    metadata = value.get("Metadata")
    return Resource(
        name,
        value["Type"],
        {} if properties is None else properties,
        pointer,
        tuple(listed),
        condition,
        metadata if isinstance(metadata, dict) else {},
    )
