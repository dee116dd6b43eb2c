"""Which of a few actions the patterns of a statement are about, worked out once for each pattern that is written."""

from __future__ import annotations

from collections.abc import Iterable

from preflight.iam.policy import Policy
from preflight.iam.statement import Patterns
from preflight.iam.wildcard import matcher, tokens


class Covering:
    """Answers for a fixed set of actions. An account has far fewer patterns than statements that hold them."""

    def __init__(self, actions: Iterable[str]) -> None:
        """Take the actions, in any case."""
        self._actions = frozenset(each.lower() for each in actions)
        self._of_text: dict[str, frozenset[str]] = {}
        self._of_policy: dict[int, frozenset[str]] = {}

    def allowed(self, policy: Policy) -> frozenset[str]:
        """Return the actions, in lower case, that a policy allows on anything at all. The policy must stay alive."""
        known = self._of_policy.get(id(policy))
        if known is None:
            sets = [self._of(each.actions) for each in policy.statements if each.allows]
            known = self._of_policy[id(policy)] = frozenset().union(*sets) if sets else frozenset()
        return known

    def _of(self, patterns: Patterns) -> frozenset[str]:
        found = frozenset[str]().union(*[self._matched(text) for text in patterns.texts])
        return self._actions - found if patterns.negated else found

    def _matched(self, text: str) -> frozenset[str]:
        known = self._of_text.get(text)
        if known is None:
            lower = text.lower()
            if "*" in lower or "?" in lower:
                match = matcher(tokens(lower))
                known = frozenset(each for each in self._actions if match(each))
            else:
                known = self._actions & {lower}
            self._of_text[text] = known
        return known
