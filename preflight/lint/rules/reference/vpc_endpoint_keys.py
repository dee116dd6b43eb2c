"""Condition keys that only some services put into the context of a request.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-vpceaccount
and the sections behind it; `rules/lint-data/vpce-services.json` has their lists.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from preflight.engine.result import Level
from preflight.lint.analysis.condition_index import asks_for, conditions_on, without_key
from preflight.lint.policy.finding import Finding
from preflight.lint.policy.sensitive_actions import lint_data
from preflight.lint.policy.statements import ConditionEntry, StatementView
from preflight.lint.policy.subject import Subject

_PREFIX = "aws:vpce"
_SHOWN = 3


def supported_by_service(subject: Subject) -> Iterator[Finding]:
    """Find keys of VPC endpoints' owners in statements about services that do not have them."""
    for view, each in conditions_on(subject, _supporting().keys()):
        key = each.lower_key
        supported = _supporting().get(key) if key.startswith(_PREFIX) else None
        without = _without(view, supported | _by_others(view, each)) if supported is not None else []
        if without and not asks_for(view, key):
            effect = "denied" if view.denies else "allowed"
            always = f"always {effect}" if len(view.conditions) == 1 else f"{effect} regardless of it"
            result = always if without_key(each) else f"never {effect}"
            more = f" and {len(without) - _SHOWN} more" if len(without) > _SHOWN else ""
            yield Finding(
                each.pointer,
                f"requests for {', '.join(without[:_SHOWN])}{more} do not carry {each.key}: they are {result} by "
                f"{view.cited}",
                "use aws:SourceVpce or aws:SourceVpc for them, in a separate statement",
                on_name=True,
                level=Level.NOTE if view.not_actions else None,
            )


def _by_others(view: StatementView, condition: ConditionEntry) -> frozenset[str]:
    """Return the services that have another such key, which the statement asks for too: that one decides for them."""
    others = (_supporting().get(each.lower_key) for each in view.conditions if each is not condition)
    return (
        frozenset[str]().union(*(each for each in others if each is not None))
        if without_key(condition)
        else frozenset()
    )


def _without(view: StatementView, supported: frozenset[str]) -> list[str]:
    """Return the entries whose services do not have the key."""
    if view.not_actions:
        return ["services that NotAction does not list"]
    return [
        "most services" if entry.text in ("*", "*:*") else entry.text
        for entry in view.actions
        if entry.text.partition(":")[0].lower() not in supported or entry.text.lower() == "iam:passrole"
    ]


@cache
def _supporting() -> dict[str, frozenset[str]]:
    """Return the services, by key in lower case."""
    return {key.lower(): frozenset(services) for key, services in lint_data("vpce-services")["keys"].items()}
