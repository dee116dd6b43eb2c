"""What a policy of an identity grants, judged as AWS decides: denies, conditions and resources considered.

A rule asks whether the policy allows an action on a resource that nobody named (`everywhere`), or on some resource at
all (`somewhere`). The answers come from the decision engine; statements without conditions on `*`, which are most of
those that matter, are decided before it. Conditions that the holder can meet at will are no limit
(`preflight.lint.policy.restrictions`); one that cannot be decided is: such a grant is not reported as one without
limits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from preflight.iam.wildcard import matcher, tokens
from preflight.kept_property import kept_property
from preflight.lint.policy.restrictions import NOT_THERE, account_named, contexts, restricting
from preflight.lint.policy.sensitive_actions import samples, watched, watched_names
from preflight.lint.policy.statements import Entry, StatementView

# Most policies are settled without a decision: what decides is loaded for the first that is not.
if TYPE_CHECKING:
    from preflight.iam.policy import Policy
    from preflight.iam.request import Value

_ACCOUNT, _PARTITION, _REGION = "111122223333", "aws", "us-east-1"
_USUAL = {"aws:MultiFactorAuthPresent": "true", "aws:SecureTransport": "true", "aws:ViaAWSService": "false"}
_ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
_ATTACHED = {"iam:policyarn": _ADMINISTRATOR}
_ASKED = frozenset({"iam:policyarn", "iam:passedtoservice", "iam:awsservicename"})
"""The keys of requests whose value a decision is asked with."""
ANY_SERVICE = "preflight-any.amazonaws.com"
"""A service that no policy names, to pass a role to or create one for."""
_PATTERNS_TRIED = 8
_ALL_ACTIONS = ["*", "*:*"]


class Granted(NamedTuple):
    """A statement that allows an action, and the entry of Action (or the whole NotAction) by which it does."""

    view: StatementView
    entry: Entry

    def written_as(self, action: str) -> str:
        """Return what the policy has in place of an action's name: a pattern, or NotAction; nothing for the name."""
        return "" if self.entry.text.lower() == action.lower() else self.entry.text

    def remedy(self, action: str, remedy: str) -> str:
        """Return a remedy about an action that begins with what the policy has in its place."""
        written = self.written_as(action)
        if not written:
            return remedy
        first = "use Action instead of NotAction, and list" if written == "NotAction" else f"replace `{written}` with"
        return f"{first} the actions you need; if {action} is one of them, {remedy}"


