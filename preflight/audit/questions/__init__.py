"""What is asked of one account: who can, what one can, what changed since."""
