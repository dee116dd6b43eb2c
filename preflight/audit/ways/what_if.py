"""Principals as they would be after a change: with one more policy, in one more group, without a boundary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from preflight.audit.access.holders import Holder
from preflight.audit.ways.memberships import ManagedPolicy
from preflight.iam.policy import Policy, parse_policy


@cache
def everything() -> Policy:
    """Return the policy that allows everything, as AdministratorAccess does."""
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    return parse_policy({"Version": "2012-10-17", "Statement": [statement]}, "AdministratorAccess")


def trusting(principal: str) -> Policy:
    """Return a trust policy that lets one principal assume the role."""
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    return parse_policy({"Version": "2012-10-17", "Statement": [statement]}, "a trust policy of the caller's own")


def with_policies(holder: Holder, policies: Sequence[Policy]) -> Holder:
    """Return a principal with more identity-based policies."""
    return replace(holder, policies=replace(holder.policies, identity=(*holder.policies.identity, *policies)))


def without_boundary(holder: Holder) -> Holder:
    """Return a principal whose permissions boundary was taken off."""
    detail = {name: value for name, value in holder.detail.items() if name != "PermissionsBoundary"}
    return replace(holder, policies=replace(holder.policies, boundaries=()), detail=detail)


def boundary_of(holder: Holder) -> str:
    """Return the ARN of a principal's permissions boundary, empty if it has none."""
    found = (holder.detail.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
    return str(found or "")


def with_version(holder: Holder, policy: ManagedPolicy, version: Policy) -> Holder:
    """Return a principal for whom another version of a managed policy counts."""
    kept = tuple(each for each in holder.policies.identity if each.name != policy.arn)
    return replace(holder, policies=replace(holder.policies, identity=(*kept, version)))
