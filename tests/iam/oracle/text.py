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
    """Match a Resource value. Case counts; a `*` at the end of a segment may run on past the colon, no other does."""
    expression = ""
    for at, symbol in enumerate(pattern):
        if symbol == "*":
            last = at + 1 == len(pattern) or pattern[at + 1] in (":", "*")
            expression += ".*" if last else "[^:]*"
        elif symbol == "?":
            expression += "[^:]"
        else:
            expression += re.escape(MEANING.get(symbol, symbol))
    return re.fullmatch(expression, resource, re.DOTALL) is not None


def fields_of(pattern: str) -> int:
    """Count the fields of an ARN as written; colons within variables separate none."""
    return re.sub(r"\$\{[^}]*\}", "", pattern).count(":") + 1


def early_variable(pattern: str, version: str) -> bool:
    """Say whether a variable stands before the fifth colon (variables, Resource element)."""
    if version != "2012-10-17":
        return False
    first = next((one for one in re.finditer(r"\$\{([^}]*)\}", pattern) if one.group(1) not in LITERAL), None)
    return first is not None and re.sub(r"\$\{[^}]*\}", "", pattern[: first.start()]).count(":") < 5


def readings(pattern: str, filled: str, completes: bool) -> tuple[list[str], bool]:
    """Return the texts that a Resource value may stand for, and whether it certainly stands for the first.

    Incomplete ARNs are completed in policies of identities (reference_identifiers). Whether a `*` within one stands for
    missing fields, and what is made of one elsewhere, is not said.
    """
    if set(pattern) == {"*"}:
        return [filled], True
    if not pattern.startswith("arn:"):
        return [filled], False
    missing = 6 - fields_of(pattern)
    if missing <= 0 or filled.endswith("*"):
        return [filled], True
    whole = filled + ":*" * missing
    return ([whole, filled], False) if "*:" in filled else ([whole], completes)


def name_has_colon(resource: str) -> bool:
    """Say whether a colon in a resource's last part stands in a name, after a slash."""
    name = arn_parts(resource)[-1] if resource.count(":") > 5 else ""
    return ":" in name and "/" in name[: name.index(":")]


def arn_matches(pattern: str, arn: str) -> bool:
    """Match as the ARN condition operators do: each of the six parts on its own."""
    wanted, found = arn_parts(pattern), arn_parts(arn)
    if len(wanted) != 6 or len(found) != 6:
        return False
    return all(matches(one, other) for one, other in zip(wanted, found, strict=True))


MULTIVALUED = {"aws:tagkeys", "aws:calledvia", "aws:principalorgpaths"}  # of those in these tests


class MultivaluedVariableError(Exception):
    """A multivalued key stands as a variable, which AWS does not support."""


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
        if values and (len(values) > 1 or name.strip().lower() in MULTIVALUED):
            raise MultivaluedVariableError(name)
        if values:
            return "".join(LITERAL.get(character, character) for character in values[0])
        if comma:
            return default.strip().strip("'")
        missing = True
        return ""

    filled = re.sub(r"\$\{([^}]*)\}", value, text)
    return None if missing else filled
