"""What AWS authorizes."""
