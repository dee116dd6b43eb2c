"""Decisions of `preflight simulate` as text, JSON, JSON Lines and JUnit: answers in, pieces of text out, in order."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from preflight.iam.access_denied_message import NAMES
from preflight.iam.decision import Decision, StatementRef
from preflight.redaction import hidden_in, without_credentials
from preflight.report.terminal import presentable
from preflight.simulate.coverage import Covered
from preflight.simulate.simulate import Answer

_RENDERED_KEPT = 4096

_quote = json.encoder.encode_basestring_ascii
_rendered: dict[int, tuple[Decision, str]] = {}


def document(answer: Answer) -> dict[str, Any]:
    """Return one result as the plain data of the result document.

    `near_misses`, `unknown` and `expected` (what a case expected in vain) are there only when they say something.
    """
    if answer.decision is None:
        return {"id": without_credentials(answer.id), "error": without_credentials(str(answer.error))}
    found = {"id": without_credentials(answer.id), **hidden_in(_decision(answer.decision))}
    if not answer.met and answer.case is not None:
        found["expected"] = str(answer.case.expect)
    return found


def jsonl(answers: Iterable[Answer]) -> Iterator[str]:
    """Yield one line of JSON per answer."""
    for answer in answers:
        yield _line(answer) + "\n"


def json_array(answers: Iterable[Answer]) -> Iterator[str]:
    """Yield one JSON array, an answer a line, without keeping the answers."""
    separator = "[\n"
    for answer in answers:
        yield separator + _line(answer)
        separator = ",\n"
    yield "[]\n" if separator == "[\n" else "\n]\n"


def junit(answers: Iterable[Answer]) -> Iterator[str]:
    """Yield a JUnit report: an unmet expectation is a failure, a case not decided an error, open is skipped."""
    from preflight.report.junit import attribute, content

    total = failures = errors = skipped = 0
    body = []
    for answer in answers:
        total += 1
        path = answer.case.path if answer.case is not None else getattr(answer.error, "path", "")
        inner = ""
        if answer.decision is None:
            errors += 1
            inner = f"<error message={attribute(without_credentials(str(answer.error)))}/>"
        elif not answer.met:
            failures += 1
            shown = content(without_credentials(_explained(answer)))
            inner = f"<failure message={attribute(_verdict(answer))}>{shown}</failure>"
        elif answer.open:
            skipped += 1
            reasons = without_credentials("; ".join(_reasons(answer.decision)))
            inner = f"<skipped message={attribute('UNKNOWN: ' + reasons)}/>"
        name = attribute(without_credentials(answer.id))
        body.append(f"    <testcase classname={attribute(path)} name={name}>{inner}</testcase>\n")
    counts = f'tests="{total}" failures="{failures}" errors="{errors}" skipped="{skipped}"'
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites {counts}>\n'
    yield f'  <testsuite name="preflight simulate" {counts}>\n'
    yield from body
    yield "  </testsuite>\n</testsuites>\n"


def text(answers: Iterable[Answer]) -> Iterator[str]:
    """Yield each answer in words, and how many there were of each."""
    counts: dict[str, int] = {}
    unmet = wrong = 0
    for answer in answers:
        wrong += answer.decision is None
        unmet += answer.decision is not None and not answer.met
        if answer.decision is not None:
            counts[str(answer.decision.outcome)] = counts.get(str(answer.decision.outcome), 0) + 1
        yield explain(answer)
    parts = [f"{count} {_word(outcome)}" for outcome, count in sorted(counts.items())]
    parts += [f"{unmet} not as expected"] if unmet else []
    parts += [f"{wrong} not decided"] if wrong else []
    yield f"\n{', '.join(parts)}\n"


def explain(answer: Answer) -> str:
    """Return one answer in words: the decision, what made it, what it lacked; for an unmet expectation, the two.

    Nothing in it is obeyed by a terminal or a build service.
    """
    return printed(_explained(answer))


def printed(text: str) -> str:
    """Return lines as they may be printed, whatever names, policies and AWS's messages hold."""
    return "".join(f"{presentable(line)}\n" for line in text.split("\n")[:-1])


