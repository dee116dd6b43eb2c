"""Holding a document against `schemas/`, and saying what is wrong with it in one line that can be acted on."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

from preflight.data_files import folder
from preflight.documents.text.document import Document
from preflight.errors import InputError
from preflight.json_pointer import escape, parts

_WORDS = {
    "object": "an object",
    "array": "a list",
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
_MOST_ERRORS = 200
# What is longer is no misspelt name, and would take long to compare.
_LONGEST_WORD = 200


def validate(document: Document, schema: str, *, pointer: str = "") -> None:
    """Check the value at `pointer` against `schemas/<schema>.schema.json` (JSON Schema 2020-12).

    Raises `InputError` for what is wrong furthest out: a misspelt member before the missing one that it stands for.
    """
    value = at(document.value, pointer)
    accept = _accept(schema)
    if accept is not None and accept(value):
        return
    error = _first_error(schema, value)
    if error is None:
        return
    problem, mend, member = _explain(error)
    path = [*error.absolute_path, member] if member else error.absolute_path
    inside = "".join(f"/{escape(str(part))}" for part in path)
    raise InputError(document.path, problem, place=document.place(pointer + inside), mend=mend)


def at(value: Any, pointer: str) -> Any:
    """Return what a JSON pointer finds in plain data. Raises `KeyError` or `IndexError` where there is nothing."""
    for name in parts(pointer):
        value = value[int(name)] if isinstance(value, list) else value[name]
    return value


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return `did you mean X?` for a misspelt word, or the empty string where nothing known is near."""
    near = nearest(word, known)
    return f"did you mean {near}?" if near else ""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word that is nearest to a misspelt one, or the empty string where none is near."""
    from difflib import get_close_matches

    by_fold = {each.casefold(): each for each in known}
    near = get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.6) if len(word) <= _LONGEST_WORD else []
    return by_fold[near[0]] if near else ""


def word_for(value: Any) -> str:
    """Return the kind of a JSON value in words: `a string`, `a list`."""
    kinds = ((bool, "boolean"), (dict, "object"), (list, "array"), (str, "string"), (int, "integer"), (float, "number"))
    return next((_WORDS[name] for kind, name in kinds if isinstance(value, kind)), "null")


@cache
def load_schema(name: str) -> Any:
    """Return the content of `schemas/<name>.schema.json`."""
    return json.loads((folder("schemas") / f"{name}.schema.json").read_bytes())


@cache
def _accept(name: str) -> Any:
    from preflight.documents.text.compiled_schema import NotCompiledError, compile_schema

    try:
        return compile_schema(load_schema(name))
    except NotCompiledError:
        return None


def _first_error(name: str, value: Any) -> Any:
    from itertools import islice

    from jsonschema.exceptions import best_match

    found = _validator(name).iter_errors(value)
    errors = list(islice(found, _MOST_ERRORS))
    return best_match([min(errors, key=_rank)]) if errors else None


@cache
def _validator(name: str) -> Any:
    import jsonschema

    return jsonschema.Draft202012Validator(load_schema(name))


def _rank(error: Any) -> tuple[int, int]:
    order = {"additionalProperties": 0, "type": 1, "required": 2}
    rank = order.get(error.validator, 3)
    if rank == 0 and not _explain(error)[1].startswith("did you mean"):
        rank = 3
    return len(error.absolute_path), rank


def _explain(error: Any) -> tuple[str, str, str]:
    """Return the problem, the mend, and the member that the place should name besides the error's own path."""
    found, wanted, rule = error.instance, error.validator_value, error.validator
    name = str(error.absolute_path[-1]) if error.absolute_path and isinstance(error.absolute_path[-1], str) else "it"
    if rule == "additionalProperties" and isinstance(found, dict):
        known = list(error.schema.get("properties", {}))
        unknown = [each for each in found if each not in known]
        mends = {each: mend for each in unknown if (mend := suggestion(each, known))}
        first = next(iter(mends), unknown[0])
        return (
            f"unknown key {first!r}",
            mends.get(first) or f"remove it; valid keys: {', '.join(known)}",
            first,
        )
    if rule == "required":
        missing = [each for each in wanted if each not in found]
        named = ", ".join(missing[:-1]) + " and " + missing[-1] if len(missing) > 1 else missing[0]
        return f"{named} {'is' if len(missing) == 1 else 'are'} missing", f"add {named}", ""
    if rule == "type":
        kinds = [wanted] if isinstance(wanted, str) else list(wanted)
        words = " or ".join(_WORDS.get(kind, kind) for kind in kinds)
        mend = "put it in quotes" if "string" in kinds and isinstance(found, (bool, int, float)) else f"write {words}"
        return f"expected {words}, found {word_for(found)}", mend + (" or leave it out" if found is None else ""), ""
    if rule in ("enum", "const"):
        allowed = wanted if rule == "enum" else [wanted]
        choices = [_shown(each) for each in allowed]
        near = suggestion(found, [each for each in allowed if isinstance(each, str)]) if isinstance(found, str) else ""
        relation = "is not one of" if len(choices) > 1 else "is not"
        return f"{_shown(found)} {relation} {', '.join(choices)}", near or f"write {' or '.join(choices)}", ""
    if rule == "pattern":
        what = error.schema.get("description", "").rstrip(".")
        mend = f"write {what[:1].lower()}{what[1:]}" if what else "correct it"
        return f"{_shown(found)} is not of the form {wanted}", mend, ""
    if rule in ("minLength", "minItems", "minProperties") and not found:
        return f"{name} is empty", "give it a value, or leave it out if it is not needed", ""
    if rule == "minimum":
        return f"{name} is {found}; it must be at least {wanted}", f"write {wanted} or more", ""
    if rule in ("maxItems", "maxLength"):
        return f"{name} is longer than {wanted}", f"keep it to {wanted}", ""
    return f"{_shown(found)} does not fit here ({rule})", "correct it", ""


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "..."
