"""Reading what the user has."""
