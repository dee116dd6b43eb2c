"""Values that are still to be filled in."""

from __future__ import annotations

from collections.abc import Iterator

from preflight.lint.policy.finding import Finding, names
from preflight.lint.policy.subject import Subject


def filled(subject: Subject) -> Iterator[Finding]:
    """Find placeholders, all of a policy at once."""
    shape = subject.found.shape
    if shape is not None and shape.placeholders:
        listed = names([name for name, _ in shape.placeholders])
        where = subject.found.place(shape.placeholders[0][1])
        yield Finding("", f"to be filled in: {listed}; what depends on them is not checked", place=where)
