"""Whom the policies of resources and the trust policies of roles allow an action: principals of the account by name,
other accounts, services, identity providers, and everyone.

What an account's own identity policies allow is asked elsewhere: here are those whom a resource's policy names.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from preflight.account.facts import Known, Unknown
from preflight.account.principals import policies_of
from preflight.audit.access.covering import Covering
from preflight.audit.access.decider import Access, Reach, decided
from preflight.audit.access.holders import Holder
from preflight.audit.access.trusts import session_names, trust_of
from preflight.audit.outside.outsiders import NOT_SUPPORTED
from preflight.audit.outside.shared_resources import SharedResource
from preflight.audit.questions.resource_policies import arn_for, parsed, resources
from preflight.audit.scene import Scene
from preflight.catalog import actions
from preflight.declared.expressions import arn_part
from preflight.iam.conditions import Condition
from preflight.iam.policy import Policy, parse_policy
from preflight.iam.principals import PrincipalError, PrincipalMatch, PrincipalType, caller, grant
from preflight.iam.request import Policies, PolicyType
from preflight.iam.statement import Statement
from preflight.iam.wildcard import matcher, tokens

EVERYONE = "*"
# An account that no policy names: what it may do, any account may.
_STRANGER = "000000000000"
_BY_SERVICE = {"aws:PrincipalIsAWSService": "true"}
# Of a policy that allows everyone if something about the principal holds, each principal of the account that it may
# mean is asked, up to so many questions in all; beyond, it is one answer that says what it depends on.
_MOST_QUESTIONS = 100_000
# Operators that compare with each value and hold only where the key is there (no IfExists, no quantifier).
_ARN_TESTS = ("ArnEquals", "ArnLike", "StringEquals", "StringLike")
_ITSELF = (PrincipalMatch.UNSURE, PrincipalMatch.ROLE, PrincipalMatch.DIRECT)


@dataclass(frozen=True, slots=True)
class ResourceGrant:
    """What a resource's policy lets a principal do: `principal` as an ARN, or as the policy writes it."""

    principal: str
    resource: str
    access: Access


