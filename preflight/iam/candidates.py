"""Which statements bear on a request and how their effects combine: everything that does not depend on the resource's
name or the context, worked out once for a principal, an action and the account that owns the resource.

Each statement gets a bit. A decision is then a matter of which bits are set: any bit of `deny` denies; otherwise every
mask of `levels` and every mask of at least one of `ways` needs a bit.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
and https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from preflight.iam.credentials import barred
from preflight.iam.decision import StatementRef
from preflight.iam.own_objects import may_be_of_aws, of_aws, unsettled
from preflight.iam.policy import Policy
from preflight.iam.principals import Caller, Perhaps, PrincipalMatch, PrincipalType, grant, perhaps
from preflight.iam.request import Policies, PolicyType
from preflight.iam.service_rules import (
    kept_by_root,
    no_permission_needed,
    on_an_unknown_key,
    rcp_doubt,
    rcp_services,
    rcp_spares,
    resource_policy_rules,
    unsigned_services,
)
from preflight.iam.statement import Statement
from preflight.iam.uncertain_names import WHICH_KEY

Need = tuple[PolicyType, int]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A statement about the action and, where it names principals, about the caller.

    `unsure` says why it is perhaps not about the caller. That is known once `aws:userid` is, if `grants` says what the
    element then must give; a statement without it stays in doubt.
    """

    bit: int
    statement: Statement
    ref: StatementRef
    unsure: Perhaps | None = None
    grants: PrincipalMatch | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """A principal, an action and an owner, asked of a set of policies.

    `always` are the bits of statements that apply whatever the resource and context, `varying` the other candidates.
    `unknown` are bits that stand for what a policy type that could not be read might hold: one Allow and one Deny for
    each. `bounded` says whether there is a permissions boundary, `denied` why no policy can allow the request,
    `unnamed` whether it is on a KMS key that its resource does not name. `own` says whether the action may be on what
    is AWS's own, `spelled` whether upper and lower case of names may decide, and `cased` whether a pattern of
    `varying` has upper case.
    """

    who: Caller
    action: str
    owner: str
    candidates: tuple[Candidate, ...]
    varying: tuple[Candidate, ...]
    always: int
    deny: int
    levels: tuple[Need, ...]
    ways: tuple[tuple[Need, ...], ...]
    unknown: tuple[tuple[int, PolicyType, str], ...]
    bounded: bool = False
    denied: str = ""
    unnamed: bool = False
    own: bool = False
    spelled: bool = False
    cased: bool = False

    def permits(self, bits: int) -> bool:
        """Whether the request is allowed when exactly the statements of `bits` apply."""
        if bits & self.deny:
            return False
        for _, mask in self.levels:
            if not bits & mask:
                return False
        return any(all(bits & mask for _, mask in way) for way in self.ways)


