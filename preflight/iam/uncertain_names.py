"""Resources that a request does not name as AWS asks about them: keys behind an alias, names of SageMaker."""

from __future__ import annotations

from preflight.iam.conditions import Truth
from preflight.iam.pattern import combinations, covers_tokens, overlaps_tokens
from preflight.iam.resource_patterns import read_pattern
from preflight.iam.statement import Statement
from preflight.iam.variables import Lookup, Missing, fixed, is_open, resolve
from preflight.iam.wildcard import Tokens, resource_matcher, text_of, tokens

WHICH_KEY = "a KMS key's own policy always decides, and the request does not name the key"
SPELLED = (
    "SageMaker writes most names into ARNs in lower case, and some as they are given; the pattern matches in one case "
    "and not in the other"
)
_LOWERED = (":endpoint/", ":endpoint-config/", ":model/")


def covers_a_key(statement: Statement, resource: str, lookup: Lookup) -> Truth:
    """Whether a statement is about the KMS key that an alias, or `*`, stands for, whichever key that is."""
    patterns = statement.resources
    if patterns is None:
        return Truth.TRUE
    head, alias, _ = resource.partition(":alias/")
    key = tokens(f"{head}:key/*" if alias else "arn:*:kms:*:*:key/*")
    example = text_of(key).replace("*", "0")
    perhaps = False
    for each in patterns.templates:
        parts = each.parts if fixed(each) else resolve(each, lookup)
        if isinstance(parts, Missing):
            continue
        reading = read_pattern(each, parts, completed=patterns.completed)
        sure = reading.sure
        if sure is not None and covers_tokens(sure, key) and resource_matcher(sure)(example) and not is_open(parts):
            return Truth.FALSE if patterns.negated else Truth.TRUE
        perhaps = perhaps or any(_may_match(other, key) for other in (sure, *reading.others) if other is not None)
    if perhaps:
        return Truth.UNKNOWN
    return Truth.TRUE if patterns.negated else Truth.FALSE


def _may_match(pattern: Tokens, key: Tokens) -> bool:
    """Whether a pattern matches the ARN of some key: its parts, and the key's ID, hold no colon."""
    if not overlaps_tokens(pattern, key):
        return False
    found = combinations([pattern], key, barred=":")
    return found is None or any(hit for (hit,) in found)


def differs_in_case(statement: Statement, resource: str) -> bool:
    """Whether upper and lower case decide if a statement withholds, or gives, what it does on a resource of SageMaker.

    SageMaker asks about endpoints, their configurations and models by names in lower case, and about others
    (lifecycle configurations, model packages) by the name as given, which has changed before. No page says which.
    Sources: https://github.com/philschmid/cdk-samples/issues/2 and
    https://github.com/awslabs/service-workbench-on-aws/issues/1176
    """
    patterns = statement.resources
    lowered = resource.lower()
    if patterns is None or not (patterns.cased or lowered != resource):
        return False
    exact = patterns.fixed(resource)
    if statement.allows is not patterns.negated:
        # What it gives: only what it gives in lower case too is given for certain.
        return exact and any(place in lowered for place in _LOWERED) and not patterns.fixed(lowered)
    # What it withholds.
    return not exact and patterns.folds(lowered)
