"""The tags that policies ask for: of what is acted on, or of who acts. Who may tag has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from preflight.audit.access.holders import Holder
from preflight.iam.policy import Policy

TAGGING = {"user": "iam:TagUser", "role": "iam:TagRole"}


def asked_tags(holder: Holder, keys: tuple[str, ...]) -> dict[str, str]:
    """Return the tags that a principal's policies ask for where they allow something, by condition keys that begin so.

    A value that is the principal's own tag is written out.
    """
    return tags_of(holder.policies.identity, keys, holder.tags or {})


def tags_of(policies: Iterable[Policy], keys: tuple[str, ...], own: Mapping[str, str]) -> dict[str, str]:
    """Return the tags that policies ask for where they allow something. `own` are the tags of who asks."""
    found: dict[str, str] = {}
    by_name = {f"${{aws:principaltag/{name.lower()}}}": value for name, value in own.items()}
    for policy in policies:
        for statement in policy.statements:
            for each in statement.conditions if statement.allows else ():
                if each.key.startswith(keys) and each.values and not each.base.name.startswith(("StringNot", "Null")):
                    value = by_name.get(each.values[0].lower(), each.values[0])
                    if "$" not in value:
                        found[each.name.partition("/")[2]] = value.replace("*", "x").replace("?", "x")
    return found