class _Builder:
    """Hands out bits while the policy types are gone through."""

    def __init__(self, who: Caller, action: str, policies: Policies) -> None:
        self.who, self.action, self.policies = who, action, policies
        self.bounded = bool(policies.boundaries)
        self.candidates: list[Candidate] = []
        self.unknown: list[tuple[int, PolicyType, str]] = []
        self.always = self.deny = 0
        self._next = 1

    def bit(self) -> int:
        bit, self._next = self._next, self._next << 1
        return bit

    def add(
        self,
        kind: PolicyType,
        policy: Policy,
        statement: Statement,
        *,
        unsure: Perhaps | None = None,
        grants: PrincipalMatch | None = None,
    ) -> int:
        bit = self.bit()
        ref = StatementRef(kind, policy.name, statement.index, statement.sid, statement.effect)
        self.candidates.append(Candidate(bit, statement, ref, unsure, grants))
        if not statement.allows:
            self.deny |= bit
            return 0
        return bit

    def identities(self, kind: PolicyType, policies: Iterable[Policy]) -> int:
        """Take policies that name no principal; return the mask of their Allows."""
        mask = 0
        for policy in policies:
            for statement in policy.about(self.action):
                mask |= self.add(kind, policy, statement)
        return mask

    def named(self, kind: PolicyType, policies: Iterable[Policy], *, denies: bool = True) -> dict[PrincipalMatch, int]:
        """Take policies that name principals; return masks of their Allows by how they mean the caller."""
        masks = dict.fromkeys((PrincipalMatch.ACCOUNT, PrincipalMatch.ROLE, PrincipalMatch.DIRECT), 0)
        for policy in policies:
            for statement in policy.about(self.action):
                how = grant(statement.principals, self.who, bounded=self.bounded)
                if statement.allows and statement.principals is not None and statement.principals.negated:
                    # AWS supports NotPrincipal with Deny only.
                    continue
                if not (denies or statement.allows):
                    continue
                endpoint = kind is PolicyType.VPC_ENDPOINT
                doubtful = self._by_endpoint(statement, how) if endpoint else self._not_signed(statement, how)
                if doubtful is not None:
                    masks[how] |= self.add(kind, policy, statement, unsure=doubtful)
                elif how > PrincipalMatch.UNSURE:
                    masks[how] |= self.add(kind, policy, statement)
                if (
                    how is PrincipalMatch.NONE
                    or how is PrincipalMatch.DIRECT
                    or (how is not PrincipalMatch.UNSURE and not statement.allows)
                ):
                    continue
                for more, why in perhaps(statement.principals, self.who).items():
                    if more > how:
                        masks[more] |= self.add(kind, policy, statement, unsure=why, grants=more)
        return masks

    def _by_endpoint(self, statement: Statement, how: PrincipalMatch) -> Perhaps | None:
        """Say why it is not known whom an endpoint's policy means: interface and gateway endpoints differ.

        To a gateway endpoint (S3, DynamoDB) an account is its root user alone, and principals are named by the
        condition key aws:PrincipalArn only.
        Source: https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html#vpc-endpoint-policies-gateway
        """
        principals = statement.principals
        if (
            how <= PrincipalMatch.UNSURE
            or principals is None
            or principals.negated
            or ("AWS", "*") in principals.entries
        ):
            return None
        gateway = self.action.partition(":")[0] in ("s3", "dynamodb")
        if not self.who.of_account or not (
            how is PrincipalMatch.ACCOUNT or (gateway and self.who.kind is not PrincipalType.ROOT)
        ):
            return None
        values = tuple(value for kind, value in principals.entries if kind == "AWS")
        return Perhaps("the type of the endpoint", values, _ENDPOINTS)

    def _not_signed(self, statement: Statement, how: PrincipalMatch) -> Perhaps | None:
        """Say why it is not known whether an Allow reaches everyone: few services take requests that nobody signed."""
        if self.who.kind is not PrincipalType.ANONYMOUS or not statement.allows or how is not PrincipalMatch.DIRECT:
            return None
        service = self.action.partition(":")[0]
        if service in unsigned_services() or any(
            each.key == _URL_AUTH and each.values == ("NONE",) for each in statement.conditions
        ):
            return None
        return Perhaps(
            "the signature",
            ("*",),
            _SIGNED.get(service, f"AWS does not say that {service} takes requests that are not signed"),
        )

    def perhaps(self, kind: PolicyType, *, allow: bool = True) -> int:
        """Where a type is not known, add what it might hold; return the bit of its possible Allow, else 0."""
        reason = self.policies.unknown.get(kind)
        if reason is None:
            return 0
        deny = self.bit()
        self.deny |= deny
        self.unknown.append((deny, kind, reason))
        if not allow:
            return 0
        bit = self.bit()
        self.unknown.append((bit, kind, reason))
        return bit


_ENDPOINTS = (
    "in the policy of a gateway endpoint, an account means only its root user, and no other principals are supported; "
    "use the Principal * with the condition key aws:PrincipalArn"
)


_URL_AUTH = "lambda:functionurlauthtype"
_SIGNED = {
    "lambda": "requests that are not signed reach a function only by a function URL of authorization type NONE",
    "execute-api": "requests that are not signed reach a method only where its authorization type is NONE",
}
"""Services of which policies do not show whether a request has to be signed.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html and
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
"""


