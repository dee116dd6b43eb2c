"""Patterns of actions, resources and callers, run together: which combinations of them can occur."""
