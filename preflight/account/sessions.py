"""The session in which calls are made: what was passed when the role was assumed, beside the role's own policies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from preflight.account.facts import Fact, Known
from preflight.account.principals import PrincipalFacts, identity_of
from preflight.documents.text.document import Document
from preflight.errors import UsageError
from preflight.iam.policy import parse_policy
from preflight.iam.request import PolicyType, Value


@dataclass(frozen=True, slots=True)
class Session:
    """What the session was given. AWS shows none of it later, so the user says it.

    `policies` are the session policies: the session may do what they and the role's policies both allow
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session). `tags` are the session
    tags, which take the place of the role's tags of the same keys in `aws:PrincipalTag`
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html). `source_identity` is what
    `aws:SourceIdentity` holds; None where it is not known.
    """

    policies: tuple[Document, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    source_identity: str | None = None

    def context(self) -> dict[str, Value]:
        """Return the condition keys that are known of every request of the session."""
        keys: dict[str, Value] = {f"aws:PrincipalTag/{key}": value for key, value in self.tags.items()}
        if self.source_identity is not None:
            keys["aws:SourceIdentity"] = self.source_identity
        return keys


def in_session(caller: Fact[PrincipalFacts], session: Session) -> Fact[PrincipalFacts]:
    """Return a caller with the session's policies among those that bear on it; what is not known stays so."""
    if not session.policies or not isinstance(caller, Known):
        return caller
    policies = tuple(parse_policy(each.value, each.path, PolicyType.SESSION) for each in session.policies)
    facts = caller.value
    return Known(replace(facts, policies=replace(facts.policies, session=policies)), caller.reads)


def require_session(session: Session, principal: str | None) -> None:
    """Raise `UsageError` where a session is described for a principal that signs its requests itself."""
    named = None if principal is None else identity_of(principal)
    if session == Session() or named is None or named[0] in ("role", "session"):
        return
    raise UsageError(
        f"session policies, session tags and a source identity require a role session; {principal} is not one"
    )
