"""What is allowed and not used, and the policy without it."""
