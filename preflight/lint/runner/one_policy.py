"""Linting one policy: every rule that is about its type, each finding as a result with its place in the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from preflight.documents.policies.found_policy import FoundPolicy, Problem
from preflight.engine.result import Kind, Location, Result
from preflight.engine.rule import load_file
from preflight.engine.rule_headers import Head
from preflight.errors import PreflightError
from preflight.json_pointer import unescape
from preflight.lint.policy.finding import Finding
from preflight.lint.policy.needs import NeededPart, need_of
from preflight.lint.policy.subject import Subject

if TYPE_CHECKING:
    from preflight.documents.policies.template_values import Shape

FAMILY = "lint"
_CONDITION = "/Condition"
_UNREAD = "/aws:PrincipalTag~1unresolved"
"""The key that stands for the conditions of a Terraform document that could not be read."""
# The rules that what reading a policy has found belongs to, by the kind of problem.
PROBLEMS = {
    "syntax": "IAM001",
    "repeated": "IAM002",
    "administrator": "IAM218",
    "managed": "IAM105",
    "template": "IAM106",
    "unsubstituted": "IAM057",
    "doubt": "IAM019",
}
_OURS = "preflight.lint."
PolicyCheck: TypeAlias = Callable[[Subject], Iterable[Finding]]


class _Needing(NamedTuple):
    """The checks that need the same (nothing in particular, where it is None), with the places and rules of each."""

    need: NeededPart | None
    checks: list[tuple[int, Head, PolicyCheck]]


class PolicyFinding(NamedTuple):
    """A finding of a rule in a policy, before it is a result: what `--fix` and suppressions work with."""

    head: Head
    policy: FoundPolicy
    finding: Finding

    def result(self) -> Result:
        """Return it as a result, with its line and column."""
        rule = load_file(self.head.path)
        finding, policy = self.finding, self.policy
        place = finding.place or policy.place(finding.pointer, name=finding.on_name)
        where = Location(policy.document.path, policy.whole(finding.pointer), *(place or (None, None)))
        shown = policy.shape.shown if policy.shape is not None else str
        return rule.result(
            Kind.FAIL,
            shown(finding.message),
            subject=policy.name,
            location=where,
            evidence=finding.evidence,
            remedy=shown(finding.remedy or rule.remedy),
            level=finding.level,
        )


class Linter:
    """The rules of a run. Checks are imported once, for the first policy that they are about.

    Raises `PreflightError` where a rule names a check that is not there.
    """

    def __init__(self, rules: Sequence[Head]) -> None:
        self._rules = [rule for rule in rules if rule.check is not None or rule.declared]
        self._elements = frozenset[str]().union(*(rule.elements for rule in self._rules))
        self._about: dict[tuple[str, frozenset[str]], list[_Needing]] = {}
        self._functions: dict[str, PolicyCheck] = {}
        for rule in self._rules:
            if not (rule.check or _OURS).startswith(_OURS):
                self._function(rule)
        by_id = {rule.id: rule for rule in rules}
        self._problems = {kind: by_id[rule] for kind, rule in PROBLEMS.items() if rule in by_id}

    def _checks(self, subject: Subject) -> list[_Needing]:
        """Return the rules that are about a policy of this type with these elements, with their checks, by what these
        need.
        """
        key = subject.type, subject.elements & self._elements
        if key not in self._about:
            found: dict[NeededPart | None, list[tuple[int, Head, PolicyCheck]]] = {}
            for place, rule in enumerate(self._rules):
                if (not rule.types or key[0] in rule.types) and (not rule.elements or rule.elements & key[1]):
                    check = self._function(rule)
                    found.setdefault(need_of(check), []).append((place, rule, check))
            self._about[key] = [_Needing(need, checks) for need, checks in found.items()]
        return self._about[key]

    def _function(self, rule: Head) -> PolicyCheck:
        if rule.id not in self._functions:
            self._functions[rule.id] = _function(rule)
        return self._functions[rule.id]

    def findings(self, policy: FoundPolicy) -> list[PolicyFinding]:
        """Return what is found in one policy, in the order of the rules. Of one that cannot be read, it is why."""
        found = [
            PolicyFinding(self._problems[each.kind], policy, _finding(each))
            for each in policy.problems
            if each.kind in self._problems
        ]
        if not policy.readable:
            return found
        subject = Subject(policy)
        placed: list[tuple[int, PolicyFinding]] = []
        for need, checks in self._checks(subject):
            rule = checks[0][1]
            try:
                if need is not None and not subject.once(need):
                    continue
                for place, rule, check in checks:
                    for each in check(subject):
                        placed.append((place, PolicyFinding(rule, policy, each)))  # noqa: PERF401 -- mostly there is none
            except Exception as error:
                raise PreflightError(_broken(rule, policy, error)) from error
        subject.let_go()
        found += [each for _, each in sorted(placed, key=itemgetter(0))]
        found = found if policy.shape is None else _of_shape(found, policy.shape)
        if policy.general is None:
            return found
        general = {_what(each) for each in self.findings(policy.general)}
        return [each for each in found if _what(each) not in general]


def _of_shape(found: Sequence[PolicyFinding], shape: Shape) -> list[PolicyFinding]:
    """Return what is so whatever the deploy puts into a template: nothing about a value, or a name, that is not known,
    and no edit, which would write into the template what stands for its functions.
    """
    from preflight.documents.policies.template_values import is_partly_unknown

    hidden = tuple(f"{each[: -len(_CONDITION)]}/" for each in shape.unknown if each.endswith(_CONDITION))
    return [
        each if shape.editable else each._replace(finding=replace(each.finding, edits=()))
        for each in found
        if each.finding.pointer not in (shape.absent if each.finding.on_name else shape.unknown)
        and (shape.complete or not each.head.whole)
        and not (hidden and each.head.conditions and f"{each.finding.pointer}/".startswith(hidden))
        and not is_partly_unknown(unescape(each.finding.pointer))
        and not each.finding.pointer.endswith(_UNREAD)
    ]


def _what(found: PolicyFinding) -> tuple[str, str, str]:
    return found.head.id, found.finding.pointer, found.finding.message


def _finding(problem: Problem) -> Finding:
    line, column = problem.line, problem.column
    place = (line, column) if line is not None and column is not None else None
    return Finding(problem.pointer, problem.message, problem.remedy, place=place)


def _broken(rule: Head, policy: FoundPolicy, error: Exception) -> str:
    import traceback

    last = traceback.extract_tb(error.__traceback__)[-1]
    what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return (
        f"{policy.document.path}: the check of {rule.id} failed: {what} ({Path(last.filename).name}:{last.lineno}); "
        "this is an internal error; please report it with the policy"
    )


def _function(rule: Head) -> PolicyCheck:
    from importlib import import_module

    module, _, name = (rule.check or "preflight.lint.runner.match:matcher").partition(":")
    try:
        function = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise PreflightError(f"{rule.path}: it names the check {rule.check!r}, which doesn't exist: {error}") from error
    check: PolicyCheck = function if rule.check is not None else function(rule.path)
    return check
