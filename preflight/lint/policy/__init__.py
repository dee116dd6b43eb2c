"""What a check sees of a policy."""
