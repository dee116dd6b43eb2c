"""Wildcards, ARNs and policy variables.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re

LITERAL = {"*": "\ue000", "?": "\ue001", "$": "\ue002"}  # stand-ins for ${*}, ${?} and ${$} until matching is done
MEANING = {stand_in: character for character, stand_in in LITERAL.items()}


def plain(text: str) -> str:
    """Turn the stand-ins for literal `*`, `?` and `$` back into those characters."""
    return "".join(MEANING.get(character, character) for character in text)


def matches(pattern: str, text: str) -> bool:
    """Say whether `*` (any characters, also none) and `?` (exactly one) can be filled in to give the text."""
    reachable = {0}  # how many characters of the text the pattern read so far may have used up
    for symbol in pattern:
        if symbol == "*":
            reachable = set(range(min(reachable), len(text) + 1)) if reachable else set()
        elif symbol == "?":
            reachable = {used + 1 for used in reachable if used < len(text)}
        else:
            wanted = MEANING.get(symbol, symbol)
            reachable = {used + 1 for used in reachable if text[used : used + 1] == wanted}
    return len(text) in reachable


def arn_parts(arn: str) -> list[str]:
    """Split an ARN into its six parts; the last may itself hold colons."""
    return arn.split(":", 5)


def account_of(arn: str) -> str:
    """Return the account in an ARN, or nothing."""
    parts = arn_parts(arn)
    return parts[4] if len(parts) == 6 else ""


def region_of(arn: str) -> str:
    """Return the region in an ARN, or nothing."""
    parts = arn_parts(arn)
    return parts[3] if len(parts) == 6 else ""


def resource_matches(pattern: str, resource: str) -> bool:
    """Match a Resource value. Case counts; a `*` at the end of a segment may run on past the colon."""
    return matches(pattern, resource)


def arn_matches(pattern: str, arn: str) -> bool:
    """Match as the ARN condition operators do: each of the six parts on its own."""
    wanted, found = arn_parts(pattern), arn_parts(arn)
    if len(wanted) != 6 or len(found) != 6:
        return False
    return all(matches(one, other) for one, other in zip(wanted, found, strict=True))


def fill_in(text: str, version: str, context: dict[str, list[str]]) -> str | None:
    """Put the request's values in place of `${key}`; None when one has neither a value nor a default.

    Only version 2012-10-17 knows variables. `context` has its keys in lower case.
    """
    if version != "2012-10-17":
        return "".join(LITERAL["$"] if character == "$" else character for character in text)
    missing = False

    def value(found: re.Match[str]) -> str:
        nonlocal missing
        inside = found.group(1)
        if inside in LITERAL:
            return LITERAL[inside]
        name, comma, default = inside.partition(",")
        values = context.get(name.strip().lower())
        if values:
            return "".join(LITERAL.get(character, character) for character in values[0])
        if comma:
            return default.strip().strip("'")
        missing = True
        return ""

    filled = re.sub(r"\$\{([^}]*)\}", value, text)
    return None if missing else filled
