"""Tests of the policy linter."""
