"""How long AWS lets policies be, in characters without white space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length
MANAGED: Final = 6144


INLINE: Final[Mapping[str, int]] = {"role": 10_240, "user": 2048, "group": 5120}