def grants(scene: Scene, action: str) -> Iterator[ResourceGrant]:
    """Give whom the policies of the facts' resources allow an action. Those of the account that are allowed by its
    policies too are among them where a resource's policy names them.
    """
    if action.lower().startswith("sts:"):
        for role in scene.holders.by_arn.values():
            trust = trust_of(role) if role.kind == "role" else None
            if trust is not None:
                yield from granted(scene, trust, action, role.arn)
        return
    about = [(policy, arn) for each, policy in scene.once(_policies) if (arn := arn_for(each, action)) is not None]
    open_to_all = sum(any(EVERYONE in _named(each) for each in _allowing(policy, action)) for policy, _ in about)
    for policy, arn in about:
        yield from granted(scene, policy, action, arn, most=_MOST_QUESTIONS // max(1, open_to_all))


def granted(
    scene: Scene, policy: Policy, action: str, resource: str, *, inside: bool = True, most: int = _MOST_QUESTIONS
) -> Iterator[ResourceGrant]:
    """Give whom one policy allows an action on its resource. Without `inside` only those of other accounts, services
    and everyone: the account's own are asked one by one. Where everyone is allowed under conditions, up to `most`
    principals of the account are asked whether they meet them.
    """
    allowing = _allowing(policy, action)
    told: dict[str, None] = {}
    if any(each.principals is not None and each.principals.negated for each in allowing):
        yield ResourceGrant(EVERYONE, resource, Access(Reach.OPEN, depends_on=(NOT_SUPPORTED,)))
    for principal in dict.fromkeys(value for each in allowing for value in _named(each)):
        for each in _to(scene, principal, policy, allowing, action, resource, most):
            outside = scene.holders.by_arn.get(each.principal) is None
            if (inside or outside) and each.principal not in told:
                told[each.principal] = None
                yield each


def granted_to(scene: Scene, holder: Holder) -> Iterator[tuple[str, ResourceGrant]]:
    """Give the actions that the policies of the facts' resources allow a principal of the account, by its name or with
    everyone.
    """
    who = caller(holder.arn)
    for resource, policy in scene.once(_policies):
        allowing = [each for each in policy.statements if each.allows and grant(each.principals, who) in _ITSELF]
        if not allowing:
            continue
        service = resource.kind.partition(":")[0]
        names = [f"{service}:{each}" for each in actions(service)]
        allowed = Covering(names).allowed(replace(policy, statements=tuple(allowing)))
        for action in names:
            if action.lower() in allowed and (arn := arn_for(resource, action)) is not None:
                access = access_by(scene, holder, policy, action, arn)
                if access.possible:
                    yield action, ResourceGrant(holder.arn, arn, access)


def _policies(scene: Scene) -> Sequence[tuple[SharedResource, Policy]]:
    found = ((each, parsed(each)) for each in resources(scene))
    return [(each, policy) for each, policy in found if isinstance(policy, Policy)]


def _allowing(policy: Policy, action: str) -> list[Statement]:
    return [each for each in policy.about(action.lower()) if each.allows and each.principals is not None]


def _named(statement: Statement) -> Sequence[str]:
    principals = statement.principals
    return () if principals is None or principals.negated else [value for _, value in principals.entries]


def _to(
    scene: Scene, principal: str, policy: Policy, allowing: Sequence[Statement], action: str, resource: str, most: int
) -> Iterator[ResourceGrant]:
    """Give what a principal of a policy comes to: itself, those of the account that it means, or everyone."""
    if principal == EVERYONE:
        yield from _to_everyone(scene, policy, allowing, action, resource, most)
        return
    holder = _holder(scene, principal)
    if holder is not None:
        access = access_by(scene, holder, policy, action, resource)
        if access.possible:
            yield ResourceGrant(holder.arn, resource, access)
        return
    account = principal if principal.isdigit() else arn_part(principal, "account") or ""
    if account == scene.account_id and ":federated-user/" not in principal and "-provider/" not in principal:
        # The account itself leaves it to its own policies; a role or user that is not there is no one.
        return
    if principal.startswith(("AROA", "AIDA")):
        return
    text = f"arn:{scene.partition}:iam::{account}:root" if principal.isdigit() else principal
    # Of an account that is named as a whole, conditions say who.
    callers = _callers(scene, allowing, account) if text.endswith(":root") else [text]
    access = max((_of_outsider(scene, each, policy, action, resource) for each in callers), key=_reach)
    if access.possible:
        yield ResourceGrant(text, resource, access)


def _to_everyone(
    scene: Scene, policy: Policy, allowing: Sequence[Statement], action: str, resource: str, most: int
) -> Iterator[ResourceGrant]:
    strangers = _callers(scene, allowing, _STRANGER)
    access = max((_of_outsider(scene, each, policy, action, resource) for each in strangers), key=_reach)
    if access.possible:
        yield ResourceGrant(EVERYONE, resource, access)
        return
    for account in sorted(_accounts_in(allowing) - {scene.account_id}):
        yield from _to(scene, account, policy, allowing, action, resource, most)
    holders = _meant(scene, allowing)
    if len(holders) > most:
        conditions = [each for statement in allowing for each in statement.conditions]
        said = tuple(dict.fromkeys(f"{each.key} {each.operator} {' or '.join(each.values)}" for each in conditions))
        yield ResourceGrant(EVERYONE, resource, Access(Reach.OPEN, depends_on=said))
        return
    for holder in holders:
        access = access_by(scene, holder, policy, action, resource)
        if access.possible:
            yield ResourceGrant(holder.arn, resource, access)


def _meant(scene: Scene, allowing: Sequence[Statement]) -> Collection[Holder]:
    """Return those of the account whom a policy for everyone may mean: where each statement requires ARNs, whose ARN
    may be one of them.
    """
    every = scene.holders.by_arn
    found: dict[str, Holder] = {}
    for statement in allowing:
        required = next((each for each in statement.conditions if _requires_arn(each)), None)
        if required is None:
            return every.values()
        for value in required.values:
            if set(value) & set("*?"):
                fits = matcher(tokens(value))
                found |= {arn: holder for arn, holder in every.items() if fits(arn)}
            elif value in every:
                found[value] = every[value]
    return found.values()


def _requires_arn(condition: Condition) -> bool:
    """Whether a condition holds for principals alone whose ARN is like one of its values."""
    return (
        condition.key == "aws:principalarn"
        and condition.operator in _ARN_TESTS
        and "$" not in "".join(condition.values)
    )


def _accounts_in(allowing: Sequence[Statement]) -> set[str]:
    """Return the accounts that conditions on the principal name."""
    found = set()
    for value in (value for each in _of_principal(allowing, "account", "arn") for value in each.values):
        account = value if value.isdigit() else arn_part(value, "account") or ""
        if account.isdigit():
            found.add(account)
    return found


def _callers(scene: Scene, allowing: Sequence[Statement], account: str) -> list[str]:
    """Return principals of an account to try: its root user, any of its users, and those that conditions name."""
    head = f"arn:{scene.partition}:iam::{account}:"
    found = {f"{head}root": None, f"{head}user/any": None}
    for each in _of_principal(allowing, "arn"):
        for value in each.values:
            name = value.split(":", 5)[5:] or ["role/any"]
            if arn_part(value, "account") in (account, "*"):
                found[head + name[0].replace("*", "any").replace("?", "x")] = None
    return list(found)


def _of_principal(allowing: Sequence[Statement], *names: str) -> Iterator[Condition]:
    wanted = {f"aws:principal{each}" for each in names}
    return (each for statement in allowing for each in statement.conditions if each.key in wanted)


def _holder(scene: Scene, principal: str) -> Holder | None:
    """Return the role or user that a principal is, by its ARN, its unique id, or as one of the role's sessions."""
    found = scene.holders.by_arn.get(principal)
    if found is None and principal.startswith(("AROA", "AIDA")):
        found = scene.once(_by_id).get(principal.partition(":")[0])
    if found is None and ":assumed-role/" in principal and arn_part(principal, "account") == scene.account_id:
        found = scene.once(_by_name).get(principal.split("/")[1])
    return found


def _by_id(scene: Scene) -> Mapping[str, Holder]:
    ids = ((each.detail.get("RoleId") or each.detail.get("UserId"), each) for each in scene.holders.by_arn.values())
    return {str(each): holder for each, holder in ids if each}


def _by_name(scene: Scene) -> Mapping[str, Holder]:
    return {each.name: each for each in scene.holders.by_arn.values() if each.kind == "role"}


def access_by(scene: Scene, holder: Holder, policy: Policy, action: str, resource: str) -> Access:
    """Return what a principal may do on a resource with this policy of its own; of a role's trust policy, with the
    session name that it takes.
    """
    if not action.lower().startswith("sts:"):
        return scene.decider.access(holder, action, resource, resource_policy=policy)
    found = (
        scene.decider.access(holder, action, resource, context=context, resource_policy=policy)
        for context in session_names(policy, holder)
    )
    return max(found, key=_reach)


def _of_outsider(scene: Scene, principal: str, policy: Policy, action: str, resource: str) -> Access:
    """Return what a policy lets someone do who has no policies in this account; what its own account allows a role or
    user of another one is not known.
    """
    try:
        who = caller(principal)
    except PrincipalError:
        # A canonical user ID is another name for an account, and which one can't be told from the policies.
        return Access(Reach.OPEN, depends_on=(f"which account {principal} is",))
    service = who.kind is PrincipalType.SERVICE
    around = scene.once(_around)
    policies = around if service or not who.of_account else replace(around, identity=(_own_account_allows(),))
    holder = Holder(principal, who.kind.value, who.name, policies, None, {})
    access = decided(holder, action, resource, _BY_SERVICE if service else {}, (), policy, scene.account_id)
    named = any(principal in _named(each) for each in policy.statements)
    if named and access.possible and who.of_account and who.kind is not PrincipalType.ROOT:
        return replace(
            access, reach=Reach.OPEN, depends_on=(*access.depends_on, f"the policies of account {who.account}")
        )
    return access


@cache
def _own_account_allows() -> Policy:
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return parse_policy(document, "the policies of its account", PolicyType.IDENTITY)


def _reach(access: Access) -> int:
    return access.reach.rank


def _around(scene: Scene) -> Policies:
    """Return the organization's policies that bear on whoever asks for the account's resources."""
    facts = policies_of(scene.account, f"arn:{scene.partition}:iam::{scene.account_id}:root")
    if isinstance(facts, Unknown) or not isinstance(facts, Known):
        return Policies()
    return Policies(resource_control=facts.value.policies.resource_control)
