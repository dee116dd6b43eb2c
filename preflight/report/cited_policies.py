"""The texts of the policies that an audit cites, for its page: by the names by which results and steps cite them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from preflight.account.facts import Ask, Known
from preflight.audit.scene import Scene

_INLINE = {"iam:role": "RolePolicyList", "iam:user": "UserPolicyList", "iam:group": "GroupPolicyList"}
_NAME = {"iam:role": "RoleName", "iam:user": "UserName", "iam:group": "GroupName"}


def cited_policies(scene: Scene, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the documents of the policies of an account that its audit's document cites, as far as they are known."""
    cited = {each["policy"] for result in document["results"] for each in result["evidence"]}
    cited |= {each["policy"] for step in document["escalation"]["steps"] for each in step["by"]}
    return {name: text for name, text in _named(scene) if name in cited}


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
            name = f"policy {each.get('PolicyName') or arn.rpartition('/')[2]}"
            yield from ((cited, text) for cited in (arn, name))
            yield from ((f"{name} of {who}", text) for who in attached.get(arn, ()))
