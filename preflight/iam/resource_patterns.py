"""How a pattern of a Resource element is read: complete, incomplete, or in a way that AWS does not document.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html (wildcards),
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns (incomplete ARNs) and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-resourceelement
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from preflight.iam.variables import Variable, VariableText, as_tokens
from preflight.iam.wildcard import Tokens, Wild, any_of, is_everything, normal, resource_matcher

_FIELDS = 6

COLONS_IN_A_NAME = 6
"""From so many colons on, a resource's name may hold some."""

INCOMPLETE = "it is not a complete ARN, and AWS completes ARNs only in identity-based policies"
INCOMPLETE_TWO_WAYS = "it is not a complete ARN, and its * may match one missing field or several"
NOT_AN_ARN = "it is not an ARN"
EARLY_VARIABLE = "AWS supports variables only after the fifth colon of an ARN"
COLON_IN_NAME = "it matches only if * or ? matches a colon in a name, which AWS doesn't document"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a pattern matches: `sure` in any case, `others` if AWS reads it so. `reason` says why that is not known."""

    sure: Tokens | None
    others: tuple[Tokens, ...] = ()
    reason: str = ""


def read_pattern(source: VariableText, parts: tuple[str | Variable, ...], *, completed: bool) -> Reading:
    """Read a pattern whose variables are resolved. With `completed`, an incomplete ARN gets `*` for what it lacks."""
    pattern = as_tokens(parts)
    if is_everything(pattern):
        return Reading(pattern)
    if has_early_variable(source):
        return Reading(None, (pattern,), EARLY_VARIABLE)
    if not (source.text.startswith("arn:") or source.text == "arn"):
        return Reading(None, (pattern,), NOT_AN_ARN)
    fields = 1 + sum(part.count(":") for part in source.parts if isinstance(part, str))
    if fields >= _FIELDS or pattern[-1] is Wild.STAR:
        # A * at the end goes beyond colons: what it lacks it takes.
        return Reading(pattern)
    missing = tuple(token for _ in range(_FIELDS - fields) for token in (":", Wild.STAR))
    whole = normal((*pattern, *missing))
    if _goes_beyond_a_colon(pattern):
        return Reading(None, (whole, pattern), INCOMPLETE_TWO_WAYS)
    return Reading(whole) if completed else Reading(None, (whole,), INCOMPLETE)


def is_regular(text: str) -> bool:
    """Whether a pattern, as written, certainly has one reading: quick, for the patterns of every statement."""
    if text.startswith("arn:"):
        return "${" not in text and (text.count(":") >= _FIELDS - 1 or text[-1] == "*")
    return bool(text) and not text.strip("*")


def is_incomplete(source: VariableText) -> bool:
    """Whether an ARN lacks fields and no `*` at its end stands for them."""
    if not source.text.startswith("arn:") or source.text.endswith("*"):
        return False
    return sum(part.count(":") for part in source.parts if isinstance(part, str)) < _FIELDS - 1


def has_early_variable(source: VariableText) -> bool:
    """Whether a variable stands before the fifth colon, where AWS supports none."""
    colons = 0
    for part in source.parts:
        if isinstance(part, str):
            colons += part.count(":")
        elif part.key:
            return colons < _FIELDS - 1
    return False


def has_colon_in_name(resource: str) -> bool:
    """Whether a resource's name holds colons that separate nothing: `bucket/12:00`, not `function:name:alias`."""
    if resource.count(":") < _FIELDS:
        return False
    name = resource.split(":", _FIELDS - 1)[-1]
    return "/" in name[: name.index(":")]


def _goes_beyond_a_colon(pattern: Tokens) -> bool:
    return any(
        token is Wild.STAR and at + 1 < len(pattern) and str(pattern[at + 1]).startswith(":")
        for at, token in enumerate(pattern)
    )


def any_resource(patterns: list[Tokens]) -> Callable[[str], bool]:
    """Compile several patterns into one function that says whether any matches a resource."""
    return any_of(patterns, resource_matcher)
