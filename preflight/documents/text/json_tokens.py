"""The tokens of a JSON text: what everything that finds places in one goes through."""

from __future__ import annotations

import re
from functools import cache

# A string with its quotes. No two ways to match one, so that it takes linear time whatever the text.
STRING = r'"[^"\\]*(?:\\.[^"\\]*)*"'


@cache
def token() -> re.Pattern[str]:
    """Return the pattern of a token: a string, with the colon behind it as group 1 if it is a member's name; a bracket,
    a comma, or a number or word. White space is passed over.
    """
    return re.compile(rf'{STRING}(\s*:)?|[{{}}\[\],]|[^\s{{}}\[\],:"]+', re.DOTALL)