class Grants:
    """What the Allow statements of a policy grant of the watched actions.

    `under` says of each statement, by its place, which conditions are taken to be met, as messages have it.
    """

    def __init__(
        self,
        statements: Sequence[StatementView],
        compiled: Callable[[], Policy | None],
        under: Mapping[int, str] | None = None,
    ) -> None:
        self._statements, self._compiled = statements, compiled
        self._under = under or {}
        self._answers: dict[tuple[str, str, bool], bool] = {}

    @kept_property
    def denies(self) -> bool:
        """Whether any statement denies."""
        return any(view.denies for view in self._statements)

    @kept_property
    def administrator(self) -> Granted | None:
        """The statement that allows every action on every resource without a condition, where nothing is denied."""
        for view in self._statements:
            written = view.raw.get("Action")
            if written not in _ALL_ACTIONS and not (isinstance(written, list) and ("*" in written or "*:*" in written)):
                continue
            if view.allows and _plain(view) and not self.denies:
                return Granted(view, view.actions_where(_ALL_ACTIONS.__contains__)[0])
        return None

    @kept_property
    def actions(self) -> Mapping[str, list[Granted]]:
        """The watched actions that some statement allows, with those statements."""
        found: dict[str, list[Granted]] = {}
        for view in self._statements:
            if not view.allows:
                continue
            for entry in view.actions_where(watched) if _may_be_watched(view) else ():
                granted = Granted(view, entry)
                for action in watched(entry.text):
                    found.setdefault(action, []).append(granted)
            if view.not_actions:
                spared = {action for entry in view.not_actions for action in watched(entry.text)}
                whole = Granted(view, Entry(f"{view.pointer}/NotAction", "NotAction"))
                for action in samples():
                    if action not in spared:
                        found.setdefault(action, []).append(whole)
        return found

    @kept_property
    def _surely(self) -> frozenset[str]:
        """The watched actions that are allowed on everything, whatever the context."""
        plain = {id(view): _on_all(view) and _free(view) for view in self._statements if view.allows}
        return frozenset(
            action
            for action, granted in self.actions.items()
            if action not in self._denied and any(plain[id(each.view)] for each in granted)
        )

    @kept_property
    def _denied(self) -> frozenset[str]:
        """The watched actions that some statement denies on something."""
        return frozenset().union(*(_covered(view) for view in self._statements if view.denies))

    @kept_property
    def denied_everywhere(self) -> frozenset[str]:
        """The watched actions that a statement without conditions denies on every resource: no other policy can allow
        them.
        """
        return frozenset().union(*(_covered(view) for view in self._statements if view.denies and _plain(view)))

    @kept_property
    def _limited(self) -> frozenset[int]:
        """The statements that allow nothing for certain."""
        return frozenset(id(view) for view in self._statements if view.allows and _limits(view))

    @kept_property
    def _contexts(self) -> Sequence[Mapping[str, Value]]:
        policy = self._compiled()
        return contexts(policy) if policy is not None else ()

    @kept_property
    def _account(self) -> str:
        return account_named(self._statements) or _ACCOUNT

    def under(self, view: StatementView) -> str:
        """Return which conditions of a statement are taken to be met, as messages have it; mostly none."""
        return self._under.get(view.index, "")

    def granting(self, action: str) -> list[Granted]:
        """Return the statements that allow a watched action on a resource that nobody named, each by itself."""
        return [
            each
            for each in self.actions.get(action, ())
            if id(each.view) not in self._limited
            and (each.view.not_resources or any(_sample(action, text) for text in each.view.resource_texts))
        ]

    def everywhere(self, action: str, passed_to: str = "") -> bool:
        """Whether the policy allows a watched action on a resource that nobody named; `passed_to` is the service that
        a role is passed to.
        """
        return self._granted(action, passed_to, some=False)

    def somewhere(self, action: str) -> bool:
        """Whether the policy allows a watched action on some resource."""
        return self._granted(action, "", some=True)

    def _granted(self, action: str, passed_to: str, *, some: bool) -> bool:
        key = (action, passed_to, some)
        known = self._answers.get(key)
        if known is None:
            known = self._answers[key] = self._decided(action, passed_to, some=some)
        return known

    def _decided(self, action: str, passed_to: str, *, some: bool) -> bool:
        if action in self._surely:
            return True
        granted = [each for each in self.actions.get(action, ()) if id(each.view) not in self._limited]
        if action not in self._denied and any(_fits(action, each.view) for each in granted):
            return True
        tried = list(_instances(action, granted)) if some else _samples(action, granted)
        policy = self._compiled() if tried else None
        if policy is None:
            return False
        return any(
            _allowed(action, resource, passed_to, policy, context, self._account)
            for resource in tried
            for context in self._contexts
        )


def _allowed(
    action: str, resource: str, passed_to: str, policy: Policy, context: Mapping[str, Value], own: str
) -> bool:
    from preflight.iam.decide import RequestError, decide
    from preflight.iam.decision import Outcome
    from preflight.iam.principals import PrincipalError
    from preflight.iam.request import Context, Policies, Request

    parts = resource.split(":", 5)
    account = parts[4] if len(parts) == 6 and parts[4].isdigit() and len(parts[4]) == 12 else own
    if account == _ACCOUNT != own:
        account, resource = own, resource.replace(f":{_ACCOUNT}:", f":{own}:")
    partition = parts[1] if len(parts) == 6 else _PARTITION
    region = parts[3] if len(parts) == 6 and parts[3] else _REGION
    values: dict[str, Value] = {**_USUAL, **_ATTACHED, "aws:RequestedRegion": region}
    if passed_to:
        values["iam:PassedToService"] = values["iam:AWSServiceName"] = passed_to
    values.update(context)
    who = f"arn:{partition}:iam::{account}:role/preflight-someone"
    given = Context(values, complete=False, absent=NOT_THERE)
    request = Request(who, action, resource, account, given, resource_tags={})
    try:
        return (
            decide(
                request,
                Policies(identity=(policy,), resource=_delegating(action, partition, account)),
                nearest=False,
            ).outcome
            is Outcome.ALLOWED
        )
    except (RequestError, PrincipalError):
        return False


