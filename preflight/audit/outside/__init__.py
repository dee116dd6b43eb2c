"""Whom the policies of an account's roles and resources let in from outside."""
