"""Proving a claim about every policy that was given."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from preflight.documents.policies.files import may_hold_policy
from preflight.documents.policies.found_policy import FoundPolicy, PolicyDocumentType
from preflight.engine.result import Location
from preflight.errors import InputError, UsageError
from preflight.iam.errors import PolicyError
from preflight.iam.policy import Policy, parse_policy
from preflight.iam.proof import (
    NOTHING,
    Assumptions,
    Counterexample,
    Proof,
    ProofVerdict,
    no_new_access,
    not_administrator,
    not_granted,
    not_public,
    policy_type,
)
from preflight.prove.bounds import (
    as_written,
    at_least,
    at_most,
    named_plainly,
    only_in_values,
    resources_at_most,
    unknown_parts,
    unknown_statements,
)
from preflight.prove.claim import Claim, ProofAnswer, Question, Shown, SkippedFile, Undecided
from preflight.prove.git import ChangedFile, changes, content
from preflight.prove.known import KNOWN
from preflight.prove.pairs import Pair, named_below, pairs
from preflight.prove.reading import Read, read

MOST_COUNTEREXAMPLES = 10
_KEEP = "Keep what denies it, or have the change reviewed."
_LIMITING = ("scp", "rcp", "boundary", "session", "vpc-endpoint")


def prove(question: Question, paths: Sequence[str], type_: PolicyDocumentType | None = None) -> ProofAnswer:
    """Prove a claim of each policy in files and directories; `no-new-access` takes two, the old and the new.

    Raises `InputError` for a file that is named and cannot be read, or holds a policy that AWS would refuse, and
    `UsageError` where there is no policy.
    """
    if question.claim is Claim.NO_NEW_ACCESS:
        if len(paths) != 2:
            raise UsageError("no-new-access compares two files or directories, OLD and NEW, or NEW with --against REF")
        old, new = read(paths[:1], type_), read(paths[1:], type_)
        _require_policies(new, paths[1:])
        before, after = named_below(old.policies, paths[0]), named_below(new.policies, paths[1])
        new.skipped += old.skipped
        return _answer(question, pairs(before, after), new, named=not Path(paths[1]).is_dir())
    found = read(paths, type_)
    _require_policies(found, paths)
    every = (Pair(None, each) for policies in found.policies.values() for each in policies)
    return _answer(question, every, found, named=not any(Path(each).is_dir() for each in paths))


def prove_against(
    question: Question, ref: str, paths: Sequence[str], type_: PolicyDocumentType | None = None
) -> ProofAnswer:
    """Prove that the policies of the files that differ from a commit of git grant nothing that they did not there.

    Raises what `prove` raises, and `UsageError` for what git does not know. Where nothing differs, nothing is new.
    """
    old, new = Read(), Read()
    every = changes(paths, ref)
    for number, change in enumerate(every):
        name = str(number)
        _now(new, change, name, type_)
        _then(old, change, name, ref, type_)
    if not new.policies and not old.policies and not new.skipped and not old.skipped:
        # What changed contains no policy: there must be one, all the same, in what was given.
        _require_policies(read([each for each in paths if os.path.lexists(each)], type_), paths)
    new.skipped += [each for each in old.skipped if each not in new.skipped]
    return _answer(question, pairs(old.policies, new.policies), new, named=False)


def _now(new: Read, change: ChangedFile, name: str, type_: PolicyDocumentType | None) -> None:
    if change.path is None or not Path(change.path).is_file():
        return
    try:
        with open(change.path, "rb") as file:  # noqa: PTH123
            data = file.read()
    except OSError as error:
        new.skipped.append(SkippedFile(change.path, f"it cannot be read ({error.strerror})"))
        return
    if may_hold_policy(data, change.path):
        new.add(name, change.path, data, type_, named=False)


def _then(old: Read, change: ChangedFile, name: str, ref: str, type_: PolicyDocumentType | None) -> None:
    if change.before is None:
        return
    data = content(change.top, change.commit, change.before)
    if data is None:
        old.skipped.append(SkippedFile(change.before, f"git cannot give its content in {ref}"))
    elif may_hold_policy(data, change.before):
        old.add(name, change.before, data, type_, named=False)


def _require_policies(found: Read, paths: Sequence[str]) -> None:
    if not found.policies and not found.skipped:
        raise UsageError(f"there is no policy in {', '.join(paths)}; name a file or directory with one")


class _Proved(NamedTuple):
    """What was shown of one policy."""

    shown: Sequence[Shown] = ()
    unknown: Sequence[Undecided] = ()
    notes: Sequence[Undecided] = ()


def _answer(question: Question, every: Iterator[Pair], found: Read, *, named: bool) -> ProofAnswer:
    shown: list[Shown] = []
    unknown: list[Undecided] = []
    notes: list[Undecided] = []
    proved: list[FoundPolicy] = []
    skipped = list(found.skipped)
    policies = 0
    for pair in every:
        supposed = pair.new.supposed if pair.new is not None else ""
        policies += pair.new is not None and not supposed
        try:
            one = _one(question, pair, named=named)
        except InputError as error:
            if supposed:
                # AWS refuses this form of the policy: it grants nothing.
                continue
            if named:
                raise
            skipped.append(SkippedFile(error.path, error.problem))
            continue
        if pair.new is not None and supposed:
            unknown += _if_it_may_be(one, pair.new)
            continue
        shown += one.shown
        unknown += one.unknown
        notes += one.notes
        if pair.new is not None and not one.shown and not one.unknown:
            proved.append(pair.new)
    unknown += [Undecided(f"{each.path} was not read: {each.reason}", each.path) for each in skipped]
    verdict = ProofVerdict.FAILS if shown else ProofVerdict.UNKNOWN if unknown else ProofVerdict.HOLDS
    return ProofAnswer(
        question.claim, verdict, tuple(shown[:MOST_COUNTEREXAMPLES]), tuple(unknown), tuple(proved), found.files,
        policies, tuple(skipped), found.sources, tuple(notes),
    )  # fmt: skip


def _if_it_may_be(one: _Proved, new: FoundPolicy) -> Iterator[Undecided]:
    """Tell what was shown of a form of a template's policy of which the template need not allow that it is deployed."""
    for each in one.shown[:1]:
        reason = (
            f"it depends on whether {new.supposed} can be: then {each.counterexample.asked.request.action} is allowed"
        )
        yield Undecided(reason, _name(new), each.location)
    if not one.shown:
        for undecided in one.unknown:
            yield undecided._replace(reason=f"if {new.supposed}: {undecided.reason}")


