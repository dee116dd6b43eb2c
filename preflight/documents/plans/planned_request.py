"""Making a planned request of what someone wrote: what cannot be read of it is kept for the rule that says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from preflight.documents.plans.operation_names import schema_name
from preflight.documents.plans.plan import Plan, PlannedRequest
from preflight.documents.plans.shape_faults import faults, readable
from preflight.documents.text.document import Document
from preflight.documents.text.schema import load_schema
from preflight.errors import InputError


def planned_request(
    operation: str,
    written: Mapping[str, Any],
    document: Document,
    pointer: str = "",
    *,
    name: str = "",
    through: str = "",
    depends_on: tuple[str, ...] = (),
) -> PlannedRequest:
    """Return the request for `service:Operation` with the parameters that were written.

    Its `parameters` are what can be read of them by the operation's schema, so that what looks at them finds the types
    that it expects.
    """
    parameters = readable(load_schema(schema_name(operation)), written)
    return PlannedRequest(
        operation=operation,
        parameters=parameters,
        document=document,
        pointer=pointer,
        name=name,
        through=through,
        depends_on=depends_on,
        unreadable=None if parameters is written else written,
    )


def require_readable(plan: Plan) -> None:
    """Raise `InputError` for the first request of a plan of which a part cannot be read, naming that part."""
    for request in plan.requests:
        if request.unreadable is None:
            continue
        schema = load_schema(schema_name(request.operation))
        wrong = next(each for each in faults(schema, request.written) if each.about in ("member", "type", "required"))
        mend = f"{wrong.remedy[0].lower()}{wrong.remedy[1:].rstrip('.')}"
        place = request.document.place(request.pointer + wrong.pointer)
        raise InputError(request.document.path, wrong.problem, place=place, mend=mend)