def _delegating(action: str, partition: str, account: str) -> Policy | None:
    """Return the policy of a key or role that leaves the decision to its account, as AWS's default does."""
    return _leaves_to(f"arn:{partition}:iam::{account}:root") if action.startswith(("kms:", "sts:")) else None


@lru_cache(maxsize=256)
def _leaves_to(principal: str) -> Policy:
    from preflight.iam.policy import parse_policy

    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "*", "Resource": "*"}
    return parse_policy({"Version": "2012-10-17", "Statement": [statement]}, "resource")


def _may_be_watched(view: StatementView) -> bool:
    lines = view.action_lines
    return "*" in lines or "?" in lines or not watched_names().isdisjoint(view.lower_actions)


def _plain(view: StatementView) -> bool:
    return not view.raw.get("Condition") and _on_all(view)


def _covered(view: StatementView) -> set[str]:
    """Return the watched actions that a statement is about."""
    found = {each for text in view.action_texts for each in watched(text)}
    if view.not_actions:
        found |= samples().keys() - {each for entry in view.not_actions for each in watched(entry.text)}
    return found


def _on_all(view: StatementView) -> bool:
    return any(text and not text.strip("*") for text in view.resource_texts)


def _free(view: StatementView) -> bool:
    """Whether a statement has no condition that its holder cannot meet at will, nor two on one key."""
    if not view.raw.get("Condition"):
        return True
    keys = [each.lower_key for each in view.conditions]
    return len(set(keys)) == len(keys) and not restricting(view)


def _limits(view: StatementView) -> bool:
    """Whether a statement has conditions that its holder cannot meet at will."""
    return any(each.lower_key not in _ASKED for each in restricting(view))


@lru_cache(maxsize=8192)
def _sample(action: str, pattern: str) -> str | None:
    """Return the action's sample resource in the partition, region and account that a pattern names, if it fits it."""
    sample = samples()[action]
    if sample == "*" or not pattern.strip("*"):
        return sample if not pattern.strip("*") else None
    mine, theirs = sample.split(":", 5), pattern.split(":", 5)
    if len(theirs) == 6:
        for place in (1, 3, 4):
            named = theirs[place]
            if mine[place] and named and not set("*?$") & set(named):
                mine[place] = named
    found = ":".join(mine)
    return found if matcher(tokens(pattern))(found) else None


def _fits(action: str, view: StatementView) -> bool:
    """Whether a statement without conditions that limit it names the sample resource by a pattern."""
    return _free(view) and any(_sample(action, text) is not None for text in view.resource_texts)


def _samples(action: str, granted: Iterable[Granted]) -> list[str]:
    found: dict[str, None] = {}
    for each in granted:
        if each.view.not_resources:
            found[samples()[action]] = None
        for text in each.view.resource_texts:
            sample = _sample(action, text)
            if sample is not None:
                found[sample] = None
    return list(found)[:_PATTERNS_TRIED]


def _instances(action: str, granted: Iterable[Granted]) -> Iterator[str]:
    """Yield a resource for each pattern: its wildcards filled in."""
    sample = samples()[action]
    for number, text in enumerate(text for each in granted for text in each.view.resource_texts):
        if number >= _PATTERNS_TRIED:
            return
        fitting = _sample(action, text)
        if fitting is not None:
            yield fitting
        elif sample != "*" and text.startswith("arn:") and text.count(":") >= 5:
            head, rest = text.split(":", 5)[:5], text.split(":", 5)[5]
            likely = sample.split(":", 5)
            filled = [own if set("*?") & set(own) == set() and own else likely[place] for place, own in enumerate(head)]
            yield ":".join([*filled, rest.replace("*", "any").replace("?", "a")])
    if any(each.view.not_resources for each in granted):
        yield sample


def first(granted: Sequence[Granted]) -> Granted:
    """Return the grant to point at: the one that names the action rather than a wildcard, if there is one."""
    return next((each for each in granted if "*" not in each.entry.text), granted[0])
