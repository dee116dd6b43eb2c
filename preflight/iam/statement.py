"""A statement of a policy, its elements ready to be matched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from preflight.iam.conditions import Condition, Truth
from preflight.iam.variables import Lookup, Missing, Template, as_tokens, fixed, is_open, resolve, template
from preflight.iam.wildcard import Matcher, any_of, matcher, tokens


@dataclass(frozen=True)
class Patterns:
    """The patterns of an Action or Resource element, or of its Not form, as written.

    They are taken apart when first asked for: of a policy that comes with one request, most never are. `version` is
    that of the policy language, empty where there are no variables, as in actions.
    """

    texts: tuple[str, ...]
    negated: bool
    version: str = ""
    folded: bool = False

    @cached_property
    def everything(self) -> bool:
        """Whether one of the patterns is `*`."""
        return any(text and not text.strip("*") for text in self.texts)

    @cached_property
    def templates(self) -> tuple[Template, ...]:
        """The patterns taken apart into text and variables."""
        return tuple(template(text, self.version) for text in self.texts)

    @cached_property
    def varying(self) -> tuple[Template, ...]:
        """The patterns with request variables."""
        if not any("${" in text for text in self.texts):
            return ()
        return tuple(each for each in self.templates if not fixed(each))

    @cached_property
    def fixed(self) -> Matcher:
        """Whether any pattern without request variables matches a text, given in lower case if `folded`."""
        if self.folded:
            return any_of([tokens(text.lower()) for text in self.texts])
        return any_of([as_tokens(each.parts) for each in self.templates if fixed(each)])


@dataclass(frozen=True, slots=True)
class Principals:
    """A Principal element, or NotPrincipal. `entries` are pairs of kind (`AWS`, `Service`, ...) and value."""

    entries: tuple[tuple[str, str], ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `index` is its place in the policy from 0; `resources` is None where the policy's own resource is
    meant (trust policies, repository policies), `principals` None in policies of identities.
    """

    index: int
    sid: str
    effect: str
    actions: Patterns
    resources: Patterns | None
    principals: Principals | None
    conditions: tuple[Condition, ...]
    plain: bool = field(default=False)
    """Whether resource patterns alone decide: no conditions, no variables."""

    @property
    def allows(self) -> bool:
        """Whether the effect is Allow."""
        return self.effect == "Allow"

    @property
    def applies_always(self) -> bool:
        """Whether the statement is about every resource in every context."""
        if not self.plain or self.resources is None:
            return self.plain
        return not self.resources.negated and self.resources.everything

    def covers_action(self, action: str) -> bool:
        """Whether the statement is about an action, given in lower case."""
        return self.actions.fixed(action) != self.actions.negated

    def covers_resource(self, resource: str, lookup: Lookup) -> Truth:
        """Whether the statement is about a resource, with variables as `lookup` has them."""
        patterns = self.resources
        if patterns is None:
            return Truth.TRUE
        hit = patterns.fixed(resource)
        unknown = False
        if not hit:
            for each in patterns.varying:
                parts = resolve(each, lookup)
                if isinstance(parts, Missing):
                    if patterns.negated:
                        # AWS: an unset variable makes the statement invalid.
                        return Truth.FALSE
                elif matcher(as_tokens(parts))(resource):
                    hit, unknown = (hit, True) if is_open(parts) else (True, unknown)
        if unknown and not hit:
            return Truth.UNKNOWN
        return Truth.TRUE if hit != patterns.negated else Truth.FALSE

    def mentions(self, action: str) -> bool:
        """Say what `covers_action` says, without compiling the patterns: for a policy that is asked about once."""
        for text in self.actions.texts:
            lowered = text.lower()
            if lowered == action:
                return not self.actions.negated
            if ("*" in lowered or "?" in lowered) and _may_begin(lowered, action) and matcher(tokens(lowered))(action):
                return not self.actions.negated
        return self.actions.negated


def _may_begin(pattern: str, text: str) -> bool:
    return text.startswith(pattern.partition("*")[0].partition("?")[0])


def action_patterns(texts: Sequence[str], *, negated: bool) -> Patterns:
    """Return the patterns of an Action or NotAction element; actions compare without case."""
    return Patterns(tuple(texts), negated, folded=True)


def resource_patterns(texts: Sequence[str], version: str, *, negated: bool) -> Patterns:
    """Return the patterns of a Resource or NotResource element."""
    return Patterns(tuple(texts), negated, version)
