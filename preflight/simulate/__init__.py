"""Deciding requests that case files state: unit tests for policies."""
