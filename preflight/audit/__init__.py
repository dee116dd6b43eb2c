"""Audits of whole accounts: who can do what, what grants too much, what would fail its next update."""
