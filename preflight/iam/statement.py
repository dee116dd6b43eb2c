"""A statement of a policy, its elements ready to be matched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from preflight.iam.conditions import Condition, Truth
from preflight.iam.variables import Lookup, Missing, Template, as_tokens, fixed, is_open, resolve, template
from preflight.iam.wildcard import Matcher, any_of, matcher, tokens


@dataclass(frozen=True, slots=True)
class Patterns:
    """The patterns of an Action or Resource element, or of its Not form.

    `texts` are as written, `templates` the same taken apart (of resources); `fixed` says whether any pattern without
    request variables matches; `varying` are those with variables.
    """

    texts: tuple[str, ...]
    negated: bool
    fixed: Matcher
    templates: tuple[Template, ...] = ()
    varying: tuple[Template, ...] = ()

    @property
    def everything(self) -> bool:
        """Whether one of the patterns is `*`."""
        return any(text and not text.strip("*") for text in self.texts)


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


def action_patterns(texts: Sequence[str], *, negated: bool) -> Patterns:
    """Compile an Action or NotAction element; actions compare without case."""
    return Patterns(tuple(texts), negated, any_of([tokens(text.lower()) for text in texts]))


def resource_patterns(texts: Sequence[str], version: str, *, negated: bool) -> Patterns:
    """Compile a Resource or NotResource element."""
    templates = [template(text, version) for text in texts]
    constant = [as_tokens(each.parts) for each in templates if fixed(each)]
    return Patterns(
        tuple(texts), negated, any_of(constant), tuple(templates), tuple(each for each in templates if not fixed(each))
    )
