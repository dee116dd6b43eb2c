"""Least-privilege policies as text and JSON, alone or held against a role: values in, text out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from preflight import __version__
from preflight.readiness.least_privilege import Attachment, Difference, Doubt, PolicyDocument
from preflight.readiness.least_privilege.difference import Spare
from preflight.report.json import dumped
from preflight.report.terminal import clean, inert, paint, wrapped

VERSION = 1
_MANAGED_AT_FIRST = 10
"""How many managed policies a role, user or group can have until the quota is raised.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entities
"""


@dataclass(frozen=True, slots=True)
class RoleOffer:
    """The policies of an execution role, the trust policy that it needs, and what is not known of them."""

    role: str
    trust: Mapping[str, Any]
    policies: Sequence[PolicyDocument]
    doubts: Sequence[Doubt]


@dataclass(frozen=True, slots=True)
class Offer:
    """The policies of a run: for whom (`plan`, `preflight`), about which plan, and what is not known of them.

    `note` is a sentence on how they came about, for people. `roles` are the policies of the execution roles.
    """

    audience: str
    plan: Mapping[str, str]
    attachment: Attachment
    policies: Sequence[PolicyDocument]
    doubts: Sequence[Doubt]
    note: str = ""
    roles: Sequence[RoleOffer] = ()


def text(offer: Offer) -> str:
    """Return the policies as JSON documents to paste, with an empty line between two; those of roles in their order."""
    return "\n".join(dumped(each.document, indent=2) for each in offer.policies)


def notes(offer: Offer, width: int) -> str:
    """Return what is to be said beside the policies: that there are several, what does not fit, what is not known."""
    return "".join(f"{line}\n" for line in _notes(offer, width))


def document(offer: Offer) -> str:
    """Return the document of `schemas/least-privilege.schema.json`."""
    return dumped(_offered(offer), indent=2)


def difference_text(offer: Offer, found: Difference, *, width: int, color: bool) -> str:
    """Return what a role lacks, with the policies that add it, and what it has and does not need."""
    return "".join(f"{inert(line)}\n" for line in _difference_lines(offer, found, width, color=color))


def difference_document(offer: Offer, found: Difference) -> str:
    """Return the same document with `difference`; its policies are what is to be added."""
    about = {
        "principal": found.principal,
        "needs": len(found.needed.needs),
        "lacking": [{"action": each.grant.action, "resource": each.grant.resource} for each in found.lacking],
        "blocked": [
            {"action": each.planned.grant.action, "resource": each.planned.grant.resource, "reason": each.reason}
            for each in found.blocked
        ],
        "spare": [_spare(each) for each in found.spare],
        "unneeded": list(found.unneeded),
    }
    return dumped({**_offered(offer), "difference": about}, indent=2)


def _offered(offer: Offer) -> dict[str, Any]:
    return {
        "version": VERSION,
        "tool": {"name": "preflight", "version": __version__},
        "for": offer.audience,
        "plan": dict(offer.plan),
        "attach": offer.attachment.value,
        "quota": offer.attachment.quota,
        **_policies(offer.policies, offer.doubts),
        **({"roles": [_role(each) for each in offer.roles]} if offer.roles else {}),
    }


def _role(each: RoleOffer) -> dict[str, Any]:
    return {"role": each.role, "trust": dict(each.trust), **_policies(each.policies, each.doubts)}


def _policies(policies: Sequence[PolicyDocument], doubts: Sequence[Doubt]) -> dict[str, Any]:
    return {
        "policies": [{"characters": each.characters, "fits": each.fits, "policy": each.document} for each in policies],
        "open": [{"message": each.message, "resolution": each.resolution} for each in doubts],
    }


def _spare(each: Spare) -> dict[str, Any]:
    return {
        "policy": each.policy,
        "statement": each.statement,
        "sid": each.sid,
        "whole": each.whole,
        "actions": list(each.actions),
        "resources": list(each.resources),
        "broad": [{"action": action, "needed": list(needed)} for action, needed in each.broad],
    }


def _notes(offer: Offer, width: int) -> Iterator[str]:
    quota = offer.attachment.quota
    number = len(offer.policies)
    if offer.note:
        yield from wrapped(f"note: {offer.note}", "", "  ", width)
    if number > 1:
        said = f"note: {number} policies, because a managed policy can have at most {quota:,} characters"
        said += "; attach all of them"
        if number > _MANAGED_AT_FIRST:
            said += f" (a role can have {_MANAGED_AT_FIRST} unless its quota is raised; use several roles)"
        yield from wrapped(said, "", "  ", width)
    for each in offer.policies:
        if not each.fits:
            instead = "" if offer.attachment is Attachment.MANAGED else "; attach managed policies (--attach managed)"
            limit = f"the limit for {offer.attachment.what} is {quota:,}"
            said = f"error: the policy has {each.characters:,} characters; {limit}{instead}"
            yield from wrapped(said, "", "  ", width)
    for doubt in offer.doubts:
        yield from wrapped(f"UNKNOWN: {doubt.message}", "", "  ", width)
        if doubt.resolution:
            yield from wrapped(f"{doubt.resolution}.", "  ", "  ", width)


def _difference_lines(offer: Offer, found: Difference, width: int, *, color: bool) -> Iterator[str]:
    needs = len(found.needed.needs)
    lacking = len(found.lacking)
    yield from wrapped(
        f"{found.principal} {f'lacks {lacking} of the' if lacking else 'has all of the'} {needs} permissions that the "
        "plan needs",
        "",
        "  ",
        width,
    )
    if found.lacking:
        yield ""
        yield paint("To add", "bold", on=color)
        for each in found.lacking:
            yield paint(clean(f"+ {each.grant.action} on {each.grant.resource}"), "green", on=color)
        for policy in offer.policies:
            yield ""
            yield from dumped(policy.document, indent=2).splitlines()
    if found.blocked:
        yield ""
        yield paint("Withheld by other policies, whatever the role's own allow", "bold", on=color)
        for verdict in found.blocked:
            grant = verdict.planned.grant
            yield paint(clean(f"! {grant.action} on {grant.resource}"), "yellow", on=color)
            yield from wrapped(verdict.reason, "  ", "  ", width)
    if found.spare:
        yield ""
        yield paint("To remove, if nothing but this plan needs it", "bold", on=color)
        for name in dict.fromkeys(each.policy for each in found.spare):
            whole = name in found.unneeded
            yield from wrapped(
                f"{name}{': none of it is needed, detach or delete it' if whole else ''}",
                "  ",
                "    ",
                width,
            )
            for spare in found.spare:
                if spare.policy == name:
                    yield from _spare_lines(spare, width, color=color)
            if not whole and ":iam::aws:policy/" in name:
                yield from wrapped(
                    "AWS manages this policy: attach a customer managed policy instead", "    ", "    ", width
                )


def _spare_lines(spare: Spare, width: int, *, color: bool) -> Iterator[str]:
    label = spare.sid or f"Statement[{spare.statement}]"
    if spare.whole:
        yield paint(clean(f"-   {label}"), "red", on=color)
        return
    yield clean(f"    {label}")
    for each in (*spare.actions, *spare.resources):
        yield paint(clean(f"-     {each}"), "red", on=color)
    for action, needed in spare.broad:
        yield from wrapped(f"{action} is needed for {' and '.join(needed) or 'none'} only", "~     ", "        ", width)
