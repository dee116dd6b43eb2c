"""Writes `rules/stacks/sam-policy-templates.json`: the policy templates of SAM, by which functions get policies.

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

PATH = Path(__file__).parent.parent / "rules" / "stacks" / "sam-policy-templates.json"
_SOURCE = (
    "https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-policy-templates.html"
)


def content() -> dict[str, Any]:
    """Return each template's parameters and its statements, with the version of the package they come from."""
    package = find_spec("samtranslator")
    if package is None or package.origin is None:
        raise SystemExit("the templates are not installed: pip install --no-deps aws-sam-translator")
    data = Path(package.origin).parent / "policy_templates_data" / "policy_templates.json"
    listed = json.loads(data.read_text(encoding="utf-8"))["Templates"]
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


def main() -> None:
    """Write the file."""
    PATH.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
