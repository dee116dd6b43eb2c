"""What a proof has shown: as JSON (`schemas/proof.schema.json`), as results for the other formats, and as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from preflight.engine.result import Evidence, Kind, Location, Report, Result, Verdict
from preflight.engine.rule import load_rule
from preflight.iam.decision import StatementRef
from preflight.iam.proof import ProofVerdict
from preflight.prove.bounds import named_plainly
from preflight.prove.claim import RULES, Claim, ProofAnswer, Shown, Undecided
from preflight.report.formats import rendered as rendered_report
from preflight.report.json import dumped
from preflight.report.view import View

VERSION = 1
_VERDICTS = {
    ProofVerdict.HOLDS: Verdict.HOLDS,
    ProofVerdict.FAILS: Verdict.FAILS,
    ProofVerdict.UNKNOWN: Verdict.UNKNOWN,
}
_SHOWN = {
    Claim.NO_NEW_ACCESS: "grants nothing new",
    Claim.NOT_GRANTED: "grants none of it",
    Claim.NOT_PUBLIC: "is not public",
    Claim.NOT_ADMINISTRATOR: "does not grant everything",
}
_OPEN = {
    Claim.NO_NEW_ACCESS: "grants something new",
    Claim.NOT_GRANTED: "grants some of it",
    Claim.NOT_PUBLIC: "is public",
    Claim.NOT_ADMINISTRATOR: "grants everything",
}


def rendered(answer: ProofAnswer, format_: str, view: View) -> str:
    """Return an answer in a format. Raises `UsageError` for a name that is no format's."""
    if format_ == "json":
        return dumped(document(answer), indent=2)
    return rendered_report(report(answer), format_, view)


def document(answer: ProofAnswer) -> dict[str, Any]:
    """Return an answer as plain data. Each counterexample brings itself as cases of `preflight simulate`."""
    return {
        "version": VERSION,
        "claim": answer.claim.value,
        "verdict": answer.verdict.value,
        "counterexamples": [_counterexample(each) for each in answer.counterexamples],
        "unknown": [_reasoned(each) for each in answer.unknown],
        **({"notes": [_reasoned(each) for each in answer.notes]} if answer.notes else {}),
        "examined": {
            "files": answer.files,
            "policies": answer.policies,
            "skipped": [{"path": each.path, "reason": each.reason} for each in answer.skipped],
        },
    }


def _reasoned(each: Undecided) -> dict[str, Any]:
    return {"reason": each.reason, "policy": each.policy, **_placed(each.location)}


def _counterexample(each: Shown) -> dict[str, Any]:
    found, request = each.counterexample, each.counterexample.asked.request
    told: dict[str, Any] = {
        "principal": request.principal,
        "action": request.action,
        "resource": request.resource,
        "context": {
            key: list(value) if isinstance(value, tuple) else [value] for key, value in request.context.values.items()
        },
    }
    if request.resource_account is not None:
        told["resource_account"] = request.resource_account
    if found.old is not None:
        told["old"] = found.old.value
    told["new"] = found.new.value
    told["by"] = [
        {"policy": each.policy, "statement": f"Statement[{ref.statement}]", "sid": ref.sid} for ref in found.by
    ]
    told |= _placed(each.location)
    if found.exists is not None:
        told["exists"] = found.exists
    if found.by_account:
        told["by_account"] = True
    told["case"] = found.case(each.document, each.policy)
    return told


def _placed(location: Location | None) -> dict[str, Any]:
    if location is None:
        return {}
    found: dict[str, Any] = {"path": location.path}
    if location.pointer:
        found["pointer"] = location.pointer
    if location.line is not None:
        found |= {"line": location.line, "column": location.column or 1}
    return {"location": found}


def report(answer: ProofAnswer) -> Report:
    """Return an answer as results: what fails, what is not known, and each policy that the claim was shown for."""
    found = tuple(_results(answer))
    if not found:
        # What --against compares with is the same, or what was granted there is gone.
        found = (load_rule(RULES[answer.claim]).result(Kind.PASS, "no policy differs in what it grants"),)
    return Report(_VERDICTS[answer.verdict], found)


def _results(answer: ProofAnswer) -> Iterator[Result]:
    rule = load_rule(RULES[answer.claim])
    for shown in answer.counterexamples:
        found = shown.counterexample
        yield rule.result(
            Kind.FAIL,
            _message(shown, answer.claim),
            subject=shown.policy,
            location=shown.location,
            evidence=[Evidence(shown.policy, _cited(ref)) for ref in found.by],
            remedy=rule.remedy,
        )
    for each in answer.unknown:
        yield rule.result(
            Kind.OPEN,
            f"Can't determine whether {each.policy} {_OPEN[answer.claim]}: {each.reason}",
            subject=each.policy,
            location=each.location,
            remedy=each.remedy or "Write what it depends on more simply, or fix its value with --assume KEY=VALUE.",
        )
    notes = {(each.location.path, each.location.pointer): each.reason for each in answer.notes if each.location}
    for policy in answer.proved:
        path = policy.document.path
        name = policy.owner.get("address") or policy.name or path
        yield rule.result(
            Kind.PASS,
            f"{name} {_SHOWN[answer.claim]}{_but(notes.get((path, policy.pointer)))}",
            subject=name,
            location=Location(path, policy.pointer),
        )


def _but(note: str | None) -> str:
    return f"; but {note}" if note else ""


def _message(shown: Shown, claim: Claim) -> str:
    found, request = shown.counterexample, shown.counterexample.asked.request
    who = "everyone (anonymous)" if request.principal == "*" else request.principal
    by = f"{', '.join(_cited(ref) for ref in found.by)} allows" if found.by else f"{shown.policy} allows"
    context = " and ".join(
        f"{key} = {', '.join(value) if isinstance(value, tuple) else value}"
        for key, value in request.context.values.items()
    )
    text = f"{by} {request.action} on {request.resource} to {who}{f' with {context}' if context else ''}"
    if found.exists is False:
        text += f" ({request.action} represents actions that AWS may add)"
    if claim is Claim.NO_NEW_ACCESS:
        text += ", which was denied before" if found.old == "explicitDeny" else ", which was not allowed before"
    if claim is Claim.NOT_ADMINISTRATOR and found.self_grant:
        text = f"{shown.policy} grants most actions on all resources, and lets its holder add the rest: {text}"
    elif claim is Claim.NOT_ADMINISTRATOR:
        text = f"{shown.policy} grants all actions on all resources; for example, {text}"
    return named_plainly(text)


def _cited(ref: StatementRef) -> str:
    return ref.sid or f"Statement[{ref.statement}]"
