"""A second opinion on authorization: slow, obvious, written from AWS's documentation alone.

It reads cases in the form of `preflight simulate` as plain dictionaries and shares no code with `preflight.iam`.
Every function cites the page it follows. Speed does not matter here; being easy to compare with the page does.
"""

from tests.iam.oracle.completions import decide

__all__ = ["decide"]
