"""What preflight does, from Python: one function for each command, documented in docs/python.md."""
