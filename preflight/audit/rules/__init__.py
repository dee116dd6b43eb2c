"""The audit rules: one module a question. No module imports another."""
