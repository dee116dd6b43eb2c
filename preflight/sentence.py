"""A phrase, such as what would resolve an UNKNOWN, as a sentence."""

from __future__ import annotations


def sentence(text: str) -> str:
    """Return a phrase with a capital and a full stop; nothing for nothing."""
    if not text:
        return ""
    return f"{text[0].upper()}{text[1:]}" + ("" if text.endswith((".", "!", "?", ":")) else ".")
