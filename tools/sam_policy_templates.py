"""Writes SAM's data: its policy templates, by which functions get policies, and what its connectors grant, as
`rules/stacks/sam-policy-templates.json` and `sam-connector-profiles.json`.

Source: the package aws-sam-translator (https://github.com/aws/serverless-application-model, Apache-2.0), of which only
the data is read. It pins other libraries more narrowly than we do, so it is installed without them:
  pip install --no-deps aws-sam-translator && python tools/sam_policy_templates.py
"""

from __future__ import annotations

import json
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

STACKS = Path(__file__).parent.parent / "rules" / "stacks"
PATH = STACKS / "sam-policy-templates.json"
PROFILES = STACKS / "sam-connector-profiles.json"
_SOURCE = (
    "https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-policy-templates.html"
)
_CONNECTORS = (
    "https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/reference-sam-connector.html"
)


def content() -> dict[str, Any]:
    """Return each template's parameters and its statements, with the version of the package they come from."""
    listed = _packaged("policy_templates_data/policy_templates.json")["Templates"]
    return {
        "source": _SOURCE,
        "version": version("aws-sam-translator"),
        "templates": {
            name: {"parameters": sorted(each["Parameters"]), "statements": each["Definition"]["Statement"]}
            for name, each in sorted(listed.items())
        },
    }


def text() -> str:
    """Return the file: one template a line, so that a change shows in a diff."""
    found = content()
    lines = [f"    {json.dumps(name)}: {json.dumps(each)}" for name, each in found.pop("templates").items()]
    head = "".join(f"  {json.dumps(name)}: {json.dumps(each)},\n" for name, each in found.items())
    return "{\n" + head + '  "templates": {\n' + ",\n".join(lines) + "\n  }\n}\n"


def profiles() -> str:
    """Return the file of connectors: what each grants by the types of its ends, one pair a line."""
    found = _packaged("model/connector_profiles/profiles.json")
    pairs = {kind: list(ends.items()) for kind, ends in found["Permissions"].items()}
    permissions = ",\n".join(
        f"    {json.dumps(kind)}: {{\n"
        + ",\n".join(f"      {json.dumps(end)}: {json.dumps(each)}" for end, each in ends)
        + "\n    }"
        for kind, ends in pairs.items()
    )
    resources = ",\n".join(
        f"    {json.dumps(kind)}: {json.dumps(each)}" for kind, each in found["CfnResourceProperties"].items()
    )
    head = {"source": _CONNECTORS, "version": version("aws-sam-translator")}
    lines = "".join(f"  {json.dumps(name)}: {json.dumps(each)},\n" for name, each in head.items())
    return f'{{\n{lines}  "resources": {{\n{resources}\n  }},\n  "permissions": {{\n{permissions}\n  }}\n}}\n'


def _packaged(path: str) -> dict[str, Any]:
    package = find_spec("samtranslator")
    if package is None or package.origin is None:
        raise SystemExit("SAM's data is not installed: pip install --no-deps aws-sam-translator")
    found: dict[str, Any] = json.loads((Path(package.origin).parent / path).read_text(encoding="utf-8"))
    return found


def main() -> None:
    """Write the files."""
    PATH.write_text(text(), encoding="utf-8")
    PROFILES.write_text(profiles(), encoding="utf-8")


if __name__ == "__main__":
    main()
