"""Every operation of AWS that preflight can call, as its own declarations and code have it."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from botocore import xform_name
from botocore.loaders import Loader
from botocore.model import ServiceModel

from preflight.data_files import load_yaml

ROOT = Path(__file__).parents[2]
# What botocore calls for preflight, with preflight's clients.
BY_BOTOCORE = {("sts", "assume_role")}
_CODE = re.compile(r"\bCall\(|\.client\(")


@cache
def model(service: str) -> ServiceModel:
    """Return botocore's model of a service, by boto3's name of it."""
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


@cache
def methods(service: str) -> dict[str, str]:
    """Return the operations of a service by boto3's names of them."""
    return {xform_name(each): each for each in model(service).operation_names}


def declared() -> set[tuple[str, str]]:
    """Return what `rules/` declares that is called: (service, method)."""
    folders = (ROOT / "rules" / "resources", ROOT / "rules" / "operations")
    return {
        each for folder in folders for path in folder.rglob("*.yaml") for each in _calls(load_yaml(path.read_text()))
    }


def coded() -> set[tuple[str, str]]:
    """Return what modules that make calls name: each text that is a method of a service that the module names."""
    found = set()
    known = set(Loader().list_available_services("service-2"))
    for path in (ROOT / "preflight").rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        if not _CODE.search(source):
            continue
        texts = {
            each.value
            for each in ast.walk(ast.parse(source))
            if isinstance(each, ast.Constant) and isinstance(each.value, str)
        }
        found |= {(service, text) for service in texts & known for text in texts if text in methods(service)}
    return found


def permitted() -> set[tuple[str, str]]:
    """Return what the policy for preflight's own reads allows of IAM, whose operations the code puts together
    (`get_{what}_policy`).
    """
    page = (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8")
    found = re.search(r"```json\n(.*?)\n```", page, re.DOTALL)
    assert found is not None
    actions = {each for statement in json.loads(found[1])["Statement"] for each in statement["Action"]}
    names = (each.removeprefix("iam:") for each in actions if each.startswith("iam:"))
    return {("iam", xform_name(name)) for name in names if name in model("iam").operation_names}


def callable_operations() -> set[str]:
    """Return all of them, each as `service:Operation`."""
    named = declared() | coded() | permitted() | BY_BOTOCORE
    return {f"{service}:{methods(service)[method]}" for service, method in named}


def _calls(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        method = value.get("call", value.get("method"))
        if isinstance(value.get("service"), str) and isinstance(method, str):
            yield value["service"], method
            if isinstance(value.get("undo"), str):
                yield value["service"], value["undo"]
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _calls(each)
