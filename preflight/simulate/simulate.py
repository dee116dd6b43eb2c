"""Deciding the cases of `preflight simulate`: each on its own, or with the policies that an account has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from preflight.account.facts import Absent, Account, Ask, Known
from preflight.account.principals import PrincipalFacts, identity_of, policies_of
from preflight.errors import InputError, PreflightError
from preflight.iam.decide import decide
from preflight.iam.decision import Decision, Outcome
from preflight.iam.policy import parse_policy
from preflight.iam.request import Policies, PolicyType, Request
from preflight.simulate.cases import AnyCase, BadCase, Case

_FIELDS = {
    "identity_policies": ("identity", PolicyType.IDENTITY),
    "permissions_boundaries": ("boundaries", PolicyType.BOUNDARY),
    "service_control_policies": ("service_control", PolicyType.SCP),
    "resource_control_policies": ("resource_control", PolicyType.RCP),
}
_LAID_KEPT = 512


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a case: a decision, or the error that kept it from being decided. `policies` are those used."""

    id: str
    case: Case | None
    policies: Policies
    decision: Decision | None
    error: PreflightError | None = None

    @property
    def met(self) -> bool:
        """Whether the case got what it expects; a case that expects nothing always does."""
        if self.case is None or self.decision is None:
            return False
        return self.case.expect is None or self.case.expect == self.decision.outcome

    @property
    def open(self) -> bool:
        """Whether the decision is open and nobody expected it to be."""
        return (
            self.decision is not None
            and self.decision.outcome is Outcome.OPEN
            and (self.case is None or self.case.expect is None)
        )


_NONE = Policies()


def simulate(cases: Iterable[AnyCase], account: Account | None = None) -> Iterator[Answer]:
    """Decide cases one after the other.

    With an account, whatever policies a case does not give are those that its principal has there; a resource's
    policy is the case's own, but for trust policies, which the account knows too.
    """
    laid = _Laid(account) if account is not None else None
    for case in cases:
        if isinstance(case, BadCase):
            yield Answer(case.id, None, _NONE, None, case.error)
            continue
        request, policies = case.request, case.policies
        try:
            if laid is not None:
                request, policies = laid.over(case)
            yield Answer(case.id, case, policies, decide(request, policies))
        except InputError as error:
            yield Answer(case.id, case, policies, None, error)
        except PreflightError as error:
            yield Answer(case.id, case, policies, None, InputError(case.path, str(error), place=case.place))


class _Laid:
    """An account's policies under those of cases; each combination is put together once."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._facts: dict[str, PrincipalFacts | Policies | None] = {}
        self._made: dict[tuple[Any, ...], tuple[Policies, Policies]] = {}

    def over(self, case: Case) -> tuple[Request, Policies]:
        request = case.request
        found = self._of(request.principal)
        if found is None and "identity_policies" not in case.given:
            raise InputError(
                case.path,
                f"{request.principal} is not in {self._account.source}",
                place=case.place,
                mend="correct the principal, or give the case identity_policies",
            )
        tags = None
        base = _NONE
        if isinstance(found, PrincipalFacts):
            tags, base = found.tags, found.policies
        elif found is not None:
            base = found
        owner = _owner(request)
        governed = self._governed(request)
        key = (request.principal, owner, governed, id(case.policies))
        kept = self._made.get(key)
        if kept is None or kept[0] is not case.policies:
            kept = case.policies, self._merge(case, base, owner, governed)
            if len(self._made) >= _LAID_KEPT:
                self._made.clear()
            self._made[key] = kept
        if isinstance(found, PrincipalFacts):
            unique = None if found.user_id is None else found.user_id.partition(":")[0]
            request = replace(request, principal_tags=tags, principal_id=unique, principal_arn=found.identity_arn)
        return request, kept[1]

    def _of(self, principal: str) -> PrincipalFacts | Policies | None:
        if principal not in self._facts:
            self._facts[principal] = self._read(principal)
        return self._facts[principal]

    def _read(self, principal: str) -> PrincipalFacts | Policies | None:
        if identity_of(principal) is None:
            return _NONE  # a service, a federated user, anybody: an account holds no policies of theirs
        found = policies_of(self._account, principal)
        if isinstance(found, Known):
            return found.value
        if isinstance(found, Absent):
            return None
        reason = found.reason
        return Policies(unknown={policy_type: reason for _, policy_type in _FIELDS.values()})

    def _governed(self, request: Request) -> str:
        """Return the ARN of the role or key whose own policy must allow the request, or nothing."""
        service = request.action.partition(":")[0].lower()
        governed = (service == "sts" and ":role/" in request.resource) or (
            service == "kms" and ":key/" in request.resource
        )
        return request.resource if governed else ""

    def _merge(self, case: Case, base: Policies, owner: str, governed: str) -> Policies:
        unknown = dict(base.unknown)
        merged: dict[str, Any] = {}
        for member, (field, policy_type) in _FIELDS.items():
            if member in case.given:
                unknown.pop(policy_type, None)
            else:
                merged[field] = getattr(base, field)
        if owner and owner != _account_of(case.request.principal) and "resource_control_policies" not in case.given:
            # RCPs are those of the resource's account, not of the principal's.
            merged["resource_control"] = None
            unknown.pop(PolicyType.RCP, None)
        if governed and "resource_policy" not in case.given:
            merged["resource"] = self._trust_policy(governed, unknown)
        return replace(case.policies, **merged, unknown=unknown)

    def _trust_policy(self, arn: str, unknown: dict[PolicyType, str]) -> Any:
        if ":role/" not in arn:
            unknown[PolicyType.RESOURCE] = f"the key policy of {arn} is not known"
            return None
        role = self._account.read(Ask.one("iam:role", "", {"RoleArn": arn}))
        if isinstance(role, Known) and isinstance(role.value.get("AssumeRolePolicyDocument"), dict):
            return parse_policy(role.value["AssumeRolePolicyDocument"], "trust policy", PolicyType.RESOURCE)
        if not isinstance(role, Absent):
            unknown[PolicyType.RESOURCE] = f"the trust policy of {arn} is not known"
        return None


def _account_of(arn: str) -> str:
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 else ""


def _owner(request: Request) -> str:
    return _account_of(request.resource) or request.resource_account or ""
