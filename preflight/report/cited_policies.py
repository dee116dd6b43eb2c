"""The texts of the policies that an audit cites, for its page: by the names by which results and steps cite them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from preflight.account.facts import Ask, Known
from preflight.account.principals import ORGANIZATION_POLICIES, policy_levels
from preflight.audit.check import Audit
from preflight.audit.scene import Scene
from preflight.report.audit import plain

MOST_TEXT = 4_000_000
"""How many characters of policies a document has at most: a page is to open at once, whatever the account holds."""
_INLINE = {"iam:role": "RolePolicyList", "iam:user": "UserPolicyList", "iam:group": "GroupPolicyList"}
_NAME = {"iam:role": "RoleName", "iam:user": "UserName", "iam:group": "GroupName"}
_FOUND = {"fail": 0, "open": 1}
_LEVELS = {"error": 0, "warning": 1, "note": 2}


def with_policies(audit: Audit) -> dict[str, Any]:
    """Return an audit as plain data, with the documents of the policies that it cites (`policies`), and the names of
    those that are left out for their size (`policies_left_out`).
    """
    document = plain(audit)
    found = cited_policies(audit.scene, document)
    known = _by_name(audit.scene)
    left_out = [name for name in dict.fromkeys(_cited(document)) if name in known and name not in found]
    return {**document, "policies": found, "policies_left_out": left_out}


def cited_policies(scene: Scene, document: Mapping[str, Any], most: int = MOST_TEXT) -> dict[str, Any]:
    """Return the documents of the policies of an account that its audit's document cites, as far as they are known.

    Of more than `most` characters those that the most severe results and the steps to an administrator cite.
    """
    known = _by_name(scene)
    found: dict[str, Any] = {}
    counted: set[int] = set()
    left = most
    for name in dict.fromkeys(_cited(document)):
        if (policy := known.get(name)) is None:
            continue
        if id(policy) not in counted:
            size = len(str(policy))
            if size > left:
                continue
            counted.add(id(policy))
            left -= size
        found[name] = policy
    return found


def _cited(document: Mapping[str, Any]) -> Iterator[str]:
    """Give the names of the policies that are cited, those of the most severe results first."""
    shown = [each for each in document["results"] if each["kind"] in _FOUND]
    shown.sort(key=lambda each: (_LEVELS[each["level"]], _FOUND[each["kind"]]))
    for each in (*(one["evidence"] for one in shown), *(step["by"] for step in document["escalation"]["steps"])):
        yield from (one["policy"] for one in each)


def _by_name(scene: Scene) -> dict[str, Any]:
    """Return policies by each name that something may cite them by. A name that two different ones have is left out:
    which of them is meant, it doesn't say.
    """
    found: dict[str, Any] = {}
    several: set[str] = set()
    for name, text in (*_named(scene), *_of_organization(scene)):
        if found.setdefault(name, text) != text:
            several.add(name)
    return {name: text for name, text in found.items() if name not in several}


def _named(scene: Scene) -> Iterator[tuple[str, Any]]:
    """Give every policy of the account's principals by each name that something may cite it by."""
    attached: dict[str, list[str]] = {}
    for kind, inline in _INLINE.items():
        fact = scene.account.read(Ask.all(kind, ""))
        for each in fact.value if isinstance(fact, Known) else ():
            who = f"{kind[4:]} {each.get(_NAME[kind], '')}"
            for policy in each.get(inline) or ():
                name = policy["PolicyName"]
                yield f"{name} of {who}", policy["PolicyDocument"]
                yield f"policy {name} of {who}", policy["PolicyDocument"]
            if each.get("AssumeRolePolicyDocument"):
                yield f"the trust policy of {each.get('RoleName', '')}", each["AssumeRolePolicyDocument"]
                yield f"the trust policy of {who}", each["AssumeRolePolicyDocument"]
            for policy in each.get("AttachedManagedPolicies") or ():
                attached.setdefault(policy["PolicyArn"], []).append(who)
    fact = scene.account.read(Ask.all("iam:policy", ""))
    for each in fact.value if isinstance(fact, Known) else ():
        versions = each.get("PolicyVersionList") or ()
        text = next((one.get("Document") for one in versions if one.get("IsDefaultVersion", True)), None)
        if text is not None:
            arn = each["Arn"]
            short = each.get("PolicyName") or arn.rpartition("/")[2]
            name = f"policy {short}"
            yield from ((cited, text) for cited in (arn, name, short))
            yield from ((f"{name} of {who}", text) for who in attached.get(arn, ()))


def _of_organization(scene: Scene) -> Iterator[tuple[str, Any]]:
    for kind in ORGANIZATION_POLICIES:
        fact = scene.account.read(policy_levels(scene.account_id, kind))
        for level in (fact.value["levels"] or ()) if isinstance(fact, Known) else ():
            yield from ((each["name"], each["policy"]) for each in level)
