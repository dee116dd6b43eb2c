"""Reasoning that several lint rules share."""
