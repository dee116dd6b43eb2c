"""Selecting rules, running them on files, fixing, caching, and baselines."""