def _one(question: Question, pair: Pair, *, named: bool) -> _Proved:
    if pair.new is None:
        return _Proved() if pair.old is not None and pair.old.supposed else _gone(pair.old)
    new, old = pair.new, pair.old
    name = _name(new)
    if question.claim is Claim.NO_NEW_ACCESS and old is not None and old.type != new.type:
        reason = f"it is a policy of type {new.type}, but was of type {old.type}"
        return _Proved((), [Undecided(reason, name, _location(new, ""))])
    after = new.value
    before = old.value if old is not None else None
    parts = dict.fromkeys((*unknown_parts(after), *unknown_parts(before)))
    if not parts:
        proof = _proof(question, new.type, _parsed(new, after), _parsed(old, before) if old is not None else NOTHING)
        return _told(proof, new, after, before) if not proof.lifted else _losing(proof, pair, named=named)
    if unknown_statements(after) or (before is not None and unknown_statements(before)):
        reason = f"it depends on the deploy-time value of {', '.join(parts)}"
        return _Proved((), [Undecided(reason, name, _location(new, ""))])
    worst = _proof(
        question, new.type, _parsed(new, at_least(after)), _parsed(old, at_most(before)) if old is not None else NOTHING
    )
    if worst.verdict is ProofVerdict.FAILS:
        return _told(worst, new, at_least(after), at_most(before) if before is not None else None)
    if certain := _certain(question, pair):
        return certain
    documents = [(at_most(after), at_least(before) if before is not None else None)]
    if only_in_values(after) and only_in_values(before):
        documents.insert(0, (after, before))
    for then, earlier in documents:
        best = _proof(question, new.type, _parsed(new, then), _parsed(old, earlier) if old is not None else NOTHING)
        if best.verdict is ProofVerdict.HOLDS:
            return _losing(best, pair, named=named) if best.lifted else _Proved()
    reason = f"it depends on the deploy-time value of {', '.join(parts)}"
    return _Proved((), [Undecided(reason, name, _location(new, ""))])


