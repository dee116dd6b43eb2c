"""PRE301: has every name in a request the form that AWS takes?"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from preflight.engine.result import Kind, Result
from preflight.engine.rule import Rule
from preflight.readiness.named_members import Name, names_in
from preflight.readiness.step import Step
from preflight.readiness.wording import place_in, subject
from preflight.sentence import sentence
from preflight.unresolved import DeployText, resolution


def well_formed(step: Step, rule: Rule) -> Iterator[Result]:
    """Say of every name in the request whether AWS accepts its form, at which character it does not, and of repeats."""
    names = names_in(step)
    wrong = [(name, problem) for name in names if (problem := _problem(name))]
    for name, problem in wrong:
        yield rule.result(
            Kind.FAIL,
            f"the {name.label} `{_shortened(name.text)}` {problem}",
            subject=subject(step),
            location=place_in(step, name.pointer),
            remedy=f"Use {name.form['says']}, {name.form['max']} characters at most.",
        )
    repeated = list(_repeated(names))
    for name, first in repeated:
        yield rule.result(
            Kind.FAIL,
            f"the {name.label} `{name.text}` is used twice, first at {first.pointer}",
            subject=subject(step),
            location=place_in(step, name.pointer),
            remedy=f"Give each its own {name.label}.",
        )
    open_ = [name for name in names if (text := DeployText.partial(name.text)) and not text.is_only_made_up]
    for name in open_ if not wrong else ():
        labels = DeployText(name.text).labels
        yield rule.result(
            Kind.OPEN,
            f"Can't determine whether the {name.label} `{_shortened(name.text)}` is valid: "
            f"it depends on {', '.join(labels)}",
            subject=subject(step),
            location=place_in(step, name.pointer),
            remedy=sentence(resolution(labels)),
        )
    if names and not wrong and not repeated and not open_:
        others = len(names) - 1
        yield rule.result(
            Kind.PASS,
            f"{others + 1} names are valid" if others else f"the {names[0].label} `{names[0].text}` is valid",
            subject=subject(step),
            location=step.location,
        )


def _problem(name: Name) -> str | None:
    text, form = name.text, name.form
    if not text:
        return "is empty"
    if unknown := DeployText.partial(text):
        return _problem_of_shape(unknown.known_parts, form)
    strange = next((at for at, letter in enumerate(text) if not re.match(form["characters"], letter)), None)
    if strange is not None:
        return f"has {_character(text[strange])} at position {strange + 1}"
    if len(text) > form["max"]:
        return f"has {len(text)} characters, {len(text) - form['max']} too many"
    if not re.match(form["ends"], text[0]):
        return f"begins with {_character(text[0])}"
    if not re.match(form["ends"], text[-1]):
        return f"ends with {_character(text[-1])}, at position {len(text)}"
    if not re.fullmatch(form["pattern"], text):
        return f"does not match {form['pattern']}"
    return None


def _problem_of_shape(parts: list[str], form: Mapping[str, Any]) -> str | None:
    """Return what is wrong with the known parts of a name; between each two of them is at least one character."""
    for part in parts:
        strange = next((letter for letter in part if not re.match(form["characters"], letter)), None)
        if strange is not None:
            return f"has {_character(strange)} in its part `{part}`"
    length = sum(map(len, parts)) + len(parts) - 1
    if length > form["max"]:
        return f"has {length} characters at least, {length - form['max']} too many"
    if parts[0] and not re.match(form["ends"], parts[0][0]):
        return f"begins with {_character(parts[0][0])}"
    if parts[-1] and not re.match(form["ends"], parts[-1][-1]):
        return f"ends with {_character(parts[-1][-1])}"
    return None


def _character(letter: str) -> str:
    return {" ": "a space", "`": "a backquote"}.get(letter, f"`{letter}`" if letter.isprintable() else ascii(letter))


def _shortened(text: str) -> str:
    text = DeployText(text).shown
    text = text if len(text) <= 80 else text[:77] + "..."
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _repeated(names: list[Name]) -> Iterator[tuple[Name, Name]]:
    first: dict[str, dict[str, Name]] = defaultdict(dict)
    for name in names:
        if name.distinct is None:
            continue
        known = first[name.distinct].setdefault(name.text, name)
        if known is not name:
            yield name, known
