"""What a word of a policy means, in Markdown: an action or pattern of actions, a condition key, an ARN, a service; and
what the rules are about that are broken there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from preflight import api
from preflight.catalog.actions import Action, action
from preflight.catalog.arns import arn_forms
from preflight.catalog.condition_keys import condition_key
from preflight.catalog.dependent_actions import dependent_actions
from preflight.catalog.services import service_cited, service_exists
from preflight.errors import PreflightError

_ARN_FIELDS = 6
_MOST = 40


def hover_text(word: str, rules: Iterable[str] = ()) -> str:
    """Return what a word means, with the rules that are broken there; nothing for a word that means nothing here."""
    parts = [_word(word.strip("\"'"))]
    parts += [_rule(each) for each in dict.fromkeys(rules)]
    return "\n\n---\n\n".join(part for part in parts if part)


def _word(word: str) -> str:
    if word.startswith("arn:"):
        return _arn(word)
    service, colon, name = word.partition(":")
    if not colon:
        return _service(word)
    found = action(service, name)
    if found is not None:
        return _action(found)
    key = condition_key(word)
    if key is not None:
        head = f"**{key.name}** condition key, {key.type}"
        return "\n\n".join([head, *([key.description] if key.description else [])])
    return _pattern(service, name)


def _action(found: Action) -> str:
    lines = [f"**{found.id}** · {', '.join(sorted(found.access_levels))}"]
    if found.description:
        lines.append(found.description)
    if found.resources:
        named = ", ".join(f"`{each.name}`{' (required)' if each.required else ''}" for each in found.resources)
        lines.append(f"Resource types: {named}")
    else:
        lines.append("No resource types: `Resource` must be `*`")
    if keys := found.all_condition_keys:
        lines.append(f"Condition keys: {', '.join(f'`{each}`' for each in keys[:_MOST])}")
    if needed := dependent_actions(found.id):
        lines.append(f"Dependent actions: {', '.join(f'`{each}`' for each in needed[:_MOST])}")
    return "\n\n".join(lines)


def _pattern(service: str, name: str) -> str:
    """Say which actions a pattern of names means."""
    if not service_exists(service) or not any(each in name for each in "*?"):
        return ""
    from preflight.catalog.actions import actions
    from preflight.iam.pattern import matches

    found = [each for each in actions(service) if matches(name.lower(), each.lower())]
    shown = ", ".join(f"`{each}`" for each in found[:_MOST])
    more = f" and {len(found) - _MOST} more" if len(found) > _MOST else ""
    return f"**{service}:{name}** · {len(found)} actions of {service_cited(service)}\n\n{shown}{more}"


def _service(word: str) -> str:
    if re.fullmatch(r"[a-z0-9-]+", word) and service_exists(word):
        return f"**{word}** · {service_cited(word)}"
    return ""


def _arn(word: str) -> str:
    parts = word.split(":", _ARN_FIELDS - 1)
    if len(parts) < 3 or not service_exists(parts[2]):
        return ""
    names = ("partition", "service", "region", "account", "resource")
    fields = [f"- {name}: `{each or '(none)'}`" for name, each in zip(names, parts[1:], strict=False)]
    forms = [f"`{each.written}`" for each in arn_forms(parts[2])][:_MOST]
    return "\n".join([f"**ARN** of {service_cited(parts[2])}", "", *fields, "", f"Forms: {', '.join(forms)}"])


def _rule(rule: str) -> str:
    try:
        found = api.explain(rule).rule
    except PreflightError:
        return ""
    lines = [f"**{found.id}** {found.name} ({found.level.value})", found.why]
    lines += [f"[{each.rpartition('/')[2] or each}]({each})" for each in found.references]
    return "\n\n".join(lines)
