"""Do the resources of a statement fit its actions, and both the resource that a policy is attached to.

AWS lists the resource types that each action bears on. An action on none of them can be allowed on `*` only; an action
on some never matches a statement whose resources have the form of none of them.
Source: https://docs.aws.amazon.com/service-authorization/latest/reference/, by way of the catalog.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from preflight.catalog.arns import ArnForm, action_forms
from preflight.iam.caches import Kept
from preflight.iam.pattern import matches_action
from preflight.lint.analysis import stored_by_s3
from preflight.lint.analysis.action_names import matched
from preflight.lint.analysis.arn_overlap import overlap
from preflight.lint.analysis.unlisted_names import unlisted_arn
from preflight.lint.policy.finding import Finding
from preflight.lint.policy.statements import Entry, StatementView, strings
from preflight.lint.policy.subject import Subject

_PARTS = 6
_VARIABLE = re.compile(r"\$\{[^{}]*\}")
_SHOWN = 3
_STAR = ("*",)
_TRIED = 1000
_TAGGING = ("tag", "untag", "addtags", "removetags", "createtags", "deletetags", "listtags")
"""How the names of actions on tags begin: the types that can be tagged are listed late, if at all."""


def resource_fits_action(subject: Subject) -> Iterator[Finding]:
    """Find actions that none of their statement's resources is for."""
    for statement in subject.statements:
        written = statement.raw.get("Resource")
        if written is None or written == "*" or (isinstance(written, list) and "*" in written):
            continue
        texts = strings(written)
        fitting = _fitting(texts) if texts else None
        if fitting is not None and fitting.why_not_any(statement.action_texts):
            unfit = [(entry, why) for entry in statement.actions if (why := fitting.why_not(entry.text))]
            yield from _misfits(subject, statement, unfit)


def _misfits(
    subject: Subject, statement: StatementView, unfit: Sequence[tuple[Entry, tuple[str, ...]]]
) -> Iterator[Finding]:
    """Yield one finding for each action. One that another statement allows on what it needs does no harm here."""
    effect, done = ("denies", "denied") if statement.denies else ("allows", "allowed")
    refused = stored_by_s3.level(subject)
    said = " (S3: Action does not apply to any resource(s) in statement)" if refused is not None else ""
    for entry, why in unfit:
        if refused is None and statement.allows and subject.once(_Allowing).fitting(entry.text):
            continue
        if why == _STAR:
            yield Finding(
                entry.pointer,
                f"{entry.text} can be {done} only on all resources (*): {statement.cited} names resources, so it never "
                f"{effect} it{said}",
                f'move {entry.text} to a statement with "Resource": "*"'
                if not said
                else f"remove {entry.text}: a bucket policy can't hold it",
                level=refused,
            )
            continue
        shown = " or ".join(why[:_SHOWN]) + (" …" if len(why) > _SHOWN else "")
        yield Finding(
            entry.pointer,
            f"{entry.text} doesn't apply to any resource of {statement.cited}, which never {effect} it{said}",
            f"add a resource of the form {shown}, or move {entry.text} to a statement that has one",
            level=refused,
        )


class _Allowing:
    """What the statements of a policy allow on resources that fit, asked once for each action."""

    def __init__(self, subject: Subject) -> None:
        self._named: dict[str, list[StatementView]] = defaultdict(list)
        self._patterns: list[tuple[str, StatementView]] = []
        self._found: dict[str, bool] = {}
        for statement in subject.statements:
            for action in statement.action_texts if statement.allows else ():
                if "*" in action or "?" in action:
                    self._patterns.append((action, statement))
                else:
                    self._named[action.lower()].append(statement)

    def fitting(self, action: str) -> bool:
        """Say whether some statement allows an action on what it needs: one where it does not fit never does.

        Of very many patterns, none is tried: the answer is then yes, which reports nothing.
        """
        lower = action.lower()
        found = self._found.get(lower)
        if found is None:
            found = self._found[lower] = len(self._patterns) > _TRIED or any(
                self._fits(statement, action) for statement in self._about(lower)
            )
        return found

    def _about(self, lower: str) -> Iterator[StatementView]:
        yield from self._named.get(lower, ())
        yield from (statement for pattern, statement in self._patterns if matches_action(pattern, lower))

    def _fits(self, statement: StatementView, action: str) -> bool:
        texts = statement.resource_texts
        return "*" in texts or (bool(texts) and not _fitting(texts).why_not(action))


