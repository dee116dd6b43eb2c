"""Statements that are about nothing: what they leave out is everything.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html
"""

from __future__ import annotations

from collections.abc import Iterator

from preflight.lint.policy.finding import Finding
from preflight.lint.policy.subject import Subject


def applies_to_nothing(subject: Subject) -> Iterator[Finding]:
    """Find NotAction, NotResource and NotPrincipal that list everything."""
    if subject.elements.isdisjoint(("NotAction", "NotResource", "NotPrincipal")):
        return
    for view in subject.statements:
        verb = "allows" if view.allows else "denies"
        whom = [each for each in view.principals if each.element == "NotPrincipal" and each.kind in ("*", "AWS")]
        for element, entries, what in (
            ("NotAction", view.not_actions, "action"),
            ("NotResource", view.not_resources, "resource"),
            ("NotPrincipal", whom, "principal"),
        ):
            whole = next((each for each in entries if each.text in ("*", "*:*")), None)
            if whole is not None:
                yield Finding(
                    whole.pointer,
                    f"{view.cited} {verb} nothing: {element} lists every {what}",
                    f"write {element.removeprefix('Not')} for what the statement is about, or remove the statement",
                )
