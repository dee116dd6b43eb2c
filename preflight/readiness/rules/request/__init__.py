"""What is asked of the request itself: its names, its values, and what its members go with."""
