"""Policies that a role, user, group or function has by name: AWS's managed ones, and SAM's policy templates.

Sources: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html and
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-policy-templates.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, TypeAlias

from preflight.data_files import declared_json, folder
from preflight.documents.policies.found_policy import FoundPolicy, Problem
from preflight.documents.policies.template_values import text_of
from preflight.documents.text.document import Document
from preflight.documents.text.schema import nearest
from preflight.json_pointer import escape

_ELEMENTS = ("statement", "version", "id", "effect", "action", "resource", "Statement")
# Line and column.
_Place: TypeAlias = tuple[int, int]
_ARN = re.compile(r"arn:(?P<partition>[\w-]+):iam::aws:policy/(?P<path>[\w+=,.@/-]+)\Z")
_NAME = re.compile(r"[\w+=,.@-]+\Z")
_ADMINISTRATOR = "AdministratorAccess"
# Partitions of their own have policies of their own: only the standard one's are listed.
_LISTED = "aws"


def attached(
    document: Document, pointer: str, value: Any, owner: str, *, by_name: bool = False, place: _Place | None = None
) -> Iterator[FoundPolicy]:
    """Yield what there is to tell of the managed policies that `owner` has: ARNs, or functions that make them, alone or
    in a list. With `by_name`, as SAM takes them, a name alone is AWS's policy of that name.
    """
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield from attached(document, f"{pointer}/{index}", each, owner, by_name=by_name, place=place)
        return
    made = text_of(value)
    found = _ARN.match(made.text) if made.known and isinstance(made.text, str) else None
    named = by_name and isinstance(value, str) and _NAME.match(value)
    if not found and not named:
        return
    path = found["path"] if found else str(value)
    name = path.rpartition("/")[2]
    problem: Problem | None = None
    if name == _ADMINISTRATOR:
        remedy = "Attach a policy with the actions and resources that are needed, and keep administrators few."
        problem = Problem("administrator", f"{owner} has {_ADMINISTRATOR}: every action on every resource", remedy)
    elif (named and name not in _paths()) or (found and found["partition"] == _LISTED and _paths().get(name) != path):
        meant = name if name in _paths() else nearest(name, _paths())
        written = meant if named else f"arn:aws:iam::aws:policy/{_paths().get(meant)}"
        remedy = f"Write {written}." if meant else "Name a policy that AWS has."
        problem = Problem("managed", f"AWS has no managed policy {path} (as of {_read()['as_of']})", remedy)
    if problem is not None:
        line, column = place or document.position(pointer) or (None, None)
        yield FoundPolicy(document, None, "identity", pointer, owner, {"address": owner},
                          problems=(problem._replace(line=line, column=column),))  # fmt: skip


def of_template_named(document: Document, pointer: str, value: Any, owner: str) -> list[FoundPolicy] | None:
    """Return what there is to tell of an entry of `Policies` that names one of SAM's policy templates; None for one
    that was meant to be a policy.
    """
    if not isinstance(value, dict) or len(value) != 1:
        return None
    name = str(next(iter(value)))
    if name in sam_templates():
        return []
    if name.lower() in _ELEMENTS or nearest(name, _ELEMENTS) == "Statement":
        return None
    meant = nearest(name, sam_templates())
    remedy = (
        f"Write {meant}." if meant else "Name one of SAM's policy templates, or write the policy with its Statement."
    )
    line, column = (
        document.position(f"{pointer}/{escape(name)}", name=True) or document.position(pointer) or (None, None)
    )
    problem = Problem("template", f"SAM has no policy template {name}", remedy, line=line, column=column)
    return [FoundPolicy(document, None, "identity", pointer, owner, {"address": owner}, problems=(problem,))]


def sam_templates() -> Mapping[str, Mapping[str, Any]]:
    """Return SAM's policy templates by name: their parameters and statements."""
    found: Mapping[str, Mapping[str, Any]] = declared_json("stacks/sam-policy-templates")["templates"]
    return found


@cache
def _read() -> Mapping[str, Any]:
    import gzip

    found: Mapping[str, Any] = json.loads(
        gzip.decompress((folder("rules") / "audit-data" / "aws-managed-policies.json.gz").read_bytes())
    )
    return found


@cache
def _paths() -> Mapping[str, str]:
    return {each.rpartition("/")[2]: each for each in _read()["policies"]}
