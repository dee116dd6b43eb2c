"""Policy variables: `${aws:username}`, `${aws:PrincipalTag/team, 'none'}`, `${*}`.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from preflight.iam.key_facts import is_multivalued
from preflight.iam.wildcard import Tokens, Wild, normal, tokens


class Missing(Enum):
    """Why a context key has no value: it is not in the request, or nobody said whether it is."""

    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Constrained:
    """What is known of a key that is in the request with one value, where that value is not known.

    It matches one of `patterns`; if it is a date, it lies within `period`, in seconds since 1970. One that is
    `optional` may also not be in the request.
    """

    patterns: tuple[Tokens, ...] = ((Wild.STAR,),)
    period: tuple[Decimal, Decimal] | None = None
    optional: bool = False


Found = tuple[str, ...] | Missing | Constrained
Lookup = Callable[[str], Found]


@dataclass(frozen=True, slots=True)
class Variable:
    """A reference to a context key (`key` in lower case, `name` as written) with an optional default."""

    key: str
    name: str
    default: str | None


@dataclass(frozen=True, slots=True)
class VariableText:
    """Text with variables in it, as the policy has it (`text`) and taken apart (`parts`)."""

    text: str
    parts: tuple[str | Variable, ...]

    @property
    def variables(self) -> Iterator[Variable]:
        """The variables, in order."""
        return (part for part in self.parts if isinstance(part, Variable))


def template(text: str, version: str) -> VariableText:
    """Take a policy string apart. In version 2008-10-17 there are no variables: `${` is text like any other."""
    if version != "2012-10-17" or "${" not in text:
        return VariableText(text, (text,))
    parts: list[str | Variable] = []
    at = 0
    while (start := text.find("${", at)) >= 0:
        end = text.find("}", start)
        if end < 0:
            break
        if start > at:
            parts.append(text[at:start])
        inside = text[start + 2 : end]
        if inside in ("*", "?", "$"):
            parts.append(Variable("", inside, inside))
        else:
            name, comma, rest = inside.partition(",")
            quoted = rest.strip()
            default = quoted[1:-1] if comma and len(quoted) >= 2 and quoted[0] == quoted[-1] == "'" else None
            parts.append(Variable(name.strip().lower(), name.strip(), default))
        at = end + 1
    if at < len(text):
        parts.append(text[at:])
    return VariableText(text, tuple(parts))


def fixed(source: VariableText) -> bool:
    """Whether the template means the same in every request."""
    return not any(variable.key for variable in source.variables)


def resolve(source: VariableText, lookup: Lookup) -> tuple[str | Variable, ...] | Missing:
    """Replace variables by their values; a value stays marked as text (a `Variable` that has it as its default).

    A variable without value and default makes the whole template `ABSENT`. One whose value is not known is left as it
    is (see `is_open`), and so is a multivalued key, which AWS does not support as a variable.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
    """
    result: list[str | Variable] = []
    for part in source.parts:
        if isinstance(part, str) or not part.key:
            result.append(part)
            continue
        found = lookup(part.key)
        if found is Missing.ABSENT:
            if part.default is None:
                return Missing.ABSENT
            result.append(Variable("", part.name, part.default))
        elif isinstance(found, tuple) and len(found) == 1 and not is_multivalued(part.key):
            result.append(Variable("", part.name, found[0]))
        else:
            result.append(part)
    return tuple(result)


def is_open(parts: tuple[str | Variable, ...]) -> bool:
    """Whether a variable is left whose value is not known."""
    return any(isinstance(part, Variable) and bool(part.key) for part in parts)


def as_text(parts: tuple[str | Variable, ...]) -> str:
    """Join resolved parts into plain text, for operators without wildcards."""
    return "".join(part if isinstance(part, str) else part.default or "" for part in parts)


def as_tokens(parts: tuple[str | Variable, ...]) -> Tokens:
    """Join resolved parts into a pattern. Only the policy's own `*` and `?` are wildcards, never a value's.

    A variable whose value is not known becomes `*`: the pattern then matches whatever some value could make it match.
    """
    found: list[str | Wild] = []
    for part in parts:
        if isinstance(part, str):
            found.extend(tokens(part))
        elif part.key:
            found.append(Wild.STAR)
        else:
            found.append(part.default or "")
    return normal(found)
