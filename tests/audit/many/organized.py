"""An organization in the stand-in: a management account and members in units, each with a role to read it by."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.aws.control import StandIn
from tests.aws.state import ACCOUNT, assumed

READER = "reader"


@dataclass
class Organized:
    """`members` are account ids by name, `units` ids of organizational units by name."""

    aws: StandIn
    root: str
    members: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)

    def client(self, service: str, account: str) -> Any:
        """Return a client that works in a member."""
        key = f"ASIAMEMBER{account}"
        self.aws.state.callers[key] = assumed("admin", "test", account)
        return self.aws.client(service, access_key=key)

    def unit(self, name: str, parent: str | None = None) -> str:
        made = self.aws.client("organizations").create_organizational_unit(ParentId=parent or self.root, Name=name)
        self.units[name] = str(made["OrganizationalUnit"]["Id"])
        return self.units[name]

    def member(self, name: str, unit: str | None = None, *, readable: bool = True, external_id: str = "") -> str:
        """Make an account, in a unit, with the role `reader` that the management account may assume."""
        organizations = self.aws.client("organizations")
        status = organizations.create_account(AccountName=name, Email=f"{name}@example.com")["CreateAccountStatus"]
        account = self.members[name] = str(status["AccountId"])
        if unit is not None:
            organizations.move_account(AccountId=account, SourceParentId=self.root, DestinationParentId=unit)
        if readable:
            trust: dict[str, Any] = {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                "Action": "sts:AssumeRole",
            }
            if external_id:
                trust["Condition"] = {"StringEquals": {"sts:ExternalId": external_id}}
            self.role(account, READER, trust=trust)
        return account

    def role(self, account: str, name: str, *statements: dict[str, Any], trust: dict[str, Any] | None = None) -> None:
        iam = self.client("iam", account)
        service = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        document = {"Version": "2012-10-17", "Statement": [trust or service]}
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))
        if statements:
            own = {"Version": "2012-10-17", "Statement": list(statements)}
            iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(own))

    def scp(self, name: str, target: str, *statements: dict[str, Any]) -> None:
        organizations = self.aws.client("organizations")
        content = {"Version": "2012-10-17", "Statement": list(statements)}
        made = organizations.create_policy(
            Content=json.dumps(content), Description=name, Name=name, Type="SERVICE_CONTROL_POLICY"
        )
        organizations.attach_policy(PolicyId=made["Policy"]["PolicySummary"]["Id"], TargetId=target)


def organize(aws: StandIn) -> Organized:
    organizations = aws.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    root = str(organizations.list_roots()["Roots"][0]["Id"])
    organizations.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    return Organized(aws, root)
