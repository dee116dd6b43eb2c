"""Deciding whether a plan's calls are authorized."""
