"""The policy of a principal without the services that it does not use: what is kept is granted as before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from preflight.account.facts import Ask, Known
from preflight.audit.access.holders import Holder
from preflight.audit.scene import Scene
from preflight.iam.wildcard import matcher, tokens

_INLINE = {"user": "UserPolicyList", "role": "RolePolicyList"}


def narrower_policy(scene: Scene, holder: Holder, used: Set[str]) -> dict[str, Any] | None:
    """Return the identity policies of a principal as one, with the actions of used services only; None where a
    document is not known, or has a statement that cannot be narrowed by service (NotAction).

    `used` are namespaces of services, as in the actions of policies.
    """
    statements: list[dict[str, Any]] = []
    for document in _documents(scene, holder):
        if document is None:
            return None
        for statement in _listed(document.get("Statement")):
            # A Sid is for one statement of one policy.
            rest = {name: value for name, value in statement.items() if name != "Sid"}
            if statement.get("Effect") == "Deny":
                statements += [rest] if rest not in statements else []
                continue
            if "Action" not in statement:
                return None
            actions = [kept for each in _listed(statement["Action"]) for kept in _kept(str(each), used)]
            if actions:
                narrow = {**rest, "Action": actions}
                statements += [narrow] if narrow not in statements else []
    return {"Version": "2012-10-17", "Statement": statements} if statements else None


def _kept(action: str, used: Set[str]) -> Iterator[str]:
    service, colon, _ = action.lower().partition(":")
    if not set(service) & set("*?"):
        if service in used:
            yield action
        return
    fits = matcher(tokens(service))
    for each in sorted(used):
        if fits(each):
            yield f"{each}:{action.partition(':')[2] if colon else '*'}"


def _documents(scene: Scene, holder: Holder) -> Iterator[Mapping[str, Any] | None]:
    yield from _of(scene, holder.detail, _INLINE[holder.kind])
    groups = holder.detail.get("GroupList", ())
    if groups:
        listed = scene.account.read(Ask.all("iam:group", ""))
        known = {each["GroupName"]: each for each in listed.value} if isinstance(listed, Known) else {}
        for name in groups:
            if name not in known:
                yield None
            else:
                yield from _of(scene, known[name], "GroupPolicyList")


def _of(scene: Scene, detail: Mapping[str, Any], inline: str) -> Iterator[Mapping[str, Any] | None]:
    for each in detail.get(inline, ()):
        yield each["PolicyDocument"]
    for each in detail.get("AttachedManagedPolicies", ()):
        fact = scene.account.read(Ask.one("iam:policy", "", {"PolicyArn": each["PolicyArn"]}))
        versions = fact.value.get("PolicyVersionList", ()) if isinstance(fact, Known) else ()
        yield next((one.get("Document") for one in versions if one.get("IsDefaultVersion", True)), None)


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
