"""Whether a document is a policy at all: its elements, their types and their values.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

from collections.abc import Iterator

from preflight.lint.finding import Edit, Finding
from preflight.lint.subject import Subject

VERSIONS = ("2012-10-17", "2008-10-17")


def version_known(subject: Subject) -> Iterator[Finding]:
    """Find a version that is none of the policy language's."""
    if not isinstance(subject.value, dict) or "Version" not in subject.value:
        return
    written = subject.value["Version"]
    if written not in VERSIONS:
        edit = Edit("replace", "/Version", VERSIONS[0])
        yield Finding("/Version", f"there is no version {written!r} of the policy language", edits=(edit,))
