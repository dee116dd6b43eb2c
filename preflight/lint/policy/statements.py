"""A policy as checks look at it: every string with its pointer, whatever is malformed around it left out.

Grammar rules report what is malformed; all other rules look at what can be read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Literal, NamedTuple, TypeVar

from preflight.json_pointer import escape
from preflight.kept_property import kept_property

T = TypeVar("T")
PrincipalElement = Literal["Principal", "NotPrincipal"]


class Entry(NamedTuple):
    """A string of a policy and where it stands, as a JSON pointer within the policy."""

    pointer: str
    text: str


class PrincipalEntry(NamedTuple):
    """One principal: `kind` is `AWS`, `Service`, `Federated`, `CanonicalUser`, or `*` for a bare star."""

    pointer: str
    kind: str
    text: str
    element: PrincipalElement


class OperatorParts(NamedTuple):
    """An operator taken apart: `qualifier` (`ForAllValues`, `ForAnyValue` or empty) and `base`, the operator without it
    and without `IfExists`, all as written; `lower_base` is in lower case.
    """

    qualifier: str
    base: str
    lower_base: str
    if_exists: bool


@lru_cache(maxsize=65_536)
def _operator(written: str) -> OperatorParts:
    head, colon, _ = written.partition(":")
    bare = written.rpartition(":")[2]
    if_exists = written.lower().endswith("ifexists")
    base = bare[:-8] if bare.lower().endswith("ifexists") else bare
    return OperatorParts(head if colon else "", base, base.lower(), if_exists)


class ConditionEntry:
    """One operator with one key. `operator` is as written (`ForAllValues:StringLikeIfExists`), `raw` what stands there
    for the key, which in lower case is `lower_key`. Where it stands, and what exactly, is worked out for those few that
    someone asks about.
    """

    def __init__(self, above: str, operator: str, key: str, raw: Any) -> None:
        self._above, self.operator, self.key, self.raw = above, operator, key, raw
        self.lower_key, self._apart = key.lower(), _operator(operator)

    @property
    def pointer(self) -> str:
        """Where it stands, as a JSON pointer within the policy."""
        return f"{self._above}/{escape(self.operator)}/{escape(self.key)}"

    @kept_property
    def values(self) -> tuple[Entry, ...]:
        """The values that are single strings, numbers or booleans, as text in the form in which AWS compares them
        (`true`, `1`).
        """
        return tuple(_values(self.raw, self.pointer))

    def mentions(self, text: str) -> bool:
        """Whether a text stands in one of the values."""
        many = self.raw if isinstance(self.raw, list) else (self.raw,)
        return any(isinstance(each, str) and text in each for each in many)

    @property
    def qualifier(self) -> str:
        """`ForAllValues`, `ForAnyValue` (as written) or empty."""
        return self._apart.qualifier

    @property
    def base(self) -> str:
        """The operator without qualifier and `IfExists`, as written."""
        return self._apart.base

    @property
    def lower_base(self) -> str:
        """The operator without qualifier and `IfExists`, in lower case: operators compare without it."""
        return self._apart.lower_base

    @property
    def if_exists(self) -> bool:
        """Whether the operator ends in `IfExists`."""
        return self._apart.if_exists


@lru_cache(maxsize=65_536)
def service_of(action: str) -> str:
    """Return the service that an entry of Action is of, in lower case; `*` for a pattern."""
    service = action.partition(":")[0].lower()
    return "*" if "*" in service or "?" in service else service


class StatementView:
    """One statement. `index` is its place from 0, `pointer` where it stands, `raw` the object itself."""

    def __init__(self, index: int, pointer: str, raw: Mapping[str, Any]) -> None:
        self.index, self.pointer, self.raw = index, pointer, raw
        self._once: dict[Callable[[StatementView], Any], Any] = {}

    def once(self, work: Callable[[StatementView], T]) -> T:
        """Return what a function makes of this statement; it is called once however many checks ask."""
        try:
            found: T = self._once[work]
        except KeyError:
            found = self._once[work] = work(self)
        return found

    @property
    def sid(self) -> str:
        """The Sid, or empty."""
        sid = self.raw.get("Sid")
        return sid if isinstance(sid, str) else ""

    @property
    def cited(self) -> str:
        """The statement as people cite it: its Sid, or `Statement[2]`."""
        return self.sid or f"Statement[{self.index}]"

    @kept_property
    def allows(self) -> bool:
        """Whether the effect is Allow, as AWS spells it."""
        return self.raw.get("Effect") == "Allow"

    @kept_property
    def denies(self) -> bool:
        """Whether the effect is Deny, as AWS spells it."""
        return self.raw.get("Effect") == "Deny"

    @kept_property
    def actions(self) -> tuple[Entry, ...]:
        """The entries of Action."""
        return self._texts("Action")

    @kept_property
    def action_texts(self) -> tuple[str, ...]:
        """The entries of Action, where nobody needs their places: of most policies nobody does."""
        return strings(self.raw.get("Action"))

    @kept_property
    def lower_actions(self) -> tuple[str, ...]:
        """The entries of Action in lower case, as AWS compares them."""
        return tuple([text.lower() for text in self.action_texts])

    @kept_property
    def action_lines(self) -> str:
        """The entries of Action in lower case as lines: to see at one look that something is in none of them."""
        return "\n".join(self.lower_actions)

    @kept_property
    def resource_texts(self) -> tuple[str, ...]:
        """The entries of Resource, where nobody needs their places."""
        return strings(self.raw.get("Resource"))

    @kept_property
    def resource_lines(self) -> str:
        """The entries of Resource as lines: to see at one look that something is in none of them."""
        return "\n".join(self.resource_texts)

    def actions_where(self, wanted: Callable[[str], object]) -> list[Entry]:
        """Return the entries of Action of which something holds: the places of the others are not written out."""
        written, place = self.raw.get("Action"), f"{self.pointer}/Action"
        if isinstance(written, str):
            return [Entry(place, written)] if wanted(written) else []
        return [
            Entry(f"{place}/{index}", each)
            for index, each in enumerate(written if isinstance(written, list) else ())
            if isinstance(each, str) and wanted(each)
        ]

    @kept_property
    def services(self) -> frozenset[str]:
        """The services that the entries of Action are of, in lower case; `*` stands for those that are patterns."""
        return frozenset(map(service_of, self.action_texts))

    @kept_property
    def not_actions(self) -> tuple[Entry, ...]:
        """The entries of NotAction."""
        return self._texts("NotAction")

    @kept_property
    def resources(self) -> tuple[Entry, ...]:
        """The entries of Resource."""
        return self._texts("Resource")

    @kept_property
    def not_resources(self) -> tuple[Entry, ...]:
        """The entries of NotResource."""
        return self._texts("NotResource")

    @kept_property
    def principals(self) -> tuple[PrincipalEntry, ...]:
        """The entries of Principal and of NotPrincipal."""
        return tuple(_principals(self.raw, self.pointer))

    @kept_property
    def conditions(self) -> tuple[ConditionEntry, ...]:
        """Every pair of operator and key."""
        return tuple(_conditions(self.raw.get("Condition"), f"{self.pointer}/Condition"))

    def _texts(self, element: str) -> tuple[Entry, ...]:
        value = self.raw.get(element)
        return () if value is None else texts(value, f"{self.pointer}/{element}")


def strings(written: object) -> tuple[str, ...]:
    """Return a string, or the strings of a list, where nobody needs their places."""
    if isinstance(written, str):
        return (written,)
    return tuple([each for each in written if isinstance(each, str)]) if isinstance(written, list) else ()


def texts(value: Any, pointer: str) -> tuple[Entry, ...]:
    """Return a string, or each string of a list, with its pointer."""
    if isinstance(value, str):
        return (Entry(pointer, value),)
    if not isinstance(value, list):
        return ()
    return tuple([Entry(f"{pointer}/{index}", each) for index, each in enumerate(value) if isinstance(each, str)])


def statements_of(policy: Any) -> tuple[StatementView, ...]:
    """Return the statements of a policy that are objects; AWS takes one alone without a list too."""
    found = policy.get("Statement") if isinstance(policy, dict) else None
    if isinstance(found, dict):
        return (StatementView(0, "/Statement", found),)
    if not isinstance(found, list):
        return ()
    return tuple(
        StatementView(index, f"/Statement/{index}", each) for index, each in enumerate(found) if isinstance(each, dict)
    )


def _principals(raw: Mapping[str, Any], above: str) -> Iterator[PrincipalEntry]:
    elements: tuple[PrincipalElement, ...] = ("Principal", "NotPrincipal")
    for element in elements:
        value, pointer = raw.get(element), f"{above}/{element}"
        if isinstance(value, str):
            yield PrincipalEntry(pointer, "*" if value == "*" else "", value, element)
        elif isinstance(value, dict):
            for kind, given in value.items():
                for entry in texts(given, f"{pointer}/{escape(kind)}"):
                    yield PrincipalEntry(entry.pointer, kind, entry.text, element)


def _conditions(value: Any, pointer: str) -> Iterator[ConditionEntry]:
    if isinstance(value, dict):
        for operator, keys in value.items():
            if isinstance(keys, dict):
                for key, raw in keys.items():
                    yield ConditionEntry(pointer, operator, key, raw)


def _values(raw: Any, pointer: str) -> Iterator[Entry]:
    many = enumerate(raw) if isinstance(raw, list) else ((None, raw),)
    for index, value in many:
        at = pointer if index is None else f"{pointer}/{index}"
        if isinstance(value, bool):
            yield Entry(at, "true" if value else "false")
        elif isinstance(value, (str, int, float)):
            yield Entry(at, str(value))
