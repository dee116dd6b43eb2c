"""A policy document, parsed once: statements whose elements are ready to be matched, indexed by action.

Parsing refuses what AWS refuses to store: unknown elements, wrong types, elements that exclude each other. Names that
AWS does not know and grants that are too broad are for the linter.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import marshal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from preflight.iam.caches import ABOUT, POLICIES, SETS, Kept
from preflight.iam.conditions import Quantifier
from preflight.iam.policy_types import PolicyType
from preflight.iam.statement import Statement

_ACTIONS_KEPT = 512


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """A parsed policy; `name` is how messages cite it (a managed policy's ARN, an inline policy's name, a file).

    Compared by identity, which is quick: `parse_policy` gives the same object for the same content and name.
    """

    name: str
    version: str = "2008-10-17"
    statements: tuple[Statement, ...] = ()

    def about(self, action: str) -> tuple[Statement, ...]:
        """Return the statements that are about an action, given in lower case."""
        by_action: Kept[str, tuple[Statement, ...]] | None = ABOUT.get(self)
        if by_action is None:
            by_action = ABOUT.keep(self, Kept(_ACTIONS_KEPT))
        found = by_action.get(action)
        if found is None:
            # Most policies that come with a request are asked about one action: patterns are compiled for the second.
            covers = Statement.covers_action if by_action else Statement.mentions
            found = by_action.keep(action, tuple(each for each in self.statements if covers(each, action)))
        return found

    @property
    def sets(self) -> frozenset[str]:
        """The keys, in lower case, that the policy tests with `ForAllValues` or `ForAnyValue`."""
        found: frozenset[str] | None = SETS.get(self)
        if found is None:
            conditions = (each for statement in self.statements for each in statement.conditions)
            keys = frozenset(each.key for each in conditions if each.quantifier is not Quantifier.NONE)
            found = SETS.keep(self, keys)
        return found


def parse_policy(document: Mapping[str, Any], name: str, of: PolicyType | None = None) -> Policy:
    """Compile a policy document; the same content under the same name is compiled once.

    `of` is the type of policy it is; None if that is not known. Raises `PolicyError` where AWS would refuse to store
    the document for its structure, or such a statement in a policy of that type.
    """
    try:
        content = marshal.dumps(cast(dict[str, Any], document), 2)
    except ValueError:
        # Something that is not JSON (a date that YAML read, a subclass of dict): nothing to remember it by.
        return _compile(document, name, of)
    known: Policy | None = POLICIES.get((content, name, of))
    return known or POLICIES.keep((content, name, of), _compile(document, name, of))


def _compile(document: Mapping[str, Any], name: str, of: PolicyType | None) -> Policy:
    from preflight.iam.grammar import Named, read_document

    if of is None:
        version, statements = read_document(document)
        return Policy(name, version, statements)
    named = Named.MUST if of in (PolicyType.RESOURCE, PolicyType.VPC_ENDPOINT, PolicyType.RCP) else Named.NEVER
    # A permissions boundary is a managed policy: AWS reads it as the policies of identities.
    completes = of in (PolicyType.IDENTITY, PolicyType.BOUNDARY)
    version, statements = read_document(document, named, completes=completes, of_session=of is PolicyType.SESSION)
    return Policy(name, version, statements)
