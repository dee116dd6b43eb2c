"""Results as plain data, as JSON has them, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from preflight.engine.result import Evidence, Kind, Level, Location, Result

if TYPE_CHECKING:
    from preflight.engine.plan_coverage import NeedOf


def plain(result: Result) -> dict[str, Any]:
    """Return one result as plain data, a `result` of the schema."""
    found: dict[str, Any] = {
        "rule": result.rule,
        "name": result.name,
        "kind": result.kind.value,
        "level": result.level.value,
        "message": result.message,
        "subject": result.subject,
        "location": None if result.location is None else _location(result.location),
        "evidence": [{"policy": each.policy, "statement": each.statement} for each in result.evidence],
        "remedy": result.remedy,
        "aliases": list(result.aliases),
    }
    if found["location"] is None:
        del found["location"]
    if result.need is not None:
        found["by"] = result.need.by
        found["need"] = {"type": result.need.type, "action": result.need.action, "resource": result.need.resource}
    return found


def parsed(found: Mapping[str, Any]) -> Result:
    """Return the result that `plain` made plain data of."""
    where = found.get("location")
    return Result(
        found["rule"],
        found["name"],
        Kind(found["kind"]),
        Level(found["level"]),
        found["message"],
        found["subject"],
        Location(where["path"], where["pointer"], where.get("line"), where.get("column")) if where else None,
        tuple(Evidence(each["policy"], each["statement"]) for each in found["evidence"]),
        found["remedy"],
        tuple(found["aliases"]),
        _need(found) if "need" in found else None,
    )


def _need(found: Mapping[str, Any]) -> NeedOf:
    # Lints have none, and load nothing for it.
    from preflight.engine.plan_coverage import NeedOf

    return NeedOf(**found["need"], by=found["by"])


def _location(location: Location) -> dict[str, Any]:
    found: dict[str, Any] = {"path": location.path, "pointer": location.pointer}
    if location.line is not None:
        found |= {"line": location.line, "column": location.column}
    return found
