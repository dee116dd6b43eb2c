"""What AWS's reasons for a resource that did not come into service mean, as `rules/failures/` declares them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from preflight.create.journal import JournalEntry
from preflight.data_files import folder, load_yaml
from preflight.declared.expressions import fill


@dataclass(frozen=True, slots=True)
class KnownReason:
    """What a reason means and what to do; `rules` are the checks that may show the cause."""

    means: str = ""
    remedy: str = ""
    rules: tuple[str, ...] = ()


def explain(entry: JournalEntry, reason: str) -> KnownReason:
    """Explain a reason that AWS gave. One that nobody has declared is explained by where the logs are."""
    declared = _declared(entry.operation.kind.id)
    logs = _logs(entry, declared)
    for known in declared.get("reasons", ()):
        if re.search(known["like"], reason):
            see = f"See {known['see']}." if "see" in known else ""
            remedy = " ".join(filter(None, (known["remedy"], logs, see)))
            return KnownReason(known["means"], remedy, tuple(known.get("rules", ())))
    return KnownReason(remedy=logs)


def _logs(entry: JournalEntry, declared: Mapping[str, Any]) -> str:
    group = fill(declared["logs"], entry.key) if "logs" in declared else None
    return f"Logs: aws logs tail {group} --region {entry.region}" if group else ""


@cache
def _declared(kind: str) -> Mapping[str, Any]:
    service, _, resource = kind.partition(":")
    path = folder("rules") / "failures" / service / f"{resource}.yaml"
    if not path.is_file():
        return {}
    loaded: Mapping[str, Any] = load_yaml(path.read_bytes())
    return loaded