def evaluation(who: Caller, action: str, resource: str, owner: str, policies: Policies) -> Evaluation:
    """Work a question out. `action` is in lower case; `owner` is the account that owns the resource, empty if none."""
    denied = barred(who, action, resource) or of_aws(action, resource, who.text)
    if action in no_permission_needed():
        return Evaluation(who, action, owner, (), (), 0, 0, (), () if denied else ((),), (), denied=denied)
    spelled = action.startswith("sagemaker:")
    unnamed = on_an_unknown_key(action, resource)
    if unnamed and policies.resource is None:
        policies = replace(policies, unknown={PolicyType.RESOURCE: WHICH_KEY, **policies.unknown})
    build = _Builder(who, action, policies)
    service = action.partition(":")[0]
    unknown = policies.unknown

    resource_policies = () if policies.resource is None or service == "iam" else (policies.resource,)
    kept = who.kind is PrincipalType.ROOT and who.account == owner and action in kept_by_root()
    granted = build.named(PolicyType.RESOURCE, resource_policies, denies=not kept)
    if service != "iam" and not kept:
        granted[PrincipalMatch.DIRECT] |= build.perhaps(PolicyType.RESOURCE)

    levels: list[Need] = []
    if service in rcp_services() and action not in rcp_spares() and not who.service_linked:
        why = rcp_doubt(service)
        doubt = Perhaps("the service", (service,), why) if why else None
        for level in policies.resource_control or ():
            for policy in level:
                for statement in policy.about(action):
                    # AWS attaches RCPFullAWSAccess to every level: only Deny counts, and its Principal must be "*".
                    if not statement.allows:
                        build.add(PolicyType.RCP, policy, statement, unsure=doubt)
        build.perhaps(PolicyType.RCP, allow=False)
    if who.of_account and not who.service_linked:
        unread = build.perhaps(PolicyType.SCP)
        levels.extend(
            (PolicyType.SCP, build.identities(PolicyType.SCP, level) | unread)
            for level in policies.service_control or ()
        )
        if unread:
            levels.append((PolicyType.SCP, unread))
    levels.extend(
        (PolicyType.VPC_ENDPOINT, _any(build.named(PolicyType.VPC_ENDPOINT, (policy,))))
        for policy in policies.vpc_endpoint
    )
    if PolicyType.VPC_ENDPOINT in unknown:
        levels.append((PolicyType.VPC_ENDPOINT, build.perhaps(PolicyType.VPC_ENDPOINT)))

    ways = _ways(build, granted, owner, required=resource_policy_rules(action, resource))
    if left_open := unsettled(action, resource, who):
        bit = build.bit()
        build.unknown.append((bit, PolicyType.IDENTITY, left_open))
        levels.append((PolicyType.IDENTITY, bit))
    always = 0
    for each in build.candidates:
        if each.unsure is None and each.statement.applies_always:
            always |= each.bit
    left = tuple(each for each in build.candidates if not each.bit & always)
    return Evaluation(
        who,
        action,
        owner,
        tuple(build.candidates),
        left,
        always,
        build.deny,
        tuple(levels),
        () if denied else ways,
        tuple(build.unknown),
        build.bounded,
        denied,
        unnamed,
        may_be_of_aws(action),
        spelled,
        spelled and any(each.statement.resources is not None and each.statement.resources.cased for each in left),
    )


def _any(masks: dict[PrincipalMatch, int]) -> int:
    return masks[PrincipalMatch.ACCOUNT] | masks[PrincipalMatch.ROLE] | masks[PrincipalMatch.DIRECT]


def _ways(
    build: _Builder, granted: dict[PrincipalMatch, int], owner: str, *, required: bool
) -> tuple[tuple[Need, ...], ...]:
    """Return the combinations of Allows that suffice; the last is the one a denial is explained by."""
    who = build.who
    direct = (PolicyType.RESOURCE, granted[PrincipalMatch.DIRECT])
    by_role = (PolicyType.RESOURCE, granted[PrincipalMatch.ROLE])
    anyhow = (PolicyType.RESOURCE, _any(granted))
    if not who.of_account:
        return ((direct,),)
    at_home = not owner or owner == who.account
    if who.kind is PrincipalType.ROOT:
        # The root user has no identity policies and needs none.
        return ((),) if at_home and not required else ((anyhow,),)
    limits = _limits(build)
    own = ((PolicyType.IDENTITY, _identity(build)), *limits)
    if not at_home:
        return ((*own, anyhow),)
    if required:
        return ((direct,), (by_role, *limits), (anyhow, *own))
    return ((direct,), (by_role, *limits), own)


def _identity(build: _Builder) -> int:
    return build.identities(PolicyType.IDENTITY, build.policies.identity) | build.perhaps(PolicyType.IDENTITY)


def _limits(build: _Builder) -> tuple[Need, ...]:
    """Return what a boundary and session policies ask for on top of an Allow."""
    policies = build.policies
    found: list[Need] = []
    if policies.boundaries or PolicyType.BOUNDARY in policies.unknown:
        unread = build.perhaps(PolicyType.BOUNDARY)
        # AWS knows one boundary of a principal. Of several that somebody gives, each limits.
        masks = [build.identities(PolicyType.BOUNDARY, (each,)) for each in policies.boundaries]
        found.extend((PolicyType.BOUNDARY, mask | unread) for mask in masks or [0])
    # Users sign with their own keys: sessions carry session policies, and what is given limits. A federated user's
    # session without one has no permissions of its own.
    kind = build.who.kind
    known = policies.session or kind is PrincipalType.FEDERATED_USER
    if known or (kind is not PrincipalType.USER and PolicyType.SESSION in policies.unknown):
        mask = build.identities(PolicyType.SESSION, policies.session or ())
        found.append((PolicyType.SESSION, mask | build.perhaps(PolicyType.SESSION)))
    return tuple(found)
