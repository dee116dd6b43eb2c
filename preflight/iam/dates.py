"""Dates in policies: the W3C forms of ISO 8601, or seconds since 1970.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Date
and http://www.w3.org/TR/NOTE-datetime
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal

_FORM = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[Tt](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?([Zz]|[+-]\d\d:?\d\d)?)?)?)?"
)
_EPOCH = re.compile(r"-?\d+(?:\.\d+)?")
_YEAR_DIGITS = 4


def instant(text: str) -> Decimal | None:
    """Return a date as seconds since 1970, or None where it is no date. Four digits are a year; no zone is UTC."""
    text = text.strip()
    form = _FORM.fullmatch(text)
    if form is None:
        return Decimal(text) if _EPOCH.fullmatch(text) and len(text) != _YEAR_DIGITS else None
    year, month, day, hour, minute, second, fraction, zone = form.groups()
    try:
        when = datetime(int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0), int(second or 0))
    except ValueError:
        return None
    since = when - datetime(1970, 1, 1)
    seconds = Decimal(since.days * 86400 + since.seconds)
    if fraction:
        seconds += Decimal(f"0.{fraction}")
    if zone and zone not in "Zz":
        digits = zone[1:].replace(":", "")
        shift = int(digits[:2]) * 3600 + int(digits[2:]) * 60
        seconds -= shift if zone[0] == "+" else -shift
    return seconds
