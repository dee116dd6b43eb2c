"""Write `rules/lint-data/policy-places.json`: the properties of CloudFormation's resources that hold an IAM policy.

`python tools/policy_places.py` reads the resource schemas of the installed cfn-lint (MIT-0). A property holds one where
its name says policy and the schema takes JSON there: an object without members of its own, or a text whose description
speaks of one. `OTHERS` are JSON that is called a policy and is not in IAM's language; `BY_HAND` says what
no schema does. It needs no network.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stack_data import schemas

OUT = Path(__file__).parent.parent / "rules" / "lint-data" / "policy-places.json"
NAMED = re.compile(r"polic(y|ies)(document|text)?\Z", re.IGNORECASE)
SAYS = re.compile(r"(iam|resource(-based)?|endpoint|access|permissions?) policy|policy statement", re.IGNORECASE)
# Lifecycles, filters, redrives, routing and Cedar: policies in languages of their own.
OTHERS = re.compile(
    r"Lifecycle|Redrive|Filter|Archive|DataProtection|Replay|Subscription|Retry|Scaling|Caching"
    r"|AWS::NetworkManager|VerifiedAccess|VerifiedPermissions|OpenSearchServerless|AWS::Config|AWS::RAM|AWS::FMS"
    r"|AWS::IoT::|AWS::Logs::AccountPolicy|AWS::Transfer::(User|WebApp)|ClientVpn|Cognito|AWS::DLM|SessionPolicyArn"
    r"|AWS::Organizations|AWS::ODB|AWS::SNS::Topic:|AWS::IVS|AWS::SES::ReceiptFilter|AWS::IoTSiteWise|AWS::EKS::(Capability|AccessEntry)"
)
IDENTITY = frozenset(
    {"AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy",
     "AWS::IAM::RolePolicy", "AWS::IAM::UserPolicy", "AWS::IAM::GroupPolicy", "AWS::SSO::PermissionSet"}
)  # fmt: skip
BY_HAND: Mapping[str, Mapping[str, str]] = {
    "AWS::EC2::VPCEndpoint": {"PolicyDocument": "vpc-endpoint"},
    "AWS::EKS::PodIdentityAssociation": {"Policy": "session"},
    "AWS::IAM::GroupPolicy": {"PolicyDocument": "identity"},
    "AWS::IAM::ManagedPolicy": {"PolicyDocument": "identity"},
    "AWS::IAM::Role": {"AssumeRolePolicyDocument": "trust"},
    "AWS::MediaStore::Container": {"Policy": "resource"},
    "AWS::RolesAnywhere::Profile": {"SessionPolicy": "session"},
    "AWS::SSO::PermissionSet": {"InlinePolicy": "identity"},
    "AWS::Serverless::Function": {"AssumeRolePolicyDocument": "trust"},
    "AWS::Serverless::StateMachine": {"AssumeRolePolicyDocument": "trust"},
}


def places(schema: Mapping[str, Any]) -> Iterator[str]:
    """Give the properties of one type that hold a policy, as paths with `*` for any item of a list."""
    yield from _below(schema, schema, (), frozenset())


def _below(part: Any, schema: Mapping[str, Any], path: tuple[str, ...], seen: frozenset[str]) -> Iterator[str]:
    if not isinstance(part, dict):
        return
    if "$ref" in part:
        name = part["$ref"].rsplit("/", 1)[-1]
        if name not in seen:
            yield from _below(schema.get("definitions", {}).get(name, {}), schema, path, seen | {name})
        return
    if path and _holds_policy(part, path[-1]):
        yield "/".join(path)
    for name, each in (part.get("properties") or {}).items():
        yield from _below(each, schema, (*path, name), seen)
    if "items" in part:
        yield from _below(part["items"], schema, (*path, "*"), seen)


def _holds_policy(part: Mapping[str, Any], name: str) -> bool:
    types = part.get("type")
    types = [types] if isinstance(types, str) else types or []
    if not NAMED.search(name) or part.get("properties") or part.get("enum"):
        return False
    return "object" in types or (types == ["string"] and SAYS.search(part.get("description") or "") is not None)


def main() -> None:
    """Write the file."""
    found: dict[str, dict[str, str]] = {}
    for schema in schemas():
        type_ = schema["typeName"]
        for path in places(schema):
            if not OTHERS.search(f"{type_}:{path}"):
                found.setdefault(type_, {})[path] = "identity" if type_ in IDENTITY else "resource"
    for type_, by_hand in BY_HAND.items():
        found[type_] = {**found.get(type_, {}), **by_hand}
    text = json.dumps({type_: dict(sorted(found[type_].items())) for type_ in sorted(found)}, indent=1)
    OUT.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
