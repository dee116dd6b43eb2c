"""A statement of a policy, its elements ready to be matched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from preflight.iam.conditions import Condition, Truth
from preflight.iam.resource_patterns import (
    COLON_IN_NAME,
    COLONS_IN_A_NAME,
    EARLY_VARIABLE,
    Reading,
    any_resource,
    has_colon_in_name,
    has_early_variable,
    is_regular,
    read_pattern,
)
from preflight.iam.variables import Lookup, Missing, VariableText, fixed, is_open, resolve, template
from preflight.iam.wildcard import Matcher, any_of, matcher, resource_matcher, tokens
from preflight.kept_property import kept_property


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
    completed: bool = True
    """Whether AWS completes incomplete ARNs here, as it does in policies of identities."""

    @property
    def regular(self) -> bool:
        """Whether, by a quick look, each pattern means the same in every request and has one reading."""
        return all(map(is_regular, self.texts))

    @kept_property
    def everything(self) -> bool:
        """Whether one of the patterns is `*`."""
        return any(text and not text.strip("*") for text in self.texts)

    @kept_property
    def templates(self) -> tuple[VariableText, ...]:
        """The patterns taken apart into text and variables."""
        return tuple(template(text, self.version) for text in self.texts)

    @kept_property
    def varying(self) -> tuple[VariableText, ...]:
        """The patterns with request variables."""
        if not any("${" in text for text in self.texts):
            return ()
        return tuple(each for each in self.templates if not fixed(each))

    @kept_property
    def fixed(self) -> Matcher:
        """Whether any pattern without request variables matches a text, given in lower case if `folded`."""
        if self.folded:
            return any_of([tokens(text.lower()) for text in self.texts])
        return any_resource([each.sure for each in self._readings if each.sure is not None])

    @kept_property
    def cased(self) -> bool:
        """Whether a pattern names something with an upper-case letter."""
        return any(text.lower() != text for text in self.texts)

    @kept_property
    def folds(self) -> Matcher:
        """Whether any pattern without request variables matches a resource in lower case, its own case aside."""
        lowered = [tokens(each.text.lower()) for each in self.templates if fixed(each)]
        return any_resource(lowered)

    @kept_property
    def _readings(self) -> tuple[Reading, ...]:
        """How the patterns without request variables are read."""
        return tuple(read_pattern(each, each.parts, completed=self.completed) for each in self.templates if fixed(each))

    @kept_property
    def exact(self) -> bool:
        """Whether it is documented what each pattern matches, so that `templates` say it."""
        return all(not each.others for each in self._readings) and not any(map(has_early_variable, self.varying))

    @kept_property
    def simple(self) -> bool:
        """Whether each pattern means the same in every request and has one reading, so that `fixed` decides."""
        return self.exact and not self.varying

    def doubts(self, resource: str, lookup: Lookup) -> tuple[str, ...]:
        """Say why it is not known whether the patterns match a resource, for each reason that AWS's pages leave open.

        Empty where they match, or certainly do not, or where only the value of a variable is not known.
        """
        named = has_colon_in_name(resource)
        found: dict[str, None] = {}
        for each in self.templates:
            parts = each.parts if fixed(each) else resolve(each, lookup)
            if isinstance(parts, Missing):
                if self.negated and has_early_variable(each):
                    found[f"{each.text}: {EARLY_VARIABLE}"] = None
                continue
            reading = read_pattern(each, parts, completed=self.completed)
            early = self.negated and reading.reason == EARLY_VARIABLE
            if early or any(resource_matcher(other)(resource) for other in reading.others):
                found[f"{each.text}: {reading.reason}"] = None
            elif named and reading.sure is not None and matcher(reading.sure)(resource):
                found[f"{each.text}: {COLON_IN_NAME}"] = None
        return tuple(found)

    def match(self, resource: str, lookup: Lookup) -> Truth:
        """Whether any of the patterns matches a resource, the Not form aside."""
        if self.fixed(resource):
            return Truth.TRUE
        named = has_colon_in_name(resource)
        perhaps = any(self._perhaps(each, resource, named=named) for each in self._readings)
        for each in self.varying:
            parts = resolve(each, lookup)
            if isinstance(parts, Missing):
                # A variable without a value matches no resource; what AWS makes of one in the wrong place is not known.
                perhaps = perhaps or (self.negated and has_early_variable(each))
                continue
            reading = read_pattern(each, parts, completed=self.completed)
            if reading.sure is not None and resource_matcher(reading.sure)(resource):
                if not is_open(parts):
                    return Truth.TRUE
                perhaps = True
            perhaps = perhaps or self._perhaps(reading, resource, named=named)
        return Truth.UNKNOWN if perhaps else Truth.FALSE

    def _perhaps(self, reading: Reading, resource: str, *, named: bool) -> bool:
        if reading.others:
            if self.negated and reading.reason == EARLY_VARIABLE:
                return True
            return any(resource_matcher(other)(resource) for other in reading.others)
        return named and reading.sure is not None and matcher(reading.sure)(resource)


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
    """Whether resource patterns alone decide: no conditions, no variables, no pattern that may be read in two ways."""

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
        if patterns.simple and resource.count(":") < COLONS_IN_A_NAME:
            return Truth.TRUE if patterns.fixed(resource) != patterns.negated else Truth.FALSE
        found = patterns.match(resource, lookup)
        if found is Truth.UNKNOWN or not patterns.negated:
            return found
        return Truth.FALSE if found is Truth.TRUE else Truth.TRUE

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


def resource_patterns(texts: Sequence[str], version: str, *, negated: bool, completed: bool = True) -> Patterns:
    """Return the patterns of a Resource or NotResource element; `completed` is as `Patterns` has it."""
    return Patterns(tuple(texts), negated, version, completed=completed)
