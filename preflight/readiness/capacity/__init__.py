"""What a plan draws on quotas, and what the account uses of them."""
