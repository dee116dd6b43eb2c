"""Audits of many accounts: which, in what order, on what, and a record that survives a stop."""
