"""Decisions about resources whose names are not known yet: allowed for every name, for some, or for none.

A resource bears on a decision only through which resource patterns match it. So the patterns of all statements in play
are run together over the names that may come, one example is taken for each combination that occurs, and each example
is decided: together they are the answer for every name, exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from preflight.iam.context import RequestContext
from preflight.iam.decide import RequestError, ask, decide
from preflight.iam.decision import Decision, Outcome
from preflight.iam.example_names import overlap, shown
from preflight.iam.pattern import Extent, combinations
from preflight.iam.request import Policies, Request
from preflight.iam.variables import Missing, as_tokens, fixed, resolve
from preflight.iam.wildcard import Tokens, tokens


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
    of_statements: dict[tuple[Tokens, ...], None] = {}
    for candidate in asked.varying:
        resources = candidate.statement.resources
        if resources is None:
            continue
        its: dict[Tokens, None] = {}
        for each in resources.templates:
            parts = each.parts if fixed(each) else resolve(each, context)
            if not isinstance(parts, Missing):
                its[as_tokens(parts)] = None
        patterns |= its
        of_statements[tuple(its)] = None
    within = tokens(request.resource)
    # Of patterns that match none of the names there is nothing to tell apart, and those that are left are asked again.
    telling = tuple(each for each in patterns if overlap(each, within))
    names = _combinations(telling, within, barred)
    if names is None:
        return Spread(None, ())
    if not (asked.own or asked.spelled):
        names = _by_statement(names, telling, tuple(of_statements))
    examples = [(name, decide(replace(request, resource=name), policies, nearest=nearest)) for name in names.values()]
    outcomes = {decision.outcome for _, decision in examples}
    denied = outcomes & {Outcome.EXPLICIT_DENY, Outcome.IMPLICIT_DENY}
    found: Extent | None = None
    if Outcome.ALLOWED in outcomes and denied:
        found = Extent.SOME
    elif Outcome.OPEN not in outcomes:
        found = Extent.ALL if not denied else Extent.NONE
    return Spread(found, tuple(examples))


@lru_cache(maxsize=4096)
def _combinations(patterns: tuple[Tokens, ...], within: Tokens, barred: str) -> Mapping[tuple[bool, ...], str] | None:
    """Work out the combinations once for the same patterns: actions and principals share most of them."""
    return shown(patterns, within, barred) or combinations(patterns, within, barred=barred)


def _by_statement(
    names: Mapping[tuple[bool, ...], str], patterns: Sequence[Tokens], of_statements: Sequence[Sequence[Tokens]]
) -> Mapping[tuple[bool, ...], str]:
    """Return one name for each way the statements are told apart: which of a statement's patterns matches, no decision
    depends on.
    """
    numbers = {each: number for number, each in enumerate(patterns)}
    groups = [[numbers[each] for each in its if each in numbers] for its in of_statements]
    found: dict[tuple[bool, ...], str] = {}
    for matched, name in names.items():
        found.setdefault(tuple(any(matched[number] for number in group) for group in groups), name)
    return found
