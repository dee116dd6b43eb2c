"""An explained refusal, as text and as the JSON of `schemas/why.schema.json`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from preflight.iam.access_denied_message import NAMES, explicit_deny
from preflight.iam.decision import StatementRef
from preflight.iam.request import PolicyType
from preflight.redaction import hidden_in
from preflight.report.terminal import presentable, wrapped
from preflight.why.explain import Explanation, ExplanationVerdict, PolicyChange, Why

_SHORT = {PolicyType.BOUNDARY: "boundary"}
_INDENT = " " * 11


def document(found: Why) -> dict[str, Any]:
    """Return the explanation as plain data, by `schemas/why.schema.json`."""
    made: dict[str, Any] = {"version": 1, "refusals": [_refusal(each) for each in found.explanations]}
    if found.other:
        made["other"] = found.other
    return made


def rendered_json(found: Why) -> str:
    """Return the explanation as JSON text."""
    return json.dumps(hidden_in(document(found)), indent=2) + "\n"


def _refusal(each: Explanation) -> dict[str, Any]:
    said = each.refusal
    return {
        "principal": said.principal,
        "action": said.action,
        "resource": said.resource,
        "policy_type": _type(said.policy_type),
        "effect": said.effect,
        "policy_arn": said.policy_arn,
        "inferred": said.inferred,
        "verdict": each.verdict.value,
        "statement": _statement(each.statement),
        "near": list(each.near),
        "change": _change(each.changes[0]) if each.changes else {},
        "also": [_change(change) for change in each.changes[1:]],
        "unknown": said.unknown,
    }


def _type(kind: PolicyType | str | None) -> str | None:
    if kind is None:
        return None
    return _SHORT.get(kind, str(kind)) if isinstance(kind, PolicyType) else kind


def _statement(ref: StatementRef | None) -> dict[str, Any] | None:
    if ref is None:
        return None
    return {"policy_type": _type(ref.policy_type), "policy": ref.policy, "statement": ref.statement, "sid": ref.sid}


def _change(change: PolicyChange) -> dict[str, Any]:
    made: dict[str, Any] = {"policy_type": _type(change.policy_type), "where": change.where, "text": change.text}
    if change.statement is not None:
        made["statement"] = change.statement
    return made


def rendered_text(found: Why, width: int = 100) -> str:
    """Return the explanation for people, wrapped to a width."""
    lines: list[str] = []
    for number, each in enumerate(found.explanations):
        if number:
            lines.append("")
        lines += _lines(each, width)
    return presentable("\n".join(lines)) + "\n"


def _lines(each: Explanation, width: int) -> Iterator[str]:
    said = each.refusal
    rows: list[tuple[str, str]] = [
        ("who", said.principal or "not named"),
        ("action", said.action or "not named"),
        ("resource", said.resource or "not named"),
        ("because", _refused_by(each)),
    ]
    rows += [("nearest", near) for near in each.near[:3]]
    if said.unknown:
        rows.append(("UNKNOWN" if each.verdict is ExplanationVerdict.OPEN else "note", said.unknown))
    for title, text in rows:
        yield from wrapped(text, f"{title:<11}", _INDENT, width)
    for change in each.changes:
        yield from wrapped(change.text, f"{'fix':<11}", _INDENT, width)
        if change.statement is not None:
            yield from _json(change.statement)


def _refused_by(each: Explanation) -> str:
    said = each.refusal
    if each.verdict is ExplanationVerdict.ALLOWED:
        return "nothing in the facts: they allow the request"
    if said.policy_type is None:
        return "not said"
    name = NAMES[said.policy_type]
    inferred = " (inferred)" if said.inferred else ""
    if said.effect == "explicitDeny":
        where = f": {said.policy_arn}" if said.policy_arn else ""
        text = f"{explicit_deny(said.policy_type).removeprefix('with ')}{where}"
    elif said.effect == "implicitDeny":
        text = f"no {name} allows the {said.action} action"
    else:
        text = f"the {name}"
    if each.statement is not None:
        text += f", by {each.statement.sid or f'Statement[{each.statement.statement}]'} of {each.statement.policy}"
    return text + inferred


def _json(statement: Mapping[str, Any]) -> Iterator[str]:
    for line in json.dumps(statement, indent=2, ensure_ascii=False).splitlines():
        yield _INDENT + line