class _Fitting:
    """The resources of a statement, taken apart once, and which actions they were found to fit."""

    def __init__(self, texts: tuple[str, ...]) -> None:
        self._found: Kept[str, tuple[str, ...]] = Kept(65_536)
        self._fit: dict[str, bool] = {}
        self._parts = [_VARIABLE.sub("*", text).split(":", _PARTS - 1) for text in texts]
        self._open = any(not text.strip("*") for text in texts) or any(
            len(parts) < _PARTS or parts[0] != "arn" or "*" in parts[2] or "?" in parts[2] for parts in self._parts
        )

    def why_not(self, action: str) -> tuple[str, ...]:
        """Return the forms of the ARNs that an action or a pattern would need, `*` alone where it bears on none of
        its own; nothing where the resources fit.
        """
        if self._open:
            return ()
        found = self._found.get(action)
        return self._found.keep(action, self._judge(action)) if found is None else found

    def why_not_any(self, actions: Iterable[str]) -> bool:
        """Say whether `why_not` has something to say of any action."""
        return not self._open and any(map(self.why_not, actions))

    def _judge(self, action: str) -> tuple[str, ...]:
        needed = _needed(action)
        if needed is None or any(map(self._fits, needed)) or self._beside(action.partition(":")[0].lower()):
            return ()
        if needed:
            return tuple(dict.fromkeys([form.written for form in needed]))
        return () if self._whole_service(action.partition(":")[0].lower()) else _STAR

    def _fits(self, form: ArnForm) -> bool:
        found = self._fit.get(form.written)
        if found is None:
            found = self._fit[form.written] = any(_fits(parts, form) for parts in self._parts)
        return found

    def _beside(self, service: str) -> bool:
        """Whether a resource of the action's service has a form that AWS documents beside its reference."""
        return any(parts[2] == service and unlisted_arn(":".join(parts)) for parts in self._parts)

    def _whole_service(self, service: str) -> bool:
        """Whether everything of the action's own service is named: some services take that for `*` undocumented."""
        return any(parts[2] == service and not parts[5].strip("/*") for parts in self._parts)


@lru_cache(maxsize=65_536)
def _needed(action: str) -> tuple[ArnForm, ...] | None:
    """Return the forms of the ARNs that the actions of a pattern bear on; None where nobody knows of one of them."""
    service, names = action.partition(":")[0].lower(), matched(action)
    found: dict[ArnForm, None] = {}
    for name in names or ():
        forms = None if name.startswith(_TAGGING) else action_forms(service, name)
        if forms is None:
            return None
        found.update(dict.fromkeys(forms))
    return tuple(found) if names else None


@lru_cache(maxsize=4096)
def _fitting(texts: tuple[str, ...]) -> _Fitting:
    return _Fitting(texts)


def _fits(parts: list[str], form: ArnForm) -> bool:
    if parts[2] != form.service and not form.service.startswith("$"):
        return False
    if not overlap(parts[5], form.resource):
        return False
    barred = _BARRED.get(form.written)
    return barred is None or not any(each in parts[5] for each in barred)


_BARRED = {
    "arn:${Partition}:s3:::${BucketName}": "/",
    "arn:${Partition}:dynamodb:${Region}:${Account}:table/${TableName}": (),
}
"""Characters that names of a type do not hold, so that what lies within is not taken for it: objects for buckets."""
