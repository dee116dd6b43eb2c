"""A resource's policy with what only its owner decides written out: the resource's account and organization.

An outsider belongs to another account and of another organization, so that a policy that compares the caller's with the
resource's (`${aws:ResourceAccount}`, `aws:ResourceOrgID`) keeps it away.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_ORGANIZATION = "o-theowners0"
_OF_RESOURCE = re.compile(r"\$\{aws:Resource(Account|OrgID)\}", re.IGNORECASE)
# A condition on the resource's own value that has the caller's for its value says the same the other way round.
_TURNED = {"aws:resourceaccount": "aws:PrincipalAccount", "aws:resourceorgid": "aws:PrincipalOrgID"}


def owned(document: Any, account: str) -> Any:
    """Return a policy document of an account's resource with the account and its organization written out."""
    if isinstance(document, str):
        return _OF_RESOURCE.sub(lambda found: _value(found[1], account), document)
    if isinstance(document, list):
        return [owned(each, account) for each in document]
    if not isinstance(document, Mapping):
        return document
    return dict(_member(name, value, account) for name, value in document.items())


def _member(name: str, value: Any, account: str) -> tuple[str, Any]:
    turned = _TURNED.get(name.lower())
    if turned and str(value if isinstance(value, str) else "").lower() == f"${{{turned.lower()}}}":
        return turned, _value(name, account)
    return name, owned(value, account)


def _value(name: str, account: str) -> str:
    return account if name.lower().endswith("account") else _ORGANIZATION
