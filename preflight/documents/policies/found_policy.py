"""A policy as it was found: in a file of its own, or somewhere inside a snapshot, a template or a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from preflight.documents.text.document import Document
from preflight.documents.text.positions import Places

if TYPE_CHECKING:
    from preflight.documents.policies.template_values import Shape

PolicyDocumentType = Literal["identity", "resource", "trust", "scp", "rcp", "boundary", "session", "vpc-endpoint"]
POLICY_TYPES: tuple[PolicyDocumentType, ...] = (
    "identity",
    "resource",
    "trust",
    "scp",
    "rcp",
    "boundary",
    "session",
    "vpc-endpoint",
)
# What Organizations calls a policy's type (botocore's PolicyType); the others are in languages of their own.
ORGANIZATION_TYPES: Mapping[str, PolicyDocumentType] = {
    "SERVICE_CONTROL_POLICY": "scp",
    "RESOURCE_CONTROL_POLICY": "rcp",
}


class Problem(NamedTuple):
    """What keeps a text from being read as a policy (`syntax`), a member that stands twice in it (`repeated`), or a
    pseudo parameter of a template that no `Fn::Sub` puts in (`unsubstituted`), or that it may be of another type
    (`doubt`).

    Of a policy that is only named: an AWS managed one that allows everything (`administrator`), one that AWS does not
    have (`managed`), or a policy template that SAM does not have (`template`). `pointer` is within the policy; `line`
    and `column` are in the file, from 1.
    """

    kind: Literal["syntax", "repeated", "administrator", "managed", "template", "unsubstituted", "doubt"]
    message: str
    remedy: str
    pointer: str = ""
    line: int | None = None
    column: int | None = None


class ProjectForms(NamedTuple):
    """What a project writes that AWS doesn't have: placeholders, in which `*` is any name, and partitions."""

    placeholders: tuple[str, ...] = ()
    partitions: tuple[str, ...] = ()


NO_FORMS = ProjectForms()


class PassedOver(NamedTuple):
    """What may be a policy and could not be looked at: in a few words what, and why."""

    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class FoundPolicy:
    """One policy. `value` is the policy as plain data (an object, if it is one at all), `pointer` where it stands in
    `document`, `type` what it is for, `name` how messages cite it (empty for a file of its own).

    `owner` is what it belongs to where that matters: `service` (of a resource policy, such as `s3`), `kind`
    (`role`, `user`, `group`, `managed`), `address` and `type` (of a template's or plan's resource).
    `text` is the policy's own text where it stands in a string of the document; places in it are then worked out from
    it, and from the place of the string. `problems` are what reading it found; where one is of its syntax, there is no
    value to look at. `shape` says what is not known of a policy in a template. `general` is the policy without values
    that are given from elsewhere: what is found in both belongs there. `supposed` says which conditions of a template
    are true and which false in this form of the policy, where they differ; it is empty in the others.
    """

    document: Document
    value: Any
    type: PolicyDocumentType = "identity"
    pointer: str = ""
    name: str = ""
    owner: Mapping[str, str] = field(default_factory=dict)
    text: str | None = field(default=None, repr=False)
    problems: tuple[Problem, ...] = ()
    shape: Shape | None = None
    general: FoundPolicy | None = None
    supposed: str = ""
    _values: Places = field(default_factory=dict, repr=False)
    _names: Places = field(default_factory=dict, repr=False)

    @property
    def doubted(self) -> bool:
        """Whether it may be of another type."""
        return any(problem.kind == "doubt" for problem in self.problems)

    @property
    def readable(self) -> bool:
        """Whether there is a value to look at."""
        return all(problem.kind in ("repeated", "unsubstituted", "doubt") for problem in self.problems)

    def whole(self, pointer: str) -> str:
        """Return where in the document a pointer within the policy leads."""
        moved = self.shape.outside(pointer) if self.shape is not None else None
        return self.pointer + pointer if moved is None else moved

    def place(self, pointer: str, *, name: bool = False) -> tuple[int, int] | None:
        """Return line and column, from 1, of the value at a pointer within the policy; of its name in its object for
        `name`. Where there is none of that pointer, the nearest thing around it; None without a text.
        """
        inside = pointer if self.text is not None else self.whole(pointer)
        while True:
            found = self._position(inside, name=name)
            if found is not None or not inside:
                break
            inside, name = inside.rpartition("/")[0], False
        if found is not None or self.text is None:
            return found
        outside = self.pointer
        while outside and self.document.position(outside) is None:
            outside = outside.rpartition("/")[0]
        return self.document.position(outside)

    def _position(self, pointer: str, *, name: bool) -> tuple[int, int] | None:
        if self.text is None:
            found = self.document.position(pointer, name=name)
            if found is None and self.shape is not None:
                # YAML's short form !If has its branches one level higher than Fn::If has them.
                found = self.document.position(pointer.replace("/Fn::If/", "/"), name=name)
            return found
        if not self._values and self.readable:
            from preflight.documents.text.string_positions import places_within

            places_within(self.document, self.pointer, self.text, self._values, self._names)
        return (self._names if name else self._values).get(pointer)


class FoundPolicies(NamedTuple):
    """The policies of a file, and in a few words each what of it could not be looked at. `supposed` are further forms
    of policies of a template, in which some conditions are true and others false: what is to hold of every deploy has
    to hold of them, but the template may not allow all of them.
    """

    found: list[FoundPolicy]
    passed_over: tuple[str, ...] = ()
    supposed: tuple[FoundPolicy, ...] = ()
