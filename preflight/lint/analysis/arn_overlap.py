"""Whether a resource pattern of a policy can match ARNs of a given form."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from preflight.catalog.arns import ArnForm
from preflight.iam.pattern import matches, overlaps

_LONGEST = 2048
"""No ARN of AWS is longer; what is longer in a policy is not judged here.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyDescriptorType.html
"""

_HEAD = re.compile(r"[^*?]*")


@lru_cache(maxsize=65536)
def _ends(pattern: str) -> tuple[str, str]:
    """Return what a pattern begins with and what it ends with, up to the wildcards."""
    first = _HEAD.match(pattern)
    head = first[0] if first is not None else ""
    if len(head) == len(pattern):
        return head, head
    return head, pattern[max(pattern.rfind("*"), pattern.rfind("?")) + 1 :]


@lru_cache(maxsize=65536)
def overlap(resource: str, form: str) -> bool:
    """Say whether the last part of a resource pattern and the last part of a form match a text in common."""
    if resource == "*" or form == "*" or len(resource) > _LONGEST:
        return True
    mine, my_end = _ends(resource)
    theirs, their_end = _ends(form)
    if not (mine.startswith(theirs) or theirs.startswith(mine)):
        return False
    if not (my_end.endswith(their_end) or their_end.endswith(my_end)):
        return False
    if "?" in resource:
        return overlaps(resource, form)
    # With a `*` in both, a text with both middles one after the other is matched by each.
    if "*" not in resource:
        return matches(form, resource)
    return "*" in form or matches(resource, form)


def overlapping(resource: str, forms: Iterable[ArnForm]) -> list[ArnForm]:
    """Return the forms whose last part can match a text in common with the last part of a resource pattern."""
    if len(resource) <= _LONGEST:
        begins = _ends(resource)[0]
        forms = [form for form in forms if begins.startswith(form.head) or form.head.startswith(begins)]
    return [form for form in forms if overlap(resource, form.resource)]


def fits(form: ArnForm, region: str, account: str) -> bool:
    """Say whether a pattern has a region and an account where a form has them, and none where it has none."""
    return _may(form.region, region) and _may(form.account, account)


def _may(theirs: str, mine: str) -> bool:
    """Whether a part of a pattern can match a part of a form: a blank is never empty, `*` matches the empty too."""
    if not theirs:
        return not mine.strip("*")
    if theirs == "*" or "*" in mine or "?" in mine:
        return True
    return bool(mine) if theirs.startswith("$") else mine == theirs


def within_segments(resource: str, form: str) -> bool:
    """Say whether a resource pattern matches a text of a form where `*` takes a colon only as the last character of its
    segment, or within a name at the end, which may hold colons.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """
    if ":" not in form or "*" not in resource[:-1] or len(resource) > _LONGEST:
        return True
    mine, theirs = resource.split(":"), form.split(":")
    found = {(0, 0)}
    for _ in range(len(mine) + len(theirs)):
        reached = {(len(mine), len(theirs)) for at, of in found if _rest_fits(mine[at:], theirs[of:])}
        if reached:
            return True
        found = {
            (at + 1, end)
            for at, of in found
            if at < len(mine)
            for end in range(of + 1, len(theirs) + 1 if mine[at].endswith("*") else min(of + 2, len(theirs) + 1))
            if overlap(mine[at], ":".join(theirs[of:end]))
        }
    return False


def _rest_fits(mine: list[str], theirs: list[str]) -> bool:
    """Whether nothing is left of either, or one variable name of the form is left for all that is left."""
    if not mine or not theirs:
        return not mine and not theirs
    return len(theirs) == 1 and "*" in theirs[0] and overlap(":".join(mine), theirs[0])
