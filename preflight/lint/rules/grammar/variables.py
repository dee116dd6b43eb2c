"""How policy variables are written, and where they mean something.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from preflight.lint.analysis.policy_variables import _VARIABLE, WrittenVariable, possible, variables
from preflight.lint.policy.finding import Finding, shown
from preflight.lint.policy.needs import needs
from preflight.lint.policy.subject import Subject

_OTHERS = frozenset({"NotAction", "Principal", "NotPrincipal"})
_WITH_VARIABLES = "2012-10-17"


@needs(possible)
def closed(subject: Subject) -> Iterator[Finding]:
    """Find variables without a closing brace."""
    for each in _used(subject):
        if each.inside is None:
            yield _finding(each, "has no closing brace", "add } after the variable's name; variables can't be nested")


@needs(possible)
def quoted(subject: Subject) -> Iterator[Finding]:
    """Find default values without quotes."""
    for each in _used(subject):
        name, comma, rest = (each.inside or "").partition(",")
        default = rest.strip()
        if comma and not (len(default) >= 2 and default[0] == default[-1] == "'"):
            meant = default.strip("'\"")
            remedy = f"write ${{{name.strip()}, '{meant}'}}"
            yield _finding(each, "has a default value without single quotes", remedy)


@needs(possible)
def without_space(subject: Subject) -> Iterator[Finding]:
    """Find spaces in the names of variables."""
    for each in _used(subject):
        name = (each.inside or "").partition(",")[0]
        if name.strip() and any(map(str.isspace, name)):
            meant = "".join(name.split())
            yield _finding(each, "has a space in its name", f"write ${{{meant}{(each.inside or '')[len(name) :]}}}")


@needs(possible)
def not_empty(subject: Subject) -> Iterator[Finding]:
    """Find variables without a name."""
    for each in _used(subject):
        if each.inside is not None and not each.inside.partition(",")[0].strip():
            yield _finding(
                each,
                "names no condition key",
                "name a condition key, as in ${aws:PrincipalAccount}, or remove the braces",
            )


@needs(possible)
def in_element(subject: Subject) -> Iterator[Finding]:
    """Find variables where AWS takes them for text: in actions and principals."""
    for view in subject.statements:
        if "${" not in view.action_lines and view.raw.keys().isdisjoint(_OTHERS):
            continue
        for name, entries in (
            ("Action", view.actions),
            ("NotAction", view.not_actions),
            ("Principal", view.principals),
        ):
            for entry in entries:
                if "${" in entry.text:
                    found = _VARIABLE.search(entry.text)
                    which = f" {found[0]}" if found else ""
                    problem = f"{name} takes no variables, and {shown(entry.text)} holds one{which and ','}{which}"
                    yield Finding(entry.pointer, problem)


@needs(possible)
def in_version(subject: Subject) -> Iterator[Finding]:
    """Find variables in a policy whose version has none."""
    if subject.version == _WITH_VARIABLES:
        return
    for each in variables(subject):
        found = _VARIABLE.match(each.written)
        if found:
            problem = f"{found[0]} is plain text here: the policy's version doesn't support variables"
            yield Finding(each.entry.pointer, problem)


@needs(possible)
def in_place(subject: Subject) -> Iterator[Finding]:
    """Find variables of a resource in front of the fifth colon of its ARN."""
    if subject.version != _WITH_VARIABLES or not variables(subject):
        return
    for view in subject.statements:
        for entry in view.resources or view.not_resources:
            at = entry.text.find("${")
            if at >= 0 and entry.text.startswith("arn:") and entry.text.count(":", 0, at) < 5:
                written = entry.text[at:].partition("}")[0] + "}"
                yield Finding(entry.pointer, f"{written} is before the fifth colon of {shown(entry.text)}")


def _used(subject: Subject) -> Iterable[WrittenVariable]:
    return variables(subject) if subject.version == _WITH_VARIABLES else ()


def _finding(each: WrittenVariable, what: str, remedy: str) -> Finding:
    return Finding(each.entry.pointer, f"the variable {shown(each.written)} {what}", remedy)