def _losing(proof: Proof, pair: Pair, *, named: bool) -> _Proved:
    """Tell of denies that are lost. Of two policies that are `named` the old one may be a reference, to which the other
    need not be the successor; elsewhere the old one was in effect.
    """
    new, old = pair.new, pair.old
    assert new is not None and old is not None
    lost = ", ".join(each.sid or f"Statement[{each.index}]" for each in proof.lifted)
    reason = f"it no longer denies all that {lost} denied, and other policies may allow it"
    one = Undecided(reason, _name(new), _location(new, ""), _KEEP)
    reference = named and not new.pointer and not old.pointer
    if reference and any(each.allows for each in _parsed(old, old.value).statements):
        return _Proved(notes=[one])
    return _Proved(unknown=[one])


def _certain(question: Question, pair: Pair) -> _Proved | None:
    """Return requests on a resource that only the deploy names, where it makes no difference which one it is."""
    new, old = pair.new, pair.old
    assert new is not None
    if question.resources:
        return None
    after = as_written(new.value)
    before = at_most(old.value) if old is not None else None
    earlier = _parsed(old, before) if old is not None else NOTHING
    proof = _proof(question, new.type, _parsed(new, after), earlier)
    kept = []
    for each in proof.counterexamples:
        if each.statement is None:
            continue
        about = resources_at_most(after["Statement"][each.statement.index])
        action = [each.asked.request.action]
        if about is not None and (
            old is None or not_granted(earlier, new.type, action, about).verdict is ProofVerdict.HOLDS
        ):
            kept.append(each)
    return _told(Proof(ProofVerdict.FAILS, tuple(kept)), new, after, before) if kept else None


def _gone(old: FoundPolicy | None) -> _Proved:
    """What a policy granted is no more; but what it denied or limited may be allowed by others now."""
    if old is None:
        return _Proved()
    policy = _parsed(old, old.value)
    if old.type not in _LIMITING and all(each.allows for each in policy.statements):
        return _Proved()
    limited = "limited" if old.type in _LIMITING else "denied"
    return _Proved(
        (), [Undecided(f"it was removed, and other policies may allow what it {limited}", _name(old), remedy=_KEEP)]
    )


def _proof(question: Question, type_: PolicyDocumentType, new: Policy, old: Policy) -> Proof:
    given = Assumptions(KNOWN, question.assumed, question.today)
    if question.claim is Claim.NO_NEW_ACCESS:
        return no_new_access(old, new, type_, given)
    if question.claim is Claim.NOT_GRANTED:
        return not_granted(new, type_, question.actions, question.resources, question.principals, given)
    if question.claim is Claim.NOT_PUBLIC:
        return not_public(new, type_, given)
    return not_administrator(new, type_, given)


def _told(proof: Proof, new: FoundPolicy, after: Any, before: Any) -> _Proved:
    name = _name(new)
    shown = [Shown(each, name, _location(new, _pointer(new, each)), after, before) for each in proof.counterexamples]
    unknown = [Undecided(each, name, _location(new, "")) for each in proof.unknown]
    return _Proved(shown, () if shown else unknown)


def _parsed(found: FoundPolicy | None, document: Any) -> Policy:
    """Raises `InputError` for a policy that AWS would refuse."""
    assert found is not None
    try:
        return parse_policy(document, _name(found), policy_type(found.type))
    except PolicyError as error:
        place = found.place(error.pointer)
        where = f"line {place[0]}, column {place[1]}" if place is not None else error.pointer
        problem, mend = named_plainly(error.problem), named_plainly(error.mend)
        raise InputError(found.document.path, problem, place=where, mend=mend) from None


def _name(found: FoundPolicy) -> str:
    address = found.owner.get("address", "")
    parts = dict.fromkeys(part for part in (address, found.name) if part)
    return " ".join(parts) or found.document.path


def _pointer(found: FoundPolicy, each: Counterexample) -> str:
    if each.statement is None:
        return ""
    body = found.value.get("Statement") if isinstance(found.value, dict) else None
    return f"/Statement/{each.statement.index}" if isinstance(body, list) else "/Statement"


def _location(found: FoundPolicy, pointer: str) -> Location:
    place = found.place(pointer) or (None, None)
    return Location(found.document.path, found.whole(pointer), *place)
