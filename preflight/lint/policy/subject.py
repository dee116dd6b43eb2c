"""One policy under the rules: the policy as it was found, its statements to look at, and the policy compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from preflight.documents.policies.found_policy import FoundPolicy, PolicyDocumentType
from preflight.engine.result import Level
from preflight.kept_property import kept_property
from preflight.lint.policy.grants import Grants
from preflight.lint.policy.restrictions import without_caller
from preflight.lint.policy.statements import StatementView, statements_of

if TYPE_CHECKING:
    from preflight.iam.policy import Policy

T = TypeVar("T")


class Subject:
    """What a check is given. What checks share of one policy is worked out once, when first asked for."""

    def __init__(self, found: FoundPolicy) -> None:
        self.found = found
        self._once: dict[Callable[[Subject], Any], Any] = {}

    def once(self, work: Callable[[Subject], T]) -> T:
        """Return what a function makes of this policy; it is called once however many checks ask."""
        try:
            found: T = self._once[work]
        except KeyError:
            found = self._once[work] = work(self)
        return found

    def let_go(self) -> None:
        """Forget what was worked out. It refers back to this object: that it is not needed would be found out late."""
        self.__dict__.pop("grants", None)
        self.__dict__.pop("grants_if_met", None)
        self._once.clear()

    @property
    def value(self) -> Any:
        """The policy as plain data, whatever it is."""
        return self.found.value

    @property
    def type(self) -> PolicyDocumentType:
        """What the policy is for."""
        return self.found.type

    @kept_property
    def statements(self) -> tuple[StatementView, ...]:
        """The statements that are objects, in order."""
        return statements_of(self.found.value)

    @kept_property
    def policy(self) -> Policy | None:
        """The policy compiled for decisions; None where AWS would not store it."""
        if not isinstance(self.found.value, dict):
            return None
        return _compiled(self.found.value, self.found.name or self.found.document.path)

    @kept_property
    def elements(self) -> frozenset[str]:
        """The names of all elements that some statement has, as written: a check of an absent one has nothing to do."""
        return frozenset[str]().union(*[view.raw for view in self.statements])

    @kept_property
    def services(self) -> frozenset[str]:
        """The services that actions of some statement are of, in lower case; `*` stands for those that are patterns."""
        return frozenset[str]().union(*[view.services for view in self.statements])

    @kept_property
    def grants(self) -> Grants:
        """What the policy grants of the actions that security rules look for."""
        return Grants(self.statements, lambda: self.policy)

    @kept_property
    def grants_if_met(self) -> Grants | None:
        """What the policy grants to those who meet its conditions on the caller; None where that is what it grants."""
        if "Condition" not in self.elements:
            return None
        statements, under = without_caller(self.statements)
        if not under:
            return None
        document = {"Version": self.version, "Statement": [view.raw for view in statements]}
        return Grants(statements, lambda: _compiled(document, self.found.name), under)

    def graded_grants(self) -> Iterator[tuple[Grants, Level | None]]:
        """Yield what the policy grants at the level of its rule, and what under conditions on the caller as a note."""
        yield self.grants, None
        if self.grants_if_met is not None and self.grants.administrator is None:
            yield self.grants_if_met, Level.NOTE

    @property
    def version(self) -> str:
        """The policy's version; the one that AWS assumes where none is written."""
        written = self.found.value.get("Version") if isinstance(self.found.value, dict) else None
        return written if isinstance(written, str) else "2008-10-17"


def _compiled(document: Mapping[str, Any], name: str) -> Policy | None:
    from preflight.iam.errors import PolicyError
    from preflight.iam.policy import parse_policy

    try:
        return parse_policy(document, name)
    except PolicyError:
        return None
