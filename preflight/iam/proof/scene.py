"""What surrounds a policy when it alone is to decide: a caller, and policies of other types that allow everything.

So a request that a policy grants, or does not, can be put to the ordinary engine, and to `preflight simulate`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, NamedTuple

from preflight.iam.conditions import Truth
from preflight.iam.context import RequestContext
from preflight.iam.decide import RequestError, decide
from preflight.iam.decision import Decision, Outcome
from preflight.iam.policy import Policy, parse_policy
from preflight.iam.principals import Caller, PrincipalError, PrincipalMatch, PrincipalType, caller, grant
from preflight.iam.proof.callers import FRESH_ACCOUNTS
from preflight.iam.proof.dimensions import Point
from preflight.iam.request import Context, Policies, PolicyType, Request
from preflight.iam.service_rules import on_an_unknown_key

DocumentType = Literal["identity", "resource", "trust", "scp", "rcp", "boundary", "session", "vpc-endpoint"]
NAMING: frozenset[DocumentType] = frozenset({"resource", "trust", "vpc-endpoint"})
"""The types of policy that name their callers."""

_EVERYTHING: Mapping[str, Any] = {"Effect": "Allow", "Action": "*", "Resource": "*"}
_POLICY_TYPES: Mapping[DocumentType, PolicyType] = {
    "identity": PolicyType.IDENTITY,
    "resource": PolicyType.RESOURCE,
    "trust": PolicyType.RESOURCE,
    "scp": PolicyType.SCP,
    "rcp": PolicyType.RCP,
    "boundary": PolicyType.BOUNDARY,
    "session": PolicyType.SESSION,
    "vpc-endpoint": PolicyType.VPC_ENDPOINT,
}


def policy_type(type_: DocumentType) -> PolicyType:
    """Return what decisions call a type of document."""
    return _POLICY_TYPES[type_]


class Asked(NamedTuple):
    """A request, and the policies beside the one in question, as the engine takes them."""

    request: Request
    beside: Policies
    resource_policy: Mapping[str, Any] | None = None
    """The resource's own policy, where one has to hand the decision to the caller's account."""


@dataclass(frozen=True)
class ProofScope:
    """A type of policy, with the names of condition keys as the policies have them, by name in lower case."""

    type: DocumentType
    names: Mapping[str, str]

    def asked(self, point: Point) -> Asked | None:
        """Return the request that a point is; None if there can be none."""
        who = self._caller(point)
        if who is None:
            return None
        if point.resource.endswith(":s3:::*"):
            point = point._replace(resource="*")
        parts = point.resource.split(":", 5)
        if who.of_account and len(parts) == 6 and parts[1] != who.partition:
            # Credentials work in their own partition only.
            parts[1] = who.partition
            point = point._replace(resource=":".join(parts))
        owner = parts[4] if len(parts) == 6 else ""
        account = None
        if not owner.isdigit():
            owner = "" if self.type == "resource" else who.account
            if self.type == "resource":
                account = owner = next(each for each in FRESH_ACCOUNTS if each != who.account)
        context = self._context(point, who, owner)
        request = Request(who.text, point.action, point.resource, account, Context(context))
        handed = None
        if self.type not in NAMING and (owner != who.account or _required(point)):
            handed = _handed(who.account)
        return Asked(request, _beside(self.type, handed, who), handed)

    def _caller(self, point: Point) -> Caller | None:
        if point.person is not None:
            return point.person.who
        given = {key: values[0] for key, values in point.context.items() if len(values) == 1}
        parts = point.resource.split(":", 5)
        account = given.get("aws:principalaccount", "")
        if not (account.isdigit() and len(account) == 12):
            account = parts[4] if len(parts) == 6 and parts[4].isdigit() and len(parts[4]) == 12 else FRESH_ACCOUNTS[0]
        texts = [given.get("aws:principalarn", "")]
        if self.type == "session":
            texts = [f"arn:aws:sts::{account}:assumed-role/example/session"]
        elif "aws:username" in given or point.context.get("aws:tokenissuetime") == ():
            # Long-term credentials are of users.
            name = given.get("aws:username", "example")
            texts += [f"arn:aws:iam::{account}:user/{name}", f"arn:aws:iam::{account}:user/example"]
        for text in (*texts, f"arn:aws:iam::{account}:role/example"):
            try:
                found = caller(text)
            except PrincipalError:
                continue
            if found.kind in (PrincipalType.ROLE, PrincipalType.USER, PrincipalType.SESSION):
                return found
        return None

    def _context(self, point: Point, who: Caller, owner: str) -> dict[str, str | tuple[str, ...]]:
        """Return the keys that the request has beside those that follow from it."""
        given = dict(point.context)
        if point.person is not None:
            given.update({key: (value,) for key, value in point.person.given})
        bare = RequestContext(Request(who.text, point.action, point.resource), who, owner)
        found: dict[str, str | tuple[str, ...]] = {}
        for key, values in given.items():
            if values and bare(key) != values:
                name = self.names.get(key, key)
                found[name] = values[0] if len(values) == 1 else values
        return found

    def decided(self, policy: Policy, asked: Asked) -> Decision | None:
        """Decide a request when the policy is the only one that limits it; None where it cannot be asked."""
        try:
            return decide(asked.request, _with(self.type, asked.beside, policy), nearest=False)
        except (RequestError, PrincipalError):
            return None


def granted(policy: Policy, request: Request) -> bool:
    """Whether a policy that names its callers allows a request by itself, be it to an account as a whole.

    Inside one account an account's entry hands the decision to that account's policies, which suffice without it; what
    the policy itself says is then asked of it here.
    """
    who = caller(request.principal)
    owner = request.resource_account or request.resource.split(":", 5)[4]
    context = RequestContext(request, who, owner)
    found = False
    for statement in policy.about(request.action.lower()):
        named = statement.principals
        if grant(named, who) is PrincipalMatch.NONE or (statement.allows and named is not None and named.negated):
            continue
        truths = [statement.covers_resource(request.resource, context)]
        truths += [each.truth(context) for each in statement.conditions]
        if all(each is Truth.TRUE for each in truths):
            if not statement.allows:
                return False
            found = True
    return found


def _required(point: Point) -> bool:
    """Whether the resource's own policy has to allow, whatever the caller's policies say."""
    service = point.action.partition(":")[0]
    on_key = ":key/" in point.resource or on_an_unknown_key(point.action.lower(), point.resource)
    return (service == "kms" and on_key) or (service == "sts" and ":role/" in point.resource)


def _everything_document(**more: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{**_EVERYTHING, **more}]}


@cache
def _everything(principal: str | None = None) -> Policy:
    document = _everything_document() if principal is None else _everything_document(Principal=principal)
    return parse_policy(document, "everything")


def _handed(account: str) -> Mapping[str, Any]:
    return _everything_document(Principal={"AWS": account})


def _beside(type_: DocumentType, handed: Mapping[str, Any] | None, who: Caller) -> Policies:
    identity = () if type_ == "identity" else (_everything(),)
    resource = parse_policy(handed, "resource") if handed is not None else None
    # A federated user's session has no permissions of its own without a session policy.
    session = (_everything(),) if who.kind is PrincipalType.FEDERATED_USER else ()
    return Policies(identity, session=session, resource=_everything("*") if type_ == "vpc-endpoint" else resource)


def _with(type_: DocumentType, beside: Policies, policy: Policy) -> Policies:
    identity, session, resource = beside.identity, beside.session, beside.resource
    if type_ == "identity":
        return Policies((policy,), resource=resource)
    if type_ in ("resource", "trust"):
        return Policies(identity, session=session, resource=policy)
    if type_ == "boundary":
        return Policies(identity, boundaries=(policy,), resource=resource)
    if type_ == "session":
        return Policies(identity, session=(policy,), resource=resource)
    if type_ == "scp":
        # AWS attaches FullAWSAccess to every root, unit and account: a policy that only denies stands beside it.
        level = (policy,) if any(each.allows for each in policy.statements) else (_everything(), policy)
        return Policies(identity, service_control=(level,), resource=resource)
    if type_ == "rcp":
        return Policies(identity, resource_control=((policy,),), resource=resource)
    return Policies(identity, session=session, resource=resource, vpc_endpoint=(policy,))


def case(type_: DocumentType, asked: Asked, document: Any, name: str) -> dict[str, Any]:
    """Return the request, with a policy, as a case of `preflight simulate`."""
    request = asked.request
    found: dict[str, Any] = {
        "principal": request.principal,
        "action": request.action,
        "resource": request.resource,
        "context": {
            key: list(value) if isinstance(value, tuple) else value for key, value in request.context.values.items()
        },
    }
    if request.resource_account is not None:
        found["resource_account"] = request.resource_account
    one = {"name": name, "policy": document}
    everything = {"name": "everything", "policy": _everything_document()}
    if type_ != "identity":
        found["identity_policies"] = [everything]
    if asked.beside.session:
        found["session_policies"] = [everything]
    if asked.resource_policy is not None:
        found["resource_policy"] = asked.resource_policy
    elif type_ == "vpc-endpoint":
        found["resource_policy"] = _everything_document(Principal="*")
    place, value = {
        "identity": ("identity_policies", [one]),
        "resource": ("resource_policy", document),
        "trust": ("resource_policy", document),
        "scp": ("service_control_policies", [[one] if _allows(document) else [everything, one]]),
        "rcp": ("resource_control_policies", [[one]]),
        "boundary": ("permissions_boundaries", [one]),
        "session": ("session_policies", [one]),
        "vpc-endpoint": ("vpc_endpoint_policies", [one]),
    }[type_]
    found[place] = value
    return found


def _allows(document: Any) -> bool:
    body = document.get("Statement") if isinstance(document, Mapping) else None
    return any(each.get("Effect") == "Allow" for each in (body if isinstance(body, list) else [body]) if each)


def allowed(decision: Decision | None) -> bool:
    """Whether a decision is that the request is allowed."""
    return decision is not None and decision.outcome is Outcome.ALLOWED


def refused(decision: Decision | None) -> bool:
    """Whether a decision is that the request is denied."""
    return decision is not None and decision.outcome in (Outcome.IMPLICIT_DENY, Outcome.EXPLICIT_DENY)
