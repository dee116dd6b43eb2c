"""Explaining refusals."""
