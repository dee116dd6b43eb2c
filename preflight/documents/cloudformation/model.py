"""What a template is once it is read: parameters, conditions and resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from preflight.documents.text.document import Document
from preflight.documents.text.schema import suggestion
from preflight.errors import InputError

RAIN = ("Fn::Rain::", "Rain::")
"""What the functions of Rain begin with, by their tags and in JSON: it works on a template before the deploy, and
CloudFormation knows none of it.
https://github.com/aws-cloudformation/rain"""
RAIN_FIRST = "run rain pkg, and check the template that it writes"


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource. `pointer` is where it stands; `depends_on` are the resources that `DependsOn` names."""

    id: str
    type: str
    properties: Any
    pointer: str
    depends_on: tuple[str, ...] = ()
    condition: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Template:
    """A template's sections. `transforms` are all that it names, `macros` those that may write anything, which nobody
    has run here; `includes` are the places of Fn::Transform that may write members of any name.
    """

    document: Document
    parameters: Mapping[str, Mapping[str, Any]]
    mappings: Mapping[str, Any]
    conditions: Mapping[str, Any]
    resources: Mapping[str, Resource]
    outputs: Mapping[str, Any]
    macros: tuple[str, ...] = ()
    transforms: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()

    def error(self, pointer: str, problem: str, mend: str) -> InputError:
        """Return the error of something at a place in the template; the nearest place that its text has."""
        while pointer and self.document.position(pointer) is None:
            pointer = pointer.rpartition("/")[0]
        return InputError(self.document.path, problem, place=self.document.place(pointer), mend=mend)

    def unknown_name(self, pointer: str, name: str, what: str, known: Mapping[str, Any]) -> InputError:
        """Return the error of a name that the template does not have."""
        mend = suggestion(name, known) or f"declare it, or name one of the template's: {', '.join(known) or 'none'}"
        return self.error(pointer, f"there is no {what} {name!r} in the template", mend)
