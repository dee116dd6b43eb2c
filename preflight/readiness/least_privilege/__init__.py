"""The least that a plan needs to be allowed, as policies: for its caller, for preflight's reads, and against a role.

plan = read_plan(["create-endpoint.json"])
needed = needed_by(plan, Snapshot.load("snapshot.json"))
documents = documents_of(statements_of(each.grant for each in needed.needs))
"""

from preflight.readiness.least_privilege.difference import Difference, difference
from preflight.readiness.least_privilege.documents import Attachment, PolicyDocument, documents_of
from preflight.readiness.least_privilege.grants import Doubt, Grant, Needed, needed_by
from preflight.readiness.least_privilege.no_facts import NoFacts
from preflight.readiness.least_privilege.reads import reads_of
from preflight.readiness.least_privilege.roles import RoleNeeds, needed_of_roles
from preflight.readiness.least_privilege.statements import statements_of

__all__ = [
    "Attachment",
    "Difference",
    "Doubt",
    "Grant",
    "Needed",
    "NoFacts",
    "PolicyDocument",
    "RoleNeeds",
    "difference",
    "documents_of",
    "needed_by",
    "needed_of_roles",
    "reads_of",
    "statements_of",
]
