"""Holding a document against `schemas/`, and saying what is wrong with it in one line that can be acted on."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from functools import cache
from typing import Any

from preflight.documents.document import Document
from preflight.documents.positions import escape
from preflight.errors import InputError
from preflight.resources import folder

_WORDS = {
    "object": "an object",
    "array": "a list",
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}


def validate(document: Document, schema: str, *, pointer: str = "") -> None:
    """Check the value at `pointer` against `schemas/<schema>.schema.json` (JSON Schema 2020-12).

    Raises `InputError` for the error that lies deepest in what the writer most likely meant.
    """
    value = at(document.value, pointer)
    validator = _validator(schema)
    if validator.is_valid(value):
        return
    from jsonschema.exceptions import best_match

    error = best_match(validator.iter_errors(value))
    where = pointer + "".join(f"/{escape(str(part))}" for part in error.absolute_path)
    problem, mend, member = _explain(error)
    if member:
        where = f"{where}/{escape(member)}"
    raise InputError(document.path, problem, place=document.place(where), mend=mend)


def at(value: Any, pointer: str) -> Any:
    """Return what a JSON pointer finds in plain data. Raises `KeyError` or `IndexError` where there is nothing."""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        value = value[int(name)] if isinstance(value, list) else value[name]
    return value


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return `did you mean X?` for a misspelt word, or the empty string where nothing known is near."""
    by_fold = {each.casefold(): each for each in known}
    near = difflib.get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.6)
    return f"did you mean {by_fold[near[0]]}?" if near else ""


def word_for(value: Any) -> str:
    """Return the kind of a JSON value in words: `a string`, `a list`."""
    kinds = ((bool, "boolean"), (dict, "object"), (list, "array"), (str, "string"), (int, "integer"), (float, "number"))
    return next((_WORDS[name] for kind, name in kinds if isinstance(value, kind)), "null")


@cache
def _validator(schema: str) -> Any:
    import jsonschema

    path = folder("schemas") / f"{schema}.schema.json"
    return jsonschema.Draft202012Validator(json.loads(path.read_text(encoding="utf-8")))


def _explain(error: Any) -> tuple[str, str, str]:
    """Return the problem, the mend, and the member that the place should name besides the error's own path."""
    found, wanted = error.instance, error.validator_value
    if error.validator == "additionalProperties" and isinstance(found, dict):
        known = list(error.schema.get("properties", {}))
        unknown = next(name for name in found if name not in known)
        mend = suggestion(unknown, known) or f"remove it; known here: {', '.join(known)}"
        return f"there is no member {unknown!r} here", mend, unknown
    if error.validator == "required":
        missing = [name for name in wanted if name not in found]
        return (
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing",
            "add " + " and ".join(missing),
            "",
        )
    if error.validator == "type":
        names = [wanted] if isinstance(wanted, str) else list(wanted)
        words = " or ".join(_WORDS.get(name, name) for name in names)
        return f"expected {words}, found {word_for(found)}", f"write {words}", ""
    if error.validator in ("enum", "const"):
        choices = [str(each) for each in (wanted if error.validator == "enum" else [wanted])]
        near = suggestion(found, choices) if isinstance(found, str) else ""
        return f"{_shown(found)} is not one of {', '.join(choices)}", near or f"write {' or '.join(choices)}", ""
    if error.validator == "pattern":
        what = error.schema.get("description", "")
        return f"{_shown(found)} is not of the form {wanted}", f"write {what[:1].lower()}{what[1:].rstrip('.')}" if what else "correct it", ""  # fmt: skip
    if error.validator in ("minLength", "minItems", "minProperties") and not found:
        return "it is empty", "fill it in or leave it out", ""
    if error.validator in ("maxItems", "maxLength"):
        return f"it is longer than {wanted}", f"keep it to {wanted}", ""
    return f"{_shown(found)} does not fit here ({error.validator})", "correct it", ""


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "..."
