"""Values for policy variables in a request that was put together without them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from typing import TYPE_CHECKING

from preflight.iam.proof.boxes import Box
from preflight.iam.proof.callers import lookup_of
from preflight.iam.proof.keys import OF_THE_CALLER
from preflight.iam.proof.patterns.symbols import variables_in
from preflight.iam.proof.values import Values
from preflight.iam.variables import VariableText

if TYPE_CHECKING:
    from preflight.iam.proof.dimensions import Point

_MOST_TRIED = 600
_USUAL: tuple[Values, ...] = (("example",), (), ("other",))


def filled(point: Point, boxes: Sequence[Box], assumed: Mapping[str, Values]) -> Iterator[Point]:
    """Yield the request with values for its variables, and for the keys that are compared with variables."""
    templates = [each for box in boxes if box.resources is not None for each in box.resources.varying]
    conditions = [each for box in boxes for each in box.varying]
    templates_of_values = [value for each in conditions for value in each.templates]
    keys = {variable.key for each in (*templates, *templates_of_values) for variable in each.variables if variable.key}
    keys |= {each.key for each in conditions}
    if not keys:
        yield point
        return
    pools: dict[str, tuple[Values, ...]] = {}
    written = [value for values in point.context.values() for value in values]
    for key in sorted(keys):
        if key in assumed:
            pools[key] = (assumed[key],)
        elif key in point.context:
            pools[key] = (point.context[key],)
        elif point.person is not None and key in OF_THE_CALLER:
            found = lookup_of(point.person)(key)
            pools[key] = (found if isinstance(found, tuple) else (),)
        else:
            texts = [*_read(point.resource, templates, key), *written]
            texts += [text for each in conditions if each.key == key for text in each.values if "${" not in text]
            pools[key] = tuple(dict.fromkeys((*_USUAL, *((text,) for text in texts if text), ("",))))
    for chosen in islice(product(*pools.values()), _MOST_TRIED):
        values = dict(zip(pools, chosen, strict=True))
        resource = _named(point.resource, values)
        if resource is not None:
            context = {**point.context, **values}
            if point.person is not None:
                context = {key: value for key, value in context.items() if key not in OF_THE_CALLER}
            yield point._replace(resource=resource, context=context)


def _named(resource: str, values: Mapping[str, Values]) -> str | None:
    """Put values in place of the letters that stand for variables; None where one has none."""
    for letter, key, default in variables_in(resource):
        found = values.get(key, ())
        text = found[0] if len(found) == 1 else default if not found else None
        if text is None:
            return None
        resource = resource.replace(letter, text)
    return resource


def _read(resource: str, templates: Sequence[VariableText], key: str) -> Iterator[str]:
    """Yield what a variable would be worth if one of the templates were to match the resource."""
    for each in templates:
        pattern = "".join(
            re.escape(part).replace(r"\*", ".*").replace(r"\?", ".")
            if isinstance(part, str)
            else "(.*?)"
            if part.key == key
            else ".*"
            if part.key
            else re.escape(part.default or "")
            for part in each.parts
        )
        if len(pattern) < 500 and pattern.count(".*") < 6 and (found := re.fullmatch(pattern, resource)):
            yield from (text for text in found.groups() if text)