def _explained(answer: Answer) -> str:
    decision, case = answer.decision, answer.case
    if decision is None:
        return f"error         {answer.id}\n              {answer.error}\n"
    lines = [f"{_word(str(decision.outcome)):<13} {answer.id}"]
    if case is not None:
        request = case.request
        lines.append(f"              {request.action} on {request.resource} by {request.principal}")
        if not answer.met:
            lines += [f"            - expected {case.expect}", f"            + got      {decision.outcome}"]
    lines += [f"              {reason}" for reason in _reasons(decision)]
    return "\n".join(lines) + "\n"


def _word(outcome: str) -> str:
    return "UNKNOWN" if outcome == "open" else outcome


def coverage(covered: Sequence[Covered]) -> str:
    """Return which statements no decision rested on, in words."""
    missed = [each for each in covered if not each.decisions]
    head = f"\ncoverage: {len(covered) - len(missed)} of {len(covered)} statements decided a case"
    if not missed:
        return printed(head + "\n")
    lines = [f"  {cite(each.statement)}: {each.what}" for each in missed]
    return printed("\n".join([head + "; never exercised:", *lines]) + "\n")


def cite(ref: StatementRef) -> str:
    """Return how people cite a statement: `identity-based policy deployer, Statement[2] (ReadModels)`."""
    return f"{NAMES[ref.policy_type]} {ref.policy}, Statement[{ref.statement}]" + (f" ({ref.sid})" if ref.sid else "")


FORMATS: dict[str, Callable[[Iterable[Answer]], Iterator[str]]] = {
    "text": text,
    "json": json_array,
    "jsonl": jsonl,
    "junit": junit,
}


def _verdict(answer: Answer) -> str:
    assert answer.case is not None and answer.decision is not None
    return f"expected {answer.case.expect}, got {answer.decision.outcome}"


def _reasons(decision: Decision) -> Iterator[str]:
    for ref in decision.by:
        yield f"{'denied' if ref.effect == 'Deny' else 'allowed'} by {cite(ref)}"
    if decision.missing:
        yield f"no allow from: {', '.join(map(str, decision.missing))}"
    if decision.reason:
        yield decision.reason
    for hangs in decision.depends_on:
        tested = hangs.key if hangs.key == hangs.operator else f"{hangs.operator} {hangs.key}"
        why = f": {hangs.reason}" if hangs.reason else ""
        yield f"depends on {tested} {', '.join(hangs.values)}, in {cite(hangs.statement)}{why}"
    for policy_type, reason in decision.unknown:
        yield f"the {policy_type} policies are not known: {reason}"
    for miss in decision.near_misses:
        yield f"nearly: {cite(miss.statement)}: {miss.why}"


def _line(answer: Answer) -> str:
    decision = answer.decision
    if decision is None or not answer.met:
        return json.dumps(document(answer))
    kept = _rendered.get(id(decision))
    if kept is None or kept[0] is not decision:
        if len(_rendered) >= _RENDERED_KEPT:
            _rendered.clear()
        kept = _rendered[id(decision)] = decision, _dumped(decision)[1:]
    name = without_credentials(answer.id) if "://" in answer.id else answer.id
    return f'{{"id": {_quote(name)}, {kept[1]}'


def _dumped(decision: Decision) -> str:
    written = json.dumps(_decision(decision))
    # Nearly none has any, and to look through the whole text takes less than to look at each name.
    return written if without_credentials(written) == written else json.dumps(hidden_in(_decision(decision)))


def _decision(decision: Decision) -> dict[str, Any]:
    found: dict[str, Any] = {
        "decision": str(decision.outcome),
        "by": [_ref(ref) for ref in decision.by],
        "missing": [str(policy_type) for policy_type in decision.missing],
        "depends_on": [
            {
                "key": each.key,
                "operator": each.operator,
                "values": list(each.values),
                "statement": _ref(each.statement),
                **({"reason": each.reason} if each.reason else {}),
            }
            for each in decision.depends_on
        ],
    }
    if decision.reason:
        found["reason"] = decision.reason
    if decision.unknown:
        found["unknown"] = [{"policy_type": str(kind), "reason": reason} for kind, reason in decision.unknown]
    if decision.near_misses:
        found["near_misses"] = [
            {"statement": _ref(each.statement), "kind": each.kind, "why": each.why} for each in decision.near_misses
        ]
    return found


def _ref(ref: StatementRef) -> dict[str, Any]:
    return {
        "policy_type": str(ref.policy_type),
        "policy": ref.policy,
        "statement": ref.statement,
        "sid": ref.sid,
        "effect": ref.effect,
    }
