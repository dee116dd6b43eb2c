"""Decisions about resources whose names are not known yet: allowed for every name, for some, or for none.

A resource bears on a decision only through which resource patterns match it. So the patterns of all statements in play
are run together over the names that may come, one example is taken for each combination that occurs, and each example
is decided: together they are the answer for every name, exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from preflight.iam.context import RequestContext
from preflight.iam.decide import RequestError, ask, decide
from preflight.iam.decision import Decision, Outcome
from preflight.iam.pattern import Extent, combinations, covers_tokens, overlaps_tokens
from preflight.iam.request import Policies, Request
from preflight.iam.variables import Missing, as_tokens, fixed, resolve
from preflight.iam.wildcard import Tokens, Wild, matcher, tokens

_FEW = 8
_LETTERS = "xyzqwvkjXYZ0123456789"


@dataclass(frozen=True, slots=True)
class Spread:
    """The decisions over a set of resource names: one example for each way the names are told apart.

    `extent` says for which names the request is allowed; None where that depends on something
    other than the name, which the open decisions among the examples name.
    """

    extent: Extent | None
    examples: tuple[tuple[str, Decision], ...]

    @property
    def outcome(self) -> Outcome:
        """Fold the examples into one outcome; open where the name, or something else, makes the difference."""
        outcomes = {decision.outcome for _, decision in self.examples}
        if len(outcomes) == 1:
            return outcomes.pop()
        return Outcome.IMPLICIT_DENY if self.extent is Extent.NONE else Outcome.OPEN


def decide_all(request: Request, policies: Policies, *, barred: str = ":/", nearest: bool = True) -> Spread:
    """Decide a request for every resource that its `resource` stands for.

    `*` and `?` after the fifth colon of `request.resource` stand for what is not known; write `?*` for a name of at
    least one character. `barred` are the characters that the unknown parts cannot hold: names of AWS resources hold no
    colon and no slash, keys of S3 objects may (`barred=""`). `nearest` is as `decide` has it.
    Raises what `decide` raises, and `RequestError` for wildcards elsewhere in the ARN.
    """
    head = request.resource.split(":", 5)
    if len(head) < 6 or any(set("*?") & set(part) for part in head[:5]):
        raise RequestError(
            f'"{request.resource}" is not a resource with an open name: write an ARN with wildcards after the fifth '
            "colon"
        )
    asked = ask(request, policies)
    context = RequestContext(request, asked.who, asked.owner)
    patterns: dict[Tokens, None] = {}
    for candidate in asked.varying:
        resources = candidate.statement.resources
        if resources is None:
            continue
        for each in resources.templates:
            parts = each.parts if fixed(each) else resolve(each, context)
            if not isinstance(parts, Missing):
                patterns[as_tokens(parts)] = None
    within = tokens(request.resource)
    # Of patterns that match none of the names there is nothing to tell apart, and those that are left are asked again.
    names = _combinations(tuple(each for each in patterns if _overlaps(each, within)), within, barred)
    if names is None:
        return Spread(None, ())
    examples = [(name, decide(replace(request, resource=name), policies, nearest=nearest)) for name in names.values()]
    outcomes = {decision.outcome for _, decision in examples}
    denied = outcomes & {Outcome.EXPLICIT_DENY, Outcome.IMPLICIT_DENY}
    found: Extent | None = None
    if Outcome.ALLOWED in outcomes and denied:
        found = Extent.SOME
    elif Outcome.OPEN not in outcomes:
        found = Extent.ALL if not denied else Extent.NONE
    return Spread(found, tuple(examples))


@lru_cache(maxsize=16384)
def _overlaps(pattern: Tokens, within: Tokens) -> bool:
    return overlaps_tokens(pattern, within)


@lru_cache(maxsize=4096)
def _combinations(patterns: tuple[Tokens, ...], within: Tokens, barred: str) -> Mapping[tuple[bool, ...], str] | None:
    """Work out the combinations once for the same patterns: actions and principals share most of them."""
    found = _apart(patterns, within, barred) if len(patterns) <= _FEW else None
    return found or combinations(patterns, within, barred=barred)


def _apart(patterns: tuple[Tokens, ...], within: Tokens, barred: str) -> Mapping[tuple[bool, ...], str] | None:
    """Return the combinations of patterns that match all of the names, and of those of which no two can match together:
    each of the latter alone, and none, if the first names that come to mind show it. None where they don't: then all
    names have to be gone through.
    """
    every = [covers_tokens(each, within) for each in patterns]
    apart = [each for each, always in zip(patterns, every, strict=True) if not always]
    if any(_overlaps(one, other) for number, one in enumerate(apart) for other in apart[:number]):
        return None
    fits = matcher(within)
    other = next((each for each in _LETTERS if not any(each in str(part) for one in patterns for part in one)), "")
    found: dict[tuple[bool, ...], str] = {}
    for pattern in (within, *apart):
        texts = (_filled(pattern, other, star) for star in ("", other))
        # What the open parts of the names may not hold is in none of what a pattern's own are filled with.
        name = next((text for text in texts if fits(text) and _count(text, barred) == _count_of(within, barred)), None)
        matched = tuple(name is not None and matcher(each)(name) for each in patterns)
        alone = tuple(always or each is pattern for each, always in zip(patterns, every, strict=True))
        if name is None or matched != alone:
            return None
        found[matched] = name
    return found


def _filled(pattern: Tokens, one: str, star: str) -> str:
    return "".join(part if isinstance(part, str) else one if part is Wild.ONE else star for part in pattern)


def _count(text: str, letters: str) -> int:
    return sum(map(text.count, letters))


def _count_of(pattern: Tokens, letters: str) -> int:
    return sum(_count(part, letters) for part in pattern if isinstance(part, str))
