"""The policy as a document: its version, its characters, and actions that name no service.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
"""

from __future__ import annotations

from collections.abc import Iterator

from preflight.iam.elements import VERSIONS
from preflight.lint.analysis.action_names import odd_actions
from preflight.lint.analysis.policy_variables import variables
from preflight.lint.policy.finding import Edit, Finding, shown
from preflight.lint.policy.subject import Subject

_CURRENT, _OLD = VERSIONS


def version_known(subject: Subject) -> Iterator[Finding]:
    """Find a version that is none of the policy language's."""
    if not isinstance(subject.value, dict) or "Version" not in subject.value:
        return
    written = subject.value["Version"]
    if written not in VERSIONS:
        edit = Edit("replace", "/Version", _CURRENT)
        yield Finding("/Version", f"Version {written!r} doesn't exist", edits=(edit,))


def version_present(subject: Subject) -> Iterator[Finding]:
    """Find policies that do not say in which version of the language they are."""
    policy = subject.value
    if not isinstance(policy, dict) or "Version" in policy or "Statement" not in policy:
        return
    if any(name.strip().lower() == "version" for name in policy):
        return
    edits = () if variables(subject) else (Edit("add", "", ("Version", _CURRENT)),)
    yield Finding(
        "", f"the policy has no Version, so AWS treats it as {_OLD}, which has no policy variables", edits=edits
    )


def version_current(subject: Subject) -> Iterator[Finding]:
    """Find policies in the old version of the language."""
    if isinstance(subject.value, dict) and subject.value.get("Version") == _OLD:
        edits = () if variables(subject) else (Edit("replace", "/Version", _CURRENT),)
        yield Finding("/Version", f"the version is {_OLD}, which has no policy variables", edits=edits)


def characters_taken(subject: Subject) -> Iterator[Finding]:
    """Find characters that IAM's and STS's operations refuse in a policy's text.

    Only in a text that is the policy's own: how else it will be written, nobody knows yet.
    """
    found = subject.found
    text = found.text
    if text is None and not found.pointer and found.document.syntax == "json":
        text = found.document.text
    if text is None or text.isascii():
        return
    refused = sorted({each for each in text if each > "\xff" and each != "\ufeff"})
    if refused:
        listed = ", ".join(f"{shown(each)} (U+{ord(each):04X})" for each in refused[:3])
        yield Finding(_with(refused[0], subject), f"the policy has characters that IAM rejects: {listed}")


def action_names_service(subject: Subject) -> Iterator[Finding]:
    """Find actions that are not of the form service:Name."""
    for entry in subject.once(odd_actions):
        problem = _malformed(entry.text)
        if problem:
            yield Finding(entry.pointer, *problem)


def _malformed(text: str) -> tuple[str, str] | None:
    """Return what is wrong with an action and what to write; None where it is well formed."""
    service, colon, name = text.partition(":")
    if service and name and ":" not in name:
        return _blank(text) if any(map(str.isspace, text)) else None
    if text and not text.strip("*"):
        return None
    if not text:
        return "an action is empty", "write an action such as s3:GetObject, or remove the entry"
    if not colon:
        return f"the action {shown(text)} has no service prefix", f'write "service:{text}"'
    if ":" in name:
        return f"the action {shown(text)} has more than one colon", "use the form service:Action, with one colon"
    missing = "service" if not service else "name"
    return f"the action {shown(text)} has no {missing}", "use the form service:Action"


def _blank(text: str) -> tuple[str, str]:
    return f"the action {shown(text)} contains whitespace", f'write "{"".join(text.split())}"'


def _with(character: str, subject: Subject) -> str:
    """Return the pointer of the first value or name that has a character in it."""
    from preflight.json_pointer import escape

    waiting = [("", subject.value)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, str) and character in value:
            return place
        if isinstance(value, dict):
            named = next((name for name in value if character in name), None)
            if named is not None:
                return f"{place}/{escape(named)}"
            waiting.extend(reversed([(f"{place}/{escape(name)}", each) for name, each in value.items()]))
        elif isinstance(value, list):
            waiting.extend(reversed([(f"{place}/{index}", each) for index, each in enumerate(value)]))
    return ""
