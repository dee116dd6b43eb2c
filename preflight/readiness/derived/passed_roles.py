"""The roles that the parameters of a call or the arguments of a resource name, at any depth: whoever has a service use
a role passes it.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from preflight.unresolved import DeployText

_NAMED = re.compile(r"(^|[a-z_])(roles?(_?arns?)?(override)?|credentials)$", re.I)
_ARN = re.compile(r"arn:[\w-]+:iam::\d{12}:role/[\w+=,.@/-]{1,576}")
_NAME = re.compile(r"[\w+=,.@-]{1,64}")
_DEEPEST = 32


def roles_named(values: Any, names: tuple[str, ...] = (), *, passes: bool = False) -> Iterator[tuple[str, str]]:
    """Yield the member that names a role, and the role: an ARN, a name, or what is known only after the deploy.

    `names` are the members that lead to `values`. `passes` says that AWS lists iam:PassRole with the call. Then an ARN
    is a role that is passed whatever its member is called, and so is a name that is no ARN: elsewhere it may be
    anything (QuickSight's UserRole READER).
    """
    seen = set()
    for path, text in _texts(values, names):
        named = any(_NAMED.search(each) for each in path)
        arn = _ARN.fullmatch(text) is not None and (named or passes)
        other = (passes and _NAME.fullmatch(text)) or DeployText.partial(text) is not None
        if text not in seen and (arn or (other and _NAMED.search(path[-1]))):
            seen.add(text)
            yield path[-1], text


def _texts(value: Any, names: tuple[str, ...], deep: int = 0) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield every text in a value, with the names of the members that lead to it."""
    if isinstance(value, str) and names:
        yield names, value
    elif deep < _DEEPEST and isinstance(value, Mapping):
        for name, each in value.items():
            yield from _texts(each, (*names, str(name)), deep + 1)
    elif deep < _DEEPEST and isinstance(value, list):
        for each in value:
            yield from _texts(each, names, deep + 1)
