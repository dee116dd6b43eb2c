"""A policy document, parsed once: statements whose elements are ready to be matched."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """A parsed policy; `name` is how messages cite it (a managed policy's ARN, an inline policy's name, a file)."""

    name: str
