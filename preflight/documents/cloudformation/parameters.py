"""The values of a template's parameters: given on the command line, by default, or not known; and what files hold them.

Types: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from preflight.documents.cloudformation.model import Template
from preflight.documents.text.document import Document
from preflight.documents.text.load import load
from preflight.documents.text.schema import word_for
from preflight.errors import InputError, UsageError
from preflight.json_pointer import escape
from preflight.unresolved import DeployText

_SSM = "AWS::SSM::Parameter::Value<"


def stack_input_of(options: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the parameters and the stack's tags of `--parameters` options: each `Name=value`, or a file of one of
    CloudFormation's forms, of which CodePipeline's configuration has tags.

    A later one takes the place of an earlier. Raises `InputError` for a file that holds no parameters, `UsageError` for
    an option that is neither.
    """
    found: dict[str, str] = {}
    tags: dict[str, str] = {}
    for option in options:
        name, equals, value = option.partition("=")
        if equals and name.strip() and "/" not in name and not name.endswith((".json", ".yaml", ".yml")):
            found[name.strip()] = value
        elif equals:
            raise UsageError(f"--parameters {option!r} is neither Name=value nor a file")
        else:
            document = load(option.removeprefix("file://"))
            found |= _in_file(document)
            tags |= _tags_in(document)
    return found, tags


def _in_file(document: Document) -> dict[str, str]:
    """Return the parameters in a file: the AWS CLI's list, CodePipeline's configuration, or plain names and values.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/continuous-delivery-codepipeline-cfn-artifacts.html
    """
    value: Any = document.value
    if isinstance(value, list):
        pairs = [_pair(document, each, f"/{at}") for at, each in enumerate(value)]
        return dict(pair for pair in pairs if pair is not None)
    if isinstance(value, dict):
        within = "/Parameters" if _is_configuration(value) else ""
        named: Mapping[str, Any] = value.get("Parameters") or {} if within else value
        return {name: _text(document, each, f"{within}/{escape(name)}") for name, each in named.items()}
    raise InputError(document.path, f"parameters must be a list or an object, not {word_for(value)}",
                     place=document.place(""), mend='write [{"ParameterKey": ..., "ParameterValue": ...}]')  # fmt: skip


def _is_configuration(value: Any) -> bool:
    """Whether a file is a template configuration, as CodePipeline and Git sync have it, not names and values."""
    return isinstance(value, dict) and any(isinstance(value.get(name), dict) for name in ("Parameters", "Tags"))


def _tags_in(document: Document) -> dict[str, str]:
    tags = document.value.get("Tags") if _is_configuration(document.value) else None
    return {name: _text(document, each, f"/Tags/{escape(name)}") for name, each in (tags or {}).items()}


def _pair(document: Document, entry: Any, pointer: str) -> tuple[str, str] | None:
    if isinstance(entry, str) and "=" in entry:
        name, _, value = entry.partition("=")
        return name, value
    if not isinstance(entry, dict) or not isinstance(entry.get("ParameterKey"), str):
        mend = 'write {"ParameterKey": ..., "ParameterValue": ...}'
        problem = "every parameter in the list needs a ParameterKey"
        raise InputError(document.path, problem, place=document.place(pointer), mend=mend)
    if entry.get("UsePreviousValue") is True:
        return None  # What the stack has now is not known here.
    if "ParameterValue" not in entry:
        raise InputError(document.path, f"{entry['ParameterKey']} has no ParameterValue",
                         place=document.place(pointer), mend="add it")  # fmt: skip
    return entry["ParameterKey"], _text(document, entry["ParameterValue"], f"{pointer}/ParameterValue")


def _text(document: Document, value: Any, pointer: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    if isinstance(value, list) and all(isinstance(each, (str, int, float)) for each in value):
        return ",".join(map(str, value))
    raise InputError(document.path, f"a parameter's value must be a string, not {word_for(value)}",
                     place=document.place(pointer), mend="write it as a string")  # fmt: skip


def value_of(template: Template, name: str, given: Mapping[str, Any], stack: str = "") -> Any:
    """Return the value of a parameter that a template declares: a text, or a list for the types of lists.

    What nobody gives is unresolved, as is what lies in SSM: given or by default, those types name a place there.
    `stack` is what qualifies the parameters of one stack of several. Raises `InputError` for a value that is none of
    those that the parameter allows.
    """
    declared = template.parameters[name]
    kind, full = declared["Type"], f"{stack}:{name}" if stack else name
    value = given.get(full, given.get(name, declared.get("Default")))
    if isinstance(value, bool):
        value = "true" if value else "false"
    if kind.startswith(_SSM):
        return DeployText.unknown(f"the value of {value} in SSM" if value else f"the value in SSM that {full} names")
    if value is None:
        return DeployText.unknown(f"parameter {full}")
    if isinstance(value, list):
        return value
    text = str(value)
    allowed = declared.get("AllowedValues")
    listed = kind == "CommaDelimitedList" or kind.startswith("List<")
    values = [each.strip() for each in text.split(",")] if listed else [text]
    if isinstance(allowed, list):
        wrong = next((each for each in values if each not in {_plain(one) for one in allowed}), None)
        if wrong is not None and not DeployText.partial(wrong):
            mend = f"give one of {', '.join(map(_plain, allowed))}"
            raise template.error(f"/Parameters/{escape(name)}", f"the parameter {name} does not allow {wrong!r}", mend)
    if not DeployText.partial(text):
        _keep_limits(template, name, text)
    return values if listed else text


def _keep_limits(template: Template, name: str, text: str) -> None:
    """Raise `InputError` for a value that is shorter or longer, less or more, than the parameter allows. The value is
    not repeated: it may be a secret (NoEcho).
    """
    declared, pointer = template.parameters[name], f"/Parameters/{escape(name)}"
    if declared["Type"] == "Number":
        try:
            measured, ends, unit = float(text), ("MinValue", "MaxValue"), ""
        except ValueError:
            raise template.error(pointer, f"the value of the parameter {name} is not a number", "give one") from None
    elif declared["Type"] == "String":
        measured, ends, unit = float(len(text)), ("MinLength", "MaxLength"), " characters"
    else:
        return
    for limit, word, over in ((ends[0], "least", False), (ends[1], "most", True)):
        try:
            bound = float(declared[limit])
        except (KeyError, TypeError, ValueError):
            continue
        if measured > bound if over else measured < bound:
            mend = f"give at {word} {declared[limit]}{unit}"
            raise template.error(pointer, f"the parameter {name} does not allow its value, by its {limit}", mend)


def _plain(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
