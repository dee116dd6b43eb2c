"""What a rule is, and loading rules one file at a time from `rules/<family>/<ID>.yaml`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from operator import eq
from pathlib import Path
from typing import Any

from preflight.data_files import load_yaml
from preflight.engine.result import Evidence, Kind, Level, Location, Result
from preflight.engine.rule_index import declared_in, indexed, path_of
from preflight.errors import PreflightError
from preflight.redaction import without_credentials


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as its file declares it (`schemas/rule.schema.json`), without its examples.

    `check` names the function that decides, `module:function`, `check_resource` the one that decides of a resource or
    call that nothing is declared of, and `check_stack` the one that decides of a stack that is deployed; where the
    first two are None, `reported_by` names the command that gives the rule's results itself. `once` says that the rule
    has one answer for a whole plan. `family` is the folder the rule lies in.
    """

    id: str
    name: str
    level: Level
    category: str
    summary: str
    why: str
    remedy: str
    family: str
    references: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    check: str | None = None
    check_resource: str | None = None
    check_stack: str | None = None
    once: bool = False
    reported_by: str | None = None

    def result(
        self,
        kind: Kind,
        message: str,
        *,
        subject: str = "",
        location: Location | None = None,
        evidence: Iterable[Evidence] = (),
        remedy: str = "",
        level: Level | None = None,
    ) -> Result:
        """Return a result of this rule; `level` is the rule's own where it is None."""
        said = f"{message}\n{remedy}"
        if without_credentials(said) != said:  # both are looked through at once: in most there are none
            message, remedy = without_credentials(message), without_credentials(remedy)
        return Result(
            rule=self.id,
            name=self.name,
            kind=kind,
            level=level or self.level,
            message=message,
            subject=without_credentials(subject) if "://" in subject else subject,
            location=location,
            evidence=tuple(evidence),
            remedy=remedy,
            aliases=self.aliases,
        )

    def function(self) -> Callable[..., Iterable[Result]]:
        """Return the function that decides. Raises `PreflightError` where the rule names none that is there."""
        return self._named(self.check or "")

    def resource_function(self) -> Callable[..., Iterable[Result]]:
        """Return the function that decides of a resource. Raises as `function` does."""
        return self._named(self.check_resource or "")

    def stack_function(self) -> Callable[..., Iterable[Result]]:
        """Return the function that decides of a stack. Raises as `function` does."""
        return self._named(self.check_stack or "")

    def _named(self, where: str) -> Callable[..., Iterable[Result]]:
        module, _, name = where.partition(":")
        try:
            from importlib import import_module

            function: Callable[..., Iterable[Result]] = getattr(import_module(module), name)
        except (ImportError, AttributeError, ValueError) as error:
            raise PreflightError(f"rule {self.id} names the check {where!r}, which doesn't exist: {error}") from error
        return function


def rule_ids(family: str | None = None) -> list[str]:
    """Return the ids of every rule, or of every rule of a family (a folder of `rules/`), sorted."""
    return list(_ids(family))


@cache
def _ids(family: str | None) -> tuple[str, ...]:
    # An audit asks for each endpoint.
    return tuple(sorted(rule for rule, declared in indexed().items() if family in (None, declared["family"])))


def load_rule(rule: str) -> Rule:
    """Load one rule by its id. Raises `PreflightError` for a rule that does not exist, with the nearest that does."""
    return load_file(rule_file(rule))


@cache
def load_file(path: Path) -> Rule:
    """Load the rule that a file declares."""
    declared = declared_in(path)
    return Rule(
        id=declared["id"],
        name=declared["name"],
        level=Level(declared["level"]),
        category=declared["category"],
        summary=declared["summary"],
        why=declared["why"],
        remedy=declared["remedy"],
        family=path.parent.name,
        references=tuple(declared["references"]),
        aliases=tuple(declared["aliases"]),
        check=declared.get("check"),
        check_resource=declared.get("check-resource"),
        check_stack=declared.get("check-stack"),
        once=declared.get("once", False),
        reported_by=declared.get("reported-by"),
    )


def load_rules(ids: Iterable[str]) -> list[Rule]:
    """Load several rules, in the order of their ids."""
    return [load_rule(rule) for rule in sorted(ids)]


def load_examples(rule: str) -> Mapping[str, list[Any]]:
    """Return a rule's examples: lists under `pass`, `fail` and perhaps `open`; empty for a rule that has none."""
    _, mark, examples = rule_file(rule).read_text(encoding="utf-8").partition("\nexamples:")
    found: Mapping[str, list[Any]] = load_yaml(f"examples:{examples}")["examples"] if mark else {}
    return found


def nearest(wanted: str) -> str:
    """Return `did you mean 'PRE110'?` for the rule whose id or name is nearest, or what there is."""
    from difflib import get_close_matches

    names = {load_rule(each).name: each for each in rule_ids()}
    near = get_close_matches(wanted.upper(), rule_ids(), n=len(names), cutoff=0.5)
    same = {rule: list(map(eq, rule, wanted.upper())) for rule in near}
    near.sort(key=lambda rule: (sum(same[rule]), same[rule]), reverse=True)
    near = near or [names[each] for each in get_close_matches(wanted.lower(), names, n=1)]
    return f"did you mean {near[0]}?" if near else "preflight rules lists them"


def rule_file(rule: str) -> Path:
    """Return the file of a rule. Raises `PreflightError` for a rule that does not exist, with the nearest that does."""
    path = path_of(rule)
    if path is None:
        raise PreflightError(f"unknown rule {rule!r}; {nearest(rule)}")
    return path
